-- Deletes a session, if it is still what was read.
--
-- KEYS   the session
-- ARGV   the bytes that were read
-- reply  1 deleted, 0 nothing is there, 2 something else is there
--
-- A script, because what Node has written since must not be lost where it was to be carried over.
local found = redis.call('GET', KEYS[1])
if not found then return 0 end
if found ~= ARGV[1] then return 2 end
redis.call('DEL', KEYS[1])
return 1
