//! The instructions of the script that writes: what has to hold, and what to write then.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use cloakroom_core::semantics::{Ended, Entry};
use cloakroom_core::store::{ENDED_MEMORY, EndReason};
use cloakroom_core::{Deadline, Placement, Record, RecordVersion, SessionId, Subject, Timestamp};

use crate::head;
use crate::keys::{Keys, member};
use crate::read::Wanted;
use crate::value;
use crate::view::{Guess, KnownSet, Stored, UsedSet, View};

/// As much of a value as tells it from every other: the header of a record.
pub(crate) const HEADER: usize = 93;

/// How exactly the members that a decision ends must be as they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victims {
    /// The very same: a cap chose them by when they were used.
    Exact,
    /// Members still: a revocation ends them, whatever else became of them. So it does not have to wait
    /// until nobody uses any of ten thousand sessions for the time of a round trip.
    Members,
}

/// Keys and arguments of `commit.lua`.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) keys: Vec<Vec<u8>>,
    pub(crate) args: Vec<Vec<u8>>,
    /// The members that leave without being looked at, as the script numbers them.
    pub(crate) leaving: Vec<SessionId>,
    numbers: HashMap<Vec<u8>, usize>,
}

/// How it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// The operation's own.
    pub(crate) now: Timestamp,
    pub(crate) margin: Duration,
    pub(crate) version: RecordVersion,
}

impl Commit {
    /// Takes away what stands in place of this set and is none.
    pub(crate) fn clearing(key: Vec<u8>) -> Self {
        let mut commit = Self::begin(0, 0);
        commit.args.push(number(0));
        commit.instruct("w", &key, []);
        commit.args.push(b".".to_vec());
        commit.instruct("D", &key, []);
        commit
    }

    /// Changes nothing, and reads this.
    pub(crate) fn reading(keys: &Keys, placement: Placement, wanted: &Wanted) -> Self {
        let mut commit = Self::begin(0, 0);
        commit.read(keys, placement, wanted);
        commit
    }

    /// Of the decision that was made over this view. Where it does not hold any more, this is read.
    pub(crate) fn of(
        keys: &Keys,
        placement: Placement,
        view: &View,
        victims: Victims,
        format: Format,
        wanted: &Wanted,
    ) -> Self {
        let mut commit = Self::begin(format.now.as_millis(), format.margin.as_millis());
        commit.read(keys, placement, wanted);
        commit.check(keys, placement, view, victims);
        let sets = kept_until(view);
        for (subject, until) in &sets {
            if *until > Timestamp::EPOCH {
                commit.instruct("t", &keys.set(placement, subject), []);
            }
        }
        commit.args.push(b".".to_vec());
        commit.write(keys, placement, view, format);
        for (subject, until) in sets {
            let until = match until {
                Timestamp::EPOCH => number(0),
                until => time(Deadline::at(until), format),
            };
            commit.instruct("X", &keys.set(placement, subject), [until]);
        }
        commit
    }

