-- Reads records and token sets of one placement at one moment.
--
-- KEYS   the keys of the ids, then those of the token sets
-- ARGV   how many ids there are; then for each token set the number of members to look for and these
--        members, or -1 for all of its members
-- reply  for each id   the value; false where there is none; 1 where it is no string
--        for each set  1 where it is no sorted set; else
--                      { the head's members and scores, ZCARD, then the score of each member that was
--                        looked for or false; or all members }
--
-- A script, because what several keys hold has to be seen at one moment: the client decides by it.
local ids = tonumber(ARGV[1])
local reply = {}

local function is_other(key, kind)
  local found = redis.call('TYPE', key)['ok']
  return found ~= kind and found ~= 'none'
end

for i = 1, ids do
  local value = redis.pcall('GET', KEYS[i])
  if type(value) == 'table' then
    -- An error: of the wrong type, or one that is not for us to hide.
    if not is_other(KEYS[i], 'string') then return value end
    value = 1
  end
  reply[i] = value
end

local at = 2
for i = ids + 1, #KEYS do
  local key, wanted = KEYS[i], tonumber(ARGV[at])
  at = at + 1
  local set = 1
  if not is_other(key, 'zset') then
    set = { redis.call('ZRANGEBYSCORE', key, '-inf', 0, 'WITHSCORES'), redis.call('ZCARD', key) }
    if wanted < 0 then
      set[3] = redis.call('ZRANGEBYSCORE', key, '(0', '+inf')
    else
      for j = 1, wanted do
        set[2 + j] = redis.call('ZSCORE', key, ARGV[at + j - 1])
      end
    end
  end
  at = at + math.max(wanted, 0)
  reply[i] = set
end
return reply
