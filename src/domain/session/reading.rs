//! Marks in the journal between which a stack's events are being read downwards.
//!
//! CloudFormation gives events newest first, and each page is saved as it comes. A program that is killed
//! between two pages leaves a gap below what it saved; the mark of the beginning without one of the end
//! tells the next program that it must not take what is saved for a proof of what lies below it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::session::Session;

/// A nested stack of which nothing could be read is waited for so long after events of others came, or after
/// it was found that it cannot be read.
const UNREAD: TimeDelta = TimeDelta::seconds(60);
/// A way down on which no page has come for so long is given up, and a nested stack that seems to move.
const STUCK: TimeDelta = TimeDelta::minutes(15);
/// Between two marks of one stack lies this much at least.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

/// A mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMarker {
    /// What follows is read downwards, and has not met what was known.
    Begun,
    /// It has: there is no gap any more.
    Ended,
}

impl ReadMarker {
    /// The mark as a fact.
    pub fn fact(self, stack: &StackId, at: DateTime<Utc>) -> Fact {
        let stack_id = stack.clone();
        match self {
            Self::Begun => Fact::StackReadingBegun { stack_id, at },
            Self::Ended => Fact::StackReadingEnded { stack_id, at },
        }
    }

    /// The time of a mark that is made now: later than the one before it, even if the clock was set back since. A
    /// beginning at the very time of the last end would be taken for one that had come to that end.
    pub fn time_after(before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
        before.map_or(now, |before| now.max(before + TICK))
    }

    /// The mark that a fact is, the stack, and when the mark was made.
    pub fn of(fact: &Fact) -> Option<(Self, &StackId, DateTime<Utc>)> {
        match fact {
            Fact::StackReadingBegun { stack_id, at } => Some((Self::Begun, stack_id, *at)),
            Fact::StackReadingEnded { stack_id, at } => Some((Self::Ended, stack_id, *at)),
            _ => None,
        }
    }
}

/// Since when a stack's events are being read downwards and have not met what was known before.
pub fn since(session: &Session, stack: &StackId) -> Option<DateTime<Utc>> {
    let times = session.source_answers.reading(stack);
    let begun = times.begun?;
    (times.ended < Some(begun)).then_some(begun)
}

/// Whether older events of a stack were not read: the way down to them broke off, or is still being gone.
pub fn is_open(session: &Session) -> bool {
    session.stacks().any(|(stack, _)| since(session, stack).is_some())
}

/// A stack's events cannot be read, and not only for a moment.
pub fn unreadable(stack: &StackId, fault: Fault) -> Fact {
    Fact::StackEventsUnreadable {
        stack_id: stack.clone(),
        fault,
    }
}

/// They can be read again.
pub fn readable(stack: &StackId, at: DateTime<Utc>) -> Fact {
    Fact::StackEventsReadable {
        stack_id: stack.clone(),
        at,
    }
}

/// What a fact tells of whether a stack's events can be read.
pub fn readability(fact: &Fact) -> Option<(&StackId, bool)> {
    match fact {
        Fact::StackEventsUnreadable { stack_id, .. } => Some((stack_id, false)),
        Fact::StackEventsReadable { stack_id, .. } => Some((stack_id, true)),
        _ => None,
    }
}

/// Why a stack's events cannot be read, and since when; nothing where they can, as far as is known.
pub fn trouble<'s>(session: &'s Session, stack: &StackId) -> Option<(DateTime<Utc>, &'s Fault)> {
    let (since, first) = session.source_answers.unreadable(stack).next()?;
    let last = session.source_answers.unreadable(stack).next_back();
    Some((since, last.map_or(first, |(_, fault)| fault)))
}

/// Since when a stack's events are refused for good; nothing while what keeps them back may still pass.
pub fn refused<'s>(session: &'s Session, stack: &StackId) -> Option<(DateTime<Utc>, &'s Fault)> {
    let newest_first = session.source_answers.unreadable(stack).rev();
    let mut run = newest_first.take_while(|(_, fault)| fault.kind.is_for_good());
    let (at, fault) = run.next()?;
    Some((run.last().map_or(at, |(first, _)| first), fault))
}

