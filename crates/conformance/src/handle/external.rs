//! Tokens that someone else issued, in a user's set.

use cloakroom_core::{ExternalToken, InvalidExternalToken};

use crate::handle::prelude::*;

/// A token that someone else issued to this user.
pub(super) fn external(host: &Host, who: &Subject, token: impl AsRef<[u8]>) -> ExternalToken {
    let tokens = host.sessions.tokens(who);
    tokens.external(token).expect("1 byte to 64 KiB")
}

/// Adds a token, which has to succeed without an eviction.
pub(super) async fn add(
    host: &Host,
    who: &Subject,
    token: &ExternalToken,
    data: Account,
) -> Session<Account> {
    let tokens = host.sessions.tokens(who);
    match tokens.add(token, data, SessionOptions::new()).await {
        Ok(AddOutcome::Added { session, evicted }) => {
            assert_eq!(evicted, []);
            session
        }
        other => panic!("the token has to be added, and the answer is {other:?}"),
    }
}

/// Added on one host, it opens, changes, is listed and signed out on another, by the token's text alone.
pub async fn an_external_token_is_a_member_like_any_other<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let native = first.sign_in(&ada).await;
    let token = external(&first, &ada, "eyJhbGciOi.an.access-token");
    let options = SessionOptions::new()
        .label(label("CI"))
        .timeouts(Timeouts::AAL2);
    let tokens = first.sessions.tokens(&ada);
    let added = tokens
        .add(&token, Account::noted("of the CI"), options)
        .await;
    let Ok(AddOutcome::Added { session, .. }) = added else {
        panic!("the token has to be added, and the answer is {added:?}");
    };
    assert_eq!(session.authenticated(), Some(service.now()));

    let token = external(&second, &ada, "eyJhbGciOi.an.access-token");
    let read = second.open(&token).await;
    assert_eq!(read.info(), session.info());
    assert!(read.is_external());
    assert_eq!(read.subject(), Some(&ada));
    assert_eq!(read.label(), Some(&label("CI")));
    assert_eq!(read.timeouts(), Timeouts::AAL2);
    assert!(!read.is_remembered());
    let remembered = external(&first, &ada, "remembered");
    let options = SessionOptions::new().remembered(Timeouts::AAL2);
    let added = tokens.add(&remembered, Account::default(), options).await;
    assert!(matches!(added, Ok(AddOutcome::Added { .. })), "{added:?}");
    assert!(second.open(&remembered).await.is_remembered());
    second.sign_out(&remembered).await;
    assert_eq!(
        second.ids(&ada).await,
        [native.session.id(), token.id()].into()
    );
    let contains = second.sessions.tokens(&ada).contains(&token).await;
    assert!(contains.expect("contains does not fail"));
    let changed = second.change(&token, |a| a.visits = 1).await;
    assert_eq!(changed.data().note, "of the CI");
    second.sign_out(&token).await;
    assert!(!first.lives(&token).await);
    assert_eq!(first.ids(&ada).await, [native.session.id()].into());
}

/// Rule 6: it is added by name, never adopted by being presented; and it never opens as one's own token,
/// even where it has the form of one.
pub async fn an_external_token_is_never_adopted_nor_native<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let visit = host.visit().await;
    let text = visit.token.expose().to_string();
    let token = external(&host, &ada, &text);
    assert!(matches!(host.load(&token).await, Lookup::Absent));
    assert!(!host.update(&token, |a| a.visits += 1).await.is_found());
    assert!(
        host.ids(&ada).await.is_empty(),
        "presenting it added nothing"
    );

    add(&host, &ada, &token, Account::noted("external")).await;
    host.sign_out(&visit.token).await;
    assert!(matches!(
        host.load(&visit.token).await,
        Lookup::Ended { .. }
    ));
    assert_eq!(host.data(&token).await.note, "external");
    assert_ne!(token.id(), visit.token.id());
}

/// A user whose sessions share the placement of this one's, of all that are named so.
fn neighbour(host: &Host, of: &Subject, name: impl Fn(u32) -> String) -> (Subject, u32) {
    let key = host.sessions.store().placement_key();
    let placement = key.place(of);
    let mut all = (1..).map(|n| (subject(&name(n)), n));
    let found = all.find(|(who, _)| key.place(who) == placement);
    found.expect("one of some 65,536 does")
}

