-- The generation of a token set: the one that is there, or a new one where there is none any more.
--
-- KEYS   the token set
-- ARGV   now, and until when the set is kept at least; the margin of the time to live; all in ms; then
--        the head's member for a new generation; and of how many members to tell at most
-- reply  the head's member that is there now, and the members, where there are no more: the sign-in will need
--        them to make room at the cap; nil where something else was in place of the set, which has gone: to
--        be asked again
--
-- A script, because a new generation must not take the place of one that somebody has just been given.
-- A set is over where its head is, and no session is in it whose deadline is to come. A member's score
-- is its deadline, so that no record need be looked at. One that counts though its record is lost keeps
-- a generation for longer than need be, which revives nothing.
-- No time to live is later: Redis takes no such time.
local latest = 2 ^ 53
local key, now, till, margin = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local found = redis.call('TYPE', key)['ok']
if found ~= 'zset' and found ~= 'none' then
  redis.call('DEL', key)
  return false
end
local head = redis.call('ZRANGEBYSCORE', key, '-inf', '0', 'WITHSCORES')
local member, kept = head[1], 0
-- Of several heads, or of one that is damaged, none counts; nor one whose score is no time, as `head.rs` reads it.
local whole = #head == 2 and -tonumber(head[2]) < latest and tonumber(head[2]) % 1 == 0
  and (#member == 24 or #member == 47 and string.sub(member, 25, 25) == ':')
if whole and string.match(member, '^g:[%w_-]+:?[%w_-]*$') then
  kept = -tonumber(head[2])
else
  member = false
end
if member and kept <= now and redis.call('ZCOUNT', key, '(' .. ARGV[1], '+inf') == 0 then
  member = false
end
if not member then member, kept = ARGV[4], -1 end
-- Until when the set is kept: its sessions can live so long, and it is never made shorter. Asked before anything is
-- written, so that who may not ask has written nothing.
local time = redis.call('TIME')
local lives = redis.call('PTTL', key) + 1000 * time[1] + time[2] / 1000
-- It adds before it removes: while a slot moves to another node, a key that has gone cannot be made again.
if kept < till then
  kept = till
  redis.call('ZADD', key, string.format('%.0f', -kept), member)
end
for i = 1, #head, 2 do
  if head[i] ~= member then redis.call('ZREM', key, head[i]) end
end
if lives < kept + margin then
  redis.call('PEXPIREAT', key, string.format('%.0f', math.min(kept + margin, latest)))
end
local reply = { member }
if redis.call('ZCARD', key) <= tonumber(ARGV[5]) then
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', key, '(0', '+inf')) do reply[#reply + 1] = other end
end
return reply
