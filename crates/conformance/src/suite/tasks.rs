//! Running things at the same time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Barrier;

/// How many turns the one lets the others go first, in the next race: now none, now a few.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Runs each future on a task of its own. They begin together; the answers come in their order.
pub(crate) async fn together<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    against(std::future::ready(()), futures).await.1
}

/// Runs two futures on a task each. They begin together.
pub(crate) async fn pair<A, B>(a: A, b: B) -> (A::Output, B::Output)
where
    A: Future<Output: Send> + Send + 'static,
    B: Future<Output: Send> + Send + 'static,
{
    let (b, mut a) = against(b, [a]).await;
    (a.pop().expect("one future, one answer"), b)
}

/// Runs one future and many others on a task each. They begin together, so that the one comes at any
/// place among the others; the answers of the others come in their order.
pub(crate) async fn against<A, B>(
    one: A,
    others: impl IntoIterator<Item = B>,
) -> (A::Output, Vec<B::Output>)
where
    A: Future<Output: Send> + Send + 'static,
    B: Future<Output: Send> + Send + 'static,
{
    let others: Vec<B> = others.into_iter().collect();
    let start = Arc::new(Barrier::new(others.len() + 1));
    let mut tasks = Vec::with_capacity(others.len());
    for other in others {
        tasks.push(tokio::spawn(after(Arc::clone(&start), other)));
    }
    let turns = TURN.fetch_add(1, Ordering::Relaxed) % 4;
    let one = tokio::spawn(after(start, async move {
        yields(turns).await;
        one.await
    }));
    let panicked = "no task of the case panics";
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.expect(panicked));
    }
    (one.await.expect(panicked), answers)
}

/// Polls a future, letting others run `turns` times, and drops it then if it is not ready.
pub(crate) async fn drop_after<F: Future>(turns: usize, future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        answer = future => Some(answer),
        () = yields(turns) => None,
    }
}

async fn yields(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

async fn after<F: Future>(start: Arc<Barrier>, future: F) -> F::Output {
    start.wait().await;
    future.await
}
