-- Keep records that could not be taken. Safe to replay: the first one stays.
INSERT INTO dead_letter (topic, partition, record_offset, family, record_time, reason, field, detail, key, value)
SELECT topic, partition, record_offset, family, record_time, reason, field, detail, key, value
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[])
  AS given (topic, partition, record_offset, family, record_time, reason, field, detail, key, value)
ON CONFLICT (topic, partition, record_offset) DO NOTHING;
