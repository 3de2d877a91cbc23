-- How far each topic-partition is read.
SELECT topic, partition, next_offset FROM input_offset WHERE family = 'shopping';
