//! A source of evidence that the program does not know, made here through public items only: it is planned and
//! asked, speaks in the diagnosis, and shows wherever the program's own sources do.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::app::view::detail::Detail;
use stacktrail::app::{App, Effect, Intent, Message, Mode, Tab};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded, ServiceStatement};
use stacktrail::domain::model::fault::Fault;
use stacktrail::domain::model::source::{
    HiddenFromTrail, Pace, Permission, Phrases, SourceDescriptor, SourceId,
};
use stacktrail::domain::model::source_status::SaveState;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::session::Session;
use stacktrail::ports::ScaledClock;
use stacktrail::watch::{AnySource, EvidenceSource, InquiryContext, InquiryRunner};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::nobody;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u";
const KIND: &str = "Acme::Mainframe::Region";

static MAINFRAME: SourceDescriptor = SourceDescriptor {
    id: SourceId::new("mainframe"),
    label: "Mainframe",
    speaker: "The mainframe",
    resource_types: &["Acme::Mainframe::*"],
    permissions: &[Permission::further(
        "mainframe:DescribeJobs",
        "why a job was thrown out",
    )],
    pace: Pace::usual("mainframe"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why jobs are thrown out",
        instead: "the mainframe's job messages",
    }),
    phrases: Phrases {
        summaries: &["job failed"],
        ..Phrases::NONE
    },
    asked_of_failures: None,
};

/// Asks about every failed region what its operators wrote.
struct Mainframe;

/// What it asks: no other source has questions of this type.
#[derive(Debug, PartialEq, Eq)]
struct Job {
    stack_id: StackId,
    region: String,
}

