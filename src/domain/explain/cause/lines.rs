//! The log lines of one failure: its function's or task's, and of those the very invocation where it can be
//! told.

mod gone_on;
mod lived_through;
mod telling;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};

use super::{LineWeight, MatchedLine};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::described_function;
use crate::domain::deployment::runs;
use crate::domain::deployment::signal;
use crate::domain::explain::matching::{TaskEnd, task_end};
use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::log::{LogGroup, LogLine};
use crate::domain::model::source::Phrases;
use crate::domain::session::{LogState, Session};
pub(crate) use gone_on::{is_gone_on_from, is_work};
pub(super) use lived_through::{Exits, logged_denials};
pub(super) use telling::is_warning;
pub use telling::{ErrorSpecificity, is_error, telling};

/// Lines from shortly before the resource was begun ...
const BEFORE: TimeDelta = TimeDelta::seconds(5);
/// ... to a little after it failed: a function goes on writing after it has answered.
const AFTER: TimeDelta = TimeDelta::seconds(60);
/// At most so many lines are kept for one failure.
const KEPT: usize = 2_000;

/// A log group of a failure, and its stream where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupOfFailure {
    /// The group.
    pub group: LogGroup,
    /// The stream.
    pub stream: Option<String>,
    /// Only streams named after one of these instances.
    pub instances: Vec<String>,
}

/// The log groups that a failure's lines stand in.
pub fn log_groups(session: &Session, failure: &Failure) -> Vec<GroupOfFailure> {
    let mut found = BTreeSet::new();
    if let Some(arn) = failure.function_arn() {
        let region = Arn::region_of(arn).unwrap_or_else(|| failure.key.stack_id.region());
        let name = described_function(session, arn).map_or_else(
            || format!("/aws/lambda/{}", function_name(arn)),
            |function| function.log_group.clone(),
        );
        found.insert(GroupOfFailure {
            group: LogGroup {
                region: region.to_owned(),
                name,
            },
            stream: failure.facts.log_stream.clone(),
            instances: Vec::new(),
        });
    }
    let beside = crate::domain::deployment::custom_resource::groups_beside(session, failure);
    found.extend(beside.into_iter().map(|group| GroupOfFailure {
        group,
        stream: None,
        instances: Vec::new(),
    }));
    let mine = session.statements().filter(|statement| {
        statement.stack_id == failure.key.stack_id && statement.logical_id == failure.event.logical_id
    });
    for (name, stream) in mine.flat_map(|statement| &statement.logs) {
        found.insert(GroupOfFailure {
            group: LogGroup {
                region: failure.key.stack_id.region().to_owned(),
                name: name.clone(),
            },
            stream: stream.clone(),
            instances: Vec::new(),
        });
    }
    found.extend(of_instances(session, failure));
    found.into_iter().collect()
}

/// The log groups in which instances that did not signal may have written: what was read of them.
fn of_instances(session: &Session, failure: &Failure) -> Vec<GroupOfFailure> {
    let instances = signal::instances(session, failure);
    if instances.is_empty() {
        return Vec::new();
    }
    let ids: Vec<String> = instances.into_iter().map(|instance| instance.id).collect();
    let read = session.logs().keys();
    signal::log_groups(session, failure)
        .into_iter()
        .chain(signal::usual_groups(failure))
        .filter(|group| read.clone().any(|known| known == group))
        .map(|group| GroupOfFailure {
            group,
            stream: None,
            instances: ids.clone(),
        })
        .collect()
}

/// The lines that belong to a failure, oldest first.
pub fn lines(session: &Session, failure: &Failure) -> Vec<MatchedLine> {
    let mut found: Vec<MatchedLine> = Vec::new();
    for of in log_groups(session, failure) {
        if let Some(log) = session.logs().get(&of.group) {
            found.extend(lines_of_group(log, &of, failure));
        }
    }
    found.sort_by(|a, b| (&a.line, &a.group).cmp(&(&b.line, &b.group)));
    found.dedup();
    let past = runs::logs_past(session, failure);
    for line in &mut found {
        let log = (line.group.name.clone(), Some(line.line.stream.clone()));
        if !past.is_empty() && past.contains(&log) {
            line.weight = LineWeight::Context;
        }
    }
    gone_on::pass_over(&mut found);
    lived_through::pass_over(
        &mut found,
        failure,
        &Exits::told(runs::standing(session, failure).into_iter()),
    );
    if found.len() > KEPT {
        // What says least goes first; what is left keeps its order.
        let mut weights: Vec<(LineWeight, usize)> = found
            .iter()
            .enumerate()
            .map(|(at, line)| (line.weight, at))
            .collect();
        weights.sort_unstable();
        let kept: BTreeSet<usize> = weights.into_iter().take(KEPT).map(|(_, at)| at).collect();
        let mut at = 0;
        found.retain(|_| {
            at += 1;
            kept.contains(&(at - 1))
        });
    }
    found
}

