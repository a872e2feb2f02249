//! Makes sessions out of a few words, for tests of the domain.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Cause;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::fact::{Fact, FunctionDescription, Recorded, ServiceStatement};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::{StackDescription, StackId};
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

use super::events;

pub(crate) const STACK: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod/1f3113b0-f92c-11ec-902e-02bac4959566";
pub(crate) const ROLE: &str =
    "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1";
pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:shop-SetupFn";
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// So many seconds after the story begins.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-05-04T12:00:00Z")
        .unwrap()
        .to_utc()
        + TimeDelta::seconds(seconds)
}

pub(crate) fn stack_id() -> StackId {
    StackId::parse(STACK).unwrap()
}

pub(crate) fn child_id(name: &str) -> StackId {
    StackId::parse(&format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/aaaaaaaa-f92c-11ec-902e-02bac4959566"
    ))
    .unwrap()
}

/// A story being told.
pub(crate) struct Story {
    pub(crate) facts: Vec<Recorded>,
    root: StackId,
    counter: u32,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            facts: Vec::new(),
            root: stack_id(),
            counter: 0,
        }
    }

    pub(crate) fn fact(&mut self, seen: i64, fact: Fact) -> &mut Self {
        self.facts.push(Recorded {
            observed_at: at(seen),
            fact,
        });
        self
    }

    pub(crate) fn described(&mut self, role: Option<&str>) -> &mut Self {
        let stack = StackDescription {
            id: self.root.clone(),
            status: Status::new("CREATE_IN_PROGRESS"),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: role.map(str::to_owned),
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs: None,
        };
        self.fact(0, Fact::StackDescribed { stack })
    }

    pub(crate) fn event_in(
        &mut self,
        stack: &StackId,
        second: f64,
        (id, kind, physical): (&str, &str, &str),
        status: &str,
        reason: &str,
    ) -> &mut Self {
        self.counter += 1;
        let when = at(0) + TimeDelta::milliseconds((second * 1000.0) as i64);
        let event = events::event(stack, when, id, status)
            .id(format!("{id}-{status}-{}", self.counter))
            .kind(kind)
            .physical(physical)
            .reason(reason)
            .told();
        let stack_id = stack.clone();
        self.fact(
            second as i64 + 1,
            Fact::StackEventsSeen {
                stack_id,
                events: vec![event],
            },
        )
    }

    pub(crate) fn event(
        &mut self,
        second: f64,
        resource: (&str, &str, &str),
        status: &str,
        reason: &str,
    ) -> &mut Self {
        let root = self.root.clone();
        self.event_in(&root, second, resource, status, reason)
    }

    /// An event of the stack itself.
    pub(crate) fn stack(&mut self, second: f64, status: &str, reason: &str) -> &mut Self {
        self.event(second, ("shop-prod", STACK_TYPE, STACK), status, reason)
    }

    /// A creation under the deploy role in which one resource fails and is rolled back for it.
    pub(crate) fn failed_creation(&mut self, id: &str, kind: &str, reason: &str) -> &mut Self {
        let rollback = format!("The following resource(s) failed to create: [{id}].");
        self.described(Some(ROLE))
            .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
            .event(2.0, (id, kind, ""), "CREATE_IN_PROGRESS", "")
            .event(6.0, (id, kind, ""), "CREATE_FAILED", reason)
            .stack(7.0, "ROLLBACK_IN_PROGRESS", &rollback)
    }

    /// An update of a stack that was made well at second 100: it begins, so does its one resource, `It`, which fails, and is
    /// rolled back for it, at those seconds.
    pub(crate) fn failed_update(
        &mut self,
        [begun, started, failed, rolled_back]: [f64; 4],
        (kind, physical, operation): (&str, &str, &str),
        settings: &[(&str, &str)],
        reason: &str,
    ) -> &mut Self {
        let resource = ("It", kind, physical);
        let verb = operation.to_lowercase();
        let rollback = format!("The following resource(s) failed to {verb}: [It]. ");
        self.described(Some(ROLE))
            .stack(0.0, "CREATE_IN_PROGRESS", "")
            .stack(100.0, "CREATE_COMPLETE", "")
            .stack(begun, "UPDATE_IN_PROGRESS", "User Initiated")
            .event(started, resource, &format!("{operation}_IN_PROGRESS"), "");
        for (key, value) in settings {
            self.setting(key, value);
        }
        self.event(failed, resource, &format!("{operation}_FAILED"), reason)
            .stack(rolled_back, "UPDATE_ROLLBACK_IN_PROGRESS", &rollback)
    }

    /// Gives the last event a setting.
    pub(crate) fn setting(&mut self, key: &str, value: &str) -> &mut Self {
        if let Some(Recorded {
            fact: Fact::StackEventsSeen { events, .. },
            ..
        }) = self.facts.last_mut()
        {
            for event in events {
                event.extras.settings.insert(key.to_owned(), value.to_owned());
            }
        }
        self
    }

    pub(crate) fn function(&mut self, name: &str, role: &str) -> &mut Self {
        let function = FunctionDescription {
            arn: format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}"),
            name: name.to_owned(),
            role_arn: Some(format!("arn:aws:iam::123456789012:role/{role}")),
            log_group: format!("/aws/lambda/{name}"),
            in_vpc: false,
            timeout_seconds: None,
        };
        self.fact(1, Fact::FunctionDescribed { function })
    }

    pub(crate) fn line(&mut self, second: f64, group: &str, stream: &str, message: &str) -> &mut Self {
        self.counter += 1;
        let group = LogGroup {
            region: "eu-west-1".into(),
            name: group.into(),
        };
        let when = at(0) + TimeDelta::milliseconds((second * 1000.0) as i64);
        let answer = LogAnswer {
            search: LogSearch {
                group,
                stream: None,
                filter: None,
                from: at(0),
                to: at(3600),
            },
            lines: vec![LogLine {
                at: when,
                stream: stream.into(),
                id: format!("line-{}", self.counter),
                message: message.into(),
            }],
            group_missing: false,
            complete: true,
        };
        self.fact(second as i64 + 2, Fact::LogsRead { answer })
    }

    pub(crate) fn statement(
        &mut self,
        second: i64,
        logical_id: &str,
        id: &str,
        text: &str,
        principals: &[&str],
    ) -> &mut Self {
        self.stated("ecs", second, logical_id, (id, text), principals)
    }

    /// What a source said of a resource.
    pub(crate) fn stated(
        &mut self,
        source: &str,
        second: i64,
        logical_id: &str,
        (id, text): (&str, &str),
        principals: &[&str],
    ) -> &mut Self {
        let statement = ServiceStatement {
            source: source.into(),
            id: id.into(),
            stack_id: self.root.clone(),
            logical_id: logical_id.into(),
            at: at(second),
            text: text.into(),
            principals: principals.iter().map(|one| (*one).to_owned()).collect(),
            logs: Vec::new(),
        };
        self.fact(second + 5, Fact::ServiceStated { statement })
    }

    /// A trail record, found by a search that is nobody's plan.
    pub(crate) fn record(&mut self, call: &Call) -> &mut Self {
        self.told(&call.json())
    }

    /// ... as it stands in the trail, which is asked when everything that happened so far has been delivered.
    pub(crate) fn told(&mut self, record: &Value) -> &mut Self {
        let asked = |recorded: &&Recorded| !matches!(recorded.fact, Fact::TrailSearched { .. });
        let happened = self
            .facts
            .iter()
            .filter(asked)
            .map(|recorded| recorded.observed_at)
            .max();
        let since = happened.map_or(0, |newest| (newest - at(0)).num_seconds());
        self.searched(
            since.max(0) + 1_200,
            TrailSearch {
                region: record["awsRegion"].as_str().unwrap_or_default().to_owned(),
                attribute: None,
                from: at(-100_000),
                to: at(100_000),
            },
            vec![TrailRecord::read(&record.to_string()).unwrap()],
        )
    }

    pub(crate) fn searched(
        &mut self,
        seen: i64,
        search: TrailSearch,
        records: Vec<TrailRecord>,
    ) -> &mut Self {
        let answer = TrailAnswer {
            search,
            records,
            complete: true,
            calls: 1,
            source: SourceId::CLOUDTRAIL,
        };
        self.fact(seen, Fact::TrailSearched { answer })
    }

    pub(crate) fn session(&self) -> Session {
        Session::replay(self.root.clone(), &self.facts)
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis {
        Diagnosis::of(&self.session())
    }
}

