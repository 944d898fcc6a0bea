//! The token set of a user: listed, counted, and ended in part or whole.

use std::collections::BTreeSet;

use crate::handle::prelude::*;

/// A list tells of each session what its user needs to know it by, the one last seen first.
pub async fn a_list_tells_the_sessions_last_seen_first<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let mut issued = Vec::new();
    for name in ["Laptop", "Phone", "Tablet"] {
        let attempt = host.begin(&ada).await.label(label(name));
        issued.push(
            host.complete(attempt, None)
                .await
                .signed_in()
                .expect("a sign-in"),
        );
        service.clock.advance(minutes(5));
    }
    host.open(&issued[0].token).await;
    let tokens = host.sessions.tokens(&ada);
    let listed = tokens.list().await.expect("list does not fail");
    let mut names = Vec::new();
    for listed in &listed {
        let Listed::Session(info) = listed else {
            panic!("nothing is damaged, yet there is {listed:?}");
        };
        names.push(info.label.as_ref().expect("a label").as_str());
        let by_token = issued.iter().find(|issued| issued.session.id() == info.id);
        let session = host.peek(&by_token.expect("one of them").token).await;
        assert_eq!(&expect_found(session).info(), info);
    }
    assert_eq!(names, ["Laptop", "Tablet", "Phone"]);
    assert_eq!(tokens.count().await.expect("count does not fail"), 3);
    assert_eq!(
        host.sessions
            .tokens(&subject("bob"))
            .count()
            .await
            .expect("count"),
        0
    );
}

/// More sessions than fit a page are all listed, each once, and all revoked.
pub async fn more_sessions_than_a_page_are_listed_and_revoked<H: Harness>() {
    let service = Service::<H>::start().await;
    const MANY: usize = 1_203;
    let host = service
        .host_with::<Account>(|s| s.cap(2_000, OnCap::Refuse))
        .await;
    let ada = subject("ada");
    let mut all = BTreeSet::new();
    for _ in 0..MANY {
        all.insert(host.sign_in(&ada).await.session.id());
    }
    assert_eq!(all.len(), MANY);
    assert_eq!(host.ids(&ada).await, all);
    assert_eq!(
        host.sessions.tokens(&ada).count().await.expect("count"),
        MANY
    );
    let kept = host.sign_in(&ada).await;
    let revoked = host.sessions.tokens(&ada).revoke_others(&kept.token).await;
    let revoked: BTreeSet<_> = revoked.expect("revoke_others").ended.into_iter().collect();
    assert_eq!(revoked, all);
    assert_eq!(host.ids(&ada).await, [kept.session.id()].into());
}

/// A list can be shown page by page, of any length asked for, and holds every session once.
pub async fn pages_hold_every_session_once<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    for _ in 0..12 {
        let _ = host.sign_in(&ada).await;
    }
    let all = host.ids(&ada).await;
    let tokens = host.sessions.tokens(&ada);
    for limit in [0, 1, 5, 12, 13, usize::MAX] {
        let mut listed = Vec::new();
        let mut after = None;
        for _ in 0..=all.len() {
            let page = tokens
                .page(after.take(), limit)
                .await
                .expect("page does not fail");
            listed.extend(page.sessions.iter().map(Listed::id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(after.is_none(), "{limit}: the pages come to an end");
        assert_eq!(listed.len(), all.len(), "{limit}");
        assert_eq!(BTreeSet::from_iter(listed), all, "{limit}");
    }
}

/// A token belongs to one set only, and an anonymous one to none.
pub async fn a_set_contains_its_own_tokens_only<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let (adas, visit) = (host.sign_in(&ada).await, host.visit().await);
    for (who, token, expected) in [
        (&ada, &adas.token, true),
        (&bob, &adas.token, false),
        (&ada, &visit.token, false),
    ] {
        let contains = host.sessions.tokens(who).contains(token).await;
        assert_eq!(contains.expect("contains does not fail"), expected);
    }
    host.sign_out(&adas.token).await;
    let contains = host.sessions.tokens(&ada).contains(&adas.token).await;
    assert!(!contains.expect("contains does not fail"));
}

/// What the user saw in a list ends that session, and nobody else's: an id means something within its
/// user's set only.
pub async fn a_shown_id_revokes_within_its_subjects_set_only<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, mallory) = (subject("ada"), subject("mallory"));
    let (adas, other) = (host.sign_in(&ada).await, host.sign_in(&ada).await);
    let shown = adas.session.id().to_string();

    let theirs = host.sessions.tokens(&mallory);
    let parsed = theirs.parse_id(&shown).expect("the form of an id");
    for id in [parsed, adas.session.id()] {
        let revoked = theirs.revoke(&id).await.expect("revoke does not fail");
        assert_eq!(revoked.ended, []);
    }
    assert!(host.lives(&adas.token).await);

    let own = host.sessions.tokens(&ada);
    let parsed = own.parse_id(&shown).expect("the form of an id");
    assert_eq!(parsed, adas.session.id());
    let revoked = own.revoke(&parsed).await.expect("revoke does not fail");
    assert_eq!(revoked.ended, [parsed]);
    let again = own.revoke(&parsed).await.expect("revoke does not fail");
    assert_eq!(again.ended, []);
    assert_eq!(host.ids(&ada).await, [other.session.id()].into());
    for text in [
        "",
        "short",
        &"*".repeat(SessionId::TEXT_LEN),
        &adas.token.expose(),
    ] {
        assert!(own.parse_id(text).is_err());
    }
}

