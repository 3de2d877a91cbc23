-- Store one chunk of a snapshot's state.
INSERT INTO snapshot_state (family, partition, generation, chunk, data)
VALUES (?, ?, ?, ?, ?);
