-- Store one chunk of a snapshot's state.
INSERT INTO snapshot_state (family, partition, generation, chunk, data)
VALUES ($1, $2, $3, $4, $5);
