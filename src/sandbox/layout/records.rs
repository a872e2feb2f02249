//! Trail records: a script's line becomes the JSON that CloudTrail keeps.
//!
//! Scripted records and noise are built here alike, so that neither can be told from the other by its shape.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::LayoutError;
use crate::domain::model::action;
use crate::sandbox::names::{NameScope, Names};
use crate::sandbox::offset::Offset;
use crate::sandbox::partition::Partition;
use crate::sandbox::script::{CallerScript, RecordScript, Scenario};
use crate::sandbox::world::SimulatedRecord;

/// One call, in the words of the trail, before it becomes a record.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct TrailCall {
    pub(in crate::sandbox) event_id: String,
    pub(in crate::sandbox) request_id: String,
    pub(in crate::sandbox) at: DateTime<Utc>,
    pub(in crate::sandbox) region: String,
    /// For example `s3:CreateBucket`.
    pub(in crate::sandbox) action: String,
    pub(in crate::sandbox) error: Option<String>,
    pub(in crate::sandbox) message: Option<String>,
    pub(in crate::sandbox) request: Value,
    pub(in crate::sandbox) response: Value,
    pub(in crate::sandbox) read_only: bool,
}

pub(super) fn record(
    scenario: &Scenario,
    script: &RecordScript,
    names: &Names,
    number: u32,
    moved: Offset,
) -> Result<SimulatedRecord, LayoutError> {
    let place = NameScope {
        number,
        ..NameScope::new("", &script.label)
    };
    let principal = scenario
        .principals
        .get(&script.who)
        .ok_or_else(|| LayoutError::Missing {
            what: "principal",
            key: script.who.clone(),
            known: scenario.principals.keys().cloned().collect(),
        })?;
    let caller = filled(
        principal,
        NameScope {
            label: &script.who,
            ..place
        },
        names,
    )?;
    let request_id = names.fill(script.request_id.as_deref().unwrap_or("${uuid}"), place)?;
    let region = script.region.clone().unwrap_or_else(|| scenario.region.clone());
    let label = if number == 1 {
        script.label.clone()
    } else {
        format!("{}#{number}", script.label)
    };
    let call = TrailCall {
        event_id: names.seed(&["record", &label]).uuid(),
        request_id,
        at: names.moment(script.at.plus(moved)),
        region,
        action: script.event.clone(),
        error: script.error.clone(),
        message: names.fill_option(script.message.as_ref(), place)?,
        request: filled_value(script.request.as_ref(), place, names)?,
        response: filled_value(script.response.as_ref(), place, names)?,
        read_only: script.read_only,
    };
    let mut record =
        assemble(&call, &caller, scenario, names).ok_or_else(|| LayoutError::Action(script.event.clone()))?;
    record.label = label;
    record.visible_at = names.moment(script.at.plus(moved).plus(script.delay));
    of_data(&mut record, script.data.as_ref());
    put_over(
        &mut record.record,
        filled_value(script.members.as_ref(), place, names)?,
    );
    for path in &script.without {
        take_out(&mut record.record, path);
    }
    for resource in &script.resources {
        let resource = names.fill(resource, place)?;
        let (kind, name) = resource.split_once(' ').unwrap_or(("", &resource));
        record.resources.push((kind.to_owned(), name.to_owned()));
    }
    Ok(record)
}

/// Makes a record one of a call on data of this kind, if any.
fn of_data(record: &mut SimulatedRecord, kind: Option<&String>) {
    if let Some(kind) = kind {
        let members =
            json!({ "managementEvent": false, "eventCategory": "Data", "resources": [{ "type": kind }] });
        put_over(&mut record.record, members);
        record.data = Some(kind.clone());
    }
}

/// Puts these members over those that are there, member by member.
fn put_over(there: &mut Value, members: Value) {
    match (there, members) {
        (_, Value::Null) => {}
        (Value::Object(there), Value::Object(members)) => {
            for (key, member) in members {
                put_over(there.entry(key).or_insert(Value::Null), member);
            }
        }
        (there, member) => *there = member,
    }
}

