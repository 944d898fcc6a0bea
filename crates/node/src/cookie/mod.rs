//! Cookies as Koa and Express read and write them.

mod attributes;
pub(crate) mod date;
mod express;
mod koa;
mod set_cookie;

pub use attributes::{Attributes, Priority, SameSite};
pub use express::{ExpressCookies, ExpressReading};
pub use koa::{KoaCookies, KoaReading};
pub use set_cookie::InvalidCookie;

/// The bytes of a header, as Node makes a string of them: each byte is a character.
///
/// So a header that is not UTF-8 is no error, and one that is has more characters than it shows. Signatures are
/// made over the UTF-8 form of that string.
pub(crate) fn header_text(header: &[u8]) -> String {
    header.iter().copied().map(char::from).collect()
}
