-- Takes members out of a token set whose deadline is over, and the head where nothing is left that it
-- is kept for.
--
-- KEYS   the token set
-- ARGV   now, how many members may go, and the margin of the time to live, each in decimal
-- reply  how many went; a set that went as a whole counts as one more
--
-- A script, because the head may go only where no member has joined meanwhile. The records need no
-- look: a member's score is its deadline, and their own time to live sweeps them.
local key, now, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local over = redis.call('ZRANGEBYSCORE', key, '(0', now, 'LIMIT', '0', ARGV[2])
local head = redis.call('ZRANGEBYSCORE', key, '-inf', '0', 'WITHSCORES')
local left = redis.call('ZCARD', key) - #over - #head / 2

for i = 1, #over do
  redis.call('ZREM', key, over[i])
end
local went = #over
if left == 0 and went < limit and #head > 0 and -tonumber(head[2]) <= tonumber(now) then
  redis.call('DEL', key)
  went = went + 1
elseif left == 0 and #over > 0 and #head > 0 then
  -- It was kept for its sessions, and from now on for the head alone.
  local last = math.min(-tonumber(head[2]) + tonumber(ARGV[3]), 2 ^ 53)
  redis.call('PEXPIREAT', key, string.format('%.0f', last))
end
return went
