//! Which events of the tail failed, and which only follow from another and are shown below it.

use std::collections::{BTreeMap, HashMap};

use super::journal::Journal;
use crate::app::layout::line::Tone;
use crate::domain::deployment::failure::{Failure, Role};
use crate::domain::investigate::diagnosis::Diagnosis;

/// A failure that only follows, and what it follows from, by their places in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Follows {
    follower: usize,
    root: usize,
}

/// Failures by their places in the journal.
#[derive(Debug, Default)]
pub(super) struct CascadeFolds {
    /// What stands for itself and what only follows.
    pub(super) marks: HashMap<usize, Tone>,
    /// What each follows from.
    pub(super) follows: BTreeMap<usize, usize>,
    /// The same the other way round.
    pub(super) followers: BTreeMap<usize, Vec<usize>>,
}

impl CascadeFolds {
    /// Those of one attempt.
    pub(super) fn read(diagnosis: &Diagnosis, journal: &Journal, attempt: u32) -> Self {
        let mut folds = Self::default();
        let findings = diagnosis.findings.iter().map(|finding| &finding.failure);
        let of_attempt = findings.filter(|failure| failure.attempt == attempt);
        let failed: Vec<(&Failure, usize)> = of_attempt
            .filter_map(|failure| Some((failure, journal.find(&failure.event)?)))
            .collect();
        let mut roots = HashMap::new();
        for (failure, index) in &failed {
            let tone = if failure.is_root() {
                Tone::Bad
            } else {
                Tone::Cascade
            };
            folds.marks.insert(*index, tone);
            if failure.is_root() {
                roots.insert(&failure.key, *index);
            }
        }
        for (failure, index) in failed {
            let Role::Cascade { of: Some(of) } = &failure.role else {
                continue;
            };
            // The stack's own words about what failed stay where they are: they begin the rollback.
            if let (Some(root), false) = (roots.get(of), failure.event.is_about_stack()) {
                folds.follows.insert(index, *root);
            }
        }
        for (follower, root) in &folds.follows {
            folds.followers.entry(*root).or_default().push(*follower);
        }
        folds
    }

    /// Lets everything stand where it happened.
    pub(super) fn unfold(&mut self) {
        self.follows.clear();
        self.followers.clear();
    }

    /// Whether what these and those before say of the events before a place is the same, and has to do with
    /// them alone.
    pub(super) fn go_on(&self, before: &Self, place: usize) -> bool {
        let settled = self.settled(place);
        settled.is_some() && settled == before.settled(place)
    }

    fn settled(&self, place: usize) -> Option<Vec<Follows>> {
        let pairs = self.follows.iter().map(|(follower, root)| Follows {
            follower: *follower,
            root: *root,
        });
        let touching = pairs.filter(|pair| pair.follower < place || pair.root < place);
        touching
            .map(|pair| (pair.follower < place && pair.root < place).then_some(pair))
            .collect()
    }
}
