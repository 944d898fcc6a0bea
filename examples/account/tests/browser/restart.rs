//! Sessions that outlive the server.

use crate::profile::Profile;
use crate::{LAPTOP, PHONE, Result, Stage};

#[tokio::test]
async fn a_restart_signs_nobody_out_and_the_count_goes_on() -> Result {
    let mut stage = Stage::set(&[]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let phone = stage.browser(PHONE).await?;
    phone.sign_in("ada", "correct horse").await?;
    phone.open("/").await?;
    let (on_laptop, on_phone) = (visits(&laptop).await?, visits(&phone).await?);
    assert_eq!((on_laptop, on_phone), (1, 2));

    // The browsers hold connections open that the server has to close.
    stage.server.stop()?;
    stage.server.start_again(&[])?;
    laptop.open("/").await?;
    phone.open("/").await?;
    assert_eq!((visits(&laptop).await?, visits(&phone).await?), (2, 3));

    // What was answered is on disk, also where the server is killed at once.
    stage.server.kill()?;
    stage.server.start_again(&[])?;
    laptop.open("/").await?;
    phone.open("/").await?;
    assert_eq!((visits(&laptop).await?, visits(&phone).await?), (3, 4));
    assert_eq!(laptop.text("device-count").await?, "2");

    // A sign-out is for good, whatever happens right after it.
    laptop.open("/devices").await?;
    laptop.click("end-others").await?;
    laptop.reads("Your other devices are signed out.").await?;
    stage.server.kill()?;
    stage.server.start_again(&[])?;
    phone.open("/devices").await?;
    phone.arrives("/sign-in?return_to=/devices").await?;
    laptop.open("/").await?;
    assert_eq!(visits(&laptop).await?, 4);

    phone.close().await?;
    laptop.close().await?;
    Ok(())
}

async fn visits(browser: &Profile) -> Result<u64> {
    Ok(browser.text("visits").await?.parse()?)
}
