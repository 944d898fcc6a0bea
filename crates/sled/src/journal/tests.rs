use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};

use cloakroom_core::{ErrorKind, Operation};

use super::*;
use crate::digest::Digest;
use crate::engine::Step;
use crate::index::Index;
use crate::layout::keys;
use crate::scratch::Scratch;
use crate::witness::{NAME, Said, Witness};

/// A journal over a directory of its own, and what its leader did.
struct Stage {
    journal: Journal,
    engine: Arc<Engine>,
    steps: Arc<Mutex<Vec<Step>>>,
    dir: Scratch,
}

const PATIENT: Pace = Pace {
    lazy_within: Duration::from_secs(86_400),
    stalls_after: Duration::from_secs(600),
};

fn stage(pace: Pace) -> Stage {
    let dir = Scratch::new();
    let db = sled::Config::new()
        .path(dir.path().join("engine"))
        .open()
        .unwrap();
    let log = std::fs::File::options()
        .write(true)
        .open(dir.path().join("engine").join("db"))
        .unwrap();
    let engine = Arc::new(Engine::new(db, log));
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&steps);
    engine.hook.set(move |step| {
        seen.lock().unwrap().push(step);
        Ok(())
    });
    let state = State {
        sequence: 1,
        digest: Digest::default(),
    };
    let witness = std::fs::File::create_new(dir.path().join(NAME)).unwrap();
    let (witness, _) = Witness::read(reopened(&dir, witness)).unwrap();
    let index = Arc::new(Index::default());
    let journal =
        Journal::start(Arc::clone(&engine), index, witness, [1; 16], state, pace).unwrap();
    Stage {
        journal,
        engine,
        steps,
        dir,
    }
}

fn reopened(dir: &Scratch, _made: std::fs::File) -> std::fs::File {
    let mut options = std::fs::File::options();
    options
        .read(true)
        .write(true)
        .open(dir.path().join(NAME))
        .unwrap()
}

fn commit(key: &str) -> Commit {
    Commit {
        pairs: vec![(key.as_bytes().to_vec(), Some(b"value".to_vec()))],
        ..Commit::default()
    }
}

/// A step that waits until it is let go.
fn hold(stage: &Stage, at: Step) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (reached, is_reached) = mpsc::channel();
    let (let_go, go) = mpsc::channel::<()>();
    let seen = Arc::clone(&stage.steps);
    let go = Mutex::new(go);
    stage.engine.hook.set(move |step| {
        seen.lock().unwrap().push(step);
        if step == at {
            let _ = reached.send(());
            let _ = go.lock().unwrap().recv();
        }
        Ok(())
    });
    (is_reached, let_go)
}

fn kind(failure: Result<(), Failure>) -> ErrorKind {
    failure.unwrap_err().error(Operation::Delete).kind()
}

