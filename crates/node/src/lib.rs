#![doc = include_str!("../docs/crate.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../docs/format.md")]
pub mod format {}

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

mod cookie;
mod damage;
mod json;
mod layout;
mod link;
mod migrate;
mod reply;
mod script;
mod servers;
mod session;
mod sid;
mod sign;
mod store;
mod survey;
mod tokens;

pub use cookie::{
    Attributes, ExpressCookies, ExpressReading, InvalidCookie, KoaCookies, KoaReading, Priority,
    SameSite,
};
pub use damage::Damage;
pub use json::NotJson;
pub use layout::{CookieSession, Layout, Lifetime, read_cookie_session};
pub use migrate::{Carried, Carrier, Carry, Old};
pub use servers::Servers;
pub use session::{DataError, Left, NodeData, NodeSession};
pub use sid::{InvalidSid, Sid};
pub use sign::{ExpressSecrets, Keygrip, KeygripDigest, NoKeys};
pub use store::{
    Destroyed, Limited, Loaded, NodeStore, NodeStoreBuilder, OnImmortal, Quarantined, Regenerated,
    Released, Saved, Touched, Updated,
};
pub use survey::{Count, Entry, EntryKind, Report, Survey, Walk};
pub use tokens::{Added, Ended, Missing, Pruned, Removed, TokenSet, TokenSets};
