//! Going over everything, for administration.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cloakroom_core::semantics::Entry;
use cloakroom_core::store::{Cursor, Listed, LoadOutcome, MAX_FOLLOWED_RENEWALS, Page, ScanPage};
use cloakroom_core::{
    Error, ErrorKind, Operation, Placement, Record, Result, SessionId, Subject, Timestamp,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use redis::{Value, cmd};

use crate::fault::{Fault, Faulty};
use crate::keys::{Named, member};
use crate::link::{Address, Call, Primary};
use crate::list::entries;
use crate::load;
use crate::read::strings;
use crate::store::{Inner, RedisStore};

/// How many keys a server looks at in one step, at most.
const MOST: usize = 1_000;

/// How many placements are looked at together.
const IN_FLIGHT: usize = 64;

/// Some sessions, and where to go on.
///
/// `SCAN` goes over each primary in turn. A session whose slot moved to a node that was scanned before
/// would be overlooked: a scan of a cluster ends in [`ErrorKind::CursorLost`] where slots have moved since
/// it began, or are moving.
pub(crate) async fn page(
    store: &Inner,
    call: &Call,
    page: &Page,
    now: Timestamp,
) -> Result<ScanPage> {
    let told = |fault: Fault| fault.not_written().of(call.operation);
    let layout = Layout::look(store, call).await.map_err(told)?;
    let Some(mut walk) = layout.and_then(|layout| Walk::over(layout, page.after.as_ref())) else {
        return Err(Error::new(ErrorKind::CursorLost, call.operation));
    };
    let mut sessions = Vec::new();
    // Not many more than were asked for; and no longer than need be where few of the keys are ours.
    let mut step = page.limit.clamp(10, MOST);
    while sessions.len() < page.limit {
        let Some(ids) = walk.step(store, call, step).await.map_err(told)? else {
            break;
        };
        sessions.extend(listed(store, call, &ids, now).await?);
        step = (step * 2).min(MOST);
    }
    let next = walk.cursor();
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

/// Which primaries there are, and a stamp of who has which slots.
struct Layout {
    primaries: Vec<Primary>,
    stamp: u32,
}

impl Layout {
    /// None where slots are on the move.
    async fn look(store: &Inner, call: &Call) -> Faulty<Option<Self>> {
        let mut primaries = store.link.primaries(call).await?;
        // In the same order on every host.
        primaries.sort_by_key(|primary| primary.0.as_ref().map(Address::to_string));
        let mut stamp = crc32fast::Hasher::new();
        for primary in primaries.iter().filter(|primary| primary.0.is_some()) {
            let mut command = cmd("CLUSTER");
            let nodes = store
                .link
                .ask_primary(call, primary, command.arg("NODES"))
                .await?;
            let Some(slots) = own_slots(&nodes) else {
                return Err(Fault::unexpected());
            };
            if slots.contains('[') {
                return Ok(None);
            }
            stamp.update(slots.as_bytes());
            stamp.update(b"\n");
        }
        Ok(Some(Self {
            primaries,
            stamp: stamp.finalize(),
        }))
    }
}

/// The slots of the node that answers: the fields from the ninth on of the line about itself. A slot that
/// moves stands in brackets.
fn own_slots(nodes: &Value) -> Option<String> {
    let text = match nodes {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?,
        Value::VerbatimString { text, .. } => text,
        _ => return None,
    };
    let own = text.lines().find(|line| line.contains("myself"))?;
    let (id, rest) = own.split_once(' ')?;
    let slots = rest.split(' ').skip(7).collect::<Vec<_>>().join(" ");
    Some(format!("{id} {slots}"))
}

/// A way over all keys.
struct Walk {
    layout: Layout,
    at: usize,
    cursor: u64,
}

impl Walk {
    /// A cursor is the stamp of the layout, the number of the primary, and the cursor there.
    fn over(layout: Layout, after: Option<&Cursor>) -> Option<Self> {
        let (at, cursor) = match after {
            None => (0, 0),
            Some(after) => {
                let text = std::str::from_utf8(after.as_bytes()).ok()?;
                let mut fields = text.split(' ');
                let stamp: u32 = fields.next()?.parse().ok()?;
                let at = fields.next()?.parse().ok()?;
                let cursor = fields.next()?.parse().ok()?;
                if stamp != layout.stamp || fields.next().is_some() {
                    return None;
                }
                (at, cursor)
            }
        };
        (at < layout.primaries.len()).then_some(Self { layout, at, cursor })
    }

    /// Where to go on; none at the end.
    fn cursor(&self) -> Option<Cursor> {
        let text = format!("{} {} {}", self.layout.stamp, self.at, self.cursor);
        (self.at < self.layout.primaries.len()).then(|| Cursor::new(text.into_bytes()))
    }

    /// Looks at about so many keys; none at the end.
    async fn step(
        &mut self,
        store: &Inner,
        call: &Call,
        count: usize,
    ) -> Faulty<Option<Vec<SessionId>>> {
        let Some(primary) = self.layout.primaries.get(self.at) else {
            return Ok(None);
        };
        let pattern = store.link.keys.every_id();
        let found = scan(store, call, primary, self.cursor, &pattern, count).await?;
        self.cursor = found.next;
        if found.next == 0 {
            self.at += 1;
        }
        let id = |key: &Vec<u8>| match store.link.keys.parse(key)? {
            Named::Id(id) => Some(id),
            Named::Set(..) => None,
        };
        Ok(Some(found.keys.iter().filter_map(id).collect()))
    }
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
) -> Result<Vec<Listed>> {
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

/// A session may get a new id while a scan runs, and the key of that come up in a part that is behind
/// already. So old ids are followed, all a step at a time and none twice, and what has just left its set is
/// looked at again.
async fn listed_at_one_placement(
    store: &Inner,
    call: &Call,
    ids: Vec<SessionId>,
    now: Timestamp,
) -> Result<Vec<Listed>> {
    let told = |fault: Fault| fault.not_written().of(call.operation);
    let mut sessions = Vec::new();
    let mut by_subject: HashMap<Subject, Vec<Arc<Record>>> = HashMap::new();
    let mut seen: HashSet<_> = ids.iter().copied().collect();
    let mut reading = ids;
    for followed in 0..=MAX_FOLLOWED_RENEWALS {
        let mut led_to = Vec::new();
        let entries = entries(&store.link, call, &reading).await.map_err(told)?;
        for (id, entry) in reading.iter().zip(entries) {
            match entry {
                Some(Entry::Live(record)) if !record.deadline().is_over(now) => {
                    match record.subject() {
                        None => sessions.push(Listed::Session(record.info())),
                        Some(subject) => {
                            by_subject.entry(subject.clone()).or_default().push(record);
                        }
                    }
                }
                Some(Entry::Renewed(renewed)) if seen.insert(renewed.next) => {
                    led_to.push(renewed.next);
                }
                // What was followed to is listed by its own key.
                Some(Entry::Damaged) if followed == 0 => sessions.push(Listed::Damaged(*id)),
                Some(Entry::NewerVersion) if followed == 0 => {
                    sessions.push(Listed::NewerVersion(*id));
                }
                _ => {}
            }
        }
        if led_to.is_empty() {
            break;
        }
        reading = led_to;
    }
    for (subject, records) in by_subject {
        let are = are_members(store, call, &subject, &records)
            .await
            .map_err(told)?;
        for (record, is_member) in records.iter().zip(are) {
            let present = match is_member {
                true => Some(Arc::clone(record)),
                // It has ended since it was read, or was renewed.
                false => present(store, call, record.id(), now).await?,
            };
            sessions.extend(present.map(|record| Listed::Session(record.info())));
        }
    }
    Ok(sessions)
}

/// The session that has or had an id, by its present one.
async fn present(
    store: &Inner,
    call: &Call,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Arc<Record>>> {
    let mut at = id;
    loop {
        at = match load::load(store, call, at, now).await {
            Ok(LoadOutcome::Found(record)) => return Ok(Some(record)),
            Ok(LoadOutcome::Reused(reused)) => reused.successor,
            Ok(LoadOutcome::Replaced { .. } | LoadOutcome::Ended { .. } | LoadOutcome::Absent) => {
                return Ok(None);
            }
            // It is listed by its own key.
            Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::NewerVersion) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
    }
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
