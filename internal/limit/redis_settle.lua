-- Settles a hold: puts what was used in the place of what was granted, once.
--
-- ARGV: 1 prefix of holds, 2 the hold's id, 3 when it was taken, 4 when it was settled
-- (0 = now), then STRIDE values a claim: kind, a, b, max, burst, used, and
-- what does not matter here. Answers 1, or 0 when the hold was settled before.
local settled = tonumber(ARGV[4])
if settled == 0 then settled = now end
return settle(HOLD, ARGV[2], tonumber(ARGV[3]), settled, read_claims(3, #KEYS))
