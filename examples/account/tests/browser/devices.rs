//! Two browsers of one user, side by side.

use thirtyfour::By;

use crate::{LAPTOP, PHONE, Result, Stage};

#[tokio::test]
async fn two_browsers_see_each_other_and_one_signs_the_other_out() -> Result {
    let stage = Stage::set(&[]).await?;
    let laptop = stage.browser(LAPTOP).await?;
    laptop.sign_up("ada").await?;
    let phone = stage.browser(PHONE).await?;
    phone.sign_in("ada", "correct horse").await?;

    // Both see both, and each knows which it is.
    for (browser, labels) in [
        (&laptop, ["Chrome on Linux", "Safari on iPhone"]),
        (&phone, ["Safari on iPhone", "Chrome on Linux"]),
    ] {
        browser.open("/devices").await?;
        assert_eq!(browser.texts(".device h2").await?, labels);
        assert_eq!(browser.texts(".device.this h2").await?, labels[..1]);
        assert_eq!(browser.texts(".device.this .tag").await?, ["This device"]);
    }

    // The laptop signs the phone out.
    let others = laptop
        .driver
        .find(By::Css(".device:not(.this) button"))
        .await?;
    assert_eq!(
        others.attr("aria-label").await?.as_deref(),
        Some("Sign out Safari on iPhone")
    );
    others.click().await?;
    laptop.reads("That device is signed out.").await?;
    assert_eq!(laptop.texts(".device h2").await?, ["Chrome on Linux"]);

    // The phone's next click, on a link of the page that it has open, leads to the sign-in page; from there
    // back to where it was going.
    let link = phone.driver.find(By::LinkText("Password")).await?;
    link.click().await?;
    phone.arrives("/sign-in?return_to=/password").await?;
    phone.reads("Please sign in to go on.").await?;
    phone.enter("ada", "correct horse").await?;
    phone.arrives("/password").await?;

    // The laptop's next click is as good as ever. This time all others go, and the phone's next click
    // is a button.
    laptop.open("/devices").await?;
    laptop.click("end-others").await?;
    laptop.reads("Your other devices are signed out.").await?;
    phone.click("sign-out").await?;
    phone.arrives("/sign-in").await?;

    laptop.click("sign-out").await?;
    laptop.arrives("/goodbye").await?;
    laptop.reads("You're signed out").await?;
    assert!(laptop.cookie().await?.is_none());
    // The page before is not shown again from the browser's memory.
    laptop.driver.back().await?;
    laptop.arrives("/sign-in?return_to=/devices").await?;

    for browser in [laptop, phone] {
        assert_eq!(browser.close().await?, Vec::<String>::new());
    }
    Ok(())
}
