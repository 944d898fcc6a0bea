//! One operation of the model.

use std::fmt;

use cloakroom_core::Timestamp;

use crate::model::rules::state::Model;
use crate::model::show::Shown;
use crate::model::{Op, Outcome};

/// What a store answered is not what the contract says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    expected: String,
}

impl Mismatch {
    pub(crate) fn expected(expected: impl Into<String>) -> Self {
        let expected = expected.into();
        Self { expected }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for Mismatch {}

impl Model {
    /// Carries out an operation as the contract says, and compares what a store answered to it.
    ///
    /// `now` never goes back from one operation to the next. After a mismatch the model means
    /// nothing any more.
    ///
    /// # Errors
    ///
    /// What the contract says instead.
    pub fn step(&mut self, op: &Op, now: Timestamp, outcome: &Outcome) -> Result<(), Mismatch> {
        self.forget(now);
        match (op, outcome) {
            (Op::Begin { subject, until }, Outcome::Begun(observed)) => {
                self.begin(subject, *until, *observed)
            }
            (Op::Create(request), Outcome::Created(observed)) => {
                agree(&self.create(request, now), observed)
            }
            (Op::Load(id), Outcome::Loaded(observed)) => self.load(*id, now, observed),
            (Op::Update(request), Outcome::Updated(observed)) => {
                agree(&self.update(request, now), observed)
            }
            (Op::Touch { id, subject }, Outcome::Touched(observed)) => {
                agree(&self.touch(*id, subject.as_ref(), now), observed)
            }
            (Op::Renew(request), Outcome::Renewed(observed)) => {
                agree(&self.renew(request, now), observed)
            }
            (Op::Delete(request), Outcome::Deleted(observed)) => {
                self.delete(request, now, *observed)
            }
            (Op::Revoke(request), Outcome::Revoked(observed)) => {
                self.revoke(request, now, observed)
            }
            (Op::TokenSet { subject, .. }, Outcome::Listed(observed)) => {
                self.token_set(subject, observed)
            }
            (Op::TokenSet { subject, .. }, Outcome::Shown(id, observed)) => {
                self.shown(subject, *id, observed.as_ref())
            }
            (Op::Scan { .. }, Outcome::Listed(observed)) => self.scan(observed),
            (Op::Count, Outcome::Counted(observed)) => self.count(*observed),
            // How much is left to purge depends on what the store has swept by itself. That it
            // sweeps nothing else is seen by every other operation.
            (Op::PurgeExpired { limit }, Outcome::Purged(observed)) if observed <= limit => Ok(()),
            (Op::PurgeExpired { limit }, Outcome::Purged(_)) => {
                Err(Mismatch::expected(format!("at most {limit} gone")))
            }
            _ => Err(Mismatch::expected("an answer of the same operation")),
        }
    }
}

/// Holds what was expected against what was observed.
pub(crate) fn agree<T: PartialEq>(expected: &T, observed: &T) -> Result<(), Mismatch>
where
    for<'a> Shown<'a, T>: fmt::Display,
{
    if expected == observed {
        Ok(())
    } else {
        Err(Mismatch::expected(Shown(expected).to_string()))
    }
}
