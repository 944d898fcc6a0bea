//! Names that break keys.

use cloakroom_core::Subject;

use crate::suite::requests::subject;

/// Subjects that break keys which are joined, matched, cut, folded or normalised. Failure 16 of its
/// peers: a `:` in a user id breaks the parsing of keys, and a prefix matches another's.
pub(crate) fn awkward_subjects() -> Vec<Subject> {
    let longest = "x".repeat(Subject::MAX_LEN);
    let one_off = format!("{}y", "x".repeat(Subject::MAX_LEN - 1));
    let shorter = "x".repeat(Subject::MAX_LEN - 1);
    let four_bytes = "\u{1f9e5}".repeat(Subject::MAX_LEN / 4);
    let texts = [
        // Separators, and what comes of joining or cutting at them.
        "user",
        "user:",
        "user:1",
        "user:1:",
        "user:1:2",
        ":",
        "::",
        "1",
        ":user",
        "user/1",
        "user|1",
        // Prefixes of one another, patterns, hash tags, quotes.
        "use",
        "users",
        "user*",
        "*",
        "?",
        "u?er",
        "[user]",
        "{user}",
        "{",
        "}",
        "{}",
        "{user}:1",
        "us{er}",
        "user\\*",
        "\\",
        "\"",
        "'",
        "$user",
        "%",
        "%00",
        "..",
        "../user",
        "/",
        "-1",
        "0",
        // Control characters, and what is cut or trimmed at them.
        "\0",
        "user\0",
        "user\0:1",
        "\0user",
        "user\n",
        "\n",
        "user\r\n",
        "\t",
        " ",
        " user",
        "user ",
        "\u{1b}[0m",
        "\u{7f}",
        // Case, look-alikes, and forms of the same character.
        "User",
        "USER",
        "usеr",
        "ᵘser",
        "user\u{200b}",
        "user\u{202e}",
        "é",
        "e\u{301}",
        "ß",
        "ss",
        "ﬁ",
        "fi",
        "ı",
        "i",
        "I",
        "İ",
        "ſ",
        "s",
        "\u{feff}user",
        "\u{ffff}",
        "\u{10ffff}",
        // Lengths.
        &longest,
        &one_off,
        &shorter,
        &four_bytes,
    ];
    texts.into_iter().map(subject).collect()
}
