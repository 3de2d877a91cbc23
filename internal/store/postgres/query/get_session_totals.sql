-- Sums over the sessions that start in [@from, @to), of one country or of all.
-- The last seven are the funnel: store.Session.Did, and Reached from its second step on.
SELECT count(*), coalesce(sum(events), 0)::bigint, coalesce(sum(views), 0)::bigint, coalesce(sum(orders), 0)::bigint, coalesce(sum(units), 0)::bigint,
       coalesce(sum(revenue), 0)::bigint, coalesce(sum(ended_at - started_at), 0)::bigint, count(*) FILTER (WHERE events = 1),
       count(*) FILTER (WHERE views > 0), count(*) FILTER (WHERE adds > 0),
       count(*) FILTER (WHERE checkouts > 0), count(*) FILTER (WHERE orders > 0),
       count(*) FILTER (WHERE views > 0 AND adds > 0), count(*) FILTER (WHERE views > 0 AND adds > 0 AND checkouts > 0),
       count(*) FILTER (WHERE views > 0 AND adds > 0 AND checkouts > 0 AND orders > 0)
FROM session
WHERE started_at >= @from AND started_at < @to AND (@country = '' OR country = @country);
