//! Building a handle: what is refused, in which words, and what is there by default.

mod support;

use std::error::Error as _;
use std::time::Duration;

use cloakroom_core::store::Cap;
use cloakroom_core::{
    ErrorKind, InvalidSettings, InvalidTimeouts, Lookup, ManualClock, OnCap, Operation, Sessions,
    SessionsBuilder, SignIn, SignInAttempt, Subject, Timeouts, Timestamp,
};
use support::MapStore;

type Settings = fn(SessionsBuilder<String>) -> SessionsBuilder<String>;

const SECOND: Duration = Duration::from_secs(1);

fn built(settings: Settings) -> Result<Sessions<String>, cloakroom_core::Error> {
    settings(Sessions::builder(MapStore::default())).build()
}

/// Why the settings are refused, in full.
fn refused(settings: Settings) -> String {
    let error = built(settings).expect_err("these settings make no sense");
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert_eq!(error.operation(), Operation::Build);
    let why = error.source().expect("a reason");
    assert!(why.is::<InvalidSettings>());
    why.to_string()
}

#[test]
fn settings_that_make_no_sense_are_refused_by_their_values() {
    let cases: [(Settings, &[&str]); 14] = [
        // Longer than the default of the other, too.
        (
            |s| s.idle_timeout(13 * 3600 * SECOND),
            &["46800s", "43200s"],
        ),
        (|s| s.overall_timeout(60 * SECOND), &["1800s", "60s"]),
        (
            |s| s.idle_timeout(2 * SECOND).overall_timeout(SECOND),
            &["2s", "1s"],
        ),
        (|s| s.idle_timeout(Duration::ZERO), &["0ns", "43200s"]),
        (|s| s.overall_timeout(Duration::ZERO), &["1800s", "0ns"]),
        (
            |s| s.idle_timeout(Duration::from_nanos(999_999)),
            &["999.999µs", "43200s"],
        ),
        (
            |s| s.overall_timeout(Duration::MAX),
            &["18446744073709551615.999999999s", "315360000s"],
        ),
        (|s| s.cap(0, OnCap::Refuse), &["0", "1"]),
        (|s| s.cap(10_001, OnCap::EvictOldest), &["10001", "10000"]),
        (|s| s.max_data(0), &["0 bytes"]),
        (|s| s.touch_fraction(0), &["0", "2"]),
        (|s| s.touch_fraction(1), &["1", "2"]),
        (|s| s.attempt_lifetime(Duration::ZERO), &["0ns", "1 ms"]),
        (
            |s| s.attempt_lifetime(SignInAttempt::MAX_LIFETIME + SECOND),
            &["2592001s", "2592000s"],
        ),
    ];
    for (settings, values) in cases {
        let why = refused(settings);
        for value in values {
            assert!(why.contains(value), "{why:?} does not name {value}");
        }
    }
}

#[test]
fn the_reason_can_be_matched_on() {
    let error = built(|s| s.overall_timeout(SECOND)).unwrap_err();
    let why = error.source().unwrap().downcast_ref::<InvalidSettings>();
    let expected = InvalidTimeouts::IdleBeyondOverall {
        idle: Duration::from_secs(30 * 60),
        overall: SECOND,
    };
    assert_eq!(why, Some(&InvalidSettings::Timeouts(expected)));
}

#[test]
fn settings_at_the_edge_are_accepted() {
    let cases: [Settings; 10] = [
        |s| s,
        |s| s.idle_timeout(SECOND).overall_timeout(SECOND),
        |s| {
            s.idle_timeout(Duration::from_millis(1))
                .overall_timeout(Timeouts::MAX)
        },
        |s| s.cap(1, OnCap::Refuse),
        |s| s.cap(Cap::MAX, OnCap::EvictOldest),
        |s| s.max_data(1),
        |s| s.touch_fraction(2),
        |s| s.touch_fraction(u32::MAX),
        |s| s.attempt_lifetime(SignInAttempt::MAX_LIFETIME),
        |s| {
            s.attempt_lifetime(Duration::from_millis(1))
                .reruns(0)
                .retries(0)
        },
    ];
    for settings in cases {
        built(settings).unwrap();
    }
}

#[tokio::test]
async fn what_is_not_set_is_as_documented() {
    let clock = ManualClock::at(Timestamp::from_millis(5));
    let store = MapStore::default();
    let sessions = Sessions::<String>::builder(store)
        .clock(clock.clone())
        .build()
        .unwrap();
    let visit = sessions.create("x".repeat((1 << 20) - 2)).await.unwrap();
    let timeouts = visit.session.timeouts();
    assert_eq!(timeouts.idle(), Duration::from_secs(30 * 60));
    assert_eq!(timeouts.overall(), Duration::from_secs(12 * 3600));
    let too_large = sessions.create("x".repeat((1 << 20) - 1)).await;
    assert_eq!(too_large.unwrap_err().kind(), ErrorKind::TooLarge);

    let ada = Subject::new("ada").unwrap();
    let attempt = sessions.begin_sign_in(&ada).await.unwrap();
    assert_eq!(
        attempt.deadline().remaining(sessions.now()),
        Duration::from_secs(600)
    );
    let mut first = None;
    for _ in 0..101 {
        clock.advance(Duration::from_millis(1));
        let completed = sessions
            .complete(attempt.clone(), None, |_| String::new())
            .await;
        let SignIn::SignedIn { issued, .. } = completed.unwrap() else {
            panic!("the default cap evicts");
        };
        first.get_or_insert(issued.token);
    }
    assert_eq!(sessions.tokens(&ada).count().await.unwrap(), 100);
    let evicted = sessions.load(&first.unwrap()).await.unwrap();
    assert!(matches!(evicted, Lookup::Ended { .. }));
}

/// A session of the shortest lifetime there is, touched as often as can be asked for.
#[tokio::test]
async fn the_finest_settings_work() {
    let clock = ManualClock::new();
    let sessions = Sessions::<u8>::builder(MapStore::default())
        .clock(clock.clone())
        .idle_timeout(Duration::from_millis(2))
        .touch_fraction(u32::MAX)
        .build()
        .unwrap();
    let issued = sessions.create(1).await.unwrap();
    for _ in 0..10 {
        clock.advance(Duration::from_millis(1));
        assert!(sessions.load(&issued.token).await.unwrap().is_found());
    }
    clock.advance(Duration::from_millis(2));
    assert!(!sessions.load(&issued.token).await.unwrap().is_found());
}
