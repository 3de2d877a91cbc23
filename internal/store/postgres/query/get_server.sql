-- What the server is, as far as it matters here.
SELECT current_setting('server_version_num')::integer, current_setting('server_encoding');
