//! One connection, made anew whenever it is lost.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Value, cmd};
use tokio::time::{Instant, timeout, timeout_at};

use crate::fault::{Fault, Faulty, Reaction};
use crate::link::waits::Waiting;
use crate::link::{Call, Request, Sentinels};

/// A connection that many requests share, made anew whenever it is lost.
#[derive(Debug)]
pub(crate) struct Line {
    target: Target,
    connect_timeout: Duration,
    current: Mutex<Current>,
    /// Held by the one that connects, while others wait for it until their own deadlines.
    connecting: tokio::sync::Mutex<Pace>,
}

/// Where it leads.
#[derive(Debug)]
pub(crate) enum Target {
    Fixed(Box<redis::Client>),
    /// To wherever the primary is.
    Primary(std::sync::Arc<Sentinels>),
}

#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that only the one that failed is given up.
    number: u64,
}

/// When to connect next, after so many failures.
#[derive(Debug, Default)]
struct Pace {
    failures: u32,
    next: Option<Instant>,
    /// What went wrong last.
    why: String,
}

impl Line {
    pub(crate) fn new(target: Target, connect_timeout: Duration) -> Self {
        Self {
            target,
            connect_timeout,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    /// Sends a request, and gives its answer.
    pub(super) async fn send(&self, call: &Call, request: &Request<'_>) -> Faulty<Value> {
        let (connection, number) = self.connection(call.deadline).await?;
        let sent = timeout_at(call.deadline, exchange(connection, request)).await;
        let fault = match sent {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => Fault::replied(error),
            // It may hang for good. Those who wait for it still have it.
            Err(_) => Fault::no_answer(),
        };
        if fault.reaction == Reaction::Reconnect {
            self.give_up(number);
        }
        Err(fault)
    }

    /// Sends writes one after another, and `WAIT` behind them: for each its answer, and how many replicas
    /// have it.
    pub(super) async fn send_all(&self, all: &[Waiting]) -> Vec<Faulty<Value>> {
        let none = |fault: Fault| all.iter().map(|_| Err(fault.again())).collect();
        let Some(deadline) = all.iter().map(|waiting| waiting.deadline).max() else {
            return Vec::new();
        };
        let (connection, number) = match self.connection(deadline).await {
            Ok(connection) => connection,
            Err(fault) => return none(fault),
        };
        let sent = timeout_at(deadline, exchange_all(connection, all)).await;
        let (answers, is_lost) = match sent {
            Ok(Ok(answers)) => {
                let answers: Vec<_> = answers
                    .into_iter()
                    .map(|a| a.map_err(Fault::replied))
                    .collect();
                let is_lost = |answer: &Faulty<Value>| {
                    let fault = answer.as_ref().err();
                    fault.is_some_and(|fault| fault.reaction == Reaction::Reconnect)
                };
                let is_lost = answers.iter().any(is_lost);
                (answers, is_lost)
            }
            Ok(Err(error)) => {
                let fault = Fault::replied(error);
                let is_lost = fault.reaction == Reaction::Reconnect;
                (none(fault), is_lost)
            }
            Err(_) => (none(Fault::no_answer()), true),
        };
        if is_lost {
            self.give_up(number);
        }
        answers
    }

    /// The present connection, or a new one.
    async fn connection(&self, deadline: Instant) -> Faulty<(MultiplexedConnection, u64)> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let pace = timeout_at(deadline, self.connecting.lock()).await;
        let mut pace = pace.map_err(|_| Fault::not_sent())?;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        // Not here, but where the request is sent, is it tried again: by then the primary may be elsewhere.
        if pace.next.is_some_and(|next| Instant::now() < next) {
            return Err(Fault::not_connected(&pace.why));
        }
        match self.connect(deadline).await {
            Ok(connection) => {
                *pace = Pace::default();
                Ok(self.renew(connection))
            }
            Err(fault) => {
                pace.failed(&fault);
                Err(fault)
            }
        }
    }

    /// The deadline is around all of it: what a name server or a handshake does with its time is
    /// nobody's choice here.
    async fn connect(&self, deadline: Instant) -> Faulty<MultiplexedConnection> {
        let patience = self
            .connect_timeout
            .min(deadline.saturating_duration_since(Instant::now()));
        let connected = timeout(patience, async {
            match &self.target {
                Target::Fixed(client) => connect(client).await,
                Target::Primary(sentinels) => sentinels.connect().await,
            }
        });
        connected
            .await
            .unwrap_or_else(|_| Err(Fault::no_primary("the connection was not made in time")))
    }

    fn current(&self) -> Option<(MultiplexedConnection, u64)> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = current.connection.clone()?;
        Some((connection, current.number))
    }

    fn renew(&self, connection: MultiplexedConnection) -> (MultiplexedConnection, u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.connection = Some(connection.clone());
        current.number += 1;
        (connection, current.number)
    }

    fn give_up(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            current.connection = None;
        }
    }
}

/// Without the connection, which has nothing to tell.
impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current")
            .field("connected", &self.connection.is_some())
            .field("number", &self.number)
            .finish()
    }
}

impl Pace {
    fn failed(&mut self, fault: &Fault) {
        self.why = fault.why();
        self.next = Some(Instant::now() + backoff(self.failures));
        self.failures = self.failures.saturating_add(1);
    }
}

/// From 10 ms, twice as long each time, up to 1 s; anything from a half of that to the whole, so that
/// hosts that lost a server at once do not come back at once.
pub(super) fn backoff(failures: u32) -> Duration {
    let longest = Duration::from_millis(10 << failures.min(7)).min(Duration::from_secs(1));
    longest.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

/// Connects without a deadline of its own: the caller has one.
pub(super) async fn connect(client: &redis::Client) -> Faulty<MultiplexedConnection> {
    // The deadline of each operation is kept here, once; another timer below would cost a tenth of a read.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1024);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .map_err(Fault::connecting)
}

async fn exchange(
    mut connection: MultiplexedConnection,
    request: &Request<'_>,
) -> redis::RedisResult<Value> {
    if !request.asking {
        let value = connection.send_packed_command(request.command).await?;
        return value.extract_error();
    }
    let mut pipe = redis::pipe();
    pipe.cmd("ASKING").add_command(request.command.clone());
    let values = connection
        .send_packed_commands(&pipe, 0, pipe.len())
        .await?;
    values
        .into_iter()
        .nth(1)
        .unwrap_or(Value::Nil)
        .extract_error()
}

async fn exchange_all(
    mut connection: MultiplexedConnection,
    all: &[Waiting],
) -> redis::RedisResult<Vec<redis::RedisResult<Value>>> {
    let mut pipe = redis::pipe();
    for waiting in all {
        if waiting.asking {
            pipe.cmd("ASKING");
        }
        pipe.add_command(waiting.command.clone());
    }
    // A store asks for the same each time.
    let count = all.iter().map(|waiting| waiting.replicas.count).max();
    let within = all.iter().map(|waiting| waiting.replicas.within).max();
    let limit = u64::try_from(within.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
    pipe.add_command(cmd("WAIT").arg(count).arg(limit.max(1)).to_owned());
    let mut values = connection
        .send_packed_commands(&pipe, 0, pipe.len())
        .await?;
    let acknowledged = values.pop().unwrap_or(Value::Nil);
    let mut values = values.into_iter();
    let answers = all.iter().map(|waiting| {
        let value = values
            .nth(usize::from(waiting.asking))
            .unwrap_or(Value::Nil);
        let value = value.extract_error()?;
        Ok(Value::Array(vec![value, acknowledged.clone()]))
    });
    Ok(answers.collect())
}
