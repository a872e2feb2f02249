//! The contract `stacktrail.diagnosis/1`: times RFC 3339 in UTC, absent means null.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::domain::conclude::hanging::{Hanging, hanging_when_read};
use crate::domain::conclude::missing::{Missing, missing};
use crate::domain::conclude::verdict;
use crate::domain::deployment::attempt;
use crate::domain::deployment::attempt::Outcome;
use crate::domain::deployment::failure::{During, Role};
use crate::domain::explain::cause::{Cause, Confidence, MatchedRecord, RefutedRecord};
use crate::domain::investigate::diagnosis::{Diagnosis, InvestigationStatus};
use crate::domain::investigate::finding::{Finding, SearchState};
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::category::Category;
use crate::domain::model::fault::FaultKind;
use crate::domain::model::stack::StackOutput;
use crate::domain::model::status::Operation;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::signature::NextStep;
use crate::domain::session::{Session, StackHistory};

/// The schema's name and version.
pub const SCHEMA: &str = "stacktrail.diagnosis/1";

/// A diagnosis in the contract's form.
#[derive(Debug, Serialize)]
pub struct Document {
    schema: &'static str,
    stack: Stack,
    incomplete: bool,
    verdict: Option<Verdict>,
    attempts: Vec<AttemptJson>,
    failures: Vec<FailureJson>,
    actors: Vec<ActorJson>,
    missing: Vec<Unread>,
    hanging: Vec<HangingJson>,
}

/// What hangs, as it was when the session was last read.
#[derive(Debug, Serialize)]
struct HangingJson {
    stack_id: String,
    logical_id: String,
    resource_type: String,
    since: String,
    ground: &'static str,
    why: String,
    gives_up_at: Option<String>,
}

/// What could not be read.
#[derive(Debug, Serialize)]
struct Unread {
    action: String,
    permission: Option<String>,
    about: Vec<String>,
    kind: FaultKind,
    message: String,
    request_id: Option<String>,
    at: String,
    advice: String,
}

#[derive(Debug, Serialize)]
struct Stack {
    id: String,
    name: String,
    region: String,
    account: String,
    status: Option<String>,
    deleted: bool,
    outputs: Option<Vec<OutputJson>>,
}

/// An output of the stack, in the contract's form.
#[derive(Debug, Serialize)]
pub(super) struct OutputJson {
    key: String,
    value: String,
    description: Option<String>,
    export_name: Option<String>,
}

impl OutputJson {
    pub(super) fn new(output: &StackOutput) -> Self {
        Self {
            key: output.key.clone(),
            value: output.value.clone(),
            description: output.description.clone(),
            export_name: output.export_name.clone(),
        }
    }
}

/// What became of the attempt that counts.
#[derive(Debug, Serialize)]
struct Verdict {
    attempt: u32,
    outcome: Outcome,
    headline: String,
    next_step: Option<String>,
}

#[derive(Debug, Serialize)]
struct AttemptJson {
    number: u32,
    operation: Operation,
    started_at: String,
    ended_at: Option<String>,
    outcome: Outcome,
    headline: String,
    rollback_started_at: Option<String>,
    rollback_continued_at: Option<String>,
    rollback_continuations: Vec<String>,
    skipped: Vec<String>,
    kept: Vec<KeptJson>,
}

/// What was to be deleted and was kept.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the contract")]
struct KeptJson {
    stack_id: String,
    logical_id: String,
    physical_id: Option<String>,
}

