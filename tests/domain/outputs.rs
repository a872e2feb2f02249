//! The outputs of a stack: whose they are, since when they stand, and that none is told that does not.

use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::{StackDescription, StackId, StackOutput};
use stacktrail::domain::model::status::Status;
use stacktrail::domain::session::Session;
use stacktrail::report::diagnosis::Document;
use stacktrail::report::stream::Stream;
use stacktrail::report::text;

use crate::support::json_schema;
use crate::support::story::{STACK_TYPE, Story, at, child_id, stack_id};

fn described(stack: &StackId, status: &str, outputs: Option<&[(&str, &str)]>) -> Fact {
    let output = |(key, value): &(&str, &str)| StackOutput {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        description: None,
        export_name: None,
    };
    Fact::StackDescribed {
        stack: StackDescription {
            id: stack.clone(),
            status: Status::new(status),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: None,
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs: outputs.map(|outputs| outputs.iter().map(output).collect()),
        },
    }
}

/// A stack that is made and then updated: what it told before each.
fn updated() -> Story {
    let mut story = Story::new();
    let old: &[(&str, &str)] = &[("Url", "https://old.example.com/")];
    story
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .stack(10.0, "CREATE_COMPLETE", "")
        .fact(15, described(&stack_id(), "CREATE_COMPLETE", Some(old)))
        .stack(20.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .fact(25, described(&stack_id(), "UPDATE_IN_PROGRESS", Some(old)));
    story
}

const NEW: &[(&str, &str)] = &[("Url", "https://new.example.com/"), ("Table", "orders")];

/// The outputs in the text that is told at the end.
fn told(facts: &[Recorded]) -> Vec<String> {
    let session = Session::replay(stack_id(), facts);
    let diagnosis = Diagnosis::of(&session);
    let text = text::diagnosis(&session, &diagnosis, at(3_600), Some(40));
    let lines = text.as_str().lines();
    let mut outputs = lines.skip_while(|line| *line != "outputs:").skip(1);
    let listed = outputs.by_ref().take_while(|line| line.starts_with("  "));
    listed.map(|line| line.trim().to_owned()).collect()
}

fn json(facts: &[Recorded]) -> serde_json::Value {
    let session = Session::replay(stack_id(), facts);
    let document = Document::new(&session, &Diagnosis::of(&session), at(3_600));
    let value = serde_json::to_value(document).unwrap();
    let schema = include_str!("../../assets/schemas/stacktrail.diagnosis-1.json");
    let schema = serde_json::from_str(schema).unwrap();
    assert_eq!(json_schema::violations(&schema, &value), [""; 0]);
    value
}

#[test]
fn they_are_told_once_they_were_told_after_the_end() {
    let mut story = updated();
    assert_eq!(
        told(&story.facts),
        [""; 0],
        "while it moves a stack tells those of before"
    );
    story.stack(30.0, "UPDATE_COMPLETE", "");
    assert_eq!(told(&story.facts), [""; 0], "nobody has told those of after yet");
    assert!(json(&story.facts)["stack"]["outputs"].is_null());
    story.fact(32, described(&stack_id(), "UPDATE_COMPLETE", Some(NEW)));
    let both = ["Url = https://new.example.com/", "Table = orders"];
    assert_eq!(told(&story.facts), both);
    assert_eq!(json(&story.facts)["stack"]["outputs"][1]["value"], "orders");
    // A listing says nothing of outputs.
    story.fact(40, described(&stack_id(), "UPDATE_COMPLETE", None));
    assert_eq!(told(&story.facts), both);
    // Whatever the order in which facts come.
    let mut backwards = story.facts.clone();
    backwards.reverse();
    assert_eq!(told(&backwards), both);
    // An update that takes them away.
    story.fact(50, described(&stack_id(), "UPDATE_COMPLETE", Some(&[])));
    assert_eq!(told(&story.facts), [""; 0]);
    assert_eq!(json(&story.facts)["stack"]["outputs"], serde_json::json!([]));
}

#[test]
fn what_is_under_way_rolled_back_or_deleted_has_none() {
    for (second, statuses) in [
        (40.0, &["UPDATE_IN_PROGRESS"][..]),
        (
            40.0,
            &[
                "UPDATE_IN_PROGRESS",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "UPDATE_ROLLBACK_COMPLETE",
            ],
        ),
        (40.0, &["DELETE_IN_PROGRESS"]),
        (40.0, &["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]),
    ] {
        let mut story = updated();
        story
            .stack(30.0, "UPDATE_COMPLETE", "")
            .fact(32, described(&stack_id(), "UPDATE_COMPLETE", Some(NEW)));
        for (number, status) in (0_i32..).zip(statuses) {
            story.stack(second + f64::from(number), status, "");
        }
        assert_eq!(told(&story.facts), [""; 0], "{statuses:?}");
        // It still answers to its id.
        let last = statuses.last().copied().unwrap_or_default();
        story.fact(60, described(&stack_id(), last, Some(NEW)));
        assert_eq!(told(&story.facts), [""; 0], "{statuses:?}");
    }
}

#[test]
fn those_of_a_nested_stack_are_not_those_of_the_stack_above_it() {
    let mut story = updated();
    let child = child_id("shop-Data");
    story
        .event(
            21.0,
            ("Data", STACK_TYPE, child.as_str()),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            22.0,
            ("shop-Data", STACK_TYPE, child.as_str()),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            23.0,
            ("shop-Data", STACK_TYPE, child.as_str()),
            "UPDATE_COMPLETE",
            "",
        )
        .event(24.0, ("Data", STACK_TYPE, child.as_str()), "UPDATE_COMPLETE", "")
        .stack(30.0, "UPDATE_COMPLETE", "")
        .fact(32, described(&child, "UPDATE_COMPLETE", Some(NEW)));
    assert_eq!(told(&story.facts), [""; 0]);
    story.fact(33, described(&stack_id(), "UPDATE_COMPLETE", Some(&NEW[1..])));
    assert_eq!(told(&story.facts), ["Table = orders"]);
}

#[test]
fn a_program_is_told_once_and_again_when_they_change() {
    let mut story = updated();
    story
        .stack(30.0, "UPDATE_COMPLETE", "")
        .fact(32, described(&stack_id(), "UPDATE_COMPLETE", Some(NEW)))
        .fact(33, described(&stack_id(), "UPDATE_COMPLETE", Some(NEW)))
        .stack(40.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .stack(50.0, "UPDATE_COMPLETE", "")
        .fact(52, described(&stack_id(), "UPDATE_COMPLETE", Some(&NEW[..1])));
    let mut stream = Stream::default();
    let mut lines = Vec::new();
    for known in 1..=story.facts.len() {
        let facts = &story.facts[..known];
        let session = Session::replay(stack_id(), facts);
        let items = stream.advance(&facts[known - 1..], &session, &Diagnosis::of(&session));
        lines.extend(items.iter().map(|item| item.json().to_string()));
    }
    let told: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outputs: Vec<_> = told.iter().filter(|item| item["type"] == "outputs").collect();
    // Those of the creation, of the update, and of the next one.
    assert_eq!(outputs.len(), 3, "{outputs:?}");
    assert_eq!(outputs[1]["outputs"][0]["key"], "Url");
    assert_eq!(outputs[2]["outputs"].as_array().map(Vec::len), Some(1));
}

/// A value is there to be taken: no width breaks it. A line of it forges no line of its own.
#[test]
fn a_value_is_told_whole_and_harmless() {
    let long = "x".repeat(1_000);
    let forged = "a\u{1b}[31m\noutputs:\n  Url = https://evil.example.com/";
    let mut story = updated();
    story.stack(30.0, "UPDATE_COMPLETE", "").fact(
        32,
        described(
            &stack_id(),
            "UPDATE_COMPLETE",
            Some(&[("Long", &long), ("Forged", forged)]),
        ),
    );
    let told = told(&story.facts);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], format!("Long = {long}"));
    assert!(
        told[1].starts_with("Forged = a") && !told[1].contains('\u{1b}'),
        "{told:?}"
    );
    assert_eq!(
        json(&story.facts)["stack"]["outputs"][1]["value"],
        forged,
        "a program reads it as it is"
    );
}

#[test]
fn what_was_written_before_outputs_were_kept_reads_and_writes_the_same() {
    let old = serde_json::json!({
        "kind": "stack_described",
        "stack": {"id": stack_id(), "status": "CREATE_COMPLETE", "role_arn": "arn:aws:iam::123456789012:role/deploy"},
    });
    let fact: Fact = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(&fact).unwrap(), old);
    let new = described(&stack_id(), "CREATE_COMPLETE", Some(&NEW[..1]));
    let value = serde_json::to_value(&new).unwrap();
    assert_eq!(
        value["stack"]["outputs"],
        serde_json::json!([{"key": "Url", "value": "https://new.example.com/"}])
    );
    let again: Fact = serde_json::from_value(value).unwrap();
    assert_eq!(again, new);
}
