//! The list of a user's devices, as a page of an application would show it.

use std::time::Duration;

use cloakroom::{Listed, SessionId, SessionInfo, Timestamp};

use crate::shop::{Result, Shop};

/// Ada's live sessions, the one last seen first.
pub(crate) async fn list(shop: &Shop) -> Result<Vec<SessionInfo>> {
    let mut devices = Vec::new();
    for listed in shop.sessions.tokens(&shop.ada).list().await? {
        match listed {
            Listed::Session(info) => devices.push(info),
            Listed::Damaged(id) | Listed::NewerVersion(id) => {
                return Err(format!("session {id} cannot be read").into());
            }
        }
    }
    Ok(devices)
}

/// What a row says: the device, when it was signed in and last seen, and when its session ends unless it
/// is used.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str);

/// Prints them as a table, having checked what it says.
pub(crate) async fn show(shop: &Shop, expected: &[Row]) -> Result<()> {
    let devices = list(shop).await?;
    let now = shop.sessions.now();
    println!();
    print_row("device", "session", "signed in", "last seen", "ends");
    assert_eq!(devices.len(), expected.len());
    for (device, expected) in devices.iter().zip(expected) {
        let signed_in = ago(device.authenticated.ok_or("not signed in")?, now);
        let seen = ago(device.last_seen, now);
        let ends = format!("in {}", words(device.deadline.remaining(now)));
        let row = (name(device), &*signed_in, &*seen, &*ends);
        assert_eq!(row, *expected);
        print_row(name(device), &short(device.id), &signed_in, &seen, &ends);
    }
    Ok(())
}

fn print_row(device: &str, session: &str, signed_in: &str, seen: &str, ends: &str) {
    println!("   {device:<15} {session:<11} {signed_in:<12} {seen:<12} {ends}");
}

pub(crate) fn name(device: &SessionInfo) -> &str {
    device.label.as_ref().map_or("?", |label| label.as_str())
}

/// The beginning of an id: enough to tell a few apart.
pub(crate) fn short(id: SessionId) -> String {
    let shown = id.to_string();
    format!("{}…", shown.chars().take(8).collect::<String>())
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.since(then) {
        Duration::ZERO => "just now".to_owned(),
        passed => format!("{} ago", words(passed)),
    }
}

fn words(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
