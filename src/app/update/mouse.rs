//! The mouse: what lies under it is what the last frame drew there.
//!
//! A click on a row selects it, on the selected one enters it; on a tab shows it, on a fold turns it, beside what
//! lies on top closes that. The wheel scrolls what is under it and selects nothing. The line between two panes
//! is dragged.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Motion;
use crate::app::input::place::{Fold, Follow, HitTarget, Pane, RowKey, ScrollMode, TailKey, View, Viewport};
use crate::app::input::prompt::PromptPurpose;
use crate::app::state::effect::{Effect, HostEffect, Memory};
use crate::app::state::message::{Edit, MouseAction, MouseEvent};
use crate::app::state::overlay::Overlay;
use crate::app::state::{App, Mouse};
use crate::app::view::list_view::ListView;
use crate::domain::model::stack::StackId;

/// The wheel scrolls by so many rows.
const WHEEL: usize = 3;

impl App {
    /// The mouse does something.
    pub(super) fn handle_mouse(&mut self, pointer: MouseEvent, now: DateTime<Utc>) -> Vec<Effect> {
        match pointer.does {
            MouseAction::Press => self.press_button(pointer, now),
            MouseAction::Drag => {
                if let Mouse::Drags(divider) = self.screen.mouse {
                    let splits = self.screen.splits.moved(divider, pointer.column, pointer.row);
                    if splits != self.screen.splits {
                        self.screen.splits = splits;
                        self.changed();
                    }
                }
                Vec::new()
            }
            MouseAction::Release => {
                if matches!(self.screen.mouse, Mouse::Drags(_)) {
                    self.screen.mouse = Mouse::Captured;
                    return vec![Effect::Host(HostEffect::Remember(Memory::Splits(
                        self.screen.splits,
                    )))];
                }
                Vec::new()
            }
            MouseAction::WheelDown => self.turn_wheel(pointer, true, now),
            MouseAction::WheelUp => self.turn_wheel(pointer, false, now),
        }
    }

    fn press_button(&mut self, pointer: MouseEvent, now: DateTime<Utc>) -> Vec<Effect> {
        self.changed();
        self.screen.keyboard.pending.clear();
        let spots = self.screen.drawn.spots.at(pointer.column, pointer.row);
        let spots: Vec<HitTarget> = spots.cloned().collect();
        if let Some(effects) = self.press_on_top(&spots, now) {
            return effects;
        }
        // What is clicked stays under the pointer, so that a second click hits it, too.
        self.screen.sight = ScrollMode::Free;
        let pane = spots.iter().find_map(|spot| match spot {
            HitTarget::Pane(pane) => Some(*pane),
            _ => None,
        });
        let was_here = pane.is_none_or(|pane| self.screen.focus.pane() == pane);
        if let Some(pane) = pane {
            self.screen.focus = self.screen.focus.on(pane);
        }
        let row = spots.iter().find_map(|spot| match spot {
            HitTarget::Row(key) => Some(key.clone()),
            _ => None,
        });
        match spots.into_iter().next() {
            Some(HitTarget::Tab(tab)) => self.show_tab(tab),
            Some(HitTarget::Moment(thousandths)) => self.seek(thousandths, now),
            Some(HitTarget::Says(intent)) => return self.apply_intent(intent, now),
            Some(HitTarget::Divider(divider)) => self.screen.mouse = Mouse::Drags(divider),
            Some(HitTarget::Fold(stack)) => self.turn_fold(stack, row.as_ref()),
            Some(HitTarget::Row(key)) => return self.press_row(key, was_here, now),
            Some(HitTarget::Event(key)) => return self.press_event(key, was_here, now),
            Some(HitTarget::Block(index)) => return self.press_block(index, was_here, now),
            Some(HitTarget::Entry(index)) => return self.press_entry(index, now),
            Some(HitTarget::Pane(_) | HitTarget::View | HitTarget::Popup | HitTarget::Choice(_)) | None => {}
        }
        Vec::new()
    }

    /// What a click means while something lies on top; none if it goes through to what is below.
    fn press_on_top(&mut self, spots: &[HitTarget], now: DateTime<Utc>) -> Option<Vec<Effect>> {
        let beside = !spots.contains(&HitTarget::Popup);
        match &mut self.screen.overlay {
            Overlay::None => return None,
            // Who clicks elsewhere has typed enough; what was typed stays.
            Overlay::Typing { .. } => {
                self.screen.overlay = Overlay::None;
                return None;
            }
            Overlay::Prompt(prompt) if prompt.about != PromptPurpose::Intents => return None,
            Overlay::Prompt(prompt) => {
                if let Some(HitTarget::Choice(index)) = spots.first() {
                    prompt.chosen = *index;
                    return Some(super::typing::edit(self, Edit::Accept, now));
                }
            }
            Overlay::Help { .. } | Overlay::OwnLog(_) => {}
        }
        if beside {
            self.screen.overlay = Overlay::None;
        }
        Some(Vec::new())
    }

    /// The stack of a row is folded or unfolded.
    fn turn_fold(&mut self, stack: StackId, row: Option<&RowKey>) {
        let Some(watched) = self.shown_mut() else { return };
        let index = row.and_then(|key| watched.tree().index_of(key));
        let fold = index.and_then(|index| watched.row(index)?.fold);
        let turned = match fold {
            Some(Fold::Open) => Fold::Closed,
            Some(Fold::Closed) => Fold::Open,
            None => return,
        };
        watched.set_fold(stack, turned);
    }