/// An id that the user saw ends the session even where its token was renewed since, with no grace: a
/// thief who renews on every request could not be thrown out otherwise.
pub async fn a_shown_id_ends_the_session_though_it_was_renewed_since<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, thief) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let tokens = host.sessions.tokens(&ada);
    let mut stolen = host.sign_in(&ada).await;
    let shown = stolen.session.id();
    for _ in 0..3 {
        service.clock.advance(seconds(1));
        let renewed = thief.sessions.renew(&stolen.token, Duration::ZERO).await;
        let Ok(Renewal::Renewed(renewed)) = renewed else {
            panic!("the token has to be renewed, and the answer is {renewed:?}");
        };
        stolen = renewed;
    }
    // Another user's set has nothing of it, whatever the id was.
    let others = host.sessions.tokens(&subject("bob")).revoke(&shown).await;
    assert_eq!(others.expect("revoke does not fail").ended, []);
    let revoked = tokens.revoke(&shown).await.expect("revoke does not fail");
    assert_eq!(revoked.ended, [stolen.session.id()]);
    assert!(!thief.lives(&stolen.token).await);
    assert!(host.ids(&ada).await.is_empty());
}

/// A password change: everybody else is out, and the one who changed it stays.
pub async fn revoking_the_others_keeps_the_one_whose_token_it_is<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let here = host.sign_in(&ada).await;
    let mut others = BTreeSet::new();
    for _ in 0..3 {
        others.insert(host.sign_in(&ada).await.session.id());
    }
    let bobs = host.sign_in(&bob).await;
    let revoked = host.sessions.tokens(&ada).revoke_others(&here.token).await;
    let revoked: BTreeSet<_> = revoked.expect("revoke_others").ended.into_iter().collect();
    assert_eq!(revoked, others);
    assert!(host.lives(&here.token).await && host.lives(&bobs.token).await);
}

/// With a token that opens no session of this user, the others are all: fail closed.
pub async fn revoking_the_others_of_a_token_elsewhere_ends_all<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let (visit, bobs) = (host.visit().await, host.sign_in(&bob).await);
    let over = host.sign_in(&ada).await;
    host.sign_out(&over.token).await;
    for token in [&visit.token, &bobs.token, &over.token] {
        let adas = host.sign_in(&ada).await;
        let revoked = host.sessions.tokens(&ada).revoke_others(token).await;
        assert_eq!(revoked.expect("revoke_others").ended, [adas.session.id()]);
    }
    assert!(host.lives(&visit.token).await && host.lives(&bobs.token).await);
}

/// Removing a token that is in the set ends its session; another's, or none, is fine.
pub async fn removing_a_token_ends_its_session_and_no_other<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let (adas, bobs, visit) = (
        host.sign_in(&ada).await,
        host.sign_in(&bob).await,
        host.visit().await,
    );
    let tokens = host.sessions.tokens(&ada);
    for token in [&bobs.token, &visit.token] {
        assert_eq!(tokens.remove(token).await.expect("remove").ended, []);
        assert!(host.lives(token).await);
    }
    assert_eq!(
        tokens.remove(&adas.token).await.expect("remove").ended,
        [adas.session.id()]
    );
    assert_eq!(tokens.remove(&adas.token).await.expect("remove").ended, []);
}

/// It ends though the token was renewed since without a grace, and while it is being removed.
pub async fn a_renewal_does_not_save_a_token_from_being_removed<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, thief) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let tokens = host.sessions.tokens(&ada);
    let first = host.sign_in(&ada).await;
    let second = thief.renew_at_once(&first.token).await;
    let others = host.sessions.tokens(&bob).remove(&first.token).await;
    assert_eq!(others.expect("remove").ended, []);
    let hold = host.faults.hold_before(Operation::Revoke);
    let removing = tokens.remove(&first.token);
    let (removed, last) = while_held(hold, removing, thief.renew_at_once(&second.token)).await;
    assert_eq!(removed.expect("remove").ended, [last.session.id()]);
    assert!(!thief.lives(&last.token).await);
}
