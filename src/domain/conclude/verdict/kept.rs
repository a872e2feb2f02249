//! What was to be deleted and is still in the account: by which deployment, and whether its story tells.

use std::collections::BTreeSet;

use crate::domain::deployment::attempt::{Attempt, RetainedResource};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::status::Operation;

/// What was to be deleted and is still in the account.
#[derive(Debug, Default)]
pub struct KeptResources<'d> {
    /// Of which the story of the attempt tells.
    pub told: Vec<&'d RetainedResource>,
    /// By another deployment, before or after.
    pub other: Vec<&'d RetainedResource>,
}

impl Diagnosis {
    /// What an attempt kept. A deletion that is tried again takes over what was kept before.
    pub(super) fn kept_by<'d>(&'d self, attempt: &'d Attempt) -> BTreeSet<&'d RetainedResource> {
        let list = self.attempts.list().iter();
        let until: Vec<&Attempt> = list.take_while(|other| other.number <= attempt.number).collect();
        let deletes = |other: &&&Attempt| other.operation == Operation::Delete;
        let chain = until.iter().rev().take_while(deletes);
        let before = chain.flat_map(|deletion| &deletion.kept);
        let before = before.filter(|_| attempt.operation == Operation::Delete);
        attempt.kept.iter().chain(before).collect()
    }

    /// What the deletions after an attempt kept beside.
    pub(super) fn kept_after<'d>(&'d self, attempt: &'d Attempt) -> BTreeSet<&'d RetainedResource> {
        let own = self.kept_by(attempt);
        let later = self.attempts.list().iter();
        let later = later.filter(|other| other.number > attempt.number);
        let deletes = later.take_while(|other| other.operation == Operation::Delete);
        let kept = deletes.flat_map(|deletion| &deletion.kept);
        kept.filter(|kept| !own.contains(kept)).collect()
    }

    /// What the story of an attempt says was kept, and what else was kept before or after.
    pub fn kept(&self, attempt: &Attempt) -> KeptResources<'_> {
        let list = self.attempts.list();
        let at = list.iter().position(|other| other.number == attempt.number);
        let Some(attempt) = at.and_then(|at| list.get(at)) else {
            return KeptResources::default();
        };
        let later = list.iter().filter(|other| other.number > attempt.number);
        let is_removed = later.clone().all(|other| other.operation == Operation::Delete);
        let mut told = self.kept_by(attempt);
        if is_removed {
            told.extend(self.kept_after(attempt));
        }
        let all: BTreeSet<&RetainedResource> = list.iter().flat_map(|attempt| &attempt.kept).collect();
        let other = all.difference(&told).copied().collect();
        KeptResources {
            told: told.into_iter().collect(),
            other,
        }
    }
}
