//! Random sequences of operations.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::semantics::Entry;
use cloakroom_core::store::*;
use cloakroom_core::{Payload, Record, Revision, SessionId, Subject, Timeouts, Timestamp, WriteId};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::request::Request;
use crate::support::MapShelf;

/// What happens next. Ids and subjects are few, so that operations meet.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Ask(Ask),
    /// The same operation again, under the same name: a retry.
    Retry(Index),
    Pass(Duration),
    /// A stored record is damaged, or written by a newer version.
    Spoil(u8, bool),
}

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Begin(u8),
    Create {
        id: u8,
        subject: Option<u8>,
        attempt: Option<Index>,
        replaces: Option<(u8, u64)>,
        timeouts: u8,
        over: Option<Index>,
    },
    Load(u8),
    Update(u8, Option<u8>, u64, bool),
    Touch(u8, Option<u8>),
    Renew(u8, u8, Option<u8>, Duration),
    Delete(u8, Option<u8>, Option<u64>, bool),
    TokenSet(u8, usize),
    Revoke(u8, Option<u8>, bool),
    PurgeEntry(u8),
    PurgeSet(u8),
}

const DAY: u64 = 86_400_000;
const IDS: u8 = 6;
const SUBJECTS: u8 = 2;

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => asks().prop_map(Step::Ask),
        2 => any::<Index>().prop_map(Step::Retry),
        3 => durations().prop_map(Step::Pass),
        1 => (0..IDS, any::<bool>()).prop_map(|(id, newer)| Step::Spoil(id, newer)),
    ];
    proptest::collection::vec(step, 1..80)
}

fn asks() -> impl Strategy<Value = Ask> {
    let id = || 0..IDS;
    let subject = || 0..SUBJECTS;
    let maybe = || proptest::option::weighted(0.8, 0..SUBJECTS);
    let revision = || 1..4_u64;
    prop_oneof![
        2 => subject().prop_map(Ask::Begin),
        8 => (
            id(),
            maybe(),
            proptest::option::of(any::<Index>()),
            proptest::option::weighted(0.3, (id(), revision())),
            0..3_u8,
            proptest::option::weighted(0.2, any::<Index>()),
        )
            .prop_map(|(id, subject, attempt, replaces, timeouts, over)| Ask::Create {
                id, subject, attempt, replaces, timeouts, over,
            }),
        3 => id().prop_map(Ask::Load),
        3 => (id(), maybe(), revision(), any::<bool>())
            .prop_map(|(id, subject, revision, touch)| Ask::Update(id, subject, revision, touch)),
        2 => (id(), maybe()).prop_map(|(id, subject)| Ask::Touch(id, subject)),
        4 => (id(), id(), maybe(), durations())
            .prop_map(|(old, new, subject, grace)| Ask::Renew(old, new, subject, grace)),
        2 => (id(), maybe(), proptest::option::of(revision()), any::<bool>())
            .prop_map(|(id, subject, revision, replaced)| Ask::Delete(id, subject, revision, replaced)),
        2 => (subject(), 1..4_usize).prop_map(|(subject, limit)| Ask::TokenSet(subject, limit)),
        2 => (subject(), proptest::option::of(id()), any::<bool>())
            .prop_map(|(subject, id, others)| Ask::Revoke(subject, id, others)),
        1 => id().prop_map(Ask::PurgeEntry),
        1 => subject().prop_map(Ask::PurgeSet),
    ]
}

fn durations() -> impl Strategy<Value = Duration> {
    const MINUTE: u64 = 60_000;
    prop_oneof![
        Just(0),
        Just(1),
        Just(MINUTE),
        Just(5 * MINUTE - 1),
        Just(5 * MINUTE),
        Just(60 * MINUTE),
        Just(24 * 60 * MINUTE),
    ]
    .prop_map(Duration::from_millis)
}

/// What has happened so far, and what the next step therefore means.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) now: Timestamp,
    done: Vec<(Timestamp, Request)>,
    /// Of each attempt: whose it is, and its end.
    attempts: Vec<(Subject, Timestamp)>,
}

impl Script {
    /// The operation to be carried out, if this step is one and a store would let it through.
    pub(crate) fn next(&mut self, step: &Step) -> Option<Request> {
        let request = match step {
            Step::Ask(ask) => {
                let request = self.request(ask)?;
                self.done.push((self.now, request.clone()));
                request
            }
            // Nobody retries for longer than a store remembers.
            Step::Retry(which) if !self.done.is_empty() => {
                let (asked, request) = which.get(&self.done);
                if self.now.since(*asked) >= ENDED_MEMORY {
                    return None;
                }
                request.clone()
            }
            Step::Pass(time) => {
                self.now = self.now.plus(*time);
                return None;
            }
            Step::Retry(_) | Step::Spoil(..) => return None,
        };
        if let Request::Begin(subject, until) = &request {
            self.attempts.push((subject.clone(), *until));
        }
        Some(request)
    }

