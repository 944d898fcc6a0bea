use super::{return_path, with_return_path};

#[test]
fn the_way_back_leads_nowhere_else() {
    for elsewhere in [
        "",
        "orders",
        "//elsewhere.example",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "/a\\..\\b",
        "\\\\elsewhere.example",
        "https://elsewhere.example",
        "javascript:alert(1)",
        // A browser drops these, and what remains is another server.
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        " //elsewhere.example",
        "/a\r\nset-cookie: x",
        "/\u{a0}",
    ] {
        assert_eq!(return_path(elsewhere), "/", "{elsewhere:?}");
    }
    for here in [
        "/",
        "/orders",
        "/orders?page=2&x=//y#z",
        "/a//b",
        "/%2F%2Felsewhere",
    ] {
        assert_eq!(return_path(here), here);
    }
}

#[test]
fn what_would_end_the_query_is_escaped() {
    let page = with_return_path("/sign-in", "/a?b=c&d=%20#e+f");
    assert_eq!(page, "/sign-in?return_to=/a%3Fb%3Dc%26d%3D%2520%23e%2Bf");
}
