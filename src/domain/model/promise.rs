//! What CloudFormation promises of every event, and which stored events break it.
//!
//! A damaged answer can still be read in part: then events come without an id, without a status, or of the year
//! 1970. A promise that is broken once makes the whole answer doubtful, so nothing of it is kept and it is
//! asked for again. What the service does not promise is not asked of it: a physical id, a reason, a type that
//! somebody knows, a status that somebody knows.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::StackEvent;
use super::moment::{is_bounded, is_plausible};
use super::stack::StackId;

/// Events of one page may stand in another order than that of their times by so much: an event may be told late,
/// and two clocks may differ.
const DISORDER: TimeDelta = TimeDelta::hours(1);

/// How an answer breaks what was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Something that is always there is not.
    Missing(&'static str),
    /// A time at which nothing can have happened.
    Time(DateTime<Utc>),
    /// It is about something else than what was asked about.
    Stranger(String),
    /// Events stand neither newest first nor oldest first.
    Order(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "it lacks {what}"),
            Self::Time(at) => write!(f, "it tells of something at {}", at.format("%Y-%m-%d %H:%M:%S")),
            Self::Stranger(what) => write!(f, "it is about {what}"),
            Self::Order(id) => write!(f, "event {id} stands hours away from its neighbours"),
        }
    }
}

/// Holds a page of a stack's events against what is promised of it.
///
/// # Errors
///
/// The first promise that is broken.
pub(crate) fn page(asked: &StackId, events: &[StackEvent]) -> Result<(), Broken> {
    for event in events {
        one(asked, event)?;
    }
    order(events)
}

fn one(asked: &StackId, event: &StackEvent) -> Result<(), Broken> {
    if event.event_id.trim().is_empty() {
        return Err(Broken::Missing("the id of an event"));
    }
    if !is_plausible(event.at) {
        return Err(Broken::Time(event.at));
    }
    if event.stack_id != *asked {
        return Err(Broken::Stranger(event.stack_id.to_string()));
    }
    if event.logical_id.is_empty() {
        return Err(Broken::Missing("what an event is about"));
    }
    // A hook's verdict is told by its own status.
    if event.status.as_str().is_empty() && event.extras.hook.is_none() {
        return Err(Broken::Missing("the status of an event"));
    }
    Ok(())
}

/// Newest first is promised. Somebody who lists oldest first throughout is understood as well; a single event
/// that stands far from its place has a damaged time.
fn order(events: &[StackEvent]) -> Result<(), Broken> {
    let pairs = || events.iter().zip(events.iter().skip(1));
    let rises = |(above, below): &(&StackEvent, &StackEvent)| below.at - above.at > DISORDER;
    let falls = |(above, below): &(&StackEvent, &StackEvent)| above.at - below.at > DISORDER;
    let Some((_, stray)) = pairs().find(rises) else {
        return Ok(());
    };
    if pairs().any(|pair| falls(&pair)) {
        return Err(Broken::Order(stray.event_id.clone()));
    }
    Ok(())
}

/// Why what [`is_no_event`] tells is left out, for people.
pub(crate) const NO_EVENT: &str = "it is no event, but what an older version read out of a damaged answer";

/// Whether a stored event is what an older version took out of a damaged answer: it is no event, and the true
/// one may have come under the same id since, or may still be read.
///
/// Only what no event can be counts: an event that lacks less is shown as it is. This is the one rule for
/// what is stored, whoever asks: bringing an archive up to date, loading, importing, repairing.
pub(crate) fn is_no_event(event_id: &str, at: DateTime<Utc>) -> bool {
    event_id.trim().is_empty() || at == DateTime::UNIX_EPOCH || !is_bounded(at)
}

