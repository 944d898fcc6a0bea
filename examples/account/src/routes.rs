//! What each path does: one file for each page.

pub(crate) mod assets;
pub(crate) mod confirm;
pub(crate) mod delete;
pub(crate) mod devices;
pub(crate) mod home;
pub(crate) mod password;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
