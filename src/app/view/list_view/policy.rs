//! All that the deployment was denied, principal by principal, as the policies that would allow it and no more.

use super::{ListContext, ListView, nothing};
use crate::app::layout::line::{Block, Fit, Line, Opens, TextPage, Tone};
use crate::app::layout::tree::key_of;
use crate::app::layout::words;
use crate::app::view::detail::{evidence_line, evidence_place};
use crate::clean;
use crate::domain::conclude::policy::{DeniedElsewhere, PrincipalPolicy, UnneededDenial};
use crate::domain::explain::cause::EvidenceId;
use crate::domain::explain::cause::denials::{Denied, DeniedNeed};
use crate::domain::explain::iam_statement::{IamStatement, policy_document};
use crate::domain::read::text::json::Json;
use crate::domain::read::text::{Clean, CleanText, one_line};

/// So many pieces of evidence are told whole.
const WHOLE: usize = 3;
/// So many denials that are not needed are told.
const UNNEEDED: usize = 10;

impl ListContext<'_> {
    pub(super) fn policy(&self) -> ListView {
        let policy = self.watched.policy();
        let mut title = Line::of(Tone::Strong, "Policy").and(Tone::Dim, self.policy_of());
        let mut blocks = Vec::new();
        if policy.is_empty() {
            let told = match self.watched.policy_attempt() {
                Some(_) => "No permission is known to be missing in this deployment.",
                None => "No permission is known to be missing.",
            };
            blocks = nothing(told);
        } else {
            title = title.and(Tone::Dim, clean!("  {}", policy.summary()));
        }
        for one in &policy.principals {
            blocks.extend(self.of_principal(one, blocks.is_empty()));
        }
        blocks.extend(self.unneeded(&policy.unneeded));
        ListView {
            page: TextPage { title, blocks },
            right: Line::new(),
        }
    }

    fn of_principal(&self, one: &PrincipalPolicy, first: bool) -> Vec<Block> {
        let gap = (!first).then(|| Block::text(vec![Line::new()]));
        gap.into_iter().chain(self.principal(one)).collect()
    }

    /// What the policy of the principal with that block was made of: the denied calls, where each stands, and what
    /// was said of it.
    pub(super) fn made_of(&self, block: usize) -> Option<TextPage> {
        let policy = self.watched.policy();
        let mut before = 0;
        let one = policy.principals.iter().find(|one| {
            before += self.of_principal(one, before == 0).len();
            block < before
        })?;
        let mut blocks = Vec::new();
        for call in calls(&one.rests_on) {
            blocks.push(Block::text(self.denial(&call)));
            blocks.push(Block::text(vec![Line::new()]));
        }
        // One denied call may be told of by its record and by a log.
        let told = match one.rests_on.len() {
            1 => "1 piece".to_owned(),
            several => format!("{several} pieces"),
        };
        let title = Line::of(Tone::Strong, "What it rests on").and(
            Tone::Dim,
            clean!("  {told} of evidence, {}", one_line(&one.label())),
        );
        Some(TextPage { title, blocks })
    }

    /// A denied call with all that tells of it: what was said once, and where each piece stands.
    fn denial(&self, told: &[&Denied]) -> Vec<Line> {
        let Some(denied) = told.first() else {
            return Vec::new();
        };
        let action = denied.action.as_deref().unwrap_or("an action that is not told");
        let mut lines = vec![
            Line::of(Tone::Dim, clean!("{}  ", self.times.text(denied.at))).and(Tone::Bad, one_line(action)),
        ];
        let mut row = |name: &str, text: Clean| {
            let line = Line::of(Tone::Dim, clean!("{name:<8}")).and(Tone::Plain, text);
            lines.push(line.indented(2).hanging(8));
        };
        if let Some(resource) = &denied.resource {
            row("on", one_line(resource));
        }
        let needed = match denied.need {
            DeniedNeed::Teardown => ", while rolling back or deleting",
            DeniedNeed::Operation | DeniedNeed::Unneeded(_) | DeniedNeed::Foreign(_) => "",
        };
        let failures = &self.watched.diagnosis.findings;
        let failure = failures
            .iter()
            .find(|finding| finding.failure.key == denied.failure);
        if let Some(finding) = failure {
            let name = one_line(&finding.failure.event.logical_id);
            row("for", clean!("{name} in deployment {}{needed}", denied.attempt));
        }
        let said = told.iter().find_map(|denied| self.said(denied));
        let is_said = said.is_some();
        if let Some(said) = said {
            row("said", said);
        }
        let session = &self.watched.session;
        lines.extend(told.iter().map(|denied| {
            let line = if is_said {
                evidence_place(&denied.evidence, session, self.times)
            } else {
                evidence_line(&denied.evidence, session)
            };
            line.hanging(2)
        }));
        lines
    }

    /// The words of the denial itself.
    fn said(&self, denied: &Denied) -> Option<Clean> {
        let EvidenceId::Trail(event_id) = &denied.evidence else {
            return None;
        };
        let record = &self.watched.session.trail().records().get(event_id)?.record;
        record.error_message.as_deref().map(one_line)
    }

    /// Which deployments it is of, where there are several.
    fn policy_of(&self) -> Clean {
        let all = self.watched.diagnosis.attempts.list().len();
        match self.watched.policy_attempt() {
            _ if all < 2 => Clean::default(),
            Some(number) => clean!("  deployment {number} of {all}"),
            None => clean!("  all {all} deployments"),
        }
    }

    fn principal(&self, one: &PrincipalPolicy) -> Vec<Block> {
        let mut head = Line::of(Tone::Strong, one_line(&one.label()));
        if let Some(arn) = &one.principal {
            head = head.and(Tone::Dim, clean!("  {}", one_line(arn)));
        }
        let mut lines = vec![head.hanging(2)];
        lines.extend(one.change.map(|change| {
            let told = clean!("against deployment {}: {}", change.before, change.words());
            Line::of(Tone::Plain, told).indented(2)
        }));
        let mut blocks = vec![Block::text(lines)];
        blocks.extend(document("Attach to it as a policy", &one.statements));
        let putting_back = "denied while rolling back or deleting; allow as well to clean up";
        blocks.extend(document(putting_back, &one.teardown));
        let mut notes = Vec::new();
        if one.is_incomplete() {
            let told = "▲ FILL-IN, REGION and ACCOUNT stand for what nothing tells: fill them in first";
            notes.push(Line::of(Tone::Warning, told).indented(2).hanging(2));
        }
        notes.extend(one.passing_names.iter().map(|name| {
            let told = clean!(
                "{} ends in characters that CloudFormation makes anew with each creation",
                one_line(name)
            );
            Line::of(Tone::Dim, told).indented(2).hanging(2)
        }));
        if !one.encoded.is_empty() {
            let messages = words::count(one.encoded.len(), "encoded message");
            let name = self.watched.session.root().name();
            let told = clean!("{messages} may tell more: stacktrail policy {name} --decode");
            notes.push(Line::of(Tone::Dim, told).indented(2).hanging(2));
        }
        if !notes.is_empty() {
            blocks.push(Block::text(notes));
        }
        blocks.extend(one.elsewhere.iter().flat_map(elsewhere));
        blocks.extend(self.told_by(one));
        blocks
    }

    /// What the policy rests on, one piece a line, each opened where it stands.
    fn told_by(&self, one: &PrincipalPolicy) -> Vec<Block> {
        let mut told: Vec<&EvidenceId> = Vec::new();
        let mut blocks = Vec::new();
        for denied in &one.rests_on {
            if told.contains(&&denied.evidence) {
                continue;
            }
            told.push(&denied.evidence);
            let mut block = Block::item(
                vec![evidence_line(&denied.evidence, &self.watched.session).hanging(2)],
                self.opens(denied),
            );
            // A few have room for all that they say.
            block.fit = if one.rests_on.len() > WHOLE {
                Fit::Cut
            } else {
                Fit::Wrap
            };
            blocks.push(block);
        }
        blocks
    }

    fn opens(&self, denied: &Denied) -> Opens {
        match &denied.evidence {
            EvidenceId::Trail(event_id) => Opens::Record(event_id.clone()),
            EvidenceId::Log { stream, at_ms, .. } => Opens::LogLine {
                at_ms: *at_ms,
                stream: stream.clone(),
            },
            // An event and what a service says stand with the failure.
            EvidenceId::Event(_) | EvidenceId::Statement { .. } => {
                let mut all = self.watched.diagnosis.findings.iter();
                let finding = all.find(|finding| finding.failure.key == denied.failure);
                finding.map_or(Opens::Nothing, |finding| {
                    Opens::Row(key_of(&self.watched.session, &finding.failure.event))
                })
            }
        }
    }

    fn unneeded(&self, unneeded: &[UnneededDenial]) -> Vec<Block> {
        if unneeded.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![
            Line::new(),
            Line::of(Tone::Heading, "Denied as well, and not in the policy"),
        ];
        for one in unneeded.iter().take(UNNEEDED) {
            let who = one.principal.as_deref().map_or("somebody", words::short_arn);
            lines.push(
                Line::of(Tone::Dim, self.times.text(one.at))
                    .and(Tone::Plain, clean!("  {}", one_line(&one.action)))
                    .and(
                        Tone::Dim,
                        clean!(
                            " on {} by {}: {}",
                            one_line(&one.resource),
                            one_line(who),
                            one.why
                        ),
                    )
                    .indented(2)
                    .hanging(10),
            );
        }
        if unneeded.len() > UNNEEDED {
            let more = clean!("and {} more", unneeded.len() - UNNEEDED);
            lines.push(Line::of(Tone::Dim, more).indented(2));
        }
        vec![Block::text(lines)]
    }
}

