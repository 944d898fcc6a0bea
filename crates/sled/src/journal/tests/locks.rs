//! When the locks are given back.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::layout::keys;

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
        stalls_after: Duration::from_millis(500),
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
