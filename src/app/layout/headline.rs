//! A cause in one sentence, in as many words as there is room for. A banner and a card say the same.

use crate::domain::explain::cause::{Cause, Confidence, DeniedCall};

/// What happened, in one sentence. What the rows of a denial tell is left to them.
pub(crate) fn of(cause: &Cause) -> String {
    match (denied(cause), checked(&cause.claim)) {
        (Some((action, call)), _) => denial(Some(&call.who), action, None),
        (None, Some(check)) => check.in_brief(),
        (None, None) => cause.claim.clone(),
    }
}

/// What stands between the name of what failed and what is said of it.
pub(crate) fn between(said: &str, claim: Option<&str>) -> &'static str {
    if said.starts_with(PERHAPS) {
        " failed, "
    } else if claim.and_then(checked).is_some() {
        // A change set failed, and what is said begins with the resource in it.
        " › "
    } else {
        ": "
    }
}

/// What a validation before the deployment refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Check<'c> {
    /// The resource, as the template calls it.
    name: &'c str,
    /// The check: `AWS::EarlyValidation::ResourceExistenceCheck`.
    pub kind: &'c str,
    sentence: &'c str,
    /// Where in the template.
    pub place: Option<&'c str>,
}

/// The parts of a validation's sentence.
pub(crate) fn checked(claim: &str) -> Option<Check<'_>> {
    let (before, after) = claim.split_once(" failed: ")?;
    let (name, rest) = before.split_once(" (AWS::")?;
    let (_, check) = rest.split_once("): ")?;
    let (sentence, place) = match after.rsplit_once(" (at /") {
        Some((sentence, place)) => (sentence, place.strip_suffix(')')),
        None => (after, None),
    };
    check.starts_with("AWS::EarlyValidation::").then(|| Check {
        name,
        kind: check,
        sentence: sentence.trim_end_matches('.'),
        place: place.filter(|place| !place.contains([' ', ')'])),
    })
}

impl Check<'_> {
    /// What was refused, without what its rows tell.
    fn in_brief(self) -> String {
        let Self { name, sentence, .. } = self;
        let short = sentence
            .strip_prefix("Resource of type ")
            .and_then(|rest| rest.split_once(" with identifier "));
        short.map_or_else(
            || format!("{name}: {sentence}"),
            |(_, rest)| format!("{name}: {rest}"),
        )
    }
}

/// How something begins that may be why.
const PERHAPS: &str = "perhaps because ";

/// What happened, in one sentence, for a place with little room: each shorter than the one before. What is not sure is not
/// told as if it were.
pub(crate) fn by_length(cause: &Cause) -> Vec<String> {
    let mut told = vec![cause.claim.clone()];
    if let Some((action, call)) = denied(cause) {
        told.extend(in_fewer_words(&call.who, action, call.because.as_deref()));
        told.dedup();
    } else if checked(&cause.claim).is_some() {
        // Its codes are told in rows.
        told = existing(&cause.claim);
    } else {
        told.extend(called(&cause.claim));
        told.extend(by_a_person(&cause.claim));
    }
    // What somebody did before may be why; what was said when it failed was said.
    let doubted =
        matches!(cause.confidence, Confidence::Medium | Confidence::Low) && is_of_another(&cause.claim);
    let head = if doubted { PERHAPS } else { "" };
    told.into_iter().map(|said| format!("{head}{said}")).collect()
}

/// The words alone of somebody who said nothing else, without what they only wrap: they claim no cause.
pub(crate) fn only_quoted(claim: &str) -> Option<&str> {
    let (who, said) = claim.split_once(" only: ")?;
    if !matches!(who, "CloudFormation says" | "the custom resource returned") {
        return None;
    }
    let wrapped = said
        .strip_prefix("Error occurred during operation '")
        .and_then(|rest| rest.split_once('\''));
    Some(wrapped.map_or(said, |(inner, _)| inner))
}

/// Words that claim no cause, and what is known of one, in more and in fewer words.
pub(crate) fn quoted(words: &str, known: &str) -> Vec<String> {
    let words = words.trim_end_matches('.');
    vec![format!("\"{words}\" · {known}"), format!("\"{words}\"")]
}

/// It tells of a call that somebody made, which need not have to do with it.
fn is_of_another(claim: &str) -> bool {
    claim
        .split_once(" called ")
        .is_some_and(|(_, call)| call.split(' ').next().is_some_and(|action| action.contains(':')))
}

