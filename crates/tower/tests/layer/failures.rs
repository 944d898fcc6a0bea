//! A store that fails, under the default policies: it closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom_core::fault::Calls;
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::{Failure, RequestSession, Result, SessionLayer};

use crate::support::browser::{Answer, Browser};
use crate::support::{World, app, ask, cookie, serve, soon};

type Data = Vec<u32>;

/// Every kind that a store can fail with, as responses tell them apart.
const KINDS: [(ErrorKind, &str); 10] = [
    (ErrorKind::Unavailable, "unavailable"),
    (ErrorKind::Full, "unavailable"),
    (ErrorKind::Denied, "unavailable"),
    (ErrorKind::ClockDrift, "unavailable"),
    (ErrorKind::Contended, "unavailable"),
    (ErrorKind::Timeout, "slow"),
    (ErrorKind::Corrupt, "corrupt"),
    (ErrorKind::NewerVersion, "corrupt"),
    (ErrorKind::Decode, "corrupt"),
    (ErrorKind::UnknownCodec, "corrupt"),
];

fn assert_closed(answer: &Answer, failure: &str) {
    assert_eq!(answer.status, 503, "{failure}");
    assert_eq!(answer.header("retry-after"), Some("5"), "{failure}");
    assert_eq!(answer.header("cloakroom-failure"), Some(failure));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn a_session_that_cannot_be_loaded_is_not_taken_for_none() {
    for (kind, failure) in KINDS {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        // Whether the handler passes the error on, or passes over it.
        let honest = async |session: RequestSession<Data>| -> Result<String> {
            Ok(format!("{:?}", session.get().await?))
        };
        let careless = async |session: RequestSession<Data>| {
            let nobody = session.get().await.ok().flatten().is_none();
            assert!(session.change(|data| data.push(1)).await.is_err());
            if nobody { "please sign in" } else { "hello" }
        };
        for app in [
            app(SessionLayer::new(world.sessions.clone()), honest),
            app(SessionLayer::new(world.sessions.clone()), careless),
        ] {
            world.faults.fail_before(Operation::Load, kind);
            let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
            assert_closed(&answer, failure);
            assert!(!answer.body.contains("sign in"), "{}", answer.body);
        }
        assert_eq!(world.count().await, 1);
    }
}

#[tokio::test]
async fn changes_that_cannot_be_saved_are_not_answered_as_if_they_were() {
    for (kind, failure) in KINDS {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let work = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&work);
        let handler = async move |session: RequestSession<Data>| -> Result<&'static str> {
            session.change(|data| data.push(1)).await?;
            done.fetch_add(1, Ordering::SeqCst);
            Ok("saved")
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        // An update, and the creation of a visitor's session.
        for (headers, operation) in [
            (vec![("cookie", cookie(&token))], Operation::Update),
            (vec![], Operation::Create),
        ] {
            world.faults.fail_before(operation, kind);
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answer = ask(&app, &headers).await;
            assert_closed(&answer, failure);
            assert_eq!(answer.body, "");
        }
        assert_eq!(
            work.load(Ordering::SeqCst),
            2,
            "the handler's own work is done once"
        );
        assert!(world.data(&token).await.unwrap().is_empty());
        assert_eq!(world.count().await, 1);
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_never_made_twice() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        let error = session.save().await.unwrap_err();
        assert!(error.is_outcome_unknown());
        // The handler goes on as if nothing had happened.
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world.faults.lose_answer(Operation::Update);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_closed(&answer, "unavailable");
    assert_eq!(world.data(&token).await.unwrap(), [1]);
    assert_eq!(world.faults.calls(Operation::Update), 1);
}

#[tokio::test]
async fn a_save_that_failed_with_nothing_written_is_tried_once_more_in_the_end() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        assert_eq!(
            session.save().await.unwrap_err().failure(),
            Some(Failure::Unavailable)
        );
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world
        .faults
        .fail_before(Operation::Update, ErrorKind::Unavailable);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 200);
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

#[tokio::test]
async fn a_save_that_the_handler_gives_up_half_way_may_have_happened() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let hold = Arc::new(world.faults.hold_after(Operation::Update));
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        tokio::select! {
            saved = session.save() => panic!("it was held: {saved:?}"),
            () = hold.arrived() => {}
        }
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_closed(&answer, "slow");
    assert_eq!(world.data(&token).await.unwrap(), [1], "once");
}

