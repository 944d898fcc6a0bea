//! Reading what a decision needs, at one moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::vec;

use bytes::Bytes;
use cloakroom_core::{Placement, SessionId, Subject, Timestamp};
use redis::Value;

use crate::commit::Commit;
use crate::fault::{Fault, Faulty};
use crate::head;
use crate::keys::from_member;
use crate::link::{Call, Effect, Link};
use crate::script::COMMIT;
use crate::value;
use crate::view::{Known, KnownSet, Stored, Used, View};

/// What to read of one placement.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) ids: BTreeSet<SessionId>,
    pub(crate) sets: BTreeMap<Subject, Members>,
}

#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) all: bool,
    pub(crate) these: BTreeSet<SessionId>,
}

impl Wanted {
    /// Adds what an attempt has asked for.
    pub(crate) fn extend(&mut self, used: &Used) {
        // Where an old id leads, it will be asked next whether that is a member.
        let led_to: Vec<_> = used.entries.difference(&self.ids).copied().collect();
        for set in self.sets.values_mut().filter(|set| !set.all) {
            set.these.extend(&led_to);
        }
        self.ids.extend(led_to);
        for (subject, asked) in &used.sets {
            let set = match self.sets.get_mut(subject) {
                Some(set) => set,
                None => self.sets.entry(subject.clone()).or_default(),
            };
            set.all |= asked.members;
            set.these.extend(&asked.is_member);
        }
    }

    /// What is likely to be asked for.
    pub(crate) fn id(mut self, id: SessionId) -> Self {
        self.ids.insert(id);
        self
    }

    /// What is likely to be asked for: a set, and whether this is a member.
    pub(crate) fn set(mut self, subject: Option<&Subject>, id: Option<SessionId>) -> Self {
        if let Some(subject) = subject {
            let set = self.sets.entry(subject.clone()).or_default();
            set.these.extend(id);
        }
        self
    }

    /// What will be asked for: all members of a set, of which these are likely to be some, with what each
    /// of them stands for.
    pub(crate) fn members(&mut self, subject: &Subject, likely: Vec<SessionId>) {
        self.sets.entry(subject.clone()).or_default().all = true;
        self.ids.extend(likely);
    }

    /// What is asked for in any case: all members of a set.
    pub(crate) fn all(mut self, subject: &Subject) -> Self {
        self.sets.entry(subject.clone()).or_default().all = true;
        self
    }
}

/// Reads all of it at one moment.
pub(crate) async fn read(
    link: &Link,
    call: &Call,
    placement: Placement,
    wanted: &Wanted,
) -> Result<View, Fault> {
    let Commit { keys, args, .. } = Commit::reading(&link.keys, placement, wanted);
    let reply = link.script(call, placement, &COMMIT, &keys, &args, Effect::Reads);
    match Told::of(reply.await?.value)? {
        Told::Undone(values) => view(placement, wanted, values),
        Told::Done(_) | Told::CannotTell => Err(Fault::unexpected()),
    }
}

/// What the script has answered.
pub(crate) enum Told {
    /// All was written; the numbers of those that have left, from 1 on.
    Done(Vec<usize>),
    /// Nothing was written. This was there.
    Undone(vec::IntoIter<Value>),
    /// Nothing was written, since somebody has to look at the records of members first.
    CannotTell,
}

impl Told {
    pub(crate) fn of(value: Value) -> Faulty<Self> {
        let values = match value {
            Value::Array(values) => values,
            // As `keep.lua` says it, which ends nobody.
            Value::Int(1) => return Ok(Self::Done(Vec::new())),
            _ => return Err(Fault::unexpected()),
        };
        let mut values = values.into_iter();
        let number = |value| match value {
            Value::Int(number) => usize::try_from(number).map_err(|_| Fault::unexpected()),
            _ => Err(Fault::unexpected()),
        };
        Ok(match values.next() {
            Some(Value::Int(0)) => Self::Undone(values),
            Some(Value::Int(1)) => Self::Done(values.map(number).collect::<Faulty<_>>()?),
            Some(Value::Int(2)) => Self::CannotTell,
            _ => return Err(Fault::unexpected()),
        })
    }
}

