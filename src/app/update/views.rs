//! Moving about in the views that take the place of the panes: the timeline and the lists.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Motion;
use crate::app::input::place::{
    AttemptChoice, Follow, LedgerPlace, OpenRecord, Pane, ScrollMode, Selection, View,
};
use crate::app::layout::line::{Block, Opens};
use crate::app::state::effect::Effect;
use crate::app::state::{App, Watched};
use crate::app::view::list_view::ListView;

impl App {
    /// Goes to a view, or back from it to the panes.
    pub(super) fn look(&mut self, view: View, now: DateTime<Utc>) {
        if self.shown().is_none() {
            self.notice("nothing has happened yet".to_owned(), now);
            return;
        }
        let same = self.screen.view == view;
        self.screen.view = if same { View::Session } else { view };
        if let Some(watched) = self.shown_mut() {
            watched.place.ledger = LedgerPlace::default();
            watched.place.detail.record = None;
            if !matches!(view, View::Session | View::Timeline) {
                // What was searched for in the detail pane is not meant here.
                watched.place.detail.search.clear();
            }
        }
    }

    /// A record is open on top of a view.
    pub(super) fn is_reading(&self) -> bool {
        self.shown()
            .is_some_and(|watched| watched.place.detail.record.is_some())
    }

    /// A movement in the view, if one is shown.
    pub(super) fn go_in_view(&mut self, motion: Motion, now: DateTime<Utc>) -> bool {
        match self.screen.view {
            View::Session => return false,
            View::Timeline => self.go_in_rows(motion, self.screen.drawn.view.height),
            View::Actors | View::Attempts | View::Compare if self.is_reading() => {
                self.go_in_detail(motion, now);
            }
            View::Actors | View::Attempts | View::Compare => self.go_in_ledger(motion, now),
        }
        true
    }

    fn go_in_ledger(&mut self, motion: Motion, now: DateTime<Utc>) {
        let drawn = self.screen.drawn.view;
        let Some(ledger) = ListView::of(self, now) else {
            return;
        };
        let selectable: Vec<usize> = ledger.page.selectable().collect();
        let Some(watched) = self.shown_mut() else { return };
        let place = &mut watched.place.ledger;
        let at = ledger
            .page
            .cursor(place.cursor)
            .and_then(|cursor| selectable.iter().position(|index| *index == cursor));
        let to = at.map(|at| motion.apply(at, selectable.len(), drawn.height));
        match (at, to) {
            (Some(at), Some(to)) if to != at => place.cursor = selectable.get(to).copied(),
            _ => {
                let furthest = drawn.len.saturating_sub(drawn.height) + 1;
                place.offset = motion.apply(place.offset, furthest, drawn.height);
                self.screen.sight = ScrollMode::Free;
            }
        }
    }

    /// Earlier or later in the timeline, if it is shown.
    pub(super) fn pan(&mut self, later: bool, now: DateTime<Utc>) -> bool {
        if self.screen.view != View::Timeline {
            return self.screen.view != View::Session;
        }
        let moment = self.moment(now);
        if let Some(watched) = self.shown_mut()
            && let (Some(window), Some(whole)) = (watched.window(moment), watched.whole(moment))
        {
            let panned = window.panned(later, whole);
            watched.place.timeline.window = (panned != whole).then_some((panned.from, panned.to));
        }
        true
    }

    /// A closer look at the time around the selected row, or a wider one; none for all of it.
    pub(super) fn zoom_time(&mut self, closer: Option<bool>, now: DateTime<Utc>) {
        if self.screen.view != View::Timeline {
            self.look(View::Timeline, now);
        }
        let moment = self.moment(now);
        let Some(watched) = self.shown_mut() else { return };
        let (Some(window), Some(whole)) = (watched.window(moment), watched.whole(moment)) else {
            return;
        };
        let zoomed = match closer {
            Some(closer) => {
                let middle = window.from + window.length() / 2;
                let around = watched.middle_of_selected(moment).filter(|at| window.holds(*at));
                window.zoomed(closer, around.unwrap_or(middle), whole)
            }
            None => whole,
        };
        watched.place.timeline.window = (zoomed != whole).then_some((zoomed.from, zoomed.to));
    }

    /// Goes into what is selected in the view, if one is shown.
    pub(super) fn enter_view(&mut self, now: DateTime<Utc>) -> Option<Vec<Effect>> {
        match self.screen.view {
            View::Session => return None,
            View::Timeline => {
                self.screen.view = View::Session;
                self.screen.focus = self.screen.focus.on(Pane::Detail);
                if let Some(watched) = self.shown_mut()
                    && let Some(row) = watched.selected_row()
                {
                    watched.choose(row.key);
                }
            }
            View::Actors | View::Attempts | View::Compare if self.is_reading() => {}
            View::Actors | View::Attempts | View::Compare => {
                let opens = self.ledger_block(now).and_then(|block| block.opens);
                self.open_from_ledger(opens, now);
            }
        }
        Some(Vec::new())
    }

    fn open_from_ledger(&mut self, opens: Option<Opens>, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        match opens {
            Some(Opens::Record(event_id)) => {
                watched.place.detail.record = Some(OpenRecord::new(event_id));
            }
            Some(Opens::Row(key)) => {
                watched.reveal(key);
                self.screen.view = View::Session;
                self.screen.focus = self.screen.focus.on(Pane::Detail);
            }
            Some(Opens::Attempt(number)) => {
                self.choose_attempt(number, now);
                self.screen.view = View::Session;
            }
            Some(Opens::Nothing | Opens::Copy(_) | Opens::LogLine { .. } | Opens::Tab(_)) | None => {}
        }
    }

    /// The block under the cursor of the list that is shown.
    pub(super) fn ledger_block(&self, now: DateTime<Utc>) -> Option<Block> {
        let ledger = ListView::of(self, now)?;
        let cursor = ledger.page.cursor(self.shown()?.place.ledger.cursor)?;
        ledger.page.blocks.get(cursor).cloned()
    }

    /// Comes out of a view, if one is shown.
    pub(super) fn leave_view(&mut self) -> bool {
        if self.screen.view == View::Session {
            return false;
        }
        let timeline = self.screen.view == View::Timeline;
        if let Some(watched) = self.shown_mut() {
            let reading = watched.place.detail.record.take().is_some();
            if !timeline && !reading && !watched.place.detail.search.is_empty() {
                watched.place.detail.search.clear();
                return true;
            }
            let filtered = timeline && !watched.place.tree.filter.is_empty();
            if filtered {
                watched.place.tree.filter.clear();
                watched.rearrange();
            }
            if reading || filtered {
                return true;
            }
        }
        self.screen.view = View::Session;
        true
    }

    /// Looks at another attempt.
    pub(super) fn choose_attempt(&mut self, number: u32, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let all = watched.diagnosis.attempts.list().len();
        let judged = watched.diagnosis.headline_attempt();
        let newest = judged.is_some_and(|judged| judged.number == number);
        watched.place.attempt = if newest {
            AttemptChoice::Newest
        } else {
            AttemptChoice::Number(number)
        };
        watched.place.tree.selection = Selection::Unset;
        watched.place.tail.follow = Follow::Newest;
        watched.place.timeline.window = None;
        watched.place.detail.rewind();
        watched.rearrange();
        self.notice(format!("attempt {number} of {all}"), now);
    }
}

impl Watched {
    fn middle_of_selected(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let row = self.selected_row()?;
        let from = row.started_at?;
        let to = row.ended_at.unwrap_or(moment);
        Some(from + (to - from) / 2)
    }
}