/// The timer is tokio's, and moves by itself when everybody waits.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_store_that_hangs_beyond_the_deadline() {
    for (operation, cookies) in [
        (Operation::Load, true),
        (Operation::Update, true),
        (Operation::Create, false),
    ] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let hold = world.faults.hold_before(Calls::to(operation).always());
        let handler = async |session: RequestSession<Data>| -> Result<()> {
            session.change(|data| data.push(1)).await?;
            Ok(())
        };
        let layer = SessionLayer::builder(world.sessions.clone());
        let app = app(
            layer
                .store_deadline(Duration::from_secs(2))
                .build()
                .unwrap(),
            handler,
        );
        let header = cookie(&token);
        let headers: &[_] = if cookies {
            &[("cookie", header.as_str())]
        } else {
            &[]
        };
        let start = tokio::time::Instant::now();
        let answer = ask(&app, headers).await;
        assert_eq!(start.elapsed().as_secs(), 2, "{operation:?}");
        assert_closed(&answer, "slow");
        hold.release();
        assert!(world.data(&token).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn data_that_are_too_large_are_the_applications_fault() {
    let world = World::<Data>::with(|sessions| sessions.max_data(64));
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.resize(1_000, 7)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (500, None)
    );
    assert_eq!(answer.header("cloakroom-failure"), Some("refused"));
    assert!(world.data(&token).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_is_kept_where_a_later_change_is_not() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        assert!(
            session
                .complete(attempt, Option::unwrap_or_default)
                .await?
                .is_signed_in()
        );
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world
        .faults
        .fail_before(Operation::Update, ErrorKind::Unavailable);
    let answer = ask(&app, &[]).await;
    assert_eq!(answer.status, 503);
    // The old token is dead: without the new one the user would be signed out.
    let token = answer.token().unwrap();
    assert!(world.sessions.load(&token).await.unwrap().is_found());
}

#[tokio::test]
async fn a_sign_out_that_fails_says_so_and_keeps_the_cookie() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.sign_out().await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world
        .faults
        .fail_before(Operation::Delete, ErrorKind::Unavailable);
    assert_closed(
        &ask(&app, &[("cookie", &cookie(&token))]).await,
        "unavailable",
    );
    assert!(world.sessions.load(&token).await.unwrap().is_found());
}

/// Over a listener, where the timer is real and short.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_is_answered_while_the_store_hangs_and_served_once_it_does_not() {
    let world = World::<Data>::new();
    let layer = SessionLayer::builder(world.sessions.clone())
        .store_deadline(Duration::from_millis(50))
        .build()
        .unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        let view = session.change(|data| data.push(1)).await?;
        Ok(view.data().len().to_string())
    };
    let browser = Browser::new(serve(app(layer, handler)).await);
    let mut tab = browser.tab().await;
    assert_eq!(tab.get("/").await.body, "1");
    for operation in [Operation::Load, Operation::Update] {
        let hold = world.faults.hold_before(Calls::to(operation).always());
        let answer = soon(tab.get("/")).await;
        assert_closed(&answer, "slow");
        // Neither this one, which may have changed it, nor any other is made up for.
        hold.fail(ErrorKind::Unavailable);
    }
    assert_eq!(tab.get("/").await.body, "2");
}

#[tokio::test(start_paused = true)]
async fn a_touch_that_hangs_or_fails_keeps_nobody_from_reading() {
    for hangs in [true, false] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let touches = Calls::to(Operation::Touch).always();
        let hold = hangs.then(|| world.faults.hold_before(touches));
        if !hangs {
            world.faults.fail_before(touches, ErrorKind::Unavailable);
        }
        let handler = async move |session: RequestSession<Data>| -> Result<String> {
            let view = session.get().await?.unwrap();
            let error = view.session().unwrap().touch_error().unwrap();
            let expected = [ErrorKind::Unavailable, ErrorKind::Timeout][usize::from(hangs)];
            assert_eq!(error.kind(), expected);
            Ok(view.subject().unwrap().to_string())
        };
        let layer = SessionLayer::builder(world.sessions.clone());
        let layer = layer.store_deadline(Duration::from_secs(2));
        let app = app(layer.build().unwrap(), handler);
        world.clock.advance(Duration::from_secs(90));
        let start = tokio::time::Instant::now();
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "ada"));
        assert_eq!(start.elapsed().as_secs(), if hangs { 2 } else { 0 });
        drop(hold);
    }
}

