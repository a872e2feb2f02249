//! Properties that a sentence names with what they must be, must not be, or lack.

use std::sync::LazyLock;

use regex::Regex;

use super::{Complaint, shown, within};
use crate::domain::read::pattern::pattern;

static LISTED: [LazyLock<Regex>; 3] = [
    LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:valid|allowed|supported|permitted|possible|accepted) (?P<what>(?:[a-z\-]+ ){0,3}?(?:values?|types?|versions?|options?|zones|classes|names|regions|modes?|formats?|protocols?|sizes?|families|engines|keywords?|states|instances?))(?: for (?:the )?[\w.\-' ]{1,60}?)? ?(?:are|:|is one of|include)[: ]+(?P<set>\[[^\]]{1,900}\]|[^()]{1,600})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)(?:^|[.:] )(?P<what>[\w'. \-]{2,60}?) (?:must|should|can only|has to) (?:be set to|be|satisfy) (?:one of|either|any of)(?: the following(?: values)?)?:? (?P<set>\[[^\]]{1,900}\]|[^()]{1,600})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)\bin the following (?P<what>availability zones|zones|regions)[^:]{0,40}: (?P<set>[^()]{1,600})",
        )
    }),
];
static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:.{0,60}: )?(?:the )?(?:property |parameter |value of )?(?P<s>[\w.'\-]+(?: [\w.'\-]+){0,3}?) (?:can ?not|can't|must not|should not|may not) be (?:null or empty|empty or null|empty|null|blank|an empty string)\b|(?i)value \(\) for parameter (?P<t>[\w.]+) is invalid",
    )
});
static REQUIRED: [LazyLock<Regex>; 4] = [
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?:the )?(?:parameter |property )?(?P<s>[\w.'/,\- ]{2,120}?) (?:is|are) (?:also )?required\b(?P<w>.{0,240})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)\bmissing (?:the )?required (?:configuration|parameter|property|argument|field|key|attribute):? ['"\[]?(?P<s>[A-Za-z][\w.]+)(?P<w>)"#,
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?:the )?(?:parameter |property )?(?P<s>[\w.'/,\- ]{2,120}?) must (?:both |also )?be (?:specified|provided|set|selected|supplied|given|present)\b(?P<w>.{0,240})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?P<y>you must (?:also )?(?:specify|provide|supply|include|choose|select|enable|use) .{2,240})",
        )
    }),
];
static LIMITED: [LazyLock<Regex>; 3] = [
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?P<s>[\w'.\- ()]{2,100}?) (?:must|should|has to|have to|needs to) (?:be |have |be set to |contain )?(?:a value |a length )?(?P<op>at least|at most|less than or equal to|greater than or equal to|no more than|between|a multiple of|smaller than|less than|greater than|larger than|more than) (?P<n>.{1,200})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?P<s>[\w'.\- ()]{2,160}?) (?:can ?not|can't|must not|may not|should not) (?P<op>be longer than|exceed|be more than|be greater than|be larger than|be less than) (?P<n>.{1,120})",
        )
    }),
    LazyLock::new(|| {
        pattern(r"(?i)^(?:.{0,80}: )?(?P<s>[\w'.\- ]{2,80}?) (?:is|are) (?P<op>limited to) (?P<n>\d.{0,80})")
    }),
];
static EXCLUDED: [LazyLock<Regex>; 3] = [
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?:the )?(?:parameter |property )?(?P<a>[\w.'/,\- ]{2,100}?) (?:can ?not|can't|must not|may not|should not) be (?:used|set|specified|combined|provided|enabled) (?:together )?(?:with|when|if|in combination with|alongside|for) (?P<b>.{2,200})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?P<a>[\w.'/,\- ]{2,100}?) (?:is|are) only (?:supported|valid|allowed|available|permitted|applicable) (?P<b>(?:when|if|for|with|in|on) .{2,200})",
        )
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:.{0,80}: )?(?P<a>[\w.'/,\- ]{2,100}?) (?:is|are) not (?:supported|allowed|permitted) (?P<b>(?:when|if|for|with|in|on|by) .{2,200})",
        )
    }),
];
static REFUSED: [LazyLock<Regex>; 5] = [
    LazyLock::new(|| {
        pattern(r"(?i)value \((?P<v>[^)]{1,200})\) for parameter (?P<p>[\w.\[\]]{2,80}) is invalid")
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)\binvalid value ['"](?P<v>[^'"]{1,200})['"] for (?:the )?(?:parameter |property |attribute )?(?P<p>\w+(?: \w+){0,3})"#,
        )
    }),
    LazyLock::new(|| pattern(r"(?i)\bencountered unsupported property (?P<u>\w{1,80})")),
    LazyLock::new(|| {
        pattern(r"(?i)\bvalue of property (?P<p>[\w.]{1,80}) must be (?P<t>[a-z][\w <>]{2,60})")
    }),
    LazyLock::new(|| {
        pattern(
            r"(?i)^(?:the )?(?:parameter|property|value for) (?P<p>[\w.]{2,60}) is (?:not valid|invalid|malformed|not recognized)",
        )
    }),
];
/// A word of two or more capitals with small letters between: how properties are written.
static PROPERTY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+(?:\.[A-Z][A-Za-z0-9]+)*\b"));

