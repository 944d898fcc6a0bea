//! A workload that goes on through a failover, and remembers what it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, DeleteOutcome, LoadOutcome, OnCap, Page, RevokeKind, UpdateOutcome,
};
use cloakroom_core::{Clock, Error, ErrorKind, Record, SessionStore, SystemClock, Timestamp};
use cloakroom_redis::RedisStore;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::requests::{create, delete, revoke, signed_in, subject, update};

/// Above what the work needs to go on after any failure.
const LONG: Duration = Duration::from_secs(60);

/// What a task was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Sessions that were stored, and when.
    created: Vec<(Record, Instant)>,
    /// Sessions whose end a replica has acknowledged.
    ended: Vec<Record>,
    /// Sessions whose end no replica has acknowledged in time, and when.
    ended_alone: Vec<(Record, Instant)>,
    /// Sessions of which it is not known whether they have ended.
    perhaps: Vec<Record>,
    /// When something last succeeded, and when it did first after that.
    gaps: Vec<(Instant, Instant)>,
    failures: usize,
}

/// Tasks at work.
pub(crate) struct Workload {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Told>>,
    /// How many steps of each task have succeeded.
    steps: Vec<watch::Receiver<usize>>,
}

impl Workload {
    /// Starts so many tasks, each with a user of its own.
    pub(crate) fn start(store: &RedisStore, tasks: usize, round: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (senders, steps): (Vec<_>, Vec<_>) = (0..tasks).map(|_| watch::channel(0)).unzip();
        let tasks = senders.into_iter().enumerate().map(|(task, done)| {
            let (store, stop) = (store.clone(), stop.clone());
            tokio::spawn(work(store, stop, format!("user-{round}-{task}"), done))
        });
        Self {
            tasks: tasks.collect(),
            stop: stop.clone(),
            steps,
        }
    }

    /// Waits until so many steps more of each task have succeeded.
    pub(crate) async fn goes_on(&mut self, more: usize) {
        for steps in &mut self.steps {
            let goal = *steps.borrow() + more;
            let reached = timeout(LONG, steps.wait_for(|&steps| steps >= goal)).await;
            reached
                .expect("the work goes on")
                .expect("no task ends by itself");
        }
    }

    /// Lets them finish, and gives what they were told.
    pub(crate) async fn stop(self) -> Vec<Told> {
        self.stop.store(true, SeqCst);
        let mut told = Vec::new();
        for task in self.tasks {
            told.push(task.await.expect("no task panics"));
        }
        told
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

async fn work(
    store: RedisStore,
    stop: Arc<AtomicBool>,
    name: String,
    done: watch::Sender<usize>,
) -> Told {
    let subject = subject(&name);
    let mut told = Told::default();
    let mut last = Instant::now();
    while !stop.load(SeqCst) {
        let record = signed_in(&store, &subject, now());
        match step(&store, &record, &mut told).await {
            Ok(()) => {
                told.gaps.push((last, Instant::now()));
                last = Instant::now();
                done.send_modify(|steps| *steps += 1);
            }
            Err(error) => {
                let kind = error.kind();
                let expected = error.is_retryable() || kind == ErrorKind::OutcomeUnknown;
                assert!(expected, "{error:?}");
                told.failures += 1;
            }
        }
    }
    told
}

/// A session is created, changed, and for two of three ended.
async fn step(store: &RedisStore, record: &Record, told: &mut Told) -> Result<(), Error> {
    // None leaves because of the cap.
    let cap = Cap::new(Cap::MAX, OnCap::Refuse).expect("the highest cap");
    let request = Create {
        cap,
        ..create(record)
    };
    match store.create(&request, now()).await? {
        CreateOutcome::Created { .. } => told.created.push((record.clone(), Instant::now())),
        other => panic!("of a new id: {other:?}"),
    }
    match store.update(&update(record, "changed"), now()).await? {
        // Missing: the failover has lost it.
        UpdateOutcome::Saved { .. } | UpdateOutcome::Missing => {}
        UpdateOutcome::Conflict { current } => panic!("nobody else has changed it to {current}"),
    }
    let replicas = match told.created.len() % 3 {
        0 => return Ok(()),
        1 => match store.delete(&delete(record), now()).await {
            Ok(DeleteOutcome::Deleted { replicas }) => replicas,
            Ok(_) => return Ok(()),
            Err(error) => {
                told.perhaps.push(record.clone());
                return Err(error);
            }
        },
        _ => {
            let subject = record.subject().expect("of a user");
            let one = revoke(subject, RevokeKind::One(record.id()));
            match store.revoke(&one, now()).await {
                Ok(revoked) if revoked.ended.is_empty() => return Ok(()),
                Ok(revoked) => revoked.replicas,
                Err(error) => {
                    told.perhaps.push(record.clone());
                    return Err(error);
                }
            }
        }
    };
    match replicas {
        Some(1..) => told.ended.push(record.clone()),
        _ => told.ended_alone.push((record.clone(), Instant::now())),
    }
    Ok(())
}

/// What a failover has done.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) created: usize,
    pub(crate) lost: usize,
    pub(crate) ended: usize,
    pub(crate) ended_alone: usize,
    pub(crate) revived_alone: usize,
    pub(crate) recovery: Duration,
    pub(crate) oldest_lost: Duration,
}

/// Looks at everything that was told, once it is over.
pub(crate) async fn account(store: &RedisStore, told: &[Told], killed: Instant) -> Report {
    let mut report = Report::default();
    for told in told {
        for record in &told.ended {
            assert!(
                !lives(store, record).await,
                "an acknowledged ending was undone"
            );
        }
        report.ended += told.ended.len();
        report.ended_alone += told.ended_alone.len();
        for (record, _) in &told.ended_alone {
            report.revived_alone += usize::from(lives(store, record).await);
        }
        let over: Vec<_> = told.ended.iter().chain(&told.perhaps).collect();
        let alone = told.ended_alone.iter().map(|(record, _)| record);
        let ended: std::collections::HashSet<_> =
            over.into_iter().chain(alone).map(Record::id).collect();
        for (record, at) in &told.created {
            report.created += 1;
            if !ended.contains(&record.id()) && !lives(store, record).await {
                report.lost += 1;
                let age = killed.saturating_duration_since(*at);
                report.oldest_lost = report.oldest_lost.max(age);
            }
        }
        agree(store, told).await;
        let over_the_kill = told
            .gaps
            .iter()
            .filter(|(from, to)| *from <= killed && killed <= *to);
        for (_, to) in over_the_kill {
            report.recovery = report.recovery.max(to.duration_since(killed));
        }
    }
    report
}

/// Whoever can be loaded is listed, and whoever is listed can be loaded.
async fn agree(store: &RedisStore, told: &Told) {
    let Some((first, _)) = told.created.first() else {
        return;
    };
    let subject = first.subject().expect("of a user");
    let page = Page {
        after: None,
        limit: 10_000,
    };
    let listed = store
        .token_set(subject, &page, now())
        .await
        .expect("it lists");
    let listed: Vec<_> = listed.sessions.iter().map(|listed| listed.id()).collect();
    for (record, _) in &told.created {
        assert_eq!(lives(store, record).await, listed.contains(&record.id()));
    }
}

async fn lives(store: &RedisStore, record: &Record) -> bool {
    let loaded = store.load(record.id(), now()).await.expect("it loads");
    matches!(loaded, LoadOutcome::Found(_))
}
