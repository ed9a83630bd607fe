-- KEYS: version, rests by name, names by when they are forgotten
-- ARGV: name, node, token, milliseconds of rest (0 = healed), what it is about,
--       milliseconds to remember it longer, how many may be remembered
-- A rest is kept as "end token node about"; end 0 = it was healed.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('HDEL', KEYS[2], name)
  redis.call('ZREM', KEYS[3], name)
end

local rest, token, ends = tonumber(ARGV[4]), ARGV[3], 0
local known = redis.call('HGET', KEYS[2], ARGV[1])
local known_end, known_token, known_node
if known then
  known_end, known_token, known_node = string.match(known, '^(%d+) (%S+) (%S+) ')
  known = known_end
end
if rest == 0 then
  -- What others know is healed under the name they know it by.
  if not known or known_token ~= token and known_node ~= ARGV[2] then
    return 0
  end
  token = known_token
else
  ends = now + rest
  if known and tonumber(known_end) >= ends then
    return 0
  end
  if not known and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[7]) then
    return 0
  end
end

local keep = math.max(ends, now) + ARGV[6]
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f', ends) .. ' ' .. token .. ' ' .. ARGV[2] .. ' ' .. ARGV[5])
redis.call('ZADD', KEYS[3], keep, ARGV[1])
-- The version never goes back, not even when the server has lost everything.
redis.call('SET', KEYS[1], string.format('%.0f', now), 'NX')
redis.call('INCR', KEYS[1])
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, 7200000)
end
return 1
