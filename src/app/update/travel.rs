//! Moving about: selections, folds, panes, tabs, failures, matches.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Motion;
use crate::app::input::place::{Fold, Follow, Pane, RowKey, ScrollMode, Selection, Tab, TreeShow, View};
use crate::app::layout::events::Shows;
use crate::app::layout::line::TextPage;
use crate::app::layout::tree::key_of;
use crate::app::state::{App, Watched};
use crate::app::view::detail::Detail;
use crate::app::view::list_view::ListView;
use crate::domain::model::event::StackEvent;

impl App {
    pub(super) fn go(&mut self, motion: Motion, now: DateTime<Utc>) {
        if self.go_in_view(motion, now) {
            return;
        }
        match self.screen.focus.pane() {
            Pane::Resources => self.go_in_rows(motion, self.screen.drawn.tree.height),
            Pane::Events => self.go_in_tail(motion),
            Pane::Detail => self.go_in_detail(motion, now),
        }
    }

    pub(super) fn go_in_rows(&mut self, motion: Motion, page: usize) {
        if let Some(watched) = self.shown_mut() {
            let to = motion.apply(watched.selected_index(), watched.tree().len(), page);
            if let Some(key) = watched.tree().key(to) {
                watched.choose(key);
            }
        }
    }

    fn go_in_tail(&mut self, motion: Motion) {
        let page = self.screen.drawn.tail.height;
        let Some(watched) = self.shown_mut() else { return };
        let len = watched.tail().len();
        let at = watched.tail_index();
        let to = motion.apply(at, len, page);
        let downwards = to > at || matches!(motion, Motion::Last);
        self.rest_at_event(to, downwards);
    }

    /// The tail rests there, or follows on where that is the end and it was come to downwards.
    fn rest_at_event(&mut self, to: usize, downwards: bool) {
        let Some(watched) = self.shown_mut() else { return };
        let last = to + 1 >= watched.tail().len();
        let known = match watched.place.tail.follow {
            Follow::Paused { known, .. } => known,
            Follow::Newest => watched.tail().all(),
        };
        let key = watched.tail().key(to);
        watched.place.tail.follow = match key {
            Some(at) if !(last && downwards) => Follow::Paused { at, known },
            _ => Follow::Newest,
        };
    }

    pub(super) fn go_in_detail(&mut self, motion: Motion, now: DateTime<Utc>) {
        let drawn = self.screen.drawn.detail;
        let Some(detail) = Detail::of(self, now) else {
            return;
        };
        let selectable: Vec<usize> = detail.page.selectable().collect();
        let Some(watched) = self.shown_mut() else { return };
        let place = &mut watched.place.detail;
        let furthest = drawn.len.saturating_sub(drawn.height) + 1;
        if let Some(record) = &mut place.record {
            record.offset = motion.apply(record.offset, furthest, drawn.height);
            record.found = None;
            return;
        }
        let at = detail
            .cursor(place.cursor)
            .and_then(|cursor| selectable.iter().position(|index| *index == cursor));
        let step = matches!(
            motion,
            Motion::Next | Motion::Previous | Motion::First | Motion::Last
        );
        let to = at.map(|at| motion.apply(at, selectable.len(), drawn.height));
        match (at, to) {
            (Some(at), Some(to)) if to != at && (step || selectable.len() > drawn.height) => {
                place.cursor = selectable.get(to).copied();
            }
            _ => {
                place.offset = motion.apply(place.offset, furthest, drawn.height);
                place.cursor = place
                    .cursor
                    .or_else(|| at.and_then(|at| selectable.get(at).copied()));
                // The text is gone through, not its blocks: one may be longer than the pane.
                self.screen.sight = ScrollMode::Free;
            }
        }
    }

