//! What the person wants.

/// Something that the person wants, independent of the key that said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Select the next row of the pane in focus.
    SelectNext,
    /// Leave the program.
    Quit,
}
