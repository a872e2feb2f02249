//! Brings together everything that is said about the failures of a session.

use chrono::{DateTime, Utc};

use super::super::blind_spot::blind_spots;
use super::claim::{self, Claim};
use super::placeholders::filled_in;
use super::thing_state::ThingState;
use super::walk_back::{self, ChangeTargets};
use super::{
    Assessment, Confidence, EvidenceId, LineWeight, MatchedLine, MatchedRecord, RefutedRecord, deed, lines,
    ranking,
};
use crate::domain::deployment::custom_resource::groups_nearby;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{Principals, StackPrincipals};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::deployment::runs;
use crate::domain::explain::matching;
use crate::domain::explain::matching::{
    Candidate, GoingOn, Invocations, LastWords, MatchContext, Rivals, Speaker, StatedErrors, TaskEnds,
};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// So many error lines of a log are compared with records.
const COMPARED_LINES: usize = 50;

/// Whether something explains a failure well enough that looking further back makes no sense.
fn is_explained(claims: &[Claim]) -> bool {
    claims.iter().any(|claim| {
        claim.confidence <= Confidence::High
            || (claim.confidence == Confidence::Medium && !claim.ground.is_unsure_reason())
    })
}

/// What belongs to one failure before records were shared out.
pub(super) struct Gathered<'a> {
    pub(super) asked: MatchContext<'a>,
    pub(super) lines: Vec<MatchedLine>,
    pub(super) statements: Vec<&'a ServiceStatement>,
}

/// Says everything about each of these failures, in their order. Cascades have nothing of their own.
pub fn assess(
    session: &Session,
    index: &RecordIndex<'_>,
    stack: &StackPrincipals,
    failures: &[Failure],
) -> Vec<Assessment> {
    let roles = index.failing_roles(stack.roles());
    let rivals = Rivals::of(session, failures);
    let gathered: Vec<Option<Gathered<'_>>> = failures
        .iter()
        .map(|failure| {
            let is_root = failure.is_root();
            is_root.then(|| gather(session, stack, &rivals, failure))
        })
        .collect();
    let mut shared: Vec<(&Failure, Vec<Candidate>)> = gathered
        .iter()
        .flatten()
        .map(|one| {
            let found = matching::candidates(index, &roles, &one.asked);
            (one.asked.failure, found)
        })
        .collect();
    matching::settle_ownership(index, &mut shared);
    let mut said: Vec<Findings> = gathered
        .iter()
        .flatten()
        .zip(&shared)
        .map(|(one, (_, candidates))| say(index, stack, one, candidates))
        .collect();
    for (one, said) in gathered.iter().flatten().zip(&mut said) {
        find_deeds(index, one, said);
    }
    walk_back(index, &gathered, &mut said);
    for ((one, (_, candidates)), said) in gathered.iter().flatten().zip(&shared).zip(&mut said) {
        said.refuted = refuted(index, one, candidates, said);
    }
    let mut said = said.into_iter();
    gathered
        .iter()
        .map(|one| match (one, one.as_ref().and_then(|_| said.next())) {
            (Some(one), Some(said)) => Assessment {
                causes: filled_in(
                    ranking::ranked(said.claims),
                    one.asked.failure,
                    one.lines.first().map(|line| line.group.name.as_str()),
                ),
                lines: one.lines.clone(),
                blind_spots: blind_spots(session, one.asked.failure, &said.records),
                records: said.records,
                refuted: said.refuted,
            },
            _ => Assessment::default(),
        })
        .collect()
}

/// The records and claims of one failure.
struct Findings {
    records: Vec<MatchedRecord>,
    refuted: Vec<RefutedRecord>,
    claims: Vec<Claim>,
}

