-- How much write-ahead log the server has written in its life, in bytes.
SELECT (pg_current_wal_lsn() - '0/0')::bigint;
