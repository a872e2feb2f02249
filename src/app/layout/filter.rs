//! The text that a person filters by, in small letters or large ones.

use std::collections::HashMap;

/// A text looked for in others, whatever the case of either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilterText(String);

impl FilterText {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    /// Nothing is looked for, so that everything fits.
    pub(crate) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whatever holds this holds the other, too.
    pub(crate) fn is_narrower_than(&self, other: &Self) -> bool {
        let alike = self.0.is_ascii() == other.0.is_ascii();
        alike && !other.is_nothing() && self.0.contains(&other.0)
    }

    /// Whether a text holds it. Nothing is copied as long as it is plain ASCII: a session has tens of
    /// thousands of texts, and they are looked at with every key.
    pub(crate) fn is_in(&self, text: &str) -> bool {
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

/// Words that come again and again, by numbers: so they are looked at once and not with everything that has them.
#[derive(Debug, Default)]
pub(crate) struct Interner(HashMap<Box<str>, u32>);

impl Interner {
    /// The number of a word, which it keeps.
    pub(crate) fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.0.get(word) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(word.into(), number);
        number
    }

    /// Which of the words are fit for something.
    pub(crate) fn filter(&self, fit: impl Fn(&str) -> bool) -> MatchSet {
        let mut marked = MatchSet(vec![false; self.0.len()]);
        for (word, number) in &self.0 {
            if let Some(mark) = usize::try_from(*number).ok().and_then(|at| marked.0.get_mut(at)) {
                *mark = fit(word);
            }
        }
        marked
    }
}

/// Numbers of which some are marked.
#[derive(Debug, Default)]
pub(crate) struct MatchSet(Vec<bool>);

impl MatchSet {
    pub(crate) fn holds(&self, number: u32) -> bool {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.0.get(at)).is_some_and(|mark| *mark)
    }

    /// Marks what fits of the names that have come since.
    pub(crate) fn go_on(&mut self, names: &NameList, fit: impl Fn(&str) -> bool) {
        let new = self.0.len()..names.ends.len();
        self.0.extend(new.map(|number| fit(names.name(number))));
    }

    /// Keeps the marks of what fits still.
    pub(crate) fn narrow(&mut self, names: &NameList, fit: impl Fn(&str) -> bool) {
        for (number, mark) in self.0.iter_mut().enumerate() {
            *mark = *mark && fit(names.name(number));
        }
    }
}

/// Names in the order in which they came, one behind the other: so that a look through all of them is quick.
#[derive(Debug, Default)]
pub(crate) struct NameList {
    text: String,
    ends: Vec<u32>,
}

impl NameList {
    pub(crate) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    fn name(&self, number: usize) -> &str {
        let end = |number: usize| usize::try_from(*self.ends.get(number)?).ok();
        let from = number.checked_sub(1).and_then(end).unwrap_or(0);
        let name = end(number).and_then(|to| self.text.get(from..to));
        name.unwrap_or_default()
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
            assert_eq!(FilterText::new(wanted).is_in(text), is_in, "{wanted} in {text}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_copies_in_small_letters_would_tell(wanted in "[a-cA-Cä]{0,3}", text in "[a-cA-CäÄ]{0,12}") {
            let told = text.to_lowercase().contains(&wanted.to_lowercase());
            prop_assert_eq!(FilterText::new(&wanted).is_in(&text), told);
        }
    }
}
