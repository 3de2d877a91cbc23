-- Every category with sales or refunds, each found by one look into the index
-- instead of by reading all hours.
WITH RECURSIVE found (category) AS (
    SELECT min(category) FROM sales_hour WHERE category > ''
    UNION ALL
    SELECT (SELECT min(category) FROM sales_hour WHERE category > found.category)
    FROM found WHERE found.category IS NOT NULL
)
SELECT category FROM found WHERE category IS NOT NULL;