/// Whether the event is none; see [`is_no_event`].
pub(crate) fn is_poisoned(event: &StackEvent) -> bool {
    is_no_event(&event.event_id, event.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::{EventExtras, Extras, HookInvocation};
    use crate::domain::model::status::Status;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn stack() -> StackId {
        StackId::parse(STACK).unwrap()
    }

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_780_000_000_000 + milliseconds).unwrap()
    }

    fn event(id: &str, milliseconds: i64) -> StackEvent {
        StackEvent {
            stack_id: stack(),
            event_id: id.to_owned(),
            at: at(milliseconds),
            logical_id: "Table".to_owned(),
            physical_id: None,
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            status: Status::new("CREATE_IN_PROGRESS"),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        }
    }

    fn with(change: impl FnOnce(&mut StackEvent)) -> StackEvent {
        let mut event = event("e", 0);
        change(&mut event);
        event
    }

    /// What is unusual and yet true: a check that refused it would make a stack unreadable.
    #[test]
    fn what_is_only_unusual_is_taken() {
        let nested_without_id = with(|event| {
            event.resource_type = "AWS::CloudFormation::Stack".to_owned();
            event.physical_id = Some(String::new());
        });
        let review = with(|event| event.status = Status::new("REVIEW_IN_PROGRESS"));
        let unheard_of = with(|event| {
            event.status = Status::new("ROLLBACK_ABANDONED");
            event.resource_type = "Vendor::New::Thing::MODULE".to_owned();
        });
        let typeless = with(|event| event.resource_type = String::new());
        let oldest = with(|event| event.at = DateTime::from_timestamp(1_298_620_800, 0).unwrap());
        let hook = with(|event| {
            event.status = Status::new("");
            event.extras = EventExtras::from(Extras {
                hook: Some(Box::new(HookInvocation {
                    name: "My::Hook".to_owned(),
                    ..HookInvocation::default()
                })),
                ..Extras::default()
            });
        });
        for good in [nested_without_id, review, unheard_of, typeless, oldest, hook] {
            assert_eq!(page(&stack(), std::slice::from_ref(&good)), Ok(()), "{good:?}");
            assert!(!is_poisoned(&good));
        }
        assert_eq!(page(&stack(), &[]), Ok(()));
    }

    #[test]
    fn a_little_disorder_is_taken_and_so_are_years_between_two_events() {
        const DAY: i64 = 86_400_000;
        for good in [
            // A millisecond, and the same instant.
            vec![5, 6, 6, 4, 0],
            // An event that was told late.
            vec![60_000, 0, 59_000],
            // A stack that slept for years.
            vec![0, -3_000 * DAY, -3_001 * DAY],
            // A stand-in that lists oldest first.
            vec![-3_000 * DAY, -DAY, 0],
        ] {
            let events: Vec<_> = good.iter().map(|at| event(&format!("e{at}"), *at)).collect();
            assert_eq!(page(&stack(), &events), Ok(()), "{good:?}");
        }
        let stray = [event("a", 0), event("b", -9 * DAY), event("c", -1_000)];
        assert_eq!(page(&stack(), &stray), Err(Broken::Order("c".to_owned())));
    }

    #[test]
    fn what_breaks_a_promise_is_refused() {
        let other = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/2f31";
        let refused = |event: StackEvent| page(&stack(), &[self::event("good", 1), event]).unwrap_err();
        assert_eq!(
            refused(with(|event| event.event_id = " ".to_owned())),
            Broken::Missing("the id of an event")
        );
        assert_eq!(
            refused(with(|event| event.at = DateTime::UNIX_EPOCH)),
            Broken::Time(DateTime::UNIX_EPOCH)
        );
        assert_eq!(
            refused(with(|event| event.stack_id = StackId::parse(other).unwrap())),
            Broken::Stranger(other.to_owned())
        );
        assert_eq!(
            refused(with(|event| event.status = Status::new(""))),
            Broken::Missing("the status of an event")
        );
        assert_eq!(
            refused(with(|event| event.logical_id.clear())),
            Broken::Missing("what an event is about")
        );
    }

    #[test]
    fn only_what_no_event_can_be_is_poison() {
        assert!(is_poisoned(&with(|event| event.event_id.clear())));
        assert!(is_poisoned(&with(|event| event.at = DateTime::UNIX_EPOCH)));
        assert!(is_poisoned(&with(|event| event.at = DateTime::<Utc>::MAX_UTC)));
        // Of an import, of another clock, of a service that tells less: strange, and yet somebody's event.
        assert!(!is_poisoned(&with(
            |event| event.at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1)
        )));
        assert!(!is_poisoned(&with(|event| event.status = Status::new(""))));
        assert!(!is_poisoned(&with(|event| event.logical_id.clear())));
    }
}
