//! The signs that a record belongs to a failure, and what they add up to.

use std::collections::BTreeSet;

use super::super::cause::Confidence;

/// One sign, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::domain) enum Sign {
    /// The record's request id is in what is said of the failure.
    RequestId,
    /// The resource's own function or task called.
    OwnCaller,
    /// The call is named in what is said of the failure.
    SameAction,
    /// The error message stands in what is said of the failure.
    SameText,
    /// Names the resource.
    NamesResource,
    /// Has a name that CloudFormation made for the resource.
    GeneratedName,
    /// The error is of the kind that the reason speaks of.
    SameKind,
    /// The call went to the service of the resource's type.
    ServiceFits,
    /// This stack's CloudFormation session called.
    CloudFormation,
    /// A role that the resource's properties name called.
    SettingRole,
    /// CloudFormation called, perhaps for another stack.
    SomeCloudFormation,
    /// A role that this stack made called.
    StackRole,
    /// Within the resource's own time.
    InWindow,
    /// A permission was missing.
    Denied,
    /// The only denial of this stack's CloudFormation in the resource's own time.
    OnlyDenial,
    /// The call failed.
    Failed,
    /// What it asked for was not there.
    NotFound,
    /// Names another stack or another resource.
    NamesAnother,
    /// Made after the failure, by what is put back or goes on regardless.
    Afterwards,
    /// The reason itself says what was wrong.
    ReasonTells,
}

/// The signs between one record and one failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::domain) struct Signs(BTreeSet<Sign>);

impl Signs {
    pub(in crate::domain) fn add(&mut self, sign: Sign) {
        self.0.insert(sign);
    }

    pub(in crate::domain) fn add_if(&mut self, holds: bool, sign: Sign) {
        if holds {
            self.0.insert(sign);
        }
    }

    pub(in crate::domain) fn has(&self, sign: Sign) -> bool {
        self.0.contains(&sign)
    }

    fn any(&self, signs: &[Sign]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }

    pub(in crate::domain) fn iter(&self) -> impl Iterator<Item = Sign> {
        self.0.iter().copied()
    }

    /// The written rules: see the table in [`super`].
    pub(in crate::domain) fn confidence(&self) -> Confidence {
        use Sign as S;
        if self.has(S::RequestId) {
            return Confidence::Certain;
        }
        let elsewhere = self.any(&[S::NamesAnother, S::Afterwards]);
        if !self.has(S::Failed) || !self.has(S::InWindow) || elsewhere {
            return Confidence::Low;
        }
        if self.has(S::NotFound) && !(self.has(S::SameText) || self.spoken_not_found()) {
            return Confidence::Low;
        }
        let named = self.any(&[S::NamesResource, S::GeneratedName]);
        let agrees = self.any(&[S::SameText, S::SameAction]);
        let contradicts = self.has(S::ReasonTells) && !agrees && !self.has(S::SameKind);
        if self.has(S::OwnCaller) {
            return if contradicts {
                Confidence::Medium
            } else {
                Confidence::High
            };
        }
        if contradicts {
            return Confidence::Low;
        }
        let fits = named || self.has(S::ServiceFits);
        if self.has(S::CloudFormation) {
            self.of_cloudformation(fits)
        } else if self.has(S::SettingRole) {
            if agrees || (self.has(S::SameKind) && fits) {
                Confidence::High
            } else if fits || self.has(S::SameKind) {
                Confidence::Medium
            } else {
                Confidence::Low
            }
        } else if self.has(S::SomeCloudFormation) {
            if self.has(S::SameText) || (named && (self.has(S::ServiceFits) || self.has(S::SameAction))) {
                Confidence::High
            } else if self.has(S::SameAction)
                || (self.has(S::ServiceFits) && self.any(&[S::SameKind, S::Denied]))
            {
                Confidence::Medium
            } else {
                Confidence::Low
            }
        } else if self.has(S::StackRole) {
            if agrees {
                Confidence::High
            } else if self.has(S::SameKind) && fits {
                Confidence::Medium
            } else {
                Confidence::Low
            }
        } else {
            Confidence::Low
        }
    }

    fn of_cloudformation(&self, fits: bool) -> Confidence {
        use Sign as S;
        let agrees = self.any(&[S::SameText, S::SameAction]);
        let silent = !self.has(S::ReasonTells);
        let decided = agrees
            || (fits && self.has(S::SameKind))
            || (fits && silent)
            || (silent && self.has(S::OnlyDenial));
        if decided {
            Confidence::High
        } else if fits || self.has(S::SameKind) {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    fn spoken_not_found(&self) -> bool {
        self.has(Sign::SameKind)
            && self.has(Sign::ReasonTells)
            && self.any(&[Sign::NamesResource, Sign::GeneratedName, Sign::ServiceFits])
    }

    /// The record is of the very error that the failure's own words speak of.
    pub(in crate::domain) fn agrees_with_reason(&self) -> bool {
        self.any(&[Sign::RequestId, Sign::SameAction, Sign::SameText])
            || (self.has(Sign::SameKind)
                && self.has(Sign::ReasonTells)
                && self.any(&[Sign::NamesResource, Sign::GeneratedName]))
    }

    /// How strongly the record points at this failure and no other; for comparing failures, and records of
    /// one confidence.
    pub(in crate::domain) fn points(&self) -> u32 {
        self.iter()
            .map(|sign| match sign {
                Sign::RequestId => 2_000,
                Sign::OwnCaller => 300,
                Sign::SameAction => 160,
                Sign::SameText => 200,
                Sign::NamesResource => 180,
                Sign::GeneratedName => 170,
                Sign::SameKind => 50,
                Sign::ServiceFits => 80,
                Sign::CloudFormation | Sign::SettingRole => 40,
                Sign::SomeCloudFormation | Sign::StackRole => 10,
                Sign::InWindow => 30,
                Sign::Denied => 45,
                Sign::OnlyDenial => 5,
                Sign::Failed => 20,
                Sign::NotFound | Sign::NamesAnother | Sign::Afterwards | Sign::ReasonTells => 0,
            })
            .sum()
    }
}
