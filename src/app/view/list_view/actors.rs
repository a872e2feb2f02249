//! Who did what: the control-plane calls on the stack, newest first, as the deployments are listed.

use chrono::{DateTime, Utc};

use super::{ListContext, ListView, nothing, padded};
use crate::app::layout::line::{Block, Fit, Line, Opens, TextPage, Tone};
use crate::app::layout::words;
use crate::domain::deployment::actor::Actor;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::read::text::{columns, one_line};

/// A caller's name never takes more columns.
const WIDEST: usize = 72;

/// So many calls fit on a small screen, whatever is told of them.
const FEW: usize = 6;

impl ListContext<'_> {
    pub(super) fn actors(&self) -> ListView {
        let actors = &self.watched.diagnosis.actors;
        let calls = words::count(actors.len(), "call");
        let mut blocks = Vec::new();
        let mut told: Option<u32> = None;
        let call_width = widest(actors, |actor| &actor.event_name);
        let user_width = widest(actors, |actor| &actor.user);
        let number = |actor: &Actor| self.attempt_at(actor.at).map_or(0, |attempt| attempt.number);
        for (index, actor) in actors.iter().enumerate().rev() {
            if told != Some(number(actor)) {
                told = Some(number(actor));
                blocks.extend(self.chapter(self.attempt_at(actor.at), blocks.is_empty()));
            }
            // How long after a call of another deployment says nothing.
            let before = index.checked_sub(1).and_then(|before| actors.get(before));
            let before = before.filter(|before| number(before) == number(actor));
            blocks.push(self.call(actor, before, (call_width, user_width)));
        }
        if blocks.is_empty() {
            blocks = nothing(if self.still {
                "No call on this stack was known when this was saved."
            } else {
                "No call on this stack is known (yet): CloudTrail is asked who began an operation, and tells after some minutes."
            });
        }
        ListView {
            page: TextPage {
                title: Line::of(Tone::Strong, "Who did what").and(Tone::Dim, format!("  {calls}")),
                blocks,
            },
            right: Line::new(),
        }
    }

    /// The attempt that the calls below belong to, and its day: of the calls only the time of day is told.
    fn chapter(&self, attempt: Option<&Attempt>, first: bool) -> Vec<Block> {
        let Some(attempt) = attempt else { return Vec::new() };
        let tone = crate::app::view::header::outcome_tone(attempt);
        let line = Line::of(Tone::Heading, format!("Deployment {}", attempt.number))
            .and(Tone::Dim, format!("  {}  ", attempt.operation.label()))
            .and(tone, attempt.outcome.label())
            .and(Tone::Dim, format!("  {}", self.times.day(attempt.started_at)));
        let gap = if first { None } else { Some(Line::new()) };
        vec![Block::text(gap.into_iter().chain([line]).collect())]
    }

    /// The attempt that a call made at that moment is part of, or began.
    fn attempt_at(&self, at: DateTime<Utc>) -> Option<&Attempt> {
        let list = self.watched.diagnosis.attempts.list();
        let begun = list
            .iter()
            .rev()
            .find(|attempt| attempt.started_at - chrono::TimeDelta::minutes(1) <= at);
        begun.or_else(|| list.first())
    }

    fn call(&self, actor: &Actor, before: Option<&Actor>, (call, user): (usize, usize)) -> Block {
        let refused = actor.refused.as_deref();
        let tone = if refused.is_some() {
            Tone::Bad
        } else {
            Tone::Strong
        };
        let mut head = Line::of(Tone::Dim, self.times.text(actor.at))
            .and(tone, format!("  {}", padded(&one_line(&actor.event_name), call)))
            .and(Tone::Plain, format!("  {}", padded(&one_line(&actor.user), user)));
        if let Some(code) = refused {
            head = head.and(Tone::Bad, format!("  ✘ {}", one_line(code)));
        }
        let after = before.map(|before| {
            let gap = words::duration(actor.at - before.at);
            format!("{gap} after {}", one_line(&before.event_name))
        });
        let from = actor
            .source_ip
            .as_deref()
            .map(|ip| format!("from {}", one_line(ip)));
        let with = actor
            .user_agent
            .as_deref()
            .map(|agent| format!("with {}", tool(&one_line(agent))));
        let more: Vec<String> = after.into_iter().chain(from).chain(with).collect();
        let mut lines = vec![head.hanging(10)];
        if !more.is_empty() {
            lines.push(Line::of(Tone::Dim, more.join(" · ")).indented(10));
        }
        let mut block = Block::item(lines, Opens::Record(actor.event_id.clone()));
        // Of many calls each has its two lines; a few have room for all that is known of them.
        let few = self.watched.diagnosis.actors.len() <= FEW;
        block.fit = if few { Fit::Wrap } else { Fit::Cut };
        block
    }
}

/// What a user agent names first: the tool and its version.
fn tool(agent: &str) -> &str {
    agent.split(' ').next().unwrap_or(agent)
}

fn widest(actors: &[Actor], of: impl Fn(&Actor) -> &String) -> usize {
    let widths = actors.iter().map(|actor| columns(of(actor)));
    widths.max().unwrap_or(0).min(WIDEST)
}
