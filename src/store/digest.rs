//! The digest in an object's name: what is damaged on its way is recognised.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// So many hexadecimal digits of SHA-256 stand in a name.
pub(super) const DIGITS: usize = 32;

/// The digest of an object's bytes, as its name tells it.
pub(super) fn of(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(DIGITS);
    for byte in Sha256::digest(bytes).iter().take(DIGITS / 2) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
