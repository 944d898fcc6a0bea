//! Finding the cookie in a request, by bytes.

/// What the `Cookie` headers of a request hold by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'h> {
    Nothing,
    One(&'h [u8]),
    /// One of them was planted, and nothing tells which.
    Several,
}

/// Looks for a cookie in all `Cookie` headers: HTTP/2 may split one into many.
///
/// Names are compared byte for byte. Only space and tab are trimmed, as browsers do. Trimming
/// whatever counts as white space in Unicode would take a name that a browser lets anybody
/// set, such as U+2003 and then `__Host-session`, for the one with the prefix.
pub(crate) fn find<'h>(headers: impl IntoIterator<Item = &'h [u8]>, name: &[u8]) -> Found<'h> {
    let mut found = Found::Nothing;
    for pair in headers
        .into_iter()
        .flat_map(|header| header.split(|b| *b == b';'))
    {
        let Some(equals) = pair.iter().position(|b| *b == b'=') else {
            continue;
        };
        let (before, after) = pair.split_at(equals);
        if trim(before) != name {
            continue;
        }
        found = match found {
            Found::Nothing => Found::One(trim(after.get(1..).unwrap_or_default())),
            Found::One(_) | Found::Several => return Found::Several,
        };
    }
    found
}

/// Without space and tab at both ends.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests;
