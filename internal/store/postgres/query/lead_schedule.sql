-- Take the lead of the schedule, or keep it longer. No row comes back if somebody else has it.
INSERT INTO schedule_lease (id, epoch, owner, expires)
VALUES (1, 1, @owner, @expires)
ON CONFLICT (id) DO UPDATE
SET epoch = schedule_lease.epoch + CASE WHEN schedule_lease.owner <> excluded.owner THEN 1 ELSE 0 END,
    owner = excluded.owner, expires = excluded.expires
WHERE schedule_lease.owner = excluded.owner OR schedule_lease.expires <= @now
RETURNING epoch;
