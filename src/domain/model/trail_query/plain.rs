//! What of a value can stand within a text that is a language.

/// A value is written out so far.
const LONGEST: usize = 128;

/// The beginning of a value that no language takes for anything but text, and whether that is all of it: whoever looks
/// for the beginning alone finds more, and never less.
pub(crate) fn plain(value: &str) -> (String, bool) {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.@+=,:/ ".contains(*c);
    let plain: String = value.chars().take_while(is_plain).take(LONGEST).collect();
    let is_whole = plain.len() == value.len();
    (plain, is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_ends_it() {
        assert_eq!(plain("shop-fn"), ("shop-fn".to_owned(), true));
        for value in [
            "shop\"", "shop'", "shop\\", "shop\n", "shop|", "shop*", "shop%", "shopü",
        ] {
            assert_eq!(plain(value), ("shop".to_owned(), false), "{value}");
        }
        assert_eq!(plain(&"x".repeat(4_000)).0.len(), 128);
        assert_eq!(plain(""), (String::new(), true));
    }
}
