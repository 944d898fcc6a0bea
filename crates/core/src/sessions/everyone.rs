//! Ending everybody's sessions.

use std::collections::HashSet;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::sessions::Sessions;
use crate::store::{DeleteOutcome, EndReason, Listed, Page, ScanPage};
use crate::time::Timestamp;

const PAGE: usize = 500;

/// A scan lists a session that takes a new id meanwhile by one of its ids at least. So after one pass
/// only those are left whose old id was listed, and that had the new one before they could be ended; and
/// those that the store lists again. Each pass leaves fewer.
const PASSES: u32 = 100;

/// What [`Sessions::end_everyone`] has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EveryoneEnded {
    /// How many sessions, at least: a lost answer leaves some uncounted.
    pub sessions: u64,
}

impl<T> Sessions<T> {
    /// Ends the sessions of everybody, signed in or not, that were created before the call; damaged
    /// ones too. Open sign-in attempts of the users it meets are superseded.
    ///
    /// It is done when a whole scan finds nothing left that was created before the call. A session that
    /// is renewed or reauthenticated while it runs does not get away: it keeps the time of its creation,
    /// and the scan lists it by one of its ids. Sessions that begin meanwhile live, except those of
    /// users that still had an older one.
    ///
    /// *Before* is as the clocks of the hosts tell. A session whose time of creation lies after the
    /// call is spared, though it was there before: one that was created while the clock of its host was
    /// ahead of this one's, or before this one's was set back by more than the session is old. Where
    /// that is possible, call it once more when the clock has passed the time of which they could be.
    ///
    /// # Errors
    ///
    /// Where the store fails. Some sessions have ended then, and others have not: call it again.
    pub async fn end_everyone(&self) -> Result<EveryoneEnded> {
        let began = self.now();
        let mut total = EveryoneEnded::default();
        for _ in 0..PASSES {
            let pass = self.end_older(began).await?;
            total.sessions += pass.ended;
            if pass.met == 0 {
                return Ok(total);
            }
        }
        let why = format!("after {PASSES} passes there were still older sessions");
        Err(Error::with_source(
            ErrorKind::Contended,
            Operation::Scan,
            why,
        ))
    }

    /// One pass over all sessions.
    async fn end_older(&self, began: Timestamp) -> Result<Pass> {
        let mut pass = Pass::default();
        let mut page = Page {
            after: None,
            limit: PAGE,
        };
        loop {
            let now = self.now();
            let tried = match self.retry(|| self.store().scan(&page, now)).await {
                Err(error) if error.kind() == ErrorKind::CursorLost => {
                    // What is left waits for the next pass.
                    pass.met += 1;
                    return Ok(pass);
                }
                other => other?,
            };
            self.end_page(&tried.outcome, began, &mut pass).await?;
            match tried.outcome.next {
                Some(next) => page.after = Some(next),
                None => return Ok(pass),
            }
        }
    }

    async fn end_page(&self, page: &ScanPage, began: Timestamp, pass: &mut Pass) -> Result<()> {
        let mut revoked = HashSet::new();
        for listed in &page.sessions {
            let subject = match listed {
                Listed::Session(info) if info.created > began => continue,
                Listed::Session(info) => info.subject.as_ref(),
                Listed::Damaged(_) | Listed::NewerVersion(_) => None,
            };
            pass.met += 1;
            if let Some(subject) = subject {
                if revoked.insert(subject.clone()) {
                    let outcome = self.tokens(subject).revoke_all().await?;
                    pass.ended += outcome.ended.len() as u64;
                }
                continue;
            }
            let ended = self
                .end(listed.id(), None, None, EndReason::Ended, self.now())
                .await?;
            if let DeleteOutcome::Deleted { .. } = ended.outcome {
                pass.ended += 1;
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Pass {
    /// How many sessions the scan listed that had to end.
    met: u64,
    /// How many of them this pass has ended; others ended by themselves.
    ended: u64,
}
