use super::super::{AccountId, DescribedTable, RegionName, TableFlaw, TablePartition, TrailDays};
use super::*;

fn partition(name: &str, of_type: &str, format: Option<&str>) -> TablePartition {
    TablePartition {
        name: name.to_owned(),
        of_type: of_type.to_owned(),
        format: format.map(str::to_owned),
    }
}

fn table(partitions: Vec<TablePartition>) -> DescribedTable {
    let mut columns: Vec<String> = COLUMNS.iter().map(|column| column.of.to_owned()).collect();
    columns.dedup();
    DescribedTable {
        name: "audit.cloudtrail_logs".to_owned(),
        columns,
        partitions,
        most_bytes: None,
    }
}

fn search(attribute: Option<(TrailKey, &str)>) -> TrailSearch {
    TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: attribute.map(|(key, value)| TrailAttribute {
            key,
            value: value.to_owned(),
        }),
        from: "2026-05-04T12:00:00Z".parse().unwrap(),
        to: "2026-05-04T12:10:00.5Z".parse().unwrap(),
    }
}

fn query(partitions: Vec<TablePartition>, search: &TrailSearch) -> TrailQuery {
    let bounds = QueryBounds::new(
        AccountId::parse("012345678901").unwrap(),
        RegionName::parse("eu-west-1").unwrap(),
        TrailDays::of(search.from, search.to).unwrap(),
    );
    TrailQuery::new(&table(partitions).layout().unwrap(), &bounds, search)
}

fn condition(query: &TrailQuery) -> &str {
    query.text().split_once(" WHERE ").unwrap().1
}

const ALWAYS: &str = "recipientaccountid = ? AND awsregion = ?";
const THEN: &str = " AND eventtime >= ? AND eventtime <= ?";
const LAST: &str = " ORDER BY eventtime DESC LIMIT 4000";

#[test]
fn the_table_with_a_partition_for_each_part_of_the_day() {
    let parts = ["region", "year", "month", "day"].map(|name| partition(name, "string", None));
    let query = query(parts.to_vec(), &search(None));
    assert_eq!(
        condition(&query),
        format!(
            r#"{ALWAYS} AND "region" = ? AND (("year" IN (?) AND "month" IN (?, ?) AND "day" IN (?, ?))){THEN}{LAST}"#
        )
    );
    assert_eq!(
        query.parameters(),
        [
            "'012345678901'",
            "'eu-west-1'",
            "'eu-west-1'",
            "'2026'",
            "'05'",
            "'5'",
            "'04'",
            "'4'",
            "'2026-05-04T12:00:00Z'",
            "'2026-05-04T12:10:00Z'"
        ]
    );
}

