-- Reads keys of one placement at one moment; or changes them, if all that the decision was based on still
-- holds, and reads them where it does not.
--
-- KEYS   every key that is looked at or changed
-- ARGV   now, and the margin of the times to live, in ms; how many arguments follow that say what to read,
--        and these; then instructions, or none where nothing is to be changed. Each is a letter with its
--        arguments, of which K is the number of a key: first what has to hold, then `.`, then what to write
-- reply  { 1, and the numbers of those that L and Z have ended } where it was done; where something does
--        not hold, and nothing was written, { 0, and what was read }; { 2 } where L cannot tell
--
-- what to read                           what is answered
--   V K            a string                the value; false where there is none; 1 where it is no string
--   S K n member…  a set, and whether      { the head's members and scores, ZCARD, then the score of each
--                  these are members         or false }; 1 where it is no sorted set
--   S K -1         a set and its members   { the head, ZCARD, all members, the highest score or nil }
--
-- what has to hold                       what to write
--   A K            no such key             D K                remove the key
--   V K head len   a string, its first     E K value time     store the string
--                  93 bytes and length     T K bytes time     put bytes at 76 of the string
--   W K            another type than       P K time           set the time to live
--                  a string                M K score member   make a member, or change its score
--   w K            another type than       m K member         make it no member
--                  a sorted set            H K score member   put the head in place of what is there
--   M K member     a member                h K                remove the head
--   m K member     no member               X K time           end with a set: keep it until then at least,
--   H K n …        the head: n members                        where it has a session; else the margin
--                  and scores in turn                         after what its head is kept for; or remove
--   G K begins     the head begins so, and                    it, where that is over
--                  is not over, or a session  Z K time begin sum…  end the sessions of L, whose values
--                  has its deadline to come                   become what they all begin with and their
--   R K n          room: less than n                          own sums, and take them out of the set
--                  members
--   C K n          n members, with those
--                  of the head
--   S K n …        the very members, and no others
--   L K first n others subject member…
--                  the very members, and no others: n whose records are the keys from `first` on, and
--                  others that Z leaves alone
--   t K            holds always: X will need to know for how long the set is kept
--
-- A script, because what several keys hold has to be seen at one moment, and because it must not write
-- unless all of it holds. Each set that it writes to is looked at before anything is written, so that one
-- of another type is found before the first write.
--
-- L is for ending sessions that nobody has read: a set may have ten thousand. Each of the records is of
-- this subject, or gone; where it is anything else, L cannot tell, and the client looks at it first. Whether a
-- session is over is told by the member's score, its deadline. One that is over is removed, and not named as ended.
--
-- While a slot moves to another node, a script may touch what is there, and fails where it touches what is
-- not: in the middle, if a key that was there has gone by its own doing. So it adds before it removes, and
-- touches no key again that it may have removed, but by `pcall`.
--
-- A server that is full refuses the first write of a script if that may need memory, and none after it. So
-- an ending begins with a write that needs none (P), and works on a full server too.
--
-- A set with sessions is kept until the last of them can end at the latest, and never for shorter: so a touch, which
-- moves a deadline, need not look at it. `PEXPIREAT … GT` would do that, but needs 7.0. So X goes with t.
--
-- It is one chain of comparisons, the commonest first: a function for each letter would have to be made
-- anew in every run.
-- No time to live is later: a strange member's score may be any number, and Redis takes no such time.
local latest = 2 ^ 53
local call, pcall, at = redis.call, redis.pcall, 4
local now, margin = tonumber(ARGV[1]), tonumber(ARGV[2])

local function arg()
  at = at + 1
  return ARGV[at - 1]
end

local function is_other(k, kind)
  local found = call('TYPE', k)['ok']
  return found ~= kind and found ~= 'none'
end

local function expire(k, time)
  call('PEXPIREAT', k, string.format('%.0f', math.min(time, latest)))
end

local instructions = at + tonumber(ARGV[3])

