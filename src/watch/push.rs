//! What a queue tells reaches whoever reads the stack, at once.
//!
//! A message names a stack and says nothing else that would go on record: its tail reads it without waiting for its
//! next turn, and what is read is the record. While what comes new was told before it was read, the tail asks less
//! often by itself; the first event that no message told of makes it ask as often as without a queue.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::domain::investigate::cadence;
use crate::domain::model::stack::StackId;

/// The stacks that are read, and who reads each.
#[derive(Debug, Clone, Default)]
pub struct PushRegistry(Arc<Mutex<HashMap<StackId, Arc<Poke>>>>);

/// What has a stack read at once.
#[derive(Debug, Default)]
pub(super) struct Poke {
    notify: Notify,
    /// So often a message told of the stack.
    told: AtomicU64,
}

impl PushRegistry {
    /// Has a stack read at once, if somebody reads it.
    pub fn tell(&self, stack: &StackId) -> bool {
        let poke = self.lock().get(stack).cloned();
        let Some(poke) = poke else { return false };
        poke.told.fetch_add(1, Ordering::Relaxed);
        poke.notify.notify_one();
        true
    }

    /// Somebody reads this stack.
    #[cfg(test)]
    pub(crate) fn register(&self, stack: &StackId) {
        self.poke(stack);
    }

    /// What has this stack read from now on.
    pub(super) fn poke(&self, stack: &StackId) -> Arc<Poke> {
        let poke = Arc::new(Poke::default());
        self.lock().insert(stack.clone(), Arc::clone(&poke));
        poke
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StackId, Arc<Poke>>> {
        // A stack is either in the map or not: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poke {
    /// Its parent has news of the stack.
    pub(super) fn notify(&self) {
        self.notify.notify_one();
    }

    /// Returns once somebody has news of the stack.
    pub(super) async fn notified(&self) {
        self.notify.notified().await;
    }

    /// So often a message told of the stack.
    pub(super) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }
}

/// How far the queue can be relied upon for a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// So many messages were known when the stack was last read.
    known: u64,
    /// What came last was told before it was read.
    is_told: bool,
    /// It was told that something happened, and in so many readings nothing new has been seen.
    owed: u32,
}

/// What was told may not be there to be read for so many readings.
const LATE: u32 = 4;

impl Trust {
    /// A reading that brought something new or not, by when the stack had been told of so often.
    pub(super) fn read(&mut self, told: u64, is_news: bool) {
        let was_told = told > self.known || self.owed > 0;
        self.known = told;
        match (is_news, was_told) {
            (true, _) => {
                self.is_told = was_told;
                self.owed = 0;
            }
            (false, true) => self.owed = if self.owed >= LATE { 0 } else { self.owed + 1 },
            (false, false) => {}
        }
    }

    /// The pause before the stack is read again by itself, where it would be so long without a queue.
    pub(super) fn pause(self, usual: TimeDelta) -> TimeDelta {
        match self {
            // An event may be told of before it can be read.
            Self { owed: 1.., .. } => usual.min(cadence::OWED),
            Self { is_told: true, .. } => usual.max(cadence::PUSHED),
            Self { .. } => usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: TimeDelta = TimeDelta::seconds(1);

    #[test]
    fn a_stack_is_asked_less_while_everything_new_was_told_and_as_often_as_before_from_the_first_that_was_not()
     {
        let mut trust = Trust::default();
        assert_eq!(trust.pause(USUAL), USUAL, "nothing is known of the queue");
        trust.read(0, true);
        assert_eq!(trust.pause(USUAL), USUAL, "what nobody told of");
        trust.read(1, true);
        assert_eq!(trust.pause(USUAL), cadence::PUSHED);
        trust.read(1, false);
        assert_eq!(
            trust.pause(USUAL),
            cadence::PUSHED,
            "nothing happened, and nobody said so"
        );
        trust.read(1, true);
        assert_eq!(trust.pause(USUAL), USUAL, "the queue missed one");
        assert_eq!(
            Trust {
                is_told: true,
                ..trust
            }
            .pause(cadence::PUSHED * 2),
            cadence::PUSHED * 2
        );
    }

    #[test]
    fn what_was_told_and_cannot_be_read_yet_is_looked_for_soon_and_not_for_ever() {
        let mut trust = Trust::default();
        trust.read(1, false);
        assert_eq!(trust.pause(USUAL), cadence::OWED);
        trust.read(1, true);
        assert_eq!(trust.pause(USUAL), cadence::PUSHED, "it was told, only earlier");
        // Told twice: the second message brings nothing, and that is no reason to ask for ever.
        trust.read(2, false);
        let mut soon = 0;
        while trust.pause(USUAL) == cadence::OWED {
            soon += 1;
            trust.read(2, false);
        }
        assert_eq!(soon, LATE);
        assert_eq!(trust.pause(USUAL), cadence::PUSHED);
    }

    #[tokio::test]
    async fn a_message_wakes_whoever_reads_its_stack_and_nobody_else() {
        let stack = |name: &str| {
            let arn = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f31");
            StackId::parse(&arn).unwrap()
        };
        let registry = PushRegistry::default();
        let (shop, mail) = (registry.poke(&stack("shop")), registry.poke(&stack("mail")));
        assert!(registry.tell(&stack("shop")));
        assert!(!registry.tell(&stack("other")));
        shop.notified().await;
        assert_eq!((shop.told(), mail.told()), (1, 0));
        // Of the same name in another account: another stack.
        let theirs = "arn:aws:cloudformation:eu-west-1:999999999999:stack/shop/1f31";
        assert!(!registry.tell(&StackId::parse(theirs).unwrap()));
    }
}
