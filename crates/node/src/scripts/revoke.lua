-- Ends the sessions of a token set, if the set is still what was read.
--
-- KEYS   the set; then the sessions to end, one for each token
-- ARGV   how many tokens to forget; then all tokens that were in the set, those to forget first
-- reply  how many sessions were there; -1 where the set is another by now: to be read again
--
-- A script, because a sign-in in between would add a token that is then forgotten while its session lives.
-- All its keys are declared, which is why the tokens are read before it.
local set = KEYS[1]
if redis.call('SCARD', set) ~= #ARGV - 1 then return -1 end
for i = 2, #ARGV do
  if redis.call('SISMEMBER', set, ARGV[i]) == 0 then return -1 end
end
local ended = 0
for i = 2, #KEYS do
  ended = ended + redis.call('DEL', KEYS[i])
end
for i = 2, 1 + tonumber(ARGV[1]) do
  redis.call('SREM', set, ARGV[i])
end
return ended
