//! Step Functions: in which state the execution behind a custom resource failed, and of which error.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, code_and_message, json_time};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const LIST_ACTION: &str = "states:ListExecutions";
const DESCRIBE_ACTION: &str = "states:DescribeExecution";
const HISTORY_ACTION: &str = "states:GetExecutionHistory";
const API: JsonApi = JsonApi::version_1_0("states", "AWSStepFunctions");
/// State machines of one resource that are asked.
const MACHINES: usize = 4;
/// Executions of a page, and pages that are read at most, newest first.
const PAGE: usize = 100;
const PAGES: usize = 3;
/// Executions of the time that are looked at, to see for whom each was begun.
const LOOKED_AT: usize = 10;
/// Events of a history, the most that one page has, newest first.
const EVENTS: usize = 1_000;
/// Errors of one execution that are told: what is tried again fails again in the same way.
const ERRORS: usize = 5;

/// Step Functions in the region of the stack.
#[derive(Debug)]
pub(super) struct Executions {
    connection: Arc<Connection>,
}

impl Executions {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// A page of a state machine's executions, newest first.
    async fn list(&self, region: &str, machine: &str, token: Option<&Value>) -> Result<Value, Fault> {
        let mut parameters = json!({ "stateMachineArn": machine, "maxResults": PAGE });
        if let (Some(token), Some(object)) = (token, parameters.as_object_mut()) {
            object.insert("nextToken".to_owned(), token.clone());
        }
        API.ask(&self.connection, region, LIST_ACTION, &parameters).await
    }

    async fn describe(&self, region: &str, execution: &str) -> Result<Value, Fault> {
        let parameters = json!({ "executionArn": execution });
        API.ask(&self.connection, region, DESCRIBE_ACTION, &parameters)
            .await
    }

    /// What happened last, without what went in and out of the states: a framework hands on there with what to answer
    /// CloudFormation.
    async fn history(&self, region: &str, execution: &str) -> Result<Value, Fault> {
        let parameters = json!({
            "executionArn": execution, "reverseOrder": true, "maxResults": EVENTS, "includeExecutionData": false,
        });
        API.ask(&self.connection, region, HISTORY_ACTION, &parameters)
            .await
    }

    /// The executions that were begun in the time in question.
    async fn of_the_time(&self, about: &ServiceQuestion, machine: &str) -> Result<Vec<String>, Fault> {
        let answer = UncheckedAnswer(LIST_ACTION);
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let page = self
                .list(about.stack_id.region(), machine, token.as_ref())
                .await?;
            let listed = page.get("executions").and_then(Value::as_array);
            for one in answer.must(listed, "the list of executions")? {
                let arn = one.get("executionArn").and_then(Value::as_str);
                let (Some(arn), Some(began)) = (arn, one.get("startDate")) else {
                    answer.left_out("ARN or time");
                    continue;
                };
                let began = answer.must(json_time(began), "the time of an execution")?;
                let began = answer.moment(began)?;
                if began < about.from {
                    return Ok(found);
                }
                if began <= about.to {
                    found.push(arn.to_owned());
                }
            }
            token = page.get("nextToken").filter(|token| token.is_string()).cloned();
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// What an execution says, if it was begun for this very resource.
    async fn told(&self, about: &ServiceQuestion, execution: &str) -> Result<(Stated, Option<Value>), Fault> {
        let region = about.stack_id.region();
        let described = self.describe(region, execution).await?;
        if !is_for(about, &described) {
            return Ok((Stated::default(), None));
        }
        let mut stated = Stated::default();
        match self.history(region, execution).await {
            Ok(history) => stated.statements = errors(about, execution, &history)?,
            // How it ended is worth having all the same.
            Err(fault) if fault.kind == FaultKind::Denied => stated.missed.push(fault),
            Err(fault) => return Err(fault),
        }
        if stated.statements.is_empty() {
            stated
                .statements
                .extend(as_a_whole(about, execution, &described)?);
        }
        Ok((stated, Some(described)))
    }

    /// What the executions of one state machine say that were begun for this very resource.
    async fn of_machine(&self, about: &ServiceQuestion, executions: &[String]) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        let mut described = Vec::new();
        for execution in executions.iter().take(LOOKED_AT) {
            match self.told(about, execution).await {
                Ok((told, of)) => {
                    stated.statements.extend(told.statements);
                    stated.missed.extend(told.missed);
                    described.extend(of);
                }
                Err(fault) if fault.kind == FaultKind::NotFound => {}
                Err(fault) if fault.kind == FaultKind::Denied => {
                    stated.missed.push(fault);
                    return Ok(stated);
                }
                Err(fault) => return Err(fault),
            }
        }
        if let Some(failed) = stated.statements.iter().map(|said| said.at).min() {
            for execution in &described {
                stated.statements.extend(begun_after(about, execution, failed)?);
            }
        }
        Ok(stated)
    }
}

