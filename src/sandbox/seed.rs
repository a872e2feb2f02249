//! Identifiers that look random and are the same for the same words.
//!
//! Nothing here is secret or secure; it only has to be stable across releases and platforms.

/// A reproducible stream of numbers, begun from words (FNV-1a, then splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Seed(u64);

impl Seed {
    /// The stream that belongs to these words.
    pub(super) fn of(words: &[&str]) -> Self {
        let mut state: u64 = 0xcbf2_9ce4_8422_2325;
        for word in words {
            for byte in word.bytes().chain([0x1f]) {
                state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(state)
    }

    /// The next number of the stream.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when the limit is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }

    /// One of the choices, or nothing if there are none.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(choices.len()).unwrap_or(0);
        usize::try_from(self.below(count))
            .ok()
            .and_then(|index| choices.get(index))
    }

    /// So many hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        self.letters(digits, "0123456789abcdef")
    }

    /// So many capitals and digits, as CloudFormation appends to generated names.
    pub(super) fn capitals(&mut self, digits: usize) -> String {
        self.letters(digits, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }

    /// So many mixed letters and digits, as newer generated names have.
    pub(super) fn mixed(&mut self, digits: usize) -> String {
        self.letters(
            digits,
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        )
    }

    /// A random UUID (version 4).
    pub(super) fn uuid(&mut self) -> String {
        let variant = self.letters(1, "89ab");
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            self.hex(8),
            self.hex(4),
            self.hex(3),
            self.hex(3),
            self.hex(12)
        )
    }

    fn letters(&mut self, count: usize, alphabet: &str) -> String {
        let bytes = alphabet.as_bytes();
        (0..count)
            .filter_map(|_| self.pick(bytes).copied())
            .map(char::from)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_identifiers_for_ever() {
        assert_eq!(Seed::of(&["a", "b"]).uuid(), Seed::of(&["a", "b"]).uuid());
        assert_ne!(Seed::of(&["a", "b"]).uuid(), Seed::of(&["ab", ""]).uuid());
        assert_eq!(Seed::of(&["a"]).uuid().len(), 36);
        assert_eq!(Seed::of(&["a"]).capitals(12).len(), 12);
    }
}
