use proptest::prelude::*;

use super::{Found, find};

const NAME: &[u8] = b"__Host-session";

/// Texts that are, or look like, the cookie, and what stands around them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let looks: &[&[u8]] = &[
        NAME,
        b"__host-session",
        b"\xe2\x80\x83__Host-session",
        b"\xc2\xa0",
        b"=",
        b";",
        b"; ",
        b"\t",
        b" ",
        b"\x0b",
        b"\r",
        b"\"",
        b"\0",
        b"value",
        b"__Host-session=value",
    ];
    prop_oneof![
        4 => prop::sample::select(looks.iter().map(|look| look.to_vec()).collect::<Vec<_>>()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ]
}

fn headers() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let header = prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat());
    prop::collection::vec(header, 0..4)
}

/// The same, told another way: byte after byte.
fn told(headers: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    for header in headers {
        let (mut name, mut value, mut in_value) = (Vec::new(), Vec::new(), false);
        for byte in header.iter().chain(b";") {
            match byte {
                b';' => {
                    if in_value && stripped(&name) == NAME {
                        values.push(stripped(&value).to_vec());
                    }
                    (name, value, in_value) = (Vec::new(), Vec::new(), false);
                }
                b'=' if !in_value => in_value = true,
                byte if in_value => value.push(*byte),
                byte => name.push(*byte),
            }
        }
    }
    values
}

fn stripped(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| *byte == 0x20 || *byte == 0x09;
    let start = bytes.iter().position(|byte| !is_blank(byte));
    let end = bytes.iter().rposition(|byte| !is_blank(byte));
    match (start, end) {
        (Some(start), Some(end)) => &bytes[start..=end],
        _ => &[],
    }
}

proptest! {
    #[test]
    fn whatever_comes_it_is_read_as_it_is_told(headers in headers()) {
        let found = find(headers.iter().map(Vec::as_slice), NAME);
        let told = told(&headers);
        let expected = match told.as_slice() {
            [] => Found::Nothing,
            [only] => Found::One(only),
            _ => Found::Several,
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_cookie_is_found_wherever_it_stands(
        others in prop::collection::vec("[a-z]{1,8}=[a-z]{0,8}", 0..6),
        at in any::<prop::sample::Index>(),
    ) {
        let mut pairs = others;
        pairs.insert(at.index(pairs.len() + 1), "__Host-session=mine".to_owned());
        let joined = pairs.join("; ");
        prop_assert_eq!(find([joined.as_bytes()], NAME), Found::One(b"mine"));
        // HTTP/2 may bring each in a header of its own.
        prop_assert_eq!(find(pairs.iter().map(String::as_bytes), NAME), Found::One(b"mine"));
    }
}

#[test]
fn a_name_that_a_browser_lets_anybody_set_is_another_name() {
    for before in [
        "\u{2003}", "\u{a0}", "\u{85}", "\u{feff}", "\x0b", "\x0c", "\r", "x",
    ] {
        for forged in [
            format!("{before}__Host-session=evil"),
            format!("__Host-session{before}=evil"),
        ] {
            assert_eq!(
                find([forged.as_bytes()], NAME),
                Found::Nothing,
                "{forged:?}"
            );
            // Nor does it disturb the real one.
            let both = format!("{forged}; __Host-session=mine");
            assert_eq!(
                find([both.as_bytes()], NAME),
                Found::One(b"mine"),
                "{forged:?}"
            );
        }
    }
}

#[test]
fn two_of_the_name_are_none_even_where_they_agree() {
    let twice = b"__Host-session=a; __Host-session=a";
    assert_eq!(find([twice.as_slice()], NAME), Found::Several);
}
