//! Going over everything, for administration.

use std::collections::HashMap;
use std::sync::Arc;

use cloakroom_core::semantics::Entry;
use cloakroom_core::store::{Cursor, Listed, Page, ScanPage};
use cloakroom_core::{
    Error, ErrorKind, Operation, Placement, Record, Result, SessionId, Subject, Timestamp,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use redis::{Value, cmd};

use crate::fault::{Fault, Faulty};
use crate::keys::{Named, member};
use crate::link::{Address, Call, Primary};
use crate::list::entries;
use crate::read::strings;
use crate::store::{Inner, RedisStore};

/// How many placements are looked at together.
const IN_FLIGHT: usize = 64;

/// Some sessions, and where to go on.
///
/// `SCAN` goes over each primary in turn, in the order of their addresses. Slots that move to another
/// node in the meantime could be overlooked: a scan of a cluster ends in
/// [`ErrorKind::CursorLost`] where the primaries have changed.
pub(crate) async fn page(
    store: &Inner,
    call: &Call,
    page: &Page,
    now: Timestamp,
) -> Result<ScanPage> {
    let operation = call.operation;
    let told = |fault: Fault| fault.not_written().of(operation);
    let primaries = primaries(store, call).await.map_err(told)?;
    let Some(mut walk) = Walk::from(primaries, page.after.as_ref()) else {
        return Err(Error::new(ErrorKind::CursorLost, operation));
    };
    let (ids, more) = walk.ids(store, call, page.limit).await.map_err(told)?;
    let sessions = listed(store, call, &ids, now).await.map_err(told)?;
    let next = more.then(|| walk.cursor());
    Ok(ScanPage { sessions, next })
}

/// How many sessions live.
///
/// Each page has a deadline of its own.
pub(crate) async fn count(store: &RedisStore, now: Timestamp) -> Result<u64> {
    let mut seen = std::collections::HashSet::new();
    let mut after = None;
    loop {
        let page = Page { after, limit: 1000 };
        let call = store.call(Operation::Count)?;
        let found = self::page(&store.inner, &call, &page, now).await?;
        seen.extend(found.sessions.iter().map(Listed::id));
        after = found.next;
        if after.is_none() {
            return Ok(seen.len() as u64);
        }
    }
}

/// A way over all keys.
#[derive(Debug)]
struct Walk {
    primaries: Vec<Primary>,
    at: usize,
    cursor: u64,
}

impl Walk {
    /// A cursor names the primaries that there were, the one that is being scanned, and where there.
    fn from(primaries: Vec<Primary>, after: Option<&Cursor>) -> Option<Self> {
        let (at, cursor) = match after {
            None => (0, 0),
            Some(after) => {
                let text = std::str::from_utf8(after.as_bytes()).ok()?;
                let (there, rest) = text.split_once(' ')?;
                let (at, cursor) = rest.split_once(' ')?;
                if there != names(&primaries) {
                    return None;
                }
                (at.parse().ok()?, cursor.parse().ok()?)
            }
        };
        (at < primaries.len()).then_some(Self {
            primaries,
            at,
            cursor,
        })
    }

    fn cursor(&self) -> Cursor {
        let text = format!("{} {} {}", names(&self.primaries), self.at, self.cursor);
        Cursor::new(text.into_bytes())
    }

    /// About so many ids, and whether there are more to come.
    async fn ids(
        &mut self,
        store: &Inner,
        call: &Call,
        limit: usize,
    ) -> Faulty<(Vec<SessionId>, bool)> {
        let pattern = store.link.keys.every_id();
        let mut ids = Vec::new();
        while let Some(primary) = self.primaries.get(self.at) {
            // Many keys are none of ours, or not ids.
            let count = limit.clamp(10, 1000);
            let found = scan(store, call, primary, self.cursor, &pattern, count).await?;
            ids.extend(
                found
                    .keys
                    .iter()
                    .filter_map(|key| match store.link.keys.parse(key)? {
                        Named::Id(id) => Some(id),
                        Named::Set(..) => None,
                    }),
            );
            self.cursor = found.next;
            if found.next == 0 {
                self.at += 1;
            }
            if ids.len() >= limit {
                break;
            }
        }
        Ok((ids, self.at < self.primaries.len()))
    }
}

/// In the same order on every host.
async fn primaries(store: &Inner, call: &Call) -> Faulty<Vec<Primary>> {
    let mut primaries = store.link.primaries(call).await?;
    primaries.sort_by_key(|primary| primary.0.as_ref().map(Address::to_string));
    Ok(primaries)
}

fn names(primaries: &[Primary]) -> String {
    let names = primaries.iter().map(|primary| match &primary.0 {
        None => "-".to_owned(),
        Some(address) => address.to_string(),
    });
    names.collect::<Vec<_>>().join(",")
}

/// Some keys of one primary.
pub(crate) struct Found {
    pub(crate) keys: Vec<Vec<u8>>,
    pub(crate) next: u64,
}

/// Looks at about `count` keys of one primary.
pub(crate) async fn scan(
    store: &Inner,
    call: &Call,
    primary: &Primary,
    cursor: u64,
    pattern: &[u8],
    count: usize,
) -> Faulty<Found> {
    let mut command = cmd("SCAN");
    command
        .arg(cursor)
        .arg("MATCH")
        .arg(pattern)
        .arg("COUNT")
        .arg(count);
    let reply = store.link.ask_primary(call, primary, &command).await?;
    let Value::Array(reply) = reply else {
        return Err(Fault::unexpected());
    };
    let mut reply = reply.into_iter();
    let next = match reply.next() {
        Some(Value::BulkString(text)) => {
            std::str::from_utf8(&text).ok().and_then(|n| n.parse().ok())
        }
        _ => None,
    };
    Ok(Found {
        next: next.ok_or_else(Fault::unexpected)?,
        keys: strings(reply.next())?,
    })
}

/// What is listed of these ids, of any placements: many at a time, since hardly two share one.
async fn listed(
    store: &Inner,
    call: &Call,
    ids: &[SessionId],
    now: Timestamp,
) -> Faulty<Vec<Listed>> {
    let mut by_placement: HashMap<Placement, Vec<SessionId>> = HashMap::new();
    for id in ids {
        by_placement.entry(id.placement()).or_default().push(*id);
    }
    let listings = by_placement
        .into_values()
        .map(|ids| listed_at_one_placement(store, call, ids, now));
    let listings = stream::iter(listings).buffer_unordered(IN_FLIGHT);
    let listings: Vec<Vec<Listed>> = listings.try_collect().await?;
    Ok(listings.into_iter().flatten().collect())
}

async fn listed_at_one_placement(
    store: &Inner,
    call: &Call,
    ids: Vec<SessionId>,
    now: Timestamp,
) -> Faulty<Vec<Listed>> {
    let mut sessions = Vec::new();
    let mut by_subject: HashMap<Subject, Vec<Arc<Record>>> = HashMap::new();
    for (id, entry) in ids.iter().zip(entries(&store.link, call, &ids).await?) {
        match entry {
            Some(Entry::Live(record)) if !record.deadline().is_over(now) => {
                match record.subject() {
                    None => sessions.push(Listed::Session(record.info())),
                    Some(subject) => by_subject.entry(subject.clone()).or_default().push(record),
                }
            }
            Some(Entry::Damaged) => sessions.push(Listed::Damaged(*id)),
            Some(Entry::NewerVersion) => sessions.push(Listed::NewerVersion(*id)),
            _ => {}
        }
    }
    for (subject, records) in by_subject {
        let are = are_members(store, call, &subject, &records).await?;
        let members = records.iter().zip(are).filter(|(_, is)| *is);
        sessions.extend(members.map(|(record, _)| Listed::Session(record.info())));
    }
    Ok(sessions)
}

/// Which of these records of one subject are in its token set.
async fn are_members(
    store: &Inner,
    call: &Call,
    subject: &Subject,
    records: &[Arc<Record>],
) -> Faulty<Vec<bool>> {
    let placement = store.place(subject);
    let mut command = cmd("ZMSCORE");
    command.arg(store.link.keys.set(placement, subject));
    for record in records {
        command.arg(&member(record.id())[..]);
    }
    match store.link.ask(call, placement, &command).await {
        Ok(Value::Array(scores)) => Ok(scores.iter().map(|score| *score != Value::Nil).collect()),
        Ok(_) => Err(Fault::unexpected()),
        // Something else is in its place: the set is lost.
        Err(fault) if fault.is_wrong_type() => Ok(vec![false; records.len()]),
        Err(fault) => Err(fault),
    }
}