fn lines_of_group(log: &LogState, of: &GroupOfFailure, failure: &Failure) -> Vec<MatchedLine> {
    let mut window = window(log, failure, of);
    window.retain(|line| of.is_wanted(&line.stream));
    let invocation = InvocationLines::find(&window, failure);
    let streamed = of
        .stream
        .as_ref()
        .is_some_and(|stream| window.iter().any(|line| line.stream == *stream));
    window
        .iter()
        .enumerate()
        .filter(|(at, line)| match &invocation {
            Some(invocation) => invocation.holds(*at),
            None => !streamed || of.stream.as_deref() == Some(line.stream.as_str()),
        })
        .map(|(_, line)| MatchedLine {
            group: of.group.clone(),
            weight: weight(&line.message, invocation.is_some()),
            line: (*line).clone(),
        })
        .collect()
}

impl GroupOfFailure {
    /// Whether a stream may hold lines of the failure: all may where nothing tells instances apart.
    pub(crate) fn is_wanted(&self, stream: &str) -> bool {
        let named = |id: &String| stream.contains(id.as_str());
        self.instances.is_empty() || self.instances.iter().any(named)
    }
}

fn window<'b>(log: &'b LogState, failure: &Failure, of: &GroupOfFailure) -> Vec<&'b LogLine> {
    // An instance writes before anything waits for its signal.
    let before = if of.instances.is_empty() {
        BEFORE
    } else {
        BEFORE + signal::EARLIER
    };
    let from = failure
        .started_at
        .checked_sub_signed(before)
        .unwrap_or(failure.started_at);
    let to = failure
        .failed_at()
        .checked_add_signed(AFTER)
        .unwrap_or_else(|| failure.failed_at());
    let key = |at: DateTime<Utc>| (at, String::new(), String::new());
    let end = to.checked_add_signed(TimeDelta::milliseconds(1)).unwrap_or(to);
    if from >= end {
        return Vec::new();
    }
    log.lines
        .range(key(from)..key(end))
        .map(|(_, line)| line)
        .collect()
}

/// The lines of one invocation of a function, by their places in the window.
struct InvocationLines {
    places: BTreeSet<usize>,
}

impl InvocationLines {
    /// The invocation whose lines carry the custom resource request's id.
    fn find(lines: &[&LogLine], failure: &Failure) -> Option<Self> {
        let wanted = failure.facts.custom_resource_request_id.as_deref()?;
        let mut places = BTreeSet::new();
        let marked = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.message.contains(wanted));
        for (at, line) in marked.take(64) {
            places.extend(
                around(lines, at, &line.stream)
                    .filter(|place| lines.get(*place).is_some_and(|other| other.stream == line.stream)),
            );
        }
        (!places.is_empty()).then_some(Self { places })
    }

    fn holds(&self, at: usize) -> bool {
        self.places.contains(&at)
    }
}

/// From the START before a line to the REPORT after it, in its stream. A function works on one request of a
/// stream at a time.
fn around(lines: &[&LogLine], at: usize, stream: &str) -> RangeInclusive<usize> {
    let of_stream = |place: &usize| lines.get(*place).is_some_and(|line| line.stream == stream);
    let begins = |place: &usize| {
        lines
            .get(*place)
            .is_some_and(|line| begins_invocation(&line.message))
    };
    let from = (0..=at)
        .rev()
        .filter(of_stream)
        .find(begins)
        .unwrap_or_else(|| (0..=at).find(of_stream).unwrap_or(at));
    let mut to = at;
    for place in (at + 1..lines.len()).filter(of_stream) {
        if begins(&place) {
            break;
        }
        to = place;
    }
    from..=to
}

/// Whether one program, or one instance, wrote both lines: an instance has a stream for each of its logs.
pub(super) fn is_of_one_writer(one: &MatchedLine, other: &MatchedLine) -> bool {
    let (left, right) = (&one.line.stream, &other.line.stream);
    let instance = instance_in(left);
    one.group == other.group && (left == right || (instance.is_some() && instance == instance_in(right)))
}

/// Whether an instance wrote a line: its stream is called after it.
pub(super) fn is_of_instance(line: &MatchedLine) -> bool {
    instance_in(&line.line.stream).is_some()
}

