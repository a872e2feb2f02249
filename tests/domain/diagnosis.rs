//! Whole stories: which cause is named, how surely, and what is left alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::too_many_lines,
    reason = "a story that cannot be told is a broken test"
)]

mod again;
mod another_system;
mod any_order;
mod assumed;
mod attached;
mod behalf;
mod beside;
mod by_hand;
mod callers;
mod confidence;
mod decoys;
mod deeds;
mod deployments;
mod died_of_else;
mod elsewhere;
mod ended;
mod gaps;
mod gone_on;
mod granted;
mod hanging;
mod hanging_denied;
mod held;
mod held_out;
mod hindrances;
mod in_the_way;
mod invocations;
mod keys;
mod left_behind;
mod lived_through;
mod made_good;
mod nameless;
mod names;
mod next_steps;
mod nobodys;
mod nodes;
mod not_started;
mod other_deeds;
mod other_requests;
mod parents;
mod parts;
mod passed_on;
mod places;
mod refuted;
mod reports;
mod same_call;
mod searches;
mod shared_role;
mod signals;
mod stated;
mod survived;
mod thirds;
mod ties;
mod trail;
mod traps;
mod tried_again;
mod truth;
mod turns;
mod twins;
mod undone;
mod unlisted;
mod unseen;
mod who_lacks;
mod wrappers;
