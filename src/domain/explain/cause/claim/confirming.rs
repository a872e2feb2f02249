//! A log line that tells of a denial but not of which call, joined with the one record that it can be of; and the last
//! error of a program's log, joined with what its service says of its end. Claims that name the same action are joined in
//! [`super::super::ranking`].

use chrono::TimeDelta;

use super::super::lines::{ErrorSpecificity, telling};
use super::{Claim, EvidenceKind, quoted};
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedLine, MatchedRecord};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::source::SourceCatalog;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::one_line;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);
/// A program tells so soon after the refused call.
const SOON: TimeDelta = TimeDelta::seconds(6);
/// Words of at least so many letters tell one error from another.
const TELLING: usize = 12;

/// Joins a log's claim that does not say what was denied with that of the record of the only call that it can be of:
/// the same program's, denied a moment before. What is left are the claims that no record confirms.
pub(in crate::domain::explain::cause) fn join_logged(
    claims: &mut [Claim],
    records: &[&MatchedRecord],
    lines: &[MatchedLine],
    logged: Vec<Claim>,
) -> Vec<Claim> {
    let mut left = Vec::new();
    for one in logged {
        let proof = line_of(&one, lines).and_then(|line| denied_before(line, records));
        let known = proof.and_then(|record| {
            let id = EvidenceId::Trail(record.event_id.clone());
            let mut of_records = claims
                .iter_mut()
                .filter(|claim| claim.ground == EvidenceKind::Record);
            of_records.find(|claim| claim.evidence.contains(&id))
        });
        match known {
            Some(known) => {
                known.evidence.extend(one.evidence);
                known
                    .why
                    .push("its log tells of a denial right after it".to_owned());
            }
            None => left.push(one),
        }
    }
    left
}

/// The line of a claim that tells of a denial, and not of which.
fn line_of<'l>(claim: &Claim, lines: &'l [MatchedLine]) -> Option<&'l MatchedLine> {
    let mut of_claim = lines_of(claim, lines);
    of_claim.find(|line| {
        claim.action().is_none() && telling(&line.line.message) == Some(ErrorSpecificity::Denial)
    })
}

/// The lines on which a log's claim rests.
pub(super) fn lines_of<'l>(
    claim: &Claim,
    lines: &'l [MatchedLine],
) -> impl Iterator<Item = &'l MatchedLine> + use<'l> {
    let place = match claim.evidence.as_slice() {
        [EvidenceId::Log { group, stream, at_ms }, ..] => Some((group.clone(), stream.clone(), *at_ms)),
        _ => None,
    };
    lines.iter().filter(move |line| {
        let own = (
            &line.group.name,
            &line.line.stream,
            line.line.at.timestamp_millis(),
        );
        let is_it = |(group, stream, at_ms): &(String, String, i64)| own == (group, stream, *at_ms);
        place.as_ref().is_some_and(is_it)
    })
}

/// Joins the last error in the log of a program with what its service says of how that ended: a task that exited, a build
/// whose command did, a state of a state machine that passes its function's error on. One failure, told by two, and
/// whoever is nearer to what happened stands for both.
pub(in crate::domain::explain::cause) fn join_ends(
    claims: &mut Vec<Claim>,
    statements: &[&ServiceStatement],
    sources: &SourceCatalog,
    lines: &[MatchedLine],
    logged: &mut [Claim],
) {
    for one in logged {
        let begins: Vec<&MatchedLine> = lines_of(one, lines).collect();
        let mut ended = begins.iter().filter_map(|line| told_end(line, lines, statements));
        if let Some(said) = ended.next() {
            let service = sources.speaker(&said.source);
            one.sentence = format!("{}; {service}: {}", one.sentence, quoted(&said.text));
            let why = format!("{service} says that the program ended right after it");
            take_in(one, said, why);
            claims.retain(|claim| {
                !statements
                    .iter()
                    .any(|said| is_own_end(&said.text) && is_only_of(claim, said))
            });
            continue;
        }
        let is_passed_on = |said: &&&ServiceStatement| {
            passed_on(&said.text)
                .is_some_and(|words| begins.iter().any(|line| ends_with_words(line, lines, &words)))
        };
        let Some(said) = statements.iter().find(is_passed_on) else {
            continue;
        };
        let before = claims.len();
        claims.retain(|claim| !is_only_of(claim, said));
        if claims.len() < before {
            let service = sources.speaker(&said.source);
            let words = quoted(&said.text);
            let why = format!("{service} passes on how its program ended right after it: {words}");
            take_in(one, said, why);
        }
    }
}

/// A statement becomes one more proof of what a log claims.
fn take_in(one: &mut Claim, said: &ServiceStatement, why: String) {
    one.why.push(why);
    one.evidence.push(EvidenceId::of_statement(said));
    one.confidence = one.confidence.min(Confidence::High);
}

