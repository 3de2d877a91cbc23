-- Puts the questions of a bench to a server, one after the other, and says as a line of JSON how they were answered.
-- Arguments: the key of the API, then the questions.
function init(args)
  wrk.headers["X-API-Key"] = args[1]
  if #args == 2 then -- the same bytes each time, which wrk sends without asking again
    wrk.path = args[2]
    return
  end
  local questions, last = {}, 0
  for i = 2, #args do
    questions[i - 1] = wrk.format("GET", args[i])
  end
  request = function()
    last = last % #questions + 1
    return questions[last]
  end
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"bytes":%d,"refused":%d,"broken":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes, failed.status, failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
