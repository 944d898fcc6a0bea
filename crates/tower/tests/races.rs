//! The races of the peers, over a real listener: what a slow request does to a session that another
//! request of the same browser changes, ends or replaces meanwhile. The order is forced in every
//! round; where in its work the slow request waits is drawn from the round's number.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use cloakroom_core::{Operation, SessionMap, Subject, Token};
use cloakroom_tower::{RequestSession, Result, Saved, SessionCookie, SessionLayer};
use support::browser::{Answer, Browser, Tab};
use support::stage::Stage;
use support::{Dice, SOON, World, serve, soon};
use tokio::task::JoinHandle;

const ROUNDS: u64 = 1_000;
/// How many of them are in one session, where it grows by each.
const BLOCK: u64 = 50;
const COOKIE: &str = "__Host-session";

type Data = Vec<u64>;

struct App {
    stage: Stage,
    world: World<Data>,
}

/// Where a slow request waits.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
struct Slow {
    /// Reads first, then waits.
    writes: bool,
    /// Waits after the change, before it is saved.
    late: bool,
    /// Saves by itself.
    saves: bool,
    round: u64,
}

impl Slow {
    /// What it answers where its changes are dropped.
    fn answer(&self, why: &'static str) -> &'static str {
        match (self.saves, self.writes) {
            (false, _) => "done",
            (true, false) => "nothing",
            (true, true) => why,
        }
    }
}

async fn slow(
    State(app): State<Arc<App>>,
    Query(slow): Query<Slow>,
    session: RequestSession<Data>,
) -> Result<String> {
    session.get().await?;
    if !slow.late {
        app.stage.wait().await;
    }
    go_on(&app, slow, session).await
}

/// Asks for its session only after it has waited.
async fn late_asker(
    State(app): State<Arc<App>>,
    Query(slow): Query<Slow>,
    session: RequestSession<Data>,
) -> Result<String> {
    app.stage.wait().await;
    let slow = Slow {
        late: false,
        ..slow
    };
    go_on(&app, slow, session).await
}

async fn go_on(app: &App, slow: Slow, session: RequestSession<Data>) -> Result<String> {
    if slow.writes {
        session.change(move |data| data.push(slow.round)).await?;
    }
    if slow.late {
        app.stage.wait().await;
    }
    if slow.saves {
        return Ok(match session.save().await? {
            Saved::Nothing => "nothing",
            Saved::Stored => "stored",
            Saved::Created => "created",
            Saved::Dropped(why) => why.name(),
        }
        .to_owned());
    }
    Ok("done".to_owned())
}

async fn sign_in(session: RequestSession<Data>) -> Result<String> {
    let ada = Subject::new("ada").unwrap();
    let attempt = session.begin_sign_in(&ada).await?;
    let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
    Ok(format!("{outcome:?}").split(' ').next().unwrap().to_owned())
}

async fn start(session: RequestSession<Data>) -> Result<()> {
    session.change(|data| data.push(0)).await?;
    Ok(())
}

async fn sign_out(session: RequestSession<Data>) -> Result<()> {
    session.sign_out().await?;
    Ok(())
}

async fn who(session: RequestSession<Data>) -> Result<String> {
    let Some(view) = session.get().await? else {
        return Ok("nobody".to_owned());
    };
    let name = view.subject().map_or("anonymous", Subject::as_str);
    Ok(format!("{name} {:?}", view.data()))
}

/// A server whose tokens are renewed as soon as they may be: the worst that a late response can do.
async fn start_app() -> (Arc<App>, Browser) {
    let world = World::new();
    let layer = SessionLayer::builder(world.sessions.clone())
        .renew_every(Duration::from_secs(1), Duration::from_secs(60))
        // A call that a test holds is not slow, however busy the machine is.
        .store_deadline(2 * SOON)
        .build()
        .unwrap();
    let app = Arc::new(App {
        stage: Stage::new(),
        world,
    });
    let router = Router::new()
        .route("/slow", get(slow))
        .route("/late-asker", get(late_asker))
        .route("/start", post(start))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/who", get(who))
        .with_state(Arc::clone(&app))
        .layer(layer);
    let browser = Browser::new(serve(router).await);
    (app, browser)
}

fn draw(round: u64) -> (Slow, String) {
    let mut dice = Dice::of(round);
    let slow = Slow {
        writes: dice.below(4) > 0,
        late: dice.below(2) == 0,
        saves: dice.below(2) == 0,
        round,
    };
    let Slow {
        writes,
        late,
        saves,
        ..
    } = slow;
    let path = format!("/slow?writes={writes}&late={late}&saves={saves}&round={round}");
    (slow, path)
}

/// A request of the same browser that goes on alone, on a connection of its own that is kept alive.
struct Late {
    under_way: JoinHandle<(Tab, Answer)>,
}

impl Late {
    async fn begin(app: &App, mut tab: Tab, path: String) -> Self {
        let under_way = tokio::spawn(async move {
            let answer = tab.get(&path).await;
            (tab, answer)
        });
        app.stage.arrived(1).await;
        Self { under_way }
    }