local function read()
  local reply = { 0 }
  at = 4
  while at < instructions do
    local op, k = arg(), KEYS[tonumber(arg())]
    local found
    if op == 'V' then
      found = pcall('GET', k)
      if type(found) == 'table' then
        -- An error: of the wrong type, or one that is not for us to hide.
        if not is_other(k, 'string') then return found end
        found = 1
      end
    else
      local wanted = tonumber(arg())
      if is_other(k, 'zset') then
        found = 1
        at = at + math.max(wanted, 0)
      else
        found = { call('ZRANGEBYSCORE', k, '-inf', '0', 'WITHSCORES'), call('ZCARD', k) }
        if wanted < 0 then
          found[3] = call('ZRANGEBYSCORE', k, '(0', '+inf')
          found[4] = call('ZRANGE', k, '-1', '-1', 'WITHSCORES')[2]
        end
        for i = 1, wanted do
          found[2 + i] = call('ZSCORE', k, arg())
        end
      end
    end
    reply[#reply + 1] = found
  end
  return reply
end

-- Of the sessions that Z ends: the first of their keys, and where their members are among the arguments.
local first, n, list, others
-- What becomes of each: nil where there is no record any more.
local fate = {}
-- Until when each set of `t` is kept.
local kept = {}

at = instructions
local op = arg()
if not op then return read() end
while op ~= '.' do
  local k = KEYS[tonumber(arg())]
  local holds = false
  if op == 'V' then
    local head, len = arg(), tonumber(arg())
    holds = pcall('GETRANGE', k, '0', '92') == head and call('STRLEN', k) == len
  elseif op == 'M' then
    holds = type(pcall('ZSCORE', k, arg())) == 'string'
  elseif op == 'A' then
    holds = call('EXISTS', k) == 0
  elseif op == 'G' then
    local begins = arg()
    local head = pcall('ZRANGEBYSCORE', k, '-inf', '0', 'WITHSCORES')
    holds = not head.err and #head == 2 and string.sub(head[1], 1, #begins) == begins
      and (-tonumber(head[2]) > now or call('ZCOUNT', k, '(' .. ARGV[1], '+inf') > 0)
  elseif op == 'R' then
    holds = call('ZCARD', k) - call('ZCOUNT', k, '-inf', '0') < tonumber(arg())
  elseif op == 'H' then
    local fields = tonumber(arg())
    local head = pcall('ZRANGEBYSCORE', k, '-inf', '0', 'WITHSCORES')
    holds = not head.err and #head == fields
    for i = 1, fields do
      holds = arg() == head[i] and holds
    end
  elseif op == 'C' then
    holds = pcall('ZCARD', k) == tonumber(arg())
  elseif op == 'S' then
    local expected = tonumber(arg())
    local members = pcall('ZRANGEBYSCORE', k, '(0', '+inf')
    local there = {}
    for i = 1, #members do there[members[i]] = true end
    holds = not members.err and #members == expected
    for _ = 1, expected do
      holds = there[arg()] and holds
    end
  elseif op == 'L' then
    first, n, others = tonumber(arg()), tonumber(arg()), tonumber(arg())
    local subject = arg()
    list = at
    local members = pcall('ZRANGEBYSCORE', k, '(0', '+inf')
    local there = {}
    for i = 1, #members do there[members[i]] = 'ended' end
    holds = not members.err and #members == n + others
    for _ = 1, n + others do
      holds = there[arg()] and holds
    end
    if holds then
      for _, member in ipairs(call('ZRANGEBYSCORE', k, '(0', ARGV[1])) do there[member] = 'over' end
      local size = string.char(math.floor(#subject / 256), #subject % 256)
      for i = 1, n do
        local record = pcall('GETRANGE', KEYS[first + i - 1], '0', 92 + #subject)
        if record ~= '' then
          local is_theirs = type(record) == 'string' and string.sub(record, 1, 4) == 'CR\1\254'
            and string.sub(record, 9, 10) == size and string.sub(record, 94) == subject
          if not is_theirs then return { 2 } end
          fate[i] = there[ARGV[list + i - 1]]
        end
      end
    end
  elseif op == 'm' then
    holds = pcall('ZSCORE', k, arg()) == false
  elseif op == 'W' then
    holds = is_other(k, 'string')
  elseif op == 'w' then
    holds = is_other(k, 'zset')
  elseif op == 't' then
    -- Before anything is written, so that who may not ask this has written nothing.
    local time = call('TIME')
    kept[k] = call('PTTL', k) + 1000 * time[1] + time[2] / 1000
    holds = true
  end
  if not holds then return read() end
  op = arg()
end

local reply = { 1 }
op = arg()
while op do
  local k = KEYS[tonumber(arg())]
  if op == 'T' then
    call('SETRANGE', k, '76', arg())
    call('PEXPIREAT', k, arg())
  elseif op == 'M' then
    local score = arg()
    call('ZADD', k, score, arg())
  elseif op == 'E' then
    local value = arg()
    call('SET', k, value, 'PXAT', arg())
  elseif op == 'm' then
    call('ZREM', k, arg())
  elseif op == 'P' then
    call('PEXPIREAT', k, arg())
  elseif op == 'H' then
    local score, member = arg(), arg()
    local before = call('ZRANGEBYSCORE', k, '-inf', '0')
    call('ZADD', k, score, member)
    for i = 1, #before do
      if before[i] ~= member then call('ZREM', k, before[i]) end
    end
  elseif op == 'Z' then
    local time, begin = arg(), arg()
    for i = 1, n do
      local sum = arg()
      if fate[i] == 'ended' then
        call('SET', KEYS[first + i - 1], begin .. sum, 'PXAT', time)
        reply[#reply + 1] = i
      end
    end
    if others == 0 then
      call('ZREMRANGEBYSCORE', k, '(0', '+inf')
    else
      for i = 1, n, 500 do
        call('ZREM', k, unpack(ARGV, list + i - 1, list + math.min(i + 499, n) - 1))
      end
    end
    for i = 1, n do
      if fate[i] == 'over' then call('DEL', KEYS[first + i - 1]) end
    end
  elseif op == 'h' then
    call('ZREMRANGEBYSCORE', k, '-inf', '0')
  elseif op == 'D' then
    call('DEL', k)
  elseif op == 'X' then
    local till = tonumber(arg())
    local longest = pcall('ZRANGE', k, '-1', '-1', 'WITHSCORES')[2]
    if longest and tonumber(longest) <= 0 then
      local last = -tonumber(call('ZRANGE', k, '0', '0', 'WITHSCORES')[2])
      if last <= now then
        call('DEL', k)
      else
        expire(k, last + margin)
      end
    elseif longest and till > 0 and kept[k] < till then
      expire(k, till)
    end
  end
  op = arg()
end
return reply