/// Words in capitals and small letters that are no properties.
const NAMES: [&str; 34] = [
    "AppSync",
    "AutoScaling",
    "BadRequest",
    "CloudFormation",
    "CloudFront",
    "CloudTrail",
    "CloudWatch",
    "CodeBuild",
    "CodeCommit",
    "CodeDeploy",
    "CodePipeline",
    "CodeStar",
    "DynamoDb",
    "DynamoDB",
    "ElastiCache",
    "EventBridge",
    "GitHub",
    "GitLab",
    "GraphQL",
    "GuardDuty",
    "JavaScript",
    "MariaDB",
    "MySql",
    "MySQL",
    "OpenSearch",
    "OpenSsl",
    "PostgreSQL",
    "QuickSight",
    "SageMaker",
    "SecretsManager",
    "ServiceCatalog",
    "StackSet",
    "StackSets",
    "TypeScript",
];

/// The properties that a sentence names, each once.
pub(super) fn properties(sentence: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for one in PROPERTY.find_iter(sentence) {
        let word = one.as_str();
        let before = sentence.get(..one.start()).unwrap_or_default();
        let is_code = ["Exception", "Error", "Fault"]
            .iter()
            .any(|end| word.ends_with(end));
        let in_a_name = before.ends_with([':', '/', '-', '_', '@', '.']) && !before.ends_with(": ");
        if !is_code && !in_a_name && !NAMES.contains(&word) && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// A list of what is allowed.
pub(super) fn listed(failed: &Complaint<'_>) -> Option<String> {
    let text = failed.sentence;
    let found = LISTED.iter().find_map(|form| form.captures(text))?;
    let set = end_of_list(&found["set"]);
    let of_words = set
        .trim_matches(['[', ']'])
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .count();
    let is_list = set.starts_with('[') || set.contains(',') || set.contains(" or ") || of_words == 1;
    if !is_list || set.is_empty() || set == "AllowedValues" {
        return None;
    }
    let subject = REFUSED[0]
        .captures(text)
        .map(|found| found["p"].to_owned())
        .or_else(|| properties(text).first().map(|name| (*name).to_owned()))
        .or_else(|| found.name("what").map(|what| within(what.as_str().trim())))
        .unwrap_or_else(|| "what the sentence names".to_owned());
    Some(format!(
        "For {}, set {subject} to one of these: {}. Then deploy again.",
        failed.whom(),
        shown(set.trim_matches(['[', ']']))
    ))
}

/// A list ends with its bracket, or with its sentence.
fn end_of_list(set: &str) -> &str {
    let set = set.trim();
    if set.starts_with('[') {
        return set;
    }
    let end = set.find(". ").unwrap_or(set.len());
    set.get(..end)
        .unwrap_or(set)
        .trim_end_matches(['.', ' ', '"', ','])
}

/// What came out empty, or was left out.
pub(super) fn empty_or_missing(failed: &Complaint<'_>) -> Option<String> {
    let whom = failed.whom();
    let empty = failed.clauses().find_map(|clause| {
        let found = EMPTY.captures(clause)?;
        Some(found.name("s").or_else(|| found.name("t"))?.as_str().to_owned())
    });
    if let Some(what) = empty {
        return Some(format!(
            "Give {} of {whom} a value: it came out empty. Look at the parameter, the condition or the reference that it is made \
             from.",
            within(&what)
        ));
    }
    failed.clauses().find_map(|clause| {
        let found = REQUIRED.iter().find_map(|form| form.captures(clause))?;
        if let Some(words) = found.name("y") {
            let words = words.as_str().get("you must ".len()..)?;
            return Some(format!("For {whom}: {words}. Then deploy again."));
        }
        let what = found.name("s")?.as_str().trim();
        // `… does not have a key, which is required`: a clause of its own before it.
        if [" which", " does ", " is ", " has ", " that "]
            .iter()
            .any(|verb| what.contains(verb))
        {
            return None;
        }
        let what = within(what);
        let when = found.name("w").map(|when| when.as_str()).unwrap_or_default();
        let when = Some(when.trim())
            .filter(|when| !when.is_empty())
            .map(|when| format!(" ({when})"))
            .unwrap_or_default();
        Some(format!(
            "Add {what} to the properties of {whom}{when}, and deploy again."
        ))
    })
}

/// What must be more, less or within.
pub(super) fn limited(failed: &Complaint<'_>) -> Option<String> {
    failed.clauses().find_map(|clause| {
        let found = LIMITED.iter().find_map(|form| form.captures(clause))?;
        let subject = found["s"].trim();
        // `You should provide at least one`: people are brought to no number.
        if ["you", "we"].iter().any(|who| subject.eq_ignore_ascii_case(who)) {
            return None;
        }
        let what = within(subject);
        let n = found["n"].trim().replace('\'', "");
        let op = found["op"].to_ascii_lowercase();
        let to = match op.as_str() {
            "less than or equal to"
            | "no more than"
            | "be longer than"
            | "exceed"
            | "be more than"
            | "be greater than"
            | "be larger than"
            | "limited to" => format!("at most {n}"),
            "greater than or equal to" | "be less than" => format!("at least {n}"),
            "smaller than" | "less than" | "greater than" | "larger than" | "more than" => {
                format!("a value {op} {n}")
            }
            "between" => format!("a value between {n}"),
            other => format!("{other} {n}"),
        };
        let verb = if to.starts_with("at most") && to.ends_with("characters") {
            "shorten"
        } else {
            "bring"
        };
        Some(format!(
            "For {}, {verb} {what} to {to}. Then deploy again.",
            failed.whom()
        ))
    })
}

/// What cannot stand beside something else.
pub(super) fn excluded(failed: &Complaint<'_>) -> Option<String> {
    failed.clauses().find_map(|clause| {
        let (form, found) = EXCLUDED
            .iter()
            .enumerate()
            .find_map(|(index, form)| Some((index, form.captures(clause)?)))?;
        let (a, b) = (within(found["a"].trim()), found["b"].trim());
        // `Updates are not allowed`: of something that is done, and not of a property.
        if ["updates", "use of", "update of", "changes"]
            .iter()
            .any(|head| a.to_ascii_lowercase().starts_with(head))
        {
            return None;
        }
        let whom = failed.whom();
        Some(match form {
            0 => format!("Leave {a} out of {whom}, or change what it does not go with ({b})."),
            1 => format!("See to it that {whom} has what {a} needs ({b}), or leave it out."),
            _ => format!("Leave {a} out of {whom}, or name another value: it is not supported {b}."),
        })
    })
}

static OBLIGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:.{0,80}: )?(?P<s>[A-Za-z'][\w'.:/,()\- ]{2,160}?) (?:must|should|has to|have to|needs to|need to) (?P<v>(?:also )?(?:be|have|match|start|begin|end|contain|include|use|satisfy|exist|point|refer|not) .{2,240})",
    )
});
static IMPERATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:invalid request provided: )?(?:AWS::\w+::\w+: )?(?:please )?(?P<y>(?:use|specify|provide|select|choose|set|add|remove|enable|disable|update|upgrade|create|delete|modify|increase|decrease|reduce|apply|define|include|replace|ensure that|make sure) .{3,240})",
    )
});