/// A call that the trail recorded.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) second: i64,
    pub(crate) region: String,
    pub(crate) source: String,
    pub(crate) name: String,
    pub(crate) error: Option<(String, String)>,
    pub(crate) identity: Value,
    pub(crate) by_cloudformation: bool,
    pub(crate) request: Value,
    pub(crate) response: Value,
    pub(crate) request_id: String,
}

impl Call {
    /// A call as `role/session`.
    pub(crate) fn as_role(second: i64, role: &str, session: &str, action: &str) -> Self {
        let (service, name) = action.split_once(':').unwrap();
        Self {
            id: format!("{role}-{session}-{action}-{second}"),
            second,
            region: "eu-west-1".into(),
            source: format!("{service}.amazonaws.com"),
            name: name.into(),
            error: None,
            identity: json!({
                "type": "AssumedRole",
                "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}"),
                "accountId": "123456789012",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::123456789012:role/{role}"), "userName": role}},
            }),
            by_cloudformation: false,
            request: Value::Null,
            response: Value::Null,
            request_id: format!("00000000-0000-4000-8000-{second:012}"),
        }
    }

    /// Made with credentials that were issued to this function or instance.
    pub(crate) fn issued_to(mut self, kind: &str, arn: &str) -> Self {
        self.identity["inScopeOf"] = json!({ "issuerType": kind, "credentialsIssuedTo": arn });
        self
    }

    /// A call that CloudFormation made under the stack's service role.
    pub(crate) fn by_cloudformation(second: i64, action: &str) -> Self {
        let role = ROLE.rsplit('/').next().unwrap();
        let mut call = Self::as_role(second, role, "AWSCloudFormation", action);
        call.by_cloudformation = true;
        call
    }

    pub(crate) fn id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        self.region = region.into();
        self
    }

    pub(crate) fn failed(mut self, code: &str, message: &str) -> Self {
        self.error = Some((code.into(), message.into()));
        self
    }

    /// Refused in AWS's full sentence.
    pub(crate) fn denied(self, resource: &str, tail: &str) -> Self {
        let arn = self.identity["arn"].as_str().unwrap_or_default().to_owned();
        let action = format!("{}:{}", self.source.split('.').next().unwrap(), self.name);
        let message =
            format!("User: {arn} is not authorized to perform: {action} on resource: {resource}{tail}");
        self.failed("AccessDenied", &message)
    }

    pub(crate) fn request(mut self, request: Value) -> Self {
        self.request = request;
        self
    }

    pub(crate) fn request_id(mut self, id: &str) -> Self {
        self.request_id = id.into();
        self
    }

    pub(crate) fn json(&self) -> Value {
        let mut identity = self.identity.clone();
        let host = "cloudformation.amazonaws.com";
        if self.by_cloudformation {
            identity["invokedBy"] = json!(host);
        }
        let reads = ["Get", "List", "Describe"];
        let only_reads = reads.iter().any(|verb| self.name.starts_with(verb));
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": at(self.second).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": if self.by_cloudformation { host } else { "192.0.2.7" },
            "userAgent": if self.by_cloudformation { host } else { "aws-sdk-js/3" },
            "requestParameters": self.request,
            "responseElements": self.response,
            "requestID": self.request_id,
            "eventID": self.id,
            "readOnly": only_reads,
            "eventType": "AwsApiCall",
        });
        if let Some((code, message)) = &self.error {
            record["errorCode"] = json!(code);
            if !message.is_empty() {
                record["errorMessage"] = json!(message);
            }
        }
        record
    }

    pub(crate) fn record(&self) -> TrailRecord {
        TrailRecord::read(&self.json().to_string()).unwrap()
    }
}

