-- Take the lead of the schedule, or keep it longer. No row comes back if somebody else has it.
INSERT INTO schedule_lease (id, epoch, owner, expires)
VALUES (1, 1, :owner, :expires)
ON CONFLICT (id) DO UPDATE
SET epoch = epoch + (owner <> excluded.owner), owner = excluded.owner, expires = excluded.expires
WHERE owner = excluded.owner OR expires <= :now
RETURNING epoch;
