//! Records of `CloudTrail` as tables: the console's CSV, Athena's, and the rows of `CloudTrail` Lake.

use serde_json::{Map, Value, json};

use super::paste::Paste;
use super::{Content, TextForm};
use crate::domain::model::trail::TrailRecord;

pub(super) const FORM: TextForm = TextForm {
    name: "cloudtrail-csv",
    what: "CloudTrail's event history as CSV, of the console or Athena",
    told_by: "`eventName` and `eventSource` (or `Event name`, `Event source`) among the titles of the first line",
    sample: "eventTime,eventSource,eventName,errorCode,errorMessage\n2026-05-04T12:00:00Z,s3.amazonaws.com,CreateBucket,AccessDenied,Access Denied",
    score: csv_score,
    read: read_csv,
};

pub(super) const LAKE: TextForm = TextForm {
    name: "cloudtrail-lake",
    what: "the rows of a CloudTrail Lake query",
    told_by: "JSON with `QueryResultRows`, a map for every column",
    sample: r#"{"QueryResultRows":[[{"eventSource":"s3.amazonaws.com"},{"eventName":"CreateBucket"},{"errorCode":"AccessDenied"}]]}"#,
    score: lake_score,
    read: read_lake,
};

/// So many rows are read.
const MOST: usize = 50_000;

/// The record's member for a column's title.
fn member(title: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 22] = [
        ("eventname", "eventName"),
        ("eventsource", "eventSource"),
        ("eventtime", "eventTime"),
        ("eventid", "eventID"),
        ("requestid", "requestID"),
        ("awsregion", "awsRegion"),
        ("sourceipaddress", "sourceIPAddress"),
        ("useragent", "userAgent"),
        ("errorcode", "errorCode"),
        ("errormessage", "errorMessage"),
        ("readonly", "readOnly"),
        ("eventtype", "eventType"),
        ("recipientaccountid", "recipientAccountId"),
        ("eventcategory", "eventCategory"),
        ("username", "userName"),
        ("useridentity", "userIdentity"),
        ("useridentityarn", "arn"),
        ("arn", "arn"),
        ("requestparameters", "requestParameters"),
        ("responseelements", "responseElements"),
        ("sharedeventid", "sharedEventID"),
        ("vpcendpointid", "vpcEndpointId"),
    ];
    let plain: String = title
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES
        .iter()
        .find(|(name, _)| *name == plain)
        .map(|(_, member)| *member)
}

fn csv_score(paste: &Paste<'_>) -> u8 {
    let head = paste.lines().find(|line| !line.is_empty()).unwrap_or_default();
    let titles = fields(head).0;
    let has = |name: &str| titles.iter().any(|title| member(title) == Some(name));
    if has("eventName") && has("eventSource") && titles.len() > 2 {
        95
    } else {
        0
    }
}

fn read_csv(paste: &Paste<'_>) -> Option<Content> {
    let (titles, mut rest) = fields(paste.text.trim_start_matches(['\u{feff}', '\n']));
    let mut rows = Vec::new();
    while !rest.trim().is_empty() && rows.len() < MOST {
        let (row, after) = fields(rest);
        rest = after;
        // A row that was cut lacks what it would have told.
        if row.len() != titles.len() {
            continue;
        }
        let cells = titles.iter().zip(row);
        rows.push(record(cells.map(|(title, cell)| (title.as_str(), cell))));
    }
    records(rows)
}

/// The fields of the row that a text begins with, and what follows the row.
pub(super) fn fields(text: &str) -> (Vec<String>, &str) {
    let mut row = Vec::new();
    let (mut field, mut quoted) = (String::new(), false);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' if quoted && characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' | '\t' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(field);
                return (row, text.get(at + 1..).unwrap_or_default());
            }
            other => field.push(other),
        }
    }
    row.push(field);
    (row, "")
}

fn is_row(members: &Map<String, Value>) -> bool {
    members.contains_key("QueryResultRows")
}

