//! The sweeper: by hand, and on tokio.

#![cfg(feature = "testing")]
#![cfg_attr(
    feature = "testing",
    expect(
        clippy::unwrap_used,
        reason = "a helper of the tests fails as they do: by a panic"
    )
)]

mod support;

use std::time::Duration;

use cloakroom_core::fault::{Calls, FaultStore, Faults};
use cloakroom_core::store::*;
use cloakroom_core::{
    ErrorKind, Generation, ManualClock, Operation, PlacementKey, Result, SessionId, SessionStore,
    Sessions, Subject, Timestamp,
};
use support::MapStore;

const HOUR: Duration = Duration::from_secs(3600);

struct Scene {
    sessions: Sessions<()>,
    faults: Faults,
    clock: ManualClock,
}

impl Scene {
    fn new() -> Self {
        let store = FaultStore::new(MapStore::default());
        let faults = store.faults();
        let clock = ManualClock::new();
        let builder = Sessions::builder(store).clock(clock.clone());
        Self {
            sessions: builder.build().unwrap(),
            faults,
            clock,
        }
    }

    /// So many sessions that are over.
    async fn expired(&self, number: usize) {
        for _ in 0..number {
            let _ = self.sessions.create(()).await.unwrap();
        }
        self.clock.advance(HOUR);
    }
}

#[tokio::test]
async fn a_sweep_goes_on_in_batches_until_nothing_is_left() {
    let scene = Scene::new();
    scene.expired(25).await;
    let alive = scene.sessions.create(()).await.unwrap();
    let sweeper = scene.sessions.sweeper().batch(10);
    assert_eq!(sweeper.sweep().await.unwrap(), 25);
    assert_eq!(scene.faults.calls(Operation::PurgeExpired), 4);
    assert_eq!(sweeper.sweep().await.unwrap(), 0);
    assert!(scene.sessions.load(&alive.token).await.unwrap().is_found());
}

#[tokio::test]
async fn a_batch_of_none_still_comes_to_an_end() {
    let scene = Scene::new();
    scene.expired(3).await;
    assert_eq!(scene.sessions.sweeper().batch(0).sweep().await.unwrap(), 3);
}

/// Removes two things at a time, however many it is asked for, as a store may whose work is bounded.
#[derive(Debug, Default)]
struct Slow(MapStore);

#[async_trait::async_trait]
impl SessionStore for Slow {
    fn placement_key(&self) -> &PlacementKey {
        self.0.placement_key()
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        self.0.begin(subject, until, now).await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        self.0.create(request, now).await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.0.load(id, now).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        self.0.update(request, now).await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.0.touch(id, subject, now).await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        self.0.renew(request, now).await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.0.delete(request, now).await
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        self.0.token_set(subject, page, now).await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        self.0.revoke(request, now).await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        self.0.purge_expired(limit.min(2), now).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        self.0.scan(page, now).await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        self.0.count(now).await
    }
}

#[tokio::test]
async fn a_store_that_removes_less_than_a_batch_is_swept_to_the_end() {
    let clock = ManualClock::new();
    let builder = Sessions::builder(Slow::default()).clock(clock.clone());
    let sessions: Sessions<()> = builder.build().unwrap();
    for _ in 0..9 {
        let _ = sessions.create(()).await.unwrap();
    }
    clock.advance(HOUR);
    assert_eq!(sessions.sweeper().sweep().await.unwrap(), 9);
}

#[tokio::test]
async fn what_is_over_only_after_it_began_does_not_keep_a_sweep_going() {
    let scene = Scene::new();
    scene.expired(4).await;
    let _ = scene.sessions.create(()).await.unwrap();
    let hold = scene.faults.hold_before(Operation::PurgeExpired);
    let sweeper = scene.sessions.sweeper();
    let later = async {
        hold.arrived().await;
        scene.clock.advance(HOUR);
        hold.release();
    };
    let (swept, ()) = tokio::join!(sweeper.sweep(), later);
    assert_eq!(swept.unwrap(), 4);
}

