//! What else a text tells of a failure, in another line or form than its reason: the row of the resource, the one resource that
//! the stack's sum names, the region and the account, and in which state the stack was left.
//!
//! Only what stands in a parsed position counts (a row, a setting, an ARN of the stack, a tool's own words), and only where
//! it is the one candidate: two that contradict each other tell nothing.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::outcome::ONLY_ITS_STATUS;
use super::paste::{is_account, place_in, place_of, stack_name, told};
use super::{PastedFailure, deciding, nested, sentence, whereabouts};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::event_listing::{self, ListedEvent};
use crate::domain::read::pattern::{agreed, only, pattern};
use crate::domain::read::reason::{self, CascadeKind, Denial};

/// A longer text is a log of many things.
const LONGEST: usize = 256 * 1024;

/// Adds to the failures of a text what else it tells of them.
pub(super) fn join(said: &mut Vec<PastedFailure>, text: &str) {
    if text.len() > LONGEST || said.iter().all(|one| one.reason.is_empty()) {
        return;
    }
    let rows = event_listing::rows(text);
    if let [one] = said.as_mut_slice() {
        refused(one, text);
        from_request(one, text);
        name(one, &rows, text);
        deciding::tell(one, &rows, text);
    }
    without_sum(said, &rows);
    nested::place(said, text);
    let stacks = stacks(text);
    let (region, account) = (region(text), account(text));
    for one in said.iter_mut().filter(|one| !one.reason.is_empty()) {
        from_row(one, &rows);
        if one.stack.is_none() && Denial::read(&one.reason).is_some() {
            one.stack = whereabouts::only_stack(text);
        }
        place(one, &stacks, region.as_deref(), account.as_deref());
        one.left = one.left.take().or_else(|| left(one, &rows, text));
    }
}

/// The failed row of the resource that a failure names: its type and status.
fn from_row(one: &mut PastedFailure, rows: &[ListedEvent]) {
    let Some(name) = one.about.as_deref() else { return };
    let mut own = rows
        .iter()
        .filter(|row| row.logical_id == name && row.status.ends_with("_FAILED"));
    let Some(first) = own.next() else { return };
    let kind = first.resource_type.as_deref().filter(|kind| *kind != STACK_TYPE);
    if own.any(|other| other.resource_type != first.resource_type)
        || (one.kind.is_some() && one.kind.as_deref() != kind)
    {
        return;
    }
    one.kind = one.kind.take().or_else(|| kind.map(str::to_owned));
    one.status = one.status.take().or_else(|| Some(first.status.clone()));
}

/// The one resource that is told to have failed without a reason, beside the only reason.
fn name(one: &mut PastedFailure, rows: &[ListedEvent], text: &str) {
    let of_stack = reason::cascade(&one.reason).is_some() || event_listing::names_status(&one.reason);
    if one.about.is_some() || one.place.is_some() || of_stack {
        return;
    }
    let mut failed = rows
        .iter()
        .filter(|row| row.status.ends_with("_FAILED") && row.resource_type.as_deref() != Some(STACK_TYPE));
    let unreasoned = failed
        .next()
        .filter(|first| first.reason.is_empty() && failed.all(|other| other.logical_id == first.logical_id))
        .map(|row| row.logical_id.clone());
    if let Some(name) = unreasoned {
        let head = format!("{name} - ");
        let at = one
            .reason
            .find(&head)
            .filter(|at| *at == 0 || one.reason.starts_with("An error occurred:"));
        if let Some(reason) = at.and_then(|at| one.reason.get(at + head.len()..)) {
            one.reason = reason.to_owned();
        } else if !is_of_an_event(one) {
            return;
        }
        one.about = Some(name);
        return;
    }
    if is_of_an_event(one) {
        in_prose(one, text);
        one.about = one
            .about
            .take()
            .or_else(|| sentence::only_one(text))
            .or_else(|| only(&TICKED, text));
    }
}

