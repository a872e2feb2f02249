//! Questions over many deployments: the same SQL in several engines, against answers that are worked out by hand.
//!
//! Portable as the text is, `SQLite` takes it as well, so that every run of the tests asks all ten. The engine of the
//! program itself is asked with `cargo test --features fleet --test archive fleet`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod athena;
mod by_hand;
mod generated;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use chrono::NaiveDate;
use flate2::read::GzDecoder;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use serde_json::{Map, Value, json};
use stacktrail::archive::SessionFile;
use stacktrail::domain::conclude::fleet::{self, DeploymentRows, FleetRow};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::session::Session;
use stacktrail::fleet::{COLUMNS, Cell, FleetAnswer, FleetQuery, FleetScope, QUERIES, Values};
use stacktrail::store::deployments::read;
use stacktrail::store::{Publisher, RecorderId, SharedStore, compact};

use crate::support::json_schema;

type Row = Map<String, Value>;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 27).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// What several recorders concluded, written into a store.
async fn write(store: &SharedStore, told: &[Vec<DeploymentRows>]) {
    for (number, rows) in told.iter().enumerate() {
        let recorder = RecorderId::parse(&format!("recorder{number}")).unwrap();
        let mut publisher = Publisher::new(store.clone(), recorder);
        publisher.conclude(rows.clone());
        publisher.write_deployments().await.unwrap();
    }
}

/// A cell of a row for `SQLite`.
struct Bound<'a>(Option<&'a Value>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Some(Value::String(text)) => ValueRef::Text(text.as_bytes()),
            Some(Value::Number(number)) => ValueRef::Integer(number.as_i64().unwrap()),
            _ => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// Runs a text with its parameters in `SQLite`: the names of what it finds, and the rows.
fn run(sql: &str, values: &[String], rows: &[Row]) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let engine = engine(rows);
    let mut asked = engine.prepare(sql).unwrap();
    let names: Vec<String> = asked.column_names().into_iter().map(str::to_owned).collect();
    let found = asked.query_map(params_from_iter(values), |row| {
        (0..names.len())
            .map(|at| {
                Ok(match row.get_ref(at)? {
                    ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
                    ValueRef::Integer(number) => Some(number.to_string()),
                    ValueRef::Null => None,
                    other => Some(format!("{other:?}")),
                })
            })
            .collect::<rusqlite::Result<Vec<_>>>()
    });
    let found = found.unwrap().collect::<rusqlite::Result<Vec<_>>>().unwrap();
    (names, found)
}

/// `SQLite` with the table.
fn engine(rows: &[Row]) -> Connection {
    let mut engine = Connection::open_in_memory().unwrap();
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|(name, values)| match values {
            Values::Text => format!("{name} TEXT"),
            Values::Number => format!("{name} INTEGER"),
        })
        .collect();
    let table = format!("CREATE TABLE stacktrail_deployments ({})", columns.join(", "));
    engine.execute(&table, []).unwrap();
    let places = vec!["?"; COLUMNS.len()].join(", ");
    let writing = engine.transaction().unwrap();
    {
        let insert = format!("INSERT INTO stacktrail_deployments VALUES ({places})");
        let mut insert = writing.prepare(&insert).unwrap();
        for row in rows {
            let cells = COLUMNS.iter().map(|(name, _)| Bound(row.get(*name)));
            insert.execute(params_from_iter(cells)).unwrap();
        }
    }
    writing.commit().unwrap();
    engine
}

/// Asks `SQLite`, with the text and the parameters as Athena gets them.
fn asked_of_sqlite(question: FleetQuery, scope: &FleetScope, rows: &[Row]) -> FleetAnswer {
    let (names, found) = run(question.sql(), &scope.parameters(), rows);
    let columns = question.columns();
    assert!(
        columns.iter().map(|column| column.name).eq(names.iter()),
        "{names:?}"
    );
    FleetAnswer::read(question, found).unwrap()
}

/// Asks every engine that is built, and holds what each says against the other.
fn asked(question: FleetQuery, scope: &FleetScope, rows: &[Row]) -> Vec<Vec<Cell>> {
    let answer = asked_of_sqlite(question, scope, rows);
    #[cfg(feature = "fleet")]
    {
        let other = runtime().block_on(stacktrail::fleet::local::ask(question, scope, rows));
        assert_eq!(other.unwrap().rows, answer.rows, "{}", question.name);
    }
    answer.rows
}

