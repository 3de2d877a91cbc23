-- Hold the lead of the schedule if this is its epoch: until the end of the
-- transaction nobody takes it.
SELECT epoch FROM schedule_lease WHERE epoch = $1 FOR UPDATE;
