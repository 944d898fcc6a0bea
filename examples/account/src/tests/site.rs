//! The application as the tests set it up.

use std::time::Duration;

use axum::Router;
use cloakroom::fault::{FaultStore, Faults};
use cloakroom::{ManualClock, MokaStore, Sessions};

use crate::app::App;
use crate::passwords::Passwords;
use crate::session_layer::{self, Secure};
use crate::store;
use crate::tests::{Browser, Scratch};
use crate::users::{UserName, Users};
use crate::visit::Visit;

pub(crate) const CONFIRM_AFTER: Duration = Duration::from_secs(300);

/// The application on a store that fails on demand, with a clock that is moved by hand.
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) faults: Faults,
    pub(crate) users: Users,
    pub(crate) sessions: Sessions<Visit>,
    _scratch: Scratch,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(Secure::No)
    }

    pub(crate) fn with(secure: Secure) -> Self {
        let scratch = Scratch::new();
        let clock = ManualClock::new();
        let faulty = FaultStore::new(MokaStore::new());
        let faults = faulty.faults();
        let sessions = store::sessions(faulty)
            .clock(clock.clone())
            .build()
            .unwrap();
        let users = Users::open(scratch.path()).unwrap();
        let app = App {
            users: users.clone(),
            passwords: Passwords::new().unwrap(),
            confirm_after: CONFIRM_AFTER,
        };
        let layer = session_layer::build(sessions.clone(), secure, "test").unwrap();
        Self {
            router: app.router(layer),
            clock,
            faults,
            users,
            sessions,
            _scratch: scratch,
        }
    }

    /// A browser that has never been here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A browser whose user has just created an account, with the password "correct horse".
    pub(crate) async fn signed_up(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/sign-up").await;
        let fields = [("name", name), ("password", "correct horse")];
        let answer = browser.post("/sign-up", &fields).await;
        assert_eq!(answer.location(), Some("/"), "{answer:?}");
        browser
    }

    /// Another browser, signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(name, "correct horse").await;
        assert_eq!(answer.location(), Some("/"), "{answer:?}");
        browser
    }

    /// How many sessions a user has.
    pub(crate) async fn sessions_of(&self, name: &str) -> usize {
        let user = self.users.by_name(&UserName::new(name).unwrap()).unwrap();
        self.sessions.tokens(&user.id).count().await.unwrap()
    }
}
