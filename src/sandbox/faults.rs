//! Faults as data: which call of which operation goes wrong, when, and how.
//!
//! How a fault looks on the wire is the business of `reply` and `server`.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

use super::offset::{Offset, Span};

/// One scripted fault. It strikes while all of its conditions hold.
///
/// On a command line it is written `OPERATION=KIND`, then `@00:20..00:50` or `#3` or `#3..5` if it does not
/// hold always: `DescribeStackEvents=throttle@00:20..00:50`, `LookupEvents=denied`, `DescribeStacks=silent#1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation it strikes, or `*` for all.
    pub operation: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The only region it strikes in.
    pub region: Option<String>,
    /// The only time it strikes at.
    pub within: Option<Span>,
    /// The only calls it strikes, counted from 1 over the calls that meet the other conditions.
    pub calls: Option<Calls>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Too many requests, in the words of the service.
    Throttle,
    /// HTTP 500 or 503 in the shape of the service.
    ServerError,
    /// The connection is reset before a word is said.
    Reset,
    /// The body ends before its announced length.
    Truncated,
    /// Accepted and never answered.
    Silent,
    /// A page for people, as a proxy would send.
    Html,
    /// The credentials ran out.
    Expired,
    /// The caller may not do this.
    Denied,
}

/// A range of calls, both ends included, counted from 1; written `3`, `3..5` or `3..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Calls {
    first: u64,
    last: u64,
}

/// A fault that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// The calls are not `3`, `3..5` or `3..`.
    #[error("read `{0}` as calls: write `3`, `3..5` or `3..`")]
    Calls(String),
    /// There is no `=`, or nothing before it.
    #[error(
        "read `{0}` as a fault: write `OPERATION=KIND`, `OPERATION=KIND@00:20..00:50` or `OPERATION=KIND#3`"
    )]
    Shape(String),
    /// No such kind.
    #[error(
        "read `{0}` as a kind of fault: write one of throttle, server_error, reset, truncated, silent, html, expired, denied"
    )]
    Kind(String),
}

impl FromStr for Calls {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || FaultError::Calls(text.to_owned());
        let number = |part: &str| part.parse::<u64>().map_err(|_not_a_number| wrong());
        let (first, last) = match text.split_once("..") {
            Some((first, "")) => (number(first)?, u64::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(text)?, number(text)?),
        };
        if first == 0 || last < first {
            Err(wrong())
        } else {
            Ok(Self { first, last })
        }
    }
}

impl TryFrom<String> for Calls {
    type Error = FaultError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "throttle" => Self::Throttle,
            "server_error" => Self::ServerError,
            "reset" => Self::Reset,
            "truncated" => Self::Truncated,
            "silent" => Self::Silent,
            "html" => Self::Html,
            "expired" => Self::Expired,
            "denied" => Self::Denied,
            _ => return Err(FaultError::Kind(text.to_owned())),
        })
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || FaultError::Shape(text.to_owned());
        let (operation, rest) = text.split_once('=').ok_or_else(shape)?;
        let (rest, calls) = match rest.split_once('#') {
            Some((rest, calls)) => (rest, Some(calls.parse()?)),
            None => (rest, None),
        };
        let (kind, within) = match rest.split_once('@') {
            Some((kind, span)) => (kind, Some(span.parse().map_err(|_not_a_span| shape())?)),
            None => (rest, None),
        };
        if operation.is_empty() {
            return Err(shape());
        }
        Ok(Self {
            operation: operation.to_owned(),
            kind: kind.parse()?,
            region: None,
            within,
            calls,
        })
    }
}

impl Fault {
    fn concerns(&self, operation: &str, region: &str, at: Offset) -> bool {
        (self.operation == "*" || self.operation == operation)
            && self.region.as_deref().is_none_or(|only| only == region)
            && self.within.is_none_or(|span| span.from <= at && at < span.to)
    }
}

/// The faults of one run, with how often each was near to striking.
#[derive(Debug)]
pub(super) struct Faults(Vec<(Fault, AtomicU64)>);

impl Faults {
    /// All faults of a run; an earlier one goes first.
    pub(super) fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self(
            faults
                .into_iter()
                .map(|fault| (fault, AtomicU64::new(0)))
                .collect(),
        )
    }

    /// Counts this call and says which fault strikes it, if any.
    pub(super) fn strike(&self, operation: &str, region: &str, at: Offset) -> Option<FaultKind> {
        let mut struck = None;
        for (fault, count) in self
            .0
            .iter()
            .filter(|(fault, _)| fault.concerns(operation, region, at))
        {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            if fault
                .calls
                .is_none_or(|calls| (calls.first..=calls.last).contains(&number))
            {
                struck = struck.or(Some(fault.kind));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_written_in_one_word() {
        let fault: Fault = "DescribeStackEvents=throttle@00:20..00:50".parse().unwrap();
        assert_eq!(fault.kind, FaultKind::Throttle);
        assert_eq!(fault.within, "00:20..00:50".parse().ok());
        assert!("LookupEvents".parse::<Fault>().is_err());
        assert_eq!(
            "LookupEvents=broken".parse::<Fault>(),
            Err(FaultError::Kind("broken".to_owned()))
        );
        assert!("LookupEvents=reset#0".parse::<Fault>().is_err());
    }

    #[test]
    fn a_fault_strikes_only_the_calls_it_names() {
        let faults = Faults::new(["DescribeStacks=reset#2..3".parse().unwrap()]);
        let strike = |operation| faults.strike(operation, "eu-west-1", Offset::ZERO);
        assert_eq!(strike("LookupEvents"), None);
        let struck = [(); 4].map(|()| strike("DescribeStacks").is_some());
        assert_eq!(struck, [false, true, true, false]);
    }
}
