//! Steps that name what is known instead of leaving a place for it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::existing;
use crate::domain::read::pattern::{agreed, pattern};

/// What is known of a failure that a step may leave a place for.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepContext<'a> {
    /// What was said.
    pub sentence: &'a str,
    /// The stack's name.
    pub stack: Option<&'a str>,
    /// Its region.
    pub region: Option<&'a str>,
    /// Its account.
    pub account: Option<&'a str>,
}

/// What EC2 calls the things that network interfaces belong to, as it writes their ids and as a filter names them.
static OF_NETWORK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:subnet|sg|vpc)-[0-9a-f]{8,17}\b"));

/// How a step leaves the filter of network interfaces to the reader.
const FILTER: &str =
    "Name=group-id,Values=SG` (Name=subnet-id for a subnet, Name=vpc-id for a VPC or gateway)";
/// And how where the kind of thing is known.
const FILTER_OF: &str = "Name=subnet-id,Values=SUBNET`, or Name=group-id, Name=vpc-id)";

/// How a step leaves the region to the reader, where the account is told.
static OF_ACCOUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(aws://\d{12}/)REGION"));

/// How a step ends that sends to a function's log, where a request id is told to search it for.
pub const BY_REQUEST: &str = "log for the request id.";
/// How a step leaves the name that is taken to the reader.
const TAKEN: &str = "--physical-resource-id NAME`";

/// A step with what is known in the places that it leaves.
pub fn filled<'s>(step: &'s str, known: &StepContext<'_>) -> Cow<'s, str> {
    let mut step = of_whose_stack(step, known)
        .or_else(|| of_state(step, known.sentence))
        .map_or(Cow::Borrowed(step), Cow::Owned);
    // What is known is looked up only for a step that has a place for it.
    let mut put = |place: &str, value: &dyn Fn() -> Option<String>| {
        if step.contains(place)
            && let Some(value) = value()
        {
            step = Cow::Owned(step.replace(place, &value));
        }
    };
    let filter = || only_id(known.sentence).map(|(name, id)| format!("Name={name},Values={id}`"));
    put(FILTER, &filter);
    put(FILTER_OF, &|| Some(filter()? + ")"));
    put(TAKEN, &|| {
        let region = known.region.map(|region| format!(" --region {region}"));
        let name = existing::name(known.sentence)?;
        Some(format!(
            "--physical-resource-id {name}{}`",
            region.unwrap_or_default()
        ))
    });
    put("aws://ACCOUNT/", &|| Some(format!("aws://{}/", known.account?)));
    put("--region REGION", &|| Some(format!("--region {}", known.region?)));
    for end in ["`", " "] {
        put(&format!("--stack-name STACK{end}"), &|| {
            Some(format!("--stack-name {}{end}", known.stack?))
        });
    }
    // A region alone, without its account, is no place to bootstrap.
    if let Some(region) = known.region
        && let Some(found) = OF_ACCOUNT.captures(&step)
        && let (Some(whole), Some(account)) = (found.get(0), found.get(1))
    {
        step = Cow::Owned(step.replacen(whole.as_str(), &format!("{}{region}", account.as_str()), 1));
    }
    step
}

/// How a step tells apart whose stack has what the sentence names.
const ANOTHER: &str = "Of another stack: ";
const THIS: &str = " Of this stack: ";

/// The half of such a step that fits, where the sentence names a stack by its ARN and the failure's own is known.
fn of_whose_stack(step: &str, known: &StepContext<'_>) -> Option<String> {
    let (another, this) = step.strip_prefix(ANOTHER)?.split_once(THIS)?;
    let (_, rest) = known.sentence.split_once(":stack/")?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    let half = if known.stack? == name { this } else { another };
    let mut letters = half.chars();
    let first = letters.next()?.to_ascii_uppercase();
    Some(format!("{first}{}", letters.as_str()))
}

/// Of a step with a clause for each state (`ROLLBACK_COMPLETE, CREATE_FAILED: delete it.`) the one for the state that the
/// sentence names, with the clauses that are for all.
fn of_state(step: &str, sentence: &str) -> Option<String> {
    let is_state =
        |word: &str| word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let states = |clause: &str| -> Option<Vec<String>> {
        let (head, _) = clause.split_once(": ")?;
        let states: Vec<String> = head.split(", ").map(str::to_owned).collect();
        states.iter().all(|word| is_state(word)).then_some(states)
    };
    let clauses: Vec<&str> = step.split_inclusive(". ").collect();
    let mut named = sentence
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .filter(|word| is_state(word) && word.len() > 5);
    let state = named.next()?;
    let told = |clause: &str| states(clause).is_some_and(|states| states.iter().any(|word| word == state));
    if clauses.iter().filter(|clause| states(clause).is_some()).count() < 2
        || !clauses.iter().any(|clause| told(clause))
        || named.any(|other| other != state)
    {
        return None;
    }
    let kept = clauses
        .iter()
        .filter(|clause| states(clause).is_none() || told(clause));
    Some(kept.copied().collect::<String>().trim_end().to_owned())
}

/// The filter and the id of the one such thing that a sentence is about; none where it names several.
fn only_id(sentence: &str) -> Option<(&'static str, &str)> {
    let id = agreed(OF_NETWORK.find_iter(sentence).map(|found| found.as_str()))?;
    let name = match id.split_once('-')?.0 {
        "sg" => "group-id",
        "subnet" => "subnet-id",
        _ => "vpc-id",
    };
    Some((name, id))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const FIND: &str = "Find it with `aws ec2 describe-network-interfaces --filters Name=group-id,Values=SG` (Name=subnet-id for a \
                        subnet, Name=vpc-id for a VPC or gateway); wait.";

    #[rstest]
    #[case(
        "resource sg-0a1b2c3d has a dependent object",
        "--filters Name=group-id,Values=sg-0a1b2c3d`; wait."
    )]
    #[case(
        "The subnet 'subnet-0a1b2c3d4e5f60718' has dependencies",
        "--filters Name=subnet-id,Values=subnet-0a1b2c3d4e5f60718`; wait."
    )]
    // What would tempt it: two of them, an id of another kind, a word that begins so.
    #[case("sg-0a1b2c3d and sg-0a1b2c3e", "Values=SG` (Name=subnet-id for a subnet")]
    #[case("eni-0a1b2c3d is attached", "Values=SG` (")]
    #[case("the sg-default", "Values=SG` (")]
    fn what_is_in_use_is_named(#[case] sentence: &str, #[case] told: &str) {
        let known = StepContext {
            sentence,
            ..StepContext::default()
        };
        let step = filled(FIND, &known);
        assert!(step.contains(told), "{step}");
    }

    #[rstest]
    #[case(
        "Resource handler returned message: \"shop-logs already exists (Service: S3, Status Code: 0)\"",
        "shop-logs"
    )]
    #[case("Table already exists: orders-2", "orders-2")]
    // What would tempt it: a word of the sentence, a name that a shell would read.
    #[case("A listener already exists on this port", "NAME")]
    #[case("Bucket 'a;b' already exists", "NAME")]
    fn the_name_that_is_taken_is_put_in(#[case] sentence: &str, #[case] name: &str) {
        let known = StepContext {
            sentence,
            region: Some("eu-west-1").filter(|_| name != "NAME"),
            ..StepContext::default()
        };
        let region = if name == "NAME" { "" } else { " --region eu-west-1" };
        assert_eq!(
            filled(
                "`describe-stack-resources --physical-resource-id NAME` tells.",
                &known
            ),
            format!("`describe-stack-resources --physical-resource-id {name}{region}` tells.")
        );
    }

    #[test]
    fn a_step_is_of_the_stack_that_has_it() {
        let step = "Of another stack: take it out. Of this stack: keep the id.";
        let sentence =
            "jobs already exists in stack arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b";
        let of = |stack| {
            filled(
                step,
                &StepContext {
                    sentence,
                    stack,
                    ..StepContext::default()
                },
            )
            .into_owned()
        };
        assert_eq!(of(Some("shop")), "Keep the id.");
        assert_eq!(of(Some("net")), "Take it out.");
        assert_eq!(of(None), step);
    }

    #[test]
    fn a_step_is_of_the_state_that_is_named() {
        let step =
            "Read why. ROLLBACK_COMPLETE, CREATE_FAILED: delete it. UPDATE_ROLLBACK_FAILED: go on with it.";
        let of = |sentence| {
            filled(
                step,
                &StepContext {
                    sentence,
                    ..StepContext::default()
                },
            )
            .into_owned()
        };
        assert_eq!(
            of("x is in ROLLBACK_COMPLETE state"),
            "Read why. ROLLBACK_COMPLETE, CREATE_FAILED: delete it."
        );
        assert_eq!(
            of("x is in UPDATE_ROLLBACK_FAILED state"),
            "Read why. UPDATE_ROLLBACK_FAILED: go on with it."
        );
        // What would tempt it: a state without a clause, two states, none.
        for other in [
            "x is in DELETE_FAILED state",
            "from ROLLBACK_COMPLETE to UPDATE_ROLLBACK_FAILED",
            "no",
        ] {
            assert_eq!(of(other), step);
        }
    }

    #[test]
    fn account_region_and_stack_are_put_in_where_they_are_known() {
        let step = "Run `cdk bootstrap aws://ACCOUNT/REGION`, then `aws cloudformation continue-update-rollback --stack-name STACK`.";
        let known = StepContext {
            stack: Some("shop"),
            region: Some("eu-west-1"),
            account: Some("111122223333"),
            ..StepContext::default()
        };
        assert_eq!(
            filled(step, &known),
            "Run `cdk bootstrap aws://111122223333/eu-west-1`, then `aws cloudformation continue-update-rollback --stack-name shop`."
        );
        let half = StepContext {
            region: Some("eu-west-1"),
            ..StepContext::default()
        };
        assert_eq!(filled(step, &half), step);
        assert_eq!(filled(step, &StepContext::default()), step);
        assert_eq!(
            filled("`cdk bootstrap aws://111122223333/REGION`", &half),
            "`cdk bootstrap aws://111122223333/eu-west-1`"
        );
    }
}
