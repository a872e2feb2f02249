//! Things in the account that a text, a request or a property names: a key, a role, a function, a bucket.

use std::collections::BTreeSet;

use super::lists::LISTS;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::{Arn, bare_secret, function_qualifier};
use crate::domain::model::event::is_own_name;
use crate::domain::model::stack::StackId;

/// The kind of an alias of a Lambda function; its name is `FUNCTION:ALIAS`.
pub(crate) const FUNCTION_ALIAS: &str = "functionalias";
/// The kind of a version of a layer; its name is `LAYER:VERSION`.
pub(crate) const LAYER_VERSION: &str = "layerversion";
/// The kind of a subscription to a topic; its name is `TOPIC:ID`.
pub(crate) const SUBSCRIPTION: &str = "subscription";
/// The kind of an account of an organization.
pub(crate) const ACCOUNT: &str = "account";

/// A thing by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Thing {
    /// Its kind, as operations call it: `function`, `role`, `key`. Empty where nothing tells.
    pub(crate) kind: String,
    /// The bare name or id.
    pub(crate) name: String,
    /// The ARN, where it was given.
    pub(crate) arn: Option<String>,
    /// The failure's own words name it; else a property of the resource does.
    pub(crate) is_spoken: bool,
}

impl Thing {
    fn new(kind: &str, name: &str, arn: Option<&str>) -> Option<Self> {
        (name.len() >= 3 && !name.contains('*')).then(|| Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            arn: arn.map(str::to_owned),
            is_spoken: false,
        })
    }

    /// What an ARN names.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let Arn {
            service, resource, ..
        } = Arn::parse(arn)?;
        let rest = resource.trim_end_matches(":*").trim_end_matches("/*");
        let last = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
        let (kind, name) = match service {
            "s3" => ("bucket".to_owned(), rest.split('/').next()?.to_owned()),
            "sns" if rest.contains(':') => (SUBSCRIPTION.to_owned(), rest.to_owned()),
            "sns" => ("topic".to_owned(), rest.to_owned()),
            "sqs" => ("queue".to_owned(), rest.to_owned()),
            "sts" => {
                let session = rest.strip_prefix("assumed-role/")?;
                ("role".to_owned(), session.split('/').next()?.to_owned())
            }
            "kms" => match rest.strip_prefix("key/") {
                Some(id) => ("key".to_owned(), id.to_owned()),
                None => ("alias".to_owned(), rest.to_owned()),
            },
            _ => {
                let (kind, rest) = rest.split_once([':', '/'])?;
                if (service, kind) == ("lambda", "layer") && rest.contains(':') {
                    return Self::new(LAYER_VERSION, rest, Some(arn));
                }
                let name = match (service, kind) {
                    ("lambda", "function" | "layer") | ("cloudformation", "stackset") => {
                        rest.split(':').next()?.to_owned()
                    }
                    ("dynamodb", _) | ("cloudformation", "stack") => rest.split('/').next()?.to_owned(),
                    ("secretsmanager" | "ecr" | "logs", _) => rest.to_owned(),
                    ("ssm", _) if rest.contains('/') => format!("/{rest}"),
                    _ => last(rest),
                };
                // Nouns of operations are compared in small letters: `stateMachine`.
                (kind.replace('-', "").to_ascii_lowercase(), name)
            }
        };
        Self::new(&kind, &name, Some(arn))
    }

    /// The alias by which a function is named: `live` in `…:function:orders:live`. A number is a version.
    pub(crate) fn alias_of_function(&self) -> Option<Self> {
        let arn = self.arn.as_deref().filter(|_| self.kind == "function")?;
        let alias = function_qualifier(arn)?;
        let is_version = alias.starts_with('$') || alias.chars().all(|c| c.is_ascii_digit());
        (!is_version).then(|| Self {
            kind: FUNCTION_ALIAS.to_owned(),
            name: format!("{}:{alias}", self.name),
            ..self.clone()
        })
    }

    /// The region in its ARN.
    pub(crate) fn region(&self) -> Option<&str> {
        Arn::region_of(self.arn.as_deref()?)
    }

    /// The account in its ARN.
    pub(super) fn account(&self) -> Option<&str> {
        Arn::account_of(self.arn.as_deref()?)
    }

    /// Whether two name the same thing, as far as both tell.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let agree = |one: Option<&str>, two: Option<&str>| one.zip(two).is_none_or(|(one, two)| one == two);
        let kinds = self.kind.is_empty() || other.kind.is_empty() || self.kind == other.kind;
        let names = self.name == other.name
            || (self.kind == "secret" && bare_secret(&self.name) == bare_secret(&other.name));
        // Stacks of one name are told apart by their ids.
        let ids = self.kind != "stack" || agree(self.arn.as_deref(), other.arn.as_deref());
        let places = agree(self.region(), other.region()) && agree(self.account(), other.account());
        kinds && names && ids && places
    }

    /// What a value of a request names. `member` is the request's name of it.
    pub(crate) fn of_value(member: &str, value: &str) -> Option<Self> {
        if value.starts_with("arn:") {
            return Self::of_arn(value);
        }
        let name = match value.split_once("://") {
            Some((_, rest)) => rest.rsplit('/').next().unwrap_or(rest),
            None => value,
        };
        let kind = stem(member);
        let name = match kind.as_str() {
            // A stack set's id is its name and more.
            "stackset" => name.split(':').next().unwrap_or(name),
            _ => name,
        };
        Self::new(&kind, name, None)
    }

    /// In words: `role shop-exec`, `key 1234…`.
    pub(crate) fn words(&self) -> String {
        let kind = match self.kind.as_str() {
            "loggroup" => "log group",
            "instanceprofile" => "instance profile",
            "securitygroup" => "security group",
            "routetable" => "route table",
            "hostedzone" => "hosted zone",
            "stackset" => "stack set",
            "statemachine" => "state machine",
            other => other,
        };
        let name = &self.name;
        if let (FUNCTION_ALIAS, Some((function, alias))) = (kind, name.split_once(':')) {
            return format!("alias {alias} of function {function}");
        }
        if let (LAYER_VERSION, Some((layer, version))) = (kind, name.split_once(':')) {
            return format!("version {version} of layer {layer}");
        }
        if kind.is_empty() || kind == "alias" {
            return name.clone();
        }
        format!("{kind} {name}")
    }
}

