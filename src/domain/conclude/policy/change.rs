//! What became of the denials of the attempt before.

use std::collections::BTreeSet;

use super::merging::{DeniedCallKey, call_key, lasting, principal_key};
use crate::domain::explain::cause::denials::{Denied, DeniedNeed};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::status::Operation;

/// The denials of an attempt against those of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenialChange {
    /// The attempt before.
    pub before: u32,
    /// How many were denied then.
    pub denied_before: usize,
    /// How many of those are not denied any more. It need not have come so far again.
    pub gone: usize,
    /// How many are denied now and were not then.
    pub new: usize,
}

impl DenialChange {
    /// `3 of 4 gone, 1 new`.
    pub fn words(self) -> String {
        let Self {
            denied_before,
            gone,
            new,
            ..
        } = self;
        let gone = match denied_before {
            0 => "none before".to_owned(),
            _ => format!("{gone} of {denied_before} gone"),
        };
        match new {
            0 => gone,
            _ => format!("{gone}, {new} new"),
        }
    }
}

/// How one principal's denials of an attempt stand to those of the attempt before; none where there is none before,
/// or neither denied it anything. A deletion is no deployment to compare with.
pub(super) fn of(
    all: &[Denied],
    diagnosis: &Diagnosis,
    newest: u32,
    principal: Option<&str>,
) -> Option<DenialChange> {
    let deploys = |number: u32| {
        let attempt = diagnosis.attempts.get(number);
        attempt.is_some_and(|attempt| attempt.operation != Operation::Delete)
    };
    let before = (1..newest)
        .rev()
        .find(|number| deploys(*number))
        .filter(|_| deploys(newest))?;
    let calls = |number: u32| -> BTreeSet<DeniedCallKey> {
        let of_attempt = all.iter().filter(|denied| {
            denied.attempt == number
                && denied.need == DeniedNeed::Operation
                && principal_key(denied.principal.as_deref()) == principal_key(principal)
        });
        let keys = of_attempt.filter_map(call_key);
        keys.map(|(principal, action, resource)| (principal, action, lasting(&resource).to_owned()))
            .collect()
    };
    let (then, now) = (calls(before), calls(newest));
    if then.is_empty() && now.is_empty() {
        return None;
    }
    Some(DenialChange {
        before,
        denied_before: then.len(),
        gone: then.difference(&now).count(),
        new: now.difference(&then).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_denials_is_told_in_a_few_words() {
        let change = |denied_before, gone, new| DenialChange {
            before: 1,
            denied_before,
            gone,
            new,
        };
        assert_eq!(change(4, 3, 1).words(), "3 of 4 gone, 1 new");
        assert_eq!(change(4, 4, 0).words(), "4 of 4 gone");
        assert_eq!(change(0, 0, 2).words(), "none before, 2 new");
    }
}
