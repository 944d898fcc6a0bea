//! From Node's sessions to Cloakroom's own, one visitor at a time.

use std::fmt;

use cloakroom_core::{Error, ErrorKind, Issued, Operation, Result, Sessions, SignIn, Subject};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::session::NodeData;
use crate::sid::Sid;
use crate::store::{Loaded, NodeStore, Saved};

/// How often a visitor is carried over anew where Node keeps changing the old session.
const RERUNS: u32 = 16;

/// Carries visitors over from Node's sessions to Cloakroom's own, each when a request comes with a valid old cookie and
/// no new one.
#[derive(Debug)]
pub struct Carrier<T> {
    node: NodeStore,
    sessions: Sessions<T>,
    old: Old,
}

/// What becomes of the old session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// It lives on, for services in Node that still need it. Both are to be ended at a sign-out, and two requests at
    /// once may carry the same visitor over twice.
    Keep,
    /// It ends, once the new one is there, if nobody has changed it since. Of two requests at once, one carries over.
    End,
}

/// Whose the new session is, and what it holds.
#[derive(Debug)]
pub enum Carry<T> {
    /// A visitor's who is not signed in.
    Anonymous(T),
    /// A user's, who is signed in by this.
    SignedIn(Subject, T),
    /// The old session is not to be carried over.
    Refuse,
}

/// What became of a visitor.
#[must_use]
pub enum Carried<T> {
    /// The new session. Its token is for the visitor.
    Issued(Issued<T>),
    /// There is no old session.
    Absent,
    /// Another request has carried it over, or ended it, meanwhile. No new session is left.
    Gone,
    /// It was refused by what it holds.
    Refused,
    /// The user could not be signed in: the cap, or a revocation in between.
    NotSignedIn(SignIn<T>),
}

impl<T> Carried<T> {
    /// The new session, where there is one.
    #[must_use]
    pub fn issued(self) -> Option<Issued<T>> {
        match self {
            Self::Issued(issued) => Some(issued),
            _ => None,
        }
    }
}

/// Without the data.
impl<T> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issued(issued) => f.debug_tuple("Issued").field(issued).finish(),
            Self::Absent => f.write_str("Absent"),
            Self::Gone => f.write_str("Gone"),
            Self::Refused => f.write_str("Refused"),
            Self::NotSignedIn(sign_in) => f.debug_tuple("NotSignedIn").field(sign_in).finish(),
        }
    }
}

impl<T> Carrier<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// From one to the other.
    pub fn new(node: NodeStore, sessions: Sessions<T>, old: Old) -> Self {
        Self {
            node,
            sessions,
            old,
        }
    }

    /// Carries one visitor over. `carry` says whose the session is and what it holds; it runs again where the old
    /// session has changed meanwhile, so it should do nothing else. **The cookie must have been verified.**
    ///
    /// The new session is there first. Where the old one cannot be ended then, the new one is ended again, so that a
    /// crash or a failure leaves the visitor with the old one. Only where it is unknown whether the old one has ended may
    /// the visitor have neither.
    ///
    /// # Errors
    ///
    /// Where either side fails. [`ErrorKind::Corrupt`] where the old session cannot be read; [`ErrorKind::Contended`]
    /// where Node keeps changing it.
    pub async fn carry(
        &self,
        sid: &Sid,
        mut carry: impl FnMut(&NodeData) -> Carry<T>,
    ) -> Result<Carried<T>> {
        for _ in 0..=RERUNS {
            let Loaded::Found(old) = self.node.load(sid).await? else {
                return Ok(Carried::Absent);
            };
            let issued = match carry(old.data()) {
                Carry::Refuse => return Ok(Carried::Refused),
                Carry::Anonymous(data) => self.sessions.create(data).await?,
                Carry::SignedIn(subject, data) => match self.sign_in(&subject, data).await? {
                    SignIn::SignedIn { issued, .. } => issued,
                    refused => return Ok(Carried::NotSignedIn(refused)),
                },
            };
            if self.old == Old::Keep {
                return Ok(Carried::Issued(issued));
            }
            let ended = self.node.end_if_same(&old, Operation::Delete).await;
            if let Ok(Saved::Saved) = ended {
                return Ok(Carried::Issued(issued));
            }
            let taken_back = self.sessions.sign_out(&issued.token).await;
            let ended = ended?;
            let _ = taken_back?;
            if ended == Saved::Missing {
                return Ok(Carried::Gone);
            }
        }
        Err(Error::new(ErrorKind::Contended, Operation::Create))
    }

    async fn sign_in(&self, subject: &Subject, data: T) -> Result<SignIn<T>> {
        let attempt = self.sessions.begin_sign_in(subject).await?;
        let mut data = Some(data);
        // Without a session to sign in from, it is asked once.
        let mut given = || data.take().expect("asked once");
        self.sessions.complete(attempt, None, |_| given()).await
    }
}
