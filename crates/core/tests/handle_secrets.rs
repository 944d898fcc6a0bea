//! Nothing secret is in an error, or in what `Debug` prints.

#![cfg(feature = "testing")]
#![cfg_attr(
    feature = "testing",
    expect(
        clippy::unwrap_used,
        reason = "a helper of the tests fails as they do: by a panic"
    )
)]

mod support;

use std::error::Error as StdError;
use std::fmt::{Debug, Write as _};
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::fault::{Calls, FaultStore, Faults};
use cloakroom_core::store::Page;
use cloakroom_core::{
    Codec, Error, ErrorKind, Label, ManualClock, Renewal, SessionOptions, Sessions, SignIn,
    Subject, Token,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use support::MapStore;

/// Session data that cannot be overlooked.
const CANARY: &str = "canary-in-the-data";
const USER: &str = "user-whose-name-is-private";

fn subject() -> Subject {
    Subject::new(USER).unwrap()
}

fn sessions<T>(codec: Codec) -> (Sessions<T>, Faults) {
    let store = FaultStore::new(MapStore::default());
    let faults = store.faults();
    let builder = Sessions::builder(store)
        .clock(ManualClock::new())
        .codec(codec);
    (builder.build().unwrap(), faults)
}

/// All that an error says, to a user and to a log, its sources included.
fn said(error: &Error) -> String {
    let mut said = format!("{error} {error:?} {error:#?}");
    let mut next: Option<&dyn StdError> = error.source();
    while let Some(error) = next {
        write!(said, " {error} {error:?}").unwrap();
        next = error.source();
    }
    said
}

/// The forms in which a token could be found: its text, and its bytes as `Debug` prints them.
fn forms(token: &Token) -> [String; 2] {
    let text = token.expose().to_string();
    [text.clone(), format!("{:?}", text.as_bytes())]
}

fn assert_silent(said: &str, tokens: &[&Token]) {
    assert!(!said.contains(CANARY), "{said}");
    for form in tokens.iter().flat_map(|token| forms(token)) {
        assert!(!said.contains(&form), "{said}");
    }
}

fn codecs() -> impl Iterator<Item = Codec> {
    (0..=u8::MAX).filter_map(Codec::from_number)
}

#[tokio::test]
async fn no_error_of_a_failing_store_tells_a_token_the_data_or_the_user() {
    let kinds = [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::OutcomeUnknown,
        ErrorKind::Contended,
        ErrorKind::Corrupt,
        ErrorKind::NewerVersion,
        ErrorKind::Full,
        ErrorKind::Denied,
        ErrorKind::CursorLost,
        ErrorKind::ClockDrift,
        ErrorKind::Internal,
    ];
    let (sessions, faults) = sessions::<String>(Codec::Json);
    let tokens = sessions.tokens(&subject());
    let external = tokens.external(CANARY).unwrap();
    let attempt = sessions.begin_sign_in(&subject()).await.unwrap();
    let issued = sessions.create(CANARY.to_owned()).await.unwrap();
    let token = &issued.token;
    let mut errors = Vec::new();
    for kind in kinds {
        // The first call fails, or a later one.
        for skip in 0..3 {
            faults.fail_before(Calls::any().skip(skip).always(), kind);
            let data = || CANARY.to_owned();
            let options = SessionOptions::new();
            errors.extend(sessions.create(data()).await.err());
            errors.extend(sessions.load(token).await.err());
            errors.extend(sessions.inspect(token).await.err());
            errors.extend(sessions.touch(token).await.err());
            errors.extend(sessions.update(token, |d| d.push('!')).await.err());
            errors.extend(sessions.set_label(token, None).await.err());
            errors.extend(sessions.begin_sign_in(&subject()).await.err());
            let completed = sessions.complete(attempt.clone(), Some(token), |_| data());
            errors.extend(completed.await.err());
            errors.extend(tokens.list().await.err());
            errors.extend(tokens.contains(token).await.err());
            errors.extend(tokens.revoke_others(token).await.err());
            errors.extend(tokens.add(&external, data(), options).await.err());
            errors.extend(sessions.end_everyone().await.err());
            errors.extend(sessions.sign_out(token).await.err());
            faults.clear();
        }
    }
    assert!(
        errors.len() > 200,
        "the faults have to be met: {}",
        errors.len()
    );
    for error in &errors {
        assert_silent(&said(error), &[token]);
        assert!(!said(error).contains(USER), "{error:?}");
    }
}

/// A type whose own messages quote it, as those of careless types do.
struct Quoting(String);

impl Serialize for Quoting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == "sound" {
            return serializer.serialize_str(CANARY);
        }
        Err(serde::ser::Error::custom(format!(
            "cannot write {:?}",
            self.0
        )))
    }
}

