-- What the server is, as far as it matters here: the last three are what a commit is worth
-- in this session.
SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'),
       current_setting('synchronous_commit'), current_setting('fsync')::boolean, current_setting('full_page_writes')::boolean;
