-- Reserves, looks, extends or swaps: one decision over all claims.
--
-- ARGV: 1 prefix of holds, 2 mode (r reserve, p peek, e extend, s swap), 3 the hold's id, 4 its
-- time to live, then STRIDE values a claim: kind, a, b, max, burst, want, min, observe,
-- spent (of a period what the ledger says, '' when it was not asked).
--
-- A swap settles another hold before it decides, if it can decide at all: behind the
-- claims stand those of that hold, as redis_settle.lua knows them, and last its id, when
-- it was taken and how many they are. Its key is the last one.
--
-- Answers {code, now, ...}:
--   1, now, expires, n, then of each claim granted, used, reset
--   0, now, refused, retry (-1 = never), then of each claim 0, used, reset
--   2, now: the periods' bounds are not those of now
--   3, now, then the claims (from 0) whose counters have to be begun
--   4, now: the hold that is to be extended is not open
local mode, id, ttl = ARGV[2], ARGV[3], tonumber(ARGV[4])

-- taken is what stands in the window, with what an earlier burst has still to repay.
local function taken(c)
  if c.kind == 'f' then return c.sum + c.debt end
  if c.level then return math.max(c.sum, math.ceil(c.level - 0.001)) end
  return c.sum
end

local function room(c) return c.max + c.burst - taken(c) end

