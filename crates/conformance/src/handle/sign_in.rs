//! Signing in without a session to sign in from, and signing in from one that is no help.

use crate::handle::prelude::*;

/// A sign-in binds the session to its subject, at the present time, on every host.
pub async fn a_sign_in_binds_a_new_session_to_its_subject<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let attempt = first.begin(&ada).await.label(label("Firefox on Linux"));
    assert_eq!(attempt.subject(), &ada);
    service.clock.advance(minutes(2));
    let completed = second.complete(attempt, None).await;
    let issued = completed.signed_in().expect("a sign-in in time");
    let session = first.open(&issued.token).await;
    assert_eq!(session.subject(), Some(&ada));
    assert_eq!(session.authenticated(), Some(service.now()));
    assert_eq!(session.created(), service.now());
    assert_eq!(session.label(), Some(&label("Firefox on Linux")));
    assert!(!session.is_remembered() && !session.is_external());
    assert_eq!(first.ids(&ada).await, [session.id()].into());
}

/// Signing in works the same for a user of whom the store has never heard: neither the calls made nor
/// the answers tell who exists.
pub async fn an_unknown_user_begins_to_sign_in_like_a_known_one<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (known, unknown) = (subject("known"), subject("unknown"));
    let _ = host.sign_in(&known).await;
    let calls = || {
        [
            Operation::Begin,
            Operation::Load,
            Operation::TokenSet,
            Operation::Create,
        ]
        .map(|operation| host.faults.calls(operation))
    };
    let mut made = Vec::new();
    for who in [&known, &unknown] {
        let before = calls();
        let attempt = host.begin(who).await;
        assert_eq!(attempt.deadline().remaining(service.now()), minutes(10));
        made.push(std::array::from_fn::<_, 4, _>(|i| calls()[i] - before[i]));
    }
    assert_eq!(made, [[1, 0, 0, 0]; 2]);
    assert!(
        host.ids(&unknown).await.is_empty(),
        "nobody is signed in by it"
    );
}

/// Rule 6: from an anonymous session the data are carried over, the token changes, and the old one is
/// dead, on every host, when the sign-in returns.
pub async fn signing_in_carries_the_visitors_data_and_ends_the_old_token<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let visit = first.create(Account::noted("a full cart")).await;
    let issued = first.sign_in_from(&ada, Some(&visit.token)).await;
    assert_ne!(issued.token, visit.token);
    assert_eq!(issued.session.data().note, "a full cart");
    for host in [&first, &second] {
        assert_eq!(host.data(&issued.token).await.note, "a full cart");
        assert!(matches!(host.load(&visit.token).await, Lookup::Replaced));
        assert_eq!(host.ids(&ada).await, [issued.session.id()].into());
    }
}

/// Another user's session ends, and nothing of it is carried over. Its user's other sessions live.
pub async fn signing_in_from_another_users_session_ends_it_and_carries_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let (adas, elsewhere) = (host.sign_in(&ada).await, host.sign_in(&ada).await);
    let _ = host
        .update(&adas.token, |a| a.note = "of Ada".to_owned())
        .await;

    let attempt = host.begin(&bob).await;
    let mut carried = Vec::new();
    let completed = host.sessions.complete(attempt, Some(&adas.token), |data| {
        carried.push(data.clone());
        Account::carried(data)
    });
    let completed = completed.await.expect("complete does not fail");
    let bobs = completed.signed_in().expect("Bob is signed in");
    assert_eq!(carried, [None]);
    assert_eq!(bobs.session.data(), &Account::default());
    assert!(matches!(host.load(&adas.token).await, Lookup::Replaced));
    assert_eq!(host.ids(&ada).await, [elsewhere.session.id()].into());
    assert_eq!(host.ids(&bob).await, [bobs.session.id()].into());
}

/// Where another user's session cannot be ended, nobody is signed in: two people would share a browser.
pub async fn another_users_session_that_cannot_be_ended_signs_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let adas = host.sign_in(&ada).await;
    let attempt = host.begin(&bob).await;
    let tries = Calls::to(Operation::Delete).times(3);
    host.faults.fail_before(tries, ErrorKind::Unavailable);
    let completed = host
        .sessions
        .complete(attempt, Some(&adas.token), Account::carried);
    assert_eq!(failure(completed.await), Some(ErrorKind::Unavailable));
    assert!(witness.ids(&bob).await.is_empty());
    assert!(witness.lives(&adas.token).await);
}

/// Where the old session was over before, the sign-in goes on without data.
pub async fn signing_in_from_a_session_that_is_over_goes_on_without_data<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let expired = host.create(Account::noted("expired")).await;
    let expired_own = host.sign_in(&ada).await;
    service.clock.advance(minutes(30));
    let signed_out = host.create(Account::noted("signed out")).await;
    host.sign_out(&signed_out.token).await;
    for from in [&expired.token, &expired_own.token, &signed_out.token] {
        let issued = host.sign_in_from(&ada, Some(from)).await;
        assert_eq!(issued.session.data(), &Account::default());
        assert_eq!(issued.session.created(), service.now());
        assert!(host.lives(&issued.token).await && !host.lives(from).await);
    }
    assert_eq!(host.ids(&ada).await.len(), 3);
}

/// It ends though it is renewed without a grace just then: two people would share a browser.
pub async fn a_renewal_does_not_save_another_users_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let adas = host.sign_in(&ada).await;
    let attempt = host.begin(&bob).await;
    let hold = host.faults.hold_before(Operation::Delete);
    let completing = host.complete(attempt, Some(&adas.token));
    let (completed, renewed) = while_held(hold, completing, other.renew_at_once(&adas.token)).await;
    let bobs = completed.signed_in().expect("Bob is signed in");
    assert!(!other.lives(&renewed.token).await);
    assert!(host.ids(&ada).await.is_empty());
    assert!(host.lives(&bobs.token).await);
}

/// Names are safe: any user id signs in, and reaches nobody else's sessions.
pub async fn any_user_id_signs_in_and_reaches_nobody_elses_sessions<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let longest = "ü".repeat(Subject::MAX_LEN / 2);
    let names = [
        "ada",
        "Ada",
        "ada ",
        "ada:",
        ":ada",
        "{ada}",
        "{",
        "}",
        "*",
        "ada*",
        "a?a",
        "ada\n",
        "ada\r\nDEL",
        "\0",
        "ada\0",
        "[a]da",
        "../ada",
        "%",
        "🧥",
        &longest,
    ];
    let mut signed = Vec::new();
    for name in names {
        signed.push((subject(name), host.sign_in(&subject(name)).await));
    }
    for (who, issued) in &signed {
        assert_eq!(host.ids(who).await, [issued.session.id()].into(), "{who:?}");
    }
    while let Some((who, issued)) = signed.pop() {
        assert_eq!(host.revoke_all(&who).await, 1, "{who:?}");
        assert!(!host.lives(&issued.token).await);
        for (other, issued) in &signed {
            assert!(host.lives(&issued.token).await, "{who:?} ended {other:?}");
        }
    }
}
