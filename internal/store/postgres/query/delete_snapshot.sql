-- Remove one generation and its state.
DELETE FROM snapshot WHERE family = $1 AND partition = $2 AND generation = $3;
