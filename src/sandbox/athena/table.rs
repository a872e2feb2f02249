//! Tables over what trails deliver to S3, in the layouts of Athena's user guide.

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::{Map, Value, json};

use crate::sandbox::request::ApiRequest;
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::tables::SimulatedTable;
use crate::sandbox::world::{SimulatedRecord, World};

/// Columns that are texts, with the members of a record that they hold.
const TEXTS: [(&str, &str); 21] = [
    ("eventversion", "eventVersion"),
    ("eventtime", "eventTime"),
    ("eventsource", "eventSource"),
    ("eventname", "eventName"),
    ("awsregion", "awsRegion"),
    ("sourceipaddress", "sourceIPAddress"),
    ("useragent", "userAgent"),
    ("errorcode", "errorCode"),
    ("errormessage", "errorMessage"),
    ("requestparameters", "requestParameters"),
    ("responseelements", "responseElements"),
    ("additionaleventdata", "additionalEventData"),
    ("requestid", "requestID"),
    ("eventid", "eventID"),
    ("eventtype", "eventType"),
    ("readonly", "readOnly"),
    ("recipientaccountid", "recipientAccountId"),
    ("serviceeventdetails", "serviceEventDetails"),
    ("sharedeventid", "sharedEventID"),
    ("vpcendpointid", "vpcEndpointId"),
    ("eventcategory", "eventCategory"),
];
/// Columns that are structures, or lists of them.
const STRUCTURES: [(&str, &str); 2] = [("useridentity", "userIdentity"), ("resources", "resources")];

/// What lies in a table by now. Without an account in its path it holds the records of one account alone.
pub(super) fn rows<'w>(
    table: &'w SimulatedTable,
    world: &'w World,
    now: DateTime<Utc>,
) -> Vec<DeliveredRow<'w>> {
    let others = table.is_of_organisation;
    let others = world.elsewhere.iter().filter(move |_| others);
    let all = world.trail.iter().chain(others);
    let delivered = all.filter(|record| record.visible_at <= now);
    // A store has the calls on data that it is set to record, and no others.
    let delivered = delivered.filter(|record| {
        let data = record.data.as_ref();
        !table.is_store() || data.is_none_or(|kind| table.kinds.contains(kind))
    });
    delivered.map(|record| DeliveredRow { table, record }).collect()
}

/// Whether every table has such a column.
pub(super) fn is_column(name: &str) -> bool {
    TEXTS.iter().chain(&STRUCTURES).any(|(column, _)| *column == name)
}

/// A row.
pub(super) struct DeliveredRow<'w> {
    table: &'w SimulatedTable,
    record: &'w SimulatedRecord,
}

impl DeliveredRow<'_> {
    fn account(&self) -> &str {
        let account = self.record.record.get("recipientAccountId");
        account.and_then(Value::as_str).unwrap_or_default()
    }

    /// The value of a partition. A file lies under the day on which it was delivered.
    pub(super) fn partition_value(&self, name: &str) -> Option<String> {
        if !self.table.is_partition(name) {
            return None;
        }
        let day = self.record.visible_at;
        Some(match name {
            "account" => self.account().to_owned(),
            "region" => self.record.region.clone(),
            "year" => day.year().to_string(),
            "month" => format!("{:02}", day.month()),
            "day" => format!("{:02}", day.day()),
            _ => day.format("%Y/%m/%d").to_string(),
        })
    }

    /// What it lies in.
    pub(super) fn partition(&self) -> Vec<String> {
        let each = self.table.form.partitions().iter();
        each.filter_map(|name| self.partition_value(name)).collect()
    }

    /// Whether it lies in an event data store.
    pub(super) fn is_of_store(&self) -> bool {
        self.table.is_store()
    }

    /// The value of a column, as the reader of JSON makes it: names in lower case, and a text of what has no structure.
    pub(super) fn column(&self, name: &str) -> Option<Value> {
        let member = |of: &[(&str, &str)]| {
            let (_, member) = of.iter().find(|(column, _)| *column == name)?;
            self.record.record.get(*member).cloned()
        };
        if self.is_of_store() && name == "eventjson" {
            return Some(Value::String(self.record.record.to_string()));
        }
        if let Some(structure) = member(&STRUCTURES) {
            return Some(lower(structure));
        }
        match member(&TEXTS)? {
            Value::Null => None,
            // A moment of a store is no text.
            Value::String(text) if self.is_of_store() && name == "eventtime" => Some(Value::String(
                text.replace('T', " ").trim_end_matches('Z').to_owned(),
            )),
            Value::String(text) => Some(Value::String(text)),
            other => Some(Value::String(other.to_string())),
        }
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let each = members.into_iter();
            let each = each.map(|(name, value)| (name.to_ascii_lowercase(), lower(value)));
            Value::Object(each.collect::<Map<_, _>>())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(lower).collect()),
        other => other,
    }
}

/// What is told of a table.
pub(super) fn metadata(world: &World, question: &ApiRequest) -> Result<Value, ServiceError> {
    let text = |key| question.parameters.text(key).unwrap_or_default();
    let (database, name) = (text("DatabaseName"), text("TableName"));
    let mut tables = world.tables.iter();
    let table = tables.find(|table| table.database == database && table.table == name);
    let table = table.ok_or_else(|| {
        let message = format!("EntityNotFoundException: Entity Not FoundRows: {database}.{name}");
        ServiceError::caller("MetadataException", message)
    })?;
    let column = |name: &str, kind: &str| json!({ "Name": name, "Type": kind });
    let texts = TEXTS.iter().map(|(name, _)| column(name, "string"));
    let structures = STRUCTURES
        .iter()
        .map(|(name, _)| column(name, "struct<type:string>"));
    let columns: Vec<Value> = texts.chain(structures).collect();
    let partitions = table.form.partitions();
    let keys: Vec<Value> = partitions.iter().map(|name| column(name, "string")).collect();
    let parameters = if partitions.contains(&"timestamp") {
        json!({ "projection.enabled": "true", "projection.timestamp.type": "date", "projection.timestamp.format": "yyyy/MM/dd" })
    } else {
        json!({ "classification": "cloudtrail" })
    };
    Ok(json!({ "TableMetadata": {
        "Name": table.table,
        "TableType": "EXTERNAL_TABLE",
        "Columns": columns,
        "PartitionKeys": keys,
        "Parameters": parameters,
    } }))
}
