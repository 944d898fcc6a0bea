-- Stores a session anew, or its times, if it is still the one that the decision was based on and still in
-- its set.
--
-- KEYS   the session; and its token set, where it has a subject
-- ARGV   1 the first 93 bytes of the session as it was read; `E` and 3 the value to store, or `T` and 3 the
--        bytes to put at 76; 4 until when it is kept, in ms; and with a set: 5 the member, and 6 its
--        score, where that changes
-- reply  1 where it was done; where it does not hold, and nothing was written, { 0, and what is there }, as
--        `commit.lua` answers to `V 1 S 2 1 member`
--
-- This is what `commit.lua` does for `V M . E M X` and `V M . T M X`, in two to four commands, but for a score that does not
-- change: most of what a service writes is this.
--
-- `XX` lets a score be written and a membership be asked for at once: it makes nobody a member. The set's time to
-- live needs no look: it is kept for as long as the session can live, since that joined it.
--
-- Before all is done it makes no function and no table, and hands on no number, which would be turned into text by
-- `printf`: these took a sixth to a fifth of its time.
local call, pcall = redis.call, redis.pcall
local session, set = KEYS[1], KEYS[2]

local holds, member = pcall('GETRANGE', session, '0', '92') == ARGV[1], nil
if holds and set then
  if ARGV[6] then
    -- 0 for no member, and for one that has this score already, which is strange: not to be told apart here.
    member = pcall('ZADD', set, 'XX', 'CH', ARGV[6], ARGV[5])
  else
    member = pcall('ZSCORE', set, ARGV[5])
  end
  holds = member == 1 or type(member) == 'string'
end
if holds then
  if ARGV[2] == 'E' then
    call('SET', session, ARGV[3], 'PXAT', ARGV[4])
  else
    call('SETRANGE', session, '76', ARGV[3])
    call('PEXPIREAT', session, ARGV[4])
  end
  return 1
end

local function is_other(k, kind)
  local found = call('TYPE', k)['ok']
  return found ~= kind and found ~= 'none'
end

-- Above all that there is no memory left.
if type(member) == 'table' and not is_other(set, 'zset') then return member end
local value = pcall('GET', session)
if type(value) == 'table' then
  -- An error: of the wrong type, or one that is not for us to hide.
  if not is_other(session, 'string') then return value end
  value = 1
end
if not set then return { 0, value } end
if is_other(set, 'zset') then return { 0, value, 1 } end
local head = call('ZRANGEBYSCORE', set, '-inf', '0', 'WITHSCORES')
return { 0, value, { head, call('ZCARD', set), call('ZSCORE', set, ARGV[5]) } }
