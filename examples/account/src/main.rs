//! A web application on Cloakroom: accounts, and where one is signed in.
//!
//! ```console
//! $ cargo run -p account
//! ```
//!
//! Its README says what it shows, and where in the code.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program talks to its terminal"
)]

mod ago;
mod app;
mod arguments;
mod device;
mod failure;
mod form_token;
mod frame;
mod head;
mod headers;
mod origin;
mod page;
mod pages;
mod passwords;
mod posted;
mod routes;
mod serve;
mod session_layer;
mod signed_in;
mod store;
#[cfg(test)]
mod tests;
mod users;
mod visit;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::app::App;
use crate::arguments::{Arguments, HELP, Request};
use crate::passwords::Passwords;
use crate::serve::{Listener, Stopped};
use crate::store::OpenStore;
use crate::users::Users;

fn main() -> ExitCode {
    match Request::parse(env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Request::Serve(arguments)) => match serve(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {}", with_sources(error.as_ref()));
                ExitCode::FAILURE
            }
        },
        Err(bad) => {
            eprintln!("error: {bad}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main]
async fn serve(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let listener = Listener::bind(arguments.port).await?;
    let users = Users::open(&arguments.data)
        .map_err(|error| format!("the users in {}: {error}", arguments.data.display()))?;
    let store = OpenStore::open(&arguments.store, &arguments.data).await?;
    let app = App {
        users,
        passwords: Passwords::new()?,
        confirm_after: arguments.confirm_after,
    };
    let layer = session_layer::build(store.sessions()?, arguments.cookies, store.name())?;
    say(&format!(
        "Data are in {}; sessions in {}.",
        arguments.data.display(),
        store.name()
    ));
    say(listener.address());
    say("Stop it with Ctrl-C.");
    let stopped = listener.serve(app.router(layer)).await?;
    // Where nobody is served any more, this is the last handle.
    store.close()?;
    say(match stopped {
        Stopped::InOrder => "Stopped.",
        Stopped::CutOff => "Stopped. Some requests took too long, and were cut off.",
    });
    Ok(())
}

/// Tells the terminal, or whoever listens there. It goes on where nobody does any more.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// An error and all that it comes from, on one line.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
