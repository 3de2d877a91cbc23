-- Keep a record that could not be taken. Safe to replay: the first one stays.
INSERT INTO dead_letter (topic, partition, record_offset, family, record_time, reason, field, detail, key, value)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (topic, partition, record_offset) DO NOTHING;
