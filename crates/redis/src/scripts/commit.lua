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
local call, at = redis.call, 3
local now, margin = tonumber(ARGV[1]), tonumber(ARGV[2])

local function arg()
  at = at + 1
  return ARGV[at - 1]
end

local function key()
  return KEYS[tonumber(arg())]
end

local function is_other(k, kind)
  local found = call('TYPE', k)['ok']
  return found ~= kind and found ~= 'none'
end

local holds = {
  A = function() return call('EXISTS', key()) == 0 end,
  V = function()
    local k, head, len = key(), arg(), tonumber(arg())
    return not is_other(k, 'string') and call('GETRANGE', k, 0, 92) == head and call('STRLEN', k) == len
  end,
  W = function() return is_other(key(), 'string') end,
  w = function() return is_other(key(), 'zset') end,
  M = function() return type(redis.pcall('ZSCORE', key(), arg())) == 'string' end,
  m = function() return redis.pcall('ZSCORE', key(), arg()) == false end,
  H = function()
    local k, n = key(), tonumber(arg())
    local head = redis.pcall('ZRANGEBYSCORE', k, '-inf', 0, 'WITHSCORES')
    local same = not head.err and #head == n
    for i = 1, n do
      same = arg() == head[i] and same
    end
    return same
  end,
  G = function()
    local k, begins = key(), arg()
    local head = redis.pcall('ZRANGEBYSCORE', k, '-inf', 0, 'WITHSCORES')
    local is_it = not head.err and #head == 2 and string.sub(head[1], 1, #begins) == begins
    return is_it and (-tonumber(head[2]) > now or call('ZCOUNT', k, '(' .. ARGV[1], '+inf') > 0)
  end,
  R = function()
    local k, n = key(), tonumber(arg())
    return call('ZCARD', k) - call('ZCOUNT', k, '-inf', 0) < n
  end,
  C = function() return redis.pcall('ZCARD', key()) == tonumber(arg()) end,
  S = function()
    local k, n = key(), tonumber(arg())
    local members = redis.pcall('ZRANGEBYSCORE', k, '(0', '+inf')
    local there = {}
    for i = 1, #members do there[members[i]] = true end
    local same = not members.err and #members == n
    for _ = 1, n do
      same = there[arg()] and same
    end
    return same
  end,
}

local op = arg()
while op ~= '.' do
  if not holds[op]() then return 0 end
  op = arg()
end

local write = {
  D = function() call('DEL', key()) end,
  E = function()
    local k, value, time = key(), arg(), arg()
    call('SET', k, value, 'PXAT', time)
  end,
  P = function() call('PEXPIREAT', key(), arg()) end,
  T = function()
    local k, bytes, time = key(), arg(), arg()
    call('SETRANGE', k, 76, bytes)
    call('PEXPIREAT', k, time)
  end,
  M = function()
    local k, score, member = key(), arg(), arg()
    call('ZADD', k, score, member)
  end,
  m = function() call('ZREM', key(), arg()) end,
  H = function()
    local k, score, member = key(), arg(), arg()
    local before = call('ZRANGEBYSCORE', k, '-inf', 0)
    call('ZADD', k, score, member)
    for i = 1, #before do
      if before[i] ~= member then call('ZREM', k, before[i]) end
    end
  end,
  h = function() call('ZREMRANGEBYSCORE', key(), '-inf', 0) end,
  X = function()
    local k, last = key(), 0
    local longest = redis.pcall('ZRANGE', k, -1, -1, 'WITHSCORES')
    if not longest[2] then return end
    local head = call('ZRANGE', k, 0, 0, 'WITHSCORES')
    last = math.max(-tonumber(head[2]), tonumber(longest[2]))
    if tonumber(longest[2]) <= 0 and last <= now then
      call('DEL', k)
    else
      call('PEXPIREAT', k, string.format('%.0f', last + margin))
    end
  end,
}

op = arg()
while op do
  write[op]()
  op = arg()
end
return 1
