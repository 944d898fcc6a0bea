//! What is in a Redis full of Node's sessions: counts by kind, keys that never go by themselves, damage. Nothing is
//! changed.
//!
//! ```console
//! $ cargo run -p node-report -- redis://127.0.0.1:6379 sid: sess:
//! $ cargo run -p node-report -- --cluster redis://10.0.0.1,redis://10.0.0.2 sid:
//! ```
//!
//! After the URL come the prefixes of sessions: what begins so and is no session counts as damaged.

#![expect(clippy::print_stdout, reason = "it is a report")]

use cloakroom::node::{Servers, Survey};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let is_cluster = arguments
        .next_if(|argument| argument == "--cluster")
        .is_some();
    let url = arguments
        .next()
        .unwrap_or_else(|| "redis://127.0.0.1".to_owned());
    let servers = match is_cluster {
        true => Servers::cluster(url.split(',')),
        false => Servers::standalone(url),
    };
    let survey = arguments.fold(Survey::new(servers), Survey::prefix);
    println!("{}", survey.report().await?);
    Ok(())
}
