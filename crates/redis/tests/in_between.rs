//! A change is decided by what was read, and written a round trip later. Whatever comes in between, by
//! another host or by damage, all is as if one of the two had come after the other.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::pin::pin;
use std::time::Duration;

use cloakroom_conformance::Tamper as _;
use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, OnCap, Page, Renew,
    RenewOutcome, Replaces, Revoke, RevokeKind, Revoked, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{
    Clock, ErrorKind, Generation, Record, SessionId, SessionStore, Subject, SystemClock, Timestamp,
    WriteId,
};
use cloakroom_redis::{Eviction, RedisStore, Server};
use support::proxy::Proxy;
use support::requests::{create, delete, random_id, revoke, signed_in, subject, update};
use support::tamper::Around;

/// What one of two does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Begin,
    Update,
    Touch,
    TouchTheOther,
    Renew,
    RenewWithGrace,
    Delete,
    DeleteUnchanged,
    /// Once it was updated.
    DeleteUpdated,
    RevokeOne,
    RevokeAll,
    RevokeOthers,
    SignIn,
    SignInOfAnEarlierGeneration,
    SignInThatEvicts,
    SignInThatIsRefused,
    SignInInstead,
    LoseSession,
    LoseSet,
    /// The very request of the other: the answer was lost, and it was sent again.
    TheSame,
}

const DEEDS: [Deed; 20] = [
    Deed::Begin,
    Deed::Update,
    Deed::Touch,
    Deed::TouchTheOther,
    Deed::Renew,
    Deed::RenewWithGrace,
    Deed::Delete,
    Deed::DeleteUnchanged,
    Deed::DeleteUpdated,
    Deed::RevokeOne,
    Deed::RevokeAll,
    Deed::RevokeOthers,
    Deed::SignIn,
    Deed::SignInOfAnEarlierGeneration,
    Deed::SignInThatEvicts,
    Deed::SignInThatIsRefused,
    Deed::SignInInstead,
    Deed::LoseSession,
    Deed::LoseSet,
    Deed::TheSame,
];

impl Deed {
    /// What a store does, and not the tests by its side.
    fn is_of_a_store(self) -> bool {
        !matches!(self, Self::LoseSession | Self::LoseSet | Self::TheSame)
    }
}

/// What it was told.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// Whether the generation is the one of the sign-ins before.
    Begun(bool),
    Updated(UpdateOutcome),
    Touched(TouchOutcome),
    Renewed(RenewOutcome),
    Deleted(DeleteOutcome),
    Revoked(Revoked),
    Created(CreateOutcome),
    Lost,
    Failed(ErrorKind),
}

/// What there is before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// Two sessions, and a sign-in that has begun.
    Two,
    /// One session, and no sign-in that has begun lately: with the session the set goes.
    TheLast,
    /// Two sessions, of which the second is damaged: its record has to be looked at by whoever ends it.
    Damaged,
}

/// The sessions of a user, and what may be asked: the same in every world.
struct Plan {
    occasion: Occasion,
    ada: Subject,
    first: Record,
    second: Record,
    now: Timestamp,
}

/// What is new in the request of one of the two.
struct Hand {
    id: SessionId,
    by: WriteId,
    record: Record,
    at: Timestamp,
}

impl Plan {
    fn new(store: &RedisStore, occasion: Occasion, number: usize) -> Self {
        let now = SystemClock.now();
        let ada = subject(&format!("ada-{number}"));
        let of = |ago| signed_in(store, &ada, now.minus(Duration::from_secs(ago)));
        Self {
            occasion,
            first: of(20),
            second: of(10),
            ada,
            now,
        }
    }

    fn hand(&self, store: &RedisStore, at: Timestamp) -> Hand {
        Hand {
            id: random_id(self.first.id().placement()),
            by: WriteId::random(),
            record: signed_in(store, &self.ada, at),
            at,
        }
    }

    fn update(&self, hand: &Hand) -> Update {
        Update {
            write_id: hand.by,
            ..update(&self.first, "changed")
        }
    }

