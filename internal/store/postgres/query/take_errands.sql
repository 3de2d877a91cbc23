-- Take what is asked for.
DELETE FROM errand RETURNING kind, subject, asked, until;