/// Who called what, without the role that they had assumed and without when and on what. That it failed, and with which
/// error, is what it is told for.
fn called(claim: &str) -> Vec<String> {
    let Some((who, call)) = claim.split_once(" called ") else {
        return Vec::new();
    };
    let action = call.split(' ').next().unwrap_or(call);
    if let Some((_, got)) = call.split_once(" and got ").filter(|_| action.contains(':')) {
        let code = got.split(": ").next().unwrap_or(got);
        let mut told = vec![format!("{action} got {got}"), format!("{action} got {code}")];
        told.dedup();
        return told;
    }
    // Whoever is told in a sentence of its own stays.
    if who.contains(' ') || !action.contains(':') {
        return Vec::new();
    }
    let who = who.rsplit('/').next().unwrap_or(who);
    vec![format!("{who} called {call}"), format!("{who} called {action}")]
}

/// What a person did, without the role that they had assumed: the longest part of the sentence, and the least of it.
fn by_a_person(claim: &str) -> Option<String> {
    let (who, deed) = claim.split_once(' ')?;
    let (role, person) = who.split_once('/')?;
    let is_person = person.contains('@') && !person.contains(['/', ':']) && !role.contains([':', '@']);
    (is_person && !role.is_empty() && !deed.starts_with("called ")).then(|| format!("{person} {deed}"))
}

/// Who forbids it, in the fewest words behind the action: whom to ask depends on it.
fn in_brief(because: &str) -> Option<&'static str> {
    if because == "no identity-based policy allows it" {
        return Some(", since no policy allows it");
    }
    let forbids = [
        ("service control policy", " by an SCP"),
        ("resource control policy", " by an RCP"),
        ("permissions boundary", " by a boundary"),
        ("session policy", " by a session policy"),
        ("VPC endpoint policy", " by an endpoint policy"),
        ("identity-based policy", " by its own policy"),
        ("resource-based policy", " by the resource's policy"),
    ];
    let is_denied = because.starts_with("an explicit deny in ");
    let mut known = forbids.into_iter().filter(|_| is_denied);
    known.find_map(|(words, brief)| because.contains(words).then_some(brief))
}

/// A validation's sentence without its codes, and in the fewest words.
fn existing(claim: &str) -> Vec<String> {
    let told = checked(claim).map(|check| {
        let mut told = vec![format!("{}: {}", check.name, check.sentence), check.in_brief()];
        told.dedup();
        told
    });
    told.unwrap_or_default()
}

/// A sentence on why a resource failed, behind its name, in as many words and in fewer: as a list of sessions has it.
pub(crate) fn briefer(said: &str) -> Vec<String> {
    let (sentence, more) = match said.rsplit_once("  (and ") {
        Some((sentence, more)) => (sentence, format!("  (and {more}")),
        None => (said, String::new()),
    };
    let Some((name, claim)) = sentence.split_once(": ") else {
        return vec![said.to_owned()];
    };
    let is_checked = checked(claim).is_some();
    let fewer = match refused(claim) {
        _ if is_checked => existing(claim),
        none if none.is_empty() => called(claim).into_iter().chain(by_a_person(claim)).collect(),
        fewer => fewer,
    };
    let between = between("", Some(claim));
    let whole = (!is_checked).then(|| said.to_owned());
    let fewer = fewer.iter().map(|fewer| format!("{name}{between}{fewer}{more}"));
    whole.into_iter().chain(fewer).collect()
}

/// That somebody was denied something, out of a sentence on it: without what it was on.
fn refused(claim: &str) -> Vec<String> {
    let told = claim.split_once(" was denied ").and_then(|(who, rest)| {
        let action = rest
            .split([' ', ','])
            .next()
            .filter(|action| action.contains(':'))?;
        let since = rest.split_once(", since ").map(|(_, since)| since);
        let by = rest
            .find(" by an explicit deny ")
            .and_then(|at| rest.get(at + 4..));
        Some(in_fewer_words(who, action, since.or(by)))
    });
    told.unwrap_or_default()
}

/// A denial in as many words as there is room for.
fn in_fewer_words(who: &str, action: &str, because: Option<&str>) -> Vec<String> {
    let mut told = vec![denial(Some(who), action, because), denial(None, action, because)];
    told.extend(
        because
            .and_then(in_brief)
            .map(|by| format!("denied {action}{by}")),
    );
    told.push(denial(None, action, None));
    told.dedup();
    told
}

fn denied(cause: &Cause) -> Option<(&str, &DeniedCall)> {
    let call = cause.denied.as_ref()?;
    Some((call.action.as_deref()?, call))
}

