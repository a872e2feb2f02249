//! The table of outcomes: every course that a stack's own statuses can take, what it comes to, and that every
//! place says the same of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "helpers of tests may fail loudly; a story is told in one go"
)]

mod table;

use crate::support::json_schema;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use stacktrail::app::layout::home::{Card, CardMark, Home, HomeRow, News};
use stacktrail::app::layout::line::Tone;
use stacktrail::app::view::header::Header;
use stacktrail::app::{App, Mode, Watched};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::conclude::verdict;
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::model::validation::ChangeSet;
use stacktrail::domain::session::Session;
use stacktrail::domain::session::reading::ReadMarker;
use stacktrail::ports::archive::Archive as _;
use stacktrail::report::diagnosis::Document;
use stacktrail::report::{html, markdown, text};
use stacktrail::shell::exit::Exit;

use crate::support::events;
use crate::support::story::{Story, stack_id};

use table::rows;

const SHOP: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec-902e-02bac4959566";
const CHILD: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Data/aaaaaaaa-f92c-11ec-902e-02bac4959566";
const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// One line of a story.
enum Said {
    /// Second, status and reason of the stack's own event.
    Own(i64, &'static str, &'static str),
    /// ... of a resource; `Data/Table` is one in the nested stack `Data`, `Data/` that stack's own event.
    Of(i64, &'static str, &'static str, &'static str),
    /// The stack was refused by early validation in its last event.
    Refused,
    /// A change set: second, status and reason.
    ChangeSet(i64, &'static str, &'static str),
    /// Somebody's call on the stack: second, operation, caller, error code.
    Call(i64, &'static str, &'static str, &'static str),
}

/// One row of the table.
struct Row {
    name: &'static str,
    story: &'static [Said],
    outcome: Outcome,
    exit: u8,
    headline: &'static str,
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-05-04T12:00:00Z")
        .unwrap()
        .to_utc()
        + TimeDelta::seconds(second)
}

fn stack(arn: &str) -> StackId {
    StackId::parse(arn).unwrap()
}

fn seen(stack_id: StackId, events: Vec<StackEvent>) -> Recorded {
    Recorded {
        observed_at: at(90_000),
        fact: Fact::StackEventsSeen { stack_id, events },
    }
}

/// Which operation's id an event has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// None, as with older events.
    None,
    /// That of the operation that it belongs to.
    Own,
    /// That of the operation that goes on when it is told.
    Latest,
}

/// The facts of a story.
struct Telling {
    facts: Vec<Recorded>,
    ids: Ids,
    own: String,
    operation: usize,
}

impl Telling {
    fn of(row: &Row, ids: Ids) -> Vec<Recorded> {
        let mut telling = Self {
            facts: Vec::new(),
            ids,
            own: String::new(),
            operation: 0,
        };
        for (number, said) in row.story.iter().enumerate() {
            telling.take(number, said);
        }
        telling.facts
    }

    fn take(&mut self, number: usize, said: &Said) {
        match said {
            Said::Own(second, status, reason) => {
                let begins = status.ends_with("IN_PROGRESS") && !status.contains("CLEANUP");
                if begins && *status != self.own {
                    self.operation += 1;
                }
                (*status).clone_into(&mut self.own);
                let event = self.event(number, (*second, "shop", status, reason), SHOP);
                self.facts.push(seen(stack(SHOP), vec![event]));
            }
            Said::Of(second, name, status, reason) => {
                let (arn, name) = match name.split_once('/') {
                    Some((_, "")) => (CHILD, "shop-Data"),
                    Some((_, name)) => (CHILD, name),
                    None => (SHOP, *name),
                };
                let event = self.event(number, (*second, name, status, reason), arn);
                self.facts.push(seen(stack(arn), vec![event]));
            }
            Said::Refused => {
                if let Some(Recorded {
                    fact: Fact::StackEventsSeen { events, .. },
                    ..
                }) = self.facts.last_mut()
                {
                    for event in events {
                        event.extras.detailed_status = Some("VALIDATION_FAILED".to_owned());
                    }
                }
            }
            Said::ChangeSet(second, status, reason) => self.facts.push(change_set(*second, status, reason)),
            Said::Call(second, name, caller, error) => self.facts.push(call(*second, name, caller, error)),
        }
    }

