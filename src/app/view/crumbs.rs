//! The way to a resource: the stacks that it is nested in, outermost first.

use crate::app::input::place::RowKey;
use crate::app::state::Watched;
use crate::clean;
use crate::domain::read::text::{Clean, one_line};

/// What stands between two steps of the way.
pub const BETWEEN: &str = " › ";

/// What stands before the type of the resource, and before what became of it.
pub const TYPE: &str = " · ";

/// The stacks around a row, outermost first: the root by its name, those in it by what the template above calls them.
pub fn stacks(watched: &Watched, key: &RowKey) -> Vec<Clean> {
    let tree = watched.tree();
    let around = match key {
        // A stack of its own lies in nothing.
        RowKey::Stack(_) => Vec::new(),
        RowKey::Resource(..) => tree.around(key),
    };
    let name = |stack| match tree.resource_of(stack) {
        Some((_, logical)) => one_line(&logical),
        None => one_line(stack.name()),
    };
    around.iter().rev().map(name).collect()
}

/// One step of the way, as it stands before the next.
pub fn step(stack: &Clean) -> Clean {
    clean!("{stack}{BETWEEN}")
}

/// The way below the root, and the resource at its end: what a line has room for.
pub fn short(watched: &Watched, key: &RowKey) -> Clean {
    let mut steps: Vec<Clean> = stacks(watched, key).into_iter().skip(1).collect();
    steps.push(end(key));
    Clean::join(&steps, BETWEEN)
}

/// The resource at the end of the way.
pub fn end(key: &RowKey) -> Clean {
    match key {
        RowKey::Stack(stack) => one_line(stack.name()),
        RowKey::Resource(_, logical) => one_line(logical),
    }
}