/// Rows as they stand in `QueryResultRows`, without it: lists of objects of one member each.
fn bare_rows(value: &Value) -> Vec<&Vec<Value>> {
    let Some(items) = value.as_array() else {
        return Vec::new();
    };
    let column = |item: &Value| item.as_object().is_some_and(|members| members.len() == 1);
    let known = |item: &Value| {
        item.as_object()
            .is_some_and(|members| members.keys().any(|name| member(name) == Some("eventName")))
    };
    if items.len() > 1 && items.iter().all(column) && items.iter().any(known) {
        return vec![items];
    }
    items.iter().flat_map(bare_rows).collect()
}

fn lake_score(paste: &Paste<'_>) -> u8 {
    if paste.documents.iter().any(|value| !bare_rows(value).is_empty()) {
        return 95;
    }
    let found = paste.has("QueryResultRows") && !paste.objects(is_row).is_empty();
    if found { 95 } else { 0 }
}

fn read_lake(paste: &Paste<'_>) -> Option<Content> {
    let mut rows = Vec::new();
    for row in paste.documents.iter().flat_map(bare_rows).take(MOST) {
        let cells = row.iter().filter_map(Value::as_object).flatten();
        let told = cells.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.to_owned())));
        rows.push(record(told));
    }
    for page in paste.objects(is_row) {
        let list = page.get("QueryResultRows").and_then(Value::as_array);
        for row in list.into_iter().flatten().take(MOST) {
            let columns = row.as_array().into_iter().flatten().filter_map(Value::as_object);
            let cells = columns
                .flatten()
                .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.to_owned())));
            rows.push(record(cells));
        }
    }
    records(rows)
}

fn record<'t>(cells: impl Iterator<Item = (&'t str, String)>) -> Value {
    let mut record = Map::new();
    for (title, cell) in cells {
        let Some(name) = member(title) else { continue };
        let cell = cell.trim();
        if cell.is_empty() || cell == "null" || cell == "-" {
            continue;
        }
        match name {
            "userName" | "arn" => {
                let identity = record.entry("userIdentity").or_insert_with(|| json!({}));
                if let Some(identity) = identity.as_object_mut() {
                    identity.insert(name.to_owned(), json!(cell));
                }
            }
            "userIdentity" | "requestParameters" | "responseElements" => {
                record.insert(name.to_owned(), nested(cell));
            }
            "readOnly" => {
                record.insert(name.to_owned(), json!(cell.eq_ignore_ascii_case("true")));
            }
            "eventTime" => {
                record.insert(name.to_owned(), json!(time(cell)));
            }
            _ => {
                record.insert(name.to_owned(), json!(cell));
            }
        }
    }
    Value::Object(record)
}

/// Lake writes `2022-08-15 09:31:12.000`, in UTC.
fn time(cell: &str) -> String {
    match cell.split_once(' ') {
        Some((day, hour)) if day.len() == 10 && !hour.contains(' ') => format!("{day}T{hour}Z"),
        _ => cell.to_owned(),
    }
}

/// The members of an identity, as a table names them.
const IDENTITY: [(&str, &str); 7] = [
    ("type", "type"),
    ("principalid", "principalId"),
    ("arn", "arn"),
    ("accountid", "accountId"),
    ("accesskeyid", "accessKeyId"),
    ("username", "userName"),
    ("invokedby", "invokedBy"),
];

/// JSON, or a map as Presto prints it: `{type=AssumedRole, arn=arn:…, sessioncontext={…}}`.
fn nested(cell: &str) -> Value {
    if let Ok(value) = serde_json::from_str::<Value>(cell) {
        return value;
    }
    let inside = cell.trim_start_matches('{');
    // What stands in inner braces belongs to somebody else: the session's issuer.
    let own = inside.split_once("={").map_or(inside, |(own, _)| own);
    let mut members = Map::new();
    for part in own.trim_end_matches('}').split(", ") {
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        let known = IDENTITY
            .iter()
            .find(|(lower, _)| name.trim().eq_ignore_ascii_case(lower));
        if let Some((_, known)) = known.filter(|_| value != "null" && !value.is_empty()) {
            members.insert((*known).to_owned(), json!(value));
        }
    }
    Value::Object(members)
}

fn records(rows: Vec<Value>) -> Option<Content> {
    let rows: Vec<Value> = rows
        .into_iter()
        .filter(|row| row.get("eventName").is_some())
        .collect();
    let found = TrailRecord::read_all(&Value::Array(rows).to_string());
    (!found.is_empty()).then_some(Content::Records(found))
}
