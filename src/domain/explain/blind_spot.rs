//! What the trail cannot show for a failure, and what was read instead.

pub(crate) mod trails;

use super::cause::lines::log_groups;
use super::cause::{Confidence, MatchedRecord};
use crate::domain::deployment::custom_resource::functions_beside;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::described_function;
use crate::domain::deployment::signal;
use crate::domain::model::arn::Arn;
use crate::domain::model::category::Category;
use crate::domain::model::resource_type::{CUSTOM_RESOURCE, STACK_TYPE};
use crate::domain::read::signature::{Decider, Signatures};
use crate::domain::session::Session;

/// Actions on data rather than on resources. A trail that records management calls alone holds none of them.
///
/// Source: CloudTrail user guide, "Logging data events".
const DATA_PLANE: [&str; 30] = [
    "s3:getobject",
    "s3:putobject",
    "s3:deleteobject",
    "s3:headobject",
    "s3:listbucket",
    "s3:listobjects",
    "s3:abortmultipartupload",
    "s3:getobjecttagging",
    "s3:putobjecttagging",
    "s3:putobjectacl",
    "dynamodb:getitem",
    "dynamodb:putitem",
    "dynamodb:updateitem",
    "dynamodb:deleteitem",
    "dynamodb:query",
    "dynamodb:scan",
    "dynamodb:batchgetitem",
    "dynamodb:batchwriteitem",
    "lambda:invokefunction",
    "lambda:invoke",
    "sqs:sendmessage",
    "sqs:receivemessage",
    "sqs:deletemessage",
    "sns:publish",
    "kinesis:putrecord",
    "kinesis:putrecords",
    "kinesis:getrecords",
    "logs:putlogevents",
    "cloudwatch:putmetricdata",
    "execute-api:invoke",
];

/// CloudFormation itself said no: schema, template, transform, hook, signal or export. Nothing was called.
pub fn is_cloudformations_own(failure: &Failure) -> bool {
    let Some(reason) = failure.reason() else {
        return false;
    };
    let facts = &failure.facts;
    if facts.service.is_some() || facts.status_code.is_some() || facts.api_request_id().is_some() {
        // A service answered, so somebody had called it.
        return false;
    }
    let known = Signatures::builtin().find(reason, Some(&failure.event.resource_type));
    known.is_some_and(|known| known.decided_by == Decider::CloudFormation)
}

/// Whether an action is one on data, which not every trail records.
pub fn is_data_plane(action: &str) -> bool {
    DATA_PLANE.contains(&action.to_ascii_lowercase().as_str())
}

/// What the trail cannot show for a failure, and what was read instead, in sentences. Nothing is said that the
/// records found for it belie.
pub fn blind_spots(session: &Session, failure: &Failure, records: &[MatchedRecord]) -> Vec<String> {
    let mut spots = Vec::new();
    let tied = |matched: &&MatchedRecord| matched.record.is_error() && matched.confidence < Confidence::Low;
    let found: Vec<&MatchedRecord> = records.iter().filter(tied).collect();
    if is_cloudformations_own(failure) && found.is_empty() {
        spots.push(
            "CloudFormation decided this by itself, before any call to the service: CloudTrail has no record of it"
                .to_owned(),
        );
    }
    let trail = session.sources().trail();
    if let Some(action) = failure
        .facts
        .denied_action
        .as_deref()
        .filter(|action| is_data_plane(action) && !trail.records_data())
        .filter(|action| {
            let mut actions = found.iter().map(|matched| matched.record.action());
            !actions.any(|found| found.eq_ignore_ascii_case(action))
        })
    {
        spots.push(format!(
            "{action} works on data: {} does not hold such calls, so the reason's own words are all there is",
            trail.name
        ));
    }
    let resource_type = failure.event.resource_type.as_str();
    spots.extend(trails::sentences(session, failure));
    if found.is_empty() {
        spots.extend(trails::of_table(session, failure));
    }
    spots.extend(of_endpoint_policy(failure, found.is_empty()));
    if let Some(arn) = failure.function_arn() {
        // What it did with data may have been found in a trail that records it.
        if !found
            .iter()
            .any(|matched| is_data_plane(&matched.record.action()))
        {
            spots.push(of_function(session, failure, arn));
        }
        spots.extend(of_other_account(failure, arn));
    } else if resource_type.starts_with("Custom::") || resource_type == CUSTOM_RESOURCE {
        spots.push(of_untold(session, failure));
    }
    let declared = of_sources(session, failure);
    let tells_more = !declared.is_empty();
    spots.extend(declared);
    if signal::is_waited_for(failure) {
        spots.push(of_signal(session, failure));
    } else if failure.facts.category == Category::NotStabilized && !tells_more && resource_type != STACK_TYPE
    {
        spots.push(
            "CloudTrail does not show why a resource never became ready, only the calls that were made"
                .to_owned(),
        );
    }
    if failure.facts.category == Category::Network {
        spots.push("CloudTrail does not show network trouble".to_owned());
    }
    spots
}