    fn press_row(&mut self, key: RowKey, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(watched) = self.shown_mut() else {
            return Vec::new();
        };
        let selected = watched.tree().key(watched.selected_index()).as_ref() == Some(&key);
        watched.choose(key);
        if selected && was_here {
            return self.enter(now);
        }
        Vec::new()
    }

    fn press_event(&mut self, key: TailKey, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(watched) = self.shown_mut() else {
            return Vec::new();
        };
        let paused = watched.place.tail.follow != Follow::Newest;
        let at_cursor = watched.tail().index_of(&key) == Some(watched.tail_index());
        let known = match watched.place.tail.follow {
            Follow::Paused { known, .. } => known,
            Follow::Newest => watched.tail().all(),
        };
        watched.place.tail.follow = Follow::Paused { at: key, known };
        if at_cursor && paused && was_here {
            return self.enter(now);
        }
        Vec::new()
    }

    fn press_block(&mut self, index: usize, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(watched) = self.shown_mut() else {
            return Vec::new();
        };
        let chosen = watched.place.detail.cursor.replace(index) == Some(index);
        if chosen && was_here {
            return self.enter(now);
        }
        Vec::new()
    }

    /// A block of the list over the panes, or a row of the home screen.
    fn press_entry(&mut self, index: usize, now: DateTime<Utc>) -> Vec<Effect> {
        if let Some(home) = &mut self.screen.home {
            if home.chosen_index() == index {
                return self.open_chosen();
            }
            home.choose(index);
            return Vec::new();
        }
        let before = self.shown().and_then(|watched| watched.place.ledger.cursor);
        let at = ListView::of(self, now).and_then(|ledger| ledger.page.cursor(before));
        if let Some(watched) = self.shown_mut() {
            watched.place.ledger.cursor = Some(index);
        }
        if at == Some(index) {
            return self.enter(now);
        }
        Vec::new()
    }

    fn turn_wheel(&mut self, pointer: MouseEvent, down: bool, now: DateTime<Utc>) -> Vec<Effect> {
        let motion = if down { Motion::Next } else { Motion::Previous };
        match &mut self.screen.overlay {
            Overlay::Help { offset } => {
                *offset = self.screen.drawn.help.scrolled(WHEEL, down);
                self.changed();
                return Vec::new();
            }
            Overlay::OwnLog(log) => {
                let drawn = self.screen.drawn.help;
                let to = drawn.scrolled(WHEEL, down);
                log.offset = (to.saturating_add(drawn.height) < drawn.len).then_some(to);
                self.changed();
                return Vec::new();
            }
            Overlay::Prompt(prompt) if prompt.about == PromptPurpose::Intents => {
                return self.apply_intent(crate::app::Intent::Go(motion), now);
            }
            Overlay::None | Overlay::Typing { .. } | Overlay::Prompt(_) => {}
        }
        let mut spots = self.screen.drawn.spots.at(pointer.column, pointer.row);
        let ground = spots
            .find(|spot| matches!(spot, HitTarget::Pane(_) | HitTarget::View))
            .cloned();
        drop(spots);
        match ground {
            Some(HitTarget::Pane(pane)) => self.scroll_pane(pane, down),
            Some(_) => self.scroll_view(down),
            None => return Vec::new(),
        }
        self.screen.sight = ScrollMode::Free;
        self.changed();
        Vec::new()
    }

    fn scroll_pane(&mut self, pane: Pane, down: bool) {
        let (tree, detail, tail) = {
            let drawn = &self.screen.drawn;
            (drawn.tree, drawn.detail, drawn.tail)
        };
        let Some(watched) = self.shown_mut() else { return };
        let place = &mut watched.place;
        match pane {
            Pane::Resources => place.tree.offset = tree.scrolled(WHEEL, down),
            Pane::Detail => match &mut place.detail.record {
                Some(record) => record.offset = detail.scrolled(WHEEL, down),
                None => place.detail.offset = detail.scrolled(WHEEL, down),
            },
            Pane::Events => watched.scroll_tail(tail, down),
        }
    }

    /// The timeline, a list over the panes, a record on top of it, the home screen.
    fn scroll_view(&mut self, down: bool) {
        let (tree, detail, view) = {
            let drawn = &self.screen.drawn;
            (drawn.tree, drawn.detail, drawn.view)
        };
        if let Some(home) = &mut self.screen.home {
            home.offset = tree.scrolled(WHEEL, down);
            return;
        }
        let shown = self.screen.view;
        let Some(watched) = self.shown_mut() else { return };
        let place = &mut watched.place;
        match (shown, &mut place.detail.record) {
            (View::Session, _) => {}
            (View::Timeline, _) => place.timeline.offset = view.scrolled(WHEEL, down),
            (View::Actors | View::Attempts | View::Compare, Some(record)) => {
                record.offset = detail.scrolled(WHEEL, down);
            }
            (View::Actors | View::Attempts | View::Compare, None) => {
                place.ledger.offset = view.scrolled(WHEEL, down);
            }
        }
    }
}

impl crate::app::state::Watched {
    /// Scrolling up rests at the last line in sight; at the end it follows again.
    fn scroll_tail(&mut self, drawn: Viewport, down: bool) {
        let offset = drawn.scrolled(WHEEL, down);
        let height = drawn.height.max(1);
        if offset.saturating_add(height) >= self.tail().len() {
            self.place.tail.follow = Follow::Newest;
            return;
        }
        let known = match self.place.tail.follow {
            Follow::Paused { known, .. } => known,
            Follow::Newest => self.tail().all(),
        };
        let last = offset.saturating_add(height).saturating_sub(1);
        if let Some(at) = self.tail().key(last) {
            self.place.tail.follow = Follow::Paused { at, known };
        }
        self.place.tail.offset = offset;
    }
}
