//! Records that cannot be read.

use cloakroom_core::{Record, SessionId, Subject};

use crate::harness::Harness;
use crate::suite::stage::Stage;

/// Flips a bit of a stored record.
pub(crate) async fn damage<H: Harness>(stage: &Stage<H>, id: SessionId) {
    let mut bytes = stored(stage, id).await;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    stage.tamper().write_record(id, bytes).await;
}

/// Makes a stored record one of version 2: the first four bytes mean the same in every version.
pub(crate) async fn make_newer<H: Harness>(stage: &Stage<H>, id: SessionId) {
    let mut bytes = stored(stage, id).await;
    bytes[2..4].copy_from_slice(&[2, !2]);
    stage.tamper().write_record(id, bytes).await;
}

pub(crate) async fn stored<H: Harness>(stage: &Stage<H>, id: SessionId) -> Vec<u8> {
    let bytes = stage.tamper().read_record(id).await;
    bytes.expect("the record is stored")
}

/// Signs in, and makes the record one that cannot be read.
pub(crate) async fn unreadable<H: Harness>(
    stage: &Stage<H>,
    subject: &Subject,
    newer: bool,
) -> Record {
    let record = stage.store.sign_in(subject, stage.start).await;
    match newer {
        false => damage(stage, record.id()).await,
        true => make_newer(stage, record.id()).await,
    }
    record
}
