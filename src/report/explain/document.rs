//! The contract `stacktrail.explanation/1`: what a text says, for programs. Absent means null.

use serde::Serialize;

use super::super::diagnosis::{CauseLine, Facts, rfc3339};
use super::listing;
use super::{Given, Heading, InputForm, several};
use crate::domain::deployment::failure::Role;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::advice;
use crate::domain::read::event_listing;
use crate::domain::read::forms;
use crate::domain::read::forms::PastedFailure;
use crate::domain::read::reason;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::record;
use crate::domain::read::record::{NO_TIME, TrailDigest};
use crate::domain::read::signature::{Signature, Signatures};
use crate::domain::session::Session;

/// The schema's name and version.
const SCHEMA: &str = "stacktrail.explanation/1";

/// What a text says, in the contract's form.
#[derive(Debug, Serialize)]
pub struct Explanation {
    schema: &'static str,
    pub(super) file: Option<String>,
    form: &'static str,
    pub(super) cut: bool,
    pub(super) notes: Vec<String>,
    quotation: Option<String>,
    pub(super) failures: Vec<ExplainedFailure>,
    pub(super) totals: Option<Totals>,
    pub(super) records: Vec<CallJson>,
    not_understood: Vec<String>,
}

/// How many records there are; not all of many are told.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    pub(super) records: usize,
    pub(super) with_error: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct ExplainedFailure {
    pub(super) stack_name: Option<String>,
    pub(super) logical_id: Option<String>,
    pub(super) resource_type: Option<String>,
    pub(super) status: Option<String>,
    pub(super) failed_at: Option<String>,
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
    pub(super) template_path: Option<String>,
    pub(super) log_group: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) note: Option<String>,
    pub(super) role: Option<&'static str>,
    pub(super) facts: Facts,
    pub(super) causes: Vec<CauseLine>,
    pub(super) signature: Option<String>,
    pub(super) meaning: Option<String>,
    pub(super) next_steps: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CallJson {
    pub(super) event_id: Option<String>,
    pub(super) event_time: Option<String>,
    pub(super) region: Option<String>,
    pub(super) event_source: String,
    pub(super) event_name: String,
    pub(super) user: String,
    pub(super) error_code: Option<String>,
    pub(super) error_message: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) meaning: Option<String>,
    pub(super) next_steps: Vec<String>,
}

impl Explanation {
    /// Explains a text.
    pub fn of(text: &str) -> Self {
        let mut all = several::read(text).into_iter();
        let mut explanation = all.next().map_or_else(Self::new, |given| Self::of_given(&given));
        for given in all {
            explanation.take(Self::of_given(&given));
        }
        explanation
    }

    /// What one text says.
    fn of_given(given: &Given<'_>) -> Self {
        let mut explanation = Self {
            cut: given.cut,
            ..Self::new()
        };
        explanation.notes.extend(super::may_be_cut(given));
        match &given.form {
            InputForm::Listing(session) => explanation.take_listing(session, given),
            InputForm::Records(records) => explanation.take_records(&TrailDigest::of(records)),
            InputForm::Reasons(said) => said.iter().for_each(|one| explanation.take_reason(one)),
        }
        explanation
    }

    /// What another text says that was pasted behind this one.
    fn take(&mut self, other: Self) {
        self.cut |= other.cut;
        self.notes.extend(other.notes);
        self.quotation = self.quotation.take().or(other.quotation);
        self.failures.extend(other.failures);
        self.records.extend(other.records);
        self.not_understood.extend(other.not_understood);
        self.totals = match (self.totals.take(), other.totals) {
            (Some(one), Some(other)) => Some(Totals {
                records: one.records + other.records,
                with_error: one.with_error + other.with_error,
            }),
            (one, other) => one.or(other),
        };
    }

    /// Explains a heap of records, which may end in the middle.
    pub(super) fn of_records(digest: &TrailDigest, cut: bool) -> Self {
        let mut explanation = Self { cut, ..Self::new() };
        explanation.take_records(digest);
        explanation
    }

    fn new() -> Self {
        Self {
            schema: SCHEMA,
            file: None,
            form: "status_reasons",
            cut: false,
            notes: Vec::new(),
            quotation: None,
            failures: Vec::new(),
            totals: None,
            records: Vec::new(),
            not_understood: Vec::new(),
        }
    }

    /// The same with what is said of where it came from.
    pub(super) fn headed(mut self, heading: &Heading) -> Self {
        self.file.clone_from(&heading.file);
        self.notes.splice(0..0, heading.notes.iter().cloned());
        self
    }

