//! The writer, step by step.

use std::sync::{Mutex, mpsc};

use cloakroom_core::{ErrorKind, Operation};

use super::*;
use crate::digest::Digest;
use crate::engine::Step;
use crate::index::Index;
use crate::scratch::Scratch;
use crate::witness::{NAME, Said, Witness};

mod failures;
mod hangs;
mod locks;
mod wakers;

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
    hold_and_end(stage, at, Ok(()))
}

/// A step that waits until it is let go, and how it then ends.
fn hold_and_end(
    stage: &Stage,
    at: Step,
    outcome: Result<(), Fault>,
) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (reached, is_reached) = mpsc::channel();
    let (let_go, go) = mpsc::channel::<()>();
    let seen = Arc::clone(&stage.steps);
    let go = Mutex::new(go);
    stage.engine.hook.set(move |step| {
        seen.lock().unwrap().push(step);
        if step == at {
            let _ = reached.send(());
            let _ = go.lock().unwrap().recv();
            return outcome.clone();
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

/// In a pause, when the time has come.
#[test]
fn what_nobody_waits_for_is_on_disk_in_time() {
    let stage = stage(Pace {
        lazy_within: Duration::from_millis(50),
        ..PATIENT
    });
    let (at_witness, is_at_witness) = mpsc::channel();
    stage.engine.hook.set(move |step| {
        if step == Step::Witness {
            let _ = at_witness.send(());
        }
        Ok(())
    });
    let _told = stage.journal.submit(commit("a"), Until::Applied, None);
    let written = is_at_witness.recv_timeout(Duration::from_secs(20));
    written.expect("it is put on disk");
}

/// Each batch is late, and there is always another.
#[tokio::test]
async fn what_nobody_waits_for_is_on_disk_in_time_without_a_pause_too() {
    let stage = stage(Pace {
        lazy_within: Duration::ZERO,
        ..PATIENT
    });
    let (reached, let_go) = hold(&stage, Step::Apply);
    // More than goes into one batch.
    let large = |name: char| Commit {
        pairs: (0..600)
            .flat_map(|number| commit(&format!("{name}{number}")).pairs)
            .collect(),
        ..Commit::default()
    };
    let submit = |name| stage.journal.submit(large(name), Until::Applied, None);
    let first = submit('a').unwrap();
    reached.recv().unwrap();
    let others = ['b', 'c'].map(|name| submit(name).unwrap());
    drop(let_go);
    first.done().await.unwrap();
    for other in others {
        other.done().await.unwrap();
    }
    let mut steps = stage.steps.lock().unwrap().clone();
    // The other two are the syncer's.
    steps.retain(|step| matches!(step, Step::Apply | Step::Flush));
    let (apply, flush) = (Step::Apply, Step::Flush);
    assert_eq!(steps[..5], [apply, flush, apply, flush, apply]);
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
    let steps = stage.steps.lock().unwrap();
    let times = |step| steps.iter().filter(|it| **it == step).count();
    assert_eq!((times(Step::Apply), times(Step::Flush)), (2, 2), "batches");
    // One is enough for both batches, where the syncer was late for the first.
    let syncs = times(Step::Sync);
    assert!((1..=2).contains(&syncs), "{syncs} syncs");
    assert_eq!(times(Step::Witness), syncs);
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
