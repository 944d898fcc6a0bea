//! The way to a page, and back.

/// A page with the path to come back to.
pub(super) fn with_return_path(page: &str, target: &str) -> String {
    let mut text = String::with_capacity(page.len() + target.len() + 24);
    text.push_str(page);
    text.push_str("?return_to=");
    for byte in target.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The path to come back to after signing in, as `return_to` in the query of the sign-in page has it;
/// `/` where it leads anywhere but to a path of this server.
///
/// Whoever sends a user a link to the sign-in page chooses what it holds, so it is never to be followed
/// as it is: `//elsewhere.example` and `/\elsewhere.example` are other servers to a browser.
///
/// ```
/// use cloakroom_tower::axum::return_path;
///
/// assert_eq!(return_path("/orders?page=2"), "/orders?page=2");
/// assert_eq!(return_path("//elsewhere.example"), "/");
/// assert_eq!(return_path("https://elsewhere.example"), "/");
/// ```
#[must_use]
pub fn return_path(asked: &str) -> &str {
    let is_local = asked.starts_with('/') && !asked.starts_with("//");
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if is_local && asked.bytes().all(is_plain) {
        asked
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests;
