//! Deciding by what was read, and writing it if that still holds.

use cloakroom_core::{Error, ErrorKind, Placement, Result, Subject};
use redis::Value;

use crate::commit::{Commit, Format, Victims};
use crate::fault::Fault;
use crate::link::{Call, Effect, Link, Replicas};
use crate::read::{Wanted, read};
use crate::script::COMMIT;
use crate::view::View;

/// A change of one placement.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) link: &'a Link,
    pub(crate) call: Call,
    pub(crate) placement: Placement,
    pub(crate) victims: Victims,
    pub(crate) format: Format,
    /// How many replicas a write waits for.
    pub(crate) replicas: Option<Replicas>,
}

impl Change<'_> {
    /// Makes a decision over what is stored, again and again until what it was based on still holds
    /// when it is written.
    ///
    /// A guess may take the place of the first reading: if it is wrong, nothing comes of it. `wanted` is
    /// what the decision will probably ask for.
    pub(crate) async fn decide<T>(
        &self,
        guess: Option<View>,
        mut wanted: Wanted,
        mut decision: impl FnMut(&mut View) -> Result<T>,
    ) -> Result<(T, Option<u32>)> {
        let (call, operation) = (self.call, self.call.operation);
        if let Some(mut view) = guess {
            let decided = decision(&mut view);
            if let Ok(outcome) = decided
                && !view.written.is_empty()
                && let Some(replicas) = self.commit(&call, self.written(&view)).await?
            {
                return Ok((outcome, replicas));
            }
            wanted.extend(&view.used.borrow());
        }
        let mut conflicts = 0;
        loop {
            let view = read(self.link, &call, self.placement, &wanted).await;
            let mut view = view.map_err(|fault| fault.not_written().of(operation))?;
            let decided = decision(&mut view);
            if view.used.borrow().missing {
                wanted.extend(&view.used.borrow());
                continue;
            }
            // What was read was all there at one moment, so that an answer needs nothing more.
            let outcome = decided?;
            if view.written.is_empty() {
                return Ok((outcome, self.replicas.map(|_| 0)));
            }
            match in_the_way(&view) {
                // Once that has gone, the set is as good as lost, and so it was read.
                Some(subject) => {
                    let key = self.link.keys.set(self.placement, &subject);
                    self.commit(&call, Commit::clearing(key)).await?;
                }
                None => {
                    if let Some(replicas) = self.commit(&call, self.written(&view)).await? {
                        return Ok((outcome, replicas));
                    }
                }
            }
            if !call.give_way(conflicts).await {
                return Err(Error::new(ErrorKind::Contended, operation));
            }
            conflicts += 1;
        }
    }

    fn written(&self, view: &View) -> Commit {
        let keys = &self.link.keys;
        Commit::of(keys, self.placement, view, self.victims, self.format)
    }

    /// Writes what was decided, if that was still possible, and says how many replicas have it.
    async fn commit(&self, call: &Call, commit: Commit) -> Result<Option<Option<u32>>> {
        let call = call.waiting_for(self.replicas);
        let (keys, args) = (&commit.keys, &commit.args);
        let answer = self
            .link
            .script(&call, self.placement, &COMMIT, keys, args, Effect::Writes);
        let told = |fault: Fault| fault.of(self.call.operation);
        let answer = answer.await.map_err(told)?;
        match answer.value {
            Value::Int(1) => Ok(Some(answer.replicas)),
            Value::Int(_) => Ok(None),
            _ => Err(told(Fault::unexpected())),
        }
    }
}

/// A subject whose token set is no sorted set.
fn in_the_way(view: &View) -> Option<Subject> {
    let mut sets = view.sets.iter();
    let found = sets.find(|(_, set)| set.other_type);
    found.map(|(subject, _)| subject.clone())
}
