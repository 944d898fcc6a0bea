//! The store of one case, its data, and its time.

use cloakroom_core::{Clock, SystemClock, Timestamp};

use crate::harness::{Harness, Tamper};
use crate::suite::client::Client;

/// The store of one case, its data, and its time.
pub(crate) struct Stage<H: Harness> {
    /// The store under test.
    pub(crate) store: Client<H::Store>,
    /// When the case begins; from here on the case moves time by hand.
    ///
    /// It is the present, since an engine that expires keys by its own clock must not take the first
    /// session of a case for one of long ago; at an odd millisecond, the same in every run.
    pub(crate) start: Timestamp,
    harness: H,
}

impl<H: Harness> Stage<H> {
    /// A store without data.
    pub(crate) async fn new() -> Self {
        let second = SystemClock.now().as_millis() / 1_000;
        let start = Timestamp::from_millis(second * 1_000 + 377);
        Self::over(H::start().await, start).await
    }

    /// Another client of the same data.
    pub(crate) async fn second_host(&self) -> Client<H::Store> {
        Client::new(self.harness.store().await)
    }

    /// The same data after a restart, or none where the store forgets by design.
    pub(crate) async fn reopen(self) -> Option<Self> {
        let Self {
            store,
            start,
            harness,
        } = self;
        drop(store);
        let reopened = harness.reopen().await?;
        Some(Self::over(reopened, start).await)
    }

    /// The way around the store, or the proof that it needs none.
    pub(crate) async fn tampering(self) -> Tampering<H> {
        if self.harness.tamper().is_some() {
            return Tampering::Can(self);
        }
        assert!(
            self.reopen().await.is_none(),
            "a store that can be reopened keeps bytes, and bytes can be damaged: \
             give the suite a `Tamper`"
        );
        say_nothing_to_damage();
        Tampering::NothingToDamage
    }

    /// The way around the store, where there is one.
    pub(crate) fn try_tamper(&self) -> Option<&dyn Tamper> {
        self.harness.tamper()
    }

    /// The way around the store.
    pub(crate) fn tamper(&self) -> &dyn Tamper {
        self.harness
            .tamper()
            .expect("only cases that asked for tampering tamper")
    }

    async fn over(harness: H, start: Timestamp) -> Self {
        Self {
            store: Client::new(harness.store().await),
            start,
            harness,
        }
    }
}

/// Whether a case can go around the store.
pub(crate) enum Tampering<H: Harness> {
    /// It can.
    Can(Stage<H>),
    /// The store keeps no bytes, as its forgetting proves. There is nothing to be shown.
    NothingToDamage,
}

/// A case that has nothing to show passes. Whoever reads its output is told.
#[expect(
    clippy::print_stdout,
    reason = "a test keeps it for whoever asks for the output"
)]
pub(crate) fn say_nothing_to_damage() {
    println!("nothing to damage: the harness has no `Tamper`, and this case has shown nothing");
}