#[async_trait]
impl ServiceSource for Executions {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        for machine in about.companions.iter().take(MACHINES) {
            let executions = match self.of_the_time(about, machine).await {
                Ok(executions) => executions,
                // It is gone, or one whose executions are not kept.
                Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Invalid) => continue,
                Err(fault) => return Err(fault),
            };
            let told = self.of_machine(about, &executions).await?;
            let is_refused = told.missed.iter().any(|fault| fault.kind == FaultKind::Denied);
            stated.statements.extend(told.statements);
            stated.missed.extend(told.missed);
            if is_refused {
                break;
            }
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let region = self.connection.region();
        let arn = |kind: &str| format!("arn:aws:states:{region}:000000000000:{kind}:{NOBODY}");
        let execution = || format!("{}:{NOBODY}", arn("execution"));
        match action {
            LIST_ACTION => Some(self.list(region, &arn("stateMachine"), None).await.map(drop)),
            DESCRIBE_ACTION => Some(self.describe(region, &execution()).await.map(drop)),
            HISTORY_ACTION => Some(self.history(region, &execution()).await.map(drop)),
            _ => None,
        }
    }
}

/// Whether an execution was begun for the request that failed: it is called so, as CDK's framework once did, or was given
/// the request, as it does now. One that was given another request is another's, also where the resource is the same.
fn is_for(about: &ServiceQuestion, described: &Value) -> bool {
    let text = |key| described.get(key).and_then(Value::as_str).unwrap_or_default();
    let input = text("input");
    if let Some(request) = about.request.as_deref().filter(|request| !request.is_empty()) {
        if text("name") == request || input.contains(request) {
            return true;
        }
        if input.contains("\"RequestId\"") {
            return false;
        }
    }
    let given: Value = serde_json::from_str(input).unwrap_or_default();
    let names = |key: &str, value: &str| is_given(&given, key, value, 0);
    names("StackId", &about.stack_id.to_string()) && names("LogicalResourceId", &about.logical_id)
}

/// Whether a member of this name and value stands anywhere in it.
fn is_given(given: &Value, key: &str, value: &str, depth: usize) -> bool {
    if depth > 8 {
        return false;
    }
    match given {
        Value::Object(members) => members.iter().any(|(name, inner)| {
            (name == key && inner.as_str() == Some(value)) || is_given(inner, key, value, depth + 1)
        }),
        Value::Array(items) => items.iter().any(|item| is_given(item, key, value, depth + 1)),
        _ => false,
    }
}

/// An event of a history, as far as it is read.
struct ExecutionEvent<'a> {
    kind: &'a str,
    before: i64,
    value: &'a Value,
}

impl<'a> ExecutionEvent<'a> {
    /// What stands in its details: `taskFailedEventDetails` and the like.
    fn detail(&self, key: &str) -> Option<&'a str> {
        let mut details = self.value.as_object()?.values();
        details.find_map(|details| details.get(key).and_then(Value::as_str))
    }
}

/// The errors of an execution, each with the state that it happened in, the newest first; none that the state got over.
fn errors(about: &ServiceQuestion, execution: &str, history: &Value) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(HISTORY_ACTION);
    let listed = history.get("events").and_then(Value::as_array);
    let mut events: BTreeMap<i64, ExecutionEvent<'_>> = BTreeMap::new();
    for value in answer.must(listed, "the list of events")? {
        let number = |key| value.get(key).and_then(Value::as_i64);
        let kind = value.get("type").and_then(Value::as_str);
        let (Some(id), Some(kind)) = (number("id"), kind) else {
            answer.left_out("id or type");
            continue;
        };
        let before = number("previousEventId").unwrap_or_default();
        events.insert(id, ExecutionEvent { kind, before, value });
    }
    let mut told: Vec<ServiceStatement> = Vec::new();
    let mut over: Vec<&str> = Vec::new();
    for (id, event) in events.iter().rev() {
        let state = state_of(&events, *id);
        let works = ["Lambda", "Task", "Activity"]
            .iter()
            .any(|head| event.kind.starts_with(head));
        if works && event.kind.ends_with("Succeeded") {
            over.extend(state);
        }
        let text = error_of(event);
        let Some(text) = text.filter(|_| state.is_none_or(|state| !over.contains(&state))) else {
            continue;
        };
        let at = event.value.get("timestamp").and_then(json_time);
        let at = answer.moment(answer.must(at, "the time of an event")?)?;
        let text = match state {
            Some(state) => format!("state {state} failed: {text}"),
            None => format!("the execution failed: {text}"),
        };
        // The end of an execution repeats what ended it, and what is tried again repeats itself.
        if told.len() < ERRORS && told.iter().all(|said| said.text != text) {
            told.push(about.statement(SourceId::STEP_FUNCTIONS, format!("{execution}#{id}"), at, text));
        }
    }
    let by_states = told.iter().any(|said| said.text.starts_with("state "));
    told.retain(|said| !by_states || said.text.starts_with("state "));
    Ok(told)
}

