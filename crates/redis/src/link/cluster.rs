//! Which node has which slots.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redis::{Value, cmd};
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::fault::{Fault, Faulty};
use crate::link::line::{Line, Target, backoff};
use crate::link::{Address, Call, Lines, Request, Security, Waits};

const SLOTS: usize = 16384;

/// The nodes of a cluster, as far as it is known.
#[derive(Debug)]
pub(crate) struct Cluster {
    seeds: Vec<Address>,
    security: Security,
    nodes: Mutex<HashMap<Address, Arc<Lines>>>,
    map: RwLock<Map>,
    /// Held by the one that asks for the map.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Map {
    primaries: Vec<Address>,
    /// Which of the primaries has a slot.
    slots: Vec<Option<u16>>,
    /// Counts how often it was read, so that those who found it wrong together ask once.
    number: u64,
    stale: bool,
}

impl Cluster {
    pub(crate) fn new(seeds: Vec<Address>, security: Security) -> Self {
        Self {
            seeds,
            security,
            nodes: Mutex::default(),
            map: RwLock::default(),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// The connections to whoever has this slot.
    pub(super) async fn lines_of(&self, slot: u16, call: &Call) -> Faulty<Arc<Lines>> {
        let (known, stale, number) = {
            let map = self.map();
            (map.primary_of(slot), map.stale, map.number)
        };
        match known {
            Some(address) if !stale => self.lines(&address),
            _ => {
                self.refresh(number, call).await?;
                let address = self.map().primary_of(slot).ok_or_else(|| {
                    Fault::no_primary("no node of the cluster has the slot of this session")
                })?;
                self.lines(&address)
            }
        }
    }

    /// The connections to this node.
    pub(super) fn lines(&self, address: &Address) -> Faulty<Arc<Lines>> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = nodes.get(address) {
            return Ok(lines.clone());
        }
        let client = Box::new(self.security.client(address).map_err(Fault::connecting)?);
        let line = || Line::new(Target::Fixed(client.clone()), self.security.connect_timeout);
        let lines = Arc::new(Lines {
            line: line(),
            waiting: line(),
            waits: Waits::default(),
        });
        nodes.insert(address.clone(), lines.clone());
        Ok(lines)
    }

    /// All primaries that have slots.
    pub(crate) async fn primaries(&self, call: &Call) -> Faulty<Vec<Address>> {
        let number = self.map().number;
        self.refresh(number, call).await?;
        Ok(self.map().primaries.clone())
    }

    /// A slot has a new home.
    pub(super) fn moved(&self, slot: u16, to: &Address) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let known = map.primaries.iter().position(|known| known == to);
        let index = known.unwrap_or_else(|| {
            map.primaries.push(to.clone());
            map.primaries.len() - 1
        });
        if let Some(home) = map.slots.get_mut(usize::from(slot)) {
            *home = u16::try_from(index).ok();
        }
    }

