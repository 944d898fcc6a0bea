//! Timeouts: idle and overall, by handle and by session.

use cloakroom_core::Timestamp;

use crate::handle::prelude::*;

fn timeouts(idle: Duration, overall: Duration) -> Timeouts {
    Timeouts::new(idle, overall).expect("valid timeouts")
}

/// Rule 9: by whichever comes first, alive a millisecond before, dead at it.
pub async fn a_session_ends_by_either_timeout_to_the_millisecond<H: Harness>() {
    let service = Service::<H>::start().await;
    let (idle, overall) = (minutes(30), hours(12));
    let host = service
        .host_with::<Account>(|s| s.idle_timeout(idle).overall_timeout(overall))
        .await;
    let ada = subject("ada");
    for signed_in in [false, true] {
        let new = || async {
            match signed_in {
                true => host.sign_in(&ada).await,
                false => host.visit().await,
            }
        };
        let unused = new().await;
        service.clock.advance(idle - millis(1));
        assert!(host.lives(&unused.token).await);
        service.clock.advance(millis(1));
        assert!(!host.load(&unused.token).await.is_found());

        let used = new().await;
        let end = service.now().plus(overall);
        while service.now().plus(minutes(29)) < end {
            service.clock.advance(minutes(29));
            let session = host.open(&used.token).await;
            assert!(session.deadline().instant() <= end);
            assert_eq!(session.overall_deadline().instant(), end);
        }
        service
            .clock
            .set(Timestamp::from_millis(end.as_millis() - 1));
        assert!(host.load(&used.token).await.is_found());
        service.clock.set(end);
        assert!(!host.load(&used.token).await.is_found());
        assert!(host.ids(&ada).await.is_empty());
    }
}

/// Rule 9: lifetimes below a second are lifetimes, not zero and not for ever, and so is the longest.
pub async fn short_and_long_lifetimes_are_exact<H: Harness>() {
    let service = Service::<H>::start().await;
    for lifetime in [
        millis(1),
        millis(2),
        millis(999),
        millis(1001),
        Timeouts::MAX,
    ] {
        let host = service
            .host_with::<Account>(|s| s.timeouts(timeouts(lifetime, lifetime)))
            .await;
        let ada = subject("ada");
        for issued in [host.visit().await, host.sign_in(&ada).await] {
            let born = service.now();
            service
                .clock
                .set(Timestamp::from_millis(born.plus(lifetime).as_millis() - 1));
            assert!(host.lives(&issued.token).await, "{lifetime:?}");
            service.clock.set(born.plus(lifetime));
            assert!(!host.lives(&issued.token).await, "{lifetime:?}");
            assert!(host.ids(&ada).await.is_empty(), "{lifetime:?}");
            service.clock.set(born);
        }
    }
}

/// "Remember me" is one session's own, beside others of the same user with the handle's timeouts.
pub async fn each_session_carries_its_own_timeouts<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let own = timeouts(days(14), days(90));
    let attempt = host.begin(&ada).await.remembered(own);
    let remembered = host
        .complete(attempt, None)
        .await
        .signed_in()
        .expect("a sign-in");
    let options = SessionOptions::new().timeouts(timeouts(seconds(5), seconds(9)));
    let brief = host.sessions.create_with(Account::default(), options).await;
    let brief = brief.expect("create_with does not fail");
    let plain = host.sign_in(&ada).await;
    assert!(remembered.session.is_remembered() && !plain.session.is_remembered());
    assert!(!brief.session.is_remembered() && brief.session.label().is_none());
    let options = SessionOptions::new().remembered(own).label(label("Tablet"));
    let visitor = host.sessions.create_with(Account::default(), options).await;
    let visitor = visitor.expect("create_with does not fail");
    let read = host.open(&visitor.token).await;
    assert!(read.is_remembered());
    assert_eq!(
        (read.timeouts(), read.label()),
        (own, Some(&label("Tablet")))
    );

    service.clock.advance(seconds(5));
    assert!(!host.lives(&brief.token).await && host.lives(&plain.token).await);
    service.clock.advance(minutes(30));
    assert!(!host.lives(&plain.token).await && host.lives(&remembered.token).await);
    // Another handle, another default: the session keeps what it was given.
    let strict = service
        .host_with::<Account>(|s| s.timeouts(Timeouts::AAL3))
        .await;
    service.clock.advance(days(13));
    let read = strict.open(&remembered.token).await;
    assert_eq!(read.timeouts(), own);
    service.clock.advance(days(14) - millis(1));
    assert!(strict.lives(&remembered.token).await);
    service.clock.advance(millis(1));
    assert!(!strict.lives(&remembered.token).await);
}

