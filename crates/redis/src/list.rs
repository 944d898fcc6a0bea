//! Listing the sessions of a subject.

use cloakroom_core::semantics::Entry;
use cloakroom_core::store::{Cursor, Listed, Page, TokenSetPage};
use cloakroom_core::{Operation, Placement, Result, SessionId, Subject, Timestamp};
use redis::{Value, cmd};

use crate::fault::{Fault, Faulty};
use crate::keys::from_member;
use crate::link::{Call, Link};
use crate::read::{known, strings};
use crate::store::Inner;

/// How many records are read at once.
const AT_ONCE: usize = 200;

/// The members, then the records of a page, in the order of the ids. The cursor is the last id.
///
/// A session that is renewed in between has left the set under its old id, which leads to the new one;
/// so it is listed all the same.
pub(crate) async fn token_set(
    store: &Inner,
    call: &Call,
    subject: &Subject,
    page: &Page,
    now: Timestamp,
) -> Result<TokenSetPage> {
    let told = |fault: Fault| fault.not_written().of(Operation::TokenSet);
    let placement = store.place(subject);
    let mut members = members(&store.link, call, placement, subject)
        .await
        .map_err(told)?;
    if let Some(after) = &page.after {
        members.retain(|id| id.as_bytes().as_slice() > after.as_bytes());
    }
    let mut sessions = Vec::new();
    let mut at = 0;
    while at < members.len() && sessions.len() < page.limit {
        let missing = (page.limit - sessions.len()).min(AT_ONCE);
        let end = (at + missing).min(members.len());
        let some = members.get(at..end).unwrap_or_default();
        let entries = entries(&store.link, call, some).await.map_err(told)?;
        for (id, entry) in some.iter().zip(entries) {
            let listed = listed(&store.link, call, subject, *id, entry, now).await;
            sessions.extend(listed.map_err(told)?);
        }
        at = end;
    }
    let next = match members.get(at.wrapping_sub(1)) {
        Some(last) if at < members.len() => Some(Cursor::new(last.as_bytes().to_vec())),
        _ => None,
    };
    Ok(TokenSetPage { sessions, next })
}

async fn members(
    link: &Link,
    call: &Call,
    placement: Placement,
    subject: &Subject,
) -> Faulty<Vec<SessionId>> {
    let mut command = cmd("ZRANGEBYSCORE");
    command
        .arg(link.keys.set(placement, subject))
        .arg("(0")
        .arg("+inf");
    let texts = match link.ask(call, placement, &command).await {
        Ok(reply) => strings(Some(reply))?,
        Err(fault) if fault.is_wrong_type() => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let ids = texts.iter().filter_map(|text| from_member(placement, text));
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    Ok(ids)
}

/// What is stored under these ids of one placement.
pub(crate) async fn entries(
    link: &Link,
    call: &Call,
    ids: &[SessionId],
) -> Faulty<Vec<Option<Entry>>> {
    let Some(first) = ids.first() else {
        return Ok(Vec::new());
    };
    // `MGET` answers nil for what is no string.
    let mut command = cmd("MGET");
    for id in ids {
        command.arg(link.keys.id(*id));
    }
    let Value::Array(values) = link.ask(call, first.placement(), &command).await? else {
        return Err(Fault::unexpected());
    };
    let read = ids
        .iter()
        .zip(values)
        .map(|(id, value)| Ok(known(*id, value)?.entry));
    read.collect()
}

async fn listed(
    link: &Link,
    call: &Call,
    subject: &Subject,
    id: SessionId,
    entry: Option<Entry>,
    now: Timestamp,
) -> Faulty<Option<Listed>> {
    let (mut id, mut entry) = (id, entry);
    while let Some(Entry::Renewed(renewed)) = entry {
        id = renewed.next;
        entry = known(id, link.get(call, id).await?)?.entry;
    }
    Ok(match entry {
        Some(Entry::Live(record)) => {
            let lives = record.subject() == Some(subject) && !record.deadline().is_over(now);
            lives.then(|| Listed::Session(record.info()))
        }
        Some(Entry::Damaged) => Some(Listed::Damaged(id)),
        Some(Entry::NewerVersion) => Some(Listed::NewerVersion(id)),
        Some(Entry::Renewed(_) | Entry::Ended(_)) | None => None,
    })
}