/// What was read, of what the script has answered.
pub(crate) fn view(
    placement: Placement,
    wanted: &Wanted,
    mut reply: vec::IntoIter<Value>,
) -> Faulty<View> {
    let mut view = View::default();
    for id in &wanted.ids {
        let value = reply.next().ok_or_else(Fault::unexpected)?;
        view.entries.insert(*id, known(*id, value)?);
    }
    for (subject, wanted) in &wanted.sets {
        let value = reply.next().ok_or_else(Fault::unexpected)?;
        view.sets
            .insert(subject.clone(), known_set(placement, wanted, value)?);
    }
    Ok(view)
}

/// What is stored under an id, of a reply to `GET` or to the script.
pub(crate) fn known(id: SessionId, value: Value) -> Faulty<Known> {
    Ok(match value {
        Value::Nil => Known {
            entry: None,
            stored: Stored::Nothing,
        },
        Value::BulkString(bytes) => {
            let bytes = Bytes::from(bytes);
            Known {
                stored: Stored::Value(bytes.clone()),
                entry: Some(value::decode(id, bytes)),
            }
        }
        Value::Int(_) => Known {
            entry: Some(cloakroom_core::semantics::Entry::Damaged),
            stored: Stored::OtherType,
        },
        _ => return Err(Fault::unexpected()),
    })
}

fn known_set(placement: Placement, wanted: &Members, value: Value) -> Faulty<KnownSet> {
    let fields = match value {
        Value::Array(fields) => fields,
        Value::Int(_) => {
            return Ok(KnownSet {
                other_type: true,
                members: Some(Vec::new()),
                ..KnownSet::default()
            });
        }
        _ => return Err(Fault::unexpected()),
    };
    let mut fields = fields.into_iter();
    let raw_head = strings(fields.next())?;
    let Some(Value::Int(cardinality)) = fields.next() else {
        return Err(Fault::unexpected());
    };
    let mut set = KnownSet {
        head: head_of(&raw_head),
        raw_head,
        cardinality: usize::try_from(cardinality).unwrap_or_default(),
        ..KnownSet::default()
    };
    if wanted.all {
        let mut members = Vec::new();
        let texts = strings(fields.next())?;
        set.last = match fields.next() {
            Some(Value::BulkString(score)) => deadline(&score),
            _ => None,
        };
        for text in texts {
            match from_member(placement, &text) {
                Some(id) => members.push(id),
                None => set.strangers.push(text),
            }
        }
        members.sort_unstable();
        set.members = Some(members);
        return Ok(set);
    }
    let mut is_member = HashMap::with_capacity(wanted.these.len());
    for id in &wanted.these {
        // A trailing nil ends an array of Lua's early.
        let score = fields.next().unwrap_or(Value::Nil);
        is_member.insert(*id, !matches!(score, Value::Nil));
    }
    set.is_member = is_member;
    Ok(set)
}

/// The deadline that a member has as its score; none where the score is that of a head.
fn deadline(score: &[u8]) -> Option<Timestamp> {
    let score = std::str::from_utf8(score).ok()?.parse::<f64>().ok()?;
    (score > 0.0).then_some(Timestamp::from_millis(score as u64))
}

/// Of several heads, which is damage, none counts.
fn head_of(raw: &[Vec<u8>]) -> Option<cloakroom_core::semantics::SetHead> {
    match raw {
        [member, score] => head::decode(member, std::str::from_utf8(score).ok()?.parse().ok()?),
        _ => None,
    }
}

pub(crate) fn strings(value: Option<Value>) -> Faulty<Vec<Vec<u8>>> {
    let Some(Value::Array(values)) = value else {
        return Err(Fault::unexpected());
    };
    let string = |value| match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(Fault::unexpected()),
    };
    values.into_iter().map(string).collect()
}