/// The id of an instance by which a stream is called.
fn instance_in(stream: &str) -> Option<&str> {
    let mut parts = stream.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    parts.find(|part| {
        let id = part.strip_prefix("i-").unwrap_or_default();
        [8, 17].contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Whether Lambda says with a line that an invocation begins.
pub(super) fn begins_invocation(message: &str) -> bool {
    message.starts_with("START RequestId:") || message.contains("\"platform.start\"")
}

fn weight(message: &str, of_the_request: bool) -> LineWeight {
    if is_error(message) {
        LineWeight::Error
    } else if of_the_request {
        LineWeight::Request
    } else {
        LineWeight::Context
    }
}

/// How much a service's statement says of what went wrong; none where it reports nothing bad. A container that
/// ended badly has said why in its log, if at all. `phrases` are those that its source declares.
pub fn stating(text: &str, phrases: &Phrases) -> Option<ErrorSpecificity> {
    let lower: String = text.chars().take(8_192).collect::<String>().to_ascii_lowercase();
    let any = |known: &[&str]| known.iter().any(|words| lower.contains(words));
    let grade = match (any(phrases.troubles), any(phrases.routine)) {
        (true, _) => Some(telling(text).unwrap_or(ErrorSpecificity::NamedError)),
        (false, true) => return None,
        (false, false) => telling(text),
    };
    if grade.is_some_and(|grade| grade <= ErrorSpecificity::NamedError) {
        return grade;
    }
    if task_end(text) == Some(TaskEnd::Exited) {
        return Some(ErrorSpecificity::Report);
    }
    let summary = any(phrases.summaries);
    grade.map(|grade| {
        if summary {
            ErrorSpecificity::Vague
        } else {
            grade.min(ErrorSpecificity::NamedError)
        }
    })
}

/// Whether the service told later that the trouble a statement reports is over.
pub(super) fn is_over<'t>(text: &str, mut later: impl Iterator<Item = &'t str>, phrases: &Phrases) -> bool {
    let speaks = |text: &str, of: &str| text.to_ascii_lowercase().contains(of);
    let mine: Vec<&str> = phrases
        .relief
        .iter()
        .filter(|(trouble, _)| speaks(text, trouble))
        .map(|(_, relief)| *relief)
        .collect();
    !mine.is_empty() && later.any(|text| mine.iter().any(|relief| speaks(text, relief)))
}

/// Whether a service's statement reports anything bad.
pub(crate) fn reports_trouble(text: &str) -> bool {
    stating(text, &Phrases::NONE).is_some()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::model::source::declared;

    #[rstest]
    #[case("KeyError: 'SMTP_RELAY_HOST' is not set", Some(ErrorSpecificity::NamedError))]
    #[case("TypeError: x is not a function", Some(ErrorSpecificity::NamedError))]
    #[case("OSError: [Errno 28]", Some(ErrorSpecificity::NamedError))]
    #[case(
        "botocore.exceptions.ClientError: An error",
        Some(ErrorSpecificity::NamedError)
    )]
    #[case(
        "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
        Some(ErrorSpecificity::NamedError)
    )]
    #[case(
        "an error occurred (see above) while calling home",
        Some(ErrorSpecificity::Ending)
    )]
    #[case("Error: something", Some(ErrorSpecificity::Vague))]
    #[case("lastError = none", Some(ErrorSpecificity::Vague))]
    #[case("all is well", None)]
    #[case("GET /healthz 500 no migrations", Some(ErrorSpecificity::Vague))]
    #[case(r#"10.0.0.1 "GET /healthz HTTP/1.1" 503 12"#, Some(ErrorSpecificity::Vague))]
    #[case("GET /orders/500 200 12 ms", None)]
    #[case("GET /healthz 200 512", None)]
    #[case(
        r#"[provider-framework] submit response to cloudformation {"Status":"FAILED","Reason":"Error: it could not be prepared"}"#,
        None
    )]
    #[case(
        r#"Response body: {"Status": "FAILED", "Reason": "See the details", "PhysicalResourceId": "x"}"#,
        None
    )]
    #[case(
        r#"{"Status":"FAILED","Reason":"KeyError: 'HOST' is not set"}"#,
        Some(ErrorSpecificity::NamedError)
    )]
    #[case(r#"upstream answered {"status":"failed"}"#, Some(ErrorSpecificity::Vague))]
    fn an_error_of_a_type_has_a_name(#[case] line: &str, #[case] told: Option<ErrorSpecificity>) {
        assert_eq!(telling(line), told);
    }

    #[rstest]
    #[case(
        "(service mail) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
        Some(ErrorSpecificity::Vague)
    )]
    #[case(
        "Essential container in task exited; mail exited with 1",
        Some(ErrorSpecificity::Report)
    )]
    #[case("Essential container in task exited; mail exited with 0", None)]
    #[case(
        "OutOfMemoryError: Container killed due to memory usage",
        Some(ErrorSpecificity::NamedError)
    )]
    #[case(
        "Task failed ELB health checks in (target-group x)",
        Some(ErrorSpecificity::NamedError)
    )]
    #[case(
        "Task failed ELB health checks in (target-group x); mail exited with 143",
        Some(ErrorSpecificity::NamedError)
    )]
    #[case("(service mail) has started 1 tasks", None)]
    fn a_summary_is_no_cause(#[case] text: &str, #[case] told: Option<ErrorSpecificity>) {
        assert_eq!(stating(text, &declared::ECS.phrases), told);
    }

    /// What could not be started at first and was a minute later does not explain that it never signalled.
    #[rstest]
    #[case("Failed: Launching a new EC2 instance.  Status Reason: No room in eu-west-1a.", &["Successful: Launching a new EC2 instance: i-1"], true)]
    #[case("Failed: Launching a new EC2 instance.  Status Reason: No room in eu-west-1a.", &["Failed: Launching a new EC2 instance.", "Successful: Terminating EC2 instance: i-1"], false)]
    #[case("Failed: Launching a new EC2 instance.", &[], false)]
    #[case("Successful: Terminating EC2 instance: i-1. .. in response to an ELB system health check failure.", &["Successful: Launching a new EC2 instance: i-2"], false)]
    fn trouble_is_over_when_the_service_says_so(
        #[case] text: &str,
        #[case] later: &[&str],
        #[case] over: bool,
    ) {
        let phrases = &declared::AUTO_SCALING.phrases;
        assert!(stating(text, phrases).is_some());
        assert_eq!(is_over(text, later.iter().copied(), phrases), over);
    }

    #[rstest]
    #[case(
        "Successful: Launching a new EC2 instance: i-1. At .. an instance was started in response to a difference between desired and actual capacity",
        false
    )]
    #[case(
        "Successful: Terminating EC2 instance: i-1. At .. a user request force deleted the group",
        false
    )]
    #[case("Cancelled: Launching a new EC2 instance: i-1", false)]
    #[case(
        "Cancelled: Launching a new EC2 instance: i-1. Lifecycle Action with token 7 was abandoned: Heartbeat Timeout",
        true
    )]
    #[case(
        "Failed: Launching a new EC2 instance.  Status Reason: You have requested more vCPU capacity than your current vCPU limit of 8 allows",
        true
    )]
    fn a_groups_routine_is_no_trouble(#[case] text: &str, #[case] trouble: bool) {
        let told = trouble.then_some(ErrorSpecificity::NamedError);
        assert_eq!(stating(text, &declared::AUTO_SCALING.phrases), told);
    }

    #[rstest]
    #[case("error of A (AWS::CloudFormation::Stack): User Initiated", None)]
    #[case("error of B (AWS::EC2::RouteTable): Resource creation cancelled", None)]
    #[case(
        "error of A (AWS::CloudFormation::Stack): The following resource(s) failed to create: [C].",
        Some(ErrorSpecificity::Vague)
    )]
    #[case(
        "error of C (AWS::S3::Bucket): reports already exists",
        Some(ErrorSpecificity::NamedError)
    )]
    fn of_a_products_errors_only_its_own_count(#[case] text: &str, #[case] told: Option<ErrorSpecificity>) {
        assert_eq!(stating(text, &declared::SERVICE_CATALOG.phrases), told);
    }

    #[rstest]
    #[case("DB instance created", false)]
    #[case("Backing up DB instance", false)]
    #[case("Backup failed once and is tried again", false)]
    #[case("Applying maintenance: a failed disk of the host is replaced", false)]
    #[case("Database instance put into incompatible-network. No subnets", true)]
    #[case("Database instance put into incompatible-parameters during maintenance", true)]
    #[case("DB instance put into failed state", true)]
    #[case("Database instance put into insufficient-capacity", true)]
    #[case(
        "Database instance put into inaccessible-encryption-credentials. The KMS key is not accessible",
        true
    )]
    #[case("Database instance put into available", false)]
    #[case("The DB instance could not be started", true)]
    fn a_databases_routine_is_no_trouble_unless_trouble_is_named(#[case] text: &str, #[case] trouble: bool) {
        let told = trouble.then_some(ErrorSpecificity::NamedError);
        assert_eq!(stating(text, &declared::RDS.phrases), told);
    }

    /// What it went on without need not be why it does not start.
    #[rstest]
    #[case(
        "Amazon RDS was unable to configure enhanced monitoring and this feature has been disabled",
        None
    )]
    #[case(
        "Unable to export logs to CloudWatch Logs: the log type upgrade was not found",
        Some(ErrorSpecificity::Vague)
    )]
    #[case(
        "Unable to reset the master credentials. Cannot connect to the DB instance",
        Some(ErrorSpecificity::Vague)
    )]
    #[case(
        "The CA certificate rds-ca-2019 could not be rotated",
        Some(ErrorSpecificity::Vague)
    )]
    fn what_a_database_goes_on_without_is_no_more_than_a_hint(
        #[case] text: &str,
        #[case] told: Option<ErrorSpecificity>,
    ) {
        assert_eq!(stating(text, &declared::RDS.phrases), told);
    }
}
