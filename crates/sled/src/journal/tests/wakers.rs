//! What is woken may call the store at once, on the thread that wakes it.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Wake, Waker};

use super::*;

/// Writes when it is woken, as an executor does that runs its tasks where they are woken, and then
/// drops the last handle.
struct Writes {
    journal: Mutex<Option<Journal>>,
    written: mpsc::Sender<()>,
}

impl Wake for Writes {
    fn wake(self: Arc<Self>) {
        if let Some(journal) = self.journal.lock().unwrap().take() {
            let _written_or_refused = journal.submit(commit("woken"), Until::Applied, None);
        }
        let _ = self.written.send(());
    }
}

/// Whether it is written when something is woken by a writer that ends like this.
fn writes_when_woken(outcome: Result<(), Fault>, wakes_by_lock: bool) {
    let stage = stage(PATIENT);
    let (reached, let_go) = hold_and_end(&stage, Step::Apply, outcome);
    let lock = Arc::new(tokio::sync::Mutex::new(()));
    let guard = Arc::clone(&lock).try_lock_owned().unwrap();
    let submitted = stage
        .journal
        .submit(commit("a"), Until::OnDisk, Some(guard));
    let mut told = pin!(submitted.unwrap().done());
    let mut locked = pin!(lock.lock());
    reached.recv().unwrap();
    let (written, is_written) = mpsc::channel();
    let waker = Waker::from(Arc::new(Writes {
        journal: Mutex::new(Some(stage.journal)),
        written,
    }));
    let mut context = Context::from_waker(&waker);
    let is_ready = if wakes_by_lock {
        locked.as_mut().poll(&mut context).is_ready()
    } else {
        told.as_mut().poll(&mut context).is_ready()
    };
    assert!(!is_ready, "it is being written");
    drop(let_go);
    let woken = is_written.recv_timeout(Duration::from_secs(20));
    woken.expect("the writer waits for itself");
}

#[test]
fn a_task_that_runs_where_it_is_woken_can_write_and_drop_the_store() {
    for wakes_by_lock in [false, true] {
        writes_when_woken(Ok(()), wakes_by_lock);
        writes_when_woken(Err(Fault::Full), wakes_by_lock);
    }
}
