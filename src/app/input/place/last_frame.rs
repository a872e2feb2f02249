//! What is in sight: the parts of the lists and texts that were last drawn.

use super::HitMap;

/// What was drawn: the heights and offsets that the next movement needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastFrame {
    /// The tree.
    pub tree: Viewport,
    /// The detail pane.
    pub detail: Viewport,
    /// The event tail.
    pub tail: Viewport,
    /// The help.
    pub help: Viewport,
    /// The view that lies over the panes.
    pub view: Viewport,
    /// What lies where.
    pub targets: HitMap,
}

impl LastFrame {
    /// The same sights, as long as nothing else is drawn, and nothing that the mouse could hit.
    #[must_use]
    pub fn without_targets(&self) -> Self {
        Self {
            targets: HitMap::default(),
            tree: self.tree,
            detail: self.detail,
            tail: self.tail,
            help: self.help,
            view: self.view,
        }
    }
}

/// What decides which part of a list or text is in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScrollMode {
    /// The cursor: whoever uses keys wants to see what they move.
    #[default]
    Cursor,
    /// The person's mouse: what is in sight stays, wherever the cursor is.
    Free,
}

/// So many rows around the cursor stay in sight.
const SIGHT: usize = 2;

/// The part of a list or text that is in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewport {
    /// Rows in sight.
    pub height: usize,
    /// The first one.
    pub offset: usize,
    /// Rows in all.
    pub len: usize,
}

impl Viewport {
    /// The part that keeps `cursor` in sight and moves no more than it must.
    ///
    /// A few rows before and after the cursor stay in sight too, so that one sees what is next.
    pub fn around(cursor: Option<usize>, offset: usize, height: usize, len: usize) -> Self {
        if height == 0 {
            return Self {
                height,
                offset: 0,
                len,
            };
        }
        let furthest = len.saturating_sub(height);
        let mut offset = offset.min(furthest);
        if let Some(cursor) = cursor.map(|cursor| cursor.min(len.saturating_sub(1))) {
            let margin = (height.saturating_sub(1) / 2).min(SIGHT);
            offset = offset.min(cursor.saturating_sub(margin));
            let below = cursor.saturating_add(margin).min(len.saturating_sub(1));
            if below >= offset.saturating_add(height) {
                offset = below.saturating_add(1).saturating_sub(height);
            }
        }
        Self { height, offset, len }
    }

    /// The part around the cursor, or the one that the mouse left in sight.
    pub fn seen(
        scroll_mode: ScrollMode,
        cursor: Option<usize>,
        offset: usize,
        height: usize,
        len: usize,
    ) -> Self {
        Self::around(
            cursor.filter(|_| scroll_mode == ScrollMode::Cursor),
            offset,
            height,
            len,
        )
    }

    /// The first row in sight after so many rows up or down.
    pub fn scrolled(&self, rows: usize, down: bool) -> usize {
        let to = if down {
            self.offset.saturating_add(rows)
        } else {
            self.offset.saturating_sub(rows)
        };
        to.min(self.len.saturating_sub(self.height))
    }

    /// The indices in sight.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset.saturating_add(self.height).min(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewport_moves_no_more_than_it_must() {
        let offset = |cursor, offset| Viewport::around(cursor, offset, 5, 20).offset;
        assert_eq!(offset(Some(2), 0), 0);
        assert_eq!(offset(Some(5), 0), 3);
        assert_eq!(offset(Some(2), 4), 0);
        assert_eq!(offset(Some(99), 0), 15);
        assert_eq!(offset(None, 99), 15);
        assert_eq!(Viewport::around(Some(0), 3, 0, 0).range(), 0..0);
    }
}