#[test]
fn the_table_with_partition_projection() {
    let days = partition("timestamp", "string", Some("yyyy/MM/dd"));
    let query = query(vec![days], &search(Some((TrailKey::EventName, "PutObject"))));
    assert_eq!(
        condition(&query),
        format!(r#"{ALWAYS} AND (("timestamp" IN (?))){THEN} AND (eventname = ?){LAST}"#)
    );
    assert_eq!(query.parameters()[2], "'2026/05/04'");
    assert!(
        query
            .text()
            .starts_with("SELECT eventversion, useridentity.type, ")
    );
    assert!(query.text().contains(r#" FROM "audit"."cloudtrail_logs" WHERE "#));
}

#[test]
fn the_table_of_an_organisation() {
    let parts = vec![
        partition("account", "string", None),
        partition("region", "string", None),
        partition("year", "int", None),
        partition("month", "int", None),
        partition("day", "int", None),
    ];
    let query = query(parts, &search(None));
    assert!(
        condition(&query)
            .contains(r#"AND "account" = ? AND "region" = ? AND (("year" IN (?) AND "month" IN (?)"#)
    );
    assert_eq!(
        query.parameters()[2..7],
        ["'012345678901'", "'eu-west-1'", "2026", "5", "4"]
    );
    let numbers = vec![
        partition("accountid", "bigint", None),
        partition("date", "date", None),
    ];
    let query = self::query(numbers, &search(None));
    assert_eq!(
        query.parameters()[2..4],
        ["12345678901", "CAST('2026-05-04' AS DATE)"]
    );
}

#[test]
fn a_table_that_cannot_be_asked_for_a_day_is_not_asked() {
    let flaw = |partitions| table(partitions).layout().unwrap_err();
    assert_eq!(flaw(Vec::new()), TableFlaw::NotByDay);
    assert_eq!(
        flaw(vec![partition("region", "string", None)]),
        TableFlaw::NotByDay
    );
    let months = vec![
        partition("year", "string", None),
        partition("month", "string", None),
    ];
    assert_eq!(flaw(months), TableFlaw::NotByDay);
    let hours = vec![partition("timestamp", "string", Some("yyyy/MM/dd/HH"))];
    assert_eq!(flaw(hours), TableFlaw::Format("yyyy/MM/dd/HH".to_owned()));
    let mut other = table(vec![partition("dt", "string", None)]);
    assert!(other.layout().is_ok());
    other.columns.retain(|column| column != "useridentity");
    assert_eq!(other.layout(), Err(TableFlaw::NoColumn("useridentity")));
    let mut hostile = table(vec![partition("dt\" OR 1=1", "string", None)]);
    assert_eq!(hostile.layout(), Err(TableFlaw::NotByDay));
    hostile.name = "audit.logs\" WHERE 1=1 --".to_owned();
    assert_eq!(hostile.layout(), Err(TableFlaw::Unnamed));
}

/// Whatever a value holds, the text is the same; the value is one literal, which ends where it ends.
#[test]
fn a_value_is_never_syntax() {
    let days = || vec![partition("timestamp", "string", Some("yyyy/MM/dd"))];
    for key in [
        TrailKey::EventName,
        TrailKey::Username,
        TrailKey::AccessKeyId,
        TrailKey::ReadOnly,
    ] {
        let usual = query(days(), &search(Some((key, "usual"))));
        for value in [
            "' OR '1'='1",
            "'; DROP TABLE logs; --",
            "''",
            "'",
            "\\'",
            "x' UNION SELECT * FROM secrets --",
            "?",
            "a\nb",
            "/* */",
            "\u{202e}\u{2019}",
            "",
        ] {
            let asked = query(days(), &search(Some((key, value))));
            assert_eq!(asked.text(), usual.text(), "{value}");
            let literal = asked.parameters().last().unwrap();
            let inner = literal
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''));
            let inner = inner.unwrap();
            assert!(!inner.replace("''", "").contains('\''), "{literal}");
            assert_eq!(inner.replace("''", "'"), value);
        }
    }
    let bounded_only = query(days(), &search(None));
    let too_long = "'".repeat(600);
    for unbound in [too_long.as_str(), "a\0b"] {
        let asked = query(days(), &search(Some((TrailKey::EventName, unbound))));
        assert_eq!(asked, bounded_only, "more is found, and never less");
    }
    let by_arn = query(days(), &search(Some((TrailKey::ResourceArn, "' OR 1=1"))));
    assert_eq!(by_arn, bounded_only);
}

#[test]
fn as_many_values_are_bound_as_there_are_places_for_them() {
    let parts = ["region", "year", "month", "day"].map(|name| partition(name, "string", None));
    let mut long = search(Some((TrailKey::Username, "shop")));
    long.to = "2026-06-01T00:00:00Z".parse().unwrap();
    let query = query(parts.to_vec(), &long);
    assert_eq!(query.text().matches('?').count(), query.parameters().len());
    assert!(query.parameters().len() < 1_024, "Athena takes no more");
}

#[test]
fn a_row_becomes_the_record_that_it_was_made_from() {
    let days = partition("timestamp", "string", None);
    let query = query(vec![days], &search(None));
    let row: Vec<Option<String>> = query
        .columns
        .iter()
        .filter_map(|index| COLUMNS.get(*index))
        .map(|column| {
            let value = match column.expression {
                "useridentity.type" => "AssumedRole",
                "useridentity.principalid" => "AROA1:shop-fn",
                "useridentity.arn" => "arn:aws:sts::012345678901:assumed-role/r/shop-fn",
                "useridentity.sessioncontext.sessionissuer.arn" => "arn:aws:iam::012345678901:role/r",
                "eventtime" => "2026-05-04T12:01:00Z",
                "eventsource" => "s3.amazonaws.com",
                "eventname" => "PutObject",
                "awsregion" => "eu-west-1",
                "errorcode" => "AccessDenied",
                "errormessage" => "it's \"denied\"",
                "requestparameters" => r#"{"bucketName":"b"}"#,
                "responseelements" => "null",
                "eventid" => "e1",
                "readonly" => "false",
                "json_format(CAST(resources AS JSON))" => {
                    r#"[{"arn":"arn:aws:s3:::b/k","accountid":null,"type":"AWS::S3::Object"},["arn:aws:s3:::b","1","AWS::S3::Bucket"]]"#
                }
                _ => return None,
            };
            Some(value.to_owned())
        })
        .collect();
    assert_eq!(row.len(), query.width());
    let record = query.record(&row).unwrap();
    let of = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(
        of(&record.raw),
        of(
            r#"{"awsRegion":"eu-west-1","errorCode":"AccessDenied","errorMessage":"it's \"denied\"","eventID":"e1","eventName":"PutObject","eventSource":"s3.amazonaws.com","eventTime":"2026-05-04T12:01:00Z","readOnly":false,"requestParameters":{"bucketName":"b"},"resources":[{"ARN":"arn:aws:s3:::b/k","type":"AWS::S3::Object"},{"ARN":"arn:aws:s3:::b","accountId":"1","type":"AWS::S3::Bucket"}],"userIdentity":{"arn":"arn:aws:sts::012345678901:assumed-role/r/shop-fn","principalId":"AROA1:shop-fn","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::012345678901:role/r"}},"type":"AssumedRole"}}"#
        ),
    );
    assert_eq!(record.identity.name.as_deref(), Some("shop-fn"));
    assert_eq!(record.read_only, Some(false));
    assert!(record.is_denial());
    assert!(query.record(&[]).is_none(), "nothing is no record");
}
