//! Loading, once.

use std::sync::Arc;

use cloakroom_core::{Lookup, Operation, Reused, Session, Timestamp, Token};

use crate::builder::OnReused;
use crate::error::Result;
use crate::failure::{Moment, OnLoadFailure};
use crate::layer::SessionData;
use crate::observe::Op;
use crate::outcome::Dropped;
use crate::request_session::RequestSession;
use crate::request_session::state::{Known, State};

impl<T: SessionData> RequestSession<T> {
    /// Loads the session, unless that was done.
    pub(super) async fn load(&self, state: &mut State<T>) -> Result<()> {
        match &state.known {
            Known::NotAsked => {}
            Known::Failed(error) => return Err(error.clone()),
            Known::Found(_) | Known::Nothing | Known::Barred(_) => return Ok(()),
        }
        let Some(token) = &state.token else {
            state.known = Known::Nothing;
            return Ok(());
        };
        let inner = self.inner();
        let loaded = self.read(token).await;
        state.known = match loaded {
            Ok(Lookup::Found(session)) => Known::Found(Arc::new(session)),
            // It died while this request was under way: its client may have signed in anew since.
            Ok(Lookup::Ended { at }) if self.was_under_way(at) => Known::Barred(Dropped::Ended),
            Ok(Lookup::Ended { .. } | Lookup::Absent) => Known::Nothing,
            Ok(Lookup::Replaced) => Known::Barred(Dropped::Replaced),
            Ok(Lookup::Reused(reused)) => {
                // Before the policy is carried out, which may be given up half-way.
                state.known = Known::Barred(Dropped::Reused);
                self.answer_reuse(&reused, None).await;
                return Ok(());
            }
            Err(error) => {
                let failure = error.failure();
                let policy = failure.and_then(|f| inner.settings.policies.load.get(f.index()));
                match (failure, policy) {
                    (Some(failure), Some(OnLoadFailure::GoOnAnonymously)) => {
                        let answer = "anonymous";
                        inner.observer.answered(Moment::Loading, failure, answer);
                        Known::Barred(Dropped::LoadFailed)
                    }
                    _ => {
                        state.known = Known::Failed(error.clone());
                        return Err(error);
                    }
                }
            }
        };
        Ok(())
    }

    /// Whether this request had come to the layer when its session ended, as far as the clocks of the
    /// hosts tell: rather once too often, since a request that makes no session harms less than one that
    /// overwrites the cookie of another.
    fn was_under_way(&self, ended: Timestamp) -> bool {
        ended.plus(self.inner().settings.clock_margin) >= self.shared.arrived
    }

    /// Reads a session, and makes the touch that is due. One that fails or hangs is told and counted, and
    /// does not keep the caller from the session that was read. Another call of the same request waits for
    /// it, as for any call.
    async fn read(&self, token: &Token) -> Result<Lookup<Session<T>>> {
        let inner = self.inner();
        let peek = async || {
            let peek = inner.sessions.peek(token);
            inner.call(Op::Load, lookup_name, peek).await
        };
        let mut found = peek().await?;
        let Lookup::Found(session) = &mut found else {
            return Ok(found);
        };
        let Some(touch) = inner.sessions.due_touch(token, session) else {
            return Ok(found);
        };
        let name = |is_there: &bool| if *is_there { "touched" } else { "missing" };
        match inner.call(Op::Touch, name, touch).await {
            Ok(true) => {}
            Ok(false) => return peek().await,
            Err(error) => session.set_touch_error(error.into_store_error(Operation::Touch)),
        }
        Ok(found)
    }

    /// Carries out the policy for a token that was used again after its grace, and spares the session
    /// that the user has just signed in to. Where it fails, that is logged and counted.
    pub(super) async fn answer_reuse(&self, reused: &Reused, spared: Option<&Token>) {
        let inner = self.inner();
        inner.observer.reused(reused);
        let sessions = &inner.sessions;
        let _ = match (inner.settings.on_reused, &reused.subject) {
            (OnReused::Nothing, _) => return,
            (OnReused::EndAllOfSubject, Some(subject)) => {
                let tokens = sessions.tokens(subject);
                let revoke = async {
                    match spared {
                        Some(token) => tokens.revoke_others(token).await.map(drop),
                        None => tokens.revoke_all().await.map(drop),
                    }
                };
                inner.call(Op::EndReused, |()| "ended", revoke).await
            }
            (OnReused::EndSession | OnReused::EndAllOfSubject, _) => {
                let end = async { sessions.end_reused(reused).await.map(drop) };
                inner.call(Op::EndReused, |()| "ended", end).await
            }
        };
    }
}

pub(super) fn lookup_name<S>(lookup: &Lookup<S>) -> &'static str {
    match lookup {
        Lookup::Found(_) => "found",
        Lookup::Reused(_) => "reused",
        Lookup::Replaced => "replaced",
        Lookup::Ended { .. } => "ended",
        Lookup::Absent => "absent",
    }
}
