//! Texts that were looked at: a session says the same few hundred in every fact.

use std::collections::HashSet;

/// Longer texts are hardly ever said twice.
pub(super) const LONGEST: usize = 1_024;
/// So many are remembered: more than sessions say, fewer than a hostile document may bring.
pub(super) const MOST: usize = 20_000;

/// Texts that were looked at.
#[derive(Debug, Default)]
pub(super) struct Seen(HashSet<String>);

impl Seen {
    /// Whether the text has not been looked at, as far as is remembered.
    pub(super) fn is_new(&mut self, text: &str) -> bool {
        if self.0.contains(text) {
            return false;
        }
        if text.len() <= LONGEST && self.0.len() < MOST {
            self.0.insert(text.to_owned());
        }
        true
    }
}
