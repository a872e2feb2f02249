//! The text that a person filters by, in small letters or large ones.

/// A text looked for in others, whatever the case of either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted(String);

impl Wanted {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    /// Nothing is looked for, so that everything fits.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text holds it. Nothing is copied as long as it is plain ASCII: a session has tens of
    /// thousands of texts, and they are looked at with every key.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let wanted = self.0.as_bytes();
        let Some(first) = wanted.first() else { return true };
        if !self.0.is_ascii() {
            return text.to_lowercase().contains(&self.0);
        }
        let text = text.as_bytes();
        let Some(room) = text.len().checked_sub(wanted.len()) else {
            return false;
        };
        let starts = text.get(..=room).unwrap_or_default();
        memchr::memchr2_iter(*first, first.to_ascii_uppercase(), starts).any(|at| {
            let part = text.get(at..at + wanted.len());
            part.is_some_and(|part| part.eq_ignore_ascii_case(wanted))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_makes_no_difference() {
        for (wanted, text, is_in) in [
            ("", "", true),
            ("queue", "MyQueue", true),
            ("QUEUE", "myqueue", true),
            ("queue", "Queu", false),
            ("straße", "Auf der STRAßE", true),
            ("é", "É", true),
            ("e1", "Queue é E1", true),
        ] {
            assert_eq!(Wanted::new(wanted).is_in(text), is_in, "{wanted} in {text}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_copies_in_small_letters_would_tell(wanted in "[a-cA-Cä]{0,3}", text in "[a-cA-CäÄ]{0,12}") {
            let told = text.to_lowercase().contains(&wanted.to_lowercase());
            prop_assert_eq!(Wanted::new(&wanted).is_in(&text), told);
        }
    }
}
