//! Sessions that survive: a process signs somebody in and somebody out, and is killed. The next one
//! finds the first session again, and not the second.
//!
//! ```console
//! $ cargo run -p restart
//! ```
//!
//! The process that is killed is this program once more, started with an argument.
#![expect(
    clippy::print_stdout,
    reason = "a terminal program talks to its terminal"
)]

use std::env;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cloakroom::{Sessions, SledStore, Subject, Token};
use serde::{Deserialize, Serialize};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    name: String,
    visits: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match env::args_os().nth(1) {
        Some(path) => sign_in_and_wait(Path::new(&path)).await,
        None => kill_and_look().await,
    }
}

/// The first life: it tells the tokens, as it would tell them to a browser, and never ends by itself.
async fn sign_in_and_wait(path: &Path) -> Result<()> {
    let sessions = open(path)?;
    for name in ["ada", "grace"] {
        let account = Account {
            name: name.to_owned(),
            visits: 1,
        };
        let attempt = sessions.begin_sign_in(&Subject::new(name)?).await?;
        let signed = sessions
            .complete(attempt, None, |_| account.clone())
            .await?;
        let token = signed.signed_in().ok_or("nobody was in the way")?.token;
        if name == "ada" {
            let updated = sessions.update(&token, |account| account.visits += 1);
            assert!(updated.await?.found().is_some());
        } else {
            sessions.sign_out(&token).await?;
        }
        println!("{name} {}", &*token.expose());
    }
    // Nothing is closed and nothing flushed by hand: whatever was answered is on disk.
    std::thread::park();
    Ok(())
}

async fn kill_and_look() -> Result<()> {
    let path = scratch();
    let (ada, grace) = first_life(&path)?;
    println!("killed the process: SIGKILL, no goodbye");

    let sessions = open(&path)?;
    let session = sessions.load(&ada).await?.found();
    let session = session.ok_or("ada's session is lost")?;
    assert_eq!(session.data().visits, 2, "the update is there too");
    println!("ada is still signed in: {:?}", session.data());

    assert!(sessions.load(&grace).await?.found().is_none());
    println!("grace, who had signed out, is still signed out");

    let ended = sessions.tokens(&Subject::new("ada")?).revoke_all().await?;
    assert_eq!(ended.ended.len(), 1);
    assert!(sessions.load(&ada).await?.found().is_none());
    println!("ada is signed out everywhere");

    drop(session);
    drop(sessions);
    std::fs::remove_dir_all(&path)?;
    Ok(())
}

/// Lets the first life run until it has told both tokens, and kills it.
fn first_life(path: &Path) -> Result<(Token, Token)> {
    let mut child = Command::new(env::current_exe()?)
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut tokens: Vec<Token> = Vec::new();
    let stdout = child.stdout.take().ok_or("its output is piped")?;
    for line in BufReader::new(stdout).lines().take(2) {
        let line = line?;
        let (name, token) = line.split_once(' ').ok_or("a name and a token")?;
        println!("{name} signed in, and has a token");
        tokens.push(token.parse()?);
    }
    child.kill()?;
    child.wait()?;
    let [ada, grace] = <[Token; 2]>::try_from(tokens).map_err(|_| "the first life ended early")?;
    Ok((ada, grace))
}

fn open(path: &Path) -> Result<Sessions<Account>> {
    Ok(Sessions::builder(SledStore::open(path)?).build()?)
}

fn scratch() -> PathBuf {
    env::temp_dir().join(format!("cloakroom-restart-{}", std::process::id()))
}
