//! A way around the store, to its data.

use cloakroom_conformance::Tamper;
use cloakroom_core::{PlacementKey, SessionId, Subject, Timestamp};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, cmd};

/// A way around the store, by plain commands.
pub(crate) struct Around {
    /// One for each primary.
    connections: Vec<MultiplexedConnection>,
    prefix: String,
}

impl std::fmt::Debug for Around {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Around")
    }
}

impl Around {
    pub(crate) async fn at(urls: &[String], prefix: &str) -> Self {
        let mut connections = Vec::new();
        for url in urls {
            connections.push(connect(url).await);
        }
        Self {
            connections,
            prefix: prefix.to_owned(),
        }
    }

    /// Asks whoever has the key.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> T {
        for connection in &self.connections {
            match command.query_async(&mut connection.clone()).await {
                Err(error) if error.code() == Some("MOVED") => {}
                answer => return answer.expect("an answer"),
            }
        }
        panic!("nobody has this key");
    }

    /// The key of a session, as the format says.
    pub(crate) fn id(&self, id: SessionId) -> String {
        format!("{}:{{{}}}:s:{id}", self.prefix, id.placement())
    }

    /// The key of a token set, as the format says.
    pub(crate) fn set(&self, subject: &Subject) -> String {
        let placement = PlacementKey::default().place(subject);
        format!("{}:{{{placement}}}:u:{}", self.prefix, subject.as_str())
    }

    /// All keys with this prefix.
    pub(crate) async fn keys(&self) -> Vec<Vec<u8>> {
        let pattern = format!("{}:{{*", self.prefix);
        let mut keys = Vec::new();
        for connection in &self.connections {
            let mut cursor = 0_u64;
            loop {
                let mut scan = cmd("SCAN");
                scan.arg(cursor)
                    .arg("MATCH")
                    .arg(&pattern)
                    .arg("COUNT")
                    .arg(1_000);
                let scanned = scan.query_async(&mut connection.clone()).await;
                let (next, some): (u64, Vec<Vec<u8>>) = scanned.expect("some keys");
                keys.extend(some);
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        keys
    }
}

pub(crate) async fn connect(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).expect("a URL");
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    connection.await.expect("the server is there")
}

#[async_trait::async_trait]
impl Tamper for Around {
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>> {
        let stored: Option<Vec<u8>> = self.run(cmd("GET").arg(self.id(id))).await;
        // What begins otherwise is the memory of an id.
        stored.filter(|bytes| !bytes.starts_with(b"CE") && !bytes.starts_with(b"CN"))
    }

    async fn write_record(&self, id: SessionId, bytes: Vec<u8>) {
        let _: () = self
            .run(cmd("SET").arg(self.id(id)).arg(bytes).arg("KEEPTTL"))
            .await;
    }

    async fn lose_record(&self, id: SessionId) {
        let _: i64 = self.run(cmd("DEL").arg(self.id(id))).await;
    }

    async fn lose_token_set(&self, subject: &Subject) {
        let _: i64 = self.run(cmd("DEL").arg(self.set(subject))).await;
    }

    async fn stored_members(&self, subject: &Subject) -> usize {
        self.run(cmd("ZCOUNT").arg(self.set(subject)).arg("(0").arg("+inf"))
            .await
    }

    async fn expire(&self, now: Timestamp) {
        let time = cmd("TIME")
            .query_async(&mut self.connections[0].clone())
            .await;
        let (seconds, micros): (u64, u64) = time.expect("the time");
        let there = seconds * 1_000 + micros / 1_000;
        for key in self.keys().await {
            let lives: i64 = self.run(cmd("PTTL").arg(&key)).await;
            assert_ne!(lives, -1, "{} is immortal", String::from_utf8_lossy(&key));
            if lives >= 0 && there + lives as u64 <= now.as_millis() {
                let _: i64 = self.run(cmd("DEL").arg(&key)).await;
            }
        }
    }
}
