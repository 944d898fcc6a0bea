-- Changes keys of one placement, if all that the decision was based on still holds.
--
-- KEYS   every key that is looked at or changed
-- ARGV   now, and the margin of the times to live, in ms; then instructions, each a letter with its arguments,
--        of which K is the number of a key: first what has to hold, then `.`, then what to write
-- reply  1 where it was done; 0 where something does not hold any more, and nothing was written
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
--   m K member     no member               X K                set the set's time to live: the margin
--   H K n …        the head: n members                        after the last that it is kept for; or
--                  and scores in turn                         remove it, where it has no session, and
--   G K begins     the head begins so, and                    a head that is over
--                  is not over, or a session
--                  has its deadline to come
--   R K n          room: less than n
--                  members
--   C K n          n members, with those
--                  of the head
--   S K n …        the very members, and no others
--
-- A script, because it must not write unless all of it holds. Each set that it writes to is looked at
-- before anything is written, so that one of another type is found before the first write.
--
-- While a slot moves to another node, a script may touch what is there, and fails where it touches what is
-- not: in the middle, if a key that was there has gone by its own doing. So it adds before it removes, and
-- touches no key again that it may have removed, but by `pcall`.
--
-- A server that is full refuses the first write of a script if that may need memory, and none after it. So
-- an ending begins with a write that needs none (P), and works on a full server too.
--
-- It is one chain of comparisons, the commonest first: a function for each letter would have to be made
-- anew in every run.
local call, pcall, at = redis.call, redis.pcall, 3
local now, margin = tonumber(ARGV[1]), tonumber(ARGV[2])

local function arg()
  at = at + 1
  return ARGV[at - 1]
end

local function is_other(k, kind)
  local found = call('TYPE', k)['ok']
  return found ~= kind and found ~= 'none'
end

local op = arg()
while op ~= '.' do
  local k = KEYS[tonumber(arg())]
  local holds = false
  if op == 'V' then
    local head, len = arg(), tonumber(arg())
    holds = pcall('GETRANGE', k, 0, 92) == head and call('STRLEN', k) == len
  elseif op == 'M' then
    holds = type(pcall('ZSCORE', k, arg())) == 'string'
  elseif op == 'A' then
    holds = call('EXISTS', k) == 0
  elseif op == 'G' then
    local begins = arg()
    local head = pcall('ZRANGEBYSCORE', k, '-inf', 0, 'WITHSCORES')
    holds = not head.err and #head == 2 and string.sub(head[1], 1, #begins) == begins
      and (-tonumber(head[2]) > now or call('ZCOUNT', k, '(' .. ARGV[1], '+inf') > 0)
  elseif op == 'R' then
    holds = call('ZCARD', k) - call('ZCOUNT', k, '-inf', 0) < tonumber(arg())
  elseif op == 'H' then
    local n = tonumber(arg())
    local head = pcall('ZRANGEBYSCORE', k, '-inf', 0, 'WITHSCORES')
    holds = not head.err and #head == n
    for i = 1, n do
      holds = arg() == head[i] and holds
    end
  elseif op == 'C' then
    holds = pcall('ZCARD', k) == tonumber(arg())
  elseif op == 'S' then
    local n = tonumber(arg())
    local members = pcall('ZRANGEBYSCORE', k, '(0', '+inf')
    local there = {}
    for i = 1, #members do there[members[i]] = true end
    holds = not members.err and #members == n
    for _ = 1, n do
      holds = there[arg()] and holds
    end
  elseif op == 'm' then
    holds = pcall('ZSCORE', k, arg()) == false
  elseif op == 'W' then
    holds = is_other(k, 'string')
  elseif op == 'w' then
    holds = is_other(k, 'zset')
  end
  if not holds then return 0 end
  op = arg()
end

op = arg()
while op do
  local k = KEYS[tonumber(arg())]
  if op == 'T' then
    call('SETRANGE', k, 76, arg())
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
    local before = call('ZRANGEBYSCORE', k, '-inf', 0)
    call('ZADD', k, score, member)
    for i = 1, #before do
      if before[i] ~= member then call('ZREM', k, before[i]) end
    end
  elseif op == 'h' then
    call('ZREMRANGEBYSCORE', k, '-inf', 0)
  elseif op == 'D' then
    call('DEL', k)
  elseif op == 'X' then
    local longest = pcall('ZRANGE', k, -1, -1, 'WITHSCORES')
    if longest[2] then
      local head = call('ZRANGE', k, 0, 0, 'WITHSCORES')
      local last = math.max(-tonumber(head[2]), tonumber(longest[2]))
      if tonumber(longest[2]) <= 0 and last <= now then
        call('DEL', k)
      else
        call('PEXPIREAT', k, string.format('%.0f', last + margin))
      end
    end
  end
  op = arg()
end
return 1