/// What tells of the same call, together: its record, its log and what a service says.
fn calls(rests_on: &[Denied]) -> Vec<Vec<&Denied>> {
    let mut calls: Vec<Vec<&Denied>> = Vec::new();
    for denied in rests_on {
        let is_same = |known: &&Denied| {
            (&known.failure, &known.action, &known.resource, known.need)
                == (&denied.failure, &denied.action, &denied.resource, denied.need)
        };
        match calls.iter_mut().find(|call| call.iter().any(is_same)) {
            Some(call) => call.push(denied),
            None => calls.push(vec![denied]),
        }
    }
    calls
}

/// A policy to be copied as a whole.
fn document(title: &str, statements: &[IamStatement]) -> Option<Block> {
    if statements.is_empty() {
        return None;
    }
    code(title, &policy_document(statements))
}

fn code(title: &str, value: &serde_json::Value) -> Option<Block> {
    let json = Json::pretty(value).ok()?.to_string();
    let mut lines = vec![Line::of(Tone::Heading, one_line(title)).indented(2)];
    for line in json.lines() {
        let depth = line.len() - line.trim_start().len();
        let indent = u16::try_from(depth).unwrap_or(0).saturating_add(4);
        lines.push(Line::of(Tone::Code, line.trim()).indented(indent));
    }
    Some(Block::item(lines, Opens::Copy(CleanText::of(&json))))
}

/// What no statement of the principal's own would allow, and who can change that.
fn elsewhere(forbidden: &DeniedElsewhere) -> Vec<Block> {
    let policy = &forbidden.policy;
    let mut by = clean!("forbidden by {}", one_line(&policy.by));
    if let Some(arn) = &policy.policy_arn {
        by = clean!("{by} ({})", one_line(arn));
    }
    let head = Line::of(Tone::Warning, "▲ ")
        .and(Tone::Strong, one_line(&forbidden.action))
        .and(Tone::Plain, clean!(" on {}: {by}", one_line(&forbidden.resource)))
        .indented(2)
        .hanging(2);
    let ask = Line::of(Tone::Good, one_line(&policy.ask)).indented(4);
    let text = clean!(
        "{} on {}: {by}; {}",
        one_line(&forbidden.action),
        one_line(&forbidden.resource),
        one_line(&policy.ask)
    );
    let mut blocks = vec![Block::item(vec![head, ask], Opens::Copy(CleanText::of(&text)))];
    let statement = policy.statement.as_ref();
    blocks
        .extend(statement.and_then(|statement| code("in the policy of the resource", &statement.to_json())));
    blocks
}
