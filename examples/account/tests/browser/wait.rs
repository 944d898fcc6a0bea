//! Waiting for what is to come, and for no longer than it takes.

use std::time::{Duration, Instant};

use crate::Result;

/// Far longer than anything here takes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN: Duration = Duration::from_millis(30);

/// Asks until the answer is there. An error is asked again too: while a page is being left, its elements are
/// gone. The last one is told where nothing else came.
pub(crate) async fn until<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let answer = ask().await;
        if let Ok(Some(found)) = answer {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            let why = answer
                .err()
                .map_or_else(String::new, |error| format!(": {error}"));
            return Err(format!("waited in vain for {what}{why}").into());
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