    fn event(
        &self,
        number: usize,
        (second, name, status, reason): (i64, &str, &str, &str),
        arn: &str,
    ) -> StackEvent {
        let (kind, physical) = match name {
            "Data" => (STACK_TYPE, CHILD.to_owned()),
            name => ("AWS::SNS::Topic", format!("shop-{name}")),
        };
        // What was stopped belongs to the operation that stopped with it.
        let stopped = reason.starts_with("Resource") && reason.ends_with("cancelled");
        let before = usize::from(stopped && self.ids == Ids::Own);
        let undoes = self.own.contains("ROLLBACK") || self.own.starts_with("DELETE");
        let operation = self.operation - if undoes && self.operation > 1 { before } else { 0 };
        let event = events::event(&stack(arn), at(second), name, status)
            .id(format!("{name}-{status}-{number}"))
            .kind(kind)
            .physical(physical)
            .reason(reason);
        match self.ids {
            Ids::None => event.told(),
            _ => event.operation(&format!("operation-{operation}")).told(),
        }
    }
}

fn change_set(second: i64, status: &str, reason: &str) -> Recorded {
    let change_set = ChangeSet {
        id: format!("arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/{second}"),
        name: "release".to_owned(),
        stack_id: stack(SHOP),
        created_at: at(second),
        status: Status::new(status),
        status_reason: (!reason.is_empty()).then(|| reason.to_owned()),
        execution_status: None,
        parent_id: None,
    };
    Recorded {
        observed_at: at(second + 5),
        fact: Fact::ChangeSetDescribed { change_set },
    }
}

fn call(second: i64, name: &str, caller: &str, error: &str) -> Recorded {
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::123456789012:user/{caller}"), "userName": caller},
        "eventTime": at(second).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": "cloudformation.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.31.4",
        "requestParameters": {"stackName": "shop"},
        "responseElements": null,
        "eventID": format!("{name}-{second}"),
        "readOnly": false,
        "eventType": "AwsApiCall",
    });
    if !error.is_empty() {
        record["errorCode"] = json!(error);
    }
    let answer = TrailAnswer {
        search: TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: None,
            from: at(-100_000),
            to: at(100_000),
        },
        records: vec![TrailRecord::read(&record.to_string()).unwrap()],
        complete: true,
        calls: 1,
        source: SourceId::CLOUDTRAIL,
    };
    Recorded {
        observed_at: at(90_000 + second),
        fact: Fact::TrailSearched { answer },
    }
}

fn now() -> DateTime<Utc> {
    at(95_000)
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../assets/schemas/stacktrail.diagnosis-1.json")).unwrap()
}

