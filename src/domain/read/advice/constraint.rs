//! `Value 'x' at 'member' failed to satisfy constraint: Member must …`, as the services' own check writes it.

use std::sync::LazyLock;

use regex::Regex;

use super::{Complaint, as_property, shown};
use crate::domain::read::pattern::pattern;

static REFUSED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:value (?:'(?P<v>[^']{0,300})'|(?P<w>[^' ]{1,100})) at )?'(?P<m>[A-Za-z][\w.\-]{0,120})'(?: value)? failed to satisfy (?:the )?constraint: '?(?P<c>[^;]{1,3000})",
    )
});
static SET: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)enum value set: \[(?P<set>[^\]]+)\]"));
static BOUND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?P<what>length|value) (?P<way>less|greater) than or equal to (?P<n>-?\d[\d.]*)")
});
static FORM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)regular expression(?: pattern)?:? '?(?P<p>\S.*)"));

/// So many members are told.
const MOST: usize = 4;

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let mut wanted: Vec<String> = Vec::new();
    for found in REFUSED.captures_iter(failed.sentence) {
        let property = as_property(found.name("m")?.as_str());
        let value = found
            .name("v")
            .or_else(|| found.name("w"))
            .map(|value| value.as_str());
        let want = want(&property, value, found.name("c")?.as_str());
        if let Some(want) = want
            && !wanted.contains(&want)
        {
            wanted.push(want);
        }
    }
    wanted.truncate(MOST);
    let wanted = wanted.join("; ");
    (!wanted.is_empty()).then(|| format!("For {}: {wanted}. Then deploy again.", failed.whom()))
}

/// What a member must be.
fn want(property: &str, value: Option<&str>, constraint: &str) -> Option<String> {
    let is = value
        .filter(|value| !value.is_empty() && value.len() < 80)
        .map(|value| format!(" (it is {value})"))
        .unwrap_or_default();
    if let Some(set) = SET.captures(constraint) {
        return Some(format!("set {property}{is} to one of {}", shown(&set["set"])));
    }
    if let Some(bound) = BOUND.captures(constraint) {
        let (way, n) = (&bound["way"], &bound["n"]);
        return Some(
            match (
                bound["what"].eq_ignore_ascii_case("length"),
                way.eq_ignore_ascii_case("less"),
            ) {
                (true, true) => format!(
                    "shorten {property} to at most {n} characters (where it is put together with Sub or Join, shorten the parts)"
                ),
                (true, false) => format!(
                    "give {property} at least {n} characters (where it comes from a parameter or a reference, look whether that is empty)"
                ),
                (false, true) => format!("set {property}{is} to at most {n}"),
                (false, false) => format!("set {property}{is} to at least {n}"),
            },
        );
    }
    if let Some(form) = FORM.captures(constraint) {
        let form = form["p"].trim_end_matches(['\'', '"', ' ']);
        return Some(format!("write {property}{is} so that it matches {}", shown(form)));
    }
    constraint
        .to_ascii_lowercase()
        .contains("must not be null")
        .then(|| format!("give {property} a value"))
}
