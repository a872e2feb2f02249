//! Something that speaks as Athena does, and answers out of `SQLite`: the real program asks it.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::{Row, run};

/// A page of an answer holds so many rows, the names among them.
const PAGE: usize = 4;
/// More than this is read by the query that never ends.
pub(super) const READ: u64 = 2_000_000;

/// The queries that were begun, with what they find.
#[derive(Default)]
struct Queries {
    found: HashMap<String, Vec<Vec<Option<String>>>>,
    stopped: Vec<String>,
    /// No query comes to an end.
    endless: bool,
}

/// A stand-in for Athena over these rows.
pub(super) struct StandIn {
    pub(super) url: String,
    queries: Arc<Mutex<Queries>>,
}

impl StandIn {
    pub(super) fn over(rows: Vec<Row>, endless: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let queries = Arc::new(Mutex::new(Queries {
            endless,
            ..Queries::default()
        }));
        let (known, rows) = (Arc::clone(&queries), Arc::new(rows));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (known, rows) = (Arc::clone(&known), Arc::clone(&rows));
                thread::spawn(move || serve(&stream, &known, &rows));
            }
        });
        Self { url, queries }
    }

    /// So many queries were stopped.
    pub(super) fn stopped(&self) -> usize {
        self.queries.lock().unwrap().stopped.len()
    }
}

/// Answers one request after the other.
fn serve(stream: &TcpStream, queries: &Mutex<Queries>, rows: &[Row]) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut action, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            let Some((name, value)) = line.split_once(':') else {
                if line.trim().is_empty() {
                    break;
                }
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "x-amz-target" => value.trim().clone_into(&mut action),
                "content-length" => length = value.trim().parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let answer = answer(&action, &asked, &mut queries.lock().unwrap(), rows).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: ";
        let mut out = stream;
        write!(out, "{head}{}\r\n\r\n{answer}", answer.len()).unwrap();
    }
}

fn answer(action: &str, asked: &Value, queries: &mut Queries, rows: &[Row]) -> Value {
    let id = asked["QueryExecutionId"].as_str().unwrap_or_default().to_owned();
    match action.rsplit_once('.').unwrap().1 {
        "StartQueryExecution" => {
            assert_eq!(asked["QueryExecutionContext"]["Database"], "team");
            assert_eq!(asked["WorkGroup"], "people");
            assert_eq!(asked["ResultConfiguration"]["OutputLocation"], "s3://found/here/");
            let values = asked["ExecutionParameters"].as_array().unwrap();
            let values: Vec<String> = values
                .iter()
                .map(|value| read_literal(value.as_str().unwrap()))
                .collect();
            let (names, found) = run(asked["QueryString"].as_str().unwrap(), &values, rows);
            let names = names.into_iter().map(Some).collect();
            let id = format!("query-{}", queries.found.len());
            queries.found.insert(id.clone(), [vec![names], found].concat());
            json!({ "QueryExecutionId": id })
        }
        "GetQueryExecution" => {
            let state = if queries.endless { "RUNNING" } else { "SUCCEEDED" };
            json!({ "QueryExecution": {
                "QueryExecutionId": id,
                "Status": { "State": state },
                "Statistics": { "DataScannedInBytes": READ },
            } })
        }
        "GetQueryResults" => {
            let from: usize = asked["NextToken"]
                .as_str()
                .map_or(0, |token| token.parse().unwrap());
            let all = &queries.found[&id];
            let datum = |value: &Option<String>| match value {
                Some(text) => json!({ "VarCharValue": text }),
                None => json!({}),
            };
            let page = all.iter().skip(from).take(PAGE);
            let page: Vec<Value> = page
                .map(|row| json!({ "Data": row.iter().map(datum).collect::<Vec<_>>() }))
                .collect();
            let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
            json!({ "ResultSet": { "Rows": page }, "NextToken": next })
        }
        "StopQueryExecution" => {
            queries.stopped.push(id);
            json!({})
        }
        other => unreachable!("{other}"),
    }
}

/// A text as SQL writes it.
fn read_literal(text: &str) -> String {
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap();
    assert!(!inner.replace("''", "").contains('\''), "{text}");
    inner.replace("''", "'")
}