/// That somebody was denied something, and because of what, as far as that is to be told.
fn denial(who: Option<&str>, action: &str, because: Option<&str>) -> String {
    let who = who.map_or_else(String::new, |who| format!("{who} was "));
    let because = match because {
        Some(by) if by.starts_with("an explicit deny") => format!(" by {by}"),
        Some(since) => format!(", since {since}"),
        None => String::new(),
    };
    format!("{who}denied {action}{because}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_is_told_without_its_codes_where_there_is_little_room() {
        let claim = "Images (AWS::S3::Bucket): AWS::EarlyValidation::ResourceExistenceCheck failed: Resource of type \
             'AWS::S3::Bucket' with identifier 'shop-images' already exists. (at /Resources/Images/Properties/BucketName)";
        assert_eq!(
            existing(claim),
            [
                "Images: Resource of type 'AWS::S3::Bucket' with identifier 'shop-images' already exists",
                "Images: 'shop-images' already exists",
            ]
        );
        let check = checked(claim).unwrap();
        assert_eq!(check.kind, "AWS::EarlyValidation::ResourceExistenceCheck");
        assert_eq!(check.place, Some("Resources/Images/Properties/BucketName"));
        assert_eq!(between("Images: it exists", Some(claim)), " › ");
        assert_eq!(between("it is red", Some("Images failed: it is red")), ": ");
        // What only looks like one stays as it is.
        for other in [
            "Images failed: it is red",
            "Images (AWS::S3::Bucket) failed: it is red",
            "Images (AWS::S3::Bucket): my AWS::EarlyValidation::Check failed: it is red",
        ] {
            assert!(existing(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_call_is_told_by_its_error_where_there_is_little_room() {
        assert_eq!(
            called(
                "AWSReservedSSO_Security_0a1b/noor@example.com called iam:DeleteRolePolicy on cfn-exec 20 minutes before"
            ),
            [
                "noor@example.com called iam:DeleteRolePolicy on cfn-exec 20 minutes before",
                "noor@example.com called iam:DeleteRolePolicy",
            ]
        );
        assert_eq!(
            called(
                "cfn-exec/AWSCloudFormation called events:PutRule and got ValidationException: \"Parameter is not valid\""
            ),
            [
                "events:PutRule got ValidationException: \"Parameter is not valid\"",
                "events:PutRule got ValidationException",
            ],
            "the error is told last of all left out"
        );
        assert_eq!(
            called("CloudFormation called s3:CreateBucket and got BucketAlreadyExists"),
            ["s3:CreateBucket got BucketAlreadyExists"]
        );
        assert_eq!(
            by_a_person("AWSReservedSSO_Platform_1a2b/erin@example.com cancelled the update").as_deref(),
            Some("erin@example.com cancelled the update")
        );
        for other in [
            "shop/Queue failed",
            "erin@example.com cancelled the update",
            "arn:aws:sts::1:assumed-role/x/erin@example.com cancelled it",
            "role/erin@example.com called s3:GetObject",
        ] {
            assert_eq!(by_a_person(other), None, "{other}");
        }
        let quoted = only_quoted("the custom resource returned only: Setup failed");
        assert_eq!(quoted, Some("Setup failed"));
        assert_eq!(
            only_quoted(
                "CloudFormation says only: Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
            ),
            Some("ECS Deployment Circuit Breaker was triggered")
        );
        for other in [
            "the function called home",
            "it was called s3:GetObject",
            "a log says: no: only: x",
        ] {
            assert!(
                called(other).is_empty() && only_quoted(other).is_none(),
                "{other}"
            );
        }
    }

    #[test]
    fn a_list_has_what_was_denied_however_little_room_there_is() {
        let told = "Store: role exec was denied s3:CreateBucket on arn:aws:s3:::shop, since no identity-based policy allows it  (and 1 more)";
        let told = briefer(told);
        assert_eq!(
            told.last().map(String::as_str),
            Some("Store: denied s3:CreateBucket  (and 1 more)")
        );
        assert!(
            told.windows(2).all(|pair| pair[0].len() > pair[1].len()),
            "{told:?}"
        );
        let scp =
            "Store: role exec was denied s3:CreateBucket by an explicit deny in a service control policy";
        assert!(briefer(scp).contains(&"Store: denied s3:CreateBucket by an SCP".to_owned()));
        let check = "shop: Images (AWS::S3::Bucket): AWS::EarlyValidation::NAME failed: Resource of type 'AWS::S3::Bucket' with \
                     identifier 'shop-images' already exists.";
        assert_eq!(
            briefer(check).last().map(String::as_str),
            Some("shop › Images: 'shop-images' already exists")
        );
        for whole in [
            "Setup: its log says: access was denied to it",
            "Setup: somebody was denied entry, since it was late",
            "nothing",
        ] {
            assert_eq!(briefer(whole), [whole]);
        }
    }
}
