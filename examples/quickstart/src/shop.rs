//! The application of the story: a shop whose customers have a cart.

use std::time::Duration;

use cloakroom::{
    Issued, Label, ManualClock, MokaStore, OnCap, Session, Sessions, SignIn, Subject, Token,
};
use serde::{Deserialize, Serialize};

pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// What the shop keeps in a session.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) cart: Vec<String>,
}

pub(crate) struct Shop {
    pub(crate) sessions: Sessions<Account>,
    pub(crate) clock: ManualClock,
    /// The one customer of the story.
    pub(crate) ada: Subject,
}

impl Shop {
    /// In a service, the clock is left out: it is the system's by default.
    pub(crate) fn open() -> Result<Self> {
        let clock = ManualClock::new();
        let sessions = Sessions::builder(MokaStore::new())
            .idle_timeout(minutes(30))
            .overall_timeout(Duration::from_hours(12))
            .cap(3, OnCap::EvictOldest)
            .clock(clock.clone())
            .build()?;
        let ada = Subject::new("ada")?;
        Ok(Self {
            sessions,
            clock,
            ada,
        })
    }

    /// Signs Ada in, from the session that the device has, if any.
    pub(crate) async fn sign_in(
        &self,
        device: &str,
        from: Option<&Token>,
    ) -> Result<SignIn<Account>> {
        let attempt = self.sessions.begin_sign_in(&self.ada).await?;
        // … here the password is checked …
        let attempt = attempt.label(Label::new(device)?);
        Ok(self
            .sessions
            .complete(attempt, from, Option::unwrap_or_default)
            .await?)
    }

    /// Signs Ada in, where nothing stands in the way.
    pub(crate) async fn signed_in(
        &self,
        device: &str,
        from: Option<&Token>,
    ) -> Result<Issued<Account>> {
        let sign_in = self.sign_in(device, from).await?;
        Ok(sign_in.signed_in().ok_or("the sign-in was refused")?)
    }

    /// The session of a token, as a request finds it.
    pub(crate) async fn load(&self, token: &Token) -> Result<Option<Session<Account>>> {
        Ok(self.sessions.load(token).await?.found())
    }
}

pub(crate) fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}
