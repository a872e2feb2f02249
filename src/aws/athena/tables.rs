//! Tables over what trails deliver to S3.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{API, Statement, text};
use crate::aws::NOBODY;
use crate::aws::check::UncheckedAnswer;
use crate::aws::connection::Connection;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::trail_table::{
    DescribedTable, OutputPlace, RegionName, TablePartition, TrailQuery, TrailTable, WorkGroup,
};
use crate::ports::{Page, QueryProgress, TrailTables};

const TABLE_ACTION: &str = "athena:GetTableMetadata";
const WORKGROUP_ACTION: &str = "athena:GetWorkGroup";
/// The workgroup of whoever names none.
const PRIMARY: &str = "primary";
/// The catalog that Glue keeps.
const CATALOG: &str = "AwsDataCatalog";

/// Athena, for the tables of trails.
#[derive(Debug)]
pub struct AthenaTables {
    connection: Arc<Connection>,
}

impl AthenaTables {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    fn region<'a>(&'a self, table: &'a TrailTable) -> &'a str {
        let named = table.region.as_ref().map(RegionName::as_str);
        named.unwrap_or_else(|| self.connection.region())
    }
}

#[async_trait]
impl TrailTables for AthenaTables {
    async fn describe(&self, table: &TrailTable) -> Result<DescribedTable, Fault> {
        let mut request = json!({
            "CatalogName": CATALOG,
            "DatabaseName": table.name.database(),
            "TableName": table.name.table(),
        });
        if let (Some(members), Some(workgroup)) = (request.as_object_mut(), &table.workgroup) {
            members.insert("WorkGroup".to_owned(), json!(workgroup.as_str()));
        }
        let region = self.region(table);
        let answer = API.ask(&self.connection, region, TABLE_ACTION, &request).await;
        let answer = answer.map_err(|fault| missing(fault, table))?;
        let described = described(table, &answer)?;
        // That it may not be read is no trouble: the workgroup holds to it all the same.
        let workgroup = table.workgroup.as_ref().map_or(PRIMARY, WorkGroup::as_str);
        let told = workgroup_told(&self.connection, region, workgroup).await;
        Ok(DescribedTable {
            most_bytes: told.ok().as_ref().and_then(cutoff),
            ..described
        })
    }

    async fn start(&self, table: &TrailTable, query: &TrailQuery) -> Result<String, Fault> {
        let statement = Statement {
            text: query.text(),
            parameters: query.parameters(),
            database: Some(table.name.database()),
            workgroup: table.workgroup.as_ref().map(WorkGroup::as_str),
            output: table.output.as_ref().map(OutputPlace::as_str),
        };
        super::start(&self.connection, self.region(table), &statement).await
    }

    async fn progress(&self, table: &TrailTable, id: &str) -> Result<QueryProgress, Fault> {
        super::progress(&self.connection, self.region(table), id).await
    }

    async fn rows(
        &self,
        table: &TrailTable,
        id: &str,
        page: Option<&str>,
    ) -> Result<Page<Vec<Option<String>>>, Fault> {
        super::rows(&self.connection, self.region(table), id, page).await
    }

    async fn stop(&self, table: &TrailTable, id: &str) -> Result<(), Fault> {
        super::stop(&self.connection, self.region(table), id).await
    }
}

async fn workgroup_told(connection: &Connection, region: &str, name: &str) -> Result<Value, Fault> {
    let request = json!({ "WorkGroup": name });
    API.ask(connection, region, WORKGROUP_ACTION, &request).await
}

/// A workgroup's own limit of bytes.
///
/// Source: Athena API reference, `WorkGroupConfiguration`, `BytesScannedCutoffPerQuery`.
fn cutoff(told: &Value) -> Option<u64> {
    let limit = told.pointer("/WorkGroup/Configuration/BytesScannedCutoffPerQuery");
    limit.and_then(Value::as_u64).filter(|bytes| *bytes > 0)
}

