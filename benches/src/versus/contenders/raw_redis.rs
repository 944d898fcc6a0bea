//! The `redis` crate by itself, on the settings of the store's own connections.

use std::hint::black_box;
use std::sync::Arc;

use rand::rngs::StdRng;
use redis::Script;
use redis::aio::MultiplexedConnection;

use crate::contestants::{Failure, records};
use crate::versus::contender::{Contender, deal};
use crate::versus::keyed::Keyed;
use crate::workload::Keys;

/// A server full of records.
pub(crate) struct RawRedis {
    connection: MultiplexedConnection,
    records: Vec<Stored>,
    server: u32,
}

/// A record under its name, a member of a set that it shares with another.
#[derive(Clone)]
pub(crate) struct Stored {
    name: Vec<u8>,
    value: Vec<u8>,
    set: Vec<u8>,
    member: String,
}

impl RawRedis {
    pub(crate) async fn filled(
        url: &str,
        server: u32,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let settings = redis::AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(1024);
        let client = redis::Client::open(url)?;
        let connection = client.get_multiplexed_async_connection_with_config(&settings);
        let mut connection = connection.await?;
        let mut all = Vec::with_capacity(size);
        for records in records(size, random)?.chunks(1_000) {
            let mut pipeline = redis::pipe();
            for record in records {
                // As long as the store's own.
                let id = record.id();
                let name = format!("cloakroom:{{{}}}:s:{id}", id.placement()).into_bytes();
                let value = record.encode(cloakroom_core::RecordVersion::default());
                pipeline.set(&name, &value).ignore();
                let user = all.len() / 2;
                // Of that length too, and no name of ours.
                let set = format!("raw-redis:{{{user:04x}}}:u:user-{user}").into_bytes();
                let member = id.to_string();
                pipeline.zadd(&set, &member, 3_600_000).ignore();
                all.push(Stored {
                    name,
                    value,
                    set,
                    member,
                });
            }
            let () = pipeline.query_async(&mut connection).await?;
        }
        Ok(Self {
            connection,
            records: all,
            server,
        })
    }
}

impl Keyed for RawRedis {
    type Key = Vec<u8>;

    fn key(&self, at: usize) -> Result<Vec<u8>, Failure> {
        Ok(self.records[at].name.clone())
    }

    async fn fetch(&self, name: Vec<u8>) -> Result<bool, Failure> {
        let mut connection = self.connection.clone();
        let get = redis::Cmd::get(name);
        let value: Option<Vec<u8>> = get.query_async(&mut connection).await?;
        Ok(black_box(value).is_some())
    }

    fn server(&self) -> Option<u32> {
        Some(self.server)
    }
}

/// The least that a store on Redis can do for that no update is lost: a value is replaced if it still begins
/// as it was read. And for that a session lives while it is in its user's set: if it is there.
pub(crate) struct CompareAndSet {
    raw: Arc<RawRedis>,
    keys: Keys,
    of_member: bool,
    script: Script,
}

impl CompareAndSet {
    pub(crate) fn new(raw: &Arc<RawRedis>, keys: Keys) -> Self {
        Self::by(raw, keys, false)
    }

    pub(crate) fn of_member(raw: &Arc<RawRedis>, keys: Keys) -> Self {
        Self::by(raw, keys, true)
    }

    fn by(raw: &Arc<RawRedis>, keys: Keys, of_member: bool) -> Self {
        let is_member = match of_member {
            true => "if not redis.call('ZSCORE', KEYS[2], ARGV[3]) then return 0 end ",
            false => "",
        };
        let script = Script::new(&format!(
            "if redis.call('GETRANGE', KEYS[1], '0', '92') ~= ARGV[1] then return 0 end {is_member}\
             redis.call('SET', KEYS[1], ARGV[2], 'PX', '3600000') \
             return 1",
        ));
        Self {
            raw: Arc::clone(raw),
            keys,
            of_member,
            script,
        }
    }
}

impl Contender for CompareAndSet {
    type Item = Stored;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Stored>>, Failure> {
        let record = |at: usize| self.raw.records[at].clone();
        Ok(deal(&self.keys, tasks, each, random, record))
    }

    async fn operate(&self, stored: Stored) -> Result<bool, Failure> {
        let mut connection = self.raw.connection.clone();
        let mut invocation = self.script.key(stored.name);
        invocation.arg(stored.value.get(..93)).arg(stored.value);
        if self.of_member {
            invocation.key(stored.set).arg(stored.member);
        }
        let done: u8 = invocation.invoke_async(&mut connection).await?;
        Ok(done == 1)
    }

    fn server(&self) -> Option<u32> {
        Some(self.raw.server)
    }
}