    /// Closes or opens the stack under the cursor; goes to the tab beside in the detail pane.
    pub(super) fn fold(&mut self, open: bool, now: DateTime<Utc>) {
        if self.pan(open, now) {
            return;
        }
        if self.screen.focus.pane() == Pane::Events {
            self.fold_followers(open);
            return;
        }
        if self.screen.focus.pane() == Pane::Detail {
            let tab = self.shown().map(|watched| watched.place.detail.tab.step(open));
            if let Some(tab) = tab {
                self.show_tab(tab);
            }
            return;
        }
        if self.screen.focus.pane() != Pane::Resources {
            return;
        }
        let Some(watched) = self.shown_mut() else { return };
        let Some(row) = watched.selected_row() else {
            return;
        };
        match (row.fold, row.child, open) {
            (Some(Fold::Open), Some(child), false) => watched.set_fold(child, Fold::Closed),
            (Some(Fold::Closed), Some(child), true) => watched.set_fold(child, Fold::Open),
            (Some(Fold::Open), _, true) => self.go(Motion::Next, now),
            (_, _, false) if row.depth > 0 => {
                let tree = watched.tree();
                let above = tree.above(watched.selected_index());
                if let Some(key) = above.and_then(|above| tree.key(above)) {
                    watched.choose(key);
                }
            }
            _ => {}
        }
    }

    fn fold_followers(&mut self, open: bool) {
        let Some(watched) = self.shown_mut() else { return };
        let index = watched.tail_index();
        let folded = watched.tail().line(index).map(|line| line.shows);
        if matches!(folded, Some(Shows::Followers { .. }))
            && let Some(event) = watched.tail().event(index).cloned()
        {
            watched.unfold_followers(&event, open);
        }
    }

    pub(super) fn focus_step(&mut self, forward: bool) {
        if self.screen.view != View::Session {
            self.screen.view = View::Session;
            return;
        }
        let focus = self.screen.focus;
        self.screen.focus = focus.on(focus.pane().step(forward));
    }

    pub(super) fn show_tab(&mut self, tab: Tab) {
        self.screen.view = View::Session;
        if let Some(watched) = self.shown_mut() {
            watched.place.detail.turn_to(tab);
        }
        self.screen.focus = self.screen.focus.on(Pane::Detail);
    }

    pub(super) fn next_failure(&mut self, forward: bool, now: DateTime<Utc>) {
        if self.screen.view != View::Timeline {
            self.screen.view = View::Session;
        }
        let Some(watched) = self.shown_mut() else { return };
        let keys: Vec<RowKey> = watched
            .findings()
            .filter(|(_, finding)| finding.failure.is_root())
            .map(|(_, finding)| key_of(&watched.session, &finding.failure.event))
            .collect();
        let selected = watched.selected_row().map(|row| row.key);
        let at = keys.iter().position(|key| Some(key) == selected.as_ref());
        let to = match (at, forward) {
            (Some(at), true) => (at + 1) % keys.len().max(1),
            (Some(at), false) => at.checked_sub(1).unwrap_or_else(|| keys.len().saturating_sub(1)),
            (None, true) => 0,
            (None, false) => keys.len().saturating_sub(1),
        };
        match keys.get(to) {
            Some(key) => {
                let key = key.clone();
                watched.reveal(key);
                watched.place.detail.turn_to(Tab::Cause);
            }
            None => self.notice("nothing has failed in this attempt".to_owned(), now),
        }
    }

    /// The pane whose filter or search is typed. The timeline's rows are those of the tree; a list over the
    /// panes is searched as the detail pane is.
    pub(super) fn searched(&self) -> Pane {
        match self.screen.view {
            View::Session => self.screen.focus.pane(),
            View::Timeline => Pane::Resources,
            View::Actors | View::Attempts | View::Compare => Pane::Detail,
        }
    }

    /// The next row or event that the text shows, or the next block of the detail pane or the list that has it.
    pub(super) fn next_match(&mut self, forward: bool, now: DateTime<Utc>) {
        if self.searched_for().is_none() {
            // Without a search it goes nowhere, and says so.
            return;
        }
        let search = self
            .shown()
            .map(|watched| watched.place.detail.search.to_lowercase());
        let Some(wanted) = search.filter(|wanted| self.searched() == Pane::Detail && !wanted.is_empty())
        else {
            let motion = if forward { Motion::Next } else { Motion::Previous };
            self.go(motion, now);
            return;
        };
        let found = if self.is_reading() || self.screen.view == View::Session {
            self.next_in_detail(&wanted, forward, now)
        } else {
            self.next_in_ledger(&wanted, forward, now)
        };
        if !found {
            self.notice(format!("`{wanted}` is not in here"), now);
        }
    }