/// Whether more can be expected of a session whose root came to its end, which was seen at `settled`: a stack
/// still moves, has not told anything yet, or has older events that are still being read.
///
/// Patience counts from the events that came last, so that a long history on a slow line is read to its end.
/// With a nested stack that cannot be read it counts from the beginning of that trouble, whatever the others
/// tell.
pub fn has_more(session: &Session, settled: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    // What a clock that was ahead dated into the future tells nothing.
    let read = session.last_read().filter(|read| *read <= now);
    let last = read.unwrap_or(settled).max(settled);
    session.stacks().any(|(stack, history)| {
        let reading = since(session, stack);
        if let Some((troubled, _)) = trouble(session, stack).filter(|_| stack != session.root()) {
            let unread = history.status().is_none_or(Status::is_in_progress) || reading.is_some();
            return unread && now < troubled.max(settled) + UNREAD;
        }
        let moves = match history.status() {
            Some(status) => status.is_in_progress() && now < last + STUCK,
            None => now < last + UNREAD,
        };
        let began = reading.map(|since| if since <= now { since.max(last) } else { last });
        moves || began.is_some_and(|began| now < began + STUCK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fact::Recorded;
    use crate::domain::model::stack::StackDescription;
    use crate::domain::model::status::Status;

    #[test]
    fn a_beginning_stands_until_its_end() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let at = |second| DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let mut session = Session::new(stack.clone());
        let mut take = |mark: ReadMarker, second| {
            let fact = mark.fact(&stack, at(second));
            assert_eq!(ReadMarker::of(&fact), Some((mark, &stack, at(second))));
            session.apply(&Recorded {
                observed_at: at(second),
                fact,
            });
            since(&session, &stack)
        };
        assert_eq!(take(ReadMarker::Begun, 1), Some(at(1)));
        assert_eq!(take(ReadMarker::Ended, 3), None);
        assert_eq!(take(ReadMarker::Begun, 5), Some(at(5)));
        assert_eq!(take(ReadMarker::Ended, 5), None);
    }

    #[test]
    fn marks_under_a_clock_that_was_set_back_keep_their_order() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let at = |second| DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let (ahead, behind) = (at(18_000), at(100));
        let mut session = Session::new(stack.clone());
        let mut take = |mark: ReadMarker, marked_at, now| {
            let fact = mark.fact(&stack, marked_at);
            session.apply(&Recorded {
                observed_at: now,
                fact,
            });
            session.clone()
        };
        take(ReadMarker::Begun, ahead, ahead);
        take(ReadMarker::Ended, ahead, ahead);
        let again = ReadMarker::time_after(Some(ahead), behind);
        let begun = take(ReadMarker::Begun, again, behind);
        assert_eq!(since(&begun, &stack), Some(again));
        // It is waited for, and not until the clock comes to where it had been.
        assert!(has_more(&begun, behind, behind));
        assert!(has_more(&begun, behind, behind + STUCK - TICK));
        assert!(!has_more(&begun, behind, behind + STUCK));
        let end = ReadMarker::time_after(Some(again), behind);
        assert!(end > again);
        assert_eq!(since(&take(ReadMarker::Ended, end, behind), &stack), None);
        assert_eq!(ReadMarker::time_after(Some(behind), ahead), ahead);
        assert_eq!(ReadMarker::time_after(None, ahead), ahead);
    }

    #[test]
    fn a_long_way_down_is_waited_for_as_long_as_pages_come() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let at = |second| DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let settled = at(10);
        let mut session = Session::new(stack.clone());
        let mut take = |fact: Fact, second| {
            session.apply(&Recorded {
                observed_at: at(second),
                fact,
            });
            session.clone()
        };
        let described = Fact::StackDescribed {
            stack: StackDescription {
                id: stack.clone(),
                status: Status::new("CREATE_COMPLETE"),
                status_reason: None,
                parent: None,
                root: None,
                role_arn: None,
                deployment_mode: None,
                created_at: None,
                deleted_at: None,
                outputs: None,
            },
        };
        assert!(!has_more(&take(described, 11), settled, at(12)));
        let begun = take(ReadMarker::Begun.fact(&stack, at(12)), 12);
        assert!(has_more(&begun, settled, at(12 + 899)));
        assert!(!has_more(&begun, settled, at(12 + 900)));
        // A page came meanwhile.
        let page = Fact::StackRead {
            stack_id: stack.clone(),
        };
        let read_on = take(page, 800);
        assert!(has_more(&read_on, settled, at(800 + 899)));
        assert!(!has_more(&read_on, settled, at(800 + 900)));
        assert!(!has_more(
            &take(ReadMarker::Ended.fact(&stack, at(801)), 801),
            settled,
            at(802)
        ));
    }

    #[test]
    fn a_nested_stack_that_tells_nothing_is_waited_for_while_others_tell() {
        let root = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let child = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop-Part/2f31").unwrap();
        let at = |second| DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let mut session = Session::new(root.clone());
        let mut take = |stack: &StackId, second| {
            session.apply(&Recorded {
                observed_at: at(second),
                fact: Fact::StackRead {
                    stack_id: stack.clone(),
                },
            });
            session.clone()
        };
        take(&root, 5);
        let quiet = take(&child, 10);
        assert!(has_more(&quiet, at(10), at(69)));
        assert!(!has_more(&quiet, at(10), at(70)));
        assert!(has_more(&take(&root, 60), at(10), at(119)));
    }
}
