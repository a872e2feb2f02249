//! Clicks: on a row it is selected, on the selected one it is entered; on a tab it is shown.

use chrono::{DateTime, Utc};

use crate::app::effect::Effect;
use crate::app::intent::Intent;
use crate::app::place::{Area, Overlay, Pane, Tab};
use crate::app::state::App;

impl App {
    /// Somebody clicks there.
    pub(super) fn click(&mut self, column: u16, row: u16, now: DateTime<Utc>) -> Vec<Effect> {
        match self.screen.overlay {
            Overlay::None => {}
            // A click beside it closes what lies on top; it never types.
            Overlay::Help { .. } => return self.obey(Intent::Back, now),
            _ => return Vec::new(),
        }
        self.changed();
        if self.screen.home.is_some() {
            return self.click_at_home(column, row);
        }
        let drawn = self.screen.drawn;
        let on_tab = |(_, area): &(Tab, &Area)| area.has(column, row);
        if let Some((tab, _)) = Tab::ALL.into_iter().zip(&drawn.places.tabs).find(on_tab) {
            self.show_tab(tab);
            return Vec::new();
        }
        let places = [
            (Pane::Resources, drawn.places.resources),
            (Pane::Detail, drawn.places.detail),
            (Pane::Events, drawn.places.events),
        ];
        let Some((pane, area)) = places.into_iter().find(|(_, area)| area.has(column, row)) else {
            return Vec::new();
        };
        self.screen.focus = self.screen.focus.on(pane);
        let line = usize::from(row.saturating_sub(area.top));
        match pane {
            Pane::Resources => self.click_row(drawn.tree.offset + line, now),
            Pane::Events => {
                self.click_event(drawn.tail.offset + line);
                Vec::new()
            }
            Pane::Detail => Vec::new(),
        }
    }

    fn click_at_home(&mut self, column: u16, row: u16) -> Vec<Effect> {
        let drawn = self.screen.drawn;
        let Some(home) = &mut self.screen.home else {
            return Vec::new();
        };
        let area = drawn.places.resources;
        if !area.has(column, row) {
            return Vec::new();
        }
        let line = drawn.tree.offset + usize::from(row.saturating_sub(area.top));
        let Some(index) = home.row_on(line) else {
            return Vec::new();
        };
        if home.chosen_index() == index {
            return self.open_chosen();
        }
        home.choose(index);
        Vec::new()
    }

    fn click_row(&mut self, index: usize, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(watched) = self.shown_mut() else {
            return Vec::new();
        };
        if watched.selected_index() == index {
            return self.enter(now);
        }
        if let Some(key) = watched.tree().key(index) {
            watched.choose(key);
        }
        Vec::new()
    }
}
