-- Which of these tasks still have this epoch, and hold them: until the end of the
-- transaction nobody claims them or commits for them. In one order, so that two
-- commits never wait for each other. The others are fenced.
SELECT task.family, task.partition
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS mine (family, partition, epoch) JOIN task USING (family, partition, epoch)
ORDER BY task.family, task.partition
FOR NO KEY UPDATE OF task;