    async fn end(self, app: &App) -> (Tab, Answer) {
        app.stage.go(1);
        soon(self.under_way).await.unwrap()
    }
}

/// Races 1 and 3: a slow request that reads or writes, and a sign-out before it is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_late_for_the_sign_out_brings_nothing_back() {
    let (app, browser) = start_app().await;
    let (mut tab, mut slow_tab) = (browser.tab().await, browser.tab().await);
    for round in 0..ROUNDS {
        let (slow, path) = draw(round);
        assert_eq!(tab.post("/sign-in").await.body, "SignedIn");
        let old = browser.cookie(COOKIE).unwrap();
        // Whatever can be due is due: the touch, and the renewal.
        app.world.clock.advance(Duration::from_secs(300));

        let late = Late::begin(&app, slow_tab, path).await;
        let signed_out = tab.post("/sign-out").await;
        assert!(
            signed_out.set_cookies()[0].contains("Max-Age=0"),
            "{slow:?}"
        );
        let (back, answer) = late.end(&app).await;
        slow_tab = back;

        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "{slow:?}");
        assert_eq!(answer.body, slow.answer("ended"), "{slow:?}");
        assert_eq!(browser.cookie(COOKIE), None, "{slow:?}");
        assert_eq!(app.world.count().await, 0, "revived: {slow:?}");
        // Nor does the old token open anything.
        browser.set_cookie(COOKIE, &old);
        assert_eq!(tab.get("/who").await.body, "nobody", "{slow:?}");
        browser.forget();
    }
}

/// Races 1 and 3, by a request that has not asked for its session yet when that is signed out; in half of
/// the rounds the browser signs in anew before it does. Whatever it does then, it makes no session and
/// sets no cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_asks_late_begins_no_session_in_place_of_one_that_was_signed_out() {
    let (app, browser) = start_app().await;
    let (mut tab, mut slow_tab) = (browser.tab().await, browser.tab().await);
    for round in 0..2 * ROUNDS {
        let (slow, path) = draw(round);
        let mut dice = Dice::of(u64::MAX - round);
        let (signs_in, time_passes) = (dice.below(2) == 0, dice.below(2) == 0);
        let what = format!("{slow:?}, signs in: {signs_in}, time passes: {time_passes}");
        assert_eq!(tab.post("/sign-in").await.body, "SignedIn");
        // Longer than the margin of the clocks: the request comes to a session that is not new.
        app.world.clock.advance(Duration::from_secs(300));

        let path = path.replace("/slow", "/late-asker");
        let late = Late::begin(&app, slow_tab, path).await;
        if time_passes {
            app.world.clock.advance(Duration::from_secs(60));
        }
        tab.post("/sign-out").await;
        if signs_in {
            assert_eq!(tab.post("/sign-in").await.body, "SignedIn");
        }
        let cookie = browser.cookie(COOKIE);
        assert_eq!(cookie.is_some(), signs_in, "{what}");
        if time_passes {
            app.world.clock.advance(Duration::from_secs(60));
        }
        let (back, answer) = late.end(&app).await;
        slow_tab = back;

        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "{what}");
        assert_eq!(answer.body, slow.answer("ended"), "{what}");
        assert_eq!(browser.cookie(COOKIE), cookie, "{what}");
        assert_eq!(app.world.count().await, u64::from(signs_in), "{what}");
        tab.post("/sign-out").await;
    }
}

/// Race 3, where the session is ended from another device, so that no response deletes the cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_late_for_a_revocation_brings_nothing_back() {
    let (app, browser) = start_app().await;
    let (mut tab, mut slow_tab) = (browser.tab().await, browser.tab().await);
    let ada = Subject::new("ada").unwrap();
    for round in 0..ROUNDS {
        let (slow, path) = draw(round);
        assert_eq!(tab.post("/sign-in").await.body, "SignedIn");
        let old = browser.cookie(COOKIE);
        app.world.clock.advance(Duration::from_secs(300));

        let late = Late::begin(&app, slow_tab, path).await;
        let revoked = app.world.sessions.tokens(&ada).revoke_all().await.unwrap();
        assert_eq!(revoked.ended.len(), 1);
        let (back, answer) = late.end(&app).await;
        slow_tab = back;

        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "{slow:?}");
        assert_eq!(answer.body, slow.answer("ended"), "{slow:?}");
        assert_eq!(browser.cookie(COOKIE), old, "{slow:?}");
        assert_eq!(app.world.count().await, 0, "revived: {slow:?}");
    }
}

/// Race 4: a slow request with the token of before the sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_late_for_the_sign_in_leaves_the_browser_signed_in() {
    let (app, browser) = start_app().await;
    let (mut tab, mut slow_tab) = (browser.tab().await, browser.tab().await);
    for round in 0..ROUNDS {
        let (slow, path) = draw(round);
        tab.post("/start").await;
        app.world.clock.advance(Duration::from_secs(300));

        let late = Late::begin(&app, slow_tab, path).await;
        assert_eq!(tab.post("/sign-in").await.body, "SignedIn");
        let new = browser.cookie(COOKIE);
        let (back, answer) = late.end(&app).await;
        slow_tab = back;

        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "{slow:?}");
        assert_eq!(answer.body, slow.answer("replaced"), "{slow:?}");
        assert_eq!(browser.cookie(COOKIE), new, "{slow:?}");
        assert_eq!(tab.get("/who").await.body, "ada [0]", "{slow:?}");
        assert_eq!(app.world.count().await, 1, "revived: {slow:?}");
        tab.post("/sign-out").await;
    }
}

