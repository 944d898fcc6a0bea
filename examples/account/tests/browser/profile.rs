//! A browser, as its user uses it.

use std::rc::Rc;

use rustix::process::{Pid, Signal, kill_process};
use thirtyfour::{By, Cookie, WebDriver, WebElement};

use crate::Result;
use crate::server::Scratch;
use crate::wait::until;

/// A browser with a profile of its own.
pub(crate) struct Profile {
    pub(crate) driver: WebDriver,
    pub(crate) directory: Rc<Scratch>,
    site: String,
}

impl Profile {
    pub(crate) fn new(driver: WebDriver, directory: Rc<Scratch>, site: &str) -> Self {
        Self {
            driver,
            directory,
            site: site.to_owned(),
        }
    }

    /// Enters an address, and waits until its page is there.
    pub(crate) async fn open(&self, path: &str) -> Result {
        self.driver.goto(format!("{}{path}", self.site)).await?;
        Ok(())
    }

    /// The element with this id, once it is there.
    pub(crate) async fn element(&self, id: &str) -> Result<WebElement> {
        let what = format!("#{id}");
        until(&what, async || {
            Ok(Some(self.driver.find(By::Id(id)).await?))
        })
        .await
    }

    pub(crate) async fn text(&self, id: &str) -> Result<String> {
        until(&format!("the text of #{id}"), async || {
            Ok(Some(self.driver.find(By::Id(id)).await?.text().await?))
        })
        .await
    }

    /// Types into a field, in place of what is in it.
    pub(crate) async fn fill(&self, id: &str, text: &str) -> Result {
        let field = self.element(id).await?;
        field.clear().await?;
        field.send_keys(text).await?;
        Ok(())
    }

    pub(crate) async fn click(&self, id: &str) -> Result {
        self.element(id).await?.click().await?;
        Ok(())
    }

    /// The path in the address bar.
    pub(crate) async fn path(&self) -> Result<String> {
        let url = self.driver.current_url().await?;
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }

    /// Waits until the browser has arrived somewhere.
    pub(crate) async fn arrives(&self, path: &str) -> Result {
        let mut last = String::new();
        let arrived = until(path, async || {
            last = self.path().await?;
            let ready = self
                .driver
                .execute("return document.readyState", vec![])
                .await?;
            Ok((last == path && ready.json() == "complete").then_some(()))
        });
        arrived
            .await
            .map_err(|error| format!("{error}; it is at {last}").into())
    }

    /// Waits until the page says something.
    pub(crate) async fn reads(&self, text: &str) -> Result {
        let mut last = String::new();
        let read = until(text, async || {
            last = self.driver.find(By::Tag("main")).await?.text().await?;
            Ok(last.contains(text).then_some(()))
        });
        read.await
            .map_err(|error| format!("{error}; it says:\n{last}").into())
    }

    /// The texts of all elements that a selector finds.
    pub(crate) async fn texts(&self, selector: &str) -> Result<Vec<String>> {
        until(selector, async || {
            let mut texts = Vec::new();
            for element in self.driver.find_all(By::Css(selector)).await? {
                texts.push(element.text().await?);
            }
            Ok(Some(texts))
        })
        .await
    }

    pub(crate) async fn sign_up(&self, name: &str) -> Result {
        self.open("/sign-up").await?;
        self.fill("name", name).await?;
        self.fill("password", "correct horse").await?;
        self.click("submit").await?;
        self.arrives("/").await
    }

    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Result {
        self.open("/sign-in").await?;
        self.enter(name, password).await?;
        self.arrives("/").await
    }

    /// Fills the form of the sign-in page, and sends it.
    pub(crate) async fn enter(&self, name: &str, password: &str) -> Result {
        self.fill("name", name).await?;
        self.fill("password", password).await?;
        self.click("submit").await
    }

    /// The session's cookie, as the browser has it.
    pub(crate) async fn cookie(&self) -> Result<Option<Cookie>> {
        let mut cookies = self.driver.get_all_cookies().await?;
        assert!(cookies.len() <= 1, "there are more: {cookies:?}");
        Ok(cookies.pop())
    }

    /// Closes the browser as its user does. Says what it complained about meanwhile.
    pub(crate) async fn close(self) -> Result<Vec<String>> {
        let log = self.driver.browser_log().await?;
        self.driver.clone().quit().await?;
        Ok(log
            .into_iter()
            .map(|entry| format!("{}: {}", entry.level, entry.message))
            .collect())
    }
}

/// Ends a browser that was not closed, since its test has failed. chromedriver would be asked to close it,
/// and waits for two minutes where it does not answer.
impl Drop for Profile {
    fn drop(&mut self) {
        let was_closed = self.driver.clone().leak().is_err();
        let process = self.driver.capabilities().get("goog:processID");
        match process.and_then(|pid| pid.as_i64()) {
            Some(pid) if !was_closed => kill(pid),
            _ => {}
        }
    }
}

/// Ends the process of this id, and its children find out by themselves.
fn kill(pid: i64) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}