/// `CREATE_FAILED - Custom::S3 - Photos.`, `` `Photos` failed to create with reason ` ``: what somebody writes of the resource.
static IN_PROSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b((?:CREATE|UPDATE|DELETE)_FAILED) - ((?:AWS::\w+|Custom)::\w+) - ([A-Za-z][A-Za-z0-9]+)\b|[`'\x22]([A-Za-z][A-Za-z0-9]{2,254})[`'\x22] (?:has )?failed(?: to \w+)? with (?:the )?(?:reason|error|message):? [`'\x22]",
    )
});

/// The one resource that somebody names so.
fn in_prose(one: &mut PastedFailure, text: &str) {
    let mut all = IN_PROSE.captures_iter(text);
    let (Some(found), None) = (all.next(), all.next()) else {
        return;
    };
    let part = |index: usize| found.get(index).map(|part| part.as_str().to_owned());
    one.status = one.status.take().or_else(|| part(1));
    one.kind = one.kind.take().or_else(|| part(2));
    one.about = part(3).or_else(|| part(4));
}

/// `` `PoolKey0065BCAA` ``: an id that cdk made, set apart in somebody's own words.
static TICKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"`([A-Z][A-Za-z0-9]{3,200}[0-9A-F]{8})`"));

/// `stack shop is currently being updated and cannot be deployed to: the reason of the update before`
static BUSY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bstack ([A-Za-z][\w-]*) is currently being (?:updated|created) and cannot be deployed to: ([^\n]{12,})",
    )
});

/// That a deployment was refused because the one before goes on, whose reason stands behind it.
fn refused(one: &mut PastedFailure, text: &str) {
    let Some(found) = BUSY.captures(text) else { return };
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    let key = one
        .reason
        .get(..one.reason.floor_char_boundary(24))
        .unwrap_or_default();
    if !key.is_empty() && (part(2).starts_with(key) || one.reason.contains(BEING_UPDATED)) {
        part(2).trim().clone_into(&mut one.reason);
        one.stack = one.stack.take().or_else(|| Some(part(1).to_owned()));
        one.note.get_or_insert_with(|| {
            format!(
                "this deployment was refused because {} is still at work; the reason is that of the deployment before it: wait until \
                 the stack is done, mend this, and deploy again",
                part(1)
            )
        });
    }
}

const BEING_UPDATED: &str = " and cannot be deployed to: ";

/// What a stack's sum says is told by its root, where each of the others that it names was only stopped.
fn without_sum(said: &mut Vec<PastedFailure>, rows: &[ListedEvent]) {
    let own: Vec<String> = said.iter().filter_map(|one| one.about.clone()).collect();
    let stopped = |name: &String| {
        rows.iter().any(|row| {
            row.logical_id == *name && reason::cascade(&row.reason) == Some(CascadeKind::Cancelled)
        })
    };
    said.retain(|one| match reason::cascade(&one.reason) {
        Some(CascadeKind::FailedResources { failed, .. }) => {
            let told = failed.iter().any(|name| own.contains(name));
            !told || !failed.iter().all(|name| own.contains(name) || stopped(name))
        }
        _ => true,
    });
}

/// The request of `CloudFormation` that a function logs when it is called: `Received event: {"RequestType": "Create", …}`.
fn from_request(one: &mut PastedFailure, text: &str) {
    let mut requests = text.lines().filter_map(|line| {
        let json = line
            .get(line.find('{')?..)
            .filter(|json| json.contains("\"LogicalResourceId\""))?;
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let members = values.next()?.ok()?.as_object()?.clone();
        members.contains_key("RequestType").then_some(members)
    });
    let (Some(members), None) = (requests.next(), requests.next()) else {
        return;
    };
    let arn = told(&members, "StackId").unwrap_or_default();
    one.about = one.about.take().or_else(|| told(&members, "LogicalResourceId"));
    one.kind = one.kind.take().or_else(|| told(&members, "ResourceType"));
    place_in(one, &arn);
}

