-- Store one chunk of a segment.
INSERT INTO snapshot_segment (family, partition, name, chunk, data)
VALUES (?, ?, ?, ?, ?);
