//! A row of the table, put together again to the record that it was made from.
//!
//! Source: Athena user guide, the tables of "Query AWS CloudTrail logs": columns bear the names of the members in lower
//! case; what has no form of its own is a text with JSON.

use serde_json::{Map, Value};

use crate::domain::model::trail::TrailRecord;

/// A column that is asked for, and the member of the record that it becomes.
pub(super) struct Column {
    /// The column of the table.
    pub(super) of: &'static str,
    /// What is asked for.
    pub(super) expression: &'static str,
    /// Where it goes.
    path: &'static [&'static str],
    form: ColumnForm,
}

#[derive(Clone, Copy)]
enum ColumnForm {
    Text,
    Truth,
    Json,
    /// A list of structures, as JSON: objects with names in lower case or, of an older engine, lists without names.
    Resources,
}

const fn text(of: &'static str, path: &'static [&'static str]) -> Column {
    Column {
        of,
        expression: of,
        path,
        form: ColumnForm::Text,
    }
}

const fn json(of: &'static str, path: &'static [&'static str]) -> Column {
    Column {
        of,
        expression: of,
        path,
        form: ColumnForm::Json,
    }
}

const fn who(expression: &'static str, path: &'static [&'static str]) -> Column {
    Column {
        of: "useridentity",
        expression,
        path,
        form: ColumnForm::Text,
    }
}

pub(super) const COLUMNS: [Column; 36] = [
    text("eventversion", &["eventVersion"]),
    who("useridentity.type", &["userIdentity", "type"]),
    who("useridentity.principalid", &["userIdentity", "principalId"]),
    who("useridentity.arn", &["userIdentity", "arn"]),
    who("useridentity.accountid", &["userIdentity", "accountId"]),
    who("useridentity.invokedby", &["userIdentity", "invokedBy"]),
    who("useridentity.accesskeyid", &["userIdentity", "accessKeyId"]),
    who("useridentity.username", &["userIdentity", "userName"]),
    who(
        "useridentity.sessioncontext.attributes.mfaauthenticated",
        &["userIdentity", "sessionContext", "attributes", "mfaAuthenticated"],
    ),
    who(
        "useridentity.sessioncontext.attributes.creationdate",
        &["userIdentity", "sessionContext", "attributes", "creationDate"],
    ),
    who(
        "useridentity.sessioncontext.sessionissuer.type",
        &["userIdentity", "sessionContext", "sessionIssuer", "type"],
    ),
    who(
        "useridentity.sessioncontext.sessionissuer.principalid",
        &["userIdentity", "sessionContext", "sessionIssuer", "principalId"],
    ),
    who(
        "useridentity.sessioncontext.sessionissuer.arn",
        &["userIdentity", "sessionContext", "sessionIssuer", "arn"],
    ),
    who(
        "useridentity.sessioncontext.sessionissuer.accountid",
        &["userIdentity", "sessionContext", "sessionIssuer", "accountId"],
    ),
    who(
        "useridentity.sessioncontext.sessionissuer.username",
        &["userIdentity", "sessionContext", "sessionIssuer", "userName"],
    ),
    text("eventtime", &["eventTime"]),
    text("eventsource", &["eventSource"]),
    text("eventname", &["eventName"]),
    text("awsregion", &["awsRegion"]),
    text("sourceipaddress", &["sourceIPAddress"]),
    text("useragent", &["userAgent"]),
    text("errorcode", &["errorCode"]),
    text("errormessage", &["errorMessage"]),
    json("requestparameters", &["requestParameters"]),
    json("responseelements", &["responseElements"]),
    json("additionaleventdata", &["additionalEventData"]),
    text("requestid", &["requestID"]),
    text("eventid", &["eventID"]),
    Column {
        of: "readonly",
        expression: "readonly",
        path: &["readOnly"],
        form: ColumnForm::Truth,
    },
    Column {
        of: "resources",
        expression: "json_format(CAST(resources AS JSON))",
        path: &["resources"],
        form: ColumnForm::Resources,
    },
    text("eventtype", &["eventType"]),
    text("recipientaccountid", &["recipientAccountId"]),
    json("serviceeventdetails", &["serviceEventDetails"]),
    text("sharedeventid", &["sharedEventID"]),
    text("vpcendpointid", &["vpcEndpointId"]),
    text("eventcategory", &["eventCategory"]),
];

/// The record that a row with these columns was made from; none where it is none.
pub(super) fn record(columns: &[usize], row: &[Option<String>]) -> Option<TrailRecord> {
    let mut record = Map::new();
    let columns = columns.iter().filter_map(|index| COLUMNS.get(*index));
    for (column, value) in columns.zip(row) {
        if let Some(value) = value.as_deref().and_then(|value| column.form.read(value)) {
            put(&mut record, column.path, value);
        }
    }
    TrailRecord::read(&Value::Object(record).to_string()).ok()
}

impl ColumnForm {
    fn read(self, value: &str) -> Option<Value> {
        // The reader of JSON writes `null` into a text where a member has no value.
        if value.is_empty() || value == "null" {
            return None;
        }
        Some(match self {
            Self::Text => value.into(),
            Self::Truth => value.parse::<bool>().map_or_else(|_| value.into(), Value::Bool),
            Self::Json => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
            Self::Resources => resources(serde_json::from_str(value).ok()?),
        })
    }
}

/// Members of a resource, in the order in which a list without names has them.
const NAMES: [(&str, &str); 3] = [("arn", "ARN"), ("accountid", "accountId"), ("type", "type")];

fn resources(listed: Value) -> Value {
    let Value::Array(listed) = listed else {
        return listed;
    };
    let each = listed.into_iter().map(|one| {
        let named = NAMES.iter().enumerate().filter_map(|(place, (lower, name))| {
            let value = one.get(*lower).or_else(|| one.get(place))?;
            (!value.is_null()).then(|| ((*name).to_owned(), value.clone()))
        });
        Value::Object(named.collect())
    });
    Value::Array(each.collect())
}

fn put(record: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            record.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = record.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
