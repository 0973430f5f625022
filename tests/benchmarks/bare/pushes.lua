-- Posts the bodies of a file, one a line, one after the other; arguments: FILE TOKEN.
local requests, sent = {}, 0

function init(arguments)
  local headers = {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. arguments[2],
    ["From"] = "noreply@google.com",
    ["User-Agent"] = "CloudPubSub-Google",
    ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ["X-Forwarded-For"] = "203.0.113.9",
    ["X-Forwarded-Proto"] = "https",
  }
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", "/", headers, line)
  end
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

function done(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format('RESULT %d %d %d %d %d\n', summary.requests, summary.duration, wrong,
    latency:percentile(50), latency:percentile(99)))
end
