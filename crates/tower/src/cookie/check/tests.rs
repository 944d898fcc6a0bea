use super::super::{SameSite, SessionCookie};

/// What the refusal of a cookie says; nothing where it is not refused.
fn refusal(cookie: &SessionCookie) -> String {
    cookie
        .check()
        .map_or_else(|error| error.to_string(), |()| String::new())
}

#[test]
fn each_unsafe_combination_is_refused_with_its_reason_and_a_way_out() {
    let cookie = SessionCookie::new;
    let plain = SessionCookie::plain_http_on_localhost;
    for (refused, words) in [
        (cookie().name(""), ["needs a name", "__Host-session"]),
        (cookie().name("a b"), ["at byte 1", "letters, digits"]),
        (cookie().name("a;b"), ["at byte 1", "letters, digits"]),
        (cookie().name("a=b"), ["at byte 1", "letters, digits"]),
        (
            cookie().name("sitzung\u{e4}"),
            ["at byte 7", "letters, digits"],
        ),
        (plain().path("shop"), ["\"shop\"", "begin with `/`"]),
        (plain().path("/a;b"), ["\"/a;b\"", "cannot have"]),
        (plain().path("/a\r\nb"), ["\\r\\n", "cannot have"]),
        (plain().path("/a "), ["\"/a \"", "cannot have"]),
        (plain().domain(""), ["\"\"", "drop the cookie"]),
        (
            plain().domain("a b.example"),
            ["a b.example", "letters, digits"],
        ),
        (
            plain().domain(".example.com"),
            [".example.com", "letters, digits"],
        ),
        (
            plain().domain("example.com; Secure"),
            ["; Secure", "letters, digits"],
        ),
        (
            plain().same_site(SameSite::None),
            ["SameSite=None", "secure(true)"],
        ),
        (
            cookie().secure(false),
            ["__Host-session", "plain_http_on_localhost"],
        ),
        (plain().name("__Secure-a"), ["__Secure-a", "secure(true)"]),
        (plain().name("__HOST-a"), ["__HOST-a", "secure(true)"]),
        (plain().name("__Http-a"), ["__Http-a", "secure(true)"]),
        (
            cookie().domain("example.com"),
            ["example.com", "leave the domain out"],
        ),
        (cookie().path("/shop"), ["/shop", "use `/`"]),
        (
            cookie().name("__hOsT-a").path("/shop"),
            ["__hOsT-a", "use `/`"],
        ),
        (
            cookie().name("__Host-Http-a").http_only(false),
            ["__Host-Http-a", "http_only(true)"],
        ),
        (
            cookie().name("__Http-a").http_only(false),
            ["__Http-a", "http_only(true)"],
        ),
        (cookie().name("a".repeat(5_000)), ["4096", "shorten"]),
    ] {
        let said = refusal(&refused);
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
    }
}

#[test]
fn what_is_safe_is_not_refused() {
    for cookie in [
        SessionCookie::new(),
        SessionCookie::new().name("__Host-Http-a"),
        SessionCookie::new().same_site(SameSite::None),
        SessionCookie::new()
            .same_site(SameSite::Strict)
            .http_only(false),
        SessionCookie::plain_http_on_localhost(),
        SessionCookie::new()
            .name("__Secure-a")
            .domain("shop.example.com")
            .path("/a b/c"),
        SessionCookie::new().name("!#$%&'*+-.^_`|~"),
    ] {
        assert_eq!(refusal(&cookie), "", "{cookie:?}");
    }
}
