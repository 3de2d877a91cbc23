-- Whether a task was ever claimed.
SELECT EXISTS (SELECT 1 FROM task);