#[tokio::test]
async fn it_sweeps_as_often_as_the_wait_says_and_reports_what_went() {
    let scene = Scene::new();
    scene.expired(5).await;
    let down = Calls::to(Operation::PurgeExpired).skip(3);
    scene.faults.fail_before(down, ErrorKind::Unavailable);
    let mut turns = 0;
    let mut reports = Vec::new();
    let wait = async || {
        turns += 1;
        if turns == 3 {
            scene.expired(2).await;
        }
        turns <= 4
    };
    let report = |swept: Result<usize>| {
        reports.push(swept.map_err(|error| error.kind()));
    };
    scene.sessions.sweeper().run(wait, report).await;
    // A failure is reported, and the next sweep makes up for it.
    assert_eq!(reports, [Ok(5), Ok(0), Err(ErrorKind::Unavailable), Ok(2)]);
    assert_eq!(turns, 5);
}

#[tokio::test]
async fn it_stops_at_once_where_the_wait_says_so() {
    let scene = Scene::new();
    scene.expired(1).await;
    let never = |_| panic!("nothing was to be swept");
    scene.sessions.sweeper().run(async || false, never).await;
    assert_eq!(scene.faults.calls(Operation::PurgeExpired), 0);
}

/// On tokio's own clock, which jumps to the next timer when all are waiting: nothing waits.
#[cfg(feature = "tokio")]
mod spawned {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    type Report = Result<usize, ErrorKind>;

    /// A sweeper that reports to a channel.
    fn spawn(scene: &Scene) -> (cloakroom_core::SweeperTask, mpsc::UnboundedReceiver<Report>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let task = scene.sessions.sweeper().spawn(HOUR, move |swept| {
            let _ = sender.send(swept.map_err(|error| error.kind()));
        });
        (task, receiver)
    }

    fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(start_paused = true)]
    async fn it_sweeps_after_every_interval_and_outlives_a_failure() {
        let scene = Scene::new();
        scene.expired(4).await;
        let began = Instant::now();
        scene
            .faults
            .fail_before(Operation::PurgeExpired, ErrorKind::Unavailable);
        let (task, mut reports) = spawn(&scene);
        for (n, expected) in [(1, Err(ErrorKind::Unavailable)), (2, Ok(4)), (3, Ok(0))] {
            assert_eq!(reports.recv().await, Some(expected));
            assert_eq!(began.elapsed().as_secs() / 3600, n);
        }
        task.stop().await.unwrap();
        assert_eq!(reports.recv().await, None);
        assert_eq!(scene.faults.calls(Operation::PurgeExpired), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_the_sweep_that_has_begun() {
        let scene = Scene::new();
        scene.expired(4).await;
        let hold = scene.faults.hold_before(Operation::PurgeExpired);
        let (task, mut reports) = spawn(&scene);
        hold.arrived().await;
        let mut stopping = pin!(task.stop());
        for _ in 0..10 {
            assert!(poll_once(stopping.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        hold.release();
        stopping.await.unwrap();
        assert_eq!(
            reports.try_recv(),
            Ok(Ok(4)),
            "it was finished before stopping answered"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_the_task_stops_it_and_finishes_the_sweep_that_has_begun() {
        let scene = Scene::new();
        scene.expired(4).await;
        let (idle, mut reports) = spawn(&scene);
        drop(idle);
        assert_eq!(reports.recv().await, None);
        assert_eq!(scene.faults.calls(Operation::PurgeExpired), 0);

        let hold = scene.faults.hold_before(Operation::PurgeExpired);
        let (busy, mut reports) = spawn(&scene);
        hold.arrived().await;
        drop(busy);
        hold.release();
        assert_eq!(reports.recv().await, Some(Ok(4)));
        assert_eq!(reports.recv().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_that_panics_is_told_at_stopping() {
        let scene = Scene::new();
        let sweeper = scene.sessions.sweeper();
        let (sender, mut reported) = mpsc::unbounded_channel::<()>();
        let task = sweeper.spawn(HOUR, move |_| {
            let _ = &sender;
            panic!("as a test asked for");
        });
        assert_eq!(reported.recv().await, None, "the task is over");
        assert!(task.stop().await.unwrap_err().is_panic());
    }
}