    fn next_in_detail(&mut self, wanted: &str, forward: bool, now: DateTime<Utc>) -> bool {
        let Some(detail) = Detail::of(self, now) else {
            return false;
        };
        let Some(watched) = self.shown_mut() else {
            return false;
        };
        let place = &mut watched.place.detail;
        match &mut place.record {
            Some(record) => {
                let all = 0..detail.page.blocks.len();
                let next = next_of(&detail.page, all, (wanted, record.found), forward);
                record.found = next.or(record.found);
                next.is_some()
            }
            None => {
                let at = detail.cursor(place.cursor);
                let next = next_of(&detail.page, detail.page.selectable(), (wanted, at), forward);
                place.cursor = next.or(place.cursor);
                next.is_some()
            }
        }
    }

    fn next_in_ledger(&mut self, wanted: &str, forward: bool, now: DateTime<Utc>) -> bool {
        let Some(ledger) = ListView::of(self, now) else {
            return false;
        };
        let Some(watched) = self.shown_mut() else {
            return false;
        };
        let place = &mut watched.place.ledger;
        let at = ledger.page.cursor(place.cursor);
        let next = next_of(&ledger.page, ledger.page.selectable(), (wanted, at), forward);
        place.cursor = next.or(place.cursor);
        next.is_some()
    }
}

/// The next of these blocks that has the text, or the one before; after the last comes the first.
fn next_of(
    page: &TextPage,
    blocks: impl Iterator<Item = usize>,
    (wanted, at): (&str, Option<usize>),
    forward: bool,
) -> Option<usize> {
    let has = |index: &usize| {
        let block = page.blocks.get(*index);
        block.is_some_and(|block| block.plain_text().to_lowercase().contains(wanted))
    };
    let found: Vec<usize> = blocks.filter(has).collect();
    let next = if forward {
        let mut after = found.iter().filter(|index| Some(**index) > at);
        after.next().or_else(|| found.first())
    } else {
        let mut before = found.iter().rev().filter(|index| Some(**index) < at);
        before.next().or_else(|| found.last())
    };
    next.copied()
}

impl Watched {
    /// The person selects a row.
    pub(in crate::app) fn choose(&mut self, key: RowKey) {
        if self.place.tree.selection.key() != Some(&key) {
            self.place.detail.rewind();
        }
        self.place.tree.selection = Selection::Chosen(key);
    }

    /// The person selects a row that may be folded away or filtered out.
    pub(in crate::app) fn reveal(&mut self, key: RowKey) {
        let place = &mut self.place.tree;
        let filtered = !place.filter.is_empty() || place.show != TreeShow::All;
        let mut hidden = filtered;
        place.filter.clear();
        place.show = TreeShow::All;
        let mut unfolded = false;
        for stack in self.tree().around(&key) {
            let before = self.place.tree.folds.insert(stack, Fold::Open);
            hidden |= before != Some(Fold::Open);
            unfolded |= before.is_some_and(|before| before != Fold::Open);
        }
        // What is in sight already need not be looked for.
        let shown = self.tree().index_of(&key);
        let found = shown.and_then(|index| self.tree().key(index)).as_ref() == Some(&key);
        self.choose(key);
        if filtered || unfolded || (hidden && !found) {
            self.rearrange_tree();
        }
    }

    /// Lists what only follows from a failure below it in the tail, or folds it.
    pub(in crate::app) fn unfold_followers(&mut self, root: &StackEvent, open: bool) {
        let key = (root.stack_id.clone(), root.event_id.clone());
        if open {
            self.place.tail.unfolded.insert(key);
        } else {
            self.place.tail.unfolded.remove(&key);
        }
        self.rearrange_tail();
    }

    pub(super) fn set_fold(&mut self, stack: crate::domain::model::stack::StackId, fold: Fold) {
        self.place.tree.folds.insert(stack, fold);
        self.rearrange_tree();
    }

    /// The index of the event under the cursor: the newest while following.
    pub fn tail_index(&self) -> usize {
        let newest = self.tail().len().saturating_sub(1);
        match &self.place.tail.follow {
            Follow::Newest => newest,
            Follow::Paused { at, .. } => self.tail().index_of(at).unwrap_or(newest),
        }
    }
}