/// Takes the member at this path out, if it is there.
fn take_out(record: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer: String = parent
        .split('.')
        .filter(|step| !step.is_empty())
        .flat_map(|step| ["/", step])
        .collect();
    if let Some(Value::Object(members)) = record.pointer_mut(&pointer) {
        members.remove(key);
    }
}

fn filled(
    principal: &CallerScript,
    place: NameScope<'_>,
    names: &Names,
) -> Result<CallerScript, LayoutError> {
    Ok(CallerScript {
        role: names.fill_option(principal.role.as_ref(), place)?,
        session: names.fill_option(principal.session.as_ref(), place)?,
        user: names.fill_option(principal.user.as_ref(), place)?,
        issued_to: names.fill_option(principal.issued_to.as_ref(), place)?,
        ..principal.clone()
    })
}

fn filled_value(
    value: Option<&toml::Value>,
    place: NameScope<'_>,
    names: &Names,
) -> Result<Value, LayoutError> {
    Ok(match value {
        None | Some(toml::Value::Datetime(_)) => Value::Null,
        Some(toml::Value::String(text)) => Value::String(names.fill(text, place)?),
        Some(toml::Value::Integer(number)) => json!(number),
        Some(toml::Value::Float(number)) => json!(number),
        Some(toml::Value::Boolean(flag)) => json!(flag),
        Some(toml::Value::Array(items)) => {
            let items: Result<Vec<_>, _> = items
                .iter()
                .map(|item| filled_value(Some(item), place, names))
                .collect();
            Value::Array(items?)
        }
        Some(toml::Value::Table(table)) => {
            let mut object = Map::new();
            for (key, item) in table {
                object.insert(key.clone(), filled_value(Some(item), place, names)?);
            }
            Value::Object(object)
        }
    })
}

/// The record of a call, visible at once; nothing if the action names no service.
pub(in crate::sandbox) fn assemble(
    call: &TrailCall,
    caller: &CallerScript,
    scenario: &Scenario,
    names: &Names,
) -> Option<SimulatedRecord> {
    let (service, event_name) = action::parts(&call.action)?;
    let event_source = format!("{service}.amazonaws.com");
    let identity = RecordIdentity::of(caller, call.at, scenario, names);
    let from = caller.via.clone().or_else(|| caller.ip.clone());
    let agent = caller.via.clone().or_else(|| caller.agent.clone());
    let from = from.unwrap_or_else(|| "203.0.113.24".to_owned());
    let mut record = Map::new();
    let mut put = |key: &str, value: Value| record.insert(key.to_owned(), value);
    put("eventVersion", json!("1.11"));
    put("userIdentity", identity.json);
    put(
        "eventTime",
        json!(call.at.to_rfc3339_opts(SecondsFormat::Secs, true)),
    );
    put("eventSource", json!(event_source));
    put("eventName", json!(event_name));
    put("awsRegion", json!(call.region));
    put("sourceIPAddress", json!(from));
    put(
        "userAgent",
        json!(agent.unwrap_or_else(|| "aws-sdk-go-v2/1.36.3 os/linux lang/go#1.24.1".to_owned())),
    );
    if let Some(error) = &call.error {
        put("errorCode", json!(error));
    }
    if let Some(message) = &call.message {
        put("errorMessage", json!(message));
    }
    put("requestParameters", call.request.clone());
    put("responseElements", call.response.clone());
    put("requestID", json!(call.request_id));
    put("eventID", json!(call.event_id));
    put("readOnly", json!(call.read_only));
    put("eventType", json!("AwsApiCall"));
    put("managementEvent", json!(true));
    put(
        "recipientAccountId",
        json!(caller.account.as_ref().unwrap_or(&scenario.account)),
    );
    put("eventCategory", json!("Management"));
    Some(SimulatedRecord {
        event_id: call.event_id.clone(),
        label: String::new(),
        at: call.at,
        visible_at: call.at,
        region: call.region.clone(),
        event_name: event_name.to_owned(),
        event_source,
        username: identity.username,
        access_key: identity.access_key,
        read_only: call.read_only,
        resources: Vec::new(),
        record: Value::Object(record),
        data: None,
    })
}

