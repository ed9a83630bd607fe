-- What both scripts share. Times are microseconds of the server's clock; amounts are
-- whole numbers, exact up to 2^53.
--
-- KEYS: 1 the set of open holds by expiry, 2 the hold, 3.. one counter a claim.
-- Besides these a script touches the counters of holds that have expired: all keys have
-- to be on one server.
local OPEN, HOLD = KEYS[1], KEYS[2]
local PREFIX = ARGV[1] -- of holds
local PARTS, RING = 255, 256
local STRIDE = 9
local REMEMBER = 300000 -- ms for which a settled hold is known as such

local stamp = redis.call('TIME')
local now = tonumber(stamp[1]) * 1000000 + tonumber(stamp[2])

local function text(n) return string.format('%.0f', n) end

-- keep lets a key live at least until a moment.
local function keep(key, moment)
  redis.call('PEXPIREAT', key, text(math.ceil(moment / 1000) + 1000))
end

-- keep_on lets a key to which others are added live at least until a moment, and on for
-- a while, so that this is seldom said.
local function keep_on(key, moment)
  if redis.call('PTTL', key) < (moment - now) / 1000 + 1000 then keep(key, 2 * moment - now) end
end

-- A counter is {kind, key, a, b, max, burst}: of a sliding ('s') and a fixed ('f') one a
-- is the span, of a period ('p') a is its begin and b its end; 'o' counts open places.
-- Loading sets sum (what counts now), index (where charges go) and low (the lowest index
-- that still counts).

-- Sliding: a hash of slot -> amount, where the slot is the index of the sub-span modulo
-- RING; s is their sum, o the oldest that is not empty, n the newest.