/// The finding about a resource.
pub(crate) fn finding<'d>(diagnosis: &'d Diagnosis, logical_id: &str) -> &'d Finding {
    diagnosis
        .findings
        .iter()
        .find(|finding| finding.failure.event.logical_id == logical_id)
        .unwrap_or_else(|| panic!("no finding about {logical_id}: {:?}", diagnosis.findings))
}

/// The first cause that rests on a trail record.
pub(crate) fn cause_by<'c>(causes: &'c [Cause], record: &str) -> Option<&'c Cause> {
    let wanted = format!("trail:{record}");
    causes
        .iter()
        .find(|cause| cause.evidence.iter().any(|one| one.to_string() == wanted))
}

/// The evidence of the first cause, as written.
pub(crate) fn first_evidence(finding: &Finding) -> Vec<String> {
    finding.assessment.causes.first().map_or_else(Vec::new, |cause| {
        assert_eq!(cause.rank, 1);
        cause.evidence.iter().map(ToString::to_string).collect()
    })
}

pub(crate) const CUSTOM_FAILED: &str = "Received response status [FAILED] from custom resource. Message returned: Setup failed due to an internal error (RequestId: 0f7f9d3c-0000-4000-8000-00000000cafe)";

/// A custom resource that fails at second 13, after it began at second 10.
pub(crate) fn denied_custom_resource() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(1.0, ("SetupRole", "AWS::IAM::Role", ""), "CREATE_IN_PROGRESS", "")
        .event(
            8.0,
            ("SetupRole", "AWS::IAM::Role", "shop-SetupRole"),
            "CREATE_COMPLETE",
            "",
        )
        .event(10.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            13.2,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            CUSTOM_FAILED,
        )
        .setting("ServiceToken", FUNCTION)
        .event(
            13.4,
            ("Queue", "AWS::SQS::Queue", ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        )
        .stack(
            14.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup, Queue]. Rollback requested by user.",
        )
        .stack(40.0, "ROLLBACK_COMPLETE", "")
        .function("shop-SetupFn", "shop-SetupRole");
    story
}

/// A custom resource whose function answers in these words at second 21.
pub(crate) fn answered(words: &str) -> Story {
    let resource = ("Setup", "Custom::Setup", "");
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: {words} (RequestId: 85c5c344-0000-4000-8000-000000000000)"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, resource, "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(21.0, resource, "CREATE_FAILED", &reason)
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole");
    story
}