/// What a member of a request names: `functionName`, `roleArn` and `keyId` without their ends, in lower case.
pub(crate) fn stem(member: &str) -> String {
    let lower = member.to_ascii_lowercase();
    let ends = [
        "names",
        "name",
        "identifier",
        "ids",
        "id",
        "arns",
        "arn",
        "url",
        "list",
    ];
    let bare = ends
        .iter()
        .find_map(|end| lower.strip_suffix(end))
        .unwrap_or(&lower);
    bare.trim_end_matches(['s', '-', '_']).to_owned()
}

/// The things that a text names.
pub(crate) fn in_text(text: &str) -> Vec<Thing> {
    let mut found: Vec<Thing> = Vec::new();
    let mut add = |thing: Option<Thing>| {
        let thing = thing.map(|thing| Thing {
            is_spoken: true,
            ..thing
        });
        found.extend(thing.filter(|new| new.name.len() <= 256));
    };
    let mut before = ["", ""];
    for whole in text.split(|c: char| c.is_whitespace() || "\"'`,;()[]<>{}".contains(c)) {
        let word = whole.trim_end_matches(['.', ':', '!', '?']);
        // `Stack:arn:…`
        let word = match word.split_once(":arn:") {
            Some((before, _)) if !before.contains(':') => word.get(before.len() + 1..).unwrap_or(word),
            _ => word,
        };
        let of_request = is_of_request(before);
        if !word.is_empty() {
            before = [before[1], word];
        }
        if word.starts_with("arn:") {
            add(Thing::of_arn(word));
        } else if let Some((_, kind)) = LISTS.ids.iter().find(|(prefix, _)| is_id(word, prefix)) {
            add(Thing::new(kind, word, None));
        } else if word.starts_with("alias/") {
            add(Thing::new("alias", word, None));
        } else if is_uuid(word) && !of_request && text.to_ascii_lowercase().contains("key") {
            add(Thing::new("key", word, None));
        }
    }
    for (kind, name) in nouns(text) {
        add(Thing::new(kind, name, None));
    }
    distinct(found)
}

/// The ids that stand in a text by themselves: no request's, and no part of an ARN.
pub(crate) fn ids_alone(text: &str) -> Vec<&str> {
    let mut before = ["", ""];
    let mut found = Vec::new();
    for whole in text.split(|c: char| c.is_whitespace() || "\"'`,;()[]<>{}".contains(c)) {
        let word = whole.trim_end_matches(['.', ':', '!', '?']);
        if is_uuid(word) && !is_of_request(before) {
            found.push(word);
        }
        if !word.is_empty() {
            before = [before[1], word];
        }
    }
    found
}

/// Each thing once, the one that tells its ARN before those that do not.
pub(crate) fn distinct(mut found: Vec<Thing>) -> Vec<Thing> {
    found.sort_by_key(|thing| (!thing.is_spoken, thing.arn.is_none()));
    let mut kept: Vec<Thing> = Vec::new();
    for thing in found {
        match kept.iter_mut().find(|known| known.is(&thing)) {
            Some(known) => known.arn = known.arn.take().or(thing.arn),
            None => kept.push(thing),
        }
    }
    kept
}

