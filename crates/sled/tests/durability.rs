//! Between the write of an acknowledged ending and its acknowledgement there is an fdatasync: seen
//! from outside, by strace.
//!
//! The traced process is this very test program.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cloakroom_core::store::{Cap, Create, Revoke, RevokeKind};
use cloakroom_core::{
    Clock as _, ManualClock, Payload, Record, SessionId, SessionStore as _, Subject, Timeouts,
    WriteId,
};
use cloakroom_sled::Durability;
use support::{Scratch, builder};

const DIR: &str = "CLOAKROOM_TRACE_DIR";
const SIZE: &str = "CLOAKROOM_TRACE_SIZE";

#[test]
fn a_revocation_is_synced_before_it_returns() {
    // Small, in chunks, and such as sled by itself would put into a file that it never syncs.
    for size in [100, 10_000, 300_000] {
        let calls = trace(size);
        let begin = calls.find("mark: revoke begins").expect("the mark before");
        let end = calls.find("mark: revoke returned").expect("the mark after");
        let (log, witness) = ("/engine/db>", "/cloakroom.witness>");
        let between: Vec<&str> = calls[begin..end].lines().collect();
        let last = |call: &str, file: &str| {
            between
                .iter()
                .rposition(|line| line.contains(call) && line.contains(file))
                .unwrap_or_else(|| panic!("{call} of {file} between the marks:\n{between:#?}"))
        };
        let (written, synced) = (last("pwrite64(", log), last("fdatasync(", log));
        assert!(
            written < synced,
            "size {size}: written after it was synced:\n{between:#?}"
        );
        let (told, told_synced) = (last("write(", witness), last("fdatasync(", witness));
        assert!(
            synced < told && told < told_synced,
            "size {size}: {between:#?}"
        );
        let succeeded =
            |at: usize| between[at].contains("= 0") || between[at].contains("unfinished");
        assert!(
            succeeded(synced) && succeeded(told_synced),
            "size {size}: {between:#?}"
        );
        assert!(
            !calls.contains("/blobs/"),
            "size {size}: a file that sled never syncs"
        );
    }
}

/// The calls of a process that signs in and then revokes.
fn trace(size: usize) -> String {
    let dir = Scratch::new();
    let out = dir.path().join("calls");
    let status = Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-e"])
        .arg("trace=openat,write,pwrite64,fdatasync,fsync,sync_file_range")
        .arg("-o")
        .arg(&out)
        .arg(std::env::current_exe().unwrap())
        .args(["child_of_the_trace_test", "--exact", "--nocapture"])
        .env(DIR, dir.store())
        .env(SIZE, size.to_string())
        .status();
    let status = status.expect("strace runs: install it, with `apt-get install strace`");
    assert!(status.success(), "the traced process");
    std::fs::read_to_string(out).unwrap()
}

/// Not a test of its own: what the test above starts.
#[tokio::test]
async fn child_of_the_trace_test() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let size = std::env::var(SIZE).unwrap().parse().unwrap();
    // Under the laziest choice there is.
    let lazy = Durability::Interval(std::time::Duration::from_secs(86_400));
    let store = builder(Path::new(&dir)).durability(lazy).open().unwrap();
    let subject = Subject::new("ada").unwrap();
    let mut bytes = [1; SessionId::LEN];
    bytes[..2].copy_from_slice(&store.placement_key().place(&subject).to_bytes());
    let now = ManualClock::new().now();
    let payload = Payload {
        codec: 1,
        bytes: vec![7; size].into(),
    };
    let id = SessionId::from_stored(bytes);
    let request = Create {
        record: Arc::new(Record::signed_in(
            id,
            subject.clone(),
            now,
            Timeouts::default(),
            payload,
        )),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let _created = store.create(&request, now).await.unwrap();
    mark("mark: revoke begins\n");
    let request = Revoke {
        subject,
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let revoked = store.revoke(&request, now).await.unwrap();
    mark("mark: revoke returned\n");
    assert_eq!(revoked.ended, [id]);
}

/// A write that the trace shows.
fn mark(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).unwrap();
    out.flush().unwrap();
}
