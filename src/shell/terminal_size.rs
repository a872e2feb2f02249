//! How large the terminal is.

/// The terminal's columns and rows; none where there is no terminal.
pub(crate) fn size() -> Option<(u16, u16)> {
    crossterm::terminal::size().ok()
}
