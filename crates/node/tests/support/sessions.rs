//! Sessions that tests begin with.

use std::time::Duration;

use cloakroom_node::{Attributes, Layout, NodeSession, NodeStore, Sid};

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// One of each kind, with an hour's lifetime.
pub(crate) fn layouts() -> [Layout; 3] {
    let hour = || Attributes::new().max_age(HOUR);
    [
        Layout::koa_generic().cookie(hour()),
        Layout::express().cookie(hour()),
        Layout::koa_session().cookie(hour()).key_prefix("koa:"),
    ]
}

pub(crate) async fn with(store: &NodeStore, name: &str, value: u64) -> NodeSession {
    let mut data = store.blank();
    data.set(name, &value).expect("the server answers");
    store.create(data).await.expect("the server answers")
}

pub(crate) async fn load(store: &NodeStore, sid: &Sid) -> NodeSession {
    store
        .load(sid)
        .await
        .expect("the server answers")
        .found()
        .expect("it is there")
}

pub(crate) fn sid(text: &str) -> Sid {
    Sid::parse(text).expect("the server answers")
}
