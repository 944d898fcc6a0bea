//! Readings that are made at the same moment, and sent as one.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use redis::{Cmd, Value};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::link::{Call, Lines, Request};

/// Readings that wait to be sent to one server.
///
/// A request of its own for each reading is a message to the connection, a timer, and a command that the
/// server takes up: together more than reading takes. So the first that finds nobody waiting starts a task,
/// which lets the other tasks of its thread run once, and sends what has come together as one `MGET`. Nobody
/// waits for longer than that, and a reading that finds no company is a `GET` of its own.
///
/// A task, since whoever reads may be dropped, or kept without being polled, while others wait for the answer.
///
/// This is only a quicker way. Where anything goes wrong with it, whoever waits hears nothing and asks again
/// alone, by the way that tells faults apart.
#[derive(Debug, Default)]
pub(crate) struct Reads(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue(Mutex<Vec<Waiting>>);

#[derive(Debug)]
struct Waiting {
    key: Vec<u8>,
    deadline: Instant,
    answer: oneshot::Sender<Value>,
}

impl Reads {
    /// So many go together at most: the server does nothing else until it has answered them all, and the
    /// first of them is answered with the last.
    const MOST: usize = 32;

    /// What is stored under a key, unless that could not be learned in company.
    pub(super) async fn get(&self, lines: &Arc<Lines>, call: &Call, key: Vec<u8>) -> Option<Value> {
        let (answer, answered) = oneshot::channel();
        let (lines, call) = (lines.clone(), *call);
        let place = self.0.push(Waiting {
            key,
            deadline: call.deadline,
            answer,
        });
        if place == 1 {
            let turn = Turn(Some(self.0.clone()));
            tokio::spawn(async move {
                LetOthersRun::default().await;
                send(&lines, call, turn.take()).await;
            });
        } else if place == Self::MOST {
            let all = self.0.take();
            tokio::spawn(async move { send(&lines, call, all).await });
        }
        answered.await.ok()
    }
}

impl Queue {
    /// Adds one, and says which place it has.
    fn push(&self, waiting: Waiting) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(waiting);
        all.len()
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whose turn it is to send. Where the runtime ends before that, nobody in another waits for it in vain.
struct Turn(Option<Arc<Queue>>);

impl Turn {
    fn take(mut self) -> Vec<Waiting> {
        self.0.take().map(|queue| queue.take()).unwrap_or_default()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.0.take().map(|queue| queue.take()));
    }
}

async fn send(lines: &Lines, call: Call, all: Vec<Waiting>) {
    let Some(deadline) = all.iter().map(|waiting| waiting.deadline).min() else {
        return;
    };
    if all.len() == 1 {
        return;
    }
    let mut command = Cmd::with_capacity(1 + all.len(), 96 * all.len());
    command.arg("MGET");
    for waiting in &all {
        command.arg(&waiting.key[..]);
    }
    let request = Request {
        command: &command,
        asking: false,
        replicas: None,
    };
    let call = Call { deadline, ..call };
    let Ok(Value::Array(values)) = lines.line.send(&call, &request).await else {
        return;
    };
    for (waiting, value) in all.into_iter().zip(values) {
        // Nil is for what is not there, and for what is no string: only a `GET` tells them apart.
        if let Value::BulkString(_) = value {
            let _ = waiting.answer.send(value);
        }
    }
}

/// Lets the tasks run that are ready on this thread, once.
#[derive(Default)]
struct LetOthersRun {
    have_run: bool,
}

impl Future for LetOthersRun {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.have_run, true) {
            return Poll::Ready(());
        }
        // Not by tokio's `yield_now`, which lets the thread ask the system for events first.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