pub(super) fn gather<'a>(
    session: &'a Session,
    stack: &'a StackPrincipals,
    rivals: &'a Rivals<'a>,
    failure: &'a Failure,
) -> Gathered<'a> {
    let lines = lines::lines(session, failure);
    let statements = runs::standing(session, failure);
    let stated = statements.iter().map(|statement| {
        (
            Speaker::Service(session.sources().speaker(&statement.source)),
            statement.text.as_str(),
        )
    });
    let logged = lines
        .iter()
        .filter(|line| line.weight == LineWeight::Error)
        .take(COMPARED_LINES)
        .map(|line| (Speaker::Log, line.line.message.as_str()));
    let asked = MatchContext {
        session,
        rivals,
        failure,
        principals: Principals::of(session, stack, failure),
        said: StatedErrors::of(failure, stated.chain(logged)),
        last_words: last_words(session, failure, &lines),
        going_on: GoingOn::of(
            lines
                .iter()
                .map(|line| (line.line.at, line.line.message.as_str())),
        ),
        logged: lines::logged_denials(&lines, failure, &lines::Exits::told(statements.iter().copied())),
        task_ends: TaskEnds::of(statements.iter().copied()),
        invocations: Invocations::of(session, stack, failure),
    };
    Gathered {
        asked,
        lines,
        statements,
    }
}

/// What the function of the failure said at the end of the very invocation.
fn last_words(session: &Session, failure: &Failure, lines: &[MatchedLine]) -> LastWords {
    let nearby = groups_nearby(session, failure);
    let is_own = |line: &&MatchedLine| {
        let mut beside = lines.iter().filter(|other| other.group == line.group);
        let of_one_stream = beside.clone().all(|other| lines::is_of_one_writer(other, line));
        !nearby.contains(&line.group)
            && (of_one_stream || beside.any(|other| other.weight == LineWeight::Request))
    };
    let errors = lines.iter().filter(|line| line.weight == LineWeight::Error);
    let logged = errors
        .filter(is_own)
        .map(|line| (line.line.at, line.line.message.as_str()));
    let work = lines
        .iter()
        .filter(|line| line.weight != LineWeight::Error && line.line.at <= failure.failed_at())
        .filter(is_own)
        .map(|line| (line.line.at, line.line.message.as_str()));
    let names_error = |text: &str| lines::telling(text) == Some(lines::ErrorSpecificity::NamedError);
    LastWords::of(failure, logged, names_error).with_work(work)
}

fn say(
    index: &RecordIndex<'_>,
    stack: &StackPrincipals,
    one: &Gathered<'_>,
    candidates: &[Candidate],
) -> Findings {
    let failure = one.asked.failure;
    let listed = matching::listed(index, candidates);
    let mut claims: Vec<Claim> = listed
        .iter()
        .filter_map(|(matched, agrees)| claim::of_record(failure, matched, *agrees, stack))
        .collect();
    let validation = one.asked.session.validation();
    let remedy = |said: &ServiceStatement| {
        let is_hook = said.source == SourceId::HOOKS;
        is_hook.then(|| validation.remedy(&said.id)).flatten()
    };
    let sources = one.asked.session.sources();
    let refusals = claim::of_refusals(failure, &one.statements, sources, stack, remedy);
    if refusals.is_empty() {
        claims.extend(claim::of_reason(failure, stack));
        let doubted = |said: &ServiceStatement| runs::is_doubted(one.asked.session, failure, said);
        claims.extend(claim::of_statements(
            failure,
            &one.statements,
            sources,
            (stack, &doubted),
        ));
    }
    claims.extend(refusals);
    let nearby = groups_nearby(one.asked.session, failure);
    let log = claim::LogOfFailure {
        lines: &one.lines,
        statements: &one.statements,
        nearby: &nearby,
        is_of_unhealthy_tasks: one.asked.task_ends.are_unhealthy(),
        is_after_denial: candidates.iter().any(|candidate| {
            let seen = candidate.seen(index).filter(|_| candidate.is_outweighed_denial());
            seen.is_some_and(|seen| one.asked.last_words.end_with_another(&seen.record))
        }),
        is_beside_denial: candidates.iter().any(Candidate::is_outweighed_denial),
        made_good: made_good(index, candidates),
        had: &one.asked.logged.had,
        doubted: one
            .statements
            .iter()
            .filter(|said| !said.logs.is_empty() && runs::is_doubted(one.asked.session, failure, said))
            .flat_map(|said| said.logs.clone())
            .collect(),
    };
    let records: Vec<&MatchedRecord> = listed.iter().map(|(matched, _)| matched).collect();
    let logged = claim::of_log(failure, &log, stack);
    let mut logged = claim::join_logged(&mut claims, &records, &one.lines, logged);
    claim::join_ends(&mut claims, &one.statements, sources, &one.lines, &mut logged);
    claims.extend(logged);
    let denied: Vec<DateTime<Utc>> = candidates
        .iter()
        .filter(|candidate| candidate.is_own_denial())
        .filter_map(|candidate| Some(candidate.seen(index)?.record.at))
        .collect();
    claim::give_way_to_denials(&mut claims, &denied, &one.lines, &one.statements);
    Findings {
        records: listed.into_iter().map(|(matched, _)| matched).collect(),
        refuted: Vec::new(),
        claims,
    }
}

