use std::time::Duration;

use cloakroom_node::{EntryKind, Left, Limited, NodeStore};

/// Gives each session that never goes a month. `kind` is what the middleware's own look like: whatever else begins with
/// the prefix, such as a token set, stays as it is.
async fn limit(store: &NodeStore, prefix: &str, kind: EntryKind) -> cloakroom_core::Result<u64> {
    let month = Duration::from_hours(30 * 24);
    let mut limited = 0;
    let mut walk = store.walk().await?;
    while let Some(page) = walk.next_page().await? {
        for entry in page {
            if entry.kind() == kind
                && entry.left() == Left::Forever
                && let Some(sid) = entry.sid(prefix)
                // Each write by Node within a month sets a lifetime anew, or takes it away again: see below.
                && store.limit(&sid, month).await? == Limited::Limited
            {
                limited += 1;
            }
        }
    }
    Ok(limited)
}
