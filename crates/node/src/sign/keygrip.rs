//! Keygrip: how Koa signs a cookie, in a second cookie beside it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use crate::sign::{Keys, NoKeys};

/// The keys of a Koa application, `app.keys`: the first signs, all verify.
///
/// What is signed is `NAME=VALUE`, by HMAC-SHA1 unless the application says otherwise, and shown as unpadded
/// base64url. As in Node, **texts** are compared: a signature with padding, in another alphabet, or with other
/// spare bits in its last character is refused, though it decodes to the same bytes. The comparison takes
/// constant time.
///
/// ```
/// use cloakroom_node::Keygrip;
///
/// let keygrip = Keygrip::new(["secret"])?;
/// let cookie = "koa.sid=-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z";
/// assert_eq!(keygrip.sign(cookie), "RNYqL1JkSqUOvplBJCnho2ECed4");
/// assert_eq!(keygrip.verify(cookie, "RNYqL1JkSqUOvplBJCnho2ECed4"), Some(0));
/// assert_eq!(keygrip.verify(cookie, "RNYqL1JkSqUOvplBJCnho2ECed5"), None);
/// # Ok::<_, cloakroom_node::NoKeys>(())
/// ```
#[derive(Debug, Clone)]
pub struct Keygrip {
    keys: Keys,
    digest: KeygripDigest,
}

/// By which digest a [`Keygrip`] signs: its second argument in Node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeygripDigest {
    /// `sha1`, where an application says nothing.
    #[default]
    Sha1,
    /// `sha256`
    Sha256,
    /// `sha512`
    Sha512,
}

impl Keygrip {
    /// These keys, by SHA-1.
    ///
    /// # Errors
    ///
    /// Where there are none. An empty key is one: Node takes it, too.
    pub fn new<K: Into<Vec<u8>>>(keys: impl IntoIterator<Item = K>) -> Result<Self, NoKeys> {
        Ok(Self {
            keys: Keys::new(keys)?,
            digest: KeygripDigest::default(),
        })
    }

    /// The same keys by another digest, as `new Keygrip(keys, 'sha256')`.
    #[must_use]
    pub fn digest(self, digest: KeygripDigest) -> Self {
        Self { digest, ..self }
    }

    /// The signature of a text, by the first key.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        self.sign_by(self.keys.first(), text)
    }

    /// Which key this is the signature of the text by. Where it is not the first, the cookie is to be signed
    /// again.
    #[must_use]
    pub fn verify(&self, text: &str, signature: &str) -> Option<usize> {
        let is_by = |key: &[u8]| {
            let right = self.sign_by(key, text);
            bool::from(right.as_bytes().ct_eq(signature.as_bytes()))
        };
        self.keys.position(is_by)
    }

    fn sign_by(&self, key: &[u8], text: &str) -> String {
        // A macro, because the bounds of a function over all digests are longer than these lines.
        macro_rules! hmac {
            ($digest:ty) => {{
                let mac = Hmac::<$digest>::new_from_slice(key);
                let mut mac = mac.expect("HMAC takes keys of any length");
                mac.update(text.as_bytes());
                URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
            }};
        }
        match self.digest {
            KeygripDigest::Sha1 => hmac!(Sha1),
            KeygripDigest::Sha256 => hmac!(Sha256),
            KeygripDigest::Sha512 => hmac!(Sha512),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "koa.sid=-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z";
    const SIGNATURE: &str = "RNYqL1JkSqUOvplBJCnho2ECed4";

    #[test]
    fn any_key_verifies_and_the_first_signs() {
        let keygrip = Keygrip::new(["newest", "secret"]).unwrap();
        assert_eq!(keygrip.verify(TEXT, SIGNATURE), Some(1));
        assert_eq!(keygrip.verify(TEXT, &keygrip.sign(TEXT)), Some(0));
        let retired = Keygrip::new(["newest"]).unwrap();
        assert_eq!(retired.verify(TEXT, SIGNATURE), None);
    }

    #[test]
    fn no_other_text_passes_for_the_same_signature() {
        let keygrip = Keygrip::new(["secret"]).unwrap();
        for other in [
            "",
            "RNYqL1JkSqUOvplBJCnho2ECed4=",
            "RNYqL1JkSqUOvplBJCnho2ECed5",
            "RNYqL1JkSqUOvplBJCnho2ECed",
            "rNYqL1JkSqUOvplBJCnho2ECed4",
        ] {
            assert_eq!(keygrip.verify(TEXT, other), None, "{other}");
        }
        assert_eq!(keygrip.verify("koa.sid=other", SIGNATURE), None);
    }

    #[test]
    fn an_empty_key_is_one_and_no_keys_are_none() {
        assert!(Keygrip::new([""]).is_ok());
        assert_eq!(Keygrip::new(Vec::<String>::new()).unwrap_err(), NoKeys);
    }

    #[test]
    fn keys_are_not_printed() {
        let shown = format!("{:?}", Keygrip::new(["hush"]).unwrap());
        assert!(
            !shown.contains("hush") && shown.contains("1 keys"),
            "{shown}"
        );
    }
}
