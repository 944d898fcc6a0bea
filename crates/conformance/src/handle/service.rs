//! An application's hosts over one store.

use std::collections::BTreeSet;
use std::time::Duration;

use cloakroom_core::fault::{FaultStore, Faults};
use cloakroom_core::store::Reused;
use cloakroom_core::{
    Clock as _, Credential, Error, ErrorKind, Issued, Listed, Lookup, ManualClock, Renewal,
    Session, SessionId, Sessions, SessionsBuilder, SignIn, SignInAttempt, SignOut, Subject,
    SystemClock, Timestamp, Token,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::harness::{Harness, Tamper};

/// Session data as an application has them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) visits: u64,
    pub(crate) note: String,
}

impl Account {
    pub(crate) fn noted(note: &str) -> Self {
        Self {
            note: note.to_owned(),
            ..Self::default()
        }
    }

    /// What a sign-in makes of what it carries over.
    pub(crate) fn carried(carried: Option<Self>) -> Self {
        carried.unwrap_or_default()
    }
}

/// An application: its data, and its time, which the case moves by hand.
pub(crate) struct Service<H> {
    pub(crate) harness: H,
    /// Begins at the present, since an engine that expires keys by its own clock must not take the
    /// first session of a case for one of long ago.
    pub(crate) clock: ManualClock,
}

impl<H: Harness> Service<H> {
    /// A service without data.
    pub(crate) async fn start() -> Self {
        Self {
            harness: H::start().await,
            clock: ManualClock::at(SystemClock.now()),
        }
    }

    /// A service without data whose store can be damaged; none where the store keeps no bytes, as its
    /// forgetting proves.
    pub(crate) async fn that_keeps_bytes() -> Option<Self> {
        let service = Self::start().await;
        if service.harness.tamper().is_some() {
            return Some(service);
        }
        let reopened = service.harness.reopen().await;
        assert!(
            reopened.is_none(),
            "a store that keeps bytes gives the suite a `Tamper`"
        );
        None
    }

    /// The way around the store.
    pub(crate) fn tamper(&self) -> &dyn Tamper {
        let tamper = self.harness.tamper();
        tamper.expect("only cases that asked for it tamper")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// One more host, with the default settings.
    pub(crate) async fn host(&self) -> Host {
        self.host_with(|settings| settings).await
    }

    /// One more host, with settings of its own.
    pub(crate) async fn host_with<T>(
        &self,
        settings: impl FnOnce(SessionsBuilder<T>) -> SessionsBuilder<T>,
    ) -> Host<T> {
        let store = FaultStore::new(self.harness.store().await);
        let faults = store.faults();
        let builder = Sessions::builder(store).clock(self.clock.clone());
        Host {
            sessions: settings(builder).build().expect("valid settings"),
            faults,
        }
    }
}

/// A host of the application: a handle with a client of its own to the store, which fails on demand.
///
/// Its methods are those of the handle, and what fails, fails the case. What is expected to fail is
/// asked of `sessions` itself.
pub(crate) struct Host<T = Account> {
    pub(crate) sessions: Sessions<T>,
    /// What happens to the calls of this host alone.
    pub(crate) faults: Faults,
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Host<T> {
    pub(crate) async fn create(&self, data: T) -> Issued<T> {
        let created = self.sessions.create(data).await;
        created.expect("create does not fail")
    }

    pub(crate) async fn load(&self, credential: &impl Credential) -> Lookup<Session<T>> {
        let loaded = self.sessions.load(credential).await;
        loaded.expect("load does not fail")
    }

    pub(crate) async fn peek(&self, credential: &impl Credential) -> Lookup<Session<T>> {
        let read = self.sessions.peek(credential).await;
        read.expect("peek does not fail")
    }

    pub(crate) async fn update(
        &self,
        credential: &impl Credential,
        change: impl FnMut(&mut T),
    ) -> Lookup<Session<T>> {
        let updated = self.sessions.update(credential, change).await;
        updated.expect("update does not fail")
    }

    /// A load of a session, which has to be there.
    pub(crate) async fn open(&self, credential: &impl Credential) -> Session<T> {
        expect_found(self.load(credential).await)
    }

    /// A change of a session, which has to be there.
    pub(crate) async fn change(
        &self,
        credential: &impl Credential,
        change: impl FnMut(&mut T),
    ) -> Session<T> {
        expect_found(self.update(credential, change).await)
    }

    pub(crate) async fn sign_out(&self, credential: &impl Credential) -> SignOut {
        let ended = self.sessions.sign_out(credential).await;
        ended.expect("sign_out does not fail")
    }

    pub(crate) async fn begin(&self, subject: &Subject) -> SignInAttempt {
        let begun = self.sessions.begin_sign_in(subject).await;
        begun.expect("begin_sign_in does not fail")
    }

    /// Whether a token opens a session.
    pub(crate) async fn lives(&self, credential: &impl Credential) -> bool {
        self.peek(credential).await.is_found()
    }

    /// The sessions of a subject.
    pub(crate) async fn ids(&self, subject: &Subject) -> BTreeSet<SessionId> {
        let listed = self.sessions.tokens(subject).list().await;
        let listed = listed.expect("list does not fail");
        let ids: BTreeSet<_> = listed.iter().map(Listed::id).collect();
        assert_eq!(ids.len(), listed.len(), "every session is listed once");
        ids
    }

    /// Ends all sessions of a subject. Says how many there were.
    pub(crate) async fn revoke_all(&self, subject: &Subject) -> usize {
        let revoked = self.sessions.tokens(subject).revoke_all().await;
        revoked.expect("revoke_all does not fail").ended.len()
    }
}

impl Host {
    /// A visitor's session.
    pub(crate) async fn visit(&self) -> Issued<Account> {
        self.create(Account::default()).await
    }