impl<'de> Deserialize<'de> for Quoting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("cannot read {text:?}")))
    }
}

#[tokio::test]
async fn no_error_of_a_type_that_quotes_itself_tells_the_data() {
    for codec in codecs() {
        let (sessions, _) = sessions::<Quoting>(codec);
        let sound = sessions.create(Quoting("sound".to_owned())).await.unwrap();
        let refused = sessions
            .create(Quoting(CANARY.to_owned()))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Encode);
        assert_silent(&said(&refused), &[]);
        let unread = sessions.load(&sound.token).await.unwrap_err();
        assert_eq!(unread.kind(), ErrorKind::Decode);
        assert_silent(&said(&unread), &[&sound.token]);
    }
}

#[tokio::test]
async fn no_error_of_data_that_are_too_large_or_of_another_type_tells_them() {
    let (texts, _) = sessions::<String>(Codec::Json);
    let large = texts.create(CANARY.repeat(100_000)).await.unwrap_err();
    assert_eq!(large.kind(), ErrorKind::TooLarge);
    assert_silent(&said(&large), &[]);

    let parsed = Token::parse(&format!("{CANARY}{}", "x".repeat(43 - CANARY.len() - 1)));
    assert_silent(&format!("{parsed:?}"), &[]);
    let external = texts
        .tokens(&subject())
        .external(CANARY.repeat(10_000))
        .unwrap_err();
    assert_silent(&format!("{external} {external:?}"), &[]);
    let label = Label::new(format!("{CANARY}\n")).unwrap_err();
    assert_silent(&format!("{label} {label:?}"), &[]);
}

fn both(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[tokio::test]
async fn what_debug_prints_tells_no_token_and_no_data() {
    let (sessions, faults) = sessions::<String>(Codec::Json);
    let attempt = sessions.begin_sign_in(&subject()).await.unwrap();
    let visit = sessions.create(CANARY.to_owned()).await.unwrap();
    let signed = sessions
        .complete(
            attempt.clone(),
            Some(&visit.token),
            Option::unwrap_or_default,
        )
        .await
        .unwrap();
    let signed_in = both(&signed);
    let SignIn::SignedIn { issued, .. } = signed else {
        panic!("the sign-in has to succeed");
    };
    let loaded = sessions.load(&issued.token).await.unwrap();
    let renewed = sessions.renew(&issued.token, Duration::ZERO).await.unwrap();
    let renewal = both(&renewed);
    let Renewal::Renewed(new) = renewed else {
        panic!("the token has to be renewed");
    };
    let tokens = sessions.tokens(&subject());
    let external = tokens.external(CANARY).unwrap();
    let added = tokens
        .add(&external, CANARY.to_owned(), SessionOptions::new())
        .await;
    let all = [
        both(&sessions),
        both(&tokens),
        both(&faults),
        both(&sessions.sweeper()),
        both(&visit),
        both(&visit.session),
        signed_in,
        both(&loaded),
        renewal,
        both(&new),
        both(&new.token.expose()),
        both(&external),
        both(&added.unwrap()),
        both(&tokens.list().await.unwrap()),
    ];
    for said in &all {
        assert_silent(said, &[&visit.token, &issued.token, &new.token]);
        assert!(!said.trim().is_empty(), "what it is can be told");
    }
    // Nor is an id shown whole, with the placement that links a user's sessions.
    let page = tokens.page(None, 1).await.unwrap();
    // Of another placement, so that a scan has a second page.
    let _ = sessions.create(String::new()).await.unwrap();
    let scanned = sessions.store().scan(
        &Page {
            after: None,
            limit: 1,
        },
        sessions.now(),
    );
    let cursors = [page.next.clone(), scanned.await.unwrap().next];
    assert!(cursors.iter().all(Option::is_some));
    let after = cursors.into_iter().map(|after| Page { after, limit: 1 });
    for said in [both(&page), both(&after.collect::<Vec<_>>())] {
        for listed in tokens.list().await.unwrap() {
            let bytes = Bytes::copy_from_slice(listed.id().as_bytes());
            let forms = [format!("{bytes:?}"), format!("{:?}", bytes.to_vec())];
            for form in forms {
                let form = form.trim_matches(|c| "b[]\"".contains(c)).to_owned();
                assert!(!said.contains(&form), "{said}");
            }
        }
    }
    // Who knows the generation forges a sign-in: serialised it is there, printed it is not.
    let stored = serde_json::to_value(&attempt).unwrap();
    let generation = stored["generation"].to_string();
    let plain = generation.trim_matches(['[', ']']);
    assert!(plain.len() >= 16);
    let printed: String = format!("{attempt:?}").replace(' ', "");
    assert!(!printed.contains(plain), "{printed}");
}
