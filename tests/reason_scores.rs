//! Holds the reason reader against real, labelled reasons, field by field, and prints the table.

use std::collections::BTreeMap;

use serde_json::Value;
use stacktrail::domain::reason::{ReasonFacts, cascade};

const FIELDS: [&str; 10] = [
    "service",
    "status_code",
    "error_code",
    "request_id",
    "handler_error_code",
    "request_token",
    "log_stream",
    "denied_action",
    "principal_arn",
    "resource_arn",
];

/// How one field fared over all rows.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    expected: usize,
    equal: usize,
    absent: usize,
    invented: usize,
}

fn listed(expect: &Value, list: &str, name: &str) -> bool {
    expect[list]
        .as_array()
        .is_some_and(|names| names.iter().any(|entry| entry == name))
}

fn share(part: usize, whole: usize) -> f64 {
    let (part, whole) = (u32::try_from(part).unwrap(), u32::try_from(whole.max(1)).unwrap());
    100.0 * f64::from(part) / f64::from(whole)
}

#[test]
fn labelled_reasons_are_read_as_labelled() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/reasons.jsonl");
    let lines = std::fs::read_to_string(file).unwrap();
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let (mut rows, mut cascades, mut categories) = (0, 0, 0);
    let mut wrong = String::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (expect, reason) = (&row["expect"], row["reason"].as_str().unwrap());
        let (kind, status) = (row["resource_type"].as_str(), row["status"].as_str());
        let facts = serde_json::to_value(ReasonFacts::read(reason, kind, status)).unwrap();
        rows += 1;
        let mut note = |field: &str, found: &Value| {
            wrong.push_str(&format!(
                "{} {field}: expected {}, read {found}\n",
                row["id"], expect[field]
            ));
        };
        for field in FIELDS.into_iter().filter(|field| !listed(expect, "loose", field)) {
            let (wanted, found, score) = (&expect[field], &facts[field], scores.entry(field).or_default());
            if wanted.is_null() {
                score.absent += 1;
                score.invented += usize::from(!found.is_null());
            } else {
                score.expected += 1;
                score.equal += usize::from(wanted == found);
            }
            if wanted != found {
                note(field, found);
            }
        }
        let follows = cascade(reason, kind, status).is_some();
        if expect["cascade"].as_bool() == Some(follows) {
            cascades += 1;
        } else {
            note("cascade", &Value::Bool(follows));
        }
        let found = facts["category"].as_str().unwrap();
        if expect["category"] == found || listed(expect, "also_ok", found) {
            categories += 1;
        } else {
            note("category", &facts["category"]);
        }
    }
    let (mut equal, mut expected, mut invented, mut absent) = (0, 0, 0, 0);
    let mut table = format!(
        "{:20}{:>10}{:>8}{:>8}{:>10}\n",
        "field", "expected", "equal", "absent", "invented"
    );
    for (field, score) in &scores {
        table.push_str(&format!(
            "{field:20}{:>10}{:>8}{:>8}{:>10}\n",
            score.expected, score.equal, score.absent, score.invented
        ));
        (equal, expected) = (equal + score.equal, expected + score.expected);
        (invented, absent) = (invented + score.invented, absent + score.absent);
    }
    table.push_str(&format!(
        "equal {:.2}% of {expected}, invented {:.2}% of {absent}, cascade {cascades}/{rows}, category {:.2}% of {rows}\n",
        share(equal, expected),
        share(invented, absent),
        share(categories, rows)
    ));
    println!("{table}{wrong}");
    for (field, score) in &scores {
        assert!(
            share(score.equal, score.expected) >= 99.0 || score.expected == 0,
            "{field}\n{table}{wrong}"
        );
        assert!(
            share(score.invented, score.absent) <= 0.5,
            "{field}\n{table}{wrong}"
        );
    }
    assert_eq!(cascades, rows, "{table}{wrong}");
    assert!(share(categories, rows) >= 95.0, "{table}{wrong}");
}
