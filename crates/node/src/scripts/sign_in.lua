-- Signs a user in: a new session, and its token in the user's set.
--
-- KEYS   the session; the set
-- ARGV   the bytes of the session; its lifetime in seconds, or nothing where the key is never to go; the
--        token
-- reply  1 done, 0 something is there already under this id
--
-- A script, because the set must not lose the token before its session is there: a revocation in between would
-- forget the one and find nothing of the other. Its keys lie together on one server only.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SADD', KEYS[2], ARGV[3])
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return 1
