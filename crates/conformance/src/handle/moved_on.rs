//! Data that no longer decode, because the type has moved on.

use cloakroom_core::Codec;
use serde::{Deserialize, Serialize};

use crate::handle::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LastYear {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ThisYear {
    first: String,
    last: String,
}

async fn hosts<H: Harness>(service: &Service<H>) -> (Host<LastYear>, Host<ThisYear>) {
    (
        service.host_with(|s| s).await,
        service.host_with(|s| s).await,
    )
}

fn of_last_year() -> LastYear {
    LastYear {
        name: "Ada Lovelace".to_owned(),
    }
}

async fn signed_in(host: &Host<LastYear>, who: &Subject) -> Issued<LastYear> {
    let attempt = host.begin(who).await;
    let completed = host
        .sessions
        .complete(attempt, None, |_| of_last_year())
        .await;
    let completed = completed.expect("complete does not fail");
    completed.signed_in().expect("a sign-in")
}

/// It is an answer of its own: not absent, not a damaged record, and nothing is overwritten.
pub async fn data_of_last_years_type_are_told_apart_and_kept<H: Harness>() {
    let service = Service::<H>::start().await;
    let (old, new) = hosts(&service).await;
    let issued = signed_in(&old, &subject("ada")).await;
    let attempt = new.begin(&subject("ada")).await;
    let carry = |_: Option<ThisYear>| panic!("there is nothing that could be carried");
    for failed in [
        failure(new.sessions.load(&issued.token).await),
        failure(new.sessions.peek(&issued.token).await),
        failure(
            new.sessions
                .update(&issued.token, |_| panic!("no data to change"))
                .await,
        ),
        failure(new.sessions.renew(&issued.token, Duration::ZERO).await),
        failure(
            new.sessions
                .complete(attempt, Some(&issued.token), carry)
                .await,
        ),
    ] {
        assert_eq!(failed, Some(ErrorKind::Decode));
    }
    let read = old.open(&issued.token).await;
    assert_eq!(read.data(), &of_last_year());
    assert_eq!(read.revision(), issued.session.revision());
}

/// Whose session it is, when it ends, its label and its use, and ending it, need no data.
pub async fn what_needs_no_data_works_without_decoding_them<H: Harness>() {
    let service = Service::<H>::start().await;
    let (old, new) = hosts(&service).await;
    let ada = subject("ada");
    let tokens = new.sessions.tokens(&ada);
    for way in 0..4 {
        let issued = signed_in(&old, &ada).await;
        service.clock.advance(minutes(10));
        let info = new
            .sessions
            .inspect(&issued.token)
            .await
            .expect("inspect does not fail");
        assert_eq!(expect_found(info).subject, Some(ada.clone()));
        let touched = new
            .sessions
            .touch(&issued.token)
            .await
            .expect("touch does not fail");
        assert_eq!(expect_found(touched).last_seen, service.now());
        let labelled = new
            .sessions
            .set_label(&issued.token, Some(label("Laptop")))
            .await;
        assert!(labelled.expect("set_label does not fail").is_found());
        assert_eq!(old.open(&issued.token).await.data(), &of_last_year());
        assert!(
            tokens
                .contains(&issued.token)
                .await
                .expect("contains does not fail")
        );
        assert_eq!(tokens.count().await.expect("count does not fail"), 1);
        match way {
            0 => drop(new.sign_out(&issued.token).await),
            1 => drop(tokens.revoke(&issued.session.id()).await.expect("revoke")),
            2 => drop(tokens.remove(&issued.token).await.expect("remove")),
            _ => drop(tokens.revoke_all().await.expect("revoke_all")),
        }
        assert!(!old.lives(&issued.token).await);
    }
}

/// Another user signs in over it: the session ends without its data being looked at.
pub async fn another_user_signs_in_over_data_that_do_not_decode<H: Harness>() {
    let service = Service::<H>::start().await;
    let (old, new) = hosts(&service).await;
    let issued = signed_in(&old, &subject("ada")).await;
    let attempt = new.begin(&subject("bob")).await;
    let fresh = |carried: Option<ThisYear>| {
        assert_eq!(carried, None);
        ThisYear {
            first: "Bob".to_owned(),
            last: String::new(),
        }
    };
    let completed = new
        .sessions
        .complete(attempt, Some(&issued.token), fresh)
        .await;
    assert!(
        completed
            .expect("complete does not fail")
            .signed_in()
            .is_some()
    );
    assert!(matches!(old.load(&issued.token).await, Lookup::Replaced));
}

/// A migration makes this year's data of last year's wherever data are read, and they are written back
/// with the next change. What it cannot make either stays an error.
pub async fn a_migration_reads_what_last_years_type_wrote<H: Harness>() {
    let service = Service::<H>::start().await;
    let (old, plain) = hosts(&service).await;
    let new = service
        .host_with::<ThisYear>(|settings| {
            settings.migration(|stored| {
                let LastYear { name } = stored.decode()?;
                assert_eq!(stored.codec(), Some(Codec::Json));
                assert_eq!(
                    stored.bytes(),
                    format!("{{\"name\":\"{name}\"}}").as_bytes()
                );
                let (first, last) = name.split_once(' ')?;
                Some(ThisYear {
                    first: first.to_owned(),
                    last: last.to_owned(),
                })
            })
        })
        .await;
    let ada = ThisYear {
        first: "Ada".to_owned(),
        last: "Lovelace".to_owned(),
    };
    let issued = signed_in(&old, &subject("ada")).await;
    assert_eq!(new.open(&issued.token).await.data(), &ada);
    assert_eq!(old.open(&issued.token).await.data(), &of_last_year());
    new.change(&issued.token, |a| a.last.push('!')).await;
    let read = plain.open(&issued.token).await;
    assert_eq!(read.data().last, "Lovelace!");

    let nameless = old
        .create(LastYear {
            name: "Ada".to_owned(),
        })
        .await;
    let failed = new.sessions.load(&nameless.token).await;
    assert_eq!(failure(failed), Some(ErrorKind::Decode));
}
