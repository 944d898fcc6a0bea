//! No token in a log, a metric, an error or a `Debug`: everything that is told is recorded and searched.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_core::{ErrorKind, Operation, Subject, Token};
use cloakroom_tower::{Failure, OnSaveFailure, RequestSession, Result, SessionLayer};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use support::{World, app, ask, cookie};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

/// Everything that was told, as text.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<String>>,
}

impl Ear {
    fn note(&self, what: &dyn std::fmt::Debug) {
        writeln!(self.heard.lock().unwrap(), "{what:?}").unwrap();
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

impl Visit for &Ear {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.note(&format_args!("{}={value:?}", field.name()));
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note(&span.metadata().name());
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Recorder for Ear {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.note(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.note(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.note(key);
        Histogram::noop()
    }
}

type Data = Vec<String>;

/// Does everything that a handler can do, and tells all that it sees.
async fn everything(ear: Ear, session: RequestSession<Data>) -> Result<()> {
    ear.note(&session);
    ear.note(&session.get().await);
    ear.note(&session.change(|data| data.push("private".to_owned())).await);
    ear.note(&session.save().await);
    ear.note(
        &session
            .replace_if_unchanged(vec!["private".to_owned()])
            .await,
    );
    ear.note(&session.renew(Duration::from_secs(60)).await);
    let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await;
    if let Ok(attempt) = attempt {
        ear.note(&session.complete(attempt, Option::unwrap_or_default).await);
    }
    ear.note(&session.revoke_others().await);
    ear.note(&session.token().await);
    Ok(())
}

/// What is told while one thread does everything, with every fault of the store.
fn tell(tells_subjects: bool) -> (String, Vec<Token>) {
    let ear = Ear::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let work = async {
        let world = World::<Data>::new();
        let mut tokens = Vec::new();
        let mut builder = SessionLayer::builder(world.sessions.clone())
            .backend("the-store")
            .on_save_failure(Failure::Unavailable, OnSaveFailure::KeepResponse)
            .renew_every(Duration::from_secs(1), Duration::from_secs(60));
        if tells_subjects {
            builder = builder.tell_subjects();
        }
        let layer = builder.build().unwrap();
        ear.note(&layer);
        let handler = {
            let ear = ear.clone();
            move |session| everything(ear.clone(), session)
        };
        let app = app(layer, handler);
        let faults = [
            None,
            Some((Operation::Load, ErrorKind::Unavailable)),
            Some((Operation::Load, ErrorKind::Corrupt)),
            Some((Operation::Update, ErrorKind::Timeout)),
            Some((Operation::Update, ErrorKind::OutcomeUnknown)),
            Some((Operation::Create, ErrorKind::Full)),
            Some((Operation::Renew, ErrorKind::Unavailable)),
            Some((Operation::Revoke, ErrorKind::Unavailable)),
        ];
        for fault in faults {
            for user in [None, Some("ada")] {
                let mut headers = Vec::new();
                if let Some(user) = user {
                    let token = world.signed_in(user).await;
                    headers.push(("cookie", cookie(&token)));
                    tokens.push(token);
                }
                if let Some((operation, kind)) = fault {
                    world.faults.fail_before(operation, kind);
                }
                let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
                let answer = ask(&app, &headers).await;
                // Whoever logs the headers of a response logs no token either.
                ear.note(&answer.headers);
                ear.note(&answer.body);
                tokens.extend(answer.token());
                world.faults.clear();
            }
        }
        // A token that is used again after its grace.
        let old = world.signed_in("ada").await;
        let renewal = world.sessions.renew(&old, Duration::ZERO).await.unwrap();
        let cloakroom_core::Renewal::Renewed(issued) = renewal else {
            panic!("not renewed");
        };
        let _ = world.sessions.load(&issued.token).await.unwrap();
        ask(&app, &[("cookie", &cookie(&old))]).await;
        tokens.extend([old, issued.token]);
        tokens
    };
    let tokens = tracing::subscriber::with_default(ear.clone(), || {
        metrics::with_local_recorder(&ear, || runtime.block_on(work))
    });
    (ear.heard(), tokens)
}

#[test]
fn no_token_and_no_data_are_told_and_no_subject_unless_asked_for() {
    let (heard, tokens) = tell(false);
    assert!(tokens.len() > 16);
    for token in &tokens {
        let text = token.expose();
        assert!(!heard.contains(&*text), "a token was told");
        // Nor most of one.
        assert!(!heard.contains(&text[3..]), "most of a token was told");
    }
    assert!(!heard.contains("private"), "session data were told");
    let by_layer = heard.lines().filter(|line| line.starts_with("subject="));
    assert_eq!(by_layer.count(), 0, "a subject was told");
    let (heard, _) = tell(true);
    assert!(heard.contains("subject=\"ada\""));
}

#[test]
fn what_happens_is_told_with_operation_outcome_and_backend() {
    let (heard, _) = tell(false);
    for expected in [
        "\"cloakroom.session\"",
        "operation=\"load\"",
        "outcome=\"found\"",
        "outcome=\"unavailable\"",
        "outcome=\"corrupt\"",
        "outcome=\"slow\"",
        "outcome=\"reused\"",
        "backend=\"the-store\"",
        "cloakroom_session_operations_total",
        "cloakroom_session_operation_seconds",
        "cloakroom_session_failures_total",
        "cloakroom_session_dropped_changes_total",
        "cloakroom_session_reused_tokens_total",
        "could not load the session: the store is unavailable",
    ] {
        assert!(heard.contains(expected), "{expected} is not told");
    }
}

/// What is told of one operation: the lines of its spans, counters and histograms.
#[test]
fn touches_that_fail_and_calls_that_are_given_up_are_told_and_counted() {
    let ear = Ear::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let work = async {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let reads = async |session: RequestSession<Data>| -> Result<()> {
            session.get().await?;
            Ok(())
        };
        let reads = app(SessionLayer::new(world.sessions.clone()), reads);
        world.clock.advance(Duration::from_secs(90));
        world
            .faults
            .fail_before(Operation::Touch, ErrorKind::Unavailable);
        let answer = ask(&reads, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.status, 200);

        let hold = Arc::new(world.faults.hold_before(Operation::Load));
        let gives_up = async move |session: RequestSession<Data>| {
            tokio::select! {
                _ = session.get() => panic!("it was held"),
                () = hold.arrived() => {}
            }
        };
        let gives_up = app(SessionLayer::new(world.sessions.clone()), gives_up);
        ask(&gives_up, &[("cookie", &cookie(&token))]).await;
    };
    tracing::subscriber::with_default(ear.clone(), || {
        metrics::with_local_recorder(&ear, || runtime.block_on(work));
    });
    let heard = ear.heard();
    for (operation, outcome) in [("touch", "unavailable"), ("load", "cancelled")] {
        for name in [
            "cloakroom_session_operations_total",
            "cloakroom_session_operation_seconds",
        ] {
            let is_told = |line: &str| {
                [name, operation, outcome]
                    .iter()
                    .all(|it| line.contains(it))
            };
            assert!(
                heard.lines().any(is_told),
                "{name} {operation} {outcome}: {heard}"
            );
        }
        assert!(heard.contains(&format!("operation=\"{operation}\"")));
        assert!(heard.contains(&format!("outcome=\"{outcome}\"")));
    }
    assert!(
        heard.contains("could not touch the session: the store is unavailable"),
        "{heard}"
    );
}
