//! JSON as it was written: what nobody changed stays as it is, byte for byte.
//!
//! `serde_json::Value` would lose some of it: lone surrogates, deep nesting, the spelling of numbers, the order of
//! members. So an object is kept as the texts of its members, and a text is only read when somebody asks for it.

mod js;
mod object;
mod scan;

pub(crate) use js::{Js, number_text};
pub(crate) use object::Object;
pub use scan::NotJson;
pub(crate) use scan::scan;