#[test]
fn every_question_is_answered_as_by_hand() {
    let told = generated::fleet(400);
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::folder(folder.path()).unwrap();
    runtime().block_on(write(&store, &told));
    let all = FleetScope::of_days(30, today()).unwrap();
    let one = all.clone().of_account("222233334444").unwrap();
    let one = one.of_region("us-east-1").unwrap();
    for scope in [all, one] {
        let fetched = runtime().block_on(read(&store, scope.days())).unwrap();
        assert_eq!(fetched.flaws, []);
        for question in QUERIES {
            let expected = by_hand::answer(question.name, &told, &scope);
            assert!(!expected.is_empty(), "{}", question.name);
            assert_eq!(
                asked(question, &scope, &fetched.rows),
                expected,
                "{}",
                question.name
            );
        }
    }
}

#[test]
fn merging_changes_no_answer_even_when_it_is_cut_off() {
    let told = generated::fleet(60);
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::folder(folder.path()).unwrap();
    runtime().block_on(write(&store, &told));
    let scope = FleetScope::of_days(30, today()).unwrap();
    let before = runtime().block_on(read(&store, scope.days())).unwrap().rows;
    runtime().block_on(compact(&store, NaiveDate::MAX)).unwrap();
    let after = runtime().block_on(read(&store, scope.days())).unwrap().rows;
    assert!(after.len() < before.len());
    // What was merged is there, and what it was merged from is not gone yet.
    let both = [before.clone(), after.clone()].concat();
    for question in QUERIES {
        let expected = asked(question, &scope, &before);
        assert_eq!(asked(question, &scope, &after), expected, "{}", question.name);
        assert_eq!(asked(question, &scope, &both), expected, "{}", question.name);
    }
}