#[tokio::test]
async fn the_log_is_flushed_then_synced_and_then_witnessed() {
    let stage = stage(PATIENT);
    let done = stage
        .journal
        .submit(commit("a"), Until::OnDisk, None)
        .unwrap();
    done.done().await.unwrap();
    let steps = stage.steps.lock().unwrap().clone();
    assert_eq!(steps, [Step::Apply, Step::Flush, Step::Sync, Step::Witness]);
    assert!(stage.journal.is_on_disk());
    let witness = std::fs::File::open(stage.dir.path().join(NAME)).unwrap();
    let (_, Said::Testimony(said)) = Witness::read(witness).unwrap() else {
        panic!("it testifies");
    };
    assert_eq!((said.sequence, said.in_use), (2, true));
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_synced_until_it_closes() {
    let mut stage = stage(PATIENT);
    let done = stage
        .journal
        .submit(commit("a"), Until::Applied, None)
        .unwrap();
    done.done().await.unwrap();
    assert_eq!(*stage.steps.lock().unwrap(), [Step::Apply]);
    assert!(!stage.journal.is_on_disk());
    stage.journal.close().unwrap();
    assert_eq!(stage.steps.lock().unwrap().len(), 4);
    assert!(stage.journal.is_on_disk());
}

#[tokio::test]
async fn those_who_wait_share_one_batch_and_one_sync() {
    let stage = stage(PATIENT);
    let (reached, let_go) = hold(&stage, Step::Flush);
    let first = stage
        .journal
        .submit(commit("a"), Until::OnDisk, None)
        .unwrap();
    reached.recv().unwrap();
    let others: Vec<_> = (0..50)
        .map(|n| {
            stage
                .journal
                .submit(commit(&format!("b{n}")), Until::OnDisk, None)
                .unwrap()
        })
        .collect();
    drop(let_go);
    first.done().await.unwrap();
    for other in others {
        other.done().await.unwrap();
    }
    assert_eq!(
        stage.steps.lock().unwrap().len(),
        8,
        "two batches, and two syncs"
    );
    assert!(stage.engine.contains(b"b49").unwrap());
}

#[tokio::test]
async fn whoever_comes_with_nothing_waits_for_what_was_before() {
    let stage = stage(PATIENT);
    let lazy = stage
        .journal
        .submit(commit("a"), Until::Applied, None)
        .unwrap();
    lazy.done().await.unwrap();
    let barrier = stage
        .journal
        .submit(Commit::default(), Until::OnDisk, None)
        .unwrap();
    barrier.done().await.unwrap();
    assert!(stage.journal.is_on_disk());
}

#[tokio::test]
async fn a_failed_step_is_told_and_nothing_is_written_after_it() {
    for failing in [Step::Apply, Step::Flush, Step::Sync, Step::Witness] {
        let stage = stage(PATIENT);
        stage.engine.hook.set(move |step| {
            if step == failing {
                Err(Fault::Full)
            } else {
                Ok(())
            }
        });
        let told = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        assert_eq!(
            kind(told.done().await),
            ErrorKind::OutcomeUnknown,
            "{failing:?}"
        );
        // The disk has room again, and still nobody is told a success that could be a lie.
        stage.engine.hook.set(|_| Ok(()));
        let refused = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .map(|_| ());
        assert_eq!(kind(refused), ErrorKind::Full, "{failing:?}");
        assert!(!stage.engine.contains(b"b").unwrap());
        let reads = stage.engine.health().check_reads();
        assert_eq!(reads.is_ok(), failing != Step::Apply, "{failing:?}");
    }
}

/// Fails at a step, once let go.
fn fail_at(stage: &Stage, at: Step) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (reached, is_reached) = mpsc::channel();
    let (let_go, go) = mpsc::channel::<()>();
    let seen = Arc::clone(&stage.steps);
    let go = Mutex::new(go);
    stage.engine.hook.set(move |step| {
        seen.lock().unwrap().push(step);
        if step != at {
            return Ok(());
        }
        let _ = reached.send(());
        let _ = go.lock().unwrap().recv();
        Err(Fault::Io("gone".to_owned()))
    });
    (is_reached, let_go)
}

#[tokio::test]
async fn what_waits_behind_a_failure_was_not_written() {
    for failing in [Step::Apply, Step::Flush] {
        let stage = stage(PATIENT);
        let (reached, let_go) = fail_at(&stage, failing);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .unwrap();
        drop(let_go);
        assert_eq!(kind(first.done().await), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(second.done().await), ErrorKind::Unavailable);
        assert!(!stage.engine.contains(b"b").unwrap());
    }
}