/// Whether words are those of a resource's event, and not of the tool itself.
fn is_of_an_event(one: &PastedFailure) -> bool {
    one.status.as_deref().is_some_and(event_listing::names_status)
        || [
            "(RequestToken: ",
            "(Service: ",
            "Resource handler returned message",
            "HandlerErrorCode: ",
            "a response from your Custom Resource",
            "Received response status [FAILED]",
        ]
        .iter()
        .any(|words| one.reason.contains(words))
}

/// A stack by its ARN.
#[derive(Debug, PartialEq, Eq)]
struct StackAt {
    name: String,
    region: Option<String>,
    account: Option<String>,
}

static ARN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"arn:aws[\w-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/[A-Za-z][\w-]*/[\w-]+"));

fn stacks(text: &str) -> Vec<StackAt> {
    let mut found = Vec::new();
    for arn in ARN.find_iter(text).map(|arn| arn.as_str()) {
        let (region, account) = place_of(arn);
        let Some(name) = stack_name(arn) else { continue };
        let at = StackAt {
            name,
            region,
            account,
        };
        if !found.contains(&at) {
            found.push(at);
        }
    }
    found
}

/// A region as a setting, a command or a tool names the one it works in.
static REGION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)\bAWS_(?:DEFAULT_)?REGION["']?\s*[:=]\s*["']?([a-z]{2}(?:-[a-z]+)+-\d)\b|--region[ =]["']?([a-z]{2}(?:-[a-z]+)+-\d)\b|\busing region ([a-z]{2}(?:-[a-z]+)+-\d)\b|\baws://\d{12}/([a-z]{2}(?:-[a-z]+)+-\d)\b|:role/cdk-[a-z0-9]+-[a-z-]+-role-\d{12}-([a-z]{2}(?:-[a-z]+)+-\d)\b|^\W*(?:AWS )?[Rr]egion:\s+["']?([a-z]{2}(?:-[a-z]+)+-\d)\W*$|\b[Rr]egion(?:: | is | = | )[`'"]?([a-z]{2}(?:-[a-z]+)+-\d)\b"#,
    )
});

static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)\baws://(\d{12})/|:role/cdk-[a-z0-9]+-[a-z-]+-role-(\d{12})-|\bAWS_ACCOUNT(?:_ID)?["']?\s*[:=]\s*["']?(\d{12})\b|^\W*(?:AWS )?[Aa]ccount(?: ID)?:\s+["']?(\d{12})\W*$"#,
    )
});

fn region(text: &str) -> Option<String> {
    only(&REGION, text)
}

fn account(text: &str) -> Option<String> {
    only(&ACCOUNT, text).filter(|word| is_account(word))
}

/// Adds region and account: of the ARN of the failure's own stack, else those that the whole text is about.
fn place(one: &mut PastedFailure, stacks: &[StackAt], region: Option<&str>, account: Option<&str>) {
    let own = |at: &&StackAt| {
        [&one.stack, &one.about]
            .into_iter()
            .flatten()
            .any(|name| *name == at.name)
    };
    let mut named = stacks.iter().filter(own);
    let (at, again) = (named.next(), named.next());
    if again.is_some() {
        return;
    }
    if let Some(at) = at {
        one.region = one.region.take().or_else(|| at.region.clone());
        one.account = one.account.take().or_else(|| at.account.clone());
        return;
    }
    // The ARN of another stack says that the text is about more than one place.
    let elsewhere =
        |value: &str, of: fn(&StackAt) -> Option<&str>| stacks.iter().any(|at| of(at) != Some(value));
    if let Some(region) = region.filter(|region| !elsewhere(region, |at| at.region.as_deref())) {
        one.region = one.region.take().or_else(|| Some(region.to_owned()));
    }
    if let Some(account) = account.filter(|account| !elsewhere(account, |at| at.account.as_deref())) {
        one.account = one.account.take().or_else(|| Some(account.to_owned()));
    }
}

