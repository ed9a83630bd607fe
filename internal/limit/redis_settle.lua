-- Settles a hold: puts what was used in the place of what was granted, once.
--
-- ARGV: 1 prefix of holds, 2 the hold's id, 3 when it was taken, 4 when it was settled
-- (0 = now), then STRIDE values a claim: kind, a, b, max, burst, used, and
-- what does not matter here. Answers 1, or 0 when the hold was settled before.
local id, taken = ARGV[2], tonumber(ARGV[3])
local settled = tonumber(ARGV[4])
if settled == 0 then settled = now end
local REMEMBER = 300000 -- ms for which a settled hold is known as such

-- add counts what was used by a hold of which nothing is known any more: it has expired,
-- or the server has forgotten it.
local function add(c, used)
  if c.kind == 'o' then return end
  load(c, c.kind == 's' and math.floor(taken / math.ceil(c.a / PARTS)) or nil)
  if c.kind == 'p' then
    if not c.missing and c.begun <= settled then move_period(c, used, 0) end
  elseif c.kind == 's' then
    local index = math.min(math.floor(taken / c.width), c.index)
    if index >= c.low then repay(c, taken, -used) end
    move_sliding(c, index, used)
  else
    move_fixed(c, math.floor(taken / c.a), used)
  end
end

-- share divides what was used over the parts of a claim: what was taken first is used
-- first, and what is above all of them was used there.
local function share(parts, claims)
  local rest, first = {}, {}
  for n, claim in ipairs(claims) do rest[n] = claim.want end
  for _, part in ipairs(parts) do
    local n = part[1]
    first[n] = first[n] or part
    part.used = math.min(part[6], rest[n])
    rest[n] = rest[n] - part.used
  end
  for n, part in pairs(first) do part.used = part.used + rest[n] end
  return first
end

local function settle(parts, claims)
  local known = share(parts, claims)
  for _, part in ipairs(parts) do release(part, id, part.used) end
  for n, claim in ipairs(claims) do
    if not known[n] then add(claim.c, claim.want) end
  end
end

local packed = redis.call('GET', HOLD)
if packed == '' then return 0 end
settle(packed and cmsgpack.unpack(packed) or {}, read_claims())
redis.call('SET', HOLD, '', 'PX', REMEMBER)
redis.call('ZREM', OPEN, id)
return 1