/// A failure in the contract's form.
#[derive(Debug, Serialize)]
pub struct FailureJson {
    attempt: Option<u32>,
    stack_id: String,
    stack_name: String,
    logical_id: String,
    physical_id: Option<String>,
    resource_type: String,
    status: String,
    failed_at: String,
    reason: Option<String>,
    role: &'static str,
    cascade_of: Option<CascadeOf>,
    during: During,
    facts: Facts,
    causes: Vec<CauseLine>,
    trail: Trail,
    logs: LogsJson,
    blind_spots: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CascadeOf {
    stack_id: String,
    logical_id: String,
}

/// A reason's facts in the contract's form.
#[derive(Debug, Serialize)]
pub struct Facts {
    pub(super) service: Option<String>,
    pub(super) status_code: Option<u16>,
    pub(super) error_code: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) handler_error_code: Option<String>,
    pub(super) request_token: Option<String>,
    pub(super) denied_action: Option<String>,
    pub(super) principal_arn: Option<String>,
    pub(super) resource_arn: Option<String>,
    pub(super) log_stream: Option<String>,
    pub(super) category: Category,
}

/// A cause in the contract's form.
#[derive(Debug, Serialize)]
pub struct CauseLine {
    pub(super) rank: u32,
    pub(super) claim: String,
    pub(super) confidence: Confidence,
    pub(super) why: Vec<String>,
    pub(super) evidence: Vec<String>,
    pub(super) next_step: Option<String>,
    pub(super) signature: Option<String>,
}

#[derive(Debug, Serialize)]
struct Trail {
    state: InvestigationState,
    expected_at: Option<String>,
    searches: Vec<Search>,
    elsewhere: Vec<Elsewhere>,
    records: Vec<Record>,
    refuted: Vec<RefutedJson>,
}

#[derive(Debug, Serialize)]
struct Search {
    region: String,
    attribute: Option<&'static str>,
    value: Option<String>,
    from: String,
    to: String,
    records: Option<usize>,
    state: &'static str,
}

/// A search of another backend, where the trail that is asked first cannot see.
#[derive(Debug, Serialize)]
struct Elsewhere {
    #[serde(flatten)]
    search: Search,
    why: String,
}

