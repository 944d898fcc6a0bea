//! Connecting, and looking at what is there.

use std::sync::{Arc, Mutex};

use cloakroom_core::{Error, ErrorKind, Operation, Placement, Result, Timeouts};
use redis::{Value, cmd};

use crate::config::RedisStoreBuilder;
use crate::fault::{Fault, Faulty};
use crate::keys::Keys;
use crate::link::{Call, Link};
use crate::purge::Broom;
use crate::recent::Recent;
use crate::store::{Inner, RedisStore};
use crate::turns::{Lately, Turns};
use crate::watch::{State, Watch};

const OPERATION: Operation = Operation::Open;

pub(crate) async fn open(builder: RedisStoreBuilder, link: Link) -> Result<RedisStore> {
    let told = |fault: Fault| fault.not_written().of(OPERATION);
    let watch = Watch {
        eviction: builder.eviction,
        on_drift: builder.on_drift,
        margin: builder.margin,
        clock: builder.clock,
        report: builder.report,
        state: State::default(),
    };
    let call = link.call(OPERATION);
    watch.is_due(tokio::time::Instant::now());
    watch.look(&link, &call).await.map_err(told)?;
    if watch.refuses() {
        return Err(Error::new(ErrorKind::ClockDrift, OPERATION));
    }
    let key = builder.placement_key;
    let (name, digest) = (link.keys.placement_key(), key.digest());
    let there = agreed(&link, &call, &name, &digest[..]).await;
    if there.map_err(told)? != digest {
        return refuse(
            "the sessions there were placed by another placement key; open the store with that one",
        );
    }
    let (name, margin) = (link.keys.margin(), builder.margin.as_millis().to_string());
    let there = agreed(&link, &call, &name, margin.as_bytes()).await;
    let there = there.map_err(told)?;
    if there != margin.as_bytes() {
        let there = String::from_utf8_lossy(&there);
        let name = String::from_utf8_lossy(&name);
        return refuse(format!(
            "this store has a margin of {margin} ms, and the servers remember one of {there} ms, in {name}: all \
             hosts need the same; see RedisStoreBuilder::margin for how to change it"
        ));
    }
    Ok(RedisStore {
        inner: Arc::new(Inner {
            link,
            placement_key: key,
            margin: builder.margin,
            version: builder.version,
            replicas: builder.replicas,
            recent: Recent::new(),
            lately: Lately::new(),
            turns: Turns::new(),
            broom: Mutex::new(Broom::default()),
            watch,
        }),
    })
}

/// Leaves a value with the servers where none is there, and says which one is there then. The one that all
/// have stays for as long as a session can live after the last opening.
async fn agreed(link: &Link, call: &Call, name: &[u8], own: &[u8]) -> Faulty<Vec<u8>> {
    let placement: Placement = Keys::PLACEMENT_OF_NONE;
    let lives = u64::try_from(Timeouts::MAX.as_millis()).unwrap_or(u64::MAX);
    let mut set = cmd("SET");
    set.arg(name).arg(own).arg("PX").arg(lives).arg("NX");
    link.tell(call, placement, &set).await?;
    let there = match link.ask(call, placement, cmd("GET").arg(name)).await? {
        Value::BulkString(there) => there,
        _ => return Err(Fault::unexpected()),
    };
    if there == own {
        let mut stay = cmd("PEXPIRE");
        stay.arg(name).arg(lives);
        link.tell(call, placement, &stay).await?;
    }
    Ok(there)
}

fn refuse<T>(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Result<T> {
    Err(Error::with_source(
        ErrorKind::InvalidConfiguration,
        OPERATION,
        why,
    ))
}
