//! The way to the servers: where a placement lives, and what becomes of a request on the way.

mod cluster;
mod line;
mod reads;
mod route;
mod sentinel;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Operation, Placement, SessionId};
use redis::{Cmd, Value};
use tokio::time::Instant;

use crate::fault::{Fault, Faulty, Reaction};
use crate::keys::Keys;
use crate::script::Script;

pub(crate) use cluster::Cluster;
pub(crate) use line::{Line, Target};
pub(crate) use reads::Reads;
pub(crate) use route::{Address, Security, Tls, parse_url};
pub(crate) use sentinel::Sentinels;
pub(crate) use waits::Waits;

/// The way to the servers.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) keys: Keys,
    pub(crate) shape: Shape,
    /// Where there is one primary: on a cluster, keys of two placements are not asked for at once.
    pub(crate) reads: Reads,
    pub(crate) timeout: Duration,
}

/// How the servers stand to one another.
#[derive(Debug)]
pub(crate) enum Shape {
    /// One primary, at an address or wherever the Sentinels say.
    One(Arc<Lines>),
    /// Many, each with a part of the slots.
    Many(Box<Cluster>),
}

/// The connections to one primary.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) line: Line,
    /// For writes that wait for replicas. `WAIT` blocks the connection, and counts what this one wrote.
    pub(crate) waiting: Line,
    pub(crate) waits: Waits,
}

/// One operation of the store, under its deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) began: Instant,
    pub(crate) deadline: Instant,
    pub(crate) replicas: Option<Replicas>,
}

/// How many replicas a write waits for, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replicas {
    pub(crate) count: u32,
    pub(crate) within: Duration,
}

/// What is sent: one command, or one that is followed by `WAIT`.
#[derive(Debug)]
struct Request<'a> {
    command: &'a Cmd,
    asking: bool,
    replicas: Option<Replicas>,
}

/// The answer to a script, and how many replicas have it, where that was asked for.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) value: Value,
    pub(crate) replicas: Option<u32>,
}

impl Link {
    /// An operation that begins now.
    pub(crate) fn call(&self, operation: Operation) -> Call {
        let began = Instant::now();
        Call {
            operation,
            began,
            deadline: began + self.timeout,
            replicas: None,
        }
    }

    /// What is stored under an id.
    pub(crate) async fn get(&self, call: &Call, id: SessionId) -> Faulty<Value> {
        if let Shape::One(lines) = &self.shape {
            let together = self.reads.get(lines, call, self.keys.id(id)).await;
            if let Some(value) = together {
                return Ok(value);
            }
            if call.is_over() {
                return Err(Fault::no_answer());
            }
        }
        let mut command = Cmd::with_capacity(2, 96);
        command.arg("GET").arg(self.keys.id(id));
        self.ask(call, id.placement(), &command).await
    }

    /// A command that changes nothing, about keys of this placement.
    pub(crate) async fn ask(
        &self,
        call: &Call,
        placement: Placement,
        command: &Cmd,
    ) -> Faulty<Value> {
        self.send(call, placement, command, Effect::Reads).await
    }

    /// A command that can be carried out twice.
    pub(crate) async fn tell(
        &self,
        call: &Call,
        placement: Placement,
        command: &Cmd,
    ) -> Faulty<Value> {
        self.send(call, placement, command, Effect::Writes).await
    }

    /// Runs a script. Where the server does not have it, it is sent along.
    pub(crate) async fn script(
        &self,
        call: &Call,
        placement: Placement,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
        effect: Effect,
    ) -> Faulty<Answer> {
        let known = invocation("EVALSHA", &script.sha, keys, args);
        let answered = match self.send(call, placement, &known, effect).await {
            Err(fault) if fault.reaction == Reaction::SendScript => {
                let whole = invocation("EVAL", script.source, keys, args);
                self.send(call, placement, &whole, effect).await
            }
            answered => answered,
        };
        let value = answered?;
        if call.replicas.is_none() {
            return Ok(Answer {
                value,
                replicas: None,
            });
        }
        let Value::Array(both) = value else {
            return Err(Fault::unexpected());
        };
        let mut both = both.into_iter();
        let value = both.next().ok_or_else(Fault::unexpected)?;
        let replicas = match both.next() {
            Some(Value::Int(count)) => u32::try_from(count).unwrap_or_default(),
            // The write is done; how far it has come is not known.
            _ => 0,
        };
        Ok(Answer {
            value,
            replicas: Some(replicas),
        })
    }

    /// All primaries.
    pub(crate) async fn primaries(&self, call: &Call) -> Faulty<Vec<Primary>> {
        match &self.shape {
            Shape::One(_) => Ok(vec![Primary(None)]),
            Shape::Many(cluster) => {
                let nodes = cluster.primaries(call).await?;
                Ok(nodes.into_iter().map(|node| Primary(Some(node))).collect())
            }
        }
    }

