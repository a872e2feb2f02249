//! Filter patterns: words and quoted phrases that must all be there, `-` for those that must not, `?` for any.

/// A filter pattern over the text of a line. Patterns over JSON and columns are not understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; nothing for one that is not made of words.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut pattern = Self::default();
        let mut rest = text.trim();
        if rest.starts_with(['{', '[', '%']) {
            return None;
        }
        while !rest.is_empty() {
            let (list, after) = match rest.split_at_checked(1) {
                Some(("-", after)) => (&mut pattern.none, after),
                Some(("?", after)) => (&mut pattern.any, after),
                _ => (&mut pattern.all, rest),
            };
            let (term, behind) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            list.push(term.to_owned());
            rest = behind.trim_start();
        }
        Some(pattern)
    }

    /// Whether a line fits. Case matters.
    pub(super) fn matches(&self, line: &str) -> bool {
        let has = |term: &String| line.contains(term.as_str());
        let any = self.any.is_empty() || self.any.iter().any(has);
        any && self.all.iter().all(has) && !self.none.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_phrases_and_their_signs() {
        let fits =
            |pattern: &str, line: &str| Pattern::read(pattern).is_some_and(|pattern| pattern.matches(line));
        assert!(fits("", "anything"));
        assert!(fits("ERROR \"internal error\"", "ERROR: an internal error"));
        assert!(!fits("error", "ERROR"));
        assert!(fits("?ERROR ?WARN", "WARN low"));
        assert!(!fits("ERROR -Exiting", "ERROR Exiting"));
        assert_eq!(Pattern::read("{ $.level = \"error\" }"), None);
        assert_eq!(Pattern::read("\"never closed"), None);
    }
}
