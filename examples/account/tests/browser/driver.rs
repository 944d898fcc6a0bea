//! chromedriver, which starts browsers and tells them what to do.

use std::process::Command;
use std::rc::Rc;

use serde_json::json;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::{CapabilitiesHelper as _, DesiredCapabilities, WebDriver};

use crate::Result;
use crate::process::Process;
use crate::profile::Profile;
use crate::server::Scratch;

pub(crate) struct Driver {
    url: String,
    _process: Process,
}

/// For a machine without a screen, in a container, as root, with no way to the internet and no wish for one.
const ALWAYS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=Translate,PasswordManagerOnboarding",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

impl Driver {
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new("chromedriver");
        let (process, line) = Process::start(command.arg("--port=0"), "successfully on port")?;
        let port = line.trim_end_matches('.').rsplit(' ').next();
        Ok(Self {
            url: format!("http://127.0.0.1:{}", port.ok_or("it says its port")?),
            _process: process,
        })
    }

    /// A browser with a profile of its own.
    pub(crate) async fn browser(&self, agent: &str, site: &str) -> Result<Profile> {
        self.open(Rc::new(Scratch::new()?), agent, site).await
    }

    /// A browser with this profile, which nobody else may have open.
    pub(crate) async fn open(
        &self,
        directory: Rc<Scratch>,
        agent: &str,
        site: &str,
    ) -> Result<Profile> {
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ALWAYS {
            wanted.add_arg(argument)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", directory.path().display()))?;
        wanted.add_arg(&format!("--user-agent={agent}"))?;
        // So that a page that the policy forbids something is noticed.
        wanted.set("goog:loggingPrefs", json!({ "browser": "ALL" }))?;
        let driver = WebDriver::new(&self.url, wanted).await?;
        Ok(Profile::new(driver, directory, site))
    }
}
