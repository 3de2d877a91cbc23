-- Store one chunk of a segment.
INSERT INTO snapshot_segment (family, partition, name, chunk, data)
VALUES ($1, $2, $3, $4, $5);
