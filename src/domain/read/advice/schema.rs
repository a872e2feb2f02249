//! `#/A/B: expected type: Integer, found: String`: a property that breaks the schema of its type.

use std::sync::LazyLock;

use regex::Regex;

use super::{Complaint, shown};
use crate::domain::read::pattern::pattern;

static ITEM: LazyLock<Regex> = LazyLock::new(|| pattern(r"#(?P<p>(?:/[\w*.\-]+)*)/?: (?P<m>[^#\n]{3,600})"));
/// `#/A: #: …`: the same place twice.
static NESTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<p>#(?:/[\w*.\-]+)+): #: "));
static EXTRANEOUS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"extraneous key \[(?P<k>[^\]]{1,120})\] is not permitted"));
static REQUIRED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"required key \[(?P<k>[^\]]{1,120})\] not found"));
static TYPED: LazyLock<Regex> = LazyLock::new(|| pattern(r"expected type: (?P<w>\w+), found: (?P<f>\w+)"));
static ENUM: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<v>\S.{0,120}?) is not a valid enum value"));
static KEYWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"failed validation constraint for keyword \[(?P<k>\w+)\]"));
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"expected (?P<w>minLength|maxLength|minimum item count|maximum item count): (?P<n>\d+)(?:, (?:actual|found): (?P<f>\d+))?",
    )
});
static BOUND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?P<v>-?[\d.]+) is not (?P<w>less|lower|greater|higher) (?:than )?or equal to (?P<n>-?[\d.]+)")
});
static FORM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"string \[(?P<v>[^\]]{0,300})\] does not match pattern (?P<p>\S+)"));
static SUBSCHEMA: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+ subschemas? match(?:es|ed)"));

/// Whose properties they are, where a sentence about the stack tells it.
static WHOSE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)failed for resource (?P<r>[A-Za-z0-9]{1,255}) with message"));

/// So many properties are told.
const MOST: usize = 5;

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let text = NESTED.replace_all(failed.sentence, "$p: ");
    let mut wanted: Vec<String> = Vec::new();
    let mut looks_up = false;
    for found in ITEM.captures_iter(&text) {
        let path = found["p"].trim_start_matches('/').replace('/', ".");
        let Some((want, open)) = want(&path, &found["m"]) else {
            continue;
        };
        looks_up |= open;
        if !wanted.contains(&want) {
            wanted.push(want);
        }
    }
    if wanted.is_empty() {
        return None;
    }
    wanted.truncate(MOST);
    let shows = failed
        .schema_of()
        .filter(|_| looks_up)
        .map(|call| format!(" {call}."))
        .unwrap_or_default();
    Some(format!(
        "For {}: {}.{shows} CloudFormation checked this before any call, so no log has more.",
        WHOSE
            .captures(&text)
            .map_or_else(|| failed.whom().to_owned(), |found| found["r"].to_owned()),
        wanted.join("; ")
    ))
}

/// What a property must be, and whether the type's schema has to be asked for it.
fn want(path: &str, message: &str) -> Option<(String, bool)> {
    let what = if path.is_empty() { "it" } else { path };
    let plain = |step: String| (step, false);
    member(path, message)
        .or_else(|| value(what, message))
        .or_else(|| bound(what, message).map(plain))
        .or_else(|| {
            let keyword = KEYWORD.captures(message)?;
            Some((by_keyword(what, &keyword["k"]), true))
        })
        .or_else(|| {
            let step = format!(
                "give {what} one of the forms that the type knows, whole: of properties that exclude each other only one, and \
                 all that belong to it"
            );
            SUBSCHEMA.is_match(message).then_some((step, true))
        })
}

/// A member that is too many or too few.
fn member(path: &str, message: &str) -> Option<(String, bool)> {
    let place = |word: &str| {
        if path.is_empty() {
            String::new()
        } else {
            format!(" {word} {path}")
        }
    };
    if let Some(key) = EXTRANEOUS.captures(message) {
        let key = &key["k"];
        let step = format!(
            "take {key} out{}, or correct its name (its case and its level count): the type has no such property there",
            place("of")
        );
        return Some((step, true));
    }
    let key = REQUIRED.captures(message)?;
    Some((format!("add {}{}", &key["k"], place("to")), false))
}

/// A value of another type, another one than the type lists, or in another form.
fn value(what: &str, message: &str) -> Option<(String, bool)> {
    if let Some(typed) = TYPED.captures(message) {
        let (wanted, found) = (type_of(&typed["w"]), type_of(&typed["f"]));
        return Some((format!("write {what} as {wanted}, not as {found}"), false));
    }
    if let Some(value) = ENUM.captures(message) {
        let step = format!(
            "set {what} (it is {}) to a value that the type allows",
            &value["v"]
        );
        return Some((step, true));
    }
    let form = FORM.captures(message)?;
    let pattern = form["p"].trim_end_matches([')', '"', ',']);
    let step = format!(
        "write {what} (it is {}) so that it matches {}",
        &form["v"],
        shown(pattern)
    );
    Some((step, false))
}

/// Too much or too little of something.
fn bound(what: &str, message: &str) -> Option<String> {
    if let Some(counted) = COUNTED.captures(message) {
        let unit = if counted["w"].ends_with("Length") {
            "characters"
        } else {
            "items"
        };
        let bound = if counted["w"].starts_with("min") {
            "at least"
        } else {
            "at most"
        };
        let has = counted
            .name("f")
            .map(|count| format!(" (it has {})", count.as_str()));
        let has = has.unwrap_or_default();
        return Some(format!("give {what} {bound} {} {unit}{has}", &counted["n"]));
    }
    let bound = BOUND.captures(message)?;
    let way = if matches!(&bound["w"], "less" | "lower") {
        "at most"
    } else {
        "at least"
    };
    Some(format!(
        "set {what} (it is {}) to {way} {}",
        &bound["v"], &bound["n"]
    ))
}

/// What a keyword of the schema asks for.
fn by_keyword(what: &str, keyword: &str) -> String {
    match keyword {
        "enum" => format!("set {what} to one of the values that the type allows"),
        "pattern" | "format" => format!("write {what} in the form that the type asks for (its pattern)"),
        "minLength" | "minItems" | "minimum" => {
            format!("give {what} more: it is shorter, fewer or less than the type asks for")
        }
        "maxLength" | "maxItems" | "maximum" => {
            format!("give {what} less: it is longer, more or larger than the type takes")
        }
        "uniqueItems" => format!("name nothing twice in {what}"),
        "additionalProperties" => format!("take out of {what} what the type does not know there"),
        "required" => format!("add to {what} what the type asks for"),
        "type" => format!("write {what} as the type asks for it (a text, a number, a list, a map)"),
        other => format!("correct {what} so that it meets the schema's `{other}`"),
    }
}

fn type_of(name: &str) -> &'static str {
    match name {
        "Integer" => "a whole number",
        "Number" | "Double" | "BigDecimal" => "a number",
        "Boolean" => "true or false",
        "JSONArray" | "Array" | "List" => "a list",
        "JSONObject" | "Object" | "Map" => "a map",
        "Null" => "nothing (a parameter or a reference that came out empty)",
        _ => "a text",
    }
}
