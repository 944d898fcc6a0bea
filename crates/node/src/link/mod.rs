//! The way to the servers: what becomes of a request, and when it is sent again.

mod fault;

use std::net::IpAddr;
use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::aio::{ConnectionLike as _, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, Pipeline, RedisResult, Value, cmd};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::reply::odd;
use crate::script::Script;
#[cfg(feature = "tls")]
use crate::servers::is_tls;
use crate::servers::{Kind, Servers, refuse};
use fault::{Fault, Reaction};

/// A longer deadline is as good as none.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// The way to the servers.
#[derive(Clone)]
pub(crate) struct Link {
    line: Line,
    timeout: Duration,
}

#[derive(Clone)]
enum Line {
    One(ConnectionManager),
    Many(ClusterConnection),
}

/// What connects.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and only while it connects"
)]
enum Client {
    One(redis::Client),
    Many(ClusterClient),
}

/// Where a command of a cluster goes.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    /// To whoever has its keys.
    Keys,
    /// To this node.
    Node(&'a (String, u16)),
    /// To all that have keys. The answers come together, each beside the address of who gave it.
    Primaries,
}

/// Whether a request can be sent again where its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

/// One of the servers of a cluster that hold keys, or the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Primary(Option<(String, u16)>);

impl Link {
    /// Connects. The deadline is around all of it, since connecting to a cluster can hang.
    pub(crate) async fn open(servers: &Servers, timeout: Duration) -> Result<Self> {
        // A clock goes no further than it can count.
        let timeout = timeout.min(LONGEST);
        // What is configured wrongly is told before anybody is asked, and not tried again.
        let client = Client::of(servers, timeout)?;
        let late = || Error::new(ErrorKind::Timeout, Operation::Open);
        let connected = timeout_at(Instant::now() + timeout, client.connect(timeout)).await;
        let line = connected.map_err(|_| late())?;
        let line = line.map_err(|error| Fault::connecting(error).of(Operation::Open))?;
        Ok(Self { line, timeout })
    }

    /// Whether one server has all keys, so that one script can change any of them together.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self.line, Line::One(_))
    }

    /// Asks something that changes nothing.
    pub(crate) async fn ask(&self, operation: Operation, command: &Cmd) -> Result<Value> {
        let sent = self.send(command, At::Keys, Effect::Reads).await;
        sent.map_err(|fault| fault.of(operation))
    }

    /// Gives a command that changes something.
    pub(crate) async fn tell(&self, operation: Operation, command: &Cmd) -> Result<Value> {
        let sent = self.send(command, At::Keys, Effect::Writes).await;
        sent.map_err(|fault| fault.of(operation))
    }

    /// Runs a script that changes something. Where the server does not have it, it is sent along.
    pub(crate) async fn script(
        &self,
        operation: Operation,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[&[u8]],
    ) -> Result<Value> {
        let known = invocation("EVALSHA", &script.sha, keys, args);
        let answered = match self.send(&known, At::Keys, Effect::Writes).await {
            Err(fault) if fault.reaction == Reaction::SendScript => {
                let whole = invocation("EVAL", script.source, keys, args);
                self.send(&whole, At::Keys, Effect::Writes).await
            }
            answered => answered,
        };
        answered.map_err(|fault| fault.of(operation))
    }

    /// All servers that hold keys.
    pub(crate) async fn primaries(&self, operation: Operation) -> Result<Vec<Primary>> {
        if self.is_one() {
            return Ok(vec![Primary(None)]);
        }
        let mut slots = cmd("CLUSTER");
        slots.arg("SLOTS");
        let sent = self.send(&slots, At::Primaries, Effect::Reads).await;
        let answers = sent.map_err(|fault| fault.of(operation))?;
        primaries_of(answers).ok_or_else(|| odd(operation))
    }

    /// Asks one of the servers something that changes nothing.
    pub(crate) async fn ask_primary(
        &self,
        operation: Operation,
        primary: &Primary,
        command: &Cmd,
    ) -> Result<Value> {
        let at = primary.0.as_ref().map_or(At::Keys, At::Node);
        let sent = self.send(command, at, Effect::Reads).await;
        sent.map_err(|fault| fault.of(operation))
    }

    async fn send(&self, command: &Cmd, at: At<'_>, effect: Effect) -> Result<Value, Fault> {
        let deadline = Instant::now() + self.timeout;
        let mut asking = None;
        let mut tries = 0;
        loop {
            let sent = self.line.send(command, at, asking.take());
            let fault = match timeout_at(deadline, sent).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => Fault::replied(error),
                Err(_) => Fault::no_answer(),
            };
            let fault = match effect {
                Effect::Reads => fault.not_written(),
                Effect::Writes => fault,
            };
            let hopeless = matches!(fault.reaction, Reaction::GiveUp | Reaction::SendScript);
            let next = Instant::now() + backoff(tries);
            if fault.is_unknown() || hopeless || next >= deadline {
                return Err(fault);
            }
            if let Reaction::Ask(node) = fault.reaction {
                asking = Some(node);
            }
            sleep_until(next).await;
            tries += 1;
        }
    }
}

