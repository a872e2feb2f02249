//! Holds `explain` against made-up pastes of many tools: what each answer must say, and what it must never say.

use serde_json::Value;
use stacktrail::report::explain;

const PASTES: &str = include_str!("../samples/pastes.jsonl");

/// Without blanks and case: where an answer breaks its lines is not the matter here.
fn flat(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}

fn texts<'v>(paste: &'v Value, key: &str) -> Vec<&'v str> {
    let list = paste.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What is wrong with the answer to a paste.
fn faults(paste: &Value) -> Vec<String> {
    let given = paste.get("text").and_then(Value::as_str).unwrap_or_default();
    let answer = explain::text(given, None).to_string();
    let said = flat(&answer);
    let mut faults = Vec::new();
    for wanted in texts(paste, "says") {
        if !wanted.split('|').any(|one| said.contains(&flat(one))) {
            faults.push(format!("does not say {wanted}"));
        }
    }
    for never in texts(paste, "never") {
        if said.contains(&flat(never)) {
            faults.push(format!("says {never}"));
        }
    }
    let categories = texts(paste, "category");
    let told = answer.lines().find_map(|line| line.strip_prefix("category"));
    if let Some(told) = told
        .map(|word| word.trim().replace(' ', "_"))
        .filter(|_| !categories.is_empty())
        && !categories.contains(&told.as_str())
    {
        faults.push(format!("is of the category {told}"));
    }
    faults
}

#[test]
fn every_paste_is_answered_with_what_it_holds() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for line in PASTES.lines() {
        let paste: Value = serde_json::from_str(line).unwrap_or_default();
        let faults = faults(&paste);
        read += 1;
        if !faults.is_empty() {
            wrong.push(format!(
                "{}: {}",
                paste.get("id").unwrap_or(&Value::Null),
                faults.join("; ")
            ));
        }
    }
    assert!(read > 150, "only {read} pastes were read");
    assert!(
        wrong.is_empty(),
        "{} of {read}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
