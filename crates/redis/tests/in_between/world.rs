//! Two hosts on the same data, one of which can be held between two of its requests.

use std::pin::pin;
use std::time::Duration;

use cloakroom_conformance::Tamper as _;
use cloakroom_core::store::{Create, CreateOutcome, LoadOutcome, Page};
use cloakroom_core::{ErrorKind, Generation, SessionId, SessionStore};
use cloakroom_redis::{Eviction, RedisStore, Server};

use crate::deed::{Deed, Told};
use crate::plan::{Hand, Occasion, Plan};
use crate::support;
use crate::support::proxy::Proxy;
use crate::support::requests::create;
use crate::support::tamper::Around;

/// Two hosts on the same data: ours is behind a proxy.
pub(crate) struct World {
    pub(crate) ours: RedisStore,
    proxy: Proxy,
    theirs: RedisStore,
    around: Around,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = support::shared();
        let database = support::database();
        let proxy = Proxy::before(server.port).await;
        let host = async |url| {
            let builder = RedisStore::builder(Server::standalone(url)).database(database);
            builder
                .eviction(Eviction::Possible)
                .connect()
                .await
                .unwrap()
        };
        let url = format!("{}/{database}", server.url());
        Self {
            ours: host(proxy.url()).await,
            theirs: host(server.url()).await,
            around: Around::at(&[url], "cloakroom").await,
            proxy,
        }
    }

    /// Signs the user in; the generation is that of all sign-ins.
    pub(crate) async fn prepare(&self, plan: &Plan, ours_knows: bool) -> Generation {
        let (store, now) = match ours_knows {
            true => (&self.ours, plan.now),
            false => (&self.theirs, plan.now),
        };
        let (until, began) = match plan.occasion {
            Occasion::TheLast => (now.minus(Duration::from_secs(20)), plan.first.created()),
            _ => (now.plus(Duration::from_secs(600)), now),
        };
        let generation = store.begin(&plan.ada, until, began).await.unwrap();
        let records = match plan.occasion {
            Occasion::TheLast => vec![&plan.first],
            _ => vec![&plan.first, &plan.second],
        };
        for record in records {
            let at = record.created();
            let created = store.create(&create(record), at).await.unwrap();
            assert!(matches!(created, CreateOutcome::Created { .. }));
            if ours_knows {
                let loaded = store.load(record.id(), now).await.unwrap();
                assert!(matches!(loaded, LoadOutcome::Found(_)));
            }
        }
        if plan.occasion == Occasion::Damaged {
            let damaged = b"not a record".to_vec();
            self.around.write_record(plan.second.id(), damaged).await;
        }
        generation
    }

    /// What can be seen afterwards.
    pub(crate) async fn after(
        &self,
        plan: &Plan,
        generation: Generation,
        hands: [&Hand; 2],
        told: [Told; 2],
    ) -> After {
        let store = &self.theirs;
        let later = plan.now.plus(Duration::from_secs(10));
        let new = hands.map(|hand| [hand.id, hand.record.id()]);
        let mut loaded = Vec::new();
        for id in [plan.first.id(), plan.second.id()]
            .into_iter()
            .chain(new.concat())
        {
            loaded.push(store.load(id, later).await.map_err(|error| error.kind()));
        }
        let page = Page {
            after: None,
            limit: 100,
        };
        let listed = store.token_set(&plan.ada, &page, later).await.unwrap();
        let mut listed: Vec<_> = listed.sessions.iter().map(|listed| listed.id()).collect();
        listed.sort_unstable();
        let late = Create {
            generation: Some(generation),
            ..create(&plan.hand(store, later).record)
        };
        let joined = store.create(&late, later).await.unwrap();
        After {
            told,
            loaded,
            listed,
            joined,
        }
    }

    /// Ours and theirs, one after the other.
    pub(crate) async fn in_turn(
        &self,
        plan: &Plan,
        deeds: [Deed; 2],
        hands: [&Hand; 2],
        ours_first: bool,
    ) -> After {
        let generation = self.prepare(plan, false).await;
        let case = (plan, generation);
        let ours = deeds[0].run(&self.ours, &self.around, case, hands[0]);
        let theirs = deeds[1].run(&self.theirs, &self.around, case, hands[1]);
        let told = match ours_first {
            true => {
                let ours = ours.await;
                [ours, theirs.await]
            }
            false => {
                let theirs = theirs.await;
                [ours.await, theirs]
            }
        };
        self.after(plan, generation, hands, told).await
    }

    /// Theirs comes while ours is under way, where that makes so many requests.
    pub(crate) async fn in_between(
        &self,
        plan: &Plan,
        deeds: [Deed; 2],
        hands: [&Hand; 2],
        how: How,
    ) -> After {
        let (requests, ours_knows) = match how {
            How::Before => (0, true),
            How::After {
                requests,
                ours_knows,
            } => (requests, ours_knows),
        };
        let generation = self.prepare(plan, ours_knows).await;
        let case = (plan, generation);
        let mut ours = pin!(deeds[0].run(&self.ours, &self.around, case, hands[0]));
        let theirs = deeds[1].run(&self.theirs, &self.around, case, hands[1]);
        if let How::Before = how {
            let theirs = theirs.await;
            let told = [ours.await, theirs];
            return self.after(plan, generation, hands, told).await;
        }
        self.proxy.holds_after(requests);
        let told = tokio::select! {
            ours = &mut ours => {
                self.proxy.release();
                [ours, theirs.await]
            }
            () = self.proxy.has_held() => {
                let theirs = theirs.await;
                self.proxy.release();
                [ours.await, theirs]
            }
        };
        self.after(plan, generation, hands, told).await
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct After {
    told: [Told; 2],
    loaded: Vec<Result<LoadOutcome, ErrorKind>>,
    listed: Vec<SessionId>,
    /// A sign-in that began before all of it.
    joined: CreateOutcome,
}

/// When theirs comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    /// Before ours begins; but our host has read and written what was there before that.
    Before,
    /// After so many requests of ours.
    After {
        requests: usize,
        /// Whether our host has read and written what there is.
        ours_knows: bool,
    },
}

pub(crate) const HOW: [How; 6] = [
    How::Before,
    How::After {
        requests: 1,
        ours_knows: true,
    },
    How::After {
        requests: 1,
        ours_knows: false,
    },
    How::After {
        requests: 2,
        ours_knows: false,
    },
    How::After {
        requests: 3,
        ours_knows: false,
    },
    How::After {
        requests: 4,
        ours_knows: false,
    },
];

impl How {
    /// Whether ours ever makes so many requests.
    pub(crate) fn can_be(self, occasion: Occasion) -> bool {
        let most = match occasion {
            Occasion::Damaged => 4,
            Occasion::Two | Occasion::TheLast => 2,
        };
        !matches!(self, Self::After { requests, .. } if requests > most)
    }
}
