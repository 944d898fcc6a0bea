//! A recorded case, replayed.

use std::time::Instant;

use cloakroom_core::{ManualClock, Timestamp};
use redis::aio::MultiplexedConnection;
use serde_json::Value;

pub(super) use crate::support::node::strings;
use crate::support::{Place, ask};

type Verdict<T = ()> = Result<T, String>;

macro_rules! same {
    ($what:expr, $ours:expr, $theirs:expr) => {
        match (&$ours, &$theirs) {
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => {
                return Err(format!(
                    "{}:\n  ours   {ours:?}\n  theirs {theirs:?}",
                    $what
                ))
            }
        }
    };
}

mod config;
mod reading;
mod writing;

pub(crate) struct Case<'a> {
    case: &'a Value,
    stack: Stack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    Generic,
    Express,
    KoaSession,
}

impl<'a> Case<'a> {
    pub(crate) fn new(file: &str, case: &'a Value) -> Self {
        let stack = match file {
            _ if file.contains("generic") => Stack::Generic,
            _ if file.contains("express") => Stack::Express,
            _ => Stack::KoaSession,
        };
        Self { case, stack }
    }

    pub(crate) async fn run(&self, place: &Place) -> Verdict {
        match self.text("kind") {
            Some("vector") => return self.signature(),
            _ if self.is_in_cookie() => return self.in_cookie(),
            _ => {}
        }
        let clock = ManualClock::at(Timestamp::from_millis(self.millis()));
        let connected = place
            .builder(self.layout())
            .clock(clock.clone())
            .connect()
            .await;
        let store = connected.map_err(|error| error.to_string())?;
        let mut redis = place.redis().await;
        let () = ask(&mut redis, &[b"FLUSHDB"]).await;
        self.put(&mut redis).await;
        self.reading(&store, &mut redis, &clock).await?;
        if self.case["kind"] == "captured" {
            self.put(&mut redis).await;
            self.writing(&store, &mut redis, &clock).await?;
            self.creating(&store, &mut redis, &clock).await?;
        }
        Ok(())
    }
}

/// Whether a key that was written after `began` lives for so long, to the second.
pub(super) async fn lives_for(
    redis: &mut MultiplexedConnection,
    key: &[u8],
    seconds: u64,
    began: Instant,
) -> Verdict {
    let left: u64 = ask(redis, &[b"PTTL", key]).await;
    let most = seconds * 1000;
    let least = most.saturating_sub(began.elapsed().as_millis() as u64 + 1);
    match (least..=most).contains(&left) {
        true => Ok(()),
        false => Err(format!(
            "it lives for {left} ms, and should for {seconds} s"
        )),
    }
}
