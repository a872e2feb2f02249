//! Holds an answer against what its service promises, before it becomes a fact.
//!
//! What the service's model requires must be there; what is optional may be missing, but if it is there it must
//! make sense. One broken promise makes the whole answer a fault.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

use super::time;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::moment::is_plausible;
use crate::domain::model::promise::Broken;
use crate::domain::model::stack::StackId;

/// An answer that cannot be used.
pub(super) fn malformed(action: &str, broken: &Broken) -> Fault {
    Fault::new(
        action,
        FaultKind::Malformed,
        format!("the answer is damaged: {broken}"),
    )
}

/// An answer to a call, in doubt.
#[derive(Debug, Clone, Copy)]
pub(super) struct UncheckedAnswer(pub(super) &'static str);

impl UncheckedAnswer {
    /// The fault that it amounts to.
    pub(super) fn breaks(self, broken: &Broken) -> Fault {
        malformed(self.0, broken)
    }

    /// Something that is always there.
    pub(super) fn must<T>(self, there: Option<T>, what: &'static str) -> Result<T, Fault> {
        there.ok_or_else(|| self.breaks(&Broken::Missing(what)))
    }

    /// A text that is always there and never empty.
    pub(super) fn text<'a>(self, text: Option<&'a str>, what: &'static str) -> Result<&'a str, Fault> {
        self.must(text.filter(|text| !text.trim().is_empty()), what)
    }

    /// The ARN of a stack.
    pub(super) fn stack(self, text: Option<&str>) -> Result<StackId, Fault> {
        self.must(text.and_then(StackId::parse), "the id of a stack")
    }

    /// The ARN of a stack, where there is one.
    pub(super) fn some_stack(self, text: Option<&str>) -> Result<Option<StackId>, Fault> {
        match text.filter(|text| !text.is_empty()) {
            Some(text) => self.stack(Some(text)).map(Some),
            None => Ok(None),
        }
    }

    /// The moment of something that happened.
    pub(super) fn time(self, at: Option<&SdkTime>) -> Result<DateTime<Utc>, Fault> {
        let at = self.must(at, "the time of something")?;
        self.moment(time::from_sdk(at).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// A moment, where there is one.
    pub(super) fn some_time(self, at: Option<&SdkTime>) -> Result<Option<DateTime<Utc>>, Fault> {
        at.map(|at| self.time(Some(at))).transpose()
    }

    /// A moment that is written out.
    pub(super) fn text_time(self, at: &str, what: &'static str) -> Result<DateTime<Utc>, Fault> {
        let at = DateTime::parse_from_rfc3339(at).ok();
        let at = self.must(at, what)?;
        self.moment(at.with_timezone(&Utc))
    }

    /// The moment, if it is one at which something can have happened.
    pub(super) fn moment(self, at: DateTime<Utc>) -> Result<DateTime<Utc>, Fault> {
        if is_plausible(at) {
            Ok(at)
        } else {
            Err(self.breaks(&Broken::Time(at)))
        }
    }

    /// What optional parts leave nothing of: left out, and said in the program's own log.
    pub(super) fn left_out(self, without: &'static str) {
        tracing::warn!(
            action = self.0,
            "left out one of an answer's parts, which has no {without}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: UncheckedAnswer = UncheckedAnswer("cloudformation:DescribeStacks");

    #[test]
    fn what_may_be_missing_may_be_missing() {
        assert_eq!(ANSWER.some_time(None), Ok(None));
        assert_eq!(ANSWER.some_stack(None), Ok(None));
        assert_eq!(ANSWER.some_stack(Some("")), Ok(None));
        // CloudFormation's first year; a time in whole seconds.
        let early = SdkTime::from_secs(1_298_620_800);
        assert_eq!(ANSWER.time(Some(&early)).unwrap().timestamp(), 1_298_620_800);
    }

    #[test]
    fn what_is_there_must_make_sense() {
        for bad in [0, -8_334_601_228_800, 99_999_999_999_999] {
            let fault = ANSWER.some_time(Some(&SdkTime::from_secs(bad))).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Malformed);
        }
        assert_eq!(
            ANSWER.some_stack(Some("arn:aws:s3:::b")).unwrap_err().kind,
            FaultKind::Malformed
        );
        let fault = ANSWER.text(Some(" "), "the id of an event").unwrap_err();
        assert_eq!(
            fault.message,
            "the answer is damaged: it lacks the id of an event"
        );
        assert!(fault.kind.is_passing(), "it is asked again");
    }
}