/// Race 4 the other way round: what the slow request saved before the sign-in is carried over, and what
/// is saved while the sign-in looks at the old session is carried over too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_in_time_for_the_sign_in_is_carried_over() {
    let (app, browser) = start_app().await;
    let (mut tab, mut slow_tab) = (browser.tab().await, browser.tab().await);
    for round in 1..=ROUNDS {
        tab.post("/start").await;
        let path = format!("/slow?writes=true&late=false&saves=true&round={round}");
        let late = Late::begin(&app, slow_tab, path).await;
        // The sign-in has made the new session, and is about to end the old one.
        let hold = app.world.faults.hold_before(Operation::Delete);
        let sign_in = tokio::spawn(async move {
            let answer = tab.post("/sign-in").await;
            (tab, answer)
        });
        soon(hold.arrived()).await;
        let (back, answer) = late.end(&app).await;
        slow_tab = back;
        assert_eq!(
            (answer.body.as_str(), answer.set_cookies().len()),
            ("stored", 0)
        );
        hold.release();
        let (back, signed_in) = soon(sign_in).await.unwrap();
        tab = back;
        assert_eq!(signed_in.body, "SignedIn", "{signed_in:?}");
        assert_eq!(tab.get("/who").await.body, format!("ada [0, {round}]"));
        tab.post("/sign-out").await;
    }
}

/// Race 7: two requests that both load before either saves, in one app with typed data and a map, which
/// are two layers with a cookie each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_at_once_both_keep_their_changes() {
    let stage = Stage::new();
    let typed = World::<Data>::new();
    let map = World::<SessionMap>::new();
    let handler = {
        let stage = stage.clone();
        async move |Query(slow): Query<Slow>, (data, map): Both| -> Result<()> {
            data.get().await?;
            map.get().await?;
            if !slow.late {
                stage.wait().await;
            }
            data.change(move |data| data.push(slow.round)).await?;
            map.change(move |map| {
                let _ = map.set(slow.round.to_string(), slow.late);
            })
            .await?;
            if slow.late {
                stage.wait().await;
            }
            Ok(())
        }
    };
    let map_cookie = SessionCookie::new().name("__Host-map");
    let map_layer = SessionLayer::builder(map.sessions.clone()).cookie(map_cookie);
    let app = Router::new()
        .route("/both", get(handler))
        .layer(SessionLayer::new(typed.sessions.clone()))
        .layer(map_layer.build().unwrap());
    let address = serve(app).await;
    // A new browser now and then, so that the sessions stay small.
    for block in 0..ROUNDS / BLOCK {
        let browser = Browser::new(address);
        // The first request makes the sessions.
        let mut tab = browser.tab().await;
        stage.go(1);
        let first = tab
            .get("/both?writes=true&late=true&saves=false&round=0")
            .await;
        assert_eq!(first.set_cookies().len(), 2);
        stage.arrived(1).await;

        let mut tabs = [Some(tab), Some(browser.tab().await)];
        for round in 1..=BLOCK {
            let mut both = Vec::new();
            for (which, tab) in tabs.iter_mut().enumerate() {
                let mut tab = tab.take().unwrap();
                let number = 2 * round + which as u64;
                let late = Dice::of(block * 2 * BLOCK + number).below(2) == 0;
                let path = format!("/both?writes=true&late={late}&saves=false&round={number}");
                both.push(tokio::spawn(async move {
                    let answer = tab.get(&path).await;
                    (tab, answer)
                }));
            }
            stage.arrived(2).await;
            stage.go(2);
            for (tab, request) in tabs.iter_mut().zip(both) {
                let (back, answer) = soon(request).await.unwrap();
                assert_eq!(
                    (answer.status.as_u16(), answer.set_cookies().len()),
                    (200, 0)
                );
                *tab = Some(back);
            }
        }
        let token = |name| -> Token { browser.cookie(name).unwrap().parse().unwrap() };
        let stored = typed.sessions.peek(&token(COOKIE)).await.unwrap();
        let mut pushed = stored.found().unwrap().into_data();
        pushed.sort_unstable();
        let all: Vec<u64> = std::iter::once(0).chain(2..2 * BLOCK + 2).collect();
        assert_eq!(pushed, all, "a change was lost, or made twice");
        let stored = map.sessions.peek(&token("__Host-map")).await.unwrap();
        let keys = stored.found().unwrap().data().keys().count();
        assert_eq!(keys, all.len(), "a key was lost");
    }
}

type Both = (RequestSession<Data>, RequestSession<SessionMap>);
