//! Signing in with a token at hand that is not the present one of any session.

use crate::handle::prelude::*;

/// A token that was renewed, and whose grace is over, carries nothing: it may be a thief's. That is
/// told, and enough to end the session that it was of; by itself it goes on.
pub async fn signing_in_from_a_reused_token_carries_nothing_and_tells<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    for from in [
        host.visit().await,
        host.sign_in(&ada).await,
        host.sign_in(&bob).await,
    ] {
        host.change(&from.token, |a| a.note = "kept".to_owned())
            .await;
        let renewed = host.renew_at_once(&from.token).await;
        let attempt = host.begin(&ada).await;
        let SignIn::SignedIn { issued, reused, .. } =
            host.complete(attempt, Some(&from.token)).await
        else {
            panic!("the password was right");
        };
        assert_eq!(issued.session.data(), &Account::default());
        assert_eq!(host.data(&renewed.token).await.note, "kept");
        let told = reused.expect("the old token is told");
        assert_eq!(told, host.reused(&from.token).await);
        let ended = host.sessions.end_reused(&told).await;
        assert!(matches!(ended, Ok(SignOut::SignedOut { .. })), "{ended:?}");
        assert!(!host.lives(&renewed.token).await && host.lives(&issued.token).await);

        let attempt = host.begin(&ada).await;
        let again = host.complete(attempt, Some(&issued.token)).await;
        assert!(matches!(again, SignIn::SignedIn { reused: None, .. }));
    }
}

/// The answer of a sign-in was lost, and the browser still has the old token: who enters the password
/// again signs in, and not only when the store has forgotten the first sign-in. An attempt that began
/// before it, to the millisecond, is the same form sent twice.
pub async fn after_a_lost_answer_the_password_signs_in_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    for anonymous in [true, false] {
        let old = match anonymous {
            true => host.visit().await,
            false => host.sign_in(&ada).await,
        };
        let before = host.begin(&ada).await;
        service.clock.advance(minutes(1));
        drop(host.sign_in_from(&ada, Some(&old.token)).await);
        let at_once = host.begin(&ada).await;
        service.clock.advance(millis(1));
        let after = host.begin(&ada).await;
        for late in [before, at_once] {
            let twice = host.complete(late, Some(&old.token)).await;
            assert!(matches!(twice, SignIn::Gone), "{twice:?}");
        }
        // As it is kept where it waits for a second factor.
        let text = serde_json::to_string(&after).expect("an attempt is serialisable");
        let after = serde_json::from_str(&text).expect("an attempt");
        let issued = host.complete(after, Some(&old.token)).await.signed_in();
        let issued = issued.expect("the password was right");
        assert_eq!(issued.session.data(), &Account::default());
        host.revoke_all(&ada).await;
    }
}

/// An old token in its grace is the session's: what it names is carried over, and ends by all its names.
pub async fn signing_in_from_an_old_token_in_its_grace_ends_the_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    for subject_before in [None, Some(&ada), Some(&bob)] {
        let first = match subject_before {
            None => host.visit().await,
            Some(who) => host.sign_in(who).await,
        };
        let renewed = host.sessions.renew(&first.token, minutes(1)).await;
        let Ok(Renewal::Renewed(second)) = renewed else {
            panic!("the token has to be renewed, and the answer is {renewed:?}");
        };
        let _ = host
            .update(&second.token, |a| a.note = "kept".to_owned())
            .await;
        let issued = host.sign_in_from(&ada, Some(&first.token)).await;
        let carried = subject_before != Some(&bob);
        assert_eq!(issued.session.data().note == "kept", carried);
        for old in [&first.token, &second.token] {
            assert!(matches!(host.load(old).await, Lookup::Replaced));
        }
    }
    assert!(host.ids(&bob).await.is_empty());
}