#[tokio::test]
async fn a_session_that_ends_before_its_touch_is_not_found() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    world.clock.advance(Duration::from_secs(90));
    let hold = world.faults.hold_before(Operation::Touch);
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        Ok(session.get().await?.is_none().to_string())
    };
    let layer =
        SessionLayer::builder(world.sessions.clone()).store_deadline(2 * crate::support::SOON);
    let app = app(layer.build().unwrap(), handler);
    let header = cookie(&token);
    let headers = [("cookie", header.as_str())];
    let sign_out = async {
        hold.arrived().await;
        let _ = world.sessions.sign_out(&token).await.unwrap();
        hold.release();
    };
    let (answer, ()) = tokio::join!(ask(&app, &headers), sign_out);
    assert_eq!(answer.body, "true");
}

/// What is read is never said to have been written; what is written may have been.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_hangs_is_given_up_and_only_writes_are_unknown() {
    for (operation, is_unknown) in [
        (Operation::Load, false),
        (Operation::Begin, false),
        (Operation::Create, true),
        (Operation::Update, true),
    ] {
        let world = World::<Data>::new();
        let visit = world.sessions.create(vec![]).await.unwrap();
        let hold = world.faults.hold_before(Calls::to(operation).always());
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            let sign_in = async {
                session.change(|data| data.push(1)).await?;
                let _ = session.save().await?;
                let ada = cloakroom_core::Subject::new("ada").unwrap();
                let attempt = session.begin_sign_in(&ada).await?;
                let _ = session.complete(attempt, Option::unwrap_or_default).await?;
                Ok(())
            };
            let error: cloakroom_tower::Error = sign_in.await.unwrap_err();
            assert_eq!(error.failure(), Some(Failure::Slow));
            assert_eq!(error.is_outcome_unknown(), is_unknown, "{operation:?}");
            Err(error)
        };
        let layer = SessionLayer::builder(world.sessions.clone());
        let layer = layer.store_deadline(Duration::from_secs(2));
        let app = app(layer.build().unwrap(), handler);
        let start = tokio::time::Instant::now();
        let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
        assert_eq!(start.elapsed().as_secs(), 2, "{operation:?}");
        assert_eq!(answer.status, 503, "{operation:?}");
        assert_eq!(answer.header("cloakroom-failure"), Some("slow"));
        assert!(answer.set_cookies().is_empty());
        hold.release();
    }
}

#[tokio::test]
async fn a_session_or_a_sign_in_that_is_given_up_half_way_may_have_been_made() {
    for signs_in in [false, true] {
        let world = World::<Data>::new();
        let hold = Arc::new(world.faults.hold_after(Operation::Create));
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            session.change(|data| data.push(1)).await?;
            let ada = cloakroom_core::Subject::new("ada").unwrap();
            let attempt = session.begin_sign_in(&ada).await?;
            let make = async {
                if signs_in {
                    _ = session.complete(attempt, Option::unwrap_or_default).await;
                } else {
                    _ = session.save().await;
                }
            };
            tokio::select! {
                () = make => panic!("it was held"),
                () = hold.arrived() => {}
            }
            Ok(())
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        assert_closed(&ask(&app, &[]).await, "slow");
        assert_eq!(
            world.faults.calls(Operation::Create),
            1,
            "it is not made twice"
        );
    }
}

#[tokio::test]
async fn a_replacement_whose_answer_is_lost_or_given_up_is_not_answered_as_if_it_were_made() {
    for loses in [true, false] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let hold = (!loses).then(|| world.faults.hold_after(Operation::Update));
        let hold = Arc::new(hold);
        if loses {
            world.faults.lose_answer(Operation::Update);
        }
        let handler = async move |session: RequestSession<Data>| {
            let arrived = async {
                match &*hold {
                    Some(hold) => hold.arrived().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                replaced = session.replace_if_unchanged(vec![7]) => assert!(replaced.is_err()),
                () = arrived => {}
            }
            "saved"
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_closed(&answer, if loses { "unavailable" } else { "slow" });
    }
}
