//! Which events of the tail failed, and which only follow from another and are shown below it.

use std::collections::{BTreeMap, HashMap};

use super::journal::Journal;
use crate::app::line::Tone;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::failure::Role;

/// Failures by their places in the journal.
#[derive(Debug, Default)]
pub(super) struct Knots {
    /// What stands for itself and what only follows.
    pub(super) marks: HashMap<usize, Tone>,
    /// What each follows from.
    pub(super) follows: BTreeMap<usize, usize>,
    /// The same the other way round.
    pub(super) followers: BTreeMap<usize, Vec<usize>>,
}

impl Knots {
    /// Those of one attempt.
    pub(super) fn read(diagnosis: &Diagnosis, journal: &Journal, attempt: u32) -> Self {
        let mut knots = Self::default();
        let mut roots = HashMap::new();
        let failed = || {
            let findings = diagnosis.findings.iter().map(|finding| &finding.failure);
            findings.filter(|failure| failure.attempt == attempt)
        };
        for failure in failed() {
            let Some(index) = journal.find(&failure.event) else {
                continue;
            };
            knots.marks.insert(index, Tone::Cascade);
            if failure.is_root() {
                knots.marks.insert(index, Tone::Bad);
                roots.insert(&failure.key, index);
            }
        }
        for failure in failed() {
            let Role::Cascade { of: Some(of) } = &failure.role else {
                continue;
            };
            // The stack's own words about what failed stay where they are: they begin the rollback.
            let about_stack = failure.event.is_about_stack();
            if let (Some(root), Some(index), false) =
                (roots.get(of), journal.find(&failure.event), about_stack)
            {
                knots.follows.insert(index, *root);
            }
        }
        for (follower, root) in &knots.follows {
            knots.followers.entry(*root).or_default().push(*follower);
        }
        knots
    }

    /// Lets everything stand where it happened.
    pub(super) fn untie(&mut self) {
        self.follows.clear();
        self.followers.clear();
    }

    /// Whether what these and those before say of the events before a place is the same, and has to do with
    /// them alone.
    pub(super) fn go_on(&self, before: &Self, place: usize) -> bool {
        let settled = self.settled(place);
        settled.is_some() && settled == before.settled(place)
    }

    fn settled(&self, place: usize) -> Option<Vec<(usize, usize)>> {
        let pairs = self.follows.iter().map(|(follower, root)| (*follower, *root));
        let touching = pairs.filter(|(follower, root)| *follower < place || *root < place);
        touching
            .map(|pair| (pair.0 < place && pair.1 < place).then_some(pair))
            .collect()
    }
}
