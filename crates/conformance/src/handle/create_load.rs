//! Creating sessions and reading them.

use crate::handle::prelude::*;

/// A token brings back what was left, on any host.
pub async fn a_token_brings_the_data_back_on_any_host<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let data = Account::noted("two coats, one umbrella ☂");
    let issued = first.create(data.clone()).await;
    assert_eq!(issued.session.data(), &data);
    for host in [&first, &second] {
        let session = host.open(&issued.token).await;
        assert_eq!(session.data(), &data);
        assert_eq!(session.id(), issued.token.id());
        assert_eq!(session.subject(), None);
        assert_eq!(session.authenticated(), None);
        assert_eq!(session.created(), service.now());
        assert_eq!(session.info(), issued.session.info());
    }
}

/// Rule 6: what the client is given is new each time, and what the store knows is not it.
pub async fn no_two_tokens_are_alike<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let mut texts = std::collections::HashSet::new();
    for _ in 0..50 {
        for issued in [host.visit().await, host.sign_in(&ada).await] {
            let text = issued.token.expose().to_string();
            assert_ne!(text, issued.session.id().to_string());
            assert!(texts.insert(text), "a token is issued once");
        }
    }
}

/// Rule 6: a token that was never issued opens nothing, whatever is done with it, and nothing comes
/// to be by it.
pub async fn a_token_that_was_never_issued_is_not_adopted<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    // One of a random placement, and one where a subject's sessions live.
    let forged: Vec<Token> = [&host.visit().await, &host.sign_in(&ada).await]
        .map(|issued| {
            let mut text = issued.token.expose().to_string();
            text.replace_range(20..28, "forged--");
            text.parse().expect("the form of a token")
        })
        .into();
    let before = host.ids(&ada).await;
    for token in &forged {
        let sessions = &host.sessions;
        assert!(matches!(host.load(token).await, Lookup::Absent));
        assert!(!host.update(token, |a| a.visits += 1).await.is_found());
        let touched = sessions.touch(token).await.expect("touch does not fail");
        assert!(!touched.is_found());
        let labelled = sessions.set_label(token, Some(label("mine"))).await;
        assert!(!labelled.expect("set_label does not fail").is_found());
        let renewed = sessions.renew(token, Duration::ZERO).await;
        assert!(matches!(renewed, Ok(Renewal::Absent)), "{renewed:?}");
        assert_eq!(host.sign_out(token).await, SignOut::Missing);

        let attempt = host.begin(&ada).await;
        let completed = host.complete(attempt, Some(token)).await;
        let issued = completed.signed_in().expect("a sign-in without data");
        assert_ne!(&issued.token, token);
        assert!(!host.lives(token).await);
        host.sign_out(&issued.token).await;
    }
    assert_eq!(host.ids(&ada).await, before);
}

/// Looking at a session is not using it; only `load`, `touch` and changes are.
pub async fn peeking_and_inspecting_touch_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let visit = host.visit().await;
    service.clock.advance(minutes(20));
    let seen = expect_found(host.peek(&visit.token).await);
    let info = host.sessions.inspect(&visit.token).await;
    let info = expect_found(info.expect("inspect does not fail"));
    assert_eq!(info, seen.info());
    assert_eq!(info.last_seen, visit.session.created());
    assert_eq!(host.faults.calls(Operation::Touch), 0);
    service.clock.advance(minutes(10));
    assert!(
        !host.lives(&visit.token).await,
        "nothing moved its deadline"
    );
}

/// The limit is a number of bytes of encoded data: what has as many is stored and read, what has one
/// more changes nothing.
pub async fn data_at_the_limit_are_stored_and_a_byte_more_is_refused<H: Harness>() {
    let service = Service::<H>::start().await;
    const LIMIT: usize = 300;
    let host = service.host_with::<String>(|s| s.max_data(LIMIT)).await;
    // JSON puts two quotes around a text.
    let (fits, too_large) = ("x".repeat(LIMIT - 2), "x".repeat(LIMIT - 1));
    let issued = host.create(fits.clone()).await;
    assert_eq!(host.open(&issued.token).await.data(), &fits);

    let refused = host.sessions.create(too_large.clone()).await;
    assert_eq!(failure(refused), Some(ErrorKind::TooLarge));
    let grown = host.sessions.update(&issued.token, |text| text.push('x'));
    assert_eq!(failure(grown.await), Some(ErrorKind::TooLarge));
    let unchanged = host.open(&issued.token).await;
    assert_eq!(unchanged.revision(), issued.session.revision());
    assert_eq!(unchanged.data(), &fits);

    let ada = subject("ada");
    let attempt = host.begin(&ada).await;
    let carry = |carried: Option<String>| carried.unwrap_or_default() + "x";
    let refused = host.sessions.complete(attempt, Some(&issued.token), carry);
    assert_eq!(failure(refused.await), Some(ErrorKind::TooLarge));
    assert!(host.ids(&ada).await.is_empty(), "nobody was signed in");
    assert!(host.lives(&issued.token).await);
}

/// A session of half a megabyte is a session, and so is one without data.
pub async fn large_and_empty_data_come_back_whole<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<Vec<String>>(|s| s).await;
    for data in [vec![], vec!["\0\u{1F9E5}\"\\".repeat(30_000)]] {
        let issued = host.create(data.clone()).await;
        assert!(host.open(&issued.token).await.into_data() == data);
        let twice = host.update(&issued.token, |d| d.extend(data.clone())).await;
        let stored = host.open(&issued.token).await;
        assert!(stored.data() == expect_found(twice).data());
    }
}
