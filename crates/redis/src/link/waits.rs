//! Writes that wait for replicas, those of the same moment together.

use std::sync::{Arc, Mutex, PoisonError};

use redis::{Cmd, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::fault::{Fault, Faulty};
use crate::link::{Call, Lines, Replicas, Request};

/// Writes that are to be sent to one server, and to be waited for.
///
/// `WAIT` blocks its connection until the replicas have what this one wrote. With one for each write, a replica
/// that is down lets through as many writes as fit one after another into their deadline, and all others
/// end without being done. So whoever comes while others wait is sent after them, together with all who came
/// meanwhile, and one `WAIT` behind them all: no try waits for more than two. One that wrote nothing, such as
/// where the server lacks the script, waits too.
#[derive(Debug, Default)]
pub(crate) struct Waits(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    all: Vec<Waiting>,
    is_sending: bool,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: Cmd,
    pub(super) asking: bool,
    pub(super) replicas: Replicas,
    pub(super) deadline: Instant,
    answer: oneshot::Sender<Faulty<Value>>,
}

impl Waits {
    /// The answer to a write, and to the `WAIT` behind it.
    pub(super) async fn send(
        &self,
        lines: &Arc<Lines>,
        call: &Call,
        request: &Request<'_>,
        replicas: Replicas,
    ) -> Faulty<Value> {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut queue = lock(&self.0);
            queue.all.push(Waiting {
                command: request.command.clone(),
                asking: request.asking,
                replicas,
                deadline: call.deadline,
                answer,
            });
            !std::mem::replace(&mut queue.is_sending, true)
        };
        if is_first {
            let lines = lines.clone();
            let mut sending = Sending {
                queue: self.0.clone(),
                is_done: false,
            };
            tokio::spawn(async move {
                while let Some(all) = sending.next() {
                    send(&lines, all).await;
                }
            });
        }
        match timeout_at(call.deadline, answered).await {
            Ok(Ok(answer)) => answer,
            // Whoever sends may have ended with its runtime.
            Ok(Err(_)) | Err(_) => Err(Fault::no_answer()),
        }
    }
}

async fn send(lines: &Lines, all: Vec<Waiting>) {
    let answers = lines.waiting.send_all(&all).await;
    for (waiting, answer) in all.into_iter().zip(answers) {
        let _ = waiting.answer.send(answer);
    }
}

/// Whoever sends for all. Where the runtime ends before that, nobody in another waits for it in vain.
struct Sending {
    queue: Arc<Mutex<Queue>>,
    is_done: bool,
}

impl Sending {
    /// Those who have come, and have not given up; none where there is nothing more to send.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = lock(&self.queue);
        let mut all = std::mem::take(&mut queue.all);
        all.retain(|waiting| !waiting.answer.is_closed());
        self.is_done = all.is_empty();
        queue.is_sending = !self.is_done;
        (!self.is_done).then_some(all)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // Another may send by now, where this one has come to its end.
        if !self.is_done {
            *lock(&self.queue) = Queue::default();
        }
    }
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
