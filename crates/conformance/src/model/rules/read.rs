//! Reading and listing sessions.

use std::collections::BTreeMap;

use cloakroom_core::store::{EndReason, Listed, LoadOutcome, Reused};
use cloakroom_core::{SessionId, Subject, Timestamp};

use crate::model::rules::session::Session;
use crate::model::rules::state::{Ended, Model, Named};
use crate::model::rules::step::{Mismatch, agree};
use crate::model::show;

impl Model {
    pub(crate) fn load(
        &self,
        id: SessionId,
        now: Timestamp,
        observed: &LoadOutcome,
    ) -> Result<(), Mismatch> {
        let expected = match self.named(id, now) {
            Named::Live(id, session) => {
                return match observed {
                    LoadOutcome::Found(record) if session.is(id, record) => Ok(()),
                    _ => Err(Mismatch::expected(format!(
                        "found {}",
                        show::session(id, &session)
                    ))),
                };
            }
            Named::Reused(successor, session) => LoadOutcome::Reused(Reused {
                successor,
                subject: session.subject.clone(),
            }),
            Named::Ended(Ended { reason, at, .. }) => match reason {
                EndReason::Replaced => LoadOutcome::Replaced { at },
                EndReason::Ended => LoadOutcome::Ended { at },
            },
            Named::Nothing => LoadOutcome::Absent,
        };
        agree(&expected, observed)
    }

    pub(crate) fn token_set(&self, subject: &Subject, listed: &[Listed]) -> Result<(), Mismatch> {
        let expected: BTreeMap<_, _> = self.sessions_of(subject).collect();
        if listed.len() > expected.len() {
            return Err(listing(&expected));
        }
        same(&expected, listed)
    }

    pub(crate) fn shown(
        &self,
        subject: &Subject,
        id: SessionId,
        listed: Option<&Listed>,
    ) -> Result<(), Mismatch> {
        let expected = self
            .sessions_of(subject)
            .filter(|(theirs, _)| *theirs == id);
        same(
            &expected.collect(),
            listed.map_or(&[], std::slice::from_ref),
        )
    }

    /// In a scan an entry may come twice.
    pub(crate) fn scan(&self, listed: &[Listed]) -> Result<(), Mismatch> {
        same(&self.sessions().collect(), listed)
    }

    pub(crate) fn count(&self, observed: u64) -> Result<(), Mismatch> {
        agree(&(self.sessions().count() as u64), &observed)
    }
}

/// Whether exactly these sessions are listed.
fn same(expected: &BTreeMap<SessionId, &Session>, listed: &[Listed]) -> Result<(), Mismatch> {
    let as_expected = |entry: &Listed| match entry {
        Listed::Session(info) => expected
            .get(&info.id)
            .is_some_and(|session| session.is_listed_as(info.id, info)),
        Listed::Damaged(_) | Listed::NewerVersion(_) => false,
    };
    let has = |id: &SessionId| listed.iter().any(|entry| entry.id() == *id);
    if listed.iter().all(as_expected) && expected.keys().all(has) {
        Ok(())
    } else {
        Err(listing(expected))
    }
}

fn listing(expected: &BTreeMap<SessionId, &Session>) -> Mismatch {
    let sessions = expected.iter().map(|(id, s)| show::session(*id, s));
    Mismatch::expected(show::list(sessions))
}