#[test]
fn what_anybody_wrote_stays_data() {
    let hostile = [
        "'; DROP TABLE stacktrail_deployments; --",
        "\" OR 1=1",
        "? $1 ${day}",
        "%_\\'",
    ];
    let mut told = generated::fleet(20);
    for (rows, text) in told.iter_mut().flatten().zip(hostile.iter().cycle()) {
        for row in &mut rows.rows {
            match row {
                FleetRow::Failure(failure) => {
                    failure.principal = Some((*text).to_owned());
                    failure.action = Some((*text).to_owned());
                    failure.reason = Some((*text).to_owned());
                    (*text).clone_into(&mut failure.resource_type);
                }
                FleetRow::Call(call) => (*text).clone_into(&mut call.who),
                FleetRow::Deployment(_) | FleetRow::Resource(_) => {}
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::folder(folder.path()).unwrap();
    runtime().block_on(write(&store, &told));
    let scope = FleetScope::of_days(60, today()).unwrap();
    let rows = runtime().block_on(read(&store, scope.days())).unwrap().rows;
    for question in QUERIES {
        let expected = by_hand::answer(question.name, &told, &scope);
        assert_eq!(asked(question, &scope, &rows), expected, "{}", question.name);
    }
}

#[test]
fn recorded_deployments_become_rows_of_the_schema() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = fs::read_to_string(base.join("assets/schemas/stacktrail.deployment-1.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut told = Vec::new();
    for story in fs::read_dir(base.join("tests/samples/journals")).unwrap() {
        let path = story.unwrap().path();
        if !path.to_string_lossy().ends_with(".json.gz") {
            continue;
        }
        let file = SessionFile::read(GzDecoder::new(File::open(path).unwrap())).unwrap();
        let session = Session::replay(file.root.clone(), &file.facts);
        told.push(fleet::rows(&session, &Diagnosis::of(&session)));
    }
    assert!(told.len() > 10);
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::folder(folder.path()).unwrap();
    runtime().block_on(write(&store, &told));
    let days = (NaiveDate::MIN, NaiveDate::MAX);
    let fetched = runtime().block_on(read(&store, days)).unwrap();
    assert_eq!(fetched.flaws, []);
    let of_kind = |kind: &str| fetched.rows.iter().filter(|row| row["kind"] == kind).count();
    assert!(of_kind("deployment") >= told.len());
    assert!(of_kind("failure") > 10);
    assert!(of_kind("resource") > 50 && of_kind("call") > 10);
    for mut row in fetched.rows {
        for column in ["account", "region", "day"] {
            assert!(row.remove(column).is_some());
        }
        let row = Value::Object(row);
        assert_eq!(json_schema::violations(&schema, &row), [""; 0], "{row}");
    }
}

/// The program, asking this stand-in for Athena on the day that the rows end with.
fn program(athena: &athena::StandIn, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .arg("fleet")
        .args(arguments)
        .args([
            "--athena",
            "team",
            "--workgroup",
            "people",
            "--results",
            "s3://found/here/",
        ])
        .args(["--endpoint-url", &athena.url, "--region", "eu-west-1"])
        .args(["--clock", "1@2026-11-27T12:00:00Z", "--data-dir"])
        .arg(home.path())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap()
}

#[test]
fn on_athena_the_program_gets_the_same_rows() {
    let told = generated::fleet(60);
    let folder = tempfile::tempdir().unwrap();
    let store = SharedStore::folder(folder.path()).unwrap();
    runtime().block_on(write(&store, &told));
    let scope = FleetScope::of_days(30, today()).unwrap();
    let rows = runtime().block_on(read(&store, scope.days())).unwrap().rows;
    let scope = scope.of_account("111122223333").unwrap();
    let athena = athena::StandIn::over(rows, false);
    let schema = answer_schema();
    for question in QUERIES {
        let asked = program(
            &athena,
            &[question.name, "--of-account", "111122223333", "--output", "json"],
        );
        let said = String::from_utf8_lossy(&asked.stderr);
        assert_eq!(asked.status.code(), Some(0), "{}: {said}", question.name);
        let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
        assert_eq!(json_schema::violations(&schema, &answer), [""; 0], "{answer}");
        let names = question.columns();
        let expected: Vec<Value> = by_hand::answer(question.name, &told, &scope)
            .into_iter()
            .map(|row| {
                let cells = names.iter().zip(row).map(|(column, cell)| {
                    let value = match cell {
                        Cell::Text(text) => Value::from(text),
                        Cell::Number(number) => Value::from(number),
                        Cell::Nothing => Value::Null,
                    };
                    (column.name.to_owned(), value)
                });
                Value::Object(cells.collect())
            })
            .collect();
        assert!(!expected.is_empty(), "{}", question.name);
        assert_eq!(answer["rows"], Value::from(expected), "{}", question.name);
    }
}

/// A question with what it asks, and its columns with their types.
type ToldQuestion = (Value, Value, Vec<(String, Value)>);

fn answer_schema() -> Value {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = fs::read_to_string(base.join("assets/schemas/stacktrail.fleet-1.json")).unwrap();
    serde_json::from_str(&schema).unwrap()
}

/// What would tempt it: a row without one of its question's columns, with one more, with a text for a number, and the rows of
/// another question.
#[test]
fn an_answer_keeps_to_its_schema_which_has_every_question_with_its_columns() {
    let schema = answer_schema();
    let kinds = |values| match values {
        Values::Text => json!(["string", "null"]),
        Values::Number => json!(["integer", "null"]),
    };
    let known: Vec<ToldQuestion> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let row = &one["properties"]["rows"]["items"];
            let columns = row["required"].as_array().unwrap().iter();
            let columns = columns.map(|name| {
                let name = name.as_str().unwrap();
                (name.to_owned(), row["properties"][name]["type"].clone())
            });
            let of = |key: &str| one["properties"][key]["const"].clone();
            (of("question"), of("asks"), columns.collect())
        })
        .collect();
    let asked: Vec<ToldQuestion> = QUERIES
        .iter()
        .map(|question| {
            let columns = question.columns().into_iter();
            let columns = columns.map(|column| (column.name.to_owned(), kinds(column.values)));
            (question.name.into(), question.asks().into(), columns.collect())
        })
        .collect();
    assert_eq!(known, asked);
    let answer = |rows: Value| {
        json!({
            "schema": "stacktrail.fleet/1", "question": "confidence", "asks": "How sure are the causes that are told?",
            "days": { "first": "2026-11-01", "last": "2026-11-27" }, "rows": rows,
        })
    };
    let wrong = |rows: Value| !json_schema::violations(&schema, &answer(rows)).is_empty();
    assert!(!wrong(
        json!([{ "confidence": "high", "failures": 3, "percent": null }])
    ));
    for row in [
        json!({ "confidence": "high", "failures": 3 }),
        json!({ "confidence": "high", "failures": 3, "percent": 1, "more": 1 }),
        json!({ "confidence": "high", "failures": "3", "percent": 1 }),
        json!({ "day": "2026-11-01", "deployments": 1, "failed": 0, "succeeded": 1, "percent": 100, "stacks": 1 }),
    ] {
        assert!(wrong(json!([row])), "{row}");
    }
}

#[test]
fn athena_is_stopped_when_it_reads_more_than_it_may() {
    let athena = athena::StandIn::over(Vec::new(), true);
    let asked = program(&athena, &["days", "--most-read", "1MB"]);
    let said = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(2), "{said}");
    assert!(said.contains("had read 2 MB and was stopped"), "{said}");
    assert_eq!(athena.stopped(), 1);
}

#[test]
fn whom_nobody_told_where_to_ask_says_so() {
    let asked = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args(["fleet", "days"])
        .env_remove("STACKTRAIL_STORE")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(2), "{said}");
    assert!(
        said.contains("--store DIR") && said.contains("--athena DATABASE"),
        "{said}"
    );
}