/// How tools say in which state a stack was left, and which stack it is where they name it.
static LEFT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:[Tt]he stack named ([A-Za-z][\w-]*) failed (?:creation|to deploy)[^\n]{0,80}?: |[Ss]tack ([A-Za-z][\w-]*) did not complete successfully and exited with status |unexpected state '|[Ss]tack status(?: is)?: ?|reached an unexpected (?:state|status): )(ROLLBACK_COMPLETE|ROLLBACK_FAILED|ROLLBACK_IN_PROGRESS|UPDATE_ROLLBACK_FAILED)\b",
    )
});

/// The state in which the failure's stack was left, where it is one that allows no deployment.
fn left(one: &PastedFailure, rows: &[ListedEvent], text: &str) -> Option<String> {
    let own = |name: &str| {
        let known = one.stack.as_deref().or(one.about.as_deref());
        known.is_none_or(|known| known == name || one.stack.is_none())
    };
    let mut told: Vec<&str> = Vec::new();
    for found in LEFT.captures_iter(text) {
        let name = found.get(1).or_else(|| found.get(2)).map(|name| name.as_str());
        if name.is_none_or(own)
            && let Some(status) = found.get(3)
        {
            told.push(status.as_str());
        }
    }
    let stack = one.stack.as_deref();
    let ended = rows.iter().rfind(|row| Some(row.logical_id.as_str()) == stack);
    told.extend(
        ended
            .map(|row| row.status.as_str())
            .filter(|status| blocks(status)),
    );
    told.extend(one.status.as_deref().filter(|status| blocks(status)));
    left_as(one, told)
}

/// The state in which the status of a failure itself says that the stack was left.
pub(super) fn left_by_status(one: &PastedFailure) -> Option<String> {
    left_as(
        one,
        one.status
            .as_deref()
            .filter(|status| blocks(status))
            .into_iter()
            .collect(),
    )
}

/// The one state that was told; none where several contradict each other, or the step speaks of it already.
fn left_as(one: &PastedFailure, mut told: Vec<&str>) -> Option<String> {
    // A rollback that goes on where one place is read has ended where another is.
    if told.iter().any(|status| !status.ends_with("_IN_PROGRESS")) {
        told.retain(|status| !status.ends_with("_IN_PROGRESS"));
    }
    let state = agreed(told)?;
    let spoken_of = one.note.as_deref() == Some(ONLY_ITS_STATUS) && state == "ROLLBACK_COMPLETE"
        || one.reason.contains(" state and can");
    (!spoken_of).then(|| state.to_owned())
}

/// Whether a stack in this state can neither be created nor updated as it is.
fn blocks(status: &str) -> bool {
    matches!(
        status,
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_FAILED"
    )
}

