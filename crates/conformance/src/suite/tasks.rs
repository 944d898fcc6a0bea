//! Running things at the same time.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;

/// Runs each future on a task of its own. They begin together; the answers come in their order.
pub(crate) async fn together<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let futures: Vec<F> = futures.into_iter().collect();
    let start = Arc::new(Barrier::new(futures.len()));
    let tasks: Vec<_> = futures
        .into_iter()
        .map(|future| tokio::spawn(after(Arc::clone(&start), future)))
        .collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.expect("no task of the case panics"));
    }
    answers
}

/// Runs two futures on a task each. They begin together.
pub(crate) async fn pair<A, B>(a: A, b: B) -> (A::Output, B::Output)
where
    A: Future<Output: Send> + Send + 'static,
    B: Future<Output: Send> + Send + 'static,
{
    let start = Arc::new(Barrier::new(2));
    let a = tokio::spawn(after(Arc::clone(&start), a));
    let b = tokio::spawn(after(start, b));
    let panicked = "no task of the case panics";
    (a.await.expect(panicked), b.await.expect(panicked))
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