    fn renew(&self, hand: &Hand, grace: Duration) -> Renew {
        Renew {
            old: self.first.id(),
            new: hand.id,
            subject: Some(self.ada.clone()),
            grace,
        }
    }

    fn delete(&self, hand: &Hand) -> Delete {
        Delete {
            write_id: hand.by,
            ..delete(&self.first)
        }
    }

    fn revoke(&self, hand: &Hand, kind: RevokeKind) -> Revoke {
        Revoke {
            write_id: hand.by,
            ..revoke(&self.ada, kind)
        }
    }

    fn sign_in(&self, hand: &Hand, max: u32, on_cap: OnCap) -> Create {
        Create {
            cap: Cap::new(max, on_cap).unwrap(),
            ..create(&hand.record)
        }
    }
}

/// Two hosts on the same data: ours is behind a proxy.
struct World {
    ours: RedisStore,
    proxy: Proxy,
    theirs: RedisStore,
    around: Around,
}

impl World {
    async fn new() -> Self {
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
    async fn prepare(&self, plan: &Plan, ours_knows: bool) -> Generation {
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

    async fn deed(
        &self,
        store: &RedisStore,
        (plan, generation): (&Plan, Generation),
        deed: Deed,
        hand: &Hand,
    ) -> Told {
        let (ada, at) = (&plan.ada, hand.at);
        let cap = match deed {
            Deed::SignInThatEvicts => (2, OnCap::EvictOldest),
            Deed::SignInThatIsRefused => (2, OnCap::Refuse),
            Deed::SignInInstead => (2, OnCap::Refuse),
            _ => (3, OnCap::Refuse),
        };
        let sign_in = plan.sign_in(hand, cap.0, cap.1);
        let told = match deed {
            Deed::Begin => {
                let until = at.plus(Duration::from_secs(600));
                let begun = store.begin(ada, until, at).await;
                begun.map(|begun| Told::Begun(begun == generation))
            }
            Deed::Update => {
                let updated = store.update(&plan.update(hand), at).await;
                updated.map(Told::Updated)
            }
            Deed::Touch | Deed::TouchTheOther => {
                let record = match deed {
                    Deed::Touch => &plan.first,
                    _ => &plan.second,
                };
                let touched = store.touch(record.id(), Some(ada), at).await;
                touched.map(Told::Touched)
            }
            Deed::Renew | Deed::RenewWithGrace => {
                let grace = match deed {
                    Deed::Renew => Duration::ZERO,
                    _ => Duration::from_secs(30),
                };
                let renewed = store.renew(&plan.renew(hand, grace), at).await;
                renewed.map(Told::Renewed)
            }
            Deed::Delete => store
                .delete(&plan.delete(hand), at)
                .await
                .map(Told::Deleted),
            Deed::DeleteUnchanged | Deed::DeleteUpdated => {
                let revision = plan.first.revision();
                let expected = match deed {
                    Deed::DeleteUnchanged => revision,
                    _ => revision.next(),
                };
                let delete = Delete {
                    expected: Some(expected),
                    ..plan.delete(hand)
                };
                store.delete(&delete, at).await.map(Told::Deleted)
            }
            Deed::RevokeOne | Deed::RevokeAll | Deed::RevokeOthers => {
                let kind = match deed {
                    Deed::RevokeOne => RevokeKind::One(plan.first.id()),
                    Deed::RevokeAll => RevokeKind::All,
                    _ => RevokeKind::AllExcept(plan.first.id()),
                };
                let revoked = store.revoke(&plan.revoke(hand, kind), at).await;
                revoked.map(Told::Revoked)
            }
            Deed::SignIn | Deed::SignInThatEvicts | Deed::SignInThatIsRefused => {
                store.create(&sign_in, at).await.map(Told::Created)
            }
            Deed::SignInOfAnEarlierGeneration => {
                let begun = Create {
                    generation: Some(generation),
                    ..sign_in
                };
                store.create(&begun, at).await.map(Told::Created)
            }
            Deed::SignInInstead => {
                let instead = Create {
                    replaces: Some(Replaces {
                        id: plan.first.id(),
                        revision: plan.first.revision(),
                    }),
                    ..sign_in
                };
                store.create(&instead, at).await.map(Told::Created)
            }
            Deed::LoseSession => {
                self.around.lose_record(plan.first.id()).await;
                Ok(Told::Lost)
            }
            Deed::LoseSet => {
                self.around.lose_token_set(ada).await;
                Ok(Told::Lost)
            }
            Deed::TheSame => unreachable!("it stands for another"),
        };
        told.unwrap_or_else(|error| Told::Failed(error.kind()))
    }

    /// What can be seen afterwards.
    async fn after(
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
    async fn in_turn(
        &self,
        plan: &Plan,
        deeds: [Deed; 2],
        hands: [&Hand; 2],
        ours_first: bool,
    ) -> After {
        let generation = self.prepare(plan, false).await;
        let case = (plan, generation);
        let ours = self.deed(&self.ours, case, deeds[0], hands[0]);
        let theirs = self.deed(&self.theirs, case, deeds[1], hands[1]);
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
    async fn in_between(
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
        let mut ours = pin!(self.deed(&self.ours, case, deeds[0], hands[0]));
        let theirs = self.deed(&self.theirs, case, deeds[1], hands[1]);
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
struct After {
    told: [Told; 2],
    loaded: Vec<Result<LoadOutcome, ErrorKind>>,
    listed: Vec<SessionId>,
    /// A sign-in that began before all of it.
    joined: CreateOutcome,
}

/// When theirs comes.
#[derive(Debug, Clone, Copy)]
enum How {
    /// Before ours begins; but our host has read and written what was there before that.
    Before,
    /// After so many requests of ours.
    After {
        requests: usize,
        /// Whether our host has read and written what there is.
        ours_knows: bool,
    },
}

const HOW: [How; 6] = [
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
    fn can_be(self, occasion: Occasion) -> bool {
        let most = match occasion {
            Occasion::Damaged => 4,
            Occasion::Two | Occasion::TheLast => 2,
        };
        !matches!(self, Self::After { requests, .. } if requests > most)
    }
}

async fn all_in(occasion: Occasion) {
    let worlds = [World::new().await, World::new().await, World::new().await];
    let [one, two, between] = &worlds;
    let mut number = 0;
    for ours in DEEDS.into_iter().filter(|deed| deed.is_of_a_store()) {
        for theirs in DEEDS {
            for how in HOW.into_iter().filter(|how| how.can_be(occasion)) {
                // Of what it ends, a revocation checks no more than that it is in the set.
                let is_lost = theirs == Deed::LoseSession && occasion == Occasion::Damaged;
                if is_lost && matches!(ours, Deed::RevokeOne | Deed::RevokeAll) {
                    continue;
                }
                number += 1;
                let plan = Plan::new(&one.ours, occasion, number);
                let hand = |after| {
                    let at = plan.now.plus(Duration::from_secs(after));
                    plan.hand(&one.ours, at)
                };
                let hands = [hand(1), hand(2)];
                let (hands, deeds) = match theirs {
                    Deed::TheSame => ([&hands[0], &hands[0]], [ours, ours]),
                    _ => ([&hands[0], &hands[1]], [ours, theirs]),
                };
                let ours_first = one.in_turn(&plan, deeds, hands, true).await;
                let theirs_first = two.in_turn(&plan, deeds, hands, false).await;
                let found = between.in_between(&plan, deeds, hands, how).await;
                let may_be_first = !matches!(how, How::Before);
                assert!(
                    found == theirs_first || may_be_first && found == ours_first,
                    "{ours:?}, and {theirs:?} in between ({occasion:?}, {how:?}): {found:#?}\nif ours were \
                     first: {ours_first:#?}\nif theirs were first: {theirs_first:#?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sessions() {
    all_in(Occasion::Two).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_last_session() {
    all_in(Occasion::TheLast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sessions_that_are_damaged() {
    all_in(Occasion::Damaged).await;
}
