-- When the newest session that is stored started; 0 without one.
SELECT coalesce(max(started_at), 0) FROM session;
