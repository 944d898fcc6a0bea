//! Where the primary is, by what the Sentinels say.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::time::timeout;

use crate::fault::{Fault, Faulty};
use crate::link::line::connect;
use crate::link::{Address, Security};

/// The Sentinels that watch over a primary.
#[derive(Debug)]
pub(crate) struct Sentinels {
    /// The one that answered last is asked first.
    nodes: Mutex<Vec<redis::Client>>,
    name: String,
    primary: Security,
}

impl Sentinels {
    pub(crate) fn new(nodes: Vec<redis::Client>, name: String, primary: Security) -> Self {
        Self {
            nodes: Mutex::new(nodes),
            name,
            primary,
        }
    }

    /// Connects to the primary.
    ///
    /// A Sentinel can be behind the times, and so can the server that it names: it says itself whether
    /// it is a primary.
    pub(super) async fn connect(&self) -> Faulty<MultiplexedConnection> {
        let address = self.find().await?;
        let client = self.primary.client(&address).map_err(Fault::connecting)?;
        let mut connection = connect(&client).await?;
        let role: Vec<redis::Value> = cmd("ROLE")
            .query_async(&mut connection)
            .await
            .map_err(Fault::connecting)?;
        match role.first() {
            Some(redis::Value::BulkString(role)) if role == b"master" => Ok(connection),
            _ => Err(Fault::no_primary(
                "the server that the Sentinels name is no primary yet",
            )),
        }
    }

    async fn find(&self) -> Faulty<Address> {
        let nodes = self.nodes().clone();
        // So that one that is silent does not take all the time there is.
        let share = self.primary.connect_timeout / (nodes.len() as u32 + 1);
        for (at, node) in nodes.iter().enumerate() {
            if let Some(address) = self.ask(node, share).await {
                let mut nodes = self.nodes();
                if at < nodes.len() {
                    nodes.rotate_left(at);
                }
                return Ok(address);
            }
        }
        Err(Fault::no_primary(
            "no Sentinel knows a primary of this name",
        ))
    }

    async fn ask(&self, node: &redis::Client, patience: Duration) -> Option<Address> {
        let answer = timeout(patience, async {
            let mut connection = connect(node).await.ok()?;
            let (host, port): (String, u16) = cmd("SENTINEL")
                .arg("GET-MASTER-ADDR-BY-NAME")
                .arg(&self.name)
                .query_async(&mut connection)
                .await
                .ok()?;
            Some(Address { host, port })
        });
        answer.await.ok().flatten()
    }

    fn nodes(&self) -> std::sync::MutexGuard<'_, Vec<redis::Client>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
