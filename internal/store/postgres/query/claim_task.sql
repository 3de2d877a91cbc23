-- Take over a task: the first statement of a claim, so that everything read
-- after it is what the earlier owner left for good.
INSERT INTO task (family, partition, epoch, owner, claimed_at)
VALUES ($1, $2, 1, $3, $4)
ON CONFLICT (family, partition) DO UPDATE
SET epoch = task.epoch + 1, owner = excluded.owner, claimed_at = excluded.claimed_at
RETURNING epoch;
