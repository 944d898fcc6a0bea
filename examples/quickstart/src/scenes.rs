//! The scenes of the story, in the order in which they are played.

use std::sync::Arc;
use std::time::Duration;

use cloakroom::fault::FaultStore;
use cloakroom::{Operation, Sessions, SignIn, Token};

use crate::devices::{self, short};
use crate::shop::{Account, Result, Shop, minutes};

/// The tokens of Ada's devices, which each device keeps as a cookie.
pub(crate) struct Devices {
    pub(crate) laptop: Token,
    pub(crate) phone: Token,
    pub(crate) tablet: Token,
}

pub(crate) async fn a_visitor(shop: &Shop) -> Result<Token> {
    title("1. A visitor, whom nobody knows, puts a hat into the cart");
    let visit = shop.sessions.create(Account::default()).await?;
    let updated = shop
        .sessions
        .update(&visit.token, |account| account.cart.push("hat".to_owned()))
        .await?;
    let session = updated.found().ok_or("the session is there")?;

    assert_eq!(session.subject(), None);
    assert_eq!(session.data().cart, ["hat"]);
    println!("   session {}  anonymous, cart: hat", short(session.id()));
    Ok(visit.token)
}

pub(crate) async fn three_devices(shop: &Shop, visitor: &Token) -> Result<Devices> {
    title("2. It was Ada: she signs in on the laptop, later on the phone and the tablet");
    let laptop = shop.signed_in("Laptop", Some(visitor)).await?;
    assert_eq!(laptop.session.data().cart, ["hat"]);
    assert!(shop.load(visitor).await?.is_none());
    println!("   session {}  is over", short(visitor.id()));
    println!(
        "   session {}  is hers: a new token, and the cart came along",
        short(laptop.session.id())
    );

    shop.clock.advance(minutes(5));
    let phone = shop.signed_in("Phone", None).await?;
    shop.clock.advance(minutes(3));
    let tablet = shop.signed_in("Tablet", None).await?;
    println!("   session {}  the phone", short(phone.session.id()));
    println!("   session {}  the tablet", short(tablet.session.id()));
    Ok(Devices {
        laptop: laptop.token,
        phone: phone.token,
        tablet: tablet.token,
    })
}

pub(crate) async fn the_list_of_devices(shop: &Shop) -> Result<()> {
    title("3. A minute later she looks at the list of her devices");
    shop.clock.advance(minutes(1));
    devices::show(
        shop,
        &[
            ("Tablet", "1 min ago", "1 min ago", "in 29 min"),
            ("Phone", "4 min ago", "4 min ago", "in 26 min"),
            ("Laptop", "9 min ago", "9 min ago", "in 21 min"),
        ],
    )
    .await
}

pub(crate) async fn two_updates_at_once(shop: &Shop, laptop: &Token) -> Result<()> {
    title("4. Two tabs of the laptop add to the cart at once, and one of them is slow");
    // A second host, whose next update is held up on its way to the store.
    let detour = FaultStore::new(Arc::clone(shop.sessions.store()));
    let hold = detour.faults().hold_before(Operation::Update);
    let slow_host = Sessions::<Account>::builder(detour)
        .clock(shop.clock.clone())
        .build()?;

    let mut tries = 0;
    let slow = slow_host.update(laptop, |account| {
        tries += 1;
        account.cart.push("gloves".to_owned());
    });
    let quick = async {
        hold.arrived().await;
        let add = |account: &mut Account| account.cart.push("scarf".to_owned());
        let updated = shop.sessions.update(laptop, add).await;
        hold.release();
        updated
    };
    let (slow, quick) = tokio::join!(slow, quick);
    let quick = quick?.found().ok_or("the session is there")?;
    let slow = slow?.found().ok_or("the session is there")?;

    assert_eq!(quick.data().cart, ["hat", "scarf"]);
    assert_eq!(slow.data().cart, ["hat", "scarf", "gloves"]);
    assert_eq!(tries, 2);
    println!("   the slow tab reads    hat");
    println!("   the quick tab writes  hat, scarf");
    println!("   the slow tab is told of the conflict, runs its change again,");
    println!("            and writes   hat, scarf, gloves");
    Ok(())
}

