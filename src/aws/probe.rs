//! Tries each call once, about things that do not exist: whether it is allowed, and what time it is there.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::{DateTime, Utc};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::{fault, rds};
use crate::domain::model::fault::{Fault, FaultKind};

/// Nobody's name, for a stack, a function, a log group, a cluster.
const NOBODY: &str = "stacktrail-doctor-asks-whether-it-may";

/// Who the credentials are, and what time it is at AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// The time in the answer.
    pub time: Option<DateTime<Utc>>,
}

/// Asks who the credentials are.
///
/// # Errors
/// Nobody answers, or not to these credentials.
pub async fn caller(connection: &Connection) -> Result<Caller, Fault> {
    let clock = ServerClock::default();
    let client = aws_sdk_sts::Client::new(&connection.config_for(connection.region()));
    let answer = client
        .get_caller_identity()
        .customize()
        .interceptor(clock.clone())
        .send()
        .await
        .map_err(|error| fault::of("sts:GetCallerIdentity", &error))?;
    let answered = UncheckedAnswer("sts:GetCallerIdentity");
    Ok(Caller {
        account: answered.text(answer.account(), "the account")?.to_owned(),
        arn: answered.text(answer.arn(), "the caller")?.to_owned(),
        time: clock.read(),
    })
}

/// Reads the time that an answer carries.
#[derive(Debug, Clone, Default)]
struct ServerClock(Arc<Mutex<Option<DateTime<Utc>>>>);

impl ServerClock {
    fn read(&self) -> Option<DateTime<Utc>> {
        self.0.lock().ok().and_then(|time| *time)
    }
}

impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let time = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let (Some(time), Ok(mut slot)) = (time, self.0.lock()) {
            *slot = Some(time.with_timezone(&Utc));
        }
        Ok(())
    }
}

/// Whether an action is allowed. That what was asked for does not exist means that it is.
///
/// # Errors
/// It is denied, or nobody knows.
pub async fn allowed(connection: &Connection, action: &str) -> Result<(), Fault> {
    let answered = match action.split(':').next() {
        Some("cloudformation") => cloudformation(connection, action).await,
        Some("ecs") => ecs(connection, action).await,
        _ => others(connection, action).await,
    };
    match answered {
        Err(fault) if !matches!(fault.kind, FaultKind::NotFound | FaultKind::Invalid) => Err(fault),
        _ => Ok(()),
    }
}

fn judged<T, E>(action: &str, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(fault::of(action, &error)),
    }
}

async fn cloudformation(connection: &Connection, action: &str) -> Result<(), Fault> {
    let client = aws_sdk_cloudformation::Client::new(&connection.config_for(connection.region()));
    match action {
        "cloudformation:DescribeStacks" => {
            judged(action, client.describe_stacks().stack_name(NOBODY).send().await)
        }
        "cloudformation:DescribeStackEvents" => judged(
            action,
            client.describe_stack_events().stack_name(NOBODY).send().await,
        ),
        "cloudformation:ListStacks" => judged(action, client.list_stacks().send().await),
        "cloudformation:DescribeChangeSet" => {
            let call = client.describe_change_set().stack_name(NOBODY);
            judged(action, call.change_set_name(NOBODY).send().await)
        }
        "cloudformation:DescribeEvents" => {
            judged(action, client.describe_events().stack_name(NOBODY).send().await)
        }
        "cloudformation:GetHookResult" => judged(
            action,
            client
                .get_hook_result()
                .hook_result_id("00000000-0000-0000-0000-000000000000")
                .send()
                .await,
        ),
        "cloudformation:ListChangeSets" => {
            judged(action, client.list_change_sets().stack_name(NOBODY).send().await)
        }
        "cloudformation:ListHookResults" => {
            let call = client
                .list_hook_results()
                .target_type(aws_sdk_cloudformation::types::ListHookResultsTargetType::Stack);
            judged(action, call.target_id(NOBODY).send().await)
        }
        _ => unknown(action),
    }
}

async fn ecs(connection: &Connection, action: &str) -> Result<(), Fault> {
    let client = aws_sdk_ecs::Client::new(&connection.config_for(connection.region()));
    match action {
        "ecs:DescribeServices" => judged(
            action,
            client
                .describe_services()
                .cluster(NOBODY)
                .services(NOBODY)
                .send()
                .await,
        ),
        "ecs:DescribeTaskDefinition" => judged(
            action,
            client
                .describe_task_definition()
                .task_definition(NOBODY)
                .send()
                .await,
        ),
        "ecs:DescribeTasks" => judged(
            action,
            client.describe_tasks().cluster(NOBODY).tasks(NOBODY).send().await,
        ),
        "ecs:ListTasks" => judged(action, client.list_tasks().cluster(NOBODY).send().await),
        _ => unknown(action),
    }
}

async fn others(connection: &Connection, action: &str) -> Result<(), Fault> {
    let config = connection.config_for(connection.region());
    match action {
        "cloudtrail:LookupEvents" => {
            let client = aws_sdk_cloudtrail::Client::new(&config);
            judged(action, client.lookup_events().max_results(1).send().await)
        }
        "logs:FilterLogEvents" => {
            let client = aws_sdk_cloudwatchlogs::Client::new(&config);
            let call = client.filter_log_events().log_group_name(NOBODY);
            judged(action, call.send().await)
        }
        "lambda:GetFunctionConfiguration" => {
            let client = aws_sdk_lambda::Client::new(&config);
            let call = client.get_function_configuration().function_name(NOBODY);
            judged(action, call.send().await)
        }
        "rds:DescribeEvents" => rds::probe(connection).await,
        _ => unknown(action),
    }
}

fn unknown(action: &str) -> Result<(), Fault> {
    Err(Fault::new(
        action,
        FaultKind::Invalid,
        "nobody knows how to ask for this",
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use crate::domain::model::source::SourceCatalog;

    fn here() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws")
    }

    /// The actions that the code of this module gives to its faults, which every call names.
    fn in_code() -> BTreeSet<String> {
        let action = Regex::new(r#""([a-z]+:[A-Z][A-Za-z]+)""#).unwrap();
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(here()).unwrap() {
            let path = entry.unwrap().path();
            if !path.ends_with("probe.rs") {
                let code = fs::read_to_string(path).unwrap();
                found.extend(action.captures_iter(&code).map(|found| found[1].to_owned()));
            }
        }
        found.remove("sts:GetCallerIdentity");
        found
    }

    #[test]
    fn the_calls_that_are_made_are_those_that_the_sources_declare() {
        let declared = SourceCatalog::default().permissions().into_iter();
        let declared: BTreeSet<String> = declared.map(|one| one.action.to_owned()).collect();
        assert_eq!(in_code(), declared);
    }

    #[test]
    fn every_declared_permission_can_be_tried() {
        let code = fs::read_to_string(here().join("probe.rs")).unwrap();
        for permission in SourceCatalog::default().permissions() {
            let arm = format!("\"{}\" =>", permission.action);
            assert!(code.contains(&arm), "{}", permission.action);
        }
    }
}