/// Whether a claim is what a service said and no more.
fn is_only_of(claim: &Claim, said: &ServiceStatement) -> bool {
    let rests_on_it = || claim.evidence.contains(&EvidenceId::of_statement(said));
    claim.ground == EvidenceKind::Statement && claim.refusal.is_none() && rests_on_it()
}

/// The words of a program's error in what a service says of it: of a state that failed, without the error's name.
fn passed_on(text: &str) -> Option<String> {
    let (_, words) = text.split_once(" failed: ")?;
    let words = match words.split_once(": ") {
        Some((name, rest)) if !name.contains(char::is_whitespace) => rest,
        _ => words,
    };
    let words = one_line(words).trim().to_ascii_lowercase();
    (words.chars().count() >= TELLING).then_some(words)
}

/// Whether a program's log says these words with a line or right after it, and no other run began in between.
fn ends_with_words(error: &MatchedLine, lines: &[MatchedLine], words: &str) -> bool {
    let follows = |line: &&MatchedLine| {
        let after = line.line.at - error.line.at;
        (&line.group, &line.line.stream) == (&error.group, &error.line.stream)
            && (TimeDelta::zero()..=SOON).contains(&after)
    };
    let mut beside = lines
        .iter()
        .filter(follows)
        .take_while(|line| line == &error || !line.line.message.trim_start().starts_with("START "));
    beside.any(|line| one_line(&line.line.message).to_ascii_lowercase().contains(words))
}

/// What the service says of the end of the program that wrote a line right before it; none of what the service wrote
/// there itself.
pub(super) fn told_end<'s>(
    line: &MatchedLine,
    lines: &[MatchedLine],
    statements: &[&'s ServiceStatement],
) -> Option<&'s ServiceStatement> {
    let is_services = line.line.message.trim_start().starts_with("[Container]");
    let mut ends = statements
        .iter()
        .filter(|_| !is_services && is_at_the_end(line, lines));
    ends.find(|said| is_of_stream(said, line) && is_own_end(&said.text))
        .copied()
}

/// Nothing was written to the stream any more but right after it.
fn is_at_the_end(error: &MatchedLine, lines: &[MatchedLine]) -> bool {
    let beside = |line: &&MatchedLine| (&line.group, &line.line.stream) == (&error.group, &error.line.stream);
    let mut beside = lines.iter().filter(beside);
    beside.all(|line| line.line.at - error.line.at <= SOON)
}

/// The service says in which stream the program wrote, or the stream ends in a task's id, or is a build's.
fn is_of_stream(said: &ServiceStatement, line: &MatchedLine) -> bool {
    let stream = line.line.stream.as_str();
    let id = stream.rsplit('/').next().unwrap_or(stream);
    let mut named = said.logs.iter();
    let is_named = named.any(|(group, of)| *group == line.group.name && of.as_deref() == Some(stream));
    is_named || id.len() >= 16 && said.id.split(['/', ':']).any(|part| part == id)
}

/// Whether words say that a program ended of its own with an error: nobody killed it.
fn is_own_end(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let code = ["exited with ", "exit status ", "exit code "]
        .iter()
        .find_map(|words| {
            let (_, rest) = lower.split_once(words)?;
            let digits = rest.chars().take_while(char::is_ascii_digit).collect::<String>();
            digits.parse::<u32>().ok()
        });
    let is_killed = ["outofmemory", "out of memory", "killed", "health check"]
        .iter()
        .any(|word| lower.contains(word));
    // Above that the code says which signal ended it.
    code.is_some_and(|code| (1..=128).contains(&code)) && !is_killed
}

/// What the program that wrote a line was denied a moment before; none where it may be one of several calls.
fn denied_before<'r>(line: &MatchedLine, records: &[&'r MatchedRecord]) -> Option<&'r TrailRecord> {
    let near = |record: &TrailRecord| {
        let after = line.line.at - record.at;
        (-BLUR..=SOON).contains(&after)
    };
    let mut denied = records
        .iter()
        .filter(|matched| is_writer(line, &matched.record) && near(&matched.record))
        .filter(|matched| matched.record.is_error() && matched.record.is_denial());
    let first = denied.next()?;
    let alone = denied.all(|other| other.record.action() == first.record.action());
    (alone && first.confidence < Confidence::Low).then_some(first.record.as_ref())
}

/// A function's group is called after it, as its session is; a task's stream ends in its id.
fn is_writer(line: &MatchedLine, record: &TrailRecord) -> bool {
    let Some(caller) = record.identity.name.as_deref().filter(|name| name.len() >= 4) else {
        return false;
    };
    let ends = |text: &str| text.rsplit('/').next() == Some(caller);
    ends(&line.group.name) || ends(&line.line.stream)
}
