//! What the handle asks of a store: always enough for one that keeps records and sets apart.

mod support;

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::*;
use cloakroom_core::{
    ExternalToken, Generation, ManualClock, PlacementKey, Renewal, Result, SessionId,
    SessionOptions, SessionStore, Sessions, SignIn, SignOut, Subject, Timestamp,
};
use support::MapStore;

/// A store that finds the token set by the subject that it is given, as one on a cluster does: a change
/// that is not given the subject of a live session fails the test.
#[derive(Debug, Default)]
struct Demanding(MapStore);

impl Demanding {
    async fn check(&self, id: SessionId, subject: Option<&Subject>, now: Timestamp) {
        if let Ok(LoadOutcome::Found(record)) = self.0.load(id, now).await {
            assert_eq!(
                subject,
                record.subject(),
                "the session's own subject is given"
            );
        }
    }
}

#[async_trait::async_trait]
impl SessionStore for Demanding {
    fn placement_key(&self) -> &PlacementKey {
        self.0.placement_key()
    }

    async fn begin(&self, of: &Subject, until: Timestamp, now: Timestamp) -> Result<Generation> {
        assert!(until > now);
        self.0.begin(of, until, now).await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        if let Some(replaces) = request.replaces {
            self.check(replaces.id, request.record.subject(), now).await;
        }
        assert!(request.over.is_none() || request.record.is_external());
        self.0.create(request, now).await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.0.load(id, now).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        self.check(request.id, request.subject.as_ref(), now).await;
        self.0.update(request, now).await
    }

    async fn touch(
        &self,
        id: SessionId,
        of: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.check(id, of, now).await;
        self.0.touch(id, of, now).await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        self.check(request.old, request.subject.as_ref(), now).await;
        self.0.renew(request, now).await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.check(request.id, request.subject.as_ref(), now).await;
        self.0.delete(request, now).await
    }

    async fn token_set(&self, of: &Subject, page: &Page, now: Timestamp) -> Result<TokenSetPage> {
        assert!(page.limit > 0);
        self.0.token_set(of, page, now).await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        self.0.revoke(request, now).await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        assert!(limit > 0);
        self.0.purge_expired(limit, now).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        assert!(page.limit > 0);
        self.0.scan(page, now).await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        self.0.count(now).await
    }
}

struct Scene {
    sessions: Sessions<u32>,
    clock: ManualClock,
    ada: Subject,
    bob: Subject,
}

impl Scene {
    fn new() -> Self {
        let clock = ManualClock::new();
        let store: Arc<dyn SessionStore> = Arc::new(Demanding::default());
        let builder = Sessions::builder(store).clock(clock.clone());
        Self {
            sessions: builder.build().expect("valid settings"),
            clock,
            ada: Subject::new("ada").expect("a subject"),
            bob: Subject::new("bob").expect("a subject"),
        }
    }

    async fn sign_in(
        &self,
        who: &Subject,
        from: Option<&cloakroom_core::Token>,
    ) -> cloakroom_core::Token {
        let attempt = self.sessions.begin_sign_in(who).await.expect("begin");
        let completed = self
            .sessions
            .complete(attempt, from, Option::unwrap_or_default)
            .await;
        match completed.expect("complete") {
            SignIn::SignedIn { issued, .. } => issued.token,
            other => panic!("the sign-in has to succeed, and is {other:?}"),
        }
    }

    fn external(&self) -> ExternalToken {
        self.sessions
            .tokens(&self.ada)
            .external("token")
            .expect("a token")
    }
}

#[tokio::test]
async fn every_change_of_a_session_is_given_its_subject() {
    let scene = Scene::new();
    let (sessions, tokens) = (&scene.sessions, scene.sessions.tokens(&scene.ada));
    let visit = sessions.create(1).await.unwrap().token;
    let external = scene.external();
    let _ = tokens
        .add(&external, 1, SessionOptions::new())
        .await
        .unwrap();
    let _ = tokens
        .add(&external, 2, SessionOptions::new())
        .await
        .unwrap();
    let signed = scene.sign_in(&scene.ada, None).await;
    for token in [&visit, &signed] {
        scene.clock.advance(Duration::from_secs(600));
        assert!(sessions.load(token).await.unwrap().is_found());
        assert!(
            sessions
                .update(token, |n| *n += 1)
                .await
                .unwrap()
                .is_found()
        );
        assert!(sessions.touch(token).await.unwrap().is_found());
        assert!(sessions.set_label(token, None).await.unwrap().is_found());
    }
    assert!(sessions.load(&external).await.unwrap().is_found());
    let ended = sessions.sign_out(&external).await.unwrap();
    assert!(matches!(ended, SignOut::SignedOut { .. }));
    let _ = tokens
        .add(&external, 3, SessionOptions::new())
        .await
        .unwrap();

    // Signing in from each kind of session: a visitor's, one's own, another's.
    let signed = scene.sign_in(&scene.ada, Some(&visit)).await;
    let signed = scene.sign_in(&scene.ada, Some(&signed)).await;
    let signed = scene.sign_in(&scene.bob, Some(&signed)).await;

    // By an old token in its grace, and for one that is used after it.
    let renewed = sessions
        .renew(&signed, Duration::from_secs(60))
        .await
        .unwrap();
    let Renewal::Renewed(renewed) = renewed else {
        panic!("the token has to be renewed");
    };
    assert!(
        sessions
            .update(&signed, |n| *n += 1)
            .await
            .unwrap()
            .is_found()
    );
    scene.clock.advance(Duration::from_secs(60));
    let cloakroom_core::Lookup::Reused(reused) = sessions.load(&signed).await.unwrap() else {
        panic!("the old token is used again");
    };
    let ended = sessions.end_reused(&reused).await.unwrap();
    assert!(matches!(ended, SignOut::SignedOut { .. }));
    assert!(!sessions.load(&renewed.token).await.unwrap().is_found());
    let left = sessions.create(1).await.unwrap().token;
    let _ = sessions.end_everyone().await.unwrap();
    assert!(!sessions.load(&left).await.unwrap().is_found());
}