    pub(crate) async fn complete(
        &self,
        attempt: SignInAttempt,
        from: Option<&Token>,
    ) -> SignIn<Account> {
        let completed = self.sessions.complete(attempt, from, Account::carried);
        completed.await.expect("complete does not fail")
    }

    /// Signs in, which has to succeed.
    pub(crate) async fn sign_in(&self, subject: &Subject) -> Issued<Account> {
        self.sign_in_from(subject, None).await
    }

    /// Signs in from a session, which has to succeed.
    pub(crate) async fn sign_in_from(
        &self,
        subject: &Subject,
        from: Option<&Token>,
    ) -> Issued<Account> {
        let attempt = self.begin(subject).await;
        match self.complete(attempt, from).await {
            SignIn::SignedIn { issued, .. } => issued,
            other => panic!("the sign-in has to succeed, and is {other:?}"),
        }
    }

    /// Renews a token without a grace, which has to succeed.
    pub(crate) async fn renew_at_once(&self, token: &Token) -> Issued<Account> {
        match self.sessions.renew(token, Duration::ZERO).await {
            Ok(Renewal::Renewed(issued)) => issued,
            other => panic!("the token has to be renewed, and the answer is {other:?}"),
        }
    }

    /// What an old token tells after its grace.
    pub(crate) async fn reused(&self, token: &Token) -> Reused {
        match self.load(token).await {
            Lookup::Reused(reused) => reused,
            other => panic!("an old token is told as such, not {other:?}"),
        }
    }

    /// The data that a token opens.
    pub(crate) async fn data(&self, credential: &impl Credential) -> Account {
        expect_found(self.peek(credential).await).into_data()
    }
}

/// The session, which has to be there.
pub(crate) fn expect_found<S>(lookup: Lookup<S>) -> S {
    match lookup {
        Lookup::Found(session) => session,
        other => panic!(
            "the session has to be there, and the answer is {:?}",
            other.map(drop)
        ),
    }
}

/// How a call failed.
pub(crate) fn failure<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}
