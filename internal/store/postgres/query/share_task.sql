-- Hold a task if it still has this epoch: until the end of the transaction nobody
-- claims it, and commits go on.
SELECT epoch FROM task
WHERE family = $1 AND partition = $2 AND epoch = $3
FOR KEY SHARE;
