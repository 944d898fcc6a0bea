//! What is stored, and how: see [`format`](crate::format).

pub(crate) mod bytes;
pub(crate) mod head;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod state;
pub(crate) mod value;
