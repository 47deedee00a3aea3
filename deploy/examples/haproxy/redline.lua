-- Asks Redline (REDLINE_URL, set in haproxy.cfg) whether a request may pass. A refusal is answered as Redline
-- says it; when Redline does not answer, nobody gets in.
local url = os.getenv("REDLINE_URL") .. "/v1/authz"
local asked_with = { "authorization", "cookie", "origin", "sec-fetch-site", "upgrade", "x-request-id",
                     "x-forwarded-for", "x-forwarded-host", "x-forwarded-method" }
local told = { "content-type", "retry-after", "www-authenticate", "ratelimit", "ratelimit-policy" }

local function refuse(txn, status, headers, body)
  local reply = txn:reply { status = status }
  for _, name in ipairs(told) do
    if headers[name] then reply:add_header(name, headers[name][0]) end
  end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action("redline", { "http-req" }, function(txn)
  local headers = {}
  local given = txn.http:req_get_headers()
  for _, name in ipairs(asked_with) do
    if given[name] then
      headers[name] = {}
      for i = 0, #given[name] do table.insert(headers[name], given[name][i]) end
    end
  end
  local answer = core.httpclient():get { url = url, headers = headers, timeout = 2000 }
  if answer == nil or answer.status == nil or answer.status == 0 then
    return refuse(txn, 503, {}, "")
  end
  if answer.status ~= 204 then return refuse(txn, answer.status, answer.headers, answer.body or "") end
  for _, name in ipairs({ "user", "account", "plan" }) do
    local value = answer.headers["x-redline-" .. name]
    txn:set_var("txn.redline_" .. name, value and value[0] or "")
  end
end)