/// `A must be B`: what has to be made so.
pub(super) fn obliged(failed: &Complaint<'_>) -> Option<String> {
    failed.clauses().find_map(|clause| {
        let found = OBLIGED.captures(clause)?;
        let (what, verb) = (found["s"].trim(), found["v"].trim());
        let lower = what.to_ascii_lowercase();
        let of_people = ["you", "we", "account", "please"]
            .iter()
            .any(|who| lower.ends_with(who));
        let is_clause = [
            "to ",
            "when ",
            "if ",
            "it ",
            "unrecognized ",
            "invalid ",
            "parameter '",
            "[",
        ]
        .iter()
        .any(|head| lower.starts_with(head));
        let holds_another = [" which", " that ", " because", " can only ", "("]
            .iter()
            .any(|word| lower.contains(word));
        if of_people || is_clause || holds_another {
            return None;
        }
        Some(format!(
            "For {}: let {} {verb}. Then deploy again.",
            failed.whom(),
            within(what)
        ))
    })
}

/// What the sentence tells people to do.
pub(super) fn asked_for(failed: &Complaint<'_>) -> Option<String> {
    failed.clauses().find_map(|clause| {
        let found = IMPERATIVE.captures(clause)?;
        let mut words = found["y"].trim_end_matches(", and try again").to_owned();
        // `Update to … mode are limited`, `Create TaskDefinition: …`: a noun, and the call.
        let is_noun = [" of ", " to "]
            .iter()
            .any(|next| words.find(next) == words.find(' '));
        if is_noun || words.contains(": ") {
            return None;
        }
        words.get_mut(..1)?.make_ascii_lowercase();
        Some(format!("For {}: {words}. Then deploy again.", failed.whom()))
    })
}

/// A value that is refused, with the property.
pub(super) fn refused(failed: &Complaint<'_>) -> Option<String> {
    let text = failed.sentence;
    let found = REFUSED.iter().find_map(|form| form.captures(text))?;
    let whom = failed.whom();
    if let Some(unknown) = found.name("u") {
        let shows = failed
            .schema_of()
            .map(|call| format!(": {call}"))
            .unwrap_or_default();
        return Some(format!(
            "Take {} out of the properties of {whom}, or correct its name (case counts){shows}.",
            unknown.as_str()
        ));
    }
    let property = found.name("p")?.as_str();
    if let Some(kind) = found.name("t") {
        return Some(format!(
            "Write {property} of {whom} as what it must be: {}.",
            kind.as_str().trim()
        ));
    }
    let is = found
        .name("v")
        .map(|value| format!(" (it is {})", shown(value.as_str())))
        .unwrap_or_default();
    Some(format!(
        "Correct {property}{is} in the properties of {whom}; the rest of the sentence and the type's documentation say what it may \
         be. Then deploy again."
    ))
}
