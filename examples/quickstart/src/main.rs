//! What Cloakroom does, as a story on the terminal: `cargo run -p quickstart`.
//!
//! The scenes are in `scenes.rs`, one function each. A scene asserts what it prints.

#![expect(
    clippy::print_stdout,
    reason = "a terminal program talks to its terminal"
)]

mod devices;
mod scenes;
mod shop;

use shop::{Result, Shop};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    println!("Cloakroom: sessions in memory, time moved by hand. Session ids are shown shortened;");
    println!("tokens, the secrets that clients hold, are never shown.");

    let shop = Shop::open()?;
    let visitor = scenes::a_visitor(&shop).await?;
    let ada = scenes::three_devices(&shop, &visitor).await?;
    scenes::the_list_of_devices(&shop).await?;
    scenes::two_updates_at_once(&shop, &ada.laptop).await?;
    scenes::a_session_idles_out(&shop, &ada).await?;
    scenes::one_device_is_signed_out(&shop, &ada).await?;
    scenes::the_password_changes(&shop, &ada.laptop).await?;
    scenes::one_device_too_many(&shop, &ada.laptop).await?;

    println!("\nThe end. What was shown has been asserted.");
    Ok(())
}