    fn request(&self, ask: &Ask) -> Option<Request> {
        Some(match *ask {
            Ask::Begin(whose) => {
                let until = self.now.plus(Duration::from_secs(600));
                Request::Begin(subject(whose), until)
            }
            Ask::Create { .. } => return self.create(ask),
            Ask::Load(at) => Request::Load(id(at)),
            Ask::Update(at, whose, revision, touch) => Request::Update(Update {
                id: id(at),
                subject: whose.map(subject),
                expected: Revision::from_stored(revision),
                payload: payload(b"changed"),
                label: None,
                touch,
                write_id: WriteId::random(),
            }),
            Ask::Touch(at, whose) => Request::Touch(id(at), whose.map(subject)),
            Ask::Renew(old, new, whose, grace) => {
                let renew = Renew {
                    old: id(old),
                    new: id(new),
                    subject: whose.map(subject),
                    grace,
                };
                validate_renew(&renew).ok()?;
                Request::Renew(renew)
            }
            Ask::Delete(at, whose, revision, replaced) => Request::Delete(Delete {
                id: id(at),
                subject: whose.map(subject),
                expected: revision.map(Revision::from_stored),
                reason: if replaced {
                    EndReason::Replaced
                } else {
                    EndReason::Ended
                },
                write_id: WriteId::random(),
            }),
            Ask::TokenSet(whose, limit) => Request::TokenSet(subject(whose), limit),
            Ask::Revoke(whose, which, others) => Request::Revoke(Revoke {
                subject: subject(whose),
                kind: match which.map(id) {
                    None => RevokeKind::All,
                    Some(id) if others => RevokeKind::AllExcept(id),
                    Some(id) => RevokeKind::One(id),
                },
                write_id: WriteId::random(),
            }),
            Ask::PurgeEntry(at) => Request::PurgeEntry(id(at)),
            Ask::PurgeSet(whose) => Request::PurgeSet(subject(whose)),
        })
    }

    fn create(&self, ask: &Ask) -> Option<Request> {
        let Ask::Create {
            id: at,
            subject: whose,
            attempt,
            replaces,
            timeouts,
            over,
        } = ask
        else {
            return None;
        };
        let timeouts = [(1, 1), (60_000, 3_600_000), (2 * DAY, 3 * DAY)]
            .get(usize::from(*timeouts))
            .map(|(idle, overall)| [*idle, *overall].map(Duration::from_millis))
            .and_then(|[idle, overall]| Timeouts::new(idle, overall).ok())?;
        let data = payload(b"first");
        let record = match whose {
            Some(whose) => Record::signed_in(id(*at), subject(*whose), self.now, timeouts, data),
            None => Record::anonymous(id(*at), self.now, timeouts, data),
        };
        // An attempt of this subject that has not ended.
        let attempt = attempt
            .filter(|_| !self.attempts.is_empty())
            .map(|which| which.index(self.attempts.len()))
            .filter(|which| {
                let (subject, until) = &self.attempts[*which];
                record.subject() == Some(subject) && self.now < *until
            });
        let replaces = replaces
            .filter(|_| whose.is_some())
            .map(|(at, revision)| Replaces {
                id: id(at),
                revision: Revision::from_stored(revision),
            });
        Some(Request::Create(
            Box::new(Create {
                record: Arc::new(record),
                cap: cap(),
                generation: None,
                replaces,
                over: over.and_then(|which| self.write(which)),
            }),
            attempt,
        ))
    }

    /// The write id of an operation that may have ended a session.
    fn write(&self, which: Index) -> Option<WriteId> {
        if self.done.is_empty() {
            return None;
        }
        match &which.get(&self.done).1 {
            Request::Delete(delete) => Some(delete.write_id),
            Request::Revoke(revoke) => Some(revoke.write_id),
            Request::Create(create, _) => Some(create.record.write_id()),
            _ => None,
        }
    }
}

/// Carries out what damages a shelf, in whichever world. Only what lives: what is over may have been
/// swept away in one world already.
pub(crate) fn spoil(step: &Step, shelf: &mut MapShelf, now: Timestamp) {
    if let Step::Spoil(at, newer) = step
        && let Some(entry) = shelf.entries.get_mut(&id(*at))
        && let Entry::Live(record) = entry
        && !record.deadline().is_over(now)
    {
        *entry = if *newer {
            Entry::NewerVersion
        } else {
            Entry::Damaged
        };
    }
}

/// The same cap everywhere, so that it can be checked to hold.
pub(crate) fn cap() -> Cap {
    Cap::new(2, OnCap::EvictLeastRecentlySeen).unwrap_or_default()
}

/// All of one placement: nothing here looks at it, but a renewal stays within one.
pub(crate) fn id(number: u8) -> SessionId {
    let mut bytes = [number; SessionId::LEN];
    bytes[..2].fill(0);
    SessionId::from_stored(bytes)
}

pub(crate) fn subject(number: u8) -> Subject {
    let name = ["ada", "grace"][usize::from(number)];
    #[expect(clippy::unwrap_used, reason = "both names are subjects")]
    Subject::new(name).unwrap()
}

pub(crate) fn payload(data: &'static [u8]) -> Payload {
    Payload {
        codec: 1,
        bytes: Bytes::from_static(data),
    }
}
