-- The current epoch of a task.
SELECT epoch FROM task WHERE family = ? AND partition = ?;