/// What each place says of a session that differs from the row.
fn complaints(row: &Row, facts: &[Recorded]) -> Vec<String> {
    let session = Session::replay(stack(SHOP), facts);
    let diagnosis = Diagnosis::of(&session);
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, place: &str, said: String| {
        if !holds {
            wrong.push(format!("{}: {place} says {said}", row.name));
        }
    };
    let judged = diagnosis.headline_attempt().unwrap();
    let headline = diagnosis.headline(judged, &verdict::utc);
    demand(
        judged.outcome == row.outcome,
        "the domain",
        format!("{:?}", judged.outcome),
    );
    demand(
        headline == row.headline,
        "the headline",
        format!("\n  {headline}\nnot\n  {}", row.headline),
    );
    let code = Exit::of_attempt(Some(judged)).code();
    demand(code == row.exit, "the exit code", code.to_string());
    let document = serde_json::to_value(Document::new(&session, &diagnosis, now())).unwrap();
    let against = json_schema::violations(&schema(), &document);
    demand(against.is_empty(), "the schema", format!("{against:?}"));
    let said = &document["verdict"];
    demand(
        said["outcome"] == json!(row.outcome) && said["headline"] == row.headline,
        "JSON",
        said.to_string(),
    );
    for (place, page) in [
        (
            "the text report",
            text::diagnosis(&session, &diagnosis, now(), None).to_string(),
        ),
        ("the html report", html::page(&session, &diagnosis, None, now())),
        (
            "the markdown report",
            markdown::page(&session, &diagnosis, None, now()),
        ),
    ] {
        let plain = page
            .replace(['\\', '`'], "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let plain = plain.replace("&#39;", "'").replace("&quot;", "\"");
        demand(
            plain.contains(row.headline),
            place,
            page.lines().take(8).collect::<Vec<_>>().join("\n"),
        );
    }
    let (listed, words) = listed(facts, &session);
    demand(
        listed == Some(row.outcome),
        "the list of sessions",
        format!("{listed:?}"),
    );
    let tone = match (row.exit, row.outcome) {
        (1, _) => Tone::Bad,
        (4, _) => Tone::Working,
        (_, Outcome::Succeeded)
            if session
                .root_history()
                .and_then(|known| known.status())
                .is_some_and(Status::is_in_progress) =>
        {
            Tone::Working
        }
        (_, Outcome::Succeeded) => Tone::Good,
        _ => Tone::Plain,
    };
    demand(words.1 == tone, "the home screen", format!("{words:?}"));
    let header = header(session, diagnosis);
    let told = header
        .story
        .map_or_else(String::new, |(story, _)| String::from(story));
    let plain = matches!(row.outcome, Outcome::Succeeded | Outcome::InProgress);
    demand(plain || is_same_story(&told, row.headline), "the screen", told);
    wrong
}

/// The screen's times have seconds, and what failed is named by the line below the story.
fn is_same_story(told: &str, headline: &str) -> bool {
    let (told, headline) = (without_times(told), without_times(headline));
    let without_names = |(at, _): (usize, &str)| {
        let (head, names) = headline.split_at(at);
        let left_out = told.strip_prefix(head).and_then(|rest| names.strip_suffix(rest));
        left_out.is_some_and(|names| !names.contains(';'))
    };
    told == headline || headline.match_indices(": ").any(without_names)
}

fn without_times(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split(' ') {
        if word.contains(":0") || word.contains(":1") {
            // What comes behind a time stays: `(12:09): Orders`.
            kept.push_str(if word.ends_with(':') { ":" } else { "" });
        } else {
            kept.push_str(if kept.is_empty() { "" } else { " " });
            kept.push_str(word);
        }
    }
    kept
}

/// The outcome in the archive's list, and the words for it on the home screen.
fn listed(facts: &[Recorded], session: &Session) -> (Option<Outcome>, (String, Tone)) {
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive.append(&stack(SHOP), facts).unwrap();
    let summary = archive.sessions().unwrap().remove(0);
    let card = |verdict, last_seen| Card {
        root: stack(SHOP),
        label: None,
        status: session
            .root_history()
            .and_then(|history| history.status())
            .cloned(),
        verdict,
        last_seen,
        marks: Vec::new(),
        told: None,
    };
    let mut home = Home::default();
    home.apply_news(News::Saved(vec![card(summary.verdict, Some(now()))]));
    home.apply_news(News::Stacks(vec![card(None, None)]));
    let words = match &home.rows()[0] {
        HomeRow::Card(_, card) => card.verdict_words(),
        HomeRow::Match(_) => ("", "".into(), Tone::Plain),
    };
    (summary.verdict, (words.1.to_string(), words.2))
}

fn header(session: Session, diagnosis: Diagnosis) -> Header {
    let mut app = App::new(Mode::Live, "shop".to_owned(), Vec::new());
    app.add(Watched::read(session, diagnosis));
    Header::of(&app, now())
}

#[test]
fn every_course_comes_to_the_same_verdict_in_every_place() {
    let mut wrong = Vec::new();
    for row in rows() {
        for ids in [Ids::Own, Ids::Latest, Ids::None] {
            let facts = Telling::of(row, ids);
            wrong.extend(complaints(row, &facts));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_a_deletion_cuts_short_is_no_failure_of_the_deletion() {
    let cut_short = |row: &&Row| row.headline.contains("cut short by DeleteStack");
    for row in rows().filter(cut_short) {
        for ids in [Ids::Own, Ids::Latest, Ids::None] {
            let session = Session::replay(stack(SHOP), &Telling::of(row, ids));
            let diagnosis = Diagnosis::of(&session);
            let deletion = diagnosis.attempts.last().unwrap();
            assert!(!deletion.outcome.is_failure(), "{}: {deletion:?}", row.name);
            let of_deletion = |failure: &&Finding| failure.failure.attempt == deletion.number;
            let made = |found: &&Finding| !found.failure.event.status.as_str().starts_with("DELETE_");
            let told = diagnosis.findings.iter().filter(of_deletion).filter(made).count();
            assert_eq!(told, 0, "{}", row.name);
        }
    }
}

#[test]
fn a_rollback_that_fails_again_is_told_again() {
    let row = rows().find(|row| row.name == "update whose rollback was continued in vain");
    let session = Session::replay(stack(SHOP), &Telling::of(row.unwrap(), Ids::Own));
    let diagnosis = Diagnosis::of(&session);
    let attempt = diagnosis.headline_attempt().unwrap();
    let step = diagnosis.way_out(&session, attempt).unwrap();
    assert!(step.ends_with("--resources-to-skip Queue"), "{step}");
    let document = serde_json::to_value(Document::new(&session, &diagnosis, now())).unwrap();
    let continued = &document["attempts"][0]["rollback_continuations"];
    assert_eq!(*continued, json!(["2026-05-04T13:00:01.000Z"]));
}

#[test]
fn what_was_kept_is_told_by_its_name_in_the_account() {
    let row = rows().find(|row| row.name == "delete that keeps a resource");
    let session = Session::replay(stack(SHOP), &Telling::of(row.unwrap(), Ids::None));
    let diagnosis = Diagnosis::of(&session);
    let said = text::diagnosis(&session, &diagnosis, now(), None).to_string();
    assert!(
        said.contains("kept in the account: Orders (shop-Orders)"),
        "{said}"
    );
    let document = serde_json::to_value(Document::new(&session, &diagnosis, now())).unwrap();
    let kept = &document["attempts"][1]["kept"];
    assert_eq!(
        *kept,
        json!([{"stack_id": SHOP, "logical_id": "Orders", "physical_id": "shop-Orders"}])
    );
}

#[test]
fn a_session_that_lost_parts_says_so_in_every_place() {
    let row = rows().find(|row| row.name == "create that goes well");
    let mut facts = Telling::of(row.unwrap(), Ids::Own);
    facts.push(Recorded {
        observed_at: at(6),
        fact: Fact::PartsLost {
            kept: 4,
            counted: Some(9),
        },
    });
    let session = Session::replay(stack(SHOP), &facts);
    let diagnosis = Diagnosis::of(&session);
    let document = serde_json::to_value(Document::new(&session, &diagnosis, now())).unwrap();
    assert_eq!(document["incomplete"], json!(true));
    let said = text::diagnosis(&session, &diagnosis, now(), None).to_string();
    assert!(!said.contains("Nothing failed"), "{said}");
    assert!(said.contains("some of what was saved could not be"), "{said}");
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    archive.append(&stack(SHOP), &facts).unwrap();
    assert!(archive.sessions().unwrap()[0].incomplete);
    let header = header(session, diagnosis);
    let told: Vec<String> = header
        .facets
        .into_iter()
        .map(|(facet, _)| String::from(facet))
        .collect();
    assert!(told.contains(&"incomplete".to_owned()), "{told:?}");
    let card = Card {
        root: stack(SHOP),
        label: None,
        status: Some(Status::new("CREATE_COMPLETE")),
        verdict: Some(Outcome::Succeeded),
        last_seen: Some(now()),
        marks: vec![CardMark::Incomplete],
        told: None,
    };
    assert_eq!(card.verdict_words().2, Tone::Plain);
}

#[test]
fn a_refused_call_is_marked_as_refused() {
    let row = rows().find(|row| row.name == "update whose rollback was continued without a resource");
    let session = Session::replay(stack(SHOP), &Telling::of(row.unwrap(), Ids::None));
    let document = serde_json::to_value(Document::new(&session, &Diagnosis::of(&session), now())).unwrap();
    let refused: Vec<&Value> = document["actors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|actor| &actor["refused"])
        .collect();
    assert_eq!(refused, [&json!("AccessDenied"), &Value::Null]);
    let again = document["actors"][1]["story"].as_str().unwrap();
    assert!(
        again.starts_with("ContinueUpdateRollback again, 10s later, by dave"),
        "{again}"
    );
}

#[test]
fn no_course_depends_on_the_order_in_which_it_is_told() {
    for row in rows() {
        let mut facts = Telling::of(row, Ids::None);
        facts.reverse();
        assert_eq!(complaints(row, &facts), [""; 0]);
    }
}

#[test]
fn every_outcome_has_its_row() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        *counts.entry(format!("{:?}", row.outcome)).or_default() += 1;
    }
    assert_eq!(counts.len(), 9, "{counts:?}");
}

/// A way down through a long history that broke off, as a kill between two pages leaves it.
#[test]
fn nothing_is_said_to_have_gone_well_above_events_that_were_not_read() {
    let mut story = Story::new();
    story
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .stack(9.0, "UPDATE_COMPLETE", "");
    let said = |story: &Story| story.diagnosis().silence(&story.session());
    assert_eq!(said(&story).as_deref(), Some("Nothing failed."));
    let mark = |second, mark: ReadMarker| mark.fact(&stack_id(), at(second));
    story.fact(10, mark(10, ReadMarker::Begun));
    let open = said(&story).unwrap();
    assert!(open.contains("older ones were not"), "{open}");
    story.fact(11, mark(11, ReadMarker::Ended));
    assert_eq!(said(&story).as_deref(), Some("Nothing failed."));
}