/// Whether it may be asked; none where the action is not one of its own. Nothing is begun: what is asked about is not there.
pub(in crate::aws) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    let nobody = "00000000-0000-0000-0000-000000000000";
    let answered = match action {
        TABLE_ACTION => {
            let request = json!({ "CatalogName": CATALOG, "DatabaseName": NOBODY, "TableName": NOBODY });
            API.ask(connection, region, TABLE_ACTION, &request)
                .await
                .map(drop)
        }
        WORKGROUP_ACTION => workgroup_told(connection, region, NOBODY).await.map(drop),
        super::START_ACTION => {
            let statement = Statement {
                text: "SELECT 1",
                parameters: &[],
                database: None,
                workgroup: Some(NOBODY),
                output: None,
            };
            super::start(connection, region, &statement).await.map(drop)
        }
        super::PROGRESS_ACTION => super::progress(connection, region, nobody).await.map(drop),
        super::RESULTS_ACTION => super::rows(connection, region, nobody, None).await.map(drop),
        super::STOP_ACTION => super::stop(connection, region, nobody).await,
        _ => return None,
    };
    Some(answered)
}

/// Athena has no code of its own for a table that is not there.
fn missing(fault: Fault, table: &TrailTable) -> Fault {
    let is_missing = fault.kind == FaultKind::Invalid && fault.message.contains("EntityNotFoundException");
    if !is_missing {
        return fault;
    }
    let words = format!("the table {} is not there", table.name);
    Fault::new(TABLE_ACTION, FaultKind::NotFound, words)
}

fn described(table: &TrailTable, answer: &Value) -> Result<DescribedTable, Fault> {
    let checked = UncheckedAnswer(TABLE_ACTION);
    let told = checked.must(answer.get("TableMetadata"), "the table")?;
    let list = |key| told.get(key).and_then(Value::as_array).into_iter().flatten();
    let columns = list("Columns").filter_map(|column| text(column, "Name").map(str::to_owned));
    let partitions = list("PartitionKeys").filter_map(|key| {
        let name = text(key, "Name")?;
        let format = format!("projection.{name}.format");
        let format = told.get("Parameters").and_then(|all| text(all, &format));
        Some(TablePartition {
            name: name.to_owned(),
            of_type: text(key, "Type").unwrap_or("string").to_owned(),
            format: format.map(str::to_owned),
        })
    });
    Ok(DescribedTable {
        name: table.name.to_string(),
        columns: columns.collect(),
        partitions: partitions.collect(),
        most_bytes: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::trail_table::TableName;

    #[test]
    fn a_table_is_read_with_the_way_in_which_it_writes_days() {
        let table = TrailTable::named(TableName::parse("audit.logs").unwrap());
        let told = json!({ "TableMetadata": {
            "Name": "logs",
            "Columns": [{ "Name": "eventid", "Type": "string" }, { "Type": "string" }],
            "PartitionKeys": [{ "Name": "timestamp", "Type": "string" }, { "Name": "account" }],
            "Parameters": { "projection.enabled": "true", "projection.timestamp.format": "yyyy/MM/dd" },
        } });
        let described = described(&table, &told).unwrap();
        assert_eq!(described.columns, ["eventid"]);
        let partitions: Vec<(&str, &str, Option<&str>)> = described
            .partitions
            .iter()
            .map(|one| (one.name.as_str(), one.of_type.as_str(), one.format.as_deref()))
            .collect();
        assert_eq!(
            partitions,
            [
                ("timestamp", "string", Some("yyyy/MM/dd")),
                ("account", "string", None)
            ]
        );
        let none = super::described(&table, &json!({})).unwrap_err();
        assert_eq!(none.kind, FaultKind::Malformed);
    }

    #[test]
    fn a_workgroup_tells_its_own_limit_or_none() {
        let told = |configuration: Value| cutoff(&json!({ "WorkGroup": { "Configuration": configuration } }));
        assert_eq!(
            told(json!({ "BytesScannedCutoffPerQuery": 5_000_000_000_u64 })),
            Some(5_000_000_000)
        );
        assert_eq!(told(json!({ "BytesScannedCutoffPerQuery": 0 })), None);
        assert_eq!(told(json!({})), None);
    }

    #[test]
    fn a_table_that_is_not_there_is_told_from_a_wrong_request() {
        let table = TrailTable::named(TableName::parse("audit.logs").unwrap());
        let fault = |message: &str| Fault::new(TABLE_ACTION, FaultKind::Invalid, message);
        let gone = missing(
            fault("MetadataException: EntityNotFoundException: Entity Not Found"),
            &table,
        );
        assert_eq!(gone.kind, FaultKind::NotFound);
        assert_eq!(
            missing(fault("InvalidRequestException: no"), &table).kind,
            FaultKind::Invalid
        );
    }
}
