-- Open alerts by kind and level.
SELECT kind, level, count(*) FROM alert WHERE closed_at = 0 GROUP BY kind, level ORDER BY kind, level;
