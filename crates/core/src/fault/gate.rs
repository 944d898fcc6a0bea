//! What a held call waits at.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::ErrorKind;

/// What a held call waits at. Wakes by itself, so that no runtime is asked for a timer.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    arrived: usize,
    verdict: Option<Verdict>,
    waiting: Vec<Waker>,
}

/// What becomes of the calls that were held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict {
    GoOn,
    Fail(ErrorKind),
}

impl Gate {
    /// Waits for the verdict.
    pub(super) async fn pass(&self) -> Verdict {
        let waiting = {
            let mut state = self.state();
            state.arrived += 1;
            mem::take(&mut state.waiting)
        };
        wake(waiting);
        poll_fn(|cx| self.state().poll(cx, |state| state.verdict)).await
    }

    /// Waits until this many calls have come.
    pub(super) async fn arrivals(&self, count: usize) {
        let come = |state: &State| (state.arrived >= count).then_some(());
        poll_fn(|cx| self.state().poll(cx, come)).await;
    }

    /// Gives the verdict. A second one changes nothing.
    pub(super) fn open(&self, verdict: Verdict) {
        let waiting = {
            let mut state = self.state();
            state.verdict.get_or_insert(verdict);
            mem::take(&mut state.waiting)
        };
        wake(waiting);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll<T>(&mut self, cx: &Context<'_>, ready: impl Fn(&Self) -> Option<T>) -> Poll<T> {
        if let Some(outcome) = ready(self) {
            return Poll::Ready(outcome);
        }
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// Without the lock, which whoever is woken may want.
fn wake(waiting: Vec<Waker>) {
    for waker in waiting {
        waker.wake();
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Gate")
            .field("arrived", &state.arrived)
            .field("verdict", &state.verdict)
            .finish_non_exhaustive()
    }
}
