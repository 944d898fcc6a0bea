//! What must not compile, each beside what does: so that it fails for the reason given, and not for
//! another. Only `cargo test --doc` reads this file.

/// A token has no `Display`: it cannot get into a log line by accident.
///
/// ```
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// format!("{:?}", token);
/// ```
///
/// ```compile_fail,E0277
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// format!("{}", token);
/// ```
///
/// Nor has its text.
///
/// ```
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// format!("{}", &*token.expose());
/// ```
///
/// ```compile_fail,E0277
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// format!("{}", token.expose());
/// ```
///
/// It cannot be serialized by accident either.
///
/// ```
/// let id = cloakroom_core::Subject::new("ada").unwrap();
/// serde_json::to_string(&id).unwrap();
/// ```
///
/// ```compile_fail,E0277
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// serde_json::to_string(&token).unwrap();
/// ```
mod a_token_is_not_shown {}

/// A token's bytes are not copied about, and so are zeroed where they were.
///
/// ```
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// let other = token.clone();
/// drop((token, other));
/// ```
///
/// ```compile_fail,E0382
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// let other = token;
/// drop((token, other));
/// ```
mod a_token_is_not_copied {}

/// A token is compared in constant time, so there is no `Hash` or `Ord` to look it up by.
///
/// ```
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// std::collections::HashSet::from([token.id()]);
/// ```
///
/// ```compile_fail,E0277
/// let token: cloakroom_core::Token = "A".repeat(43).parse().unwrap();
/// std::collections::HashSet::from([token]);
/// ```
mod a_token_is_not_a_key {}

/// An id that was shown opens nothing.
///
/// ```
/// # use cloakroom_core::{Sessions, Token};
/// async fn open(sessions: Sessions<u32>, token: Token) {
///     let _ = sessions.load(&token).await;
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use cloakroom_core::{Sessions, Token};
/// async fn open(sessions: Sessions<u32>, token: Token) {
///     let _ = sessions.load(&token.id()).await;
/// }
/// ```
mod an_id_is_not_a_credential {}

/// A decorator that forgets to forward an operation.
///
/// ```
/// include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/decorator.rs"));
/// decorator! {
///     async fn count(&self, now: Timestamp) -> Result<u64> {
///         self.0.count(now).await
///     }
/// }
/// # fn main() {}
/// ```
///
/// ```compile_fail,E0046
/// include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/decorator.rs"));
/// decorator! {}
/// # fn main() {}
/// ```
mod a_decorator_forwards_everything {}
