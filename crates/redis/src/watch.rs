//! What the servers are like, looked at when connecting and every minute.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloakroom_core::{Clock, Timestamp};
use redis::{Value, cmd};
use tokio::time::Instant;

use crate::config::{Eviction, OnDrift};
use crate::fault::{Fault, Faulty};
use crate::link::{Call, Link, Primary};

/// How often the servers are looked at, as long as there is something to do.
const EVERY: Duration = Duration::from_secs(60);

/// What an application should know about its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A server may evict keys to make room: `maxmemory` is set, with this policy. Sessions can end before
    /// their time, and loading a signed-in session takes two round trips. A server of its own for sessions,
    /// with `maxmemory-policy noeviction`, has neither.
    MayEvict {
        /// The policy.
        policy: String,
    },
    /// Whether a server may evict keys could not be learned: it does not answer to `INFO memory`. Loading a
    /// signed-in session takes two round trips. Where it does not, say so with
    /// [`Eviction::Never`].
    EvictionUnknown,
    /// The clock of a server differs from that of this host by more than the margin. Sessions can end
    /// too early.
    ClockDrift {
        /// The time of this host.
        here: Timestamp,
        /// The time of the server.
        there: Timestamp,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MayEvict { policy } => write!(
                f,
                "the server may evict sessions (maxmemory-policy {policy}); \
                 give sessions a server with noeviction"
            ),
            Self::EvictionUnknown => f.write_str(
                "whether the server may evict sessions is not known: it does not answer to INFO memory",
            ),
            Self::ClockDrift { here, there } => write!(
                f,
                "the clock of the server and that of this host differ by {} ms",
                there.as_millis().abs_diff(here.as_millis())
            ),
        }
    }
}

/// Who is told.
#[derive(Clone, Default)]
pub(crate) struct Report(Option<Arc<dyn Fn(Warning) + Send + Sync>>);

impl Report {
    pub(crate) fn new(report: impl Fn(Warning) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Report" } else { "nobody" })
    }
}

/// What is known of the servers.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) eviction: Eviction,
    pub(crate) on_drift: OnDrift,
    pub(crate) margin: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) report: Report,
    pub(crate) state: State,
}

#[derive(Debug)]
pub(crate) struct State {
    may_evict: AtomicBool,
    has_drifted: AtomicBool,
    began: Instant,
    /// When to look again, in milliseconds since the beginning.
    next: AtomicU64,
    told: Mutex<Vec<Warning>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            may_evict: AtomicBool::new(true),
            has_drifted: AtomicBool::new(false),
            began: Instant::now(),
            next: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }
}

impl Watch {
    /// Whether a token set may be evicted from under its sessions.
    pub(crate) fn may_evict(&self) -> bool {
        self.state.may_evict.load(Ordering::Relaxed)
    }

    /// Whether operations are to fail because of the clocks.
    pub(crate) fn refuses(&self) -> bool {
        self.on_drift == OnDrift::Refuse && self.state.has_drifted.load(Ordering::Relaxed)
    }

    /// Whether it is time to look again; to one caller only.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let now = millis(now.saturating_duration_since(self.state.began));
        let next = self.state.next.load(Ordering::Relaxed);
        let then = now.saturating_add(millis(EVERY));
        let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
        now >= next
            && self
                .state
                .next
                .compare_exchange(next, then, order, failed)
                .is_ok()
    }

    /// Looks at all primaries.
    pub(crate) async fn look(&self, link: &Link, call: &Call) -> Faulty<()> {
        let mut warnings = Vec::new();
        let mut may_evict = self.eviction == Eviction::Possible;
        let mut has_drifted = false;
        for primary in link.primaries(call).await? {
            if self.eviction == Eviction::Ask
                && let Some(warning) = evicts(link, call, &primary).await?
            {
                may_evict = true;
                warnings.push(warning);
            }
            if let Some(warning) = self.drift(link, call, &primary).await? {
                has_drifted = true;
                warnings.push(warning);
            }
        }
        self.state.may_evict.store(may_evict, Ordering::Relaxed);
        self.state.has_drifted.store(has_drifted, Ordering::Relaxed);
        self.tell(warnings);
        Ok(())
    }

    async fn drift(&self, link: &Link, call: &Call, primary: &Primary) -> Faulty<Option<Warning>> {
        let before = self.clock.now();
        let reply = link.ask_primary(call, primary, &cmd("TIME")).await?;
        let after = self.clock.now();
        let there = server_time(reply).ok_or_else(Fault::unexpected)?;
        let agrees = there.plus(self.margin) >= before && there <= after.plus(self.margin);
        Ok((!agrees).then_some(Warning::ClockDrift { here: after, there }))
    }

    /// Each once, until it is over.
    fn tell(&self, warnings: Vec<Warning>) {
        let mut told = self
            .state
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |a: &Warning, b: &Warning| std::mem::discriminant(a) == std::mem::discriminant(b);
        told.retain(|old| warnings.iter().any(|new| is_same(old, new)));
        let mut new = Vec::new();
        for warning in warnings {
            if !told.iter().any(|old| is_same(old, &warning)) {
                told.push(warning.clone());
                new.push(warning);
            }
        }
        drop(told);
        if let Some(report) = &self.report.0 {
            new.into_iter().for_each(|warning| report(warning));
        }
    }
}

/// What `INFO` says, since `CONFIG` is forbidden on managed servers.
async fn evicts(link: &Link, call: &Call, primary: &Primary) -> Faulty<Option<Warning>> {
    let info = match link
        .ask_primary(call, primary, cmd("INFO").arg("memory"))
        .await
    {
        Ok(Value::BulkString(info)) => String::from_utf8_lossy(&info).into_owned(),
        Ok(Value::VerbatimString { text, .. }) => text,
        Ok(_) => String::new(),
        Err(fault) if fault.is_refused() => String::new(),
        Err(fault) => return Err(fault),
    };
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name));
    Ok(match (field("maxmemory:"), field("maxmemory_policy:")) {
        (Some(limit), Some(policy)) => {
            let may = limit.trim() != "0" && policy.trim() != "noeviction";
            may.then(|| Warning::MayEvict {
                policy: policy.trim().to_owned(),
            })
        }
        _ => Some(Warning::EvictionUnknown),
    })
}

fn server_time(reply: Value) -> Option<Timestamp> {
    let Value::Array(parts) = reply else {
        return None;
    };
    let mut parts = parts.into_iter().map(|part| match part {
        Value::BulkString(text) => std::str::from_utf8(&text).ok()?.parse::<u64>().ok(),
        _ => None,
    });
    let (seconds, micros) = (parts.next()??, parts.next()??);
    Some(Timestamp::from_millis(
        seconds.saturating_mul(1_000).saturating_add(micros / 1_000),
    ))
}

#[cfg(test)]
mod tests;
