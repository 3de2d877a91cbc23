-- The current epoch of a task, once no transaction holds the task any more.
SELECT epoch FROM task WHERE family = $1 AND partition = $2 FOR NO KEY UPDATE;
