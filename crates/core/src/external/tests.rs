use super::*;

/// The ids are part of what is stored. From Python, with `key = hashlib.sha256(b"cloakroom placement key v1").digest()`:
///
/// ```python
/// name = subject.encode()
/// text = b"cloakroom external token v1" + len(name).to_bytes(2, "big") + name + token
/// hmac.new(key, name, hashlib.sha256).hexdigest()[:4] + hashlib.sha256(text).hexdigest()[:60]
/// ```
#[test]
fn known_tokens_have_known_ids() {
    let long = "ä".repeat(128);
    for (subject, token, id) in [
        (
            "ada",
            &b"token"[..],
            "7575e537d26e7afa14c7751647ee7497f57e3e93833747d841b5d285a3d2eaf8",
        ),
        (
            long.as_str(),
            &b"\0\xff"[..],
            "9aee6204b5b09ab9d76578904aafc0c9550012b993f9c2235ec4327d45bf79fc",
        ),
    ] {
        let subject = Subject::new(subject).unwrap();
        let token = ExternalToken::new(&PlacementKey::default(), &subject, token).unwrap();
        let id_of_token = token.id();
        let bytes = id_of_token.as_bytes().iter();
        let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, id);
    }
}