    fn begin(now: u64, margin: u128) -> Self {
        Self {
            keys: Vec::new(),
            args: vec![number(now), number(margin)],
            leaving: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    fn read(&mut self, keys: &Keys, placement: Placement, wanted: &Wanted) {
        let before = self.args.len();
        for id in &wanted.ids {
            self.instruct("V", &keys.id(*id), []);
        }
        for (subject, set) in &wanted.sets {
            let key = keys.set(placement, subject);
            if set.all {
                self.instruct("S", &key, [b"-1".to_vec()]);
                continue;
            }
            let these = set.these.iter().map(|id| member(*id).to_vec());
            let count = number(set.these.len());
            self.instruct("S", &key, [count].into_iter().chain(these));
        }
        let arguments = number(self.args.len() - before);
        self.args.insert(before, arguments);
    }

    fn check(&mut self, keys: &Keys, placement: Placement, view: &View, victims: Victims) {
        let used = view.used.borrow();
        for (subject, set) in &used.sets {
            let key = keys.set(placement, subject);
            if let Some(known) = view.sets.get(subject) {
                let leave = view.leave(subject);
                self.check_set(&key, known, set, leave.is_empty());
                if !leave.is_empty() {
                    self.check_leaving(keys, &key, subject, known, &leave);
                    self.leaving = leave;
                }
            }
        }
        for id in &used.entries {
            // Of members in general it is enough that they still are: a use or an update in between
            // takes none of them out of the count, and moves its rank away from those that leave.
            let is_member = used.sets.iter().any(|(subject, set)| {
                let known = view.sets.get(subject).and_then(|set| set.members.as_ref());
                set.members && known.is_some_and(|members| members.binary_search(id).is_ok())
            });
            let exact =
                !is_member || (victims == Victims::Exact && view.written.entries.contains_key(id));
            if exact && let Some(known) = view.entries.get(id) {
                self.check_value(keys.id(*id), &known.stored);
            }
        }
    }

    fn check_value(&mut self, key: Vec<u8>, stored: &Stored) {
        match stored {
            Stored::Nothing => self.instruct("A", &key, []),
            Stored::OtherType => self.instruct("W", &key, []),
            Stored::Value(bytes) => {
                let head = bytes.get(..HEADER).unwrap_or(bytes).to_vec();
                self.instruct("V", &key, [head, number(bytes.len())]);
            }
        }
    }

    fn check_set(&mut self, key: &[u8], known: &KnownSet, used: &UsedSet, exact: bool) {
        if known.other_type {
            return self.instruct("w", key, []);
        }
        match known.guess {
            None => self.check_read(key, known, used, exact),
            Some(Guess::Kept) => {}
            Some(Guess::SignIn { generation, max }) => {
                let begins = generation.map_or(b"g:".to_vec(), |generation| head::of(&generation));
                self.instruct("G", key, [begins]);
                self.instruct("R", key, [number(max)]);
            }
        }
        if used.members && known.members.is_some() {
            return;
        }
        for id in &used.is_member {
            let is = known.is_member.get(id).copied().unwrap_or_else(|| {
                let members = known.members.as_deref().unwrap_or_default();
                members.binary_search(id).is_ok()
            });
            let letter = if is { "M" } else { "m" };
            self.instruct(letter, key, [member(*id).to_vec()]);
        }
    }

    fn check_read(&mut self, key: &[u8], known: &KnownSet, used: &UsedSet, exact: bool) {
        if used.head {
            let count = [number(known.raw_head.len())];
            self.instruct("H", key, count.into_iter().chain(known.raw_head.clone()));
        }
        if used.count {
            self.instruct("C", key, [number(known.cardinality)]);
        }
        if used.members
            && exact
            && let Some(members) = &known.members
        {
            let ids = members.iter().map(|id| member(*id).to_vec());
            let all = ids.chain(known.strangers.iter().cloned());
            let count = number(members.len() + known.strangers.len());
            self.instruct("S", key, [count].into_iter().chain(all));
        }
    }

    fn check_leaving(
        &mut self,
        keys: &Keys,
        set: &[u8],
        subject: &Subject,
        known: &KnownSet,
        leave: &[SessionId],
    ) {
        let first = number(self.keys.len() + 1);
        // Nothing else is about these keys: they need no number that could be found again.
        self.keys.extend(leave.iter().map(|id| keys.id(*id)));
        let members = known.members.as_deref().unwrap_or_default().iter();
        let stay = members.filter(|id| leave.binary_search(id).is_err());
        let texts = leave.iter().chain(stay).map(|id| member(*id).to_vec());
        let texts: Vec<_> = texts.chain(known.strangers.iter().cloned()).collect();
        let others = texts.len() - leave.len();
        let mut args = vec![first, number(leave.len()), number(others)];
        args.push(subject.as_str().as_bytes().to_vec());
        self.instruct("L", set, args.into_iter().chain(texts));
    }

    fn write(&mut self, keys: &Keys, placement: Placement, view: &View, format: Format) {
        let written = &view.written;
        // The order is the script's business: see there.
        let ending = |(id, entry): (&SessionId, &Option<Entry>)| match entry {
            Some(Entry::Ended(_)) if is_there(view, *id) => Some((*id, entry.as_ref()?.until()?)),
            _ => None,
        };
        if let Some((id, until)) = written.entries.iter().find_map(ending) {
            self.instruct("P", &keys.id(id), [time(until, format)]);
        }
        let leaving = view.leaving.as_ref().filter(|_| !self.leaving.is_empty());
        let memory = leaving.map(|leaving| {
            let until = Deadline::at(leaving.now.plus(ENDED_MEMORY));
            let (by, reason) = (leaving.by, EndReason::Ended);
            (&leaving.subject, Ended { by, reason, until })
        });
        if let (Some((_, ended)), Some(id)) = (memory, self.leaving.first().copied()) {
            self.instruct("P", &keys.id(id), [time(ended.until, format)]);
        }
        for (subject, head) in &written.heads {
            if let Some(head) = head {
                let (member, score) = head::encode(head);
                let key = keys.set(placement, subject);
                self.instruct("H", &key, [score.to_string().into_bytes(), member]);
            }
        }
        for (id, entry) in &written.entries {
            let Some(entry) = entry else { continue };
            if let Entry::Live(record) = entry
                && let Some(subject) = record.subject()
            {
                let score = number(record.deadline().instant().as_millis());
                let key = keys.set(placement, subject);
                self.instruct("M", &key, [score, member(*id).to_vec()]);
            }
            self.store(keys, view, *id, entry, format);
        }
        if let Some((subject, ended)) = memory {
            self.end_leaving(&keys.set(placement, subject), ended, format);
        }
        for ((subject, id), joins) in &written.members {
            if !joins {
                let key = keys.set(placement, subject);
                self.instruct("m", &key, [member(*id).to_vec()]);
            }
        }
        for (subject, head) in &written.heads {
            if head.is_none() {
                self.instruct("h", &keys.set(placement, subject), []);
            }
        }
        for (id, entry) in &written.entries {
            if entry.is_none() {
                self.instruct("D", &keys.id(*id), []);
            }
        }
    }

    /// Their values differ in the checksum alone.
    fn end_leaving(&mut self, set: &[u8], ended: Ended, format: Format) {
        let values = self.leaving.iter().filter_map(|id| {
            let value = value::encode(*id, &Entry::Ended(ended), format.version)?;
            let (begin, sum) = value.split_last_chunk::<{ value::SUM }>()?;
            Some((begin.to_vec(), sum.to_vec()))
        });
        let (begins, sums): (Vec<_>, Vec<_>) = values.unzip();
        let begin = begins.into_iter().next().unwrap_or_default();
        let args = [time(ended.until, format), begin];
        self.instruct("Z", set, args.into_iter().chain(sums));
    }

    /// A record of which nothing but the times has changed is touched in place.
    fn store(&mut self, keys: &Keys, view: &View, id: SessionId, entry: &Entry, format: Format) {
        let key = keys.id(id);
        let Some(until) = entry.until() else { return };
        let time = time(until, format);
        let before = view.entries.get(&id).and_then(|known| known.entry.as_ref());
        if let (Entry::Live(record), Some(Entry::Live(before))) = (entry, before)
            && is_touched(before, record)
        {
            let times = record.encode_times().to_vec();
            return self.instruct("T", &key, [times, time]);
        }
        if let Some(value) = value::encode(id, entry, format.version) {
            self.instruct("E", &key, [value, time]);
        }
    }

    fn instruct(&mut self, letter: &str, key: &[u8], args: impl IntoIterator<Item = Vec<u8>>) {
        let index = match self.numbers.get(key) {
            Some(index) => *index,
            None => {
                self.keys.push(key.to_vec());
                self.numbers.insert(key.to_vec(), self.keys.len());
                self.keys.len()
            }
        };
        self.args.push(letter.as_bytes().to_vec());
        self.args.push(number(index));
        self.args.extend(args);
    }
}

/// Each set that changes, and until when it has to be kept for what is written to it.
fn kept_until(view: &View) -> BTreeMap<&Subject, Timestamp> {
    let written = &view.written;
    let heads = written.heads.iter().map(|(subject, head)| {
        let until = head.as_ref().map(|head| head.kept_until);
        (subject, until)
    });
    let joining = written.entries.values().filter_map(|entry| match entry {
        Some(Entry::Live(record)) => {
            let until = record.overall_deadline().instant();
            Some((record.subject()?, Some(until)))
        }
        _ => None,
    });
    let leaving = written.members.keys().map(|(subject, _)| (subject, None));
    let all = view.leaving.iter().map(|leaving| (&leaving.subject, None));
    let mut sets = BTreeMap::new();
    for (subject, until) in heads.chain(joining).chain(leaving).chain(all) {
        let kept = sets.entry(subject).or_insert(Timestamp::EPOCH);
        *kept = until.unwrap_or(Timestamp::EPOCH).max(*kept);
    }
    sets
}

fn is_there(view: &View, id: SessionId) -> bool {
    let known = view.entries.get(&id);
    known.is_some_and(|known| known.stored != Stored::Nothing)
}

/// When the server may take it away.
pub(crate) fn time(until: Deadline, format: Format) -> Vec<u8> {
    number(until.instant().plus(format.margin).as_millis())
}

/// A write makes a new write id, and every write but a touch does.
pub(crate) fn is_touched(before: &Record, after: &Record) -> bool {
    before.revision() == after.revision()
        && before.write_id() == after.write_id()
        && before.issued() == after.issued()
}

pub(crate) fn number(n: impl ToString) -> Vec<u8> {
    n.to_string().into_bytes()
}