impl Source for Mainframe {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &MAINFRAME
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, _: DateTime<Utc>) -> Vec<Inquiry> {
        let failures = diagnosis.roots().map(|finding| &finding.failure);
        let mine = failures.filter(|failure| self.descriptor().concerns(&failure.event.resource_type));
        let unasked = mine.filter(|failure| session.answered(self.id(), &failure.event.logical_id).is_none());
        unasked
            .map(|failure| Inquiry {
                key: failure.event.logical_id.clone(),
                source: self.id().clone(),
                region: failure.key.stack_id.region().to_owned(),
                due: failure.failed_at(),
                priority: 0,
                question: AnyQuestion::new(Job {
                    stack_id: failure.key.stack_id.clone(),
                    region: failure.event.logical_id.clone(),
                }),
                why: "what the operators wrote".to_owned(),
                serves: vec![failure.key.clone()],
            })
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for Mainframe {
    type Asks = Job;

    async fn ask(&self, job: &Job, inquiry: &Inquiry, context: &InquiryContext) -> Result<Vec<Fact>, Fault> {
        context
            .budget(MAINFRAME.pace, &inquiry.region)
            .await
            .acquire()
            .await;
        let said = |id: &str, at, text: &str| Fact::ServiceStated {
            statement: ServiceStatement {
                source: MAINFRAME.id.clone(),
                id: id.to_owned(),
                stack_id: job.stack_id.clone(),
                logical_id: job.region.clone(),
                at,
                text: text.to_owned(),
                principals: Vec::new(),
                logs: Vec::new(),
            },
        };
        Ok(vec![
            said("1", moment(30), "QuotaError: the spool is full"),
            // Only sums up, and later: no cause.
            said("2", moment(59), "job failed: see above"),
            Fact::SourceAnswered {
                source: MAINFRAME.id.clone(),
                key: inquiry.key.clone(),
                at: context.now(),
            },
        ])
    }
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse(STACK).unwrap()
}

fn event(second: i64, id: &str, kind: &str, (status, reason): (&str, Option<&str>)) -> StackEvent {
    StackEvent {
        stack_id: root(),
        event_id: format!("{id}-{second}"),
        at: moment(second),
        logical_id: id.to_owned(),
        physical_id: Some(if id == "shop" { STACK } else { id }.to_owned()),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: reason.map(str::to_owned),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn failed() -> Fact {
    let stack = "AWS::CloudFormation::Stack";
    Fact::StackEventsSeen {
        stack_id: root(),
        events: vec![
            event(0, "shop", stack, ("CREATE_IN_PROGRESS", None)),
            event(1, "Core", KIND, ("CREATE_IN_PROGRESS", None)),
            event(
                60,
                "Core",
                KIND,
                ("CREATE_FAILED", Some("Exceeded attempts to wait")),
            ),
        ],
    }
}

fn facts(facts: Vec<Fact>) -> Message {
    let recorded = |fact| Recorded {
        observed_at: moment(70),
        fact,
    };
    Message::Facts {
        root: root(),
        facts: facts.into_iter().map(recorded).collect(),
        ends: Vec::new(),
        saving: SaveState::Saved,
    }
}

/// A program that has this source besides its own.
fn program() -> App {
    App::new(Mode::Live, "shop".to_owned(), vec![Arc::new(Mainframe)])
}

/// What the source's answer to an inquiry is, through the place where inquiries are answered.
async fn answered(inquiry: Inquiry) -> Vec<Fact> {
    let ports = nobody::ports().await;
    let mut sources = stacktrail::watch::sources::all();
    let own: Arc<dyn AnySource> = Arc::new(Mainframe);
    sources.push(own);
    let (facts, mut batches) = mpsc::channel(4);
    let (reports, _reports) = mpsc::channel(4);
    let context = InquiryRunner::new(ports, sources, Arc::new(ScaledClock::real()), facts, reports);
    context.answer(root(), inquiry, CancellationToken::new()).await;
    let batch = batches.recv().await.unwrap();
    batch.facts.into_iter().map(|recorded| recorded.fact).collect()
}

fn searches_tab(app: &mut App) -> String {
    app.update(Message::Intent(Intent::NextFailure), moment(71));
    app.update(Message::Intent(Intent::Show(Tab::Searched)), moment(71));
    let detail = Detail::of(app, moment(71)).unwrap();
    let lines = detail.page.blocks.iter().flat_map(|block| &block.lines);
    let lines: Vec<String> = lines.map(|line| line.text().to_string()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_source_made_outside_is_planned_asked_heard_and_shown_like_the_programs_own() {
    let mut app = program();
    let effects = app.update(facts(vec![failed()]), moment(70));
    let mut planned = effects.into_iter().filter_map(|effect| match effect {
        Effect::Inquire { inquiry, .. } => Some(inquiry),
        _ => None,
    });
    let inquiry = planned.next().expect("the plan holds its inquiry");
    assert_eq!(
        (inquiry.source.as_str(), inquiry.key.as_str()),
        ("mainframe", "Core")
    );

    // Before it was asked its blind spot says what would tell.
    let spot = "CloudTrail does not show why jobs are thrown out; the mainframe's job messages";
    assert!(searches_tab(&mut app).contains(&format!("{spot} would tell, but none were read")));

    app.update(facts(answered(inquiry).await), moment(71));
    let watched = app.shown().unwrap();
    let finding = watched.diagnosis.roots().next().unwrap();
    let claims: Vec<&str> = finding
        .assessment
        .causes
        .iter()
        .map(|cause| cause.claim.as_str())
        .collect();
    assert_eq!(
        claims.first(),
        Some(&"The mainframe says: QuotaError: the spool is full"),
        "{claims:?}"
    );

    let tab = searches_tab(&mut app);
    assert!(tab.contains(&format!("{spot} were read instead")), "{tab}");
    assert!(
        tab.contains("Mainframe") && tab.contains("QuotaError: the spool is full"),
        "{tab}"
    );
}

#[test]
fn its_permissions_are_checked_and_in_the_policy_and_its_troubles_go_by_its_name() {
    let app = program();
    let checked: Vec<&str> = app.catalog().permissions().iter().map(|one| one.action).collect();
    assert!(checked.contains(&"mainframe:DescribeJobs"), "{checked:?}");
    let policy = app.catalog().policy();
    let statements = policy["Statement"].as_array().unwrap();
    let own = statements.iter().find(|one| one["Sid"] == "Mainframe").unwrap();
    assert_eq!(own["Action"][0], "mainframe:DescribeJobs");
    assert_eq!(app.catalog().label("mainframe"), "Mainframe");
}

#[tokio::test]
async fn a_plan_with_a_question_of_another_type_is_a_fault_and_no_silence() {
    let at = moment(0);
    let facts = answered(Inquiry {
        key: "k".to_owned(),
        source: MAINFRAME.id.clone(),
        region: "eu-west-1".to_owned(),
        due: at - TimeDelta::seconds(1),
        priority: 0,
        question: AnyQuestion::new("something else"),
        why: String::new(),
        serves: Vec::new(),
    })
    .await;
    assert!(
        matches!(facts.as_slice(), [Fact::SourceFailed { fault, .. }] if fault.message.contains("not one of this source")),
        "{facts:?}"
    );
}
