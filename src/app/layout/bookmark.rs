//! How far a stack's events have been read, by whoever keeps something of them, and of which resources.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::domain::model::event::StackEvent;
use crate::domain::session::StackHistory;

/// How far a stack's events have been read, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Bookmark {
    read: usize,
    /// The last of them: the same place in another story holds another event.
    last: Option<Arc<StackEvent>>,
    /// What was corrected before that was read as it is now.
    corrections: usize,
}

impl Bookmark {
    /// Nothing has been read.
    pub(crate) fn is_at_start(&self) -> bool {
        self.read == 0
    }

    /// What came since. None when this is not the story that was read before.
    pub(crate) fn read_on<'h>(&mut self, history: &'h StackHistory) -> Option<&'h [Arc<StackEvent>]> {
        let (read, fresh) = history.arrived().split_at_checked(self.read)?;
        let same = match (read.last(), &self.last) {
            (Some(known), Some(last)) => Arc::ptr_eq(known, last),
            (None, None) => true,
            _ => false,
        };
        let same = same && (self.is_at_start() || self.corrections == history.corrections());
        self.corrections = history.corrections();
        self.read = history.arrived().len();
        self.last = history.arrived().last().map(Arc::clone);
        same.then_some(fresh)
    }
}

/// Numbers for the resources of a stack.
pub(crate) type Numbers = HashMap<ByLogicalId, u32>;

/// An event that stands for the resource that it is about, among those of one stack.
#[derive(Debug)]
pub(crate) struct ByLogicalId(pub(crate) Arc<StackEvent>);

impl Borrow<str> for ByLogicalId {
    fn borrow(&self) -> &str {
        &self.0.logical_id
    }
}

impl Hash for ByLogicalId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.logical_id.as_str().hash(state);
    }
}

impl PartialEq for ByLogicalId {
    fn eq(&self, other: &Self) -> bool {
        self.0.logical_id == other.0.logical_id
    }
}

impl Eq for ByLogicalId {}
