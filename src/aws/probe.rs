//! Tries each call once, about things that do not exist: whether it is allowed, and what time it is there.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use chrono::{DateTime, Utc};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::fault;
use crate::domain::model::action::service;
use crate::domain::model::fault::{Fault, FaultKind};

/// Who the credentials are, and what time it is at AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
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
pub(crate) async fn caller(connection: &Connection) -> Result<Caller, Fault> {
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
pub(crate) async fn allowed(connection: &Arc<Connection>, action: &str) -> Result<(), Fault> {
    let answered = asked(connection, action).await.unwrap_or_else(|| {
        let words = "nobody knows how to ask for this";
        Err(Fault::new(action, FaultKind::Service, words))
    });
    match answered {
        Err(fault) if !matches!(fault.kind, FaultKind::NotFound | FaultKind::Invalid) => Err(fault),
        _ => Ok(()),
    }
}

/// Makes the call of whoever knows how to: each stands with the source that makes it.
async fn asked(connection: &Arc<Connection>, action: &str) -> Option<Result<(), Fault>> {
    for service in super::services(connection).values() {
        if let Some(answered) = service.probe(action).await {
            return Some(answered);
        }
    }
    Some(match service(action) {
        "cloudformation" => return cloudformation(connection, action).await,
        "cloudtrail" => {
            if let Some(answered) = super::trails::probe(connection, action).await {
                return Some(answered);
            }
            match super::lake::probe(connection, action).await {
                Some(answered) => answered,
                None => super::cloudtrail::probe(connection).await,
            }
        }
        "athena" => return super::athena::probe(connection, action).await,
        "logs" => {
            if let Some(answered) = super::trail_groups::probe(connection, action).await {
                return Some(answered);
            }
            match super::insights::probe(connection, action).await {
                Some(answered) => answered,
                None => super::logs::probe(connection).await,
            }
        }
        "lambda" => super::functions::probe(connection).await,
        _ => return None,
    })
}

async fn cloudformation(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let client = aws_sdk_cloudformation::Client::new(&connection.config_for(connection.region()));
    Some(match action {
        "cloudformation:DescribeStacks" => {
            fault::judged(action, client.describe_stacks().stack_name(NOBODY).send().await)
        }
        "cloudformation:DescribeStackEvents" => fault::judged(
            action,
            client.describe_stack_events().stack_name(NOBODY).send().await,
        ),
        "cloudformation:ListStacks" => fault::judged(action, client.list_stacks().send().await),
        "cloudformation:DescribeChangeSet" => {
            let call = client.describe_change_set().stack_name(NOBODY);
            fault::judged(action, call.change_set_name(NOBODY).send().await)
        }
        "cloudformation:DescribeEvents" => {
            fault::judged(action, client.describe_events().stack_name(NOBODY).send().await)
        }
        "cloudformation:GetHookResult" => fault::judged(
            action,
            client
                .get_hook_result()
                .hook_result_id("00000000-0000-0000-0000-000000000000")
                .send()
                .await,
        ),
        "cloudformation:ListChangeSets" => {
            fault::judged(action, client.list_change_sets().stack_name(NOBODY).send().await)
        }
        "cloudformation:ListHookResults" => {
            let call = client
                .list_hook_results()
                .target_type(aws_sdk_cloudformation::types::ListHookResultsTargetType::Stack);
            fault::judged(action, call.target_id(NOBODY).send().await)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;
    use crate::aws::connection::{ConnectionOptions, StaticKeys};
    use crate::domain::model::source::SourceCatalog;

    fn here() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws")
    }

    /// The actions that the code of this module gives to its faults, which every call names.
    fn in_code() -> BTreeSet<String> {
        let action = Regex::new(r#""([a-z0-9]+:[A-Z][A-Za-z]+)""#).unwrap();
        let mut found = BTreeSet::new();
        let mut left = vec![here()];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if !path.ends_with("probe.rs") {
                let code = fs::read_to_string(path).unwrap();
                found.extend(action.captures_iter(&code).map(|found| found[1].to_owned()));
            }
        }
        // `policy --decode` asks by itself, once, and no source does.
        assert!(found.remove("sts:DecodeAuthorizationMessage"));
        // What Athena asks in the caller's name.
        for in_its_name in ["glue:GetTable", "s3:GetObject"] {
            assert!(found.remove(in_its_name), "{in_its_name}");
        }
        // The recorder's queue and a watcher's own: `assets/recorder.yaml` and `assets/watcher.yaml` have their policies.
        for own in [
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
        ] {
            assert!(found.remove(own), "{own}");
        }
        found
    }

    #[test]
    fn the_calls_that_are_made_are_those_that_the_sources_declare() {
        let declared = SourceCatalog::default().permissions().into_iter();
        let declared: BTreeSet<String> = declared.map(|one| one.action.to_owned()).collect();
        assert_eq!(in_code(), declared);
    }

    /// Nobody listens there: each call is really made, and fails for that reason.
    #[tokio::test]
    async fn every_declared_permission_can_be_tried() {
        let connection = Connection::open(ConnectionOptions {
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some("http://127.0.0.1:9".to_owned()),
            keys: Some(StaticKeys {
                access_key_id: "nobody".to_owned(),
                secret_access_key: "nothing".to_owned(),
            }),
            ..ConnectionOptions::default()
        });
        let connection = Arc::new(connection.await.unwrap());
        for permission in SourceCatalog::default().permissions() {
            let fault = allowed(&connection, permission.action).await.unwrap_err();
            let made = (fault.action.as_str(), fault.kind);
            assert_eq!(made, (permission.action, FaultKind::Network), "{fault}");
        }
        let unknown = allowed(&connection, "s3:GetObject").await.unwrap_err();
        assert!(unknown.message.contains("nobody knows"), "{unknown}");
    }
}
