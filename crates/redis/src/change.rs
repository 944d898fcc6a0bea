//! Deciding by what was read, and writing it if that still holds.

use cloakroom_core::{Error, ErrorKind, Placement, Result, SessionId, Subject};
use tokio::time::timeout_at;

use crate::commit::{Commit, Format, Victims};
use crate::fault::Fault;
use crate::link::{Call, Effect, Replicas};
use crate::read::{Told, Wanted, read, view};
use crate::script::{COMMIT, Script};
use crate::store::Inner;
use crate::view::{Leaving, View};

/// A change of one placement.
pub(crate) struct Change<'a> {
    pub(crate) store: &'a Inner,
    pub(crate) call: Call,
    pub(crate) placement: Placement,
    pub(crate) victims: Victims,
    pub(crate) format: Format,
    /// Whose set as a whole it is based on, where it is: it does not hold once anybody has joined.
    pub(crate) in_turn: Option<&'a Subject>,
    /// Where it ends all members of a set that it does not look at.
    pub(crate) leaving: Option<Leaving>,
    /// How many replicas a write waits for.
    pub(crate) replicas: Option<Replicas>,
}

/// A decision that was made, and is written where it had anything to write.
#[derive(Debug)]
pub(crate) struct Decided<T> {
    pub(crate) outcome: T,
    /// The sessions that ended without being looked at.
    pub(crate) ended: Vec<SessionId>,
    /// How many replicas have it, where that was asked for.
    pub(crate) replicas: Option<u32>,
}

/// What became of a write.
pub(crate) enum Wrote {
    Done {
        ended: Vec<SessionId>,
        replicas: Option<u32>,
    },
    /// Nothing, and this is there instead.
    Undone(Box<View>),
    /// Nothing: the records of the members that leave have to be looked at.
    CannotTell,
}

impl Change<'_> {
    /// Makes a decision over what is stored, again and again until what it was based on still holds
    /// when it is written. Where it does not, the script has read what is there in the same step.
    ///
    /// A guess may take the place of the first reading: if it is wrong, nothing comes of it. `wanted` is
    /// what the decision will probably ask for.
    pub(crate) async fn decide<T>(
        &self,
        guess: Option<View>,
        mut wanted: Wanted,
        mut decision: impl FnMut(&mut View) -> Result<T>,
    ) -> Result<Decided<T>> {
        let (call, operation) = (self.call, self.call.operation);
        let contended = || Error::new(ErrorKind::Contended, operation);
        let mut leaving = self.leaving.clone();
        let mut known = guess;
        let mut turn = None;
        let mut conflicts = 0;
        loop {
            let mut view = match known.take() {
                Some(view) => view,
                None => self.read(&wanted).await?,
            };
            view.leaving.clone_from(&leaving);
            let decided = decision(&mut view);
            wanted.extend(&view.used.borrow());
            if view.used.borrow().missing {
                continue;
            }
            let nothing = view.written.is_empty();
            if view.is_guess && (nothing || decided.is_err()) {
                continue;
            }
            // What was read was all there at one moment, so that an answer needs nothing more.
            let outcome = decided?;
            if nothing {
                return Ok(Decided {
                    outcome,
                    ended: Vec::new(),
                    replicas: self.replicas.map(|_| 0),
                });
            }
            let wrote = match in_the_way(&view) {
                Some(subject) => self.clear(&subject, &wanted).await?,
                None => {
                    let (keys, at) = (&self.store.link.keys, self.placement);
                    let commit = Commit::of(keys, at, &view, self.victims, self.format, &wanted);
                    self.commit(commit, &wanted).await?
                }
            };
            match wrote {
                Wrote::Done { ended, replicas } => {
                    self.learn(&view);
                    return Ok(Decided {
                        outcome,
                        ended,
                        replicas,
                    });
                }
                Wrote::CannotTell => {
                    leaving = None;
                    continue;
                }
                Wrote::Undone(there) => known = Some(*there),
            }
            if let Some(subject) = self.in_turn.filter(|_| turn.is_none()) {
                let place = self.store.turns.of(subject);
                turn = place.try_lock().ok();
                if turn.is_none() {
                    // Those who were before this one have changed the set.
                    let waited = timeout_at(call.deadline, place.lock()).await;
                    turn = Some(waited.map_err(|_| contended())?);
                    wanted.members(subject, self.store.lately.members(subject));
                    known = None;
                }
            }
            if !call.give_way(conflicts).await {
                return Err(contended());
            }
            conflicts += 1;
        }
    }

    async fn read(&self, wanted: &Wanted) -> Result<View> {
        let view = read(&self.store.link, &self.call, self.placement, wanted).await;
        view.map_err(|fault| fault.not_written().of(self.call.operation))
    }

    /// What stands in place of a set and is none goes first. Then the set is as good as lost, and so it was
    /// read.
    async fn clear(&self, subject: &Subject, wanted: &Wanted) -> Result<Wrote> {
        let set = self.store.link.keys.set(self.placement, subject);
        self.commit(Commit::clearing(set), &Wanted::default())
            .await?;
        Ok(Wrote::Undone(Box::new(self.read(wanted).await?)))
    }

    /// Writes what was decided, if that was still possible.
    async fn commit(&self, commit: Commit, wanted: &Wanted) -> Result<Wrote> {
        let (keys, args) = (&commit.keys, &commit.args);
        self.run(&COMMIT, keys, args, wanted, &commit.leaving).await
    }

    /// Runs a script that writes, or reads what is wanted. `leaving` are those that it may end, as it
    /// numbers them.
    pub(crate) async fn run(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
        wanted: &Wanted,
        leaving: &[SessionId],
    ) -> Result<Wrote> {
        let call = self.call.waiting_for(self.replicas);
        let link = &self.store.link;
        let answer = link.script(&call, self.placement, script, keys, args, Effect::Writes);
        let told = |fault: Fault| fault.of(self.call.operation);
        let answer = answer.await.map_err(told)?;
        Ok(match Told::of(answer.value).map_err(told)? {
            Told::Done(numbers) => {
                let id = |number: usize| leaving.get(number.checked_sub(1)?).copied();
                Wrote::Done {
                    ended: numbers.into_iter().filter_map(id).collect(),
                    replicas: answer.replicas,
                }
            }
            Told::Undone(values) => {
                let there = view(self.placement, wanted, values);
                Wrote::Undone(Box::new(there.map_err(|fault| told(fault.not_written()))?))
            }
            Told::CannotTell => Wrote::CannotTell,
        })
    }

    /// Remembers who is in a set.
    fn learn(&self, view: &View) {
        for (subject, set) in &view.sets {
            let gone = view.leave(subject).into_iter().map(|id| (id, false));
            let changes = view.written.members.iter();
            let changes = changes.filter(|((of, _), _)| of == subject);
            let changes = changes.map(|((_, id), joins)| (*id, *joins)).chain(gone);
            self.store
                .lately
                .change(subject, set.members.as_deref(), changes);
        }
    }
}

/// A subject whose token set is no sorted set.
fn in_the_way(view: &View) -> Option<Subject> {
    let mut sets = view.sets.iter();
    let found = sets.find(|(_, set)| set.other_type);
    found.map(|(subject, _)| subject.clone())
}
