-- Which of these tasks still have this epoch. The others are fenced.
WITH claimed (family, partition, epoch) AS (
    VALUES (?, ?, ?)
)
SELECT task.family, task.partition
FROM claimed JOIN task USING (family, partition, epoch);
