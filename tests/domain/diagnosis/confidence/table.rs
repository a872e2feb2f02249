//! Claimed confidence against truth.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stacktrail::domain::explain::cause::{Confidence, EvidenceId};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::session::Session;

use super::cases::Case;
use super::telling::{Telling, Way};

/// Claimed confidence against truth.
#[derive(Default)]
pub(super) struct Table {
    /// Per moment, ground and confidence: true ones, false ones.
    counts: BTreeMap<(When, &'static str, Confidence), (u32, u32)>,
    /// Of the causes that the trail tells: those named first, with everything at hand, and all.
    pub(super) found: (u32, u32),
    pub(super) tellings: u32,
    pub(super) wrong: Vec<String>,
}

/// When somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// While records are still coming in.
    Live,
    /// When everything is there that will be.
    Afterwards,
}

impl When {
    const fn label(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Afterwards => "afterwards",
        }
    }
}

impl Table {
    fn count(&mut self, (when, ground): (When, &'static str), confidence: Confidence, holds: bool) {
        let entry = self.counts.entry((when, ground, confidence)).or_default();
        if holds {
            entry.0 += 1;
        } else {
            entry.1 += 1;
        }
    }

    pub(super) fn share(&self, confidence: Confidence) -> f64 {
        let of_level = self
            .counts
            .iter()
            .filter(|((_, _, level), _)| *level == confidence);
        let (right, wrong) = of_level.fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1));
        f64::from(right) / f64::from((right + wrong).max(1))
    }

    pub(super) fn print(&self) -> String {
        let mut out = format!(
            "{} tellings\n{:<10} {:<26} {:<8} {:>6} {:>6}  share\n",
            self.tellings, "looked", "claim rests on", "claimed", "true", "false"
        );
        for ((when, ground, confidence), (right, wrong)) in &self.counts {
            let share = 100.0 * f64::from(*right) / f64::from((right + wrong).max(1));
            let _ = writeln!(
                out,
                "{:<10} {ground:<26} {:<8} {right:>6} {wrong:>6}  {share:.1}%",
                when.label(),
                confidence.label()
            );
        }
        let (found, of) = self.found;
        let _ = writeln!(
            out,
            "the true record at rank 1, with everything at hand: {found} of {of}"
        );
        out
    }

    /// Holds what is said of a telling against the truth, live and afterwards.
    pub(super) fn judge(&mut self, case: &Case, telling: &Telling, seed: u64) {
        self.tellings += 1;
        for session in &telling.live {
            self.look(case, telling, seed, (When::Live, session));
        }
        self.look(case, telling, seed, (When::Afterwards, &telling.session));
    }

    fn look(&mut self, case: &Case, telling: &Telling, seed: u64, (when, session): (When, &Session)) {
        let diagnosis = Diagnosis::of(session);
        for finding in diagnosis.roots() {
            let truth = telling.truths.iter().find(|truth| truth.is_about(finding));
            let is_true = |id: &str| truth.is_some_and(|truth| truth.records.iter().any(|one| one == id));
            let mut complain = |what: String| {
                let root = &finding.failure.event.logical_id;
                self.wrong.push(format!(
                    "{} seed {seed} ({:?}, {}), {root}: {what}",
                    case.name,
                    telling.way,
                    when.label()
                ));
            };
            let mut claims: Vec<(&'static str, Confidence, bool)> = Vec::new();
            for matched in &finding.assessment.records {
                let holds = is_true(&matched.record.event_id);
                claims.push(("a record listed", matched.confidence, holds));
                if matched.confidence < Confidence::Low && !holds {
                    complain(format!(
                        "{} {}: {:?}",
                        matched.record.event_id,
                        matched.confidence.label(),
                        matched.why
                    ));
                }
            }
            for cause in &finding.assessment.causes {
                let trail: Vec<&str> = cause.evidence.iter().filter_map(of_trail).collect();
                if trail.is_empty() {
                    // Its own words, its own log: of whom they are is not in question.
                    claims.push(("other evidence, by itself", cause.confidence, true));
                } else {
                    let holds = trail.iter().any(|id| is_true(id));
                    claims.push(("a cause from the trail", cause.confidence, holds));
                }
            }
            for (ground, confidence, holds) in claims {
                self.count((when, ground), confidence, holds);
            }
            if telling.way == Way::Whole
                && when == When::Afterwards
                && let Some(truth) = truth.filter(|truth| !truth.records.is_empty())
            {
                self.found.1 += 1;
                let first = finding.assessment.causes.first();
                let right = first.is_some_and(|cause| {
                    cause.confidence <= truth.least && cause.evidence.iter().filter_map(of_trail).any(is_true)
                });
                if right {
                    self.found.0 += 1;
                } else {
                    self.wrong.push(format!(
                        "{} seed {seed}: {} is missed: {:#?}",
                        case.name, truth.logical_id, first
                    ));
                }
            }
        }
    }
}

fn of_trail(evidence: &EvidenceId) -> Option<&str> {
    match evidence {
        EvidenceId::Trail(id) => Some(id),
        _ => None,
    }
}