/// A call that a VPC endpoint's policy refused: it is in the network activity events of a trail, and nowhere else.
fn of_endpoint_policy(failure: &Failure, is_untold: bool) -> Option<String> {
    let reason = failure.reason()?.to_ascii_lowercase();
    let refused = reason.contains("vpc endpoint policy") || reason.contains("vpc endpoint's policy");
    (refused && is_untold).then(|| {
        "a VPC endpoint's policy refused the call: only the network activity events of a trail have it, no event history"
            .to_owned()
    })
}

/// A function of another account, whose trail and logs are there.
fn of_other_account(failure: &Failure, function: &str) -> Option<String> {
    let account = Arn::account_of(function).filter(|account| !account.is_empty())?;
    (account != failure.key.stack_id.account()).then(|| {
        format!("the function is of account {account}: its calls and its log are there, and are not read from here")
    })
}

/// What the sources declare that knows about such resources.
fn of_sources(session: &Session, failure: &Failure) -> Vec<String> {
    let concerned = session
        .sources()
        .all()
        .filter(|source| source.concerns(&failure.event.resource_type));
    concerned
        .filter_map(|source| {
            let was_read = session.statements().any(|statement| {
                statement.source == source.id
                    && statement.stack_id == failure.key.stack_id
                    && statement.logical_id == failure.event.logical_id
            });
            Some(source.blind_spot?.sentence(was_read))
        })
        .collect()
}

/// A machine that did not signal: the trail has its calls, its log the rest.
fn of_signal(session: &Session, failure: &Failure) -> String {
    let instances = signal::instances(session, failure);
    let ids: Vec<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
    let groups = log_groups(session, failure);
    let with_lines = groups.into_iter().find(|of| {
        let log = session.logs().get(&of.group);
        log.is_some_and(|log| log.lines.values().any(|line| of.is_wanted(&line.stream)))
    });
    let whose = match ids.as_slice() {
        [] => "no event tells which instance was to signal".to_owned(),
        ids => format!("calls of {} are looked for in CloudTrail", ids.join(", ")),
    };
    let instead = match with_lines {
        Some(of) => format!("its log {} was read as well", of.group.name),
        None => "its own log (cfn-init, cloud-init-output) would tell, and no log group has it".to_owned(),
    };
    format!(
        "CloudFormation only waits for the signal, and what went wrong did so on the machine: {whose}; {instead}"
    )
}

/// A custom resource whose function is not known by its `ServiceToken`.
fn of_untold(session: &Session, failure: &Failure) -> String {
    if failure.settings.contains_key("ServiceToken") {
        return "what answered this custom resource is not a Lambda function that can be read here: its own log may say more"
            .to_owned();
    }
    let untold = "the stack's events do not tell whom CloudFormation called for this custom resource";
    match functions_beside(session, failure).first() {
        Some(function) => format!(
            "{untold}; {}, the only function of the stack, was looked at",
            function.function_name()
        ),
        None => untold.to_owned(),
    }
}

fn of_function(session: &Session, failure: &Failure, arn: &str) -> String {
    let read = log_groups(session, failure)
        .into_iter()
        .find(|of| session.logs().contains_key(&of.group));
    let instead = match read {
        Some(of) => {
            let log = session.logs().get(&of.group);
            let missing = log.is_some_and(|log| log.lines.is_empty() && log.missing_at.is_some());
            if missing {
                format!("its log group {} is gone", of.group.name)
            } else {
                format!("its log {} was read instead", of.group.name)
            }
        }
        None => "its log would tell, but was not read".to_owned(),
    };
    let network = described_function(session, arn)
        .filter(|function| function.in_vpc)
        .map_or(
            "",
            |_| " (it runs in a VPC, where a missing route keeps it from AWS and from answering, and what an endpoint's policy refuses is in no event history)",
        );
    format!(
        "CloudTrail does not show what the function did with data (S3 objects, DynamoDB items, invocations), errors in its code, or network trouble{network}; {instead}"
    )
}
