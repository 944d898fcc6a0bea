//! Damaged records, records of a newer version, and sets that were lost.

use crate::handle::prelude::*;
use crate::harness::Tamper;

/// What is done to a stored record, and what reading it has to say then.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Flipped,
    CutShort,
    NewerVersion,
}

const ALL: [Damage; 3] = [Damage::Flipped, Damage::CutShort, Damage::NewerVersion];

impl Damage {
    fn kind(self) -> ErrorKind {
        match self {
            Self::Flipped | Self::CutShort => ErrorKind::Corrupt,
            Self::NewerVersion => ErrorKind::NewerVersion,
        }
    }

    async fn happen(self, tamper: &dyn Tamper, id: SessionId) {
        let mut bytes = tamper.read_record(id).await.expect("a stored record");
        match self {
            Self::Flipped => *bytes.last_mut().expect("data") ^= 1,
            Self::CutShort => drop(bytes.split_off(bytes.len() / 2)),
            Self::NewerVersion => bytes[2..4].copy_from_slice(&[99, !99]),
        }
        tamper.write_record(id, bytes).await;
    }
}

/// Rule 10 and rule 12: a damaged record is told as such by every method that reads it, never as absent,
/// and never overwritten; a newer one likewise.
pub async fn a_damaged_record_is_told_and_kept<H: Harness>() {
    let Some(service) = Service::<H>::that_keeps_bytes().await else {
        return;
    };
    let tamper = service.tamper();
    let host = service.host().await;
    let ada = subject("ada");
    for damage in ALL {
        let (signed, sound) = (host.sign_in(&ada).await, host.sign_in(&ada).await);
        damage.happen(tamper, signed.session.id()).await;
        let (sessions, token) = (&host.sessions, &signed.token);
        let attempt = host.begin(&ada).await;
        let failed = [
            failure(sessions.load(token).await),
            failure(sessions.peek(token).await),
            failure(sessions.inspect(token).await),
            failure(sessions.touch(token).await),
            failure(
                sessions
                    .update(token, |_| panic!("there are no data to change"))
                    .await,
            ),
            failure(sessions.set_label(token, None).await),
            failure(sessions.renew(token, Duration::ZERO).await),
            failure(sessions.tokens(&ada).contains(token).await),
            failure(
                sessions
                    .complete(attempt, Some(token), Account::carried)
                    .await,
            ),
        ];
        assert_eq!(failed, [Some(damage.kind()); 9], "{damage:?}");
        let listed = sessions
            .tokens(&ada)
            .list()
            .await
            .expect("list does not fail");
        let told = listed
            .iter()
            .find(|listed| listed.id() == signed.session.id());
        match damage.kind() {
            ErrorKind::Corrupt => assert!(matches!(told, Some(Listed::Damaged(_)))),
            _ => assert!(matches!(told, Some(Listed::NewerVersion(_)))),
        }
        assert!(host.lives(&sound.token).await);
        host.revoke_all(&ada).await;
    }
}

/// Rule 12: it can be ended in every way, and signing in goes on after it.
pub async fn a_damaged_record_can_be_ended_in_every_way<H: Harness>() {
    let Some(service) = Service::<H>::that_keeps_bytes().await else {
        return;
    };
    let tamper = service.tamper();
    let host = service.host().await;
    let ada = subject("ada");
    let tokens = host.sessions.tokens(&ada);
    for (damage, way) in ALL
        .into_iter()
        .flat_map(|d| (0..6).map(move |way| (d, way)))
    {
        let signed = host.sign_in(&ada).await;
        let (id, token) = (signed.session.id(), &signed.token);
        damage.happen(tamper, id).await;
        match way {
            0 => drop(host.sign_out(token).await),
            1 => {
                let revoked = tokens.revoke(&id).await.expect("revoke does not fail");
                assert_eq!(revoked.ended, [id]);
            }
            2 => drop(tokens.remove(token).await.expect("remove does not fail")),
            3 => assert_eq!(host.revoke_all(&ada).await, 1),
            4 => {
                let here = host.sign_in(&ada).await;
                let revoked = tokens.revoke_others(&here.token).await;
                assert_eq!(revoked.expect("revoke_others does not fail").ended, [id]);
                host.sign_out(&here.token).await;
            }
            _ => {
                let ended = host.sessions.end_everyone().await;
                assert_eq!(ended.expect("end_everyone does not fail").sessions, 1);
            }
        }
        assert!(
            matches!(host.load(token).await, Lookup::Ended { .. }),
            "{damage:?} {way}"
        );
        assert!(host.ids(&ada).await.is_empty(), "{damage:?} {way}");
        let _ = host.sign_in_from(&ada, Some(token)).await;
        host.revoke_all(&ada).await;
    }
}

/// A damaged record of a visitor, in everybody's way but not for ever.
pub async fn a_damaged_visitors_record_ends_with_everybodys<H: Harness>() {
    let Some(service) = Service::<H>::that_keeps_bytes().await else {
        return;
    };
    let tamper = service.tamper();
    let host = service.host().await;
    for damage in ALL {
        let visit = host.visit().await;
        damage.happen(tamper, visit.session.id()).await;
        let _ = host.visit().await;
        service.clock.advance(millis(1));
        let ended = host.sessions.end_everyone().await;
        assert_eq!(
            ended.expect("end_everyone does not fail").sessions,
            2,
            "{damage:?}"
        );
        assert!(matches!(
            host.load(&visit.token).await,
            Lookup::Ended { .. }
        ));
    }
}

/// Rule 4: elsewhere a lost index makes "revoke all" do nothing, and the sessions live on. Here they end
/// with it, sign-ins of before are superseded, and the user signs in again.
pub async fn a_lost_set_ends_its_sessions<H: Harness>() {
    let Some(service) = Service::<H>::that_keeps_bytes().await else {
        return;
    };
    let tamper = service.tamper();
    let (host, second) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let all = [host.sign_in(&ada).await, host.sign_in(&ada).await];
    let attempt = host.begin(&ada).await;
    let bobs = host.sign_in(&bob).await;
    tamper.lose_token_set(&ada).await;
    for issued in &all {
        for host in [&host, &second] {
            assert!(!host.load(&issued.token).await.is_found());
            assert!(
                !host
                    .update(&issued.token, |a| a.visits += 1)
                    .await
                    .is_found()
            );
        }
    }
    assert!(host.ids(&ada).await.is_empty());
    assert!(matches!(
        host.complete(attempt, None).await,
        SignIn::Superseded
    ));
    let again = host.sign_in_from(&ada, Some(&all[0].token)).await;
    assert_eq!(host.ids(&ada).await, [again.session.id()].into());
    for issued in &all {
        assert!(
            !host.lives(&issued.token).await,
            "a new set brings none back"
        );
    }
    assert!(host.lives(&bobs.token).await);
}