-- oldest finds the first slot that is not empty, from an index on; what lies below low
-- leaves. It returns nil when nothing is left.
local function oldest(c, from)
  local at = from
  while at <= c.newest do
    local to = math.min(at + 31, c.newest)
    local slots = {}
    for i = at, to do slots[#slots + 1] = i % RING end
    local amounts = redis.call('HMGET', c.key, unpack(slots))
    for k, slot in ipairs(slots) do
      local amount, i = tonumber(amounts[k] or 0), at + k - 1
      if amount ~= 0 and i >= c.low then return i end
      if amounts[k] then
        redis.call('HDEL', c.key, slot)
        c.sum = c.sum - amount
      end
    end
    at = to + 1
  end
  return nil
end

-- tidy writes down what there is after slots have left. Of an empty window only the
-- overdraft is kept.
local function tidy(c, from)
  c.oldest = oldest(c, from)
  if c.oldest then
    redis.call('HSET', c.key, 's', c.sum, 'o', c.oldest, 'n', c.newest)
    return
  end
  c.sum, c.newest = 0, nil
  redis.call('HDEL', c.key, 's', 'o', 'n')
end

-- load_sliding also fetches the amount of one sub-span: of the one that is to be changed.
local function load_sliding(c, index)
  c.width = math.ceil(c.a / PARTS)
  c.index = math.floor(now / c.width)
  c.fetched = index or c.index
  c.low = math.floor((now - c.a) / c.width)
  c.sum, c.level, c.oldest, c.newest = 0, nil, nil, nil
  local got = redis.call('HMGET', c.key, 's', 'o', 'n', 'd', 't', c.fetched % RING)
  c.amount = tonumber(got[6] or 0)
  if c.burst > 0 and got[4] then
    c.level = math.max(0, tonumber(got[4]) - (now - tonumber(got[5])) * c.max / c.a)
  end
  if not got[1] then return end
  c.sum, c.newest = tonumber(got[1]), tonumber(got[3])
  if c.newest > c.index + RING then -- the clock had run ahead by more than a span
    redis.call('DEL', c.key)
    c.sum, c.newest, c.level = 0, nil, nil
    return
  end
  -- A clock that went back charges the newest sub-span until it has caught up.
  c.index = math.max(c.index, c.newest)
  c.low = math.max(c.low, c.index - PARTS)
  c.oldest = tonumber(got[2])
  if c.fetched < c.oldest or c.fetched > c.newest then c.amount = 0 end -- another's slot
  if c.oldest < c.low then tidy(c, c.oldest) end
end

local function amount_of(c, index)
  if index == c.fetched then return c.amount end
  if not c.oldest or index < c.oldest or index > c.newest then return 0 end
  return tonumber(redis.call('HGET', c.key, index % RING) or 0)
end

local function move_sliding(c, index, delta)
  if index < c.low or delta == 0 then return end
  local had = amount_of(c, index)
  local amount = math.max(0, had + delta) -- less only if somebody has removed keys
  if index == c.fetched then c.amount = amount end
  c.sum = c.sum + amount - had
  local newer = not c.newest or index > c.newest
  if newer then c.newest = index end
  c.oldest = math.min(c.oldest or index, index)
  if amount == 0 then
    redis.call('HDEL', c.key, index % RING)
    tidy(c, c.oldest)
    return
  end
  redis.call('HSET', c.key, index % RING, amount, 's', c.sum, 'o', c.oldest, 'n', c.newest)
  if not newer and not c.level then return end -- it lives long enough
  local moment = (c.newest + 1) * c.width + c.a
  if c.level and c.max > 0 then moment = math.max(moment, now + c.level * c.a / c.max) end
  keep(c.key, moment)
end

-- owe writes down what is overdrawn, and since when; it is repaid at the window's rate.
local function owe(c, level)
  c.level = math.max(0, level)
  redis.call('HSET', c.key, 'd', c.level, 't', now)
end

-- repay lowers the overdraft by what was not used after all, as far as time has not
-- repaid it.
local function repay(c, since, back)
  if c.burst == 0 or c.max == 0 or not c.level then return end
  if back > 0 then back = math.max(0, back - (now - since) * c.max / c.a) end
  owe(c, c.level - back)
end

-- Fixed: s is the sum of span i, d what earlier spans have overdrawn.

local function load_fixed(c)
  c.index = math.floor(now / c.a)
  c.low, c.sum, c.debt = c.index, 0, 0
  local got = redis.call('HMGET', c.key, 'i', 's', 'd')
  if not got[1] then return end
  local i, sum, debt = tonumber(got[1]), tonumber(got[2]), tonumber(got[3] or 0)
  if i > c.index + 1 then return end -- the clock had run ahead
  c.index = math.max(c.index, i)
  c.low = c.index
  if i == c.index then
    c.sum, c.debt = sum, debt
  elseif c.burst > 0 then
    c.debt = math.max(0, debt + sum - c.max * (c.index - i))
  end
end

local function move_fixed(c, index, delta)
  if index == c.index then
    c.sum = math.max(0, c.sum + delta)
  elseif index == c.index - 1 and c.burst > 0 then
    c.debt = math.max(0, c.debt + delta)
  else
    return
  end
  redis.call('HSET', c.key, 'i', c.index, 's', c.sum, 'd', c.debt)
  local spans = 1
  if c.burst > 0 and c.max > 0 then spans = spans + math.ceil((c.sum + c.debt) / c.max) end
  keep(c.key, (c.index + spans) * c.a)
end

-- Period: s is the sum, h the part of it that is held, x when the last of the holds
-- expires, a when the counter was begun.

local function load_period(c)
  c.index, c.low = c.a, c.a
  local got = redis.call('HMGET', c.key, 's', 'h', 'x', 'a')
  c.missing = not got[1]
  c.sum, c.held = tonumber(got[1] or 0), tonumber(got[2] or 0)
  c.expires, c.begun = tonumber(got[3] or 0), tonumber(got[4] or 0)
end

-- move_period adds to the sum, and to what is held.
local function move_period(c, delta, held)
  if c.missing then return end -- it will begin with what the ledger says
  c.sum, c.held = c.sum + delta, c.held + held
  redis.call('HSET', c.key, 's', c.sum, 'h', c.held, 'x', c.expires)
end

-- Open: a sorted set of places by expiry.

local function load_open(c)
  redis.call('ZREMRANGEBYSCORE', c.key, '-inf', now)
  c.index, c.low = 0, 0
  c.sum = redis.call('ZCARD', c.key)
end

local loaders = {s = load_sliding, f = load_fixed, p = load_period, o = load_open}

local function load(c, index)
  c.sum = 0
  loaders[c.kind](c, index)
  return c
end

-- read_claims reads the claims with the keys from one to another, of which the arguments
-- stand in the same order from ARGV[5] on; claims of one counter share its table.
local function read_claims(from, to)
  local claims, seen = {}, {}
  for k = from, to do
    local at, key = 5 + (k - 3) * STRIDE, KEYS[k]
    local c = seen[key]
    if not c then
      c = {kind = ARGV[at], key = key, a = tonumber(ARGV[at + 1]), b = tonumber(ARGV[at + 2]),
        max = tonumber(ARGV[at + 3]), burst = tonumber(ARGV[at + 4]), need = 0}
      seen[key] = c
    end
    claims[#claims + 1] = {c = c, want = tonumber(ARGV[at + 5]), min = tonumber(ARGV[at + 6]),
      observe = ARGV[at + 7] == '1', spent = ARGV[at + 8]}
  end
  return claims
end

-- A hold is a packed list of parts {claim, kind, key, a, index, amount, first place, and
-- of windows with a burst max, burst, when}. A hold of zero bytes is settled.

-- release takes one part of a hold out of its counter and puts used in its place.
local function release(part, id, used)
  local kind, key, index, amount = part[2], part[3], part[5], part[6]
  if kind == 'o' then
    for i = part[7], part[7] + amount - 1 do redis.call('ZREM', key, id .. ':' .. text(i)) end
    return
  end
  local c = load({kind = kind, key = key, a = part[4], max = part[8] or 0, burst = part[9] or 0}, index)
  if kind == 'p' then
    move_period(c, used - amount, -amount)
  elseif kind == 's' then
    repay(c, part[10] or now, amount - used)
    move_sliding(c, index, used - amount)
  else
    move_fixed(c, index, used - amount)
  end
end

-- add counts what was used by a hold of which nothing is known any more: it has expired,
-- or the server has forgotten it.
local function add(c, used, taken, settled)
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

-- settle puts what was used in the place of what the hold at a key had, once; it answers
-- 0 when the hold was settled before.
local function settle(hold, id, taken, settled, claims)
  local packed = redis.call('GET', hold)
  if packed == '' then return 0 end
  local parts = packed and cmsgpack.unpack(packed) or {}
  local known = share(parts, claims)
  for _, part in ipairs(parts) do release(part, id, part.used) end
  for n, claim in ipairs(claims) do
    if not known[n] then add(claim.c, claim.want, taken, settled) end
  end
  redis.call('SET', hold, '', 'PX', REMEMBER)
  redis.call('ZREM', OPEN, id)
  return 1
end

-- reap frees what expired holds held, a bounded number at a time.
local function reap()
  local ids = redis.call('ZRANGEBYSCORE', OPEN, '-inf', now, 'LIMIT', 0, 500)
  for _, id in ipairs(ids) do
    local packed = redis.call('GET', PREFIX .. id)
    if packed and packed ~= '' then
      for _, part in ipairs(cmsgpack.unpack(packed)) do release(part, id, 0) end
      redis.call('DEL', PREFIX .. id)
    end
    redis.call('ZREM', OPEN, id)
  end
end
