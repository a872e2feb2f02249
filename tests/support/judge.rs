//! Holds what the program says against what the scenario's author expects. Complaints instead of panics, so
//! that one run shows everything that is wrong.

use std::collections::BTreeSet;

use serde_json::Value;
use stacktrail::ports::Clock as _;

use crate::support::program::Ended;
use crate::support::stage::Stage;

/// What is wrong, one sentence each.
pub(crate) type Complaints = Vec<String>;

/// What was still there to be read when the program looked.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "three independent things that a test may leave out"
)]
pub(crate) struct Readable {
    /// The log groups had not been taken away.
    pub(crate) logs: bool,
    /// The records of who did what had been delivered.
    pub(crate) actors: bool,
    /// The story had come to its end.
    pub(crate) end: bool,
}

impl Readable {
    pub(crate) const ALL: Self = Self {
        logs: true,
        actors: true,
        end: true,
    };
    pub(crate) const NO_LOGS: Self = Self {
        logs: false,
        ..Self::ALL
    };

    /// What is left of a story that is over: where its end took away the log groups or what told how things are, nobody
    /// can read them any more.
    pub(crate) fn of_what_is_over(story: &str) -> Self {
        match story {
            "denied-custom-resource"
            | "silent-instance"
            | "unhealthy-targets"
            | "unready-addon"
            | "unvalidated-certificate" => Self::NO_LOGS,
            _ => Self::ALL,
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_about(failure: &Value, expected: &Value) -> bool {
    failure["stack_id"] == expected["stack_id"] && failure["logical_id"] == expected["logical_id"]
}

/// A nested stack's own word that something in it failed: an echo of a root, whichever way it is counted.
fn is_echo(failure: &Value, roots: &[Value]) -> bool {
    let of_itself = failure["logical_id"] == failure["stack_name"];
    let of_root = roots.iter().any(|root| is_about(&failure["cascade_of"], root));
    failure["role"] == "cascade" && of_itself && of_root
}

/// The records that tell a root's truth: the one named, and those that say the same.
fn true_records(root: &Value) -> BTreeSet<&str> {
    let named = root["record"].as_str();
    let again = list(root, "equivalent_records").iter().filter_map(Value::as_str);
    named.into_iter().chain(again).collect()
}

/// A diagnosis against the expectation.
pub(crate) fn diagnosis(document: &Value, expected: &Value, readable: Readable) -> Complaints {
    let mut wrong = Complaints::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    demand(
        document["schema"] == "stacktrail.diagnosis/1",
        format!("schema {}", document["schema"]),
    );
    let stack = &document["stack"];
    demand(
        stack["id"] == expected["stack_id"],
        format!("stack {}", stack["id"]),
    );
    demand(
        !readable.end || stack["status"] == expected["final_status"],
        format!("status {}", stack["status"]),
    );
    if let (true, true, Some(headline)) = (readable.actors, readable.end, expected["headline"].as_str()) {
        let told = text(&document["verdict"], "headline");
        demand(
            told.starts_with(headline),
            format!("the headline is `{told}` and not `{headline}`"),
        );
    }
    if readable.actors {
        let actors = list(document, "actors");
        for wanted in list(expected, "actors") {
            let told = actors.iter().any(|one| one["event_id"] == *wanted);
            demand(
                told,
                format!("an actor is not named: {wanted} is not in {actors:?}"),
            );
        }
    }
    let failures = list(document, "failures");
    let (roots, cascades) = (list(expected, "roots"), list(expected, "cascades"));
    for failure in failures {
        let known = roots.iter().chain(cascades).any(|one| is_about(failure, one)) || is_echo(failure, roots);
        demand(
            known,
            format!("{} is no failure that was expected", text(failure, "logical_id")),
        );
    }
    for root in roots {
        match failures.iter().find(|failure| is_about(failure, root)) {
            Some(failure) => wrong.extend(root_failure(failure, root, readable)),
            None => wrong.push(format!("root {} is missing", text(root, "logical_id"))),
        }
    }
    for cascade in cascades {
        match failures.iter().find(|failure| is_about(failure, cascade)) {
            Some(failure) => wrong.extend(cascade_failure(failure, cascade)),
            None => wrong.push(format!("cascade {} is missing", text(cascade, "logical_id"))),
        }
    }
    wrong
}

#[expect(clippy::too_many_lines, reason = "one list of complaints")]
fn root_failure(failure: &Value, root: &Value, readable: Readable) -> Complaints {
    let name = text(root, "logical_id");
    let mut wrong = Complaints::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{name}: {what}"));
        }
    };
    demand(failure["role"] == "root", format!("role {}", failure["role"]));
    demand(
        failure["during"] == root["during"],
        format!("during {}", failure["during"]),
    );
    let category = &failure["facts"]["category"];
    demand(*category == root["category"], format!("category {category}"));
    let cause = &failure["causes"][0];
    demand(
        cause["rank"] == 1 && !list(cause, "why").is_empty(),
        format!("first cause without reasons: {cause}"),
    );
    let truth = true_records(root);
    if !truth.is_empty() {
        let evidence = list(cause, "evidence").iter().filter_map(Value::as_str);
        let rests = evidence
            .filter_map(|one| one.strip_prefix("trail:"))
            .any(|id| truth.contains(id));
        demand(rests, format!("the true record is not at rank 1 but {cause}"));
        demand(
            cause["confidence"] != "low",
            format!("the truth is told as {}", cause["confidence"]),
        );
        let told = list(&failure["trail"], "records")
            .iter()
            .find(|record| truth.contains(text(record, "event_id")));
        demand(
            told.is_some_and(|record| !list(record, "why").is_empty()),
            "the true record has no reasons".into(),
        );
        demand(
            failure["trail"]["state"] == "found",
            format!("trail {}", failure["trail"]["state"]),
        );
    }
    if let Some(action) = root["denied_action"].as_str() {
        demand(
            text(cause, "claim").contains(action),
            format!("{action} is not in: {}", text(cause, "claim")),
        );
    }
    if let (Some(words), true) = (root["claim"].as_str(), readable.logs) {
        demand(
            text(cause, "claim").contains(words),
            format!("{words} is not in: {}", text(cause, "claim")),
        );
    }
    for record in list(&failure["trail"], "records") {
        let unrelated = !truth.contains(text(record, "event_id"));
        let strong = record["confidence"] != "low";
        demand(
            !(unrelated && strong),
            format!("an unrelated record is above low: {record}"),
        );
    }
    if let (Some(line), true) = (root["log_line"].as_str(), readable.logs) {
        let found = list(&failure["logs"], "lines")
            .iter()
            .any(|one| text(one, "message").contains(line));
        demand(
            found,
            format!(
                "the log line `{line}` is missing; logs {}",
                failure["logs"]["state"]
            ),
        );
    }
    wrong
}

fn cascade_failure(failure: &Value, cascade: &Value) -> Complaints {
    let name = text(cascade, "logical_id");
    let of = &failure["cascade_of"];
    let right = failure["role"] == "cascade"
        && of["stack_id"] == cascade["of_stack_id"]
        && of["logical_id"] == cascade["of_logical_id"];
    let mut wrong = Complaints::new();
    if !right {
        wrong.push(format!("{name}: {} of {of}", failure["role"]));
    }
    for record in list(&failure["trail"], "records") {
        if record["confidence"] != "low" {
            wrong.push(format!("{name}: a record above low on a cascade: {record}"));
        }
    }
    wrong
}

/// The lines of a whole run against the story.
pub(crate) fn lines(ended: &Ended, stage: &Stage, readable: Readable) -> Complaints {
    let expected = stage.expectation();
    let mut wrong = Complaints::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let failed = expected["failed"] == true;
    demand(
        ended.code == Some(i32::from(failed)),
        format!("exit code {:?}", ended.code),
    );
    demand(
        ended.stderr.is_empty(),
        format!("on standard error: {}", ended.stderr),
    );
    let last = ended
        .lines
        .last()
        .map(crate::support::program::Line::json)
        .unwrap_or_default();
    demand(last["type"] == "end", format!("the last line is {last}"));
    demand(
        last["exit_code"] == i32::from(failed),
        format!("the last line says {last}"),
    );
    for root in list(&expected, "roots") {
        let told = ended
            .of_type("failure")
            .into_iter()
            .any(|one| is_about(&one, root) && one["role"] == "root");
        demand(
            told,
            format!("no line tells of root {}", text(root, "logical_id")),
        );
        let mut causes = ended.of_type("cause").into_iter();
        let first = causes
            .rfind(|one| is_about(&one["failure"], root) && one["rank"] == 1)
            .unwrap_or_default();
        let named = |part: &str| text(&first, "claim").contains(root[part].as_str().unwrap_or_default());
        let claimed = named("denied_action") && (!readable.logs || named("claim"));
        demand(
            claimed && !list(&first, "why").is_empty(),
            format!("the last first cause is {first}"),
        );
        let truth = true_records(root);
        let shown = ended.of_type("trail_record");
        let shown = shown.iter().any(|one| truth.contains(text(one, "event_id")));
        demand(truth.is_empty() || shown, "the true record was not shown".into());
        if let (Some(line), true) = (root["log_line"].as_str(), readable.logs) {
            let shown = ended
                .of_type("log_line")
                .iter()
                .any(|one| text(one, "message").contains(line));
            demand(shown, format!("the log line `{line}` was not shown"));
        }
    }
    wrong.extend(events(ended, stage));
    wrong
}

/// Every event that could be seen was told, once, and not before it could be seen.
pub(crate) fn events(ended: &Ended, stage: &Stage) -> Complaints {
    let mut wrong = Complaints::new();
    let story = stage.sandbox.stack_events();
    let told: Vec<(String, String)> = ended.of_type("stack_event").iter().map(event_key).collect();
    let distinct: BTreeSet<&(String, String)> = told.iter().collect();
    if distinct.len() != told.len() {
        wrong.push(format!("{} events were told twice", told.len() - distinct.len()));
    }
    let end = ended
        .lines
        .last()
        .map(|line| stage.story_time(line.at))
        .unwrap_or_default();
    // What became visible within the last moments may rightly have been missed: some of the story's, and two seconds
    // of the wall in which a busy machine takes in what it has read.
    let due = end - chrono::TimeDelta::seconds(5) - stage.clock.reading(std::time::Duration::from_secs(2));
    for event in story.iter().filter(|event| event.visible_at <= due) {
        if !distinct.contains(&(event.stack_id.clone(), event.event_id.clone())) {
            wrong.push(format!(
                "event {}, visible at {}, was not told before the end at {end}",
                event.event_id, event.visible_at,
            ));
        }
    }
    for (_, id) in distinct {
        if !story.iter().any(|event| event.event_id == *id) {
            wrong.push(format!("event {id} is made up"));
        }
    }
    wrong
}

/// What tells an event from all others.
pub(crate) fn event_key(event: &Value) -> (String, String) {
    (
        text(event, "stack_id").to_owned(),
        text(event, "event_id").to_owned(),
    )
}