/// The same token of two users is two tokens: neither reaches the other's session, though the two share
/// a placement, and their names are of one length, or joined with the token give the same text.
pub async fn the_same_external_token_of_two_users_is_two_members<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("user 00000000");
    let (near, _) = neighbour(&host, &ada, |n| format!("user {n:08}"));
    let (longer, n) = neighbour(&host, &ada, |n| format!("user 00000000{n}"));
    let shifted = format!("{n}token");
    for (other, of_ada) in [
        (subject("bob"), "token"),
        (near, "token"),
        (longer, &shifted),
    ] {
        let adas = external(&host, &ada, of_ada);
        let others = external(&host, &other, "token");
        add(&host, &ada, &adas, Account::noted("Ada's")).await;
        assert!(!host.lives(&others).await, "{other:?}");
        add(&host, &other, &others, Account::noted("another's")).await;
        assert_eq!(host.data(&adas).await.note, "Ada's");
        host.revoke_all(&ada).await;
        assert!(!host.lives(&adas).await);
        assert_eq!(host.data(&others).await.note, "another's");
    }
}

/// A token made for one user is refused by another's set: it would be nobody's to revoke.
pub async fn an_external_token_joins_the_set_it_was_made_for_only<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    // One in another placement, and one that shares Ada's.
    for other in [
        subject("bob"),
        neighbour(&host, &ada, |n| format!("user {n}")).0,
    ] {
        let token = external(&host, &ada, "token");
        let tokens = host.sessions.tokens(&other);
        let added = tokens
            .add(&token, Account::default(), SessionOptions::new())
            .await;
        assert_eq!(failure(added), Some(ErrorKind::InvalidInput), "{other:?}");
        assert!(host.ids(&other).await.is_empty() && !host.lives(&token).await);
    }
}

/// Rule 3 and rule 7: they end with all the others, and count for the cap like the others.
pub async fn external_tokens_count_for_the_cap_and_end_with_all<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    let host = service
        .host_with::<Account>(|s| s.cap(2, OnCap::Refuse))
        .await;
    let native = host.sign_in(&ada).await;
    let token = external(&host, &ada, "token");
    add(&host, &ada, &token, Account::default()).await;
    let third = external(&host, &ada, "third");
    let tokens = host.sessions.tokens(&ada);
    let refused = tokens
        .add(&third, Account::default(), SessionOptions::new())
        .await;
    assert!(matches!(refused, Ok(AddOutcome::CapReached)), "{refused:?}");
    let attempt = host.begin(&ada).await;
    assert!(matches!(
        host.complete(attempt, None).await,
        SignIn::CapReached
    ));

    let evicting = service
        .host_with::<Account>(|s| s.cap(2, OnCap::EvictOldest))
        .await;
    service.clock.advance(millis(1));
    add(&host, &ada, &token, Account::default()).await;
    let tokens = evicting.sessions.tokens(&ada);
    match tokens
        .add(&third, Account::default(), SessionOptions::new())
        .await
    {
        Ok(AddOutcome::Added { evicted, .. }) => assert_eq!(evicted, [native.session.id()]),
        other => panic!("the oldest gives way, and not {other:?}"),
    }
    assert_eq!(host.revoke_all(&ada).await, 2);
    assert!(!host.lives(&token).await && !host.lives(&third).await);
}

/// Any bytes from one to 64 KiB are a token, and two that differ are two.
pub async fn external_tokens_are_any_bytes_within_the_limit<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let tokens = host.sessions.tokens(&ada);
    let longest = vec![b'x'; 65_536];
    let all: [&[u8]; 6] = [b"\0", b"\0\0", b"\xff\xfe", b"*", b"{ada}:x", &longest];
    for bytes in all {
        add(
            &host,
            &ada,
            &external(&host, &ada, bytes),
            Account::default(),
        )
        .await;
    }
    assert_eq!(host.ids(&ada).await.len(), all.len());
    assert_eq!(
        tokens.external(b"").err(),
        Some(InvalidExternalToken::Empty)
    );
    let too_long = [&longest[..], b"x"].concat();
    let found = too_long.len();
    assert_eq!(
        tokens.external(too_long).err(),
        Some(InvalidExternalToken::TooLong { found })
    );
}
