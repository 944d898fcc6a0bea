-- Forgets tokens whose sessions have gone.
--
-- KEYS   the set; then a session for each token
-- ARGV   the tokens, in the order of the sessions
-- reply  how many tokens were forgotten
--
-- A script, because a session that comes back in between must keep its token.
local forgotten = 0
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    forgotten = forgotten + redis.call('SREM', KEYS[1], ARGV[i - 1])
  end
end
return forgotten
