-- Ask for something.
INSERT INTO errand (kind, subject, asked, until) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, subject) DO UPDATE SET asked = excluded.asked, until = excluded.until;
