//! How the pages look: pictures of each, and what can be told without eyes.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::profile::Profile;
use crate::{LAPTOP, PHONE, Result, Stage};

/// Width, height, and whether it is held in a hand.
const SCREENS: [(&str, u32, u32, bool); 2] =
    [("phone", 390, 844, true), ("desktop", 1280, 800, false)];
const SCHEMES: [&str; 2] = ["light", "dark"];

#[tokio::test]
async fn every_page_fits_and_reads_well_on_phone_and_desktop_by_day_and_night() -> Result {
    let stage = Stage::set(&[]).await?;
    let pictures = pictures()?;
    let visitor = stage.browser(LAPTOP).await?;
    for (name, path) in [
        ("welcome", "/"),
        ("sign-up", "/sign-up"),
        ("sign-in", "/sign-in?return_to=/devices"),
        ("goodbye", "/goodbye"),
        ("account-deleted", "/account-deleted"),
        ("not-found", "/nowhere"),
    ] {
        visitor.open(path).await?;
        look(&visitor, &pictures, name).await?;
    }
    visitor.open("/sign-in").await?;
    visitor.enter("ada", "wrong horse").await?;
    visitor.reads("do not belong together").await?;
    look(&visitor, &pictures, "sign-in-refused").await?;

    // The longest name and a list of several, since these are what breaks a layout.
    let name = "ada.lovelace-of-the-analytical-e";
    visitor.sign_up(name).await?;
    look(&visitor, &pictures, "home-welcome").await?;
    let phone = stage.browser(PHONE).await?;
    phone.open("/sign-in").await?;
    phone.click("remember").await?;
    phone.enter(name, "correct horse").await?;
    phone.arrives("/").await?;
    phone.close().await?;
    for (page, path) in [
        ("home", "/"),
        ("devices", "/devices"),
        ("password", "/password"),
        ("confirm", "/confirm?return_to=/delete-account"),
        ("delete-account", "/delete-account"),
    ] {
        visitor.open(path).await?;
        look(&visitor, &pictures, page).await?;
    }
    for complaint in visitor.close().await? {
        // The pages that are to be missing or refused, and nothing else: a style that the policy forbids
        // would be told here.
        assert!(
            complaint.contains("404") || complaint.contains("403"),
            "{complaint}"
        );
    }
    Ok(())
}

async fn look(browser: &Profile, pictures: &Path, name: &str) -> Result {
    let devtools = browser.driver.cdp();
    for (screen, width, height, mobile) in SCREENS {
        let metrics = json!({
            "width": width, "height": height, "mobile": mobile, "deviceScaleFactor": 1,
        });
        devtools
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        for scheme in SCHEMES {
            let media =
                json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            devtools
                .send_raw("Emulation.setEmulatedMedia", media)
                .await?;
            let file = format!("{name}-{screen}-{scheme}.png");
            browser.driver.screenshot(&pictures.join(&file)).await?;
            let found = browser
                .driver
                .execute(include_str!("looks.js"), vec![width.into()])
                .await?;
            assert_eq!(found.json(), &json!([]), "{file}");
        }
    }
    Ok(())
}

/// An empty directory for the pictures.
fn pictures() -> Result<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../account-pages");
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    Ok(directory)
}
