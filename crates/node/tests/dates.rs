//! `cookie.expires` as a text: the guide says of each form what the real middleware makes of it, and what becomes of it
//! here.

mod support;

use cloakroom_core::{ErrorKind, ManualClock, Timestamp};
use cloakroom_node::Layout;
use serde_json::{Value, json};
use support::node::Oracle;
use support::sessions::{load, sid};
use support::{Place, ask};

/// Before all of the dates.
const NOW: u64 = 1_760_000_000_000;

/// What the guide says of a text, in Node and here.
#[derive(Debug)]
struct Row {
    texts: Vec<&'static str>,
    node: &'static str,
    here: &'static str,
}

fn rows() -> Vec<Row> {
    let guide = include_str!("../docs/guide.md");
    let (_, section) = guide
        .split_once("**Dates as text.**")
        .expect("the guide has it");
    let (section, _) = section.split_once("*Refused* is").expect("its end");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &'static str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
        let [texts, node, here] = cells[..] else {
            panic!("three cells: {line}");
        };
        Row {
            texts: texts.split('`').skip(1).step_by(2).collect(),
            node,
            here: here.trim(),
        }
    };
    rows.map(row).collect()
}

fn stored(text: &str) -> String {
    json!({ "cookie": { "expires": text, "maxAge": 3_600_000 }, "a": 1 }).to_string()
}

/// For how long Node writes the session: -1 is for ever.
fn in_node(oracle: &mut Oracle, text: &str) -> i64 {
    let header = support::node::header_of(
        &cloakroom_node::KoaCookies::new(
            "koa.sid",
            cloakroom_node::Keygrip::new(["key"]).expect("a key"),
        )
        .set(
            "abc",
            &cloakroom_node::Attributes::new(),
            Timestamp::from_millis(NOW),
        )
        .expect("cookies"),
    );
    let answer = oracle.ask(&json!({
        "stack": "koa-generic", "options": { "rolling": true, "prefix": "" }, "stored": stored(text),
        "now": NOW, "header": header,
    }));
    assert_eq!(answer.get("error"), None, "{text}");
    let words = &answer["commands"][0];
    assert_eq!(words[0], "SET", "{text}");
    words.get(4).and_then(Value::as_i64).unwrap_or(-1)
}

/// The same here; nothing where it is refused, and left as it is.
async fn here(place: &Place, text: &str) -> Option<i64> {
    let clock = ManualClock::at(Timestamp::from_millis(NOW));
    let builder = place
        .builder(Layout::koa_generic().key_prefix(""))
        .clock(clock);
    let store = builder.connect().await.expect("the server is there");
    let mut redis = place.redis().await;
    let before = stored(text);
    let () = ask(
        &mut redis,
        &[b"SET", b"abc", before.as_bytes(), b"EX", b"50"],
    )
    .await;
    let mut session = load(&store, &sid("abc")).await;
    if let Err(error) = store.save(&mut session).await {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{text}");
        let touched = store.touch(&mut session).await.expect_err("the same");
        assert_eq!(touched.kind(), ErrorKind::Corrupt, "{text}");
        assert_eq!(ask::<String>(&mut redis, &[b"GET", b"abc"]).await, before);
        let _ = store.destroy(&sid("abc")).await.expect("it ends");
        return None;
    }
    let left: i64 = ask(&mut redis, &[b"PTTL", b"abc"]).await;
    Some((left as f64 / 1000.0).ceil() as i64)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_is_what_the_guide_says() {
    let place = Place::new();
    let mut utc = Oracle::middleware_in("UTC");
    let mut kolkata = Oracle::middleware_in("Asia/Kolkata");
    let mut texts = 0;
    for row in rows() {
        for text in &row.texts {
            let (one, other) = (in_node(&mut utc, text), in_node(&mut kolkata, text));
            let is_of_the_host = row.node.contains("the clock on the wall");
            let is_none = row.node.starts_with("no date");
            assert_eq!(one != other, is_of_the_host, "{text}: {one} and {other}");
            assert_eq!(one == -1, is_none, "{text}: {one}");
            let here = here(&place, text).await;
            match row.here {
                "the same" => assert_eq!(here, Some(one), "{text}"),
                "refused" => assert_eq!(here, None, "{text}"),
                other => panic!("{other} of {text}"),
            }
            texts += 1;
        }
    }
    assert_eq!(texts, 37, "all of the guide's");
    // The empty text.
    assert_eq!(in_node(&mut utc, ""), -1);
    assert_eq!(here(&place, "").await, Some(3600));
}
