//! What one of two does, and what it is told.

use std::time::Duration;

use cloakroom_conformance::Tamper as _;
use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, OnCap, RenewOutcome, Replaces, RevokeKind,
    Revoked, TouchOutcome, UpdateOutcome,
};
use cloakroom_core::{ErrorKind, Generation, SessionStore};
use cloakroom_redis::RedisStore;

use crate::plan::{Hand, Plan};
use crate::support::tamper::Around;

/// What one of two does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
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

pub(crate) const DEEDS: [Deed; 20] = [
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
    pub(crate) fn is_of_a_store(self) -> bool {
        !matches!(self, Self::LoseSession | Self::LoseSet | Self::TheSame)
    }

    /// Does it at a store; `generation` is that of the sign-ins before.
    pub(crate) async fn run(
        self,
        store: &RedisStore,
        around: &Around,
        (plan, generation): (&Plan, Generation),
        hand: &Hand,
    ) -> Told {
        let (ada, at) = (&plan.ada, hand.at);
        let cap = match self {
            Self::SignInThatEvicts => (2, OnCap::EvictOldest),
            Self::SignInThatIsRefused => (2, OnCap::Refuse),
            Self::SignInInstead => (2, OnCap::Refuse),
            _ => (3, OnCap::Refuse),
        };
        let sign_in = plan.sign_in(hand, cap.0, cap.1);
        let told = match self {
            Self::Begin => {
                let until = at.plus(Duration::from_secs(600));
                let begun = store.begin(ada, until, at).await;
                begun.map(|begun| Told::Begun(begun == generation))
            }
            Self::Update => {
                let updated = store.update(&plan.update(hand), at).await;
                updated.map(Told::Updated)
            }
            Self::Touch | Self::TouchTheOther => {
                let record = match self {
                    Self::Touch => &plan.first,
                    _ => &plan.second,
                };
                let touched = store.touch(record.id(), Some(ada), at).await;
                touched.map(Told::Touched)
            }
            Self::Renew | Self::RenewWithGrace => {
                let grace = match self {
                    Self::Renew => Duration::ZERO,
                    _ => Duration::from_secs(30),
                };
                let renewed = store.renew(&plan.renew(hand, grace), at).await;
                renewed.map(Told::Renewed)
            }
            Self::Delete => store
                .delete(&plan.delete(hand), at)
                .await
                .map(Told::Deleted),
            Self::DeleteUnchanged | Self::DeleteUpdated => {
                let revision = plan.first.revision();
                let expected = match self {
                    Self::DeleteUnchanged => revision,
                    _ => revision.next(),
                };
                let delete = Delete {
                    expected: Some(expected),
                    ..plan.delete(hand)
                };
                store.delete(&delete, at).await.map(Told::Deleted)
            }
            Self::RevokeOne | Self::RevokeAll | Self::RevokeOthers => {
                let kind = match self {
                    Self::RevokeOne => RevokeKind::One(plan.first.id()),
                    Self::RevokeAll => RevokeKind::All,
                    _ => RevokeKind::AllExcept(plan.first.id()),
                };
                let revoked = store.revoke(&plan.revoke(hand, kind), at).await;
                revoked.map(Told::Revoked)
            }
            Self::SignIn | Self::SignInThatEvicts | Self::SignInThatIsRefused => {
                store.create(&sign_in, at).await.map(Told::Created)
            }
            Self::SignInOfAnEarlierGeneration => {
                let begun = Create {
                    generation: Some(generation),
                    ..sign_in
                };
                store.create(&begun, at).await.map(Told::Created)
            }
            Self::SignInInstead => {
                let instead = Create {
                    replaces: Some(Replaces {
                        id: plan.first.id(),
                        revision: plan.first.revision(),
                    }),
                    ..sign_in
                };
                store.create(&instead, at).await.map(Told::Created)
            }
            Self::LoseSession => {
                around.lose_record(plan.first.id()).await;
                Ok(Told::Lost)
            }
            Self::LoseSet => {
                around.lose_token_set(ada).await;
                Ok(Told::Lost)
            }
            Self::TheSame => unreachable!("it stands for another"),
        };
        told.unwrap_or_else(|error| Told::Failed(error.kind()))
    }
}

/// What it was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
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
