//! Changing the password.

use crate::{LAPTOP, PHONE, Result, Stage};

#[tokio::test]
async fn a_password_change_sends_the_other_browser_to_the_sign_in_page() -> Result {
    let stage = Stage::set(&[]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let phone = stage.browser(PHONE).await?;
    phone.sign_in("ada", "correct horse").await?;
    phone.open("/devices").await?;
    let before = laptop.cookie().await?.ok_or("a cookie")?.value;

    laptop.open("/password").await?;
    laptop.fill("current", "wrong horse").await?;
    laptop.fill("new", "battery staple").await?;
    laptop.click("submit").await?;
    laptop.reads("That is not your current password.").await?;
    laptop.fill("current", "correct horse").await?;
    laptop.fill("new", "battery staple").await?;
    laptop.click("submit").await?;
    laptop.arrives("/devices").await?;
    laptop.reads("Your password has changed.").await?;
    assert_eq!(laptop.texts(".device h2").await?, ["Chrome on Linux"]);
    assert_ne!(laptop.cookie().await?.ok_or("a cookie")?.value, before);

    phone.driver.refresh().await?;
    phone.arrives("/sign-in?return_to=/devices").await?;
    phone.enter("ada", "correct horse").await?;
    phone.reads("do not belong together").await?;
    phone.enter("ada", "battery staple").await?;
    phone.arrives("/devices").await?;

    phone.close().await?;
    laptop.close().await?;
    Ok(())
}
