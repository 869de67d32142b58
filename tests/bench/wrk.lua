-- One fixed request for wrk, read from the file that BENCH_REQUEST names (method, header lines, an
-- empty line, body). It has no function `request`, so that wrk sends the same bytes again and again
-- without asking Lua. The outcome is one line of JSON; times are microseconds.

local file = assert(io.open(os.getenv("BENCH_REQUEST"), "rb"))
wrk.method = file:read("*l")
for line in file:lines() do
  if line == "" then break end
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end
local body = file:read("*a")
if body ~= "" then wrk.body = body end
file:close()

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "broken": %d, ' ..
    '"p50": %d, "p99": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