/// A matched trail record in the contract's form.
#[derive(Debug, Serialize)]
pub struct Record {
    event_id: String,
    event_time: String,
    region: String,
    event_source: String,
    event_name: String,
    error_code: Option<String>,
    error_message: Option<String>,
    user: String,
    confidence: Confidence,
    why: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LogsJson {
    state: InvestigationState,
    lines: Vec<LineJson>,
}

#[derive(Debug, Serialize)]
struct LineJson {
    at: String,
    group: String,
    stream: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct ActorJson {
    at: String,
    event_name: String,
    user: String,
    event_id: String,
    source_ip: Option<String>,
    user_agent: Option<String>,
    refused: Option<String>,
    story: String,
}

/// A time as the contract writes it.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Document {
    /// The diagnosis of a session as it stands at `now`.
    pub fn new(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Self {
        let root = session.root();
        let history = session.root_history();
        let deleted = session.gone_since().is_some()
            || history
                .and_then(StackHistory::status)
                .is_some_and(|status| status.as_str() == "DELETE_COMPLETE");
        Self {
            schema: SCHEMA,
            stack: Stack {
                id: root.to_string(),
                name: root.name().to_owned(),
                region: root.region().to_owned(),
                account: root.account().to_owned(),
                status: history.and_then(StackHistory::status).map(ToString::to_string),
                deleted,
                outputs: history
                    .filter(|_| !deleted)
                    .and_then(StackHistory::outputs)
                    .map(|outputs| outputs.iter().map(OutputJson::new).collect()),
            },
            incomplete: session.is_incomplete(),
            verdict: diagnosis.headline_attempt().map(|attempt| Verdict {
                attempt: attempt.number,
                outcome: attempt.outcome,
                headline: diagnosis.headline(attempt, &verdict::utc),
                next_step: diagnosis.way_out(session, attempt),
            }),
            attempts: diagnosis
                .attempts
                .list()
                .iter()
                .map(|attempt| AttemptJson::new(attempt, diagnosis))
                .collect(),
            failures: diagnosis
                .told()
                .map(|finding| FailureJson::new(finding, session, diagnosis, now))
                .collect(),
            actors: diagnosis
                .told_actors()
                .map(|actor| ActorJson {
                    at: rfc3339(actor.at),
                    event_name: actor.event_name.clone(),
                    user: actor.user.clone(),
                    event_id: actor.event_id.clone(),
                    source_ip: actor.source_ip.clone(),
                    user_agent: actor.user_agent.clone(),
                    refused: actor.refused.clone(),
                    story: actor.story.clone(),
                })
                .collect(),
            missing: missing(session).iter().map(Unread::new).collect(),
            hanging: hanging_when_read(session, diagnosis, now)
                .iter()
                .map(HangingJson::new)
                .collect(),
        }
    }
}

impl HangingJson {
    fn new(hanging: &Hanging) -> Self {
        Self {
            stack_id: hanging.stack_id.to_string(),
            logical_id: hanging.logical_id.clone(),
            resource_type: hanging.resource_type.clone(),
            since: rfc3339(hanging.since),
            ground: hanging.ground.code(),
            why: hanging.why(),
            gives_up_at: hanging.gives_up_at.map(rfc3339),
        }
    }
}

impl AttemptJson {
    fn new(attempt: &attempt::Attempt, diagnosis: &Diagnosis) -> Self {
        Self {
            number: attempt.number,
            operation: attempt.operation,
            started_at: rfc3339(attempt.started_at),
            ended_at: attempt.ended_at.map(rfc3339),
            outcome: attempt.outcome,
            headline: diagnosis.headline(attempt, &verdict::utc),
            rollback_started_at: attempt.rollback_at.map(rfc3339),
            rollback_continued_at: attempt.continued_at.last().copied().map(rfc3339),
            rollback_continuations: attempt.continued_at.iter().copied().map(rfc3339).collect(),
            skipped: attempt.skipped.clone(),
            kept: attempt.kept.iter().map(KeptJson::new).collect(),
        }
    }
}

impl KeptJson {
    fn new(kept: &attempt::RetainedResource) -> Self {
        Self {
            stack_id: kept.stack_id.to_string(),
            logical_id: kept.logical_id.clone(),
            physical_id: kept.physical_id.clone(),
        }
    }
}

impl Unread {
    fn new(missing: &Missing) -> Self {
        let fault = &missing.fault;
        Self {
            action: fault.action.clone(),
            permission: missing.permission().map(ToOwned::to_owned),
            about: missing.about.clone(),
            kind: fault.kind,
            message: fault.message.clone(),
            request_id: fault.request_id.clone(),
            at: rfc3339(missing.at),
            advice: fault.remedy(),
        }
    }
}

impl FailureJson {
    /// One failure as it stands at `now`.
    pub fn new(finding: &Finding, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Self {
        let failure = &finding.failure;
        let (role, cascade_of) = match &failure.role {
            Role::Root => ("root", None),
            Role::Cascade { of } => ("cascade", of.as_ref()),
        };
        let cascade_of = cascade_of.and_then(|key| {
            let cause = diagnosis
                .findings
                .iter()
                .find(|other| other.failure.key == *key)?;
            Some(CascadeOf {
                stack_id: key.stack_id.to_string(),
                logical_id: cause.failure.event.logical_id.clone(),
            })
        });
        let standing = diagnosis.standing(finding, session, now);
        Self {
            attempt: failure.known_attempt(),
            stack_id: failure.key.stack_id.to_string(),
            stack_name: failure.key.stack_id.name().to_owned(),
            logical_id: failure.event.logical_id.clone(),
            physical_id: failure.physical_id.clone(),
            resource_type: failure.event.resource_type.clone(),
            status: failure.event.status.to_string(),
            failed_at: rfc3339(failure.failed_at()),
            reason: failure.event.reason.clone(),
            role,
            cascade_of,
            during: failure.during,
            facts: Facts::new(&failure.facts),
            causes: finding.assessment.causes.iter().map(CauseLine::new).collect(),
            trail: Trail::new(finding, &standing),
            logs: LogsJson {
                state: standing.logs,
                lines: finding
                    .assessment
                    .lines
                    .iter()
                    .map(|matched| LineJson {
                        at: rfc3339(matched.line.at),
                        group: matched.group.name.clone(),
                        stream: matched.line.stream.clone(),
                        message: matched.line.message.clone(),
                    })
                    .collect(),
            },
            blind_spots: finding.assessment.blind_spots.clone(),
        }
    }
}

impl Facts {
    /// What a reason says.
    pub fn new(facts: &ReasonFacts) -> Self {
        let ReasonFacts {
            service,
            status_code,
            error_code,
            request_id,
            handler_error_code,
            request_token,
            denied_action,
            principal_arn,
            resource_arn,
            log_stream,
            custom_resource_request_id: _,
            category,
        } = facts.clone();
        Self {
            service,
            status_code,
            error_code,
            request_id,
            handler_error_code,
            request_token,
            denied_action,
            principal_arn,
            resource_arn,
            log_stream,
            category,
        }
    }
}

/// A record that tempts, and what refutes it.
#[derive(Debug, Serialize)]
struct RefutedJson {
    event_id: String,
    at: String,
    call: String,
    user: String,
    error: Option<String>,
    why: String,
    count: u32,
}

impl RefutedJson {
    fn new(refuted: &RefutedRecord) -> Self {
        let record = &refuted.record;
        Self {
            event_id: record.event_id.clone(),
            at: rfc3339(record.at),
            call: record.action(),
            user: record.caller(),
            error: record.error().map(str::to_owned),
            why: refuted.why.clone(),
            count: refuted.count,
        }
    }
}

impl CauseLine {
    /// Without evidence that nobody can open, for its address holds this.
    pub(super) fn without_made_up(mut self, part: &str) -> Self {
        self.evidence.retain(|address| !address.contains(part));
        self
    }

