//! A trail in small: it answers what the plan asks with the records that it has.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailKey, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

use super::{at, stack};

/// So often the plan is asked anew: what is found nowhere is looked for further back.
const ROUNDS: usize = 4;

/// The time of a record, in whole seconds as the trail tells it.
pub(super) fn time(seconds: i64) -> String {
    at(seconds).to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn record(record: &Value) -> TrailRecord {
    TrailRecord::read(&record.to_string()).unwrap_or_else(|error| unreachable!("{error}: {record}"))
}

/// A call on the stack itself by somebody, told as `role/session`.
pub(super) fn on_the_stack(id: &str, seconds: i64, name: &str, who: &str) -> TrailRecord {
    record(&call_on_the_stack(id, seconds, name, who))
}

/// ... as it is written.
pub(super) fn call_on_the_stack(id: &str, seconds: i64, name: &str, who: &str) -> Value {
    let role = who.split('/').next().unwrap_or_default();
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::123456789012:assumed-role/{who}"),
            "accountId": "123456789012",
            "sessionContext": {"sessionIssuer": {
                "type": "Role", "arn": format!("arn:aws:iam::123456789012:role/{role}"), "userName": role,
            }},
        },
        "eventTime": time(seconds),
        "eventSource": "cloudformation.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.9",
        "requestParameters": {"stackName": stack("shop-prod").as_str()},
        "requestID": format!("00000000-0000-4000-8000-{:012}", seconds.unsigned_abs()),
        "eventID": id,
        "readOnly": false,
        "recipientAccountId": "123456789012",
    })
}

/// Answers everything that is planned, and what is planned then.
pub(super) fn answer(facts: &mut Vec<Recorded>, records: &[TrailRecord], observed_at: DateTime<Utc>) {
    for _ in 0..ROUNDS {
        let session = Session::replay(stack("shop-prod"), &*facts);
        let planned = Diagnosis::of(&session).plan;
        let searches = planned.into_iter().map(|planned| planned.search);
        let open = searches.filter(|search| session.trail().last_answer(search).is_none());
        facts.extend(open.map(|search| {
            Recorded {
                observed_at,
                fact: Fact::TrailSearched {
                    answer: TrailAnswer {
                        records: records
                            .iter()
                            .filter(|record| is_found(record, &search))
                            .cloned()
                            .collect(),
                        search,
                        complete: true,
                        calls: 1,
                        source: SourceId::CLOUDTRAIL,
                    },
                },
            }
        }));
    }
}

fn is_found(record: &TrailRecord, search: &TrailSearch) -> bool {
    let has = search.attribute.as_ref().is_none_or(|wanted| match wanted.key {
        TrailKey::EventName => wanted.value == record.name,
        TrailKey::Username => record.identity.name.as_ref() == Some(&wanted.value),
        _ => false,
    });
    has && record.region == search.region && (search.from..=search.to).contains(&record.at)
}
