//! Stores that are right as long as one client asks at a time: only a concurrent history finds them
//! out, and has to.

use async_trait::async_trait;
use cloakroom_conformance::reference::MemoryStore;
use cloakroom_conformance::{Harness, Tamper, history, model};
use cloakroom_core::store::*;
use cloakroom_core::*;
use tokio::task::yield_now;

/// What is not atomic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Race {
    /// The revision is compared, and then the data are stored whatever the revision is by then.
    Update,
    /// Who is to be ended is listed, and those who sign in before that is done end untold.
    Revoke,
    /// There was room, and then others come in as well.
    Cap,
}

#[derive(Debug, Clone)]
struct RacyStore<const RACE: u8> {
    inner: MemoryStore,
}

impl<const RACE: u8> RacyStore<RACE> {
    fn races(&self, race: Race) -> bool {
        race as u8 == RACE
    }

    async fn everybody(&self, subject: &Subject, now: Timestamp) -> Result<Vec<SessionId>> {
        let page = Page {
            after: None,
            limit: usize::MAX,
        };
        let page = self.inner.token_set(subject, &page, now).await?;
        Ok(page.sessions.iter().map(Listed::id).collect())
    }
}

#[async_trait]
impl<const RACE: u8> SessionStore for RacyStore<RACE> {
    fn placement_key(&self) -> &PlacementKey {
        self.inner.placement_key()
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        let Some(subject) = request.record.subject().filter(|_| self.races(Race::Cap)) else {
            return self.inner.create(request, now).await;
        };
        let there = self.everybody(subject, now).await?.len();
        yield_now().await;
        let mut request = request.clone();
        if there < request.cap.max() as usize {
            request.cap = Cap::default();
        }
        self.inner.create(&request, now).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        let mut request = request.clone();
        if self.races(Race::Update)
            && let LoadOutcome::Found(before) = self.inner.load(request.id, now).await?
            && before.revision() == request.expected
        {
            yield_now().await;
            if let LoadOutcome::Found(by_then) = self.inner.load(request.id, now).await? {
                request.expected = by_then.revision();
            }
        }
        self.inner.update(&request, now).await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        if !self.races(Race::Revoke) || request.kind != RevokeKind::All {
            return self.inner.revoke(request, now).await;
        }
        let ended = self.everybody(&request.subject, now).await?;
        yield_now().await;
        let revoked = self.inner.revoke(request, now).await?;
        Ok(match revoked.repeated {
            true => revoked,
            false => Revoked { ended, ..revoked },
        })
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        self.inner.begin(subject, until, now).await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.inner.load(id, now).await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.inner.touch(id, subject, now).await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        self.inner.renew(request, now).await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.inner.delete(request, now).await
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        self.inner.token_set(subject, page, now).await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        self.inner.purge_expired(limit, now).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        self.inner.scan(page, now).await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        self.inner.count(now).await
    }
}

struct RacyHarness<const RACE: u8>(MemoryStore);

impl<const RACE: u8> Harness for RacyHarness<RACE> {
    type Store = RacyStore<RACE>;

    async fn start() -> Self {
        Self(MemoryStore::default())
    }

    async fn store(&self) -> Self::Store {
        RacyStore {
            inner: self.0.clone(),
        }
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

/// Right for one client, and found wrong for many within some seeds.
fn is_found_out<const RACE: u8>() {
    model::random_sequences::<RacyHarness<RACE>>(model::Config::new().cases(100));
    let found = (0..20).find_map(|seed| history::run::<RacyHarness<RACE>>(seed, 8, 2_000).err());
    let found = found.expect("no history of 20 shows the race");
    assert!(found.contains("no order of these calls"), "{found}");
}

#[test]
fn a_compare_that_is_not_a_swap_is_found_out() {
    is_found_out::<{ Race::Update as u8 }>();
}

#[test]
fn a_revocation_in_two_steps_is_found_out() {
    is_found_out::<{ Race::Revoke as u8 }>();
}

#[test]
fn a_cap_checked_before_is_found_out() {
    is_found_out::<{ Race::Cap as u8 }>();
}