fn is_id(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix)
        .is_some_and(|hex| matches!(hex.len(), 8 | 17) && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Whether the words before an id say that it is a request's: `Request ID: …`, `RequestToken: …`.
fn is_of_request([far, near]: [&str; 2]) -> bool {
    let is = |word: &str, named: &[&str]| named.iter().any(|name| word.eq_ignore_ascii_case(name));
    is(near, &["RequestId", "RequestToken", "Token"]) || (is(near, &["ID"]) && is(far, &["Request"]))
}

fn is_uuid(word: &str) -> bool {
    let word = word.strip_prefix("mrk-").map_or(word, |_| word);
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Bare names behind a noun: `role with name X`, `Table: X`, `log group 'X'`.
fn nouns(text: &str) -> Vec<(&'static str, &str)> {
    let lower = text.to_ascii_lowercase();
    if lower.len() != text.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (noun, kind) in &LISTS.nouns {
        for (at, _) in lower.match_indices(noun.as_str()).take(8) {
            let before = lower.get(..at).and_then(|head| head.chars().next_back());
            let starts_word =
                before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != ':' && c != '/' && c != '-');
            let rest = text.get(at + noun.len()..).unwrap_or_default();
            if starts_word && let Some(name) = name_after(rest) {
                found.push((kind.as_str(), name));
            }
        }
    }
    found
}

/// The name at the beginning of what follows a noun.
fn name_after(rest: &str) -> Option<&str> {
    let mut rest = rest;
    if !rest.starts_with([' ', ':', '\'', '"', '=']) {
        return None;
    }
    let mut is_led = false;
    for lead in [
        ":",
        " with name",
        " with the name",
        " named",
        " name",
        " with id",
        "=",
    ] {
        if let Some(behind) = rest.strip_prefix(lead) {
            rest = behind;
            is_led = true;
        }
    }
    let rest = rest.trim_start_matches([' ', ':', '=']);
    let is_quoted = rest.starts_with(['\'', '"', '`']);
    let rest = rest.trim_start_matches(['\'', '"', '`']);
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_./+=@#".contains(c)))
        .unwrap_or(rest.len());
    let name = rest.get(..end)?.trim_end_matches('.');
    let is_plain_word = name.chars().all(|c| c.is_ascii_lowercase());
    let is_no_name = LISTS.no_names.contains(&name.to_ascii_lowercase());
    (name.len() >= 3 && !is_no_name && (is_quoted || is_led || !is_plain_word)).then_some(name)
}

/// The things that the properties of the failing resource name, and the resource itself where it was there
/// before.
pub(crate) fn in_properties(failure: &Failure) -> Vec<Thing> {
    let mut found = Vec::new();
    let own = failure.physical_id.as_deref().unwrap_or_default();
    for (key, value) in &failure.settings {
        let key = key.rsplit('.').next().unwrap_or(key);
        let key = key.split('[').next().unwrap_or(key);
        if value == own {
            continue;
        }
        let by_key = LISTS.keys.iter().find(|(end, _)| key.ends_with(end.as_str()));
        let thing = match by_key {
            _ if value.starts_with("arn:") => Thing::of_arn(value),
            Some((_, kind)) if kind == "key" && value.starts_with("alias/") => {
                Thing::new("alias", value, None)
            }
            Some((_, kind)) => Thing::new(kind, value.rsplit('/').next().unwrap_or(value), None),
            None => None,
        };
        found.extend(thing);
    }
    distinct(found)
}

/// The kind of thing that a failing resource is: the last word of its type.
pub(crate) fn kind_of(failure: &Failure) -> Option<String> {
    let last = failure.event.resource_type.rsplit("::").next()?;
    Some(last.to_ascii_lowercase())
}

/// The failing resource as a thing, by the last word of its type.
pub(crate) fn itself(failure: &Failure) -> Option<Thing> {
    let id = failure.physical_id.as_deref().filter(|id| !id.is_empty())?;
    if id.starts_with("arn:") {
        return Thing::of_arn(id);
    }
    let kind = kind_of(failure)?;
    let name = match id.split_once("://") {
        Some((_, rest)) => rest.rsplit('/').next().unwrap_or(rest),
        None => id,
    };
    if kind == "stackset" {
        return Thing::of_value(&kind, name);
    }
    // `BUS|RULE`
    let name = match name.split_once('|') {
        Some((_, rule)) if kind == "rule" => rule,
        _ => name,
    };
    Thing::new(&kind, name, None)
}

/// What a resource was to become, by the name that the text or a property gives it: what its creation found in its way.
pub(crate) fn to_be_made(failure: &Failure, text: &str) -> Option<Thing> {
    let kind = kind_of(failure)?;
    let fits = |thing: &Thing| thing.kind == kind;
    let spoken = in_text(text).into_iter().find(fits);
    let named = || {
        let mut names = failure.settings.iter();
        let own = names.find(|(key, value)| {
            is_own_name(key, &failure.event.resource_type) && text.contains(value.as_str())
        });
        own.and_then(|(_, value)| Thing::new(&kind, value, None))
    };
    let by_id = || itself(failure).filter(|thing| fits(thing) && text.contains(&thing.name));
    spoken.or_else(named).or_else(by_id)
}

/// The names to ask the trail for, the surest first.
pub(crate) fn names(things: &[Thing]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let arns = things.iter().filter_map(|thing| {
        let arn = thing.arn.as_deref()?;
        Some(role_of_session(arn).unwrap_or_else(|| arn.to_owned()))
    });
    let bare = things.iter().map(|thing| thing.name.clone());
    bare.chain(arns)
        .filter(|name| seen.insert(name.clone()))
        .collect()
}

/// The ARN of the role of a session's, as far as a session tells it: without a path. No call is on a session.
fn role_of_session(arn: &str) -> Option<String> {
    let (head, role) = arn.split_once(":assumed-role/")?;
    let role = role.split('/').next()?;
    Some(format!("{}:role/{role}", head.replacen(":sts:", ":iam:", 1)))
}

/// The region in which calls on a thing are recorded.
pub(crate) fn region_of<'t>(thing: &'t Thing, stack: &'t StackId, global: &'t str) -> &'t str {
    match thing.kind.as_str() {
        "role" | "user" | "policy" | "instanceprofile" | "group" | "hostedzone" | ACCOUNT => global,
        _ => thing.region().unwrap_or_else(|| stack.region()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("arn:aws:lambda:eu-west-1:1:function:orders:live", "function orders")]
    #[case("arn:aws:lambda:eu-west-1:1:layer:tools", "layer tools")]
    #[case("arn:aws:lambda:eu-west-1:1:layer:tools:3", "version 3 of layer tools")]
    #[case("arn:aws:iam::1:role/team/deploy", "role deploy")]
    #[case("arn:aws:sts::1:assumed-role/deploy/AWSCloudFormation", "role deploy")]
    #[case(
        "arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "key 1234abcd-12ab-34cd-56ef-1234567890ab"
    )]
    #[case("arn:aws:s3:::artifacts/a/b.zip", "bucket artifacts")]
    #[case("arn:aws:ecr:eu-west-1:1:repository/team/mail", "repository team/mail")]
    #[case("arn:aws:logs:eu-west-1:1:log-group:/shop/app:*", "log group /shop/app")]
    #[case("arn:aws:sqs:eu-west-1:1:jobs", "queue jobs")]
    fn an_arn_names_a_thing(#[case] arn: &str, #[case] words: &str) {
        assert_eq!(Thing::of_arn(arn).unwrap().words(), words);
    }

    #[rstest]
    #[case("The role with name orders-app cannot be found.", &["role orders-app"])]
    #[case("Requested resource not found: Table: orders-index not found", &["table orders-index"])]
    #[case("The repository with name 'mail' does not exist in the registry", &["repository mail"])]
    #[case("The security group 'sg-0a1b2c3d4e5f60718' does not exist", &["security group sg-0a1b2c3d4e5f60718"])]
    #[case("The specified bucket does not exist (Service: S3, Status Code: 404)", &[])]
    #[case("Invalid IAM Instance Profile name (Service: Ec2, Status Code: 400)", &[])]
    #[case("The role defined for the function cannot be assumed by Lambda.", &[])]
    #[case("Key 'arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab' does not exist", &["key 1234abcd-12ab-34cd-56ef-1234567890ab"])]
    fn a_text_names_things(#[case] text: &str, #[case] expected: &[&str]) {
        let found: Vec<String> = in_text(text).iter().map(Thing::words).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_trail_is_asked_for_a_role_by_its_name_and_its_own_arn_and_not_a_sessions() {
        let session =
            Thing::of_arn("arn:aws-cn:sts::123456789012:assumed-role/deploy/AWSCloudFormation").unwrap();
        assert_eq!(
            names(&[session]),
            ["deploy", "arn:aws-cn:iam::123456789012:role/deploy"]
        );
        let key = "arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let asked = names(&[Thing::of_arn(key).unwrap()]);
        assert_eq!(asked, ["1234abcd-12ab-34cd-56ef-1234567890ab", key]);
    }

    #[test]
    fn a_secret_is_the_same_with_and_without_the_end_of_its_arn() {
        let arn = Thing::of_arn("arn:aws:secretsmanager:eu-west-1:1:secret:orders/db-AbCdEf").unwrap();
        let named = |name: &str| Thing::of_value("secretId", name).unwrap();
        assert!(arn.is(&named("orders/db")));
        assert!(!arn.is(&named("orders/db2")));
        assert!(!named("orders/db").is(&Thing::of_arn("arn:aws:sqs:eu-west-1:1:orders/db").unwrap()));
    }
}