    /// A command that changes nothing, to one of the primaries.
    pub(crate) async fn ask_primary(
        &self,
        call: &Call,
        primary: &Primary,
        command: &Cmd,
    ) -> Faulty<Value> {
        let request = Request {
            command,
            asking: false,
            replicas: None,
        };
        let mut tries = 0;
        let mut before = None;
        loop {
            let asked = match (&self.shape, &primary.0) {
                (Shape::One(lines), _) => lines.line.send(call, &request).await,
                (Shape::Many(cluster), Some(node)) => {
                    cluster.lines(node)?.line.send(call, &request).await
                }
                (Shape::Many(_), None) => Err(Fault::unexpected()),
            };
            let fault = match asked {
                Ok(value) => return Ok(value),
                Err(fault) => fault.not_written().after(before.take()),
            };
            let hopeless = !matches!(fault.reaction, Reaction::Wait | Reaction::Reconnect);
            if hopeless || !call.pause(tries).await {
                return Err(fault);
            }
            before = Some(fault);
            tries += 1;
        }
    }

    async fn send(
        &self,
        call: &Call,
        placement: Placement,
        command: &Cmd,
        effect: Effect,
    ) -> Faulty<Value> {
        let mut request = Request {
            command,
            asking: false,
            replicas: call.replicas,
        };
        let mut to = None;
        let mut tries = 0;
        let mut before = None;
        loop {
            let fault = match self.send_once(call, placement, &request, to.as_ref()).await {
                Ok(value) => return Ok(value),
                Err(fault) if effect == Effect::Reads => fault.not_written(),
                Err(fault) => fault,
            };
            let fault = fault.after(before.take());
            (to, request.asking) = (None, false);
            match (&fault.reaction, &self.shape) {
                // Whether it was done is for the caller to find out.
                _ if fault.is_unknown() => return Err(fault),
                (Reaction::GiveUp | Reaction::SendScript, _) => return Err(fault),
                (Reaction::Moved(_) | Reaction::Ask(_), Shape::One(_)) => {
                    return Err(Fault::is_a_cluster());
                }
                (Reaction::Moved(node), Shape::Many(cluster)) => {
                    if let Some(node) = Address::parse(node) {
                        cluster.moved(route::slot(placement), &node);
                    }
                }
                (Reaction::Ask(node), Shape::Many(_)) => {
                    to = Address::parse(node);
                    request.asking = true;
                }
                (Reaction::Reconnect, Shape::Many(cluster)) => cluster.suspect(),
                (Reaction::Wait | Reaction::Reconnect, _) => {}
            }
            let redirected = matches!(fault.reaction, Reaction::Moved(_) | Reaction::Ask(_));
            // Two nodes that point at one another must not be asked in a circle without a pause.
            let at_once = redirected && tries < 3;
            if !at_once && !call.pause(tries).await {
                return Err(fault);
            }
            before = Some(fault);
            tries += 1;
        }
    }

    async fn send_once(
        &self,
        call: &Call,
        placement: Placement,
        request: &Request<'_>,
        to: Option<&Address>,
    ) -> Faulty<Value> {
        let of_node;
        let lines = match (&self.shape, to) {
            (Shape::One(lines), _) => lines,
            (Shape::Many(cluster), Some(node)) => {
                of_node = cluster.lines(node)?;
                &of_node
            }
            (Shape::Many(cluster), None) => {
                of_node = cluster.lines_of(route::slot(placement), call).await?;
                &of_node
            }
        };
        match request.replicas {
            None => lines.line.send(call, request).await,
            Some(replicas) => lines.waits.send(lines, call, request, replicas).await,
        }
    }
}

/// One of the primaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Primary(pub(crate) Option<Address>);

/// What a request does, which decides whether it can be sent again where its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
}

impl Call {
    /// The same, with replicas to wait for after its write, and as much more time: for those who came before
    /// it, and for itself.
    pub(crate) fn waiting_for(&self, replicas: Option<Replicas>) -> Self {
        let more = replicas.map_or(Duration::ZERO, |replicas| replicas.within * 2);
        Self {
            deadline: self.deadline + more,
            replicas,
            ..*self
        }
    }

    /// Whether there is no time left that a request could be answered in.
    fn is_over(&self) -> bool {
        Instant::now() + Duration::from_millis(1) >= self.deadline
    }

    /// Lets others finish what was in the way: at once for a start, then longer, up to 10 ms. Says
    /// whether there is still time.
    pub(crate) async fn give_way(&self, conflicts: u32) -> bool {
        if conflicts < 2 {
            return true;
        }
        let longest = Duration::from_micros(200 << conflicts.min(6)).min(Duration::from_millis(10));
        let next = Instant::now() + longest.mul_f64(rand::random());
        if next >= self.deadline {
            return false;
        }
        tokio::time::sleep_until(next).await;
        true
    }

    /// Waits before another try; the longer the more there were. Says whether there is still time.
    pub(crate) async fn pause(&self, tries: u32) -> bool {
        let next = Instant::now() + line::backoff(tries);
        if next >= self.deadline {
            return false;
        }
        tokio::time::sleep_until(next).await;
        true
    }
}

fn invocation(command: &str, script: &str, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Cmd {
    let bytes = keys.iter().chain(args).map(Vec::len).sum::<usize>();
    let mut invocation = Cmd::with_capacity(3 + keys.len() + args.len(), script.len() + bytes + 64);
    invocation.arg(command).arg(script).arg(keys.len());
    for argument in keys.iter().chain(args) {
        invocation.arg(&argument[..]);
    }
    invocation
}