    /// A node could not be reached, or is no primary any more.
    pub(super) fn suspect(&self) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        map.stale = true;
    }

    /// Reads the map, unless somebody else has since the map of this number.
    async fn refresh(&self, number: u64, call: &Call) -> Faulty<()> {
        let refreshing = timeout_at(call.deadline, self.refreshing.lock()).await;
        let _refreshing = refreshing.map_err(|_| Fault::not_sent())?;
        if self.map().number != number {
            return Ok(());
        }
        let mut known = self.map().primaries.clone();
        known.extend(self.seeds.iter().cloned());
        known.dedup();
        let mut failed = Fault::no_primary("no node of the cluster tells who has which slots");
        let mut failures = 0;
        loop {
            for address in &known {
                // So that one that is silent does not take all the time there is.
                let now = Instant::now();
                let share = self
                    .security
                    .connect_timeout
                    .min(call.deadline.saturating_duration_since(now) / 2);
                let call = Call {
                    deadline: now + share,
                    replicas: None,
                    ..*call
                };
                match self.ask(address, &call).await {
                    Ok(map) => {
                        self.learn(map);
                        return Ok(());
                    }
                    Err(fault) => failed = fault.not_written().after(Some(failed)),
                }
            }
            let next = Instant::now() + backoff(failures);
            failures += 1;
            if next >= call.deadline || failed.reaction == crate::fault::Reaction::GiveUp {
                return Err(failed);
            }
            tokio::time::sleep_until(next).await;
        }
    }

    async fn ask(&self, address: &Address, call: &Call) -> Faulty<Map> {
        let command = cmd("CLUSTER").arg("SLOTS").to_owned();
        let request = Request {
            command: &command,
            asking: false,
            replicas: None,
        };
        let reply = self.lines(address)?.line.send(call, &request).await?;
        let map = Map::parse(reply, address).ok_or_else(Fault::unexpected)?;
        if map.primaries.is_empty() {
            return Err(Fault::no_slots());
        }
        Ok(map)
    }

    fn learn(&self, new: Map) {
        {
            // What is no primary any more needs no connection; one that comes back gets a new one.
            let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            nodes.retain(|address, _| {
                new.primaries.contains(address) || self.seeds.contains(address)
            });
        }
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        *map = Map {
            number: map.number + 1,
            ..new
        };
    }

    fn map(&self) -> std::sync::RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    fn primary_of(&self, slot: u16) -> Option<Address> {
        let index = (*self.slots.get(usize::from(slot))?)?;
        self.primaries.get(usize::from(index)).cloned()
    }

    /// Of a reply to `CLUSTER SLOTS`: for each range its first and last slot, and its primary. A node
    /// that does not know its own name leaves it out.
    fn parse(reply: Value, asked: &Address) -> Option<Self> {
        let mut map = Self {
            slots: vec![None; SLOTS],
            ..Self::default()
        };
        let Value::Array(ranges) = reply else {
            return None;
        };
        for range in ranges {
            let Value::Array(range) = range else {
                return None;
            };
            let [
                Value::Int(first),
                Value::Int(last),
                Value::Array(primary),
                ..,
            ] = &range[..]
            else {
                return None;
            };
            let [host, Value::Int(port), ..] = &primary[..] else {
                return None;
            };
            let host = match host {
                Value::BulkString(host) if !host.is_empty() && host != b"?" => {
                    String::from_utf8(host.clone()).ok()?
                }
                _ => asked.host.clone(),
            };
            let address = Address {
                host,
                port: u16::try_from(*port).ok()?,
            };
            let known = map.primaries.iter().position(|known| *known == address);
            let index = known.unwrap_or_else(|| {
                map.primaries.push(address);
                map.primaries.len() - 1
            });
            let (first, last) = (usize::try_from(*first).ok()?, usize::try_from(*last).ok()?);
            for slot in map.slots.get_mut(first..=last)? {
                *slot = u16::try_from(index).ok();
            }
        }
        Some(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = Value::Array(vec![
            host,
            Value::Int(port),
            text("id"),
            Value::Array(vec![]),
        ]);
        Value::Array(vec![
            Value::Int(first),
            Value::Int(last),
            node.clone(),
            node,
        ])
    }

    fn asked() -> Address {
        Address::parse("10.0.0.9:7000").unwrap()
    }

    #[test]
    fn a_map_is_read_from_the_reply() {
        let reply = Value::Array(vec![
            range(0, 5, text("10.0.0.1"), 7001),
            range(6, 16383, Value::Nil, 7002),
        ]);
        let map = Map::parse(reply, &asked()).unwrap();
        assert_eq!(map.primary_of(5), Address::parse("10.0.0.1:7001"));
        assert_eq!(map.primary_of(6), Address::parse("10.0.0.9:7002"));
    }

    /// As servers of different versions write it.
    #[test]
    fn a_node_without_a_name_is_where_it_was_asked() {
        for unknown in [Value::Nil, text(""), text("?")] {
            let reply = Value::Array(vec![range(0, 16383, unknown.clone(), 7002)]);
            let map = Map::parse(reply, &asked()).unwrap();
            let expected = Address::parse("10.0.0.9:7002");
            assert_eq!(map.primary_of(0), expected, "{unknown:?}");
        }
    }

    #[test]
    fn a_reply_that_makes_no_sense_is_none() {
        for bad in [
            Value::Nil,
            Value::Array(vec![Value::Nil]),
            Value::Array(vec![range(0, 16384, text("a"), 1)]),
            Value::Array(vec![range(9, 3, text("a"), 1)]),
            Value::Array(vec![range(-1, 3, text("a"), 1)]),
            Value::Array(vec![range(0, 3, text("a"), 65536)]),
        ] {
            assert!(Map::parse(bad.clone(), &asked()).is_none(), "{bad:?}");
        }
    }
}
