//! Faults as data: which call of which operation goes wrong, when, and how.
//!
//! How a fault looks on the wire is the business of `reply` and `server`.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

use super::offset::{Offset, OffsetRange};

/// One scripted fault. It strikes while all of its conditions hold.
///
/// On a command line it is written `OPERATION=KIND`, then `@00:20..00:50` or `#3` or `#3..5` if it does not
/// hold always: `DescribeStackEvents=throttle@00:20..00:50`, `LookupEvents=denied`, `DescribeStacks=silent#1`.
/// Behind the operation a stack may stand, of which the name or a part of it is given, such as the logical id
/// that a nested stack is named after: `DescribeStackEvents(Database)=denied`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectedFault {
    /// The operation it strikes, with its service before it where two have one of the name (`rds:DescribeEvents`), or
    /// `*` for all.
    pub operation: String,
    /// The only stacks it strikes: those with this in their name.
    pub stack: Option<String>,
    /// What goes wrong.
    pub kind: InjectedFaultKind,
    /// The only region it strikes in.
    pub region: Option<String>,
    /// The only time it strikes at.
    pub within: Option<OffsetRange>,
    /// The only calls it strikes, counted from 1 over the calls that meet the other conditions.
    pub calls: Option<Calls>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectedFaultKind {
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
    /// Whole by its length, but neither XML nor JSON.
    Malformed,
    /// CloudFormation's own word for text that does not fit into its answer.
    Refused,
    /// The answer comes, but not before a person would have lost patience.
    Slow,
    /// A whole answer of the right form to another question.
    Foreign,
    /// The right answer under a wrong content type.
    Mislabelled,
    /// A whole answer whose items lack what they are promised to have.
    Hollow,
    /// Nothing but the token of a next page, for ever.
    EmptyPages,
    /// Each page but the first names itself as the next.
    SameToken,
    /// The tokens of pages have run out by the time they are used.
    StaleToken,
    /// The right answer, with reasons of a hundred thousand letters.
    Bulky,
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
        "read `{0}` as a kind of fault: write one of throttle, server_error, reset, truncated, silent, html, malformed, refused, slow, foreign, mislabelled, hollow, empty_pages, same_token, stale_token, bulky, expired, denied"
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

impl FromStr for InjectedFaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "throttle" => Self::Throttle,
            "server_error" => Self::ServerError,
            "reset" => Self::Reset,
            "truncated" => Self::Truncated,
            "silent" => Self::Silent,
            "html" => Self::Html,
            "malformed" => Self::Malformed,
            "refused" => Self::Refused,
            "slow" => Self::Slow,
            "foreign" => Self::Foreign,
            "mislabelled" => Self::Mislabelled,
            "hollow" => Self::Hollow,
            "empty_pages" => Self::EmptyPages,
            "same_token" => Self::SameToken,
            "stale_token" => Self::StaleToken,
            "bulky" => Self::Bulky,
            "expired" => Self::Expired,
            "denied" => Self::Denied,
            _ => return Err(FaultError::Kind(text.to_owned())),
        })
    }
}

impl FromStr for InjectedFault {
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
        let (operation, stack) = match operation.split_once('(') {
            Some((operation, stack)) => (operation, Some(stack.strip_suffix(')').ok_or_else(shape)?)),
            None => (operation, None),
        };
        if operation.is_empty() || stack.is_some_and(str::is_empty) {
            return Err(shape());
        }
        Ok(Self {
            operation: operation.to_owned(),
            stack: stack.map(ToOwned::to_owned),
            kind: kind.parse()?,
            region: None,
            within,
            calls,
        })
    }
}

impl InjectedFault {
    fn concerns(&self, call: Struck<'_>, at: Offset) -> bool {
        let Struck {
            service,
            operation,
            region,
            stack,
        } = call;
        let of_stack = |only: &str| stack.is_some_and(|name| name_of(name).contains(only));
        let named = match self.operation.split_once(':') {
            Some(whole) => whole == (service, operation),
            None => self.operation == "*" || self.operation == operation,
        };
        named
            && self.stack.as_deref().is_none_or(of_stack)
            && self.region.as_deref().is_none_or(|only| only == region)
            && self.within.is_none_or(|span| span.from <= at && at < span.to)
    }
}

/// A stack's name, out of its ARN or as it is.
fn name_of(stack: &str) -> &str {
    stack.split('/').nth(1).unwrap_or(stack)
}

/// What a call is, as far as faults tell calls apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struck<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) region: &'a str,
    /// The stack asked about, by name or ARN.
    pub(super) stack: Option<&'a str>,
}

/// The faults of one run, with how often each was near to striking.
#[derive(Debug)]
pub(super) struct Faults(Vec<(InjectedFault, AtomicU64)>);

impl Faults {
    /// All faults of a run; an earlier one goes first.
    pub(super) fn new(faults: impl IntoIterator<Item = InjectedFault>) -> Self {
        Self(
            faults
                .into_iter()
                .map(|fault| (fault, AtomicU64::new(0)))
                .collect(),
        )
    }

    /// Counts this call and says which fault strikes it, if any.
    pub(super) fn strike(&self, call: Struck<'_>, at: Offset) -> Option<InjectedFaultKind> {
        let mut struck = None;
        for (fault, count) in self.0.iter().filter(|(fault, _)| fault.concerns(call, at)) {
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
        let fault: InjectedFault = "DescribeStackEvents=throttle@00:20..00:50".parse().unwrap();
        assert_eq!(fault.kind, InjectedFaultKind::Throttle);
        assert_eq!(fault.within, "00:20..00:50".parse().ok());
        assert!("LookupEvents".parse::<InjectedFault>().is_err());
        assert_eq!(
            "LookupEvents=broken".parse::<InjectedFault>(),
            Err(FaultError::Kind("broken".to_owned()))
        );
        assert!("LookupEvents=reset#0".parse::<InjectedFault>().is_err());
        for bad in [
            "DescribeStacks(=denied",
            "DescribeStacks()=denied",
            "(shop)=denied",
        ] {
            assert!(bad.parse::<InjectedFault>().is_err(), "{bad}");
        }
    }

    fn call<'a>(operation: &'a str, stack: Option<&'a str>) -> Struck<'a> {
        Struck {
            service: "cloudformation",
            operation,
            region: "eu-west-1",
            stack,
        }
    }

    #[test]
    fn a_fault_strikes_only_the_stacks_it_names() {
        let faults = Faults::new(["DescribeStackEvents(Database)=denied".parse().unwrap()]);
        let strikes = |stack| {
            let call = call("DescribeStackEvents", stack);
            faults.strike(call, Offset::ZERO).is_some()
        };
        assert!(strikes(Some("shop-Database-1ABC")));
        assert!(strikes(Some(
            "arn:aws:cloudformation:eu-west-1:1:stack/shop-Database-1ABC/77"
        )));
        assert!(!strikes(Some("shop")) && !strikes(None));
    }

    #[test]
    fn a_fault_strikes_only_the_calls_it_names() {
        let faults = Faults::new(["DescribeStacks=reset#2..3".parse().unwrap()]);
        let strike = |operation| faults.strike(call(operation, None), Offset::ZERO);
        assert_eq!(strike("LookupEvents"), None);
        let struck = [(); 4].map(|()| strike("DescribeStacks").is_some());
        assert_eq!(struck, [false, true, true, false]);
    }
}
