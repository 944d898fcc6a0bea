-- Gives a key that never goes a lifetime.
--
-- KEYS   the session
-- ARGV   the lifetime in milliseconds
-- reply  1 it has it now, 0 nothing is there, 2 it has a lifetime already
--
-- A script, because a lifetime that Node gives it in between must not be changed. (PEXPIRE … NX would do
-- from Redis 7 on.)
local left = redis.call('PTTL', KEYS[1])
if left == -2 then return 0 end
if left ~= -1 then return 2 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