-- wait_sliding finds when enough has left the window.
local function wait_sliding(c, need)
  local retry, excess = 0, c.sum + need - c.max - c.burst
  local at = c.oldest
  while excess > 0 and at and at <= c.newest do
    local to = math.min(at + 63, c.newest)
    local slots = {}
    for i = at, to do slots[#slots + 1] = i % RING end
    for k, amount in ipairs(redis.call('HMGET', c.key, unpack(slots))) do
      excess = excess - tonumber(amount or 0)
      if excess <= 0 then
        retry = (at + k) * c.width + c.a - now
        break
      end
    end
    at = to + 1
  end
  if c.level and c.max > 0 then
    retry = math.max(retry, math.ceil((c.level + need - c.max - c.burst) * c.a / c.max))
  end
  return retry
end

local function wait_fixed(c, need)
  local retry, debt = (c.index + 1) * c.a - now, c.debt + c.sum - c.max
  while debt > 0 and debt + need > c.max + c.burst do
    retry, debt = retry + c.a, debt - c.max
  end
  return retry
end

-- wait_period is the period's end, or when what is held now has expired, if that helps.
local function wait_period(c, need)
  local retry = c.b - now
  if c.sum - c.held + need <= c.max + c.burst then
    return math.max(1, math.min(retry, c.expires - now + 1))
  end
  return retry
end

local function wait_open(c, need)
  local nth = c.sum + need - c.max - c.burst - 1
  local place = redis.call('ZRANGE', c.key, nth, nth, 'WITHSCORES')
  return place[2] and math.max(1, tonumber(place[2]) - now) or 1
end

local waits = {s = wait_sliding, f = wait_fixed, p = wait_period, o = wait_open}

-- lapse is how long until holds have expired that give back an excess, if that is before
-- limit; it looks at the first few only.
local function lapse(c, excess, limit)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', OPEN, now, text(now + limit), 'LIMIT', 0, 32)) do
    for _, part in ipairs(cmsgpack.unpack(redis.call('GET', PREFIX .. id) or '\144')) do
      if part[3] == c.key and part[5] >= c.low then excess = excess - part[6] end
    end
    if excess <= 0 then return redis.call('ZSCORE', OPEN, id) - now end
  end
  return limit
end

-- wait is how long until there is room for what is needed, -1 for never.
local function wait(c, need)
  if need > c.max + c.burst or c.max <= 0 then return -1 end
  local retry = waits[c.kind](c, need)
  if c.kind ~= 'o' then retry = lapse(c, need - room(c), retry) end
  return math.max(1, retry)
end

-- reset is how long until room begins to come back.
local function reset(c)
  if taken(c) <= 0 then return 0 end
  if c.kind == 'p' then return c.b - now end
  if c.kind == 'f' then return (c.index + 1) * c.a - now end
  if c.kind == 'o' then
    local first = redis.call('ZRANGE', c.key, 0, 0, 'WITHSCORES')
    return math.max(1, tonumber(first[2]) - now)
  end
  if c.oldest then return math.max(1, (c.oldest + 1) * c.width + c.a - now) end
  if c.max <= 0 then return c.a end
  return math.max(1, math.ceil((c.level - taken(c) + 1) * c.a / c.max))
end

local function charge_sliding(c, amount)
  if c.burst > 0 then owe(c, (c.level or 0) + amount) end
  move_sliding(c, c.index, amount)
end

local function charge_period(c, amount, expires)
  c.expires = math.max(c.expires, expires)
  move_period(c, amount, amount)
end

local function charge_open(c, amount, expires, first)
  for i = first, first + amount - 1 do redis.call('ZADD', c.key, expires, id .. ':' .. text(i)) end
  c.sum = c.sum + amount
  keep_on(c.key, expires)
end

-- charge takes an amount and gives the part of the hold that says so.
local function charge(c, n, amount, expires, first)
  if amount > 0 then
    if c.kind == 's' then
      charge_sliding(c, amount)
    elseif c.kind == 'f' then
      move_fixed(c, c.index, amount)
    elseif c.kind == 'p' then
      charge_period(c, amount, expires)
    else
      charge_open(c, amount, expires, first)
    end
  end
  local part = {n, c.kind, c.key, c.a, c.index, amount, first}
  if c.burst > 0 then part[8], part[9], part[10] = c.max, c.burst, now end
  return part
end

-- life is until when a counter may remember what is charged now.
local function life(c)
  if c.kind == 'p' then return c.b end
  if c.kind == 'o' then return 0 end
  return now + 2 * c.a
end

-- begin loads every counter once; it returns an answer when it cannot.
local function begin(claims)
  local missing = {3, now}
  for n, claim in ipairs(claims) do
    local c = claim.c
    if c.kind == 'p' and (now < c.a or now >= c.b) then return {2, now} end
    if not c.loaded then
      c.loaded = true
      load(c)
    end
    if c.missing then
      if claim.spent == '' then
        missing[#missing + 1] = n - 1
      else
        c.missing, c.sum, c.begun = false, tonumber(claim.spent), now
        redis.call('HSET', c.key, 's', claim.spent, 'a', now)
        keep(c.key, c.b)
      end
    end
  end
  if #missing > 2 then return missing end
end

-- decide adds up what is needed of each counter and finds the claim that has to wait the
-- longest; nil when all have room.
local function decide(claims)
  for _, claim in ipairs(claims) do
    claim.need = claim.want
    if claim.min > 0 then claim.need = math.min(claim.min, claim.want) end
    claim.c.need = claim.c.need + claim.need
  end
  local refused, longest
  for n, claim in ipairs(claims) do
    local c = claim.c
    if not claim.observe and claim.need > 0 and c.need > room(c) then
      local retry = wait(c, c.need)
      if not refused or (longest >= 0 and (retry < 0 or retry > longest)) then
        refused, longest = n - 1, retry
      end
    end
  end
  return refused, longest
end

-- grant gives each claim what it needs, and what is left beyond to those who want more.
local function grant(claims)
  for _, claim in ipairs(claims) do
    local c = claim.c
    if not c.spare then c.spare = math.max(0, room(c) - c.need) end
    local more = math.min(claim.want - claim.need, c.spare)
    claim.granted, c.spare = claim.need + more, c.spare - more
  end
end

local function answer(out, claims)
  for _, claim in ipairs(claims) do
    local c = claim.c
    c.reset = c.reset or reset(c)
    out[#out + 1] = claim.granted or 0
    out[#out + 1] = taken(c)
    out[#out + 1] = c.reset
  end
  return out
end

-- resume finds the parts of the hold that is to be extended; nil when it is not open.
local function resume()
  local packed = redis.call('GET', HOLD)
  local score = redis.call('ZSCORE', OPEN, id)
  if packed and packed ~= '' and score then
    return cmsgpack.unpack(packed), tonumber(score)
  end
end

-- take charges all claims and writes the hold down.
local function take(claims, parts, expires)
  local lasts = expires
  for n, claim in ipairs(claims) do
    local first = 1
    for _, part in ipairs(parts) do
      if part[1] == n then first = math.max(first, part[7] + part[6]) end
    end
    lasts = math.max(lasts, life(claim.c))
    claim.part = charge(claim.c, n, claim.granted, expires, first)
  end
  for _, claim in ipairs(claims) do parts[#parts + 1] = claim.part end
  redis.call('SET', HOLD, cmsgpack.pack(parts), 'PX', text(math.ceil((lasts - now) / 1000) + 60000))
  redis.call('ZADD', OPEN, expires, id)
  keep_on(OPEN, lasts + 60000000)
end

local ends = #KEYS -- with the last of the claims
if mode == 's' then ends = ends - 1 - tonumber(ARGV[#ARGV]) end

reap()
local claims = read_claims(3, ends)
local cannot = begin(claims)
if cannot then return cannot end
if mode == 's' then
  settle(KEYS[#KEYS], ARGV[#ARGV - 2], tonumber(ARGV[#ARGV - 1]), now, read_claims(ends + 1, #KEYS - 1))
  claims = read_claims(3, ends)
  begin(claims) -- what is settled has changed them
end
local parts, expires = {}, now + ttl
if mode == 'e' then parts, expires = resume() end
if not parts then return {4, now} end
local refused, retry = decide(claims)
if refused then return answer({0, now, refused, retry}, claims) end
grant(claims)
if mode ~= 'p' then take(claims, parts, expires) end
return answer({1, now, expires, #claims}, claims)
