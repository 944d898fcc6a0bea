//! Going through everybody's sessions.

use std::sync::Arc;
use std::thread;

use cloakroom_core::semantics::{self, Entry, Shelf as _};
use cloakroom_core::store::{Cursor, Listed, Page, ScanPage};
use cloakroom_core::{Error, ErrorKind, Operation, Placement, Result, SessionId, Timestamp};
use tokio::sync::oneshot;

use crate::core::Core;
use crate::fault::Fault;
use crate::layout::keys;
use crate::read;

/// How many entries are read at once.
const AT_ONCE: usize = 256;

/// A page of everybody's sessions, in the order of their ids. It ends where a placement does, and shows
/// each placement as it was at one instant. The cursor is the last id looked at.
pub(crate) async fn page(core: &Core, page: &Page, now: Timestamp) -> Result<ScanPage> {
    core.check_reads(Operation::Scan)?;
    let mut after = match &page.after {
        None => None,
        Some(cursor) => Some(id_of(cursor)?),
    };
    let mut sessions = Vec::new();
    // A page comes to an end even where nearly nothing lives.
    let mut looks = page.limit.saturating_mul(4).max(AT_ONCE);
    while let Some(next) = first_after(core, after)? {
        let (last, looked) = placement(core, next.placement(), after, now, &mut sessions).await?;
        looks = looks.saturating_sub(looked);
        after = last.or(Some(next));
        if looks == 0 || sessions.len() >= page.limit {
            let next = after.map(|after| Cursor::new(after.as_bytes().to_vec()));
            return Ok(ScanPage { sessions, next });
        }
    }
    Ok(ScanPage {
        sessions,
        next: None,
    })
}

/// The sessions of a placement behind an id, while nobody changes it. Says which id was the last, and
/// how many entries were looked at.
async fn placement(
    core: &Core,
    placement: Placement,
    after: Option<SessionId>,
    now: Timestamp,
    sessions: &mut Vec<Listed>,
) -> Result<(Option<SessionId>, usize)> {
    let after = after.filter(|after| after.placement() == placement);
    let operation = Operation::Scan;
    core.read(placement, operation, |view| {
        let ids = ids(core, placement, after).map_err(|fault| fault.error(operation))?;
        for id in &ids {
            if let Some(entry) = view.entry(*id)? {
                sessions.extend(semantics::listed(view, *id, &entry, now)?);
            }
        }
        Ok((ids.last().copied(), ids.len()))
    })
    .await
}

/// The ids of a placement, behind one of them.
fn ids(
    core: &Core,
    placement: Placement,
    after: Option<SessionId>,
) -> std::result::Result<Vec<SessionId>, Fault> {
    let from = match after {
        Some(after) => keys::entry(after).to_vec(),
        None => keys::entries_of(placement).to_vec(),
    };
    let mut ids = Vec::new();
    loop {
        let last = ids.last().map(|last| keys::entry(*last).to_vec());
        let from = last.as_deref().unwrap_or(&from);
        let pairs = core
            .engine
            .pairs(from, Some(&keys::entries_end()), AT_ONCE)?;
        let read = pairs.len();
        let found = pairs.iter().filter_map(|(key, _)| keys::id_of_entry(key));
        let before = ids.len();
        ids.extend(found.take_while(|id| id.placement() == placement));
        if ids.len() - before < read || read < AT_ONCE {
            return Ok(ids);
        }
    }
}

/// The first id behind another under which anything stands.
fn first_after(core: &Core, after: Option<SessionId>) -> Result<Option<SessionId>> {
    let after = after.map_or_else(|| keys::entries().to_vec(), |id| keys::entry(id).to_vec());
    let first = core.engine.pairs(&after, Some(&keys::entries_end()), 1);
    let first = first.map_err(|fault| fault.error(Operation::Scan))?;
    Ok(first.iter().find_map(|(key, _)| keys::id_of_entry(key)))
}

/// How many sessions live. A thread of its own looks at all of them, since that takes its time.
pub(crate) async fn count(core: &Arc<Core>, now: Timestamp) -> Result<u64> {
    let operation = Operation::Count;
    let (mut answer, told) = oneshot::channel();
    let counted = Arc::clone(core);
    let spawned = thread::Builder::new()
        .name("cloakroom-count".to_owned())
        .spawn(move || {
            let count = count_all(&counted, now, &mut answer);
            // Whoever asked finds the store without this handle.
            drop(counted);
            let _ = answer.send(count);
        });
    let failed = |fault: Fault| fault.error(operation);
    spawned.map_err(|error| failed(Fault::io(&error)))?;
    told.await.map_err(|_| failed(Fault::Closed))?
}

fn count_all(core: &Core, now: Timestamp, asked: &mut oneshot::Sender<Result<u64>>) -> Result<u64> {
    let operation = Operation::Count;
    let mut count = 0;
    let mut after = None;
    loop {
        core.check_reads(operation)?;
        let entries = entries(core, after, AT_ONCE, operation)?;
        let Some((last, _)) = entries.last() else {
            return Ok(count);
        };
        after = Some(*last);
        for (id, entry) in entries {
            let listed = listed(core, id, &entry, now, operation)?;
            count += u64::from(listed.is_some());
        }
        if asked.is_closed() {
            return Ok(count);
        }
    }
}

/// The entries after an id. One that was removed since its key was read is left out.
fn entries(
    core: &Core,
    after: Option<SessionId>,
    limit: usize,
    operation: Operation,
) -> Result<Vec<(SessionId, Entry)>> {
    let told = |fault: Fault| fault.error(operation);
    let after = after.map_or_else(|| keys::entries().to_vec(), |id| keys::entry(id).to_vec());
    let pairs = core
        .engine
        .pairs(&after, Some(&keys::entries_end()), limit)
        .map_err(told)?;
    pairs
        .iter()
        .filter_map(|(key, value)| Some((keys::id_of_entry(key)?, value)))
        .map(|(id, value)| {
            let entry = read::of_value(&core.engine, id, value).map_err(told)?;
            Ok((id, entry))
        })
        .collect()
}

fn listed(
    core: &Core,
    id: SessionId,
    entry: &Entry,
    now: Timestamp,
    operation: Operation,
) -> Result<Option<Listed>> {
    semantics::listed(&core.view(id.placement(), operation), id, entry, now)
}

fn id_of(cursor: &Cursor) -> Result<SessionId> {
    let bytes = cursor.as_bytes().try_into();
    bytes
        .map(SessionId::from_stored)
        .map_err(|_| Error::new(ErrorKind::CursorLost, Operation::Scan))
}
