-- KEYS: version, rests by name
-- ARGV: the version that is known
-- Gives the version, and when it is another one the time in milliseconds and all rests.
local version = redis.call('GET', KEYS[1]) or '0'
if version == ARGV[1] then
  return {version}
end
local time = redis.call('TIME')
local out = {version, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}
for _, value in ipairs(redis.call('HVALS', KEYS[2])) do
  out[#out + 1] = value
end
return out
