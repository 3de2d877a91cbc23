-- Every task. It is also what fixes the state that a view shows.
SELECT family, partition, epoch, owner FROM task ORDER BY family, partition;