impl Client {
    fn of(servers: &Servers, timeout: Duration) -> Result<Self> {
        let nodes = servers.nodes()?;
        if let (Kind::One(_), Some(node)) = (&servers.kind, nodes.first()) {
            return servers.client(node.clone()).map(Self::One);
        }
        // A write that is sent twice may be done twice: the client must not do that by itself.
        let builder = ClusterClient::builder(nodes.iter().cloned())
            .retries(0)
            .connection_timeout(timeout)
            .response_timeout(timeout * 2);
        #[cfg(feature = "tls")]
        let builder = match nodes.iter().any(is_tls) {
            true => builder.certs(servers.certificates()?),
            false => builder,
        };
        builder.build().map(Self::Many).map_err(refuse)
    }

    async fn connect(self, timeout: Duration) -> RedisResult<Line> {
        match self {
            Self::One(client) => {
                // The deadline of each operation is kept here, once, and so are its tries.
                let config = ConnectionManagerConfig::new()
                    .set_number_of_retries(0)
                    .set_connection_timeout(Some(timeout))
                    .set_response_timeout(None);
                let connecting = ConnectionManager::new_with_config(client, config);
                connecting.await.map(Line::One)
            }
            Self::Many(client) => client.get_async_connection().await.map(Line::Many),
        }
    }
}

impl Line {
    async fn send(
        &self,
        command: &Cmd,
        at: At<'_>,
        asking: Option<(String, u16)>,
    ) -> RedisResult<Value> {
        match self {
            Self::One(connection) => connection.clone().req_packed_command(command).await,
            Self::Many(connection) => {
                let mut connection = connection.clone();
                let by_address =
                    |(host, port): (String, u16)| SingleNodeRoutingInfo::ByAddress { host, port };
                match (asking, at) {
                    (Some(node), _) => {
                        let mut both = Pipeline::new();
                        both.cmd("ASKING").add_command(command.clone());
                        let values = connection
                            .route_pipeline(both, 0, 2, by_address(node))
                            .await?;
                        Ok(values.into_iter().nth(1).unwrap_or(Value::Nil))
                    }
                    (None, At::Node(node)) => {
                        let routing = RoutingInfo::SingleNode(by_address(node.clone()));
                        connection.route_command(command.clone(), routing).await
                    }
                    (None, At::Primaries) => {
                        let all = MultipleNodeRoutingInfo::AllMasters;
                        let routing = RoutingInfo::MultiNode((all, None));
                        connection.route_command(command.clone(), routing).await
                    }
                    (None, At::Keys) => connection.req_packed_command(command).await,
                }
            }
        }?
        .extract_error()
    }
}

