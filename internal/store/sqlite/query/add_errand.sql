-- Ask for something.
INSERT INTO errand (kind, subject, asked, until) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, subject) DO UPDATE SET asked = excluded.asked, until = excluded.until;
