//! What to do about a sentence that says itself what is wrong: a value with what it must be, a thing that is not there,
//! a role that does not trust who is to assume it.
//!
//! A signature knows one situation by its fixed words. Here a sentence is taken apart by its grammar, so that what it
//! names (a property, a limit, a list of values, a thing) is what the step names.

mod constraint;
mod dependents;
mod existing;
mod keeper;
mod missing;
mod places;
mod quota;
mod schema;
mod trust;
mod values;

pub use places::{BY_REQUEST, StepContext, filled};

/// A failure, as far as a step can name it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Complaint<'a> {
    /// What the service said, without brackets and codes.
    pub sentence: &'a str,
    /// The resource's logical id.
    pub about: Option<&'a str>,
    /// Its type.
    pub kind: Option<&'a str>,
    /// The region of its stack.
    pub region: Option<&'a str>,
}

/// A longer text is no sentence.
const LONGEST: usize = 4 * 1024;
/// So much of a list or of a pattern is repeated.
const SHOWN: usize = 320;

type Rule = fn(&Complaint<'_>) -> Option<String>;

/// In the order in which they are asked: what is written by machines for machines first.
const RULES: [Rule; 13] = [
    schema::step,
    constraint::step,
    trust::step,
    dependents::step,
    missing::step,
    existing::step,
    values::listed,
    values::empty_or_missing,
    values::limited,
    values::excluded,
    values::refused,
    values::obliged,
    values::asked_for,
];

/// What to do, where the sentence tells it.
pub fn told(failed: &Complaint<'_>) -> Option<String> {
    // What CloudFormation says of the template itself is about no resource.
    let of_template = failed
        .sentence
        .get(.."Template ".len())
        .is_some_and(|head| head.eq_ignore_ascii_case("template "));
    if failed.sentence.len() > LONGEST || of_template {
        return None;
    }
    RULES.iter().find_map(|rule| rule(failed))
}

/// What to do where a service may not assume the role that it was given.
pub fn about_trust(failed: &Complaint<'_>) -> Option<String> {
    trust::step(failed)
}

/// What to do where a role was refused that AWS keeps, and nobody edits.
pub fn about_keeper(principal: &str, action: &str) -> Option<String> {
    keeper::step(principal, action)
}

/// What to do where a quota is used up.
pub fn about_a_quota(failed: &Complaint<'_>) -> Option<String> {
    quota::step(failed)
}

/// The properties that a sentence names: words that are written as properties are.
pub fn properties_named(sentence: &str) -> Vec<&str> {
    values::properties(sentence)
}

impl Complaint<'_> {
    /// The resource, by its name where that is known.
    fn whom(&self) -> &str {
        self.about.unwrap_or("the resource")
    }

    /// ` --region eu-west-1`, where it is known.
    fn in_region(&self) -> String {
        self.region
            .map(|region| format!(" --region {region}"))
            .unwrap_or_default()
    }

    /// Its clauses, each without its full stop.
    fn clauses(&self) -> impl Iterator<Item = &str> {
        self.sentence
            .split(". ")
            .flat_map(|one| one.split("; "))
            .map(|one| one.trim().trim_end_matches(['.', '!', '"', ' ']))
            .filter(|one| !one.is_empty())
    }

    /// The command that shows what a type allows.
    fn schema_of(&self) -> Option<String> {
        let kind = self.kind.filter(|kind| kind.split("::").count() == 3)?;
        let public = ["AWS::", "Alexa::"].iter().any(|head| kind.starts_with(head));
        public.then(|| {
            format!("`aws cloudformation describe-type --type RESOURCE --type-name {kind} --query Schema` shows what the type allows")
        })
    }
}

/// No more of it than can be read.
fn shown(text: &str) -> String {
    let text = text.trim();
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SHOWN);
    let cut = text.get(..end).unwrap_or(text);
    let cut = cut.rsplit_once(", ").map_or(cut, |(head, _)| head);
    format!("{cut}, …")
}

/// Words of a subject within a sentence.
fn within(words: &str) -> String {
    for (head, put) in [
        ("The ", "the "),
        ("A ", "a "),
        ("An ", "an "),
        ("At ", "at "),
        ("Your ", "the "),
    ] {
        if let Some(rest) = words.strip_prefix(head) {
            return format!("{put}{rest}");
        }
    }
    let begins = words.split_once(' ').filter(|(first, next)| {
        let plain = first
            .get(1..)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase()));
        plain
            && first.len() > 1
            && next.starts_with(|c: char| c.is_ascii_lowercase())
            && !NAMES.contains(first)
    });
    match (begins, words.get(..1), words.get(1..)) {
        (Some(_), Some(first), Some(rest)) => format!("{}{rest}", first.to_ascii_lowercase()),
        _ => words.to_owned(),
    }
}

/// First words of a sentence that keep their capital.
const NAMES: [&str; 16] = [
    "Amazon",
    "Athena",
    "Aurora",
    "Batch",
    "Cognito",
    "Elastic",
    "Elasticsearch",
    "Fargate",
    "Firehose",
    "Glue",
    "Kinesis",
    "Kubernetes",
    "Lambda",
    "Redis",
    "Secrets",
    "Step",
];

/// A member of a request as the template writes it: `tags.1.value` is `Tags.1.Value`.
fn as_property(member: &str) -> String {
    let parts = member
        .split('.')
        .filter(|part| !matches!(*part, "member" | "entry"));
    let upper = parts.map(|part| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    });
    upper.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests;
