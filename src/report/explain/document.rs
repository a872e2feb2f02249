//! The contract `stacktrail.explanation/1`: what a text says, for programs. Absent means null.

use serde::Serialize;

use super::super::diagnosis::{CauseLine, Facts, rfc3339};
use super::{Given, InputForm};
use crate::domain::deployment::failure::Role;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::forms;
use crate::domain::read::forms::Said;
use crate::domain::read::reason;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::record::NO_TIME;
use crate::domain::read::signature::{Signature, Signatures};
use crate::domain::session::Session;

/// The schema's name and version.
const SCHEMA: &str = "stacktrail.explanation/1";

/// What a text says, in the contract's form.
#[derive(Debug, Serialize)]
pub struct Explanation {
    schema: &'static str,
    form: &'static str,
    cut: bool,
    failures: Vec<ExplainedFailure>,
    records: Vec<CallJson>,
    not_understood: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ExplainedFailure {
    stack_name: Option<String>,
    logical_id: Option<String>,
    resource_type: Option<String>,
    status: Option<String>,
    failed_at: Option<String>,
    reason: Option<String>,
    role: Option<&'static str>,
    facts: Facts,
    causes: Vec<CauseLine>,
    signature: Option<String>,
    meaning: Option<String>,
    next_steps: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CallJson {
    event_id: Option<String>,
    event_time: Option<String>,
    region: Option<String>,
    event_source: String,
    event_name: String,
    user: String,
    error_code: Option<String>,
    error_message: Option<String>,
    request_id: Option<String>,
    signature: Option<String>,
    meaning: Option<String>,
    next_steps: Vec<String>,
}

impl Explanation {
    /// Explains a text.
    pub fn of(text: &str) -> Self {
        let given = Given::read(text);
        let mut explanation = Self {
            schema: SCHEMA,
            form: "status_reasons",
            cut: given.cut,
            failures: Vec::new(),
            records: Vec::new(),
            not_understood: Vec::new(),
        };
        match &given.form {
            InputForm::Listing(session) => explanation.take_listing(session),
            InputForm::Records(records) => {
                explanation.form = "trail_records";
                explanation.records = records.iter().map(CallJson::new).collect();
            }
            InputForm::Reasons(said) => said.iter().for_each(|one| explanation.take_reason(one)),
        }
        explanation
    }

    fn take_listing(&mut self, session: &Session) {
        self.form = "event_listing";
        let diagnosis = Diagnosis::of(session);
        for finding in &diagnosis.findings {
            let failure = ExplainedFailure::of_finding(finding);
            let is_known = failure.signature.is_some() || !failure.causes.is_empty();
            let read = finding.failure.facts != ReasonFacts::none();
            if let (true, false, false, Some(reason)) =
                (finding.failure.is_root(), is_known, read, &failure.reason)
            {
                self.not_understood.push(reason.clone());
            }
            self.failures.push(failure);
        }
    }

    fn take_reason(&mut self, statement: &Said) {
        let failure = ExplainedFailure::of_reason(statement);
        let facts = super::facts(statement);
        let progress = reason::not_an_error(&statement.reason) || super::is_fine(statement);
        if failure.signature.is_none() && facts == ReasonFacts::none() && !progress {
            self.not_understood.push(statement.reason.clone());
        }
        // What reports progress is no failure.
        if !progress {
            self.failures.push(failure);
        }
    }
}

fn known<'s>(text: &str, resource_type: Option<&str>) -> Option<&'s Signature> {
    Signatures::builtin().find(text, resource_type)
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl ExplainedFailure {
    fn of_finding(finding: &Finding) -> Self {
        let failure = &finding.failure;
        let event = &failure.event;
        let causes: Vec<CauseLine> = finding.assessment.causes.iter().map(CauseLine::new).collect();
        let steps = finding.assessment.causes.iter().filter_map(|cause| {
            let step = cause.next_step.as_ref()?.text();
            (!step.is_empty()).then_some(step)
        });
        let signature = known(failure.reason().unwrap_or_default(), Some(&event.resource_type));
        let mut next_steps: Vec<String> = steps.collect();
        if next_steps.is_empty() {
            next_steps.extend(signature.map(super::next_step));
        }
        Self {
            stack_name: Some(failure.key.stack_id.name().to_owned())
                .filter(|name| name != crate::domain::read::event_listing::UNKNOWN),
            logical_id: filled(&event.logical_id),
            resource_type: filled(&event.resource_type),
            status: filled(event.status.as_str()),
            // A listing without times is put in order with made-up ones of the first day of 1970.
            failed_at: Some(failure.failed_at())
                .filter(|at| at.timestamp() > 86_400)
                .map(rfc3339),
            reason: event.reason.clone(),
            role: Some(match failure.role {
                Role::Root => "root",
                Role::Cascade { .. } => "cascade",
            }),
            facts: Facts::new(&failure.facts),
            causes,
            signature: signature.map(|known| known.id.clone()),
            meaning: signature.map(|known| known.meaning.clone()),
            next_steps,
        }
    }

    fn of_reason(statement: &Said) -> Self {
        let (text, kind) = (statement.reason.as_str(), statement.kind.as_deref());
        let status = statement.status.as_deref();
        let facts = super::facts(statement);
        let signature = super::signature(statement);
        let follows = reason::cascade(text, kind, status).is_some();
        Self {
            stack_name: statement.stack.clone(),
            logical_id: statement.about.clone(),
            resource_type: statement.kind.clone(),
            status: statement.status.clone(),
            failed_at: None,
            reason: filled(text),
            role: follows.then_some("cascade"),
            facts: Facts::new(&facts),
            causes: Vec::new(),
            signature: signature.map(|known| known.id.clone()),
            meaning: signature.map(|known| known.meaning.clone()),
            next_steps: vec![signature.map_or_else(|| forms::next_step(statement, &facts), super::next_step)],
        }
    }
}

impl CallJson {
    fn new(record: &TrailRecord) -> Self {
        let said = record.error_message.as_deref().or(record.error_code.as_deref());
        let signature = said.and_then(|said| known(said, None));
        Self {
            event_id: filled(&record.event_id),
            event_time: (record.at != NO_TIME).then(|| rfc3339(record.at)),
            region: filled(&record.region),
            event_source: record.source.clone(),
            event_name: record.name.clone(),
            user: record.caller(),
            error_code: record.error_code.clone(),
            error_message: record.error_message.clone(),
            request_id: record.request_id.clone(),
            signature: signature.map(|known| known.id.clone()),
            meaning: signature.map(|known| known.meaning.clone()),
            next_steps: signature.map(super::next_step).into_iter().collect(),
        }
    }
}
