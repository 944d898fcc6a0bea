//! The part of a web shop that knows who is there.

use std::time::Duration;

use cloakroom::{
    Clock, Issued, Result, Session, SessionStore, Sessions, SignIn, Subject, Timeouts, Token,
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::users::Users;

/// How lately a user must have signed in to change the password.
const RECENT: Duration = Duration::from_mins(5);

/// What the shop keeps in a session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// What is to be bought.
    pub cart: Vec<String>,
}

/// What the pages of the shop call. It does not name its store, and nothing about it is generic.
#[derive(Debug)]
pub struct Accounts {
    sessions: Sessions<Account>,
    users: Users,
}

impl Accounts {
    /// Over any store: the one place where a test differs from the service.
    ///
    /// # Errors
    ///
    /// None with these settings.
    pub fn new(store: impl SessionStore, clock: impl Clock) -> Result<Self> {
        let sessions = Sessions::builder(store).clock(clock);
        Ok(Self {
            sessions: sessions.timeouts(Timeouts::default()).build()?,
            users: Users::default(),
        })
    }

    /// Lets a new user in from now on.
    pub fn register(&self, user: &Subject, password: &str) {
        self.users.set_password(user, password);
    }

    /// A session for somebody who has none.
    ///
    /// # Errors
    ///
    /// [`Failure::Unavailable`] and the like.
    pub async fn visit(&self) -> Result<Issued<Account>, Failure> {
        Ok(self.sessions.create(Account::default()).await?)
    }

    /// Signs a user in. The client gets a new token, and the cart comes along.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] for a wrong name or password, [`Failure::BeginAgain`] where the password
    /// has changed meanwhile or the form was sent twice.
    pub async fn sign_in(
        &self,
        user: &Subject,
        password: &str,
        from: Option<&Token>,
    ) -> Result<Issued<Account>, Failure> {
        let attempt = self.sessions.begin_sign_in(user).await?;
        if !self.users.is_password(user, password) {
            return Err(Failure::Refused);
        }
        let sign_in = self
            .sessions
            .complete(attempt, from, Option::unwrap_or_default);
        match sign_in.await? {
            SignIn::SignedIn { issued, .. } => Ok(issued),
            SignIn::Superseded | SignIn::Expired | SignIn::Gone => Err(Failure::BeginAgain),
            SignIn::CapReached => Err(Failure::Refused),
        }
    }

    /// The session of a token.
    ///
    /// # Errors
    ///
    /// [`Failure::SignedOut`] where there is none.
    pub async fn session(&self, token: &Token) -> Result<Session<Account>, Failure> {
        let found = self.sessions.load(token).await?;
        found.found().ok_or(Failure::SignedOut)
    }

    /// Puts something into the cart.
    ///
    /// # Errors
    ///
    /// [`Failure::SignedOut`], [`Failure::Unavailable`], or [`Failure::PerhapsDone`].
    pub async fn put(&self, token: &Token, thing: &str) -> Result<Session<Account>, Failure> {
        let put = self
            .sessions
            .update(token, |account| account.cart.push(thing.to_owned()));
        put.await?.found().ok_or(Failure::SignedOut)
    }

    /// Changes the password of whoever is signed in, and ends all the other sessions. After an error
    /// it can be called again.
    ///
    /// # Errors
    ///
    /// [`Failure::Reauthenticate`] where the sign-in is not recent.
    pub async fn change_password(&self, token: &Token, password: &str) -> Result<(), Failure> {
        let session = self.session(token).await?;
        let user = session.subject().ok_or(Failure::SignedOut)?;
        if !session.authenticated_within(RECENT) {
            return Err(Failure::Reauthenticate);
        }
        self.users.set_password(user, password);
        let _ = self.sessions.tokens(user).revoke_others(token).await?;
        Ok(())
    }
}
