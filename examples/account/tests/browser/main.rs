//! The application in a real browser: Chromium, driven through chromedriver, against the real binary.
//!
//! `cargo xtask test` installs both programs where it can. Pictures of every page are left in
//! `target/account-pages`.

mod cookies;
mod devices;
mod driver;
mod looks;
mod password;
mod process;
mod profile;
mod restart;
mod server;
mod step_up;
mod wait;

use driver::Driver;
use profile::Profile;
use server::Server;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const LAPTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/156.0.0.0 Safari/537.36";

/// A server, and a driver for browsers. Browsers take their time to start, and more so side by side: the
/// tests take turns.
struct Stage {
    server: Server,
    driver: Driver,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl Stage {
    async fn set(arguments: &[&str]) -> Result<Self> {
        let turn = TURN.lock().await;
        Ok(Self {
            server: Server::start(arguments)?,
            driver: Driver::start()?,
            _turn: turn,
        })
    }

    /// A browser with a profile of its own, that has been nowhere yet.
    async fn browser(&self, agent: &str) -> Result<Profile> {
        self.driver.browser(agent, &self.server.url()).await
    }
}