/// The next batch is applied while the disk is waited for. If the disk then fails, nobody can tell
/// what became of it.
#[tokio::test]
async fn what_was_applied_before_a_sync_failed_is_unknown() {
    for failing in [Step::Sync, Step::Witness] {
        let stage = stage(PATIENT);
        let (reached, let_go) = fail_at(&stage, failing);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage
            .journal
            .submit(commit("b"), Until::OnDisk, None)
            .unwrap();
        let seen = stage
            .journal
            .submit(commit("c"), Until::Applied, None)
            .unwrap();
        seen.done().await.unwrap();
        assert!(stage.engine.contains(b"b").unwrap());
        assert!(!stage.journal.is_on_disk());
        drop(let_go);
        assert_eq!(kind(first.done().await), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(second.done().await), ErrorKind::OutcomeUnknown);
        assert!(!stage.journal.is_on_disk());
    }
}

/// Whoever took the lock then would see half of what the leader is writing.
#[tokio::test]
async fn a_sync_that_fails_gives_no_lock_back_before_its_time() {
    let stage = stage(PATIENT);
    let (at_sync, is_at_sync) = mpsc::channel();
    let (fails, may_fail) = mpsc::channel::<()>();
    let (at_apply, is_at_apply) = mpsc::channel();
    let (applies, may_apply) = mpsc::channel::<()>();
    let (may_fail, may_apply) = (Mutex::new(may_fail), Mutex::new(may_apply));
    let batches = AtomicUsize::new(0);
    stage.engine.hook.set(move |step| match step {
        Step::Sync => {
            at_sync.send(()).unwrap();
            let _ = may_fail.lock().unwrap().recv();
            Err(Fault::Full)
        }
        Step::Apply if batches.fetch_add(1, SeqCst) == 1 => {
            at_apply.send(()).unwrap();
            let _ = may_apply.lock().unwrap().recv();
            Ok(())
        }
        _ => Ok(()),
    });
    let submit = |key, guard| {
        let submitted = stage.journal.submit(commit(key), Until::OnDisk, guard);
        submitted.unwrap()
    };
    let first = submit("a", None);
    is_at_sync.recv().unwrap();
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    let second = submit("b", Some(Arc::clone(&lock).lock_owned().await));
    is_at_apply.recv().unwrap();
    drop(fails);
    assert_eq!(kind(first.done().await), ErrorKind::OutcomeUnknown);
    assert_eq!(kind(second.done().await), ErrorKind::OutcomeUnknown);
    assert!(lock.try_lock().is_err(), "the batch is being applied");
    drop(applies);
    let _after = lock.lock().await;
    assert!(stage.engine.contains(b"b").unwrap());
}

#[tokio::test]
async fn a_disk_that_hangs_is_an_error_to_those_who_wait() {
    for hanging in [Step::Apply, Step::Flush, Step::Sync, Step::Witness] {
        let pace = Pace {
            stalls_after: Duration::from_millis(50),
            ..PATIENT
        };
        let stage = stage(pace);
        let (reached, let_go) = hold(&stage, hanging);
        let first = stage
            .journal
            .submit(commit("a"), Until::OnDisk, None)
            .unwrap();
        reached.recv().unwrap();
        let second = stage.journal.submit(commit("b"), Until::OnDisk, None);
        assert_eq!(
            kind(first.done().await),
            ErrorKind::OutcomeUnknown,
            "{hanging:?}"
        );
        // It may have come after the watchdog, or before.
        let second = match second {
            Ok(second) => second.done().await,
            Err(refused) => Err(refused),
        };
        let second = kind(second);
        let is_applied_meanwhile = matches!(hanging, Step::Sync | Step::Witness);
        assert!(
            second == ErrorKind::Unavailable
                || is_applied_meanwhile && second == ErrorKind::OutcomeUnknown,
            "{hanging:?}: {second:?}"
        );
        let refused = stage
            .journal
            .submit(commit("c"), Until::Applied, None)
            .map(|_| ());
        assert_eq!(kind(refused), ErrorKind::Unavailable, "{hanging:?}");
        let_go.send(()).unwrap();
        drop(stage.journal);
    }
}

