//! What the store costs, beside the engine alone and the disk alone, in one run.
//!
//! ```console
//! $ cargo run --release -p cloakroom-sled --example figures -- sign-outs
//! $ cargo run --release -p cloakroom-sled --example figures -- loads
//! $ cargo run --release -p cloakroom-sled --example figures -- churn
//! ```
//!
//! Compare ratios within a run. `CLOAKROOM_FIGURES_DIR` chooses the disk.
#![allow(missing_docs, reason = "a program")]
#![expect(
    clippy::print_stdout,
    reason = "a terminal program talks to its terminal"
)]

mod churn;
mod loads;
mod sign_outs;
mod stage;

fn main() {
    let which = std::env::args().nth(1).unwrap_or_default();
    match which.as_str() {
        "sign-outs" => sign_outs::run(),
        "loads" => loads::run(),
        "churn" => churn::run(),
        _ => println!("one of: sign-outs, loads, churn"),
    }
}
