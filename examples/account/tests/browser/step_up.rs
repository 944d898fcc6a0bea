//! Typing the password again before the account is deleted.

use crate::wait::until;
use crate::{LAPTOP, PHONE, Result, Stage};

const CONFIRM: &str = "/confirm?return_to=/delete-account";

#[tokio::test]
async fn the_account_is_deleted_once_the_password_was_typed_again() -> Result {
    // As short as can be, so that it passes while we look.
    let mut stage = Stage::set(&["--confirm-after", "1"]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let phone = stage.browser(PHONE).await?;
    phone.sign_in("ada", "correct horse").await?;
    until("a password that is old", async || {
        laptop.open("/delete-account").await?;
        Ok((laptop.path().await? == CONFIRM).then_some(()))
    })
    .await?;

    // As long as anybody needs, so that it does not pass meanwhile. The form in the browser is still good:
    // its token is in the session.
    stage.server.stop()?;
    stage.server.start_again(&["--confirm-after", "3600"])?;
    laptop.fill("password", "wrong horse").await?;
    laptop.click("submit").await?;
    laptop.reads("That is not your password.").await?;
    laptop.fill("password", "correct horse").await?;
    laptop.click("submit").await?;
    laptop.arrives("/delete-account").await?;
    laptop.reads("There is no way back.").await?;
    laptop.click("submit").await?;
    laptop.arrives("/account-deleted").await?;
    assert!(laptop.cookie().await?.is_none());

    phone.driver.refresh().await?;
    phone.reads("Leave your things with us.").await?;
    phone.open("/sign-in").await?;
    phone.enter("ada", "correct horse").await?;
    phone.reads("do not belong together").await?;

    phone.close().await?;
    laptop.close().await?;
    Ok(())
}