/// The state that was entered before an event.
fn state_of<'a>(events: &BTreeMap<i64, ExecutionEvent<'a>>, id: i64) -> Option<&'a str> {
    let mut at = id;
    for _ in 0..events.len() {
        let event = events.get(&at)?;
        if event.kind.ends_with("StateEntered") {
            return event.detail("name");
        }
        at = event.before;
    }
    None
}

/// The error that an event tells of. That something is not complete yet is none: there a framework hands on the request
/// itself, with where to answer it.
fn error_of(event: &ExecutionEvent<'_>) -> Option<String> {
    let ended_badly = ["Failed", "TimedOut", "Aborted"]
        .iter()
        .any(|end| event.kind.ends_with(end));
    if !ended_badly {
        return None;
    }
    let error = event.detail("error").unwrap_or_default();
    let cause = event.detail("cause").unwrap_or_default();
    let thrown: Value = serde_json::from_str(cause).unwrap_or_default();
    let thrown_text = |key| thrown.get(key).and_then(Value::as_str);
    let message = thrown_text("errorMessage").unwrap_or(cause);
    if message.contains("ResponseURL") || error == "Retry" {
        return None;
    }
    let error = thrown_text("errorType")
        .filter(|_| error.is_empty())
        .unwrap_or(error);
    match (error, message) {
        ("", "") if event.kind.ends_with("TimedOut") => Some("it timed out".to_owned()),
        ("", "") if event.kind == "ExecutionAborted" => Some("it was aborted".to_owned()),
        (error, message) => code_and_message(error, message),
    }
}

/// The marks of an execution that was begun after one that failed, and has not failed itself.
fn begun_after(
    about: &ServiceQuestion,
    described: &Value,
    failed: DateTime<Utc>,
) -> Result<Vec<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(DESCRIBE_ACTION);
    let text = |key| described.get(key).and_then(Value::as_str).unwrap_or_default();
    let time = |key| described.get(key).and_then(json_time).map(|at| answer.moment(at));
    let (id, status) = (text("executionArn"), text("status"));
    let Some(began) = time("startDate").transpose()? else {
        return Ok(Vec::new());
    };
    let ended = time("stopDate").transpose()?.filter(|_| status == "SUCCEEDED");
    if id.is_empty() || began < failed || (ended.is_none() && status != "RUNNING") {
        return Ok(Vec::new());
    }
    let name = format!("execution {}", text("name"));
    Ok(about.marks((&SourceId::STEP_FUNCTIONS, &name), id, began, ended))
}