/// The presets of NIST SP 800-63B-4 end when it says, in use or idle.
pub async fn the_assurance_levels_end_when_the_standard_says<H: Harness>() {
    let service = Service::<H>::start().await;
    for (level, idle, overall) in [
        (Timeouts::AAL1, days(30), days(30)),
        (Timeouts::AAL2, hours(1), hours(24)),
        (Timeouts::AAL3, minutes(15), hours(12)),
    ] {
        let host = service.host_with::<Account>(|s| s.timeouts(level)).await;
        let issued = host.sign_in(&subject("ada")).await;
        let born = service.now();
        assert_eq!(issued.session.deadline().instant(), born.plus(idle));
        assert_eq!(
            issued.session.overall_deadline().instant(),
            born.plus(overall)
        );
        service.clock.advance(idle - millis(1));
        assert!(host.lives(&issued.token).await);
        service.clock.advance(millis(1));
        assert!(!host.lives(&issued.token).await);
    }
}

/// A dangerous action asks how long ago its user has authenticated, exact to the millisecond; neither
/// use, nor change, nor renewal counts as an authentication.
pub async fn how_long_ago_a_user_authenticated_is_exact<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let visit = host.visit().await;
    assert!(
        !visit.session.authenticated_within(Duration::MAX),
        "a visitor never did"
    );
    let signed = host.sign_in_from(&ada, Some(&visit.token)).await;
    assert!(signed.session.authenticated_within(millis(1)));
    assert!(!signed.session.authenticated_within(Duration::ZERO));

    service.clock.advance(minutes(5) - millis(1));
    host.change(&signed.token, |a| a.visits += 1).await;
    drop(
        host.sessions
            .touch(&signed.token)
            .await
            .expect("touch does not fail"),
    );
    let renewed = host.sessions.renew(&signed.token, Duration::ZERO).await;
    let Ok(Renewal::Renewed(renewed)) = renewed else {
        panic!("the token has to be renewed, and the answer is {renewed:?}");
    };
    assert!(
        host.open(&renewed.token)
            .await
            .authenticated_within(minutes(5))
    );
    service.clock.advance(millis(1));
    let session = host.open(&renewed.token).await;
    assert!(!session.authenticated_within(minutes(5)));
    assert!(session.authenticated_within(minutes(5) + millis(1)));
    let again = host.sign_in_from(&ada, Some(&renewed.token)).await;
    assert!(again.session.authenticated_within(millis(1)));
}

/// An authentication that lies ahead, since another host's clock is a little ahead, is one of now. One
/// that lies ahead by all the time that was asked for is too long ago, for all that anybody knows: a
/// clock was set back.
pub async fn an_authentication_that_lies_far_ahead_is_too_long_ago<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let now = service.now();
    service.clock.advance(minutes(5));
    let signed = host.sign_in(&subject("ada")).await;
    service.clock.set(now);
    let session = expect_found(host.peek(&signed.token).await);
    assert!(!session.authenticated_within(minutes(5)));
    assert!(session.authenticated_within(minutes(5) + millis(1)));
    assert!(session.authenticated_within(Duration::MAX));
    service.clock.advance(millis(1));
    let session = expect_found(host.peek(&signed.token).await);
    assert!(session.authenticated_within(minutes(5)));
    assert!(!session.authenticated_within(Duration::ZERO));
}

/// A clock that was set back ends nothing and breaks nothing: what is alive stays so, and its last use
/// does not go backward.
pub async fn a_clock_that_goes_back_ends_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let issued = host.sign_in(&ada).await;
    let born = service.now();
    service
        .clock
        .set(Timestamp::from_millis(born.as_millis() - 3_600_000));
    let session = host.open(&issued.token).await;
    assert_eq!(session.last_seen(), born);
    host.change(&issued.token, |a| a.visits += 1).await;
    drop(
        host.sessions
            .touch(&issued.token)
            .await
            .expect("touch does not fail"),
    );
    let session = host.open(&issued.token).await;
    assert_eq!(session.last_seen(), born);
    assert_eq!(session.authenticated(), Some(born));
    assert!(matches!(
        host.sign_out(&issued.token).await,
        SignOut::SignedOut { .. }
    ));
}
