//! How wide text may be where it goes.

use super::output;
use super::terminal_size::size;

/// Narrower than this nothing is folded any more: it would only get longer.
const NARROWEST: usize = 40;

/// The columns of the terminal that standard output is; none where it is a file or a pipe, whose lines are
/// left whole.
pub(crate) fn width() -> Option<usize> {
    if !output::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = size()?;
    Some(usize::from(columns).max(NARROWEST))
}