    fn take_records(&mut self, digest: &TrailDigest) {
        self.form = "trail_records";
        self.totals = Some(Totals {
            records: digest.records,
            with_error: digest.failed,
        });
        self.records = digest.told().into_iter().map(CallJson::new).collect();
    }

    fn take_listing(&mut self, session: &Session, given: &Given<'_>) {
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
        self.notes
            .extend(listing::without_cause(session, &diagnosis, given));
    }

    fn take_reason(&mut self, statement: &PastedFailure) {
        // A remark on a text that tells no failure is none.
        if statement.reason.is_empty() {
            self.notes.extend(statement.note.clone());
            self.quotation.clone_from(&statement.quotation);
            return;
        }
        let failure = ExplainedFailure::of_reason(statement);
        let facts = super::facts(statement);
        let progress = reason::not_an_error(&statement.reason) || super::is_fine(statement);
        if failure.signature.is_none() && facts == ReasonFacts::none() && !progress {
            self.not_understood.push(statement.reason.clone());
        }
        // What reports progress is no failure; what is to be said of it is a note.
        if progress {
            self.notes.extend(statement.note.clone());
        } else {
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
        let (event, stack) = (&failure.event, &failure.key.stack_id);
        // What a listing does not name stands in no ARN.
        let made_up = format!(":cloudformation:{}:", event_listing::UNKNOWN);
        let causes: Vec<CauseLine> = finding
            .assessment
            .causes
            .iter()
            .map(|cause| CauseLine::new(cause).without_made_up(&made_up))
            .collect();
        let steps = finding.assessment.causes.iter().filter_map(|cause| {
            let step = cause.next_step.as_ref()?.text();
            (!step.is_empty()).then_some(step)
        });
        let signature = known(failure.reason().unwrap_or_default(), Some(&event.resource_type));
        let mut next_steps: Vec<String> = steps.collect();
        if next_steps.is_empty() {
            next_steps.extend(signature.map(super::next_step).or_else(|| listing::step(finding)));
        }
        Self {
            stack_name: Some(stack.name().to_owned())
                .filter(|name| name != event_listing::UNNAMED || stack.account() != event_listing::UNKNOWN),
            logical_id: filled(&event.logical_id),
            resource_type: filled(&event.resource_type).filter(|kind| kind != event_listing::UNTYPED),
            status: filled(event.status.as_str()),
            // A listing without times is put in order with made-up ones of the first day of 1970.
            failed_at: Some(failure.failed_at())
                .filter(|at| at.timestamp() > listing::MADE_UP_DAYS)
                .map(rfc3339),
            region: Some(stack.region().to_owned()).filter(|region| region.contains('-')),
            account: Some(stack.account().to_owned()).filter(|name| name != event_listing::UNKNOWN),
            template_path: None,
            log_group: None,
            reason: event.reason.clone(),
            note: None,
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

    fn of_reason(statement: &PastedFailure) -> Self {
        let text = statement.reason.as_str();
        let facts = super::facts(statement);
        let signature = super::signature(statement);
        let follows = reason::cascade(text).is_some();
        Self {
            stack_name: statement.stack.clone(),
            logical_id: statement.about.clone(),
            resource_type: statement.kind.clone(),
            status: statement.status.clone(),
            failed_at: None,
            region: statement.region.clone(),
            account: statement.account.clone(),
            template_path: statement.place.clone(),
            log_group: statement.log_group.clone(),
            reason: filled(text),
            note: statement.note.clone(),
            role: follows.then_some("cascade"),
            facts: Facts::new(&facts),
            causes: Vec::new(),
            signature: signature.map(|known| known.id.clone()),
            meaning: signature.map(|known| known.meaning.clone()),
            next_steps: if super::is_fine(statement) {
                Vec::new()
            } else {
                let narrower = signature.and_then(|known| super::narrower(known, statement, &facts));
                let known =
                    || signature.map_or_else(|| forms::next_step(statement, &facts), super::next_step);
                let step = narrower.unwrap_or_else(known);
                let step = advice::filled(&step, &super::known_of(statement)).into_owned();
                std::iter::once(step).chain(super::after_it(statement)).collect()
            },
        }
    }
}

impl CallJson {
    fn new(record: &TrailRecord) -> Self {
        let said = record.error_message.as_deref().or(record.error_code.as_deref());
        let signature = said.and_then(|said| known(said, None));
        Self {
            // One that is made of the content is none of CloudTrail's.
            event_id: filled(&record.event_id).filter(|id| !record::is_derived(id)),
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
