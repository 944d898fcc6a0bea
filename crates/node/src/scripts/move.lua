-- Puts a value under another key, with a lifetime.
--
-- KEYS   where it is, where it goes
-- ARGV   the lifetime in milliseconds; whether it replaces what is there, or nothing
-- reply  1 moved, 0 nothing is there, 2 something is where it was to go
--
-- A script, because a session that ends in between must not come back from where it was put. On a cluster both
-- keys are in one slot.
local found = redis.call('GET', KEYS[1])
if not found then return 0 end
if ARGV[2] == '' and redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
redis.call('SET', KEYS[2], found, 'PX', ARGV[1])
redis.call('DEL', KEYS[1])
return 1
