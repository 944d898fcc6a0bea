//! The cookie as the browser sees it, and not as we mean it.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use thirtyfour::SameSite;

use crate::{LAPTOP, Result, Stage};

#[tokio::test]
async fn on_localhost_the_cookie_is_hidden_from_scripts_and_goes_with_the_browser() -> Result {
    let stage = Stage::set(&[]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let cookie = laptop.cookie().await?.ok_or("a cookie")?;
    assert_eq!(cookie.name, "account-session");
    assert_eq!(cookie.http_only, Some(true));
    assert_eq!(cookie.same_site, Some(SameSite::Lax));
    assert_eq!(cookie.path.as_deref(), Some("/"));
    // Plain HTTP, as the application was started.
    assert_eq!(cookie.secure, Some(false));
    assert_eq!(cookie.expiry, None);
    let seen = laptop
        .driver
        .execute("return document.cookie", vec![])
        .await?;
    assert_eq!(seen.json(), "");

    let directory = Rc::clone(&laptop.directory);
    laptop.close().await?;
    let laptop = stage
        .driver
        .open(directory, LAPTOP, &stage.server.url())
        .await?;
    laptop.open("/devices").await?;
    laptop.arrives("/sign-in?return_to=/devices").await?;
    laptop.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_remembered_cookie_outlives_the_browser() -> Result {
    let stage = Stage::set(&[]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    laptop.click("sign-out").await?;
    laptop.arrives("/goodbye").await?;
    laptop.open("/sign-in").await?;
    laptop.click("remember").await?;
    laptop.enter("ada", "correct horse").await?;
    laptop.arrives("/").await?;

    let cookie = laptop.cookie().await?.ok_or("a cookie")?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let days = (cookie.expiry.ok_or("it persists")? - now) / (24 * 60 * 60);
    assert!((29..=30).contains(&days), "{days}");
    assert_eq!(cookie.http_only, Some(true));

    let directory = Rc::clone(&laptop.directory);
    laptop.close().await?;
    let laptop = stage
        .driver
        .open(directory, LAPTOP, &stage.server.url())
        .await?;
    laptop.open("/devices").await?;
    laptop.reads("This device").await?;
    assert_eq!(laptop.texts(".tag.soft").await?, ["Remembered"]);
    laptop.close().await?;
    Ok(())
}

/// Chromium takes cookies for HTTPS from this address over plain HTTP too, since it is the machine's own.
#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_of_this_host_alone() -> Result {
    let stage = Stage::set(&["--secure-cookies"]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let cookie = laptop.cookie().await?.ok_or("a cookie")?;
    assert_eq!(cookie.name, "__Host-session");
    assert_eq!(cookie.secure, Some(true));
    assert_eq!(cookie.http_only, Some(true));
    assert_eq!(cookie.same_site, Some(SameSite::Lax));
    assert_eq!(cookie.path.as_deref(), Some("/"));
    assert_eq!(cookie.domain.as_deref(), Some("127.0.0.1"));
    laptop.close().await?;
    Ok(())
}