/// At once for a start; then from 10 ms on, twice as long each time, up to half a second.
fn backoff(tries: u32) -> Duration {
    match tries {
        0 => Duration::ZERO,
        _ => Duration::from_millis(5 << tries.min(7)).min(Duration::from_millis(500)),
    }
}

fn invocation(command: &str, script: &str, keys: &[Vec<u8>], args: &[&[u8]]) -> Cmd {
    let mut invocation = cmd(command);
    invocation.arg(script).arg(keys.len());
    for key in keys {
        invocation.arg(&key[..]);
    }
    for argument in args {
        invocation.arg(*argument);
    }
    invocation
}

/// Of replies to `CLUSTER SLOTS`, of which one is enough: for each range its first and last slot, and its primary.
fn primaries_of(replies: Value) -> Option<Vec<Primary>> {
    let Value::Map(replies) = replies else {
        return None;
    };
    let Some((Value::BulkString(asked), Value::Array(ranges))) = replies.into_iter().next() else {
        return None;
    };
    let asked = String::from_utf8(asked).ok()?;
    let (asked, _) = asked.rsplit_once(':')?;
    let mut primaries = Vec::new();
    for range in ranges {
        let Value::Array(range) = range else {
            return None;
        };
        let Some(Value::Array(primary)) = range.get(2) else {
            return None;
        };
        let [host, Value::Int(port), ..] = &primary[..] else {
            return None;
        };
        let host = match host {
            Value::BulkString(host) => std::str::from_utf8(host).ok()?,
            Value::Nil => "",
            _ => return None,
        };
        // It does not know where it is, or does not say: then all are where this one was asked.
        let is_somewhere = |address: IpAddr| !address.is_unspecified();
        let host = match host.parse().map_or(!host.is_empty(), is_somewhere) {
            true => host,
            false => asked,
        };
        let primary = Primary(Some((host.to_owned(), u16::try_from(*port).ok()?)));
        if !primaries.contains(&primary) {
            primaries.push(primary);
        }
    }
    Some(primaries)
}

/// Without the connections, which have nothing to tell.
impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shape = match self.is_one() {
            true => "one server",
            false => "a cluster",
        };
        write!(f, "Link({shape})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_slots_are_no_servers() {
        let text = |text: &str| Value::BulkString(text.into());
        let by = |reply| Value::Map(vec![(text("10.0.0.2:7000"), reply)]);
        let range = |parts: &[Value]| Value::Array(vec![Value::Array(parts.to_vec())]);
        let node = |host, port| Value::Array(vec![host, Value::Int(port)]);
        let at = |port| node(text("10.0.0.1"), port);
        let (from, to) = (Value::Int(0), Value::Int(16383));
        for (said, host) in [
            (text("10.0.0.1"), "10.0.0.1"),
            (text("node-1.test"), "node-1.test"),
            // Where this one was asked.
            (Value::Nil, "10.0.0.2"),
            (text(""), "10.0.0.2"),
            (text("0.0.0.0"), "10.0.0.2"),
            (text("::"), "10.0.0.2"),
        ] {
            let right = range(&[from.clone(), to.clone(), node(said, 6379)]);
            let primary = Primary(Some((host.to_owned(), 6379)));
            assert_eq!(primaries_of(by(right)), Some(vec![primary]));
        }
        assert_eq!(primaries_of(Value::Map(vec![])), None);
        for odd in [
            Value::Nil,
            Value::Array(vec![Value::Nil]),
            range(&[from.clone(), to.clone()]),
            range(&[from.clone(), to.clone(), Value::Array(vec![])]),
            range(&[from.clone(), to.clone(), Value::Array(vec![text("a")])]),
            range(&[from.clone(), to.clone(), at(65_536)]),
            range(&[from.clone(), to.clone(), node(Value::Int(5), 6379)]),
            range(&[from, to, at(-1)]),
        ] {
            assert_eq!(primaries_of(by(odd.clone())), None, "{odd:?}");
        }
    }
}
