-- The epoch of who leads the schedule.
SELECT epoch FROM schedule_lease;
