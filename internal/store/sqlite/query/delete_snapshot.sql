-- Remove one generation and its state.
DELETE FROM snapshot WHERE family = ? AND partition = ? AND generation = ?;