/// When the resource's own program was denied what it was allowed soon afterwards, and nothing else.
fn made_good(index: &RecordIndex<'_>, candidates: &[Candidate]) -> Vec<DateTime<Utc>> {
    let at = |candidate: &Candidate| candidate.seen(index).map(|seen| seen.record.at);
    let stands: Vec<DateTime<Utc>> = candidates
        .iter()
        .filter(|candidate| candidate.is_own_denial())
        .filter_map(at)
        .collect();
    let past = candidates.iter().filter(|candidate| candidate.is_made_good());
    past.filter_map(at)
        .filter(|at| !stands.iter().any(|other| (*other - *at).abs() <= claim::SOON))
        .collect()
}

/// What tempts and was refuted: nothing that a claim rests on.
fn refuted(
    index: &RecordIndex<'_>,
    one: &Gathered<'_>,
    candidates: &[Candidate],
    said: &Findings,
) -> Vec<RefutedRecord> {
    let mut found = matching::refuted(index, &one.asked, candidates);
    found.retain(|refuted| {
        let id = EvidenceId::Trail(refuted.record.event_id.clone());
        !said.claims.iter().any(|claim| claim.evidence.contains(&id))
    });
    found
}

/// Looks for who brought about what the failure speaks of.
fn find_deeds(index: &RecordIndex<'_>, one: &Gathered<'_>, said: &mut Findings) {
    let failure = one.asked.failure;
    let suspects = deed::suspects(failure, &one.statements, &said.records, &one.lines);
    let looking = deed::Looking {
        index,
        session: one.asked.session,
        principals: &one.asked.principals,
    };
    let deeds = looking.claims(failure, &suspects);
    if suspects.iter().any(|suspect| suspect.state == ThingState::There)
        && let Some((deed, _)) = deeds.first()
    {
        for claim in &mut said.claims {
            claim.is_no_leftover(deed);
        }
    }
    for (claim, record) in deeds {
        said.claims.push(claim);
        said.records
            .retain(|known| known.record.event_id != record.record.event_id);
        said.records.push(record);
    }
}

/// Looks further back for the failures that nothing explains.
fn walk_back(index: &RecordIndex<'_>, gathered: &[Option<Gathered<'_>>], said: &mut [Findings]) {
    let unexplained: Vec<usize> = said
        .iter()
        .enumerate()
        .filter(|(_, said)| !is_explained(&said.claims))
        .map(|(at, _)| at)
        .collect();
    let roots: Vec<&Gathered<'_>> = gathered.iter().flatten().collect();
    let asked: Vec<(&Failure, ChangeTargets)> = unexplained
        .iter()
        .filter_map(|at| roots.get(*at))
        .map(|one| {
            (
                one.asked.failure,
                ChangeTargets::of(one.asked.session, one.asked.failure, &one.asked.principals),
            )
        })
        .collect();
    let found = walk_back::claims(index, &asked);
    for (at, claims) in unexplained.into_iter().zip(found) {
        if let Some(said) = said.get_mut(at) {
            for (claim, record) in claims {
                said.claims.push(claim);
                said.records.push(record);
            }
        }
    }
}
