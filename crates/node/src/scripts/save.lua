-- Writes a session, if it is still what was read.
--
-- KEYS   the session
-- ARGV   the bytes that were read; those to write; the lifetime in seconds, or nothing where the key is
--        never to go
-- reply  1 written, 0 nothing is there, 2 something else is there
--
-- A script, because Node writes without looking: between a GET and a SET of ours it may have written, or
-- ended the session, and neither must be undone.
local found = redis.call('GET', KEYS[1])
if not found then return 0 end
if found ~= ARGV[1] then return 2 end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