/// What is to be done with a stack that was left so, once the cause is mended; none where it can be updated.
pub fn after_it(status: &str, stack: Option<&str>) -> Option<String> {
    let name = stack.unwrap_or("STACK");
    Some(match status {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "ROLLBACK_IN_PROGRESS" => {
            let when = if status == "ROLLBACK_IN_PROGRESS" {
                "once it is rolled back"
            } else {
                "as it is"
            };
            format!(
                "the first creation failed ({status}): {when}, the stack can only be deleted (`aws cloudformation delete-stack \
                 --stack-name {name}`; some tools do so by themselves) and then created again"
            )
        }
        "UPDATE_ROLLBACK_FAILED" => format!(
            "the stack is in UPDATE_ROLLBACK_FAILED: it takes no update before `aws cloudformation continue-update-rollback \
             --stack-name {name}`, if need be with --resources-to-skip for what cannot go back"
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn joined(mut one: PastedFailure, text: &str) -> PastedFailure {
        if one.reason.is_empty() {
            "it is there (Service: Sqs, Status Code: 400)".clone_into(&mut one.reason);
        }
        let mut said = vec![one];
        join(&mut said, text);
        said.pop().unwrap_or_default()
    }

    fn of_stack(name: &str) -> PastedFailure {
        PastedFailure {
            stack: Some(name.to_owned()),
            ..PastedFailure::default()
        }
    }

    #[rstest]
    #[case("using region eu-west-3\n", Some("eu-west-3"), None)]
    #[case(
        "Bootstrapping aws://111122223333/eu-west-1...\n",
        Some("eu-west-1"),
        Some("111122223333")
    )]
    #[case(
        "  env:\n    AWS_DEFAULT_REGION: eu-west-1\n    AWS_REGION: eu-west-1\n",
        Some("eu-west-1"),
        None
    )]
    #[case("$ aws x --region us-east-2 --stack-name shop\n", Some("us-east-2"), None)]
    #[case("  Region: \teu-west-1\n", Some("eu-west-1"), None)]
    #[case(
        "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b and --region us-east-1\n",
        Some("eu-west-1"),
        Some("111122223333")
    )]
    // What would tempt it: two regions, another stack's place, a region in prose and in another service's ARN.
    #[case("AWS_REGION=eu-west-1\naws x --region us-east-2\n", None, None)]
    #[case(
        "--region us-east-1\narn:aws:cloudformation:eu-west-1:111122223333:stack/other/0a1b\n",
        None,
        None
    )]
    #[case("It works in us-east-1, and not here\n", None, None)]
    #[case("arn:aws:sqs:eu-west-1:111122223333:jobs\n", None, None)]
    fn the_place_is_told_where_there_is_one(
        #[case] text: &str,
        #[case] region: Option<&str>,
        #[case] account: Option<&str>,
    ) {
        let one = joined(of_stack("shop"), text);
        assert_eq!((one.region.as_deref(), one.account.as_deref()), (region, account));
    }

    #[rstest]
    #[case(
        "CloudFormation - CREATE_FAILED - AWS::SQS::Queue - Jobs\nCloudFormation - UPDATE_ROLLBACK_IN_PROGRESS - \
         AWS::CloudFormation::Stack - shop\n",
        Some("Jobs")
    )]
    #[case("The following resource(s) failed to create: [Jobs].\n", Some("Jobs"))]
    // What would tempt it: two, and one that has a reason of its own.
    #[case(
        "CloudFormation - CREATE_FAILED - AWS::SQS::Queue - Jobs\nCloudFormation - CREATE_FAILED - AWS::SQS::Queue - News\n",
        None
    )]
    #[case("The following resource(s) failed to create: [Jobs, News].\n", None)]
    fn the_only_resource_is_named(#[case] text: &str, #[case] wanted: Option<&str>) {
        assert_eq!(joined(PastedFailure::default(), text).about.as_deref(), wanted);
    }

    #[test]
    fn a_resource_in_a_sentence_is_named() {
        let one = joined(
            PastedFailure::default(),
            "After an hour I only have CREATE_FAILED - Custom::S3 - PhotosS31.\n",
        );
        assert_eq!(
            (one.about.as_deref(), one.kind.as_deref()),
            (Some("PhotosS31"), Some("Custom::S3"))
        );
        let one = joined(
            PastedFailure::default(),
            "1. `Balancer` failed to create with reason `it is there`\n",
        );
        assert_eq!(one.about.as_deref(), Some("Balancer"));
        let two = "`Balancer` failed to create with reason `no`, `Jobs` failed to create with reason `no`\n";
        assert_eq!(joined(PastedFailure::default(), two).about, None);
    }

    #[test]
    fn a_deployment_that_was_refused_says_so() {
        let text = "✘ deploy: stack shop is currently being updated and cannot be deployed to: it is there (Service: Sqs, Status Code: 400)\n";
        let one = joined(PastedFailure::default(), text);
        assert_eq!(one.stack.as_deref(), Some("shop"));
        assert!(one.note.is_some_and(|note| note.contains("still at work")));
    }

    #[test]
    fn the_request_that_a_function_logs_names_its_resource() {
        let logged = "[INFO] 0a Received event: {\"RequestType\": \"Create\", \"StackId\": \"arn:aws:cloudformation:eu-west-1:111122223333:\
                      stack/shop/0a1b\", \"LogicalResourceId\": \"Jobs\", \"ResourceType\": \"Custom::Jobs\"}\n";
        let one = joined(PastedFailure::default(), logged);
        assert_eq!(
            (one.about.as_deref(), one.stack.as_deref(), one.region.as_deref()),
            (Some("Jobs"), Some("shop"), Some("eu-west-1"))
        );
        // Two requests tell nothing.
        let twice = format!("{logged}{}", logged.replace("\"Jobs\"", "\"News\""));
        assert_eq!(joined(PastedFailure::default(), &twice).about, None);
    }

    #[test]
    fn a_sum_goes_where_its_root_is_told() {
        let of = |names: &str, text: &str| {
            let mut said = vec![
                PastedFailure {
                    about: Some("Jobs".to_owned()),
                    reason: "it is there (Service: Sqs)".to_owned(),
                    ..PastedFailure::default()
                },
                PastedFailure {
                    reason: format!("The following resource(s) failed to create: [{names}]."),
                    ..PastedFailure::default()
                },
            ];
            join(&mut said, text);
            said.len()
        };
        let row = "| CREATE_FAILED | AWS::SNS::Topic | News | Resource creation cancelled |\n";
        assert_eq!(of("Jobs, News", row), 1);
        assert_eq!(of("Jobs, News", ""), 2);
        assert_eq!(of("News", row), 2);
    }

    #[test]
    fn a_tools_own_words_are_of_no_resource() {
        let one = PastedFailure {
            reason: "Unable to locate credentials".to_owned(),
            ..PastedFailure::default()
        };
        let text = "The following resource(s) failed to create: [Jobs].\n";
        assert_eq!(joined(one, text).about, None);
    }

    #[test]
    fn the_row_of_a_resource_tells_its_type() {
        let named = |text: &str| {
            let one = PastedFailure {
                about: Some("Jobs".to_owned()),
                ..PastedFailure::default()
            };
            let one = joined(one, text);
            (one.kind, one.status)
        };
        assert_eq!(
            named("CloudFormation - CREATE_FAILED - AWS::SQS::Queue - Jobs\n"),
            (
                Some("AWS::SQS::Queue".to_owned()),
                Some("CREATE_FAILED".to_owned())
            )
        );
        assert_eq!(
            named("CloudFormation - CREATE_COMPLETE - AWS::SQS::Queue - Jobs\n"),
            (None, None)
        );
        assert_eq!(
            named("CloudFormation - CREATE_FAILED - AWS::SQS::Queue - News\n"),
            (None, None)
        );
    }

    #[rstest]
    #[case(
        "The stack named shop failed creation, it may need to be manually deleted from the AWS console: ROLLBACK_COMPLETE: no\n",
        Some("ROLLBACK_COMPLETE")
    )]
    #[case(
        "Failed. Current stack status: ROLLBACK_COMPLETE. Reason: no\n",
        Some("ROLLBACK_COMPLETE")
    )]
    #[case(
        "The stack named shop failed to deploy: UPDATE_ROLLBACK_FAILED: no\n",
        Some("UPDATE_ROLLBACK_FAILED")
    )]
    // What would tempt it: another stack's, one that can be updated, words of somebody, and two that contradict.
    #[case("The stack named other failed to deploy: ROLLBACK_COMPLETE: no\n", None)]
    #[case("The stack named shop failed to deploy: UPDATE_ROLLBACK_COMPLETE: no\n", None)]
    #[case("Why is it ROLLBACK_COMPLETE?\n", None)]
    #[case(
        "unexpected state 'ROLLBACK_COMPLETE'\nunexpected state 'UPDATE_ROLLBACK_FAILED'\n",
        None
    )]
    fn the_state_in_which_the_stack_was_left_is_told(#[case] text: &str, #[case] wanted: Option<&str>) {
        assert_eq!(joined(of_stack("shop"), text).left.as_deref(), wanted);
    }
}