pub(crate) async fn a_session_idles_out(shop: &Shop, ada: &Devices) -> Result<()> {
    title("5. She uses the laptop and the phone, and forgets the tablet");
    shop.clock.advance(minutes(20));
    assert!(shop.load(&ada.phone).await?.is_some());
    shop.clock.advance(minutes(1));
    assert!(shop.load(&ada.laptop).await?.is_some());
    let millisecond = Duration::from_millis(1);
    shop.clock.advance(minutes(8) - millisecond);
    assert!(shop.sessions.peek(&ada.tablet).await?.is_found());
    shop.clock.advance(millisecond);
    assert!(!shop.sessions.peek(&ada.tablet).await?.is_found());
    println!("   30 minutes after its last use, to the millisecond, the tablet's session is over.");
    devices::show(
        shop,
        &[
            ("Laptop", "38 min ago", "8 min ago", "in 22 min"),
            ("Phone", "33 min ago", "9 min ago", "in 21 min"),
        ],
    )
    .await
}

pub(crate) async fn one_device_is_signed_out(shop: &Shop, ada: &Devices) -> Result<()> {
    title("6. She has left the phone on the bus, and signs it out from the list");
    let listed = devices::list(shop).await?;
    let phone = listed
        .iter()
        .find(|device| devices::name(device) == "Phone");
    // The page has shown the id, and the button sends it back.
    let shown = phone.ok_or("the phone is listed")?.id.to_string();

    let tokens = shop.sessions.tokens(&shop.ada);
    let id = tokens.parse_id(&shown)?;
    let revoked = tokens.revoke(&id).await?;
    assert_eq!(revoked.ended, [id]);
    assert!(shop.load(&ada.phone).await?.is_none());
    println!(
        "   session {}  is over, wherever the phone may be",
        short(id)
    );
    Ok(())
}

pub(crate) async fn the_password_changes(shop: &Shop, laptop: &Token) -> Result<()> {
    title("7. Somebody knows her password: she changes it on the laptop");
    let thief = shop.signed_in("Unknown browser", None).await?;
    println!(
        "   session {}  is the thief's, who is about to sign in once more",
        short(thief.session.id())
    );
    let under_way = shop.sessions.begin_sign_in(&shop.ada).await?;

    let revoked = shop
        .sessions
        .tokens(&shop.ada)
        .revoke_others(laptop)
        .await?;
    assert_eq!(revoked.ended, [thief.session.id()]);
    assert!(shop.load(&thief.token).await?.is_none());
    println!(
        "   session {}  ended with the password",
        short(thief.session.id())
    );

    let too_late = shop
        .sessions
        .complete(under_way, None, Option::unwrap_or_default)
        .await?;
    assert!(matches!(too_late, SignIn::Superseded));
    println!("   the sign-in that began with the old password is superseded");
    devices::show(shop, &[("Laptop", "38 min ago", "8 min ago", "in 22 min")]).await
}

pub(crate) async fn one_device_too_many(shop: &Shop, laptop: &Token) -> Result<()> {
    title("8. She may have three sessions. On the fourth device, the oldest gives way");
    for device in ["New phone", "Tablet"] {
        shop.clock.advance(minutes(2));
        let _ = shop.signed_in(device, None).await?;
    }
    devices::show(
        shop,
        &[
            ("Tablet", "just now", "just now", "in 30 min"),
            ("New phone", "2 min ago", "2 min ago", "in 28 min"),
            ("Laptop", "42 min ago", "12 min ago", "in 18 min"),
        ],
    )
    .await?;

    shop.clock.advance(minutes(2));
    let fourth = shop.sign_in("Work computer", None).await?;
    let SignIn::SignedIn { evicted, .. } = fourth else {
        return Err("the sign-in was refused".into());
    };
    let [evicted] = evicted.as_slice() else {
        return Err(format!("{} sessions were evicted", evicted.len()).into());
    };
    // Signed in the longest ago.
    assert_eq!(*evicted, laptop.id());
    println!(
        "\n   she signs in at work, and session {}, the laptop's, gives way",
        short(*evicted)
    );
    devices::show(
        shop,
        &[
            ("Work computer", "just now", "just now", "in 30 min"),
            ("Tablet", "2 min ago", "2 min ago", "in 28 min"),
            ("New phone", "4 min ago", "4 min ago", "in 26 min"),
        ],
    )
    .await
}

fn title(text: &str) {
    println!("\n{text}");
}
