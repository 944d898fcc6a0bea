//! Connecting, and looking at what is there.

use std::sync::{Arc, Mutex};

use cloakroom_core::{Error, ErrorKind, Operation, Placement, PlacementKey, Result, Timeouts};
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
    if !is_placed_by(&link, &call, &key).await.map_err(told)? {
        let why =
            "the sessions there were placed by another placement key; open the store with that one";
        return Err(Error::with_source(
            ErrorKind::InvalidConfiguration,
            OPERATION,
            why,
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

/// Leaves the digest of the key with the servers, or compares it with the one that is there. It stays for
/// as long as a session can live after the last opening.
async fn is_placed_by(link: &Link, call: &Call, key: &PlacementKey) -> Faulty<bool> {
    let placement: Placement = Keys::PLACEMENT_OF_KEY;
    let name = link.keys.placement_key();
    let digest = key.digest();
    let lives = u64::try_from(Timeouts::MAX.as_millis()).unwrap_or(u64::MAX);
    let mut set = cmd("SET");
    set.arg(&name)
        .arg(&digest[..])
        .arg("PX")
        .arg(lives)
        .arg("NX");
    link.tell(call, placement, &set).await?;
    let there = link.ask(call, placement, cmd("GET").arg(&name)).await?;
    let is_same = matches!(&there, Value::BulkString(there) if there[..] == digest[..]);
    if is_same {
        let mut stay = cmd("PEXPIRE");
        stay.arg(&name).arg(lives);
        link.tell(call, placement, &stay).await?;
    }
    Ok(is_same)
}