/// How an execution ended, where its history says nothing of why.
fn as_a_whole(
    about: &ServiceQuestion,
    execution: &str,
    described: &Value,
) -> Result<Option<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer(DESCRIBE_ACTION);
    let text = |key| described.get(key).and_then(Value::as_str).unwrap_or_default();
    let how = match text("status") {
        "FAILED" => "failed",
        "TIMED_OUT" => "timed out",
        "ABORTED" => "was aborted",
        _ => return Ok(None),
    };
    let Some(at) = described.get("stopDate") else {
        answer.left_out("end");
        return Ok(None);
    };
    let at = answer.moment(answer.must(json_time(at), "the end of an execution")?)?;
    let why =
        code_and_message(text("error"), text("cause")).map_or_else(String::new, |why| format!(": {why}"));
    let said = format!("the execution {how}{why}");
    let id = execution.to_owned();
    Ok(Some(about.statement(SourceId::STEP_FUNCTIONS, id, at, said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "5d478078-13e9-baf0-464a-7ef285ecc786";
    const EXECUTION: &str = "arn:aws:states:eu-west-1:1:execution:Waiter:e1";

    fn about(request: Option<&str>) -> ServiceQuestion {
        ServiceQuestion {
            request: request.map(ToOwned::to_owned),
            ..crate::aws::tests::question("Custom::Index", "index")
        }
    }

    #[test]
    fn an_execution_belongs_to_the_request_that_it_was_begun_for_and_to_no_other() {
        let described = |name: &str, input: &str| json!({ "name": name, "input": input });
        let given = |request: &str| {
            json!({ "RequestId": request, "StackId": "arn:aws:cloudformation:eu-west-1:1:stack/s/u", "LogicalResourceId": "Store" })
                .to_string()
        };
        let asked = about(Some(REQUEST));
        assert!(is_for(&asked, &described(REQUEST, "{}")));
        assert!(is_for(&asked, &described("e1", &given(REQUEST))));
        assert!(!is_for(&asked, &described("e1", &given("another"))));
        assert!(!is_for(&asked, &described("e1", "{}")));
        // Without an id of the request, the resource itself must be named.
        assert!(is_for(&about(None), &described("e1", &given("any"))));
        let nested = json!({ "event": { "LogicalResourceId": "Store" }, "StackId": "another" }).to_string();
        assert!(!is_for(&about(None), &described("e1", &nested)));
        assert!(!is_for(&about(None), &described("e1", "not json")));
    }

    fn told(events: &Value) -> Vec<String> {
        let said = errors(&about(None), EXECUTION, &json!({ "events": events })).unwrap();
        said.into_iter().map(|said| said.text).collect()
    }

    fn entered(id: i64, before: i64, state: &str) -> Value {
        json!({ "id": id, "previousEventId": before, "timestamp": 1_777_896_000.0, "type": "TaskStateEntered", "stateEnteredEventDetails": { "name": state } })
    }

    fn failed(id: i64, before: i64, error: &str, cause: &str) -> Value {
        json!({ "id": id, "previousEventId": before, "timestamp": 1_777_896_010.5, "type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": { "error": error, "cause": cause } })
    }

    #[test]
    fn an_error_is_told_with_its_state_and_once() {
        let cause = json!({ "errorType": "AccessDeniedException", "errorMessage": "no access", "trace": [] })
            .to_string();
        let end = json!({ "id": 5, "previousEventId": 4, "timestamp": 1_777_896_011.0, "type": "ExecutionFailed", "executionFailedEventDetails": { "error": "AccessDeniedException", "cause": cause } });
        let events = json!([
            end,
            failed(4, 3, "AccessDeniedException", &cause),
            json!({ "id": 3, "previousEventId": 2, "timestamp": 1_777_896_010.0, "type": "LambdaFunctionStarted" }),
            entered(2, 1, "isComplete"),
        ]);
        assert_eq!(
            told(&events),
            ["state isComplete failed: AccessDeniedException: no access"]
        );
    }

    #[test]
    fn what_is_only_not_complete_yet_and_what_was_got_over_is_no_error() {
        let again =
            json!({ "errorType": "Retry", "errorMessage": "{\"ResponseURL\":\"https://x\"}" }).to_string();
        let succeeded = json!({ "id": 6, "previousEventId": 5, "timestamp": 1_777_896_020.0, "type": "LambdaFunctionSucceeded" });
        let events = json!([
            succeeded,
            failed(5, 4, "Lambda.TooManyRequestsException", "slow down"),
            failed(4, 2, "Error", &again),
            entered(2, 1, "isComplete"),
        ]);
        assert_eq!(told(&events), Vec::<String>::new());
        assert_eq!(told(&json!([])), Vec::<String>::new());
        let whole = json!({ "events": "x" });
        let fault = errors(&about(None), EXECUTION, &whole).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
    }

    #[test]
    fn an_execution_that_only_ended_says_how() {
        let described = json!({ "status": "TIMED_OUT", "stopDate": 1_777_896_000.0 });
        let said = as_a_whole(&about(None), EXECUTION, &described).unwrap().unwrap();
        assert_eq!(said.text, "the execution timed out");
        let running = json!({ "status": "RUNNING" });
        assert!(as_a_whole(&about(None), EXECUTION, &running).unwrap().is_none());
        let later = |status: &str, stop: Option<f64>| {
            let later = json!({ "executionArn": EXECUTION, "name": "e1", "status": status, "startDate": 1_777_896_000.0, "stopDate": stop });
            let failed = DateTime::from_timestamp(1_777_895_990, 0).unwrap();
            begun_after(&about(None), &later, failed).unwrap().len()
        };
        assert_eq!(later("SUCCEEDED", Some(1_777_896_100.0)), 2);
        assert_eq!(later("RUNNING", None), 1);
        assert_eq!(later("FAILED", Some(1_777_896_100.0)), 0);
    }
}
