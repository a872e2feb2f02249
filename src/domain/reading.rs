//! Marks in the journal between which a stack's events are being read downwards.
//!
//! CloudFormation gives events newest first, and each page is saved as it comes. A program that is killed
//! between two pages leaves a gap below what it saved; the mark of the beginning without one of the end
//! tells the next program that it must not take what is saved for a proof of what lies below it.

use chrono::{DateTime, Utc};

use super::fact::Fact;
use super::session::Session;
use super::stack::StackId;

/// The source's name of CloudFormation in facts.
const SOURCE: &str = "cloudformation";
const BEGUN: &str = "reading ";
const ENDED: &str = "read ";

/// A mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// What follows is read downwards, and has not met what was known.
    Begun,
    /// It has: there is no gap any more.
    Ended,
}

impl Mark {
    fn key(self, stack: &StackId) -> String {
        match self {
            Self::Begun => format!("{BEGUN}{stack}"),
            Self::Ended => format!("{ENDED}{stack}"),
        }
    }

    /// The mark as a fact.
    pub fn fact(self, stack: &StackId, at: DateTime<Utc>) -> Fact {
        Fact::SourceAnswered {
            source: SOURCE.to_owned(),
            key: self.key(stack),
            at,
        }
    }

    /// The mark that a fact is, and the stack.
    pub fn of(fact: &Fact) -> Option<(Self, StackId)> {
        let Fact::SourceAnswered { source, key, .. } = fact else {
            return None;
        };
        if source != SOURCE {
            return None;
        }
        let (mark, stack) = match (key.strip_prefix(BEGUN), key.strip_prefix(ENDED)) {
            (Some(stack), _) => (Self::Begun, stack),
            (None, Some(stack)) => (Self::Ended, stack),
            (None, None) => return None,
        };
        Some((mark, StackId::parse(stack)?))
    }
}

/// Since when a stack's events are being read downwards and have not met what was known before.
pub fn since(session: &Session, stack: &StackId) -> Option<DateTime<Utc>> {
    let begun = session.answered(SOURCE, &Mark::Begun.key(stack))?;
    let ended = session.answered(SOURCE, &Mark::Ended.key(stack));
    (ended < Some(begun)).then_some(begun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::Recorded;

    #[test]
    fn a_beginning_stands_until_its_end() {
        let stack = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let at = |second| DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let mut session = Session::new(stack.clone());
        let mut take = |mark: Mark, second| {
            let fact = mark.fact(&stack, at(second));
            assert_eq!(Mark::of(&fact), Some((mark, stack.clone())));
            session.apply(&Recorded {
                observed_at: at(second),
                fact,
            });
            since(&session, &stack)
        };
        assert_eq!(take(Mark::Begun, 1), Some(at(1)));
        assert_eq!(take(Mark::Ended, 3), None);
        assert_eq!(take(Mark::Begun, 5), Some(at(5)));
        assert_eq!(take(Mark::Ended, 5), None);
    }
}
