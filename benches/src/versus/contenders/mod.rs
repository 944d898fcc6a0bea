//! Who takes part: ours, the peers, and the limits.

pub(crate) mod actix_session;
pub(crate) mod async_session;
pub(crate) mod limits;
pub(crate) mod ours;
pub(crate) mod pavex;
pub(crate) mod plain_file;
pub(crate) mod raw_redis;
pub(crate) mod raw_sled;
pub(crate) mod tower_sessions;
