//! What texts say is wrong with a thing.

/// What is wrong with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ThingState {
    /// It is disabled.
    Disabled,
    /// It is a key without its material.
    Empty,
    /// It is about to be deleted.
    Doomed,
    /// It is a key that cannot be used, and the words leave open whether it is disabled, gone or forbidden.
    Unusable,
    /// It is not there.
    Gone,
    /// It is there already.
    There,
    /// It is a role that may not be assumed.
    Unassumable,
    /// It is a role that lacks a permission, or a resource whose policy refuses.
    Refusing,
    /// It is being worked on, and refuses every other change until that is over.
    Busy,
    /// It cannot be deleted for what is attached to it.
    Held,
}

impl ThingState {
    /// It is one of a key, for which it cannot be used.
    pub(super) fn is_of_key(self) -> bool {
        matches!(self, Self::Disabled | Self::Empty | Self::Doomed | Self::Unusable)
    }
}

/// The states by their names in the lists. Of several that a text speaks of the first counts.
pub(super) const STATES: [(&str, ThingState); 10] = [
    ("unassumable", ThingState::Unassumable),
    ("doomed", ThingState::Doomed),
    ("empty", ThingState::Empty),
    ("disabled", ThingState::Disabled),
    ("refusing", ThingState::Refusing),
    ("unusable", ThingState::Unusable),
    ("there", ThingState::There),
    ("gone", ThingState::Gone),
    ("busy", ThingState::Busy),
    ("held", ThingState::Held),
];
