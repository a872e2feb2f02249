//! Holds the reason reader against real, labelled reasons, field by field, and prints the table.

use scoring::{Scores, share};

#[cfg(test)]
mod scoring {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use serde_json::Value;
    use stacktrail::domain::read::reason::{ReasonFacts, cascade};

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
    pub(super) struct Score {
        pub(super) expected: u32,
        pub(super) equal: u32,
        pub(super) absent: u32,
        pub(super) invented: u32,
    }

    /// How everything fared, and what was wrong.
    #[derive(Debug, Default)]
    pub(super) struct Scores {
        pub(super) fields: BTreeMap<&'static str, Score>,
        pub(super) rows: u32,
        pub(super) cascades: u32,
        pub(super) categories: u32,
        wrong: String,
    }

    fn listed(expect: &Value, list: &str, name: &str) -> bool {
        expect[list]
            .as_array()
            .is_some_and(|names| names.iter().any(|entry| entry == name))
    }

    pub(super) fn share(part: u32, whole: u32) -> f64 {
        100.0 * f64::from(part) / f64::from(whole.max(1))
    }

    impl Scores {
        pub(super) fn count(&mut self, row: &Value) {
            let (expect, reason) = (&row["expect"], row["reason"].as_str().unwrap());
            let (kind, status) = (row["resource_type"].as_str(), row["status"].as_str());
            let facts = serde_json::to_value(ReasonFacts::read(reason, kind, status)).unwrap();
            self.rows += 1;
            for field in FIELDS.into_iter().filter(|field| !listed(expect, "loose", field)) {
                let (wanted, found, score) = (
                    &expect[field],
                    &facts[field],
                    self.fields.entry(field).or_default(),
                );
                if wanted.is_null() {
                    score.absent += 1;
                    score.invented += u32::from(!found.is_null());
                } else {
                    score.expected += 1;
                    score.equal += u32::from(wanted == found);
                }
                self.note(row, field, wanted == found, found);
            }
            let follows = cascade(reason).is_some();
            let right = expect["cascade"].as_bool() == Some(follows);
            self.cascades += u32::from(right);
            self.note(row, "cascade", right, &Value::Bool(follows));
            let found = facts["category"].as_str().unwrap();
            let right = expect["category"] == found || listed(expect, "also_ok", found);
            self.categories += u32::from(right);
            self.note(row, "category", right, &facts["category"]);
        }

        fn note(&mut self, row: &Value, field: &str, right: bool, found: &Value) {
            if !right {
                let wanted = &row["expect"][field];
                writeln!(
                    self.wrong,
                    "{} {field}: expected {wanted}, read {found}",
                    row["id"]
                )
                .unwrap();
            }
        }

        fn total(&self) -> Score {
            self.fields.values().fold(Score::default(), |sum, field| Score {
                expected: sum.expected + field.expected,
                equal: sum.equal + field.equal,
                absent: sum.absent + field.absent,
                invented: sum.invented + field.invented,
            })
        }

        pub(super) fn table(&self) -> String {
            let mut table = format!(
                "{:20}{:>10}{:>8}{:>8}{:>10}\n",
                "field", "expected", "equal", "absent", "invented"
            );
            for (field, score) in self
                .fields
                .iter()
                .map(|(field, score)| (*field, *score))
                .chain([("all", self.total())])
            {
                let Score {
                    expected,
                    equal,
                    absent,
                    invented,
                } = score;
                writeln!(
                    table,
                    "{field:20}{expected:>10}{equal:>8}{absent:>8}{invented:>10}"
                )
                .unwrap();
            }
            let (equal, invented) = (
                share(self.total().equal, self.total().expected),
                share(self.total().invented, self.total().absent),
            );
            let (cascades, rows, categories) = (self.cascades, self.rows, share(self.categories, self.rows));
            writeln!(
            table,
            "equal {equal:.2}%, invented {invented:.2}%, cascade {cascades} of {rows}, category {categories:.2}%"
        )
        .unwrap();
            table + &self.wrong
        }
    }
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the table is for people: cargo test -- --nocapture shows it"
)]
fn labelled_reasons_are_read_as_labelled() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/reasons.jsonl");
    let lines = std::fs::read_to_string(file).unwrap();
    let mut scores = Scores::default();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        scores.count(&serde_json::from_str(line).unwrap());
    }
    let table = scores.table();
    println!("{table}");
    for (field, score) in &scores.fields {
        assert!(
            score.expected == 0 || share(score.equal, score.expected) >= 99.0,
            "{field}\n{table}"
        );
        assert!(share(score.invented, score.absent) <= 0.5, "{field}\n{table}");
    }
    assert_eq!(scores.cascades, scores.rows, "{table}");
    assert!(share(scores.categories, scores.rows) >= 95.0, "{table}");
}
