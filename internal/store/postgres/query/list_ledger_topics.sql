-- The topic-partitions with more than one ledger row before a minute.
SELECT family, partition, topic FROM ledger
WHERE minute < $1
GROUP BY family, partition, topic HAVING count(*) > 1
ORDER BY family, partition, topic;