/// Whoever waits for a lock must not wait for good.
async fn is_given_back(lock: &tokio::sync::Mutex<()>, what: &str) {
    let patience = Duration::from_secs(20);
    let locked = tokio::time::timeout(patience, lock.lock()).await;
    assert!(locked.is_ok(), "{what}: the lock is held for good");
}

#[tokio::test]
async fn a_batch_that_fails_or_panics_gives_its_locks_back() {
    for panics in [false, true] {
        let stage = stage(PATIENT);
        stage.engine.hook.set(move |_| {
            assert!(!panics, "as sled might");
            Err(Fault::Full)
        });
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        let guard = Arc::clone(&lock).lock_owned().await;
        let told = stage
            .journal
            .submit(commit("a"), Until::OnDisk, Some(guard))
            .unwrap();
        assert_eq!(kind(told.done().await), ErrorKind::OutcomeUnknown);
        is_given_back(&lock, if panics { "a panic" } else { "an error" }).await;
        assert!(stage.engine.health().check_reads().is_err());
    }
}

/// A disk that hangs stops both threads, one after the other.
#[tokio::test]
async fn a_batch_that_hangs_after_a_sync_that_hangs_gives_its_locks_back() {
    let mut stage = stage(Pace {
        stalls_after: Duration::from_millis(50),
        ..PATIENT
    });
    let (let_go, go) = mpsc::channel::<()>();
    let go = Mutex::new(go);
    let (at_sync, is_at_sync) = mpsc::channel();
    let batches = AtomicUsize::new(0);
    let hangs = Arc::new(tokio::sync::Semaphore::new(0));
    let released = Arc::clone(&hangs);
    stage.engine.hook.set(move |step| {
        let is_second = step == Step::Apply && batches.fetch_add(1, SeqCst) == 1;
        if step == Step::Sync {
            at_sync.send(()).unwrap();
            let _ = go.lock().unwrap().recv();
        }
        while is_second && released.available_permits() == 0 {
            std::thread::yield_now();
        }
        Ok(())
    });
    let first = stage.journal.submit(commit("a"), Until::OnDisk, None);
    is_at_sync.recv().unwrap();
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    let guard = Arc::clone(&lock).lock_owned().await;
    let second = stage
        .journal
        .submit(commit("b"), Until::OnDisk, Some(guard));
    assert_eq!(kind(first.unwrap().done().await), ErrorKind::OutcomeUnknown);
    // It may have come after the watchdog.
    if let Ok(second) = second {
        assert!(second.done().await.is_err());
    }
    is_given_back(&lock, "a hang").await;
    // Nobody waits for a thread that hangs.
    assert!(stage.journal.close().is_err());
    hangs.add_permits(1);
    let_go.send(()).unwrap();
}

#[tokio::test]
async fn a_panic_is_contained_and_the_last_of_the_engine() {
    let stage = stage(PATIENT);
    stage.engine.hook.set(|step| {
        assert!(step != Step::Flush, "as sled might");
        Ok(())
    });
    let told = stage
        .journal
        .submit(commit("a"), Until::OnDisk, None)
        .unwrap();
    assert_eq!(kind(told.done().await), ErrorKind::OutcomeUnknown);
    assert!(stage.engine.health().check_reads().is_err());
}

#[tokio::test]
async fn the_lock_is_held_until_the_write_is_applied_whoever_waits() {
    let stage = stage(PATIENT);
    let (reached, let_go) = hold(&stage, Step::Apply);
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    let guard = Arc::clone(&lock).lock_owned().await;
    let told = stage
        .journal
        .submit(commit("a"), Until::OnDisk, Some(guard))
        .unwrap();
    // The caller goes away.
    drop(told);
    reached.recv().unwrap();
    assert!(
        lock.try_lock().is_err(),
        "the next would decide on what is about to change"
    );
    let_go.send(()).unwrap();
    drop(let_go);
    let _after = lock.lock().await;
    assert!(stage.engine.contains(b"a").unwrap());
    assert!(stage.engine.contains(&keys::STATE).unwrap());
}
