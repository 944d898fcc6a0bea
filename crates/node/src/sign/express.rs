//! cookie-signature: how Express signs a value, at its end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::sign::{Keys, NoKeys};

/// The secrets of an Express application: the first signs, all verify.
///
/// A signed value is `VALUE.SIGNATURE`: HMAC-SHA256 of the value, in unpadded standard base64, which has no dot, so
/// that the last one divides. As in Node, texts are compared, in constant time.
///
/// ```
/// use cloakroom_node::ExpressSecrets;
///
/// let secrets = ExpressSecrets::new(["keyboard cat"])?;
/// let signed = secrets.sign("0qQJYHXT7yLofhYjKP2tO6p2poLnaJ-J");
/// assert_eq!(signed, "0qQJYHXT7yLofhYjKP2tO6p2poLnaJ-J.h5n97zK92Az1owArtF66Ls1jhBBQehRsACUk6ufH9Aw");
/// assert_eq!(secrets.unsign(&signed), Some(("0qQJYHXT7yLofhYjKP2tO6p2poLnaJ-J", 0)));
/// # Ok::<_, cloakroom_node::NoKeys>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExpressSecrets(Keys);

impl ExpressSecrets {
    /// These secrets.
    ///
    /// # Errors
    ///
    /// Where there are none.
    pub fn new<K: Into<Vec<u8>>>(secrets: impl IntoIterator<Item = K>) -> Result<Self, NoKeys> {
        Keys::new(secrets).map(Self)
    }

    /// The value and its signature, by the first secret.
    #[must_use]
    pub fn sign(&self, value: &str) -> String {
        sign_by(self.0.first(), value)
    }

    /// The value of a signed one, and which secret it is signed by.
    #[must_use]
    pub fn unsign<'a>(&self, signed: &'a str) -> Option<(&'a str, usize)> {
        let (value, _) = signed.rsplit_once('.')?;
        let is_by = |secret: &[u8]| {
            let right = sign_by(secret, value);
            bool::from(right.as_bytes().ct_eq(signed.as_bytes()))
        };
        Some((value, self.0.position(is_by)?))
    }
}

fn sign_by(secret: &[u8], value: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret);
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(value.as_bytes());
    let mut signed = String::with_capacity(value.len() + 44);
    signed.push_str(value);
    signed.push('.');
    STANDARD_NO_PAD.encode_string(mac.finalize().into_bytes(), &mut signed);
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_dot_divides() {
        let secrets = ExpressSecrets::new(["old"]).unwrap();
        let signed = secrets.sign("a.b.c");
        assert_eq!(secrets.unsign(&signed), Some(("a.b.c", 0)));
        let rotated = ExpressSecrets::new(["new", "old"]).unwrap();
        assert_eq!(rotated.unsign(&signed), Some(("a.b.c", 1)));
    }

    #[test]
    fn what_is_not_signed_is_refused() {
        let secrets = ExpressSecrets::new(["secret"]).unwrap();
        let signed = secrets.sign("value");
        for bad in [
            "",
            ".",
            "value",
            "value.",
            "valu",
            &format!("{signed}="),
            &signed[1..],
        ] {
            assert_eq!(secrets.unsign(bad), None, "{bad}");
        }
    }
}