    /// One cause.
    pub fn new(cause: &Cause) -> Self {
        Self {
            rank: cause.rank,
            claim: cause.claim.clone(),
            confidence: cause.confidence,
            why: cause.why.clone(),
            evidence: cause.evidence.iter().map(ToString::to_string).collect(),
            next_step: cause
                .next_step
                .as_ref()
                .map(NextStep::text)
                .filter(|text| !text.is_empty()),
            signature: cause.signature.clone(),
        }
    }
}

impl Trail {
    fn new(finding: &Finding, standing: &InvestigationStatus) -> Self {
        let asked = |state: &&SearchState| state.is_asked();
        let of_another = |state: &SearchState| Elsewhere {
            search: Search::new(state),
            why: state.why.clone(),
        };
        Self {
            state: standing.trail,
            expected_at: standing.expected_at.map(rfc3339),
            searches: finding.searches.iter().filter(asked).map(Search::new).collect(),
            elsewhere: finding.elsewhere.iter().filter(asked).map(of_another).collect(),
            records: finding.assessment.records.iter().map(Record::new).collect(),
            refuted: finding.assessment.refuted.iter().map(RefutedJson::new).collect(),
        }
    }
}

impl Search {
    fn new(state: &SearchState) -> Self {
        let attribute = state.search.attribute.as_ref();
        Self {
            region: state.search.region.clone(),
            attribute: attribute.map(|attribute| attribute.key.as_str()),
            value: attribute.map(|attribute| attribute.value.clone()),
            from: rfc3339(state.search.from),
            to: rfc3339(state.search.to),
            records: state.answered.map(|(_, records, _)| records),
            state: match (state.failed_at, state.answered) {
                (Some(_), _) | (None, None) => "failed",
                (None, Some((_, _, true))) => "answered",
                (None, Some((_, _, false))) => "partly_answered",
            },
        }
    }
}

impl Record {
    /// One matched record.
    pub fn new(matched: &MatchedRecord) -> Self {
        let record = &matched.record;
        Self {
            event_id: record.event_id.clone(),
            event_time: rfc3339(record.at),
            region: record.region.clone(),
            event_source: record.source.clone(),
            event_name: record.name.clone(),
            error_code: record.error_code.clone(),
            error_message: record.error_message.clone(),
            user: record.caller(),
            confidence: matched.confidence,
            why: matched.why.clone(),
        }
    }
}
