//! Reading a session.

use std::sync::Arc;

use cloakroom_core::semantics::Entry;
use cloakroom_core::store::{LoadOutcome, MAX_FOLLOWED_RENEWALS, Reused};
use cloakroom_core::{Error, ErrorKind, Operation, Record, Result, SessionId, Timestamp};
use redis::{Value, cmd};

use crate::fault::Fault;
use crate::keys::member;
use crate::link::Call;
use crate::read::known;
use crate::store::Inner;
use crate::view::Stored;

/// One `GET`, or a part of an `MGET`; one more for each renewal where the id is an old one; and a look into the token set where
/// the server may evict keys.
///
/// That these are no one step does no harm. An id that was renewed leads on for as long as its session
/// lives, and what is read last is what counts. A session that has left its set never comes back to it:
/// what is a member after its record was read, was one then. What is no member any more may have been
/// renewed in between, so that it is read again.
pub(crate) async fn load(
    store: &Inner,
    call: &Call,
    id: SessionId,
    now: Timestamp,
) -> Result<LoadOutcome> {
    let told = |fault: Fault| fault.not_written().of(Operation::Load);
    let mut at = id;
    let mut in_grace = true;
    let mut no_member: Option<Stored> = None;
    let mut followed = 0;
    loop {
        let value = store.link.get(call, at).await.map_err(told)?;
        let read = known(at, value).map_err(told)?;
        match &read.entry {
            Some(Entry::Renewed(renewed)) => {
                if at == id {
                    if renewed.until.is_over(now) {
                        return Ok(LoadOutcome::Absent);
                    }
                    in_grace = !renewed.grace.is_over(now);
                }
                if followed == MAX_FOLLOWED_RENEWALS {
                    return Ok(LoadOutcome::Absent);
                }
                followed += 1;
                let next = renewed.next;
                if let Stored::Value(bytes) = read.stored {
                    store.recent.put(at, bytes);
                }
                at = next;
            }
            Some(Entry::Live(record)) => {
                if record.deadline().is_over(now) || no_member.as_ref() == Some(&read.stored) {
                    return Ok(LoadOutcome::Absent);
                }
                if store.watch.may_evict() && !is_member(store, call, record).await? {
                    no_member = Some(read.stored);
                    continue;
                }
                let record = record.clone();
                if let Stored::Value(bytes) = read.stored {
                    store.recent.put(at, bytes);
                }
                return Ok(found(record, in_grace));
            }
            Some(Entry::Ended(ended)) => return Ok(ended.loaded(now)),
            Some(Entry::Damaged) => return Err(Error::new(ErrorKind::Corrupt, Operation::Load)),
            Some(Entry::NewerVersion) => {
                return Err(Error::new(ErrorKind::NewerVersion, Operation::Load));
            }
            None => return Ok(LoadOutcome::Absent),
        }
    }
}

fn found(record: Arc<Record>, in_grace: bool) -> LoadOutcome {
    match in_grace {
        true => LoadOutcome::Found(record),
        false => LoadOutcome::Reused(Reused {
            successor: record.id(),
            subject: record.subject().cloned(),
        }),
    }
}

async fn is_member(store: &Inner, call: &Call, record: &Record) -> Result<bool> {
    let Some(subject) = record.subject() else {
        return Ok(true);
    };
    let placement = record.id().placement();
    let mut command = cmd("ZSCORE");
    command
        .arg(store.link.keys.set(placement, subject))
        .arg(&member(record.id())[..]);
    match store.link.ask(call, placement, &command).await {
        Ok(Value::Nil) => Ok(false),
        Ok(_) => Ok(true),
        // Something else is in its place: the set is lost.
        Err(fault) if fault.is_wrong_type() => Ok(false),
        Err(fault) => Err(fault.of(call.operation)),
    }
}
