//! The application from outside: requests go in, responses come out, and time is moved by hand.

mod browser;
mod devices;
mod failures;
mod forms;
mod pages;
mod password;
mod scratch;
mod sign_in;
mod sign_up;
mod site;
mod step_up;
mod unknown_outcome;

use browser::{Answer, Browser};
pub(crate) use scratch::Scratch;
use site::Site;

/// Fails instead of hanging.
async fn soon<O>(work: impl Future<Output = O>) -> O {
    // Longer than anything here takes on a busy machine.
    let done = tokio::time::timeout(std::time::Duration::from_secs(60), work).await;
    done.expect("this should not take so long")
}
