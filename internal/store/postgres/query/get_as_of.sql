-- How fresh the tables are.
SELECT coalesce(max(last_time), 0), coalesce(max(committed_at), 0) FROM input_offset WHERE next_offset > 0;