/// Who made a call, as the record and its envelope say it.
struct RecordIdentity {
    json: Value,
    username: Option<String>,
    access_key: Option<String>,
}

impl RecordIdentity {
    fn of(caller: &CallerScript, at: DateTime<Utc>, scenario: &Scenario, names: &Names) -> Self {
        let role = caller.role.as_deref();
        if let Some(role) = role {
            return Self::of_role(role, caller, at, scenario, names);
        }
        if let Some(user) = caller.user.as_deref() {
            return Self::of_user(user, caller, scenario, names);
        }
        let service = caller
            .via
            .clone()
            .unwrap_or_else(|| "cloudformation.amazonaws.com".to_owned());
        Self {
            json: json!({ "type": "AWSService", "invokedBy": service }),
            username: None,
            access_key: None,
        }
    }

    fn of_role(
        role: &str,
        caller: &CallerScript,
        at: DateTime<Utc>,
        scenario: &Scenario,
        names: &Names,
    ) -> Self {
        let account = caller.account.as_ref().unwrap_or(&scenario.account);
        let partition = Partition::of(&scenario.region).name;
        let session = caller.session.clone().unwrap_or_else(|| "session".to_owned());
        let principal_id = format!("AROA{}", names.seed(&["principal id", role]).capitals(17));
        let key = caller.access_key.clone();
        let key = key.unwrap_or_else(|| format!("ASIA{}", names.seed(&["key", role, &session]).capitals(16)));
        let name = role.rsplit('/').next().unwrap_or(role);
        let mut json = json!({
            "type": "AssumedRole",
            "principalId": format!("{principal_id}:{session}"),
            "arn": format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
            "accountId": account,
            "accessKeyId": key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": principal_id,
                    "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
                    "accountId": account,
                    "userName": name,
                },
                "attributes": {
                    "creationDate": at.to_rfc3339_opts(SecondsFormat::Secs, true),
                    "mfaAuthenticated": "false",
                },
            },
        });
        if let (Some(via), Some(object)) = (&caller.via, json.as_object_mut()) {
            object.insert("invokedBy".to_owned(), json!(via));
        }
        if let (Some(arn), Some(object)) = (&caller.issued_to, json.as_object_mut()) {
            let kind = if arn.contains(":function:") {
                "AWS::Lambda::Function"
            } else {
                "AWS::EC2::Instance"
            };
            object.insert(
                "inScopeOf".to_owned(),
                json!({ "issuerType": kind, "credentialsIssuedTo": arn }),
            );
        }
        Self {
            json,
            username: Some(session),
            access_key: Some(key),
        }
    }

    fn of_user(user: &str, caller: &CallerScript, scenario: &Scenario, names: &Names) -> Self {
        let (account, partition) = (&scenario.account, Partition::of(&scenario.region).name);
        let key = caller.access_key.clone();
        let key = key.unwrap_or_else(|| format!("AKIA{}", names.seed(&["key", user]).capitals(16)));
        let mut json = json!({
            "type": "IAMUser",
            "principalId": format!("AIDA{}", names.seed(&["principal id", user]).capitals(17)),
            "arn": format!("arn:{partition}:iam::{account}:user/{user}"),
            "accountId": account,
            "accessKeyId": key,
            "userName": user,
        });
        if let (Some(via), Some(object)) = (&caller.via, json.as_object_mut()) {
            object.insert("invokedBy".to_owned(), json!(via));
        }
        Self {
            json,
            username: Some(user.to_owned()),
            access_key: Some(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_put_over_a_record_and_taken_out_by_their_path() {
        let mut record = json!({"userIdentity": {"type": "IAMUser", "userName": "ana"}, "readOnly": false});
        put_over(
            &mut record,
            json!({"userIdentity": {"type": "Root"}, "tlsDetails": {"tlsVersion": "TLSv1.3"}}),
        );
        put_over(&mut record, Value::Null);
        for path in ["userIdentity.userName", "readOnly", "nothing.here"] {
            take_out(&mut record, path);
        }
        assert_eq!(
            record,
            json!({"userIdentity": {"type": "Root"}, "tlsDetails": {"tlsVersion": "TLSv1.3"}})
        );
    }
}
