-- Puts a value under another key, with a lifetime.
--
-- KEYS   where it is, where it goes
-- ARGV   the lifetime in milliseconds; whether it replaces what is there, or nothing
-- reply  1 moved, 0 nothing is there, 2 something is where it was to go
--
-- A script, because a session that ends in between must not come back from where it was put. On a cluster both
-- keys are in one slot. Renaming a key to itself does nothing; whoever may not rename stops there, and has changed
-- nothing. The lifetime goes along.
local found = redis.call('GET', KEYS[1])
if not found then return 0 end
if ARGV[2] == '' and redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
redis.call('RENAME', KEYS[1], KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('RENAME', KEYS[1], KEYS[2])
return 1
