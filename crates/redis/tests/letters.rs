//! Each letter of `commit.lua`, without a store: what the races that they are for seldom show.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::ops::{Deref, DerefMut};

use redis::{Value, cmd};
use support::bare::{Bare, HOUR};

const COMMIT: &str = include_str!("../src/scripts/commit.lua");

const MARGIN: i64 = 60_000;

/// Words, of which none is a time.
fn plain(text: &str) -> Vec<Vec<u8>> {
    text.split_whitespace()
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

struct Stage(Bare);

impl Deref for Stage {
    type Target = Bare;

    fn deref(&self) -> &Bare {
        &self.0
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut Bare {
        &mut self.0
    }
}

impl Stage {
    async fn new() -> Self {
        Self(Bare::new().await)
    }

    /// The reply to instructions about these keys.
    async fn commit(&mut self, keys: &[&str], instructions: Vec<Vec<u8>>) -> Vec<Value> {
        let mut eval = cmd("EVAL");
        eval.arg(COMMIT).arg(keys.len()).arg(keys);
        eval.arg(self.now).arg(MARGIN).arg(0).arg(instructions);
        self.ask(&eval).await
    }

    /// Whether a check holds: then the key `mark` is stored.
    async fn holds(&mut self, key: &str, check: Vec<Vec<u8>>) -> bool {
        let mut instructions = check;
        instructions.extend(self.words(". E 2 x NOW+1000000"));
        let reply = self.commit(&[key, "mark"], instructions).await;
        let holds = reply.first() == Some(&Value::Int(1));
        assert!(holds || reply[..] == [Value::Int(0)], "{reply:?}");
        let written: i64 = self.ask(cmd("DEL").arg("mark")).await;
        assert_eq!(written == 1, holds);
        holds
    }

    async fn write(&mut self, key: &str, instructions: &str) {
        let instructions = self.words(&format!("t 1 . {instructions}"));
        let reply = self.commit(&[key], instructions).await;
        assert_eq!(reply, [Value::Int(1)]);
    }
}

#[tokio::test]
async fn what_is_there_is_answered_in_the_order_of_the_questions() {
    let mut stage = Stage::new().await;
    stage
        .run("ZADD set -NOW+5000 g:AA NOW+3000 a NOW-1 b")
        .await;
    stage.run("SET value x").await;
    stage.run("RPUSH list x").await;
    let text = |text: &str| Value::BulkString(text.into());
    let time = |after: i64| text(&(stage.now + after).to_string());
    let head = Value::Array(vec![text("g:AA"), text(&format!("-{}", stage.now + 5_000))]);
    let members = Value::Array(vec![text("b"), text("a")]);
    let expected = [
        Value::Int(0),
        text("x"),
        Value::Int(1),
        Value::Nil,
        // Of another type, as a whole and of two members.
        Value::Int(1),
        Value::Int(1),
        Value::Array(vec![
            head.clone(),
            Value::Int(3),
            time(3_000),
            Value::Nil,
            time(-1),
        ]),
        Value::Array(vec![head, Value::Int(3), members, time(3_000)]),
    ];
    let questions = plain("V 2 V 3 V 4 S 2 -1 S 2 2 a c S 1 3 a c b S 1 -1");
    let mut eval = cmd("EVAL");
    eval.arg(COMMIT)
        .arg(4)
        .arg(&["set", "value", "list", "nothing"]);
    eval.arg(stage.now)
        .arg(MARGIN)
        .arg(questions.len())
        .arg(questions);
    let reply: Vec<Value> = stage.ask(&eval).await;
    assert_eq!(reply, expected);
}

#[tokio::test]
async fn a_check_of_a_value_holds_for_that_value_alone() {
    let mut stage = Stage::new().await;
    let head = "h".repeat(93);
    stage.run(&format!("SET value {head}data")).await;
    stage.run("SET short abc").await;
    stage.run("RPUSH list x").await;
    for (key, check, expected) in [
        ("value", format!("V 1 {head} 97"), true),
        ("value", format!("V 1 {head} 96"), false),
        ("value", format!("V 1 {}i 97", "h".repeat(92)), false),
        ("value", format!("V 1 {} 97", "h".repeat(92)), false),
        ("short", "V 1 abc 3".into(), true),
        ("short", "V 1 abd 3".into(), false),
        ("list", "V 1 abc 3".into(), false),
        ("nothing", "V 1 abc 3".into(), false),
        ("nothing", "A 1".into(), true),
        ("value", "A 1".into(), false),
        ("list", "A 1".into(), false),
        ("list", "W 1".into(), true),
        ("value", "W 1".into(), false),
        ("nothing", "W 1".into(), false),
    ] {
        let words = stage.words(&check);
        assert_eq!(stage.holds(key, words).await, expected, "{key}: {check}");
    }
}

#[tokio::test]
async fn a_check_of_a_set_holds_for_that_set_alone() {
    let mut stage = Stage::new().await;
    for set in [
        "set -NOW+5000 g:AA NOW+3000 a NOW-1 b",
        "over -NOW-1 g:BB NOW b",
        "edge -NOW g:CC NOW b",
        "lives -NOW-1 g:DD NOW+1 a",
        "heads -NOW+5000 g:AA -NOW+4000 g:BB NOW+3000 a",
        "headless NOW+3000 a",
    ] {
        stage.run(&format!("ZADD {set}")).await;
    }
    stage.run("SET value x").await;
    for (key, check, expected) in [
        ("set", "M 1 a", true),
        ("set", "M 1 c", false),
        ("nothing", "M 1 a", false),
        ("value", "M 1 a", false),
        ("set", "m 1 c", true),
        ("set", "m 1 a", false),
        ("nothing", "m 1 a", true),
        ("value", "m 1 a", false),
        ("set", "H 1 2 g:AA -NOW+5000", true),
        ("set", "H 1 2 g:AB -NOW+5000", false),
        ("set", "H 1 2 g:AA -NOW+5001", false),
        ("set", "H 1 0", false),
        ("headless", "H 1 0", true),
        ("headless", "H 1 2 g:AA -NOW+5000", false),
        ("heads", "H 1 2 g:AA -NOW+5000", false),
        ("value", "H 1 0", false),
        ("set", "G 1 g:A", true),
        ("set", "G 1 g:B", false),
        ("over", "G 1 g:B", false),
        ("edge", "G 1 g:C", false),
        ("lives", "G 1 g:D", true),
        ("heads", "G 1 g:A", false),
        ("headless", "G 1 g:", false),
        ("value", "G 1 g:", false),
        ("set", "R 1 3", true),
        ("set", "R 1 2", false),
        ("set", "C 1 3", true),
        ("set", "C 1 2", false),
        ("set", "C 1 4", false),
        ("value", "C 1 0", false),
        ("set", "S 1 2 b a", true),
        ("set", "S 1 1 a", false),
        ("set", "S 1 2 a c", false),
        ("set", "S 1 3 a b c", false),
        ("nothing", "S 1 0", true),
        ("value", "S 1 0", false),
        ("value", "w 1", true),
        ("set", "w 1", false),
        ("nothing", "w 1", false),
    ] {
        let words = stage.words(check);
        assert_eq!(stage.holds(key, words).await, expected, "{key}: {check}");
    }
}

#[tokio::test]
async fn each_write_does_what_it_says_and_leaves_nothing_immortal() {
    let mut stage = Stage::new().await;
    stage
        .write("value", &format!("E 1 {} NOW+3600000", "h".repeat(90)))
        .await;
    stage.is_kept("value", HOUR).await;
    stage.write("value", "T 1 xyz NOW+7200000").await;
    stage.is_kept("value", 2 * HOUR).await;
    let value: String = stage.ask(cmd("GET").arg("value")).await;
    assert_eq!(value, format!("{}xyz{}", "h".repeat(76), "h".repeat(11)));
    stage.write("value", "E 1 shorter NOW+3600000").await;
    stage.is_kept("value", HOUR).await;
    stage.write("value", "P 1 NOW+7200000").await;
    stage.is_kept("value", 2 * HOUR).await;
    stage.write("value", "D 1").await;
    let there: bool = stage.ask(cmd("EXISTS").arg("value")).await;
    assert!(!there);

    stage
        .write("set", "M 1 NOW+3600000 a M 1 NOW+1 b X 1 NOW+7200000")
        .await;
    stage.is_kept("set", 2 * HOUR).await;
    stage
        .write("set", "M 1 NOW+5400000 a X 1 NOW+7200000")
        .await;
    stage.is_kept("set", 2 * HOUR).await;
    stage
        .write(
            "set",
            "H 1 -NOW+1 g:AA H 1 -NOW+10800000 g:BB X 1 NOW+10800000",
        )
        .await;
    stage.is_kept("set", 3 * HOUR).await;
    assert_eq!(stage.members("set").await, ["g:BB", "b", "a"]);
    // Whoever stays can still live for as long as before.
    stage
        .write("set", "H 1 -NOW+10800001 g:BB m 1 a X 1 0")
        .await;
    assert_eq!(stage.members("set").await, ["g:BB", "b"]);
    stage.is_kept("set", 3 * HOUR).await;
    stage.write("set", "h 1 X 1 0").await;
    assert_eq!(stage.members("set").await, ["b"]);
    stage.is_kept("set", 3 * HOUR).await;
    stage.write("set", "M 1 NOW+1 c X 1 NOW+3600000").await;
    stage.is_kept("set", 3 * HOUR).await;
    // Without a time to live, however it lost that.
    stage.run("PERSIST set").await;
    stage.write("set", "M 1 NOW+1 c X 1 NOW+3600000").await;
    stage.is_kept("set", HOUR).await;
}

#[tokio::test]
async fn a_set_goes_once_nothing_keeps_it() {
    let mut stage = Stage::new().await;
    for (set, kept) in [
        ("-NOW g:AA", None),
        ("-NOW-1 g:AA", None),
        ("-NOW+1 g:AA", Some(MARGIN + 1)),
        // Pruning takes out what is over: the set may hold more than the operation has seen.
        ("-NOW-5000 g:AA NOW a", Some(2 * HOUR)),
        ("-NOW-5000 g:AA NOW+3600000 a", Some(2 * HOUR)),
        ("-NOW+3600000 g:AA", Some(HOUR + MARGIN)),
    ] {
        stage.run("DEL set").await;
        stage.run(&format!("ZADD set {set}")).await;
        stage.run("PEXPIREAT set NOW+7200000").await;
        stage.write("set", "X 1 0").await;
        match kept {
            Some(kept) => stage.is_kept("set", kept).await,
            None => assert!(stage.members("set").await.is_empty(), "{set}"),
        }
    }
    stage.run("ZADD set inf strange").await;
    for until in ["1e300", "inf"] {
        stage.run("PEXPIREAT set NOW+1000").await;
        stage.write("set", &format!("X 1 {until}")).await;
        let lives: i64 = stage.ask(cmd("PTTL").arg("set")).await;
        assert!(lives > HOUR, "{lives}");
    }
}

/// A record as far as the script looks at it.
fn record(begin: &[u8; 4], subject: &str) -> Vec<u8> {
    let mut record = [b'x'; 93].to_vec();
    record[..4].copy_from_slice(begin);
    record[8..10].copy_from_slice(&(subject.len() as u16).to_be_bytes());
    record.extend_from_slice(subject.as_bytes());
    record.extend_from_slice(b"data");
    record
}

const OURS: &[u8; 4] = b"CR\x01\xfe";

/// Ends the members of `set` that stand first, and says what was answered.
async fn end(stage: &mut Stage, subject: &str, gone: &[&str], stay: &str) -> Vec<Value> {
    let mut keys = vec!["set"];
    keys.extend(gone);
    let others = plain(stay).len();
    let list = format!("{} {stay}", gone.join(" "));
    let mut all = plain(&format!("L 1 2 {} {others}", gone.len()));
    all.push(subject.into());
    all.extend(plain(&list));
    all.extend(stage.words(". Z 1 NOW+3600000 ended"));
    all.extend(gone.iter().map(|id| format!(":{id}").into_bytes()));
    stage.commit(&keys, all).await
}

#[tokio::test]
async fn a_set_is_ended_only_where_all_its_members_are_known() {
    let mut stage = Stage::new().await;
    // The longest has two bytes of length.
    for subject in ["ada", &"a".repeat(256)] {
        for others in ["", "kept stranger"] {
            stage.run("FLUSHALL").await;
            stage
                .run("ZADD set -NOW+5000 g:AA NOW+1 a NOW+1 lost NOW over NOW-1 over2")
                .await;
            for other in plain(others) {
                stage
                    .run(&format!(
                        "ZADD set NOW+9 {}",
                        String::from_utf8(other).unwrap()
                    ))
                    .await;
            }
            for id in ["a", "over", "over2"] {
                let _: () = stage
                    .ask(cmd("SET").arg(id).arg(record(OURS, subject)))
                    .await;
            }
            let gone = ["over", "a", "lost", "over2"];
            for (gone, others) in [
                (&gone[..3], others.to_owned()),
                (&gone[..], format!("{others} more")),
                (&["over", "a", "lost", "else"], others.to_owned()),
            ] {
                let reply = end(&mut stage, subject, gone, &others).await;
                assert_eq!(reply, [Value::Int(0)], "{gone:?} {others}");
            }
            let reply = end(&mut stage, subject, &gone, others).await;
            assert_eq!(reply, [Value::Int(1), Value::Int(2)]);
            let left = stage.members("set").await.join(" ");
            assert_eq!(left, format!("g:AA {others}").trim());
            let ended: Vec<Option<String>> = stage.ask(cmd("MGET").arg(&gone)).await;
            assert_eq!(ended, [None, Some("ended:a".into()), None, None]);
            stage.is_kept("a", HOUR).await;
        }
    }
}

#[tokio::test]
async fn what_is_no_record_of_the_subject_has_to_be_looked_at() {
    let mut stage = Stage::new().await;
    let value = |stage: &Stage, value: Vec<u8>| {
        let mut set = cmd("SET");
        set.arg("a").arg(value);
        let _ = stage;
        set
    };
    let sets = [
        value(&stage, record(OURS, "eva")),
        value(&stage, record(OURS, "adam")),
        value(&stage, record(OURS, "ad")),
        value(&stage, record(b"CR\x02\xfd", "ada")),
        value(&stage, record(b"CR\x02\xfe", "ada")),
        value(&stage, record(b"CE\x01\xfe", "ada")),
        value(&stage, b"CR\x01\xfe".to_vec()),
        cmd("RPUSH").arg("a").arg("x").to_owned(),
    ];
    for set in sets {
        stage.run("FLUSHALL").await;
        stage.run("ZADD set -NOW+5000 g:AA NOW+1 a NOW+1 b").await;
        let _: Value = stage.ask(&set).await;
        let _: () = stage
            .ask(cmd("SET").arg("b").arg(record(OURS, "ada")))
            .await;
        let reply = end(&mut stage, "ada", &["b", "a"], "").await;
        assert_eq!(reply, [Value::Int(2)], "{set:?}");
        assert_eq!(stage.members("set").await.len(), 3);
        let there: Vec<u8> = stage.ask(cmd("GET").arg("b")).await;
        assert_eq!(there, record(OURS, "ada"));
    }
}

/// They leave in parts, as many as Lua takes at once.
#[tokio::test]
async fn thousands_leave_and_one_stays() {
    let mut stage = Stage::new().await;
    for n in [499, 500, 501, 1_001, 10_000] {
        stage.run("DEL set").await;
        let ids: Vec<_> = (0..n).map(|n| format!("s{n}")).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        for some in ids.chunks(100) {
            let members: String = some.iter().map(|id| format!(" NOW+1 {id}")).collect();
            stage
                .run(&format!("ZADD set -NOW+5000 g:AA NOW+1 kept{members}"))
                .await;
        }
        let reply = end(&mut stage, "ada", &ids, "kept").await;
        assert_eq!(reply, [Value::Int(1)]);
        assert_eq!(stage.members("set").await, ["g:AA", "kept"], "{n}");
    }
}
