//! The one door to the state: messages in, effects out.

mod home;
mod mouse;
mod open;
mod own_log;
mod play;
mod silent;
mod travel;
mod typing;
mod views;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::state::{App, Attention, DiagnosisPace, Extent, Focus, Greeting, Mode, Mouse, Watched};
use crate::app::input::intent::Intent;
use crate::app::input::keys::{Answer, Key, Named};
use crate::app::input::place::{Follow, HitTarget, Notice, Pane, ScrollMode, Selection, View, Wrap};
use crate::app::input::prompt::{Prompt, PromptPurpose};
use crate::app::state::effect::{Destination, Effect, HostEffect, Memory, TerminalEffect};
use crate::app::state::message::{Message, Restored};
use crate::app::state::overlay::Overlay;
use crate::app::view::transcript;
use crate::clean;
use crate::domain::model::fact::Recorded;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::{Clean, CleanText};
use crate::domain::session::Session;

/// How a stack came to its end, in a few words.
fn ending(watched: &Watched) -> Option<Clean> {
    let status = watched.session.root_history()?.status()?;
    let name = watched.session.root().name();
    Some(clean!(
        "{name}: {}",
        crate::app::layout::words::status_word(status)
    ))
}

impl App {
    /// Takes in what happened and says what must be done.
    pub fn update(&mut self, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
        self.update_all([message], now)
    }

    /// Takes in several messages, in their order, and computes what they change only once.
    pub fn update_all(
        &mut self,
        messages: impl IntoIterator<Item = Message>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut typed = false;
        self.play_on(now);
        for message in messages {
            let keys = matches!(message, Message::Key(_) | Message::Intent(_) | Message::Edit(_));
            if keys {
                self.screen.sight = ScrollMode::Cursor;
                effects.extend(self.greeted());
            }
            typed |= keys || matches!(message, Message::Mouse(_));
            effects.extend(self.take(message, now, typed));
        }
        if self
            .screen
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until <= now)
        {
            self.screen.notice = None;
            self.changed();
        }
        self.refresh(now, typed);
        effects.extend(self.investigate(now));
        effects
    }

    /// Whoever presses a key has seen the hint for newcomers; it never comes again.
    fn greeted(&mut self) -> Option<Effect> {
        let greeting = std::mem::take(&mut self.screen.greeting);
        (greeting == Greeting::Due).then(|| {
            self.changed();
            Effect::Host(HostEffect::Remember(Memory::Greeted))
        })
    }

    /// Takes in one message.
    fn take(&mut self, message: Message, now: DateTime<Utc>, typed: bool) -> Vec<Effect> {
        match message {
            Message::Facts {
                root,
                facts,
                ends,
                saving,
            } => {
                if self.saving != saving {
                    self.saving = saving;
                    self.changed();
                }
                let effect = self.take_facts(&root, &facts, now);
                self.inquiries_ended(&root, &ends);
                return effect.into_iter().collect();
            }
            Message::Restored(whole) => self.complete(whole),
            Message::Resumed(mode) => {
                self.mode = mode;
                self.changed();
            }
            Message::Link { origin, link } => self.take_link(origin, link, now),
            Message::Key(key) => {
                self.refresh(now, typed);
                return self.handle_key(key, now);
            }
            Message::Intent(intent) => {
                self.refresh(now, typed);
                return self.apply_intent(intent, now);
            }
            Message::Mouse(pointer) => {
                self.refresh(now, typed);
                return self.handle_mouse(pointer, now);
            }
            Message::Attention(attention) => self.screen.attention = attention,
            Message::Edit(edit) => return typing::edit(self, edit, now),
            Message::Home(news) => {
                if let Some(home) = &mut self.screen.home {
                    home.apply_news(news);
                    self.changed();
                }
            }
            Message::Notice(text) => self.notice(text, now),
            Message::NoBrowser(address) => {
                self.notice(format!("no browser here; copied {address}"), now);
                return vec![Effect::Terminal(TerminalEffect::Copy(CleanText::of(&address)))];
            }
            Message::OwnLog(lines) => self.hear_log(lines),
            Message::Tick => {
                self.changed();
                if matches!(self.screen.overlay, Overlay::OwnLog(_)) {
                    return vec![Effect::Host(HostEffect::ReadOwnLog)];
                }
            }
        }
        Vec::new()
    }

    /// Takes in facts that were saved before, all at once.
    pub fn restore(&mut self, root: &StackId, facts: &[Recorded], now: DateTime<Utc>) {
        self.take_facts(root, facts, now);
        for watched in &mut self.watched {
            watched.refresh(now);
        }
        self.changed();
    }

    /// Takes in a session that was saved before and is not on the screen yet; its facts are kept instead of
    /// copies of them.
    pub fn restore_owned(&mut self, root: StackId, facts: Vec<Recorded>) {
        let mut session = Session::replay_owned(root, facts);
        session.set_sources(Arc::clone(&self.catalog));
        self.watched.push(Watched::saved(session));
        self.changed();
    }

    /// Takes in the newest part of a saved session; the whole comes with [`Message::Restored`].
    pub fn restore_part(&mut self, root: StackId, facts: Vec<Recorded>) {
        self.restore_owned(root, facts);
        if let Some(watched) = self.watched.last_mut() {
            watched.extent = Extent::Part;
        }
    }

    fn complete(&mut self, whole: Arc<Restored>) {
        let whole = Restored::owned(whole);
        let root = whole.session.root();
        let mut watched = self.watched.iter_mut();
        if let Some(watched) = watched.find(|watched| watched.session.root() == root) {
            watched.complete(whole);
            self.changed();
        }
    }

    /// Brings what is shown up to date with the facts, the folds and the filters.
    ///
    /// Facts are folded when they come. What they say together may wait a little while somebody is at the
    /// screen: until the frame for a key is drawn, and until it is worth it while many come.
    fn refresh(&mut self, now: DateTime<Utc>, typed: bool) {
        let patient = self.pace == DiagnosisPace::Screen;
        let mut read = false;
        for watched in &mut self.watched {
            let due = watched.read_due();
            if patient && (typed || due.is_some_and(|due| due > now)) {
                watched.rearranged();
            } else {
                watched.refresh(now);
                read |= due.is_some();
            }
        }
        if read {
            self.changed();
        }
    }

    fn take_facts(&mut self, root: &StackId, facts: &[Recorded], now: DateTime<Utc>) -> Option<Effect> {
        let known = self
            .watched
            .iter()
            .position(|watched| watched.session.root() == root);
        let index = known.unwrap_or_else(|| {
            let mut watched = Watched::new(root.clone());
            watched.session.set_sources(Arc::clone(&self.catalog));
            self.watched.push(watched);
            self.watched.len() - 1
        });
        let ended = self.watched.get_mut(index).and_then(|watched| {
            let moved = watched.is_moving();
            watched.apply(facts);
            (moved && !watched.is_moving()).then(|| ending(watched)).flatten()
        });
        if known.is_none() && index > 0 {
            self.announce(index, now);
        }
        let unseen = self.mode == Mode::Live && self.screen.attention == Attention::Elsewhere;
        ended
            .filter(|_| unseen)
            .map(|words| Effect::Terminal(TerminalEffect::Notify(words)))
    }

    /// Tells of a session that has begun, and shows it if it takes the place of the one shown and the
    /// person has not settled down there.
    fn announce(&mut self, index: usize, now: DateTime<Utc>) {
        let Some(root) = self
            .watched
            .get(index)
            .map(|watched| watched.session.root().clone())
        else {
            return;
        };
        let replaces = self.shown().is_some_and(|shown| {
            let chosen = matches!(shown.place.tree.selection, Selection::Chosen(_));
            shown.session.root().name() == root.name() && !chosen
        });
        if replaces {
            self.screen.shown = index;
            self.notice(
                format!("a new stack {} has begun; {{ shows the one before", root.name()),
                now,
            );
        } else {
            self.notice(format!("{} is watched too; }} shows it", root.name()), now);
        }
    }

    fn take_link(&mut self, origin: Origin, link: SourceStatus, now: DateTime<Utc>) {
        let known = self.links.get(&origin);
        let same_kind = match (known, &link) {
            (Some(SourceStatus::Answering { .. }), SourceStatus::Answering { .. }) => true,
            (Some(SourceStatus::StatusOnly { fault, .. }), SourceStatus::StatusOnly { fault: still, .. }) => {
                fault == still
            }
            (known, link) => known == Some(link),
        };
        self.links.insert(origin, link);
        // How old the last answer is shows only while a clock runs; when to ask next shows nowhere.
        if !same_kind || self.is_running(now) {
            self.changed();
        }
    }

    fn notice(&mut self, text: impl Into<Clean>, now: DateTime<Utc>) {
        self.screen.notice = Some(Notice {
            text: text.into(),
            until: now
                .checked_add_signed(self.notices_stay)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            about_key: false,
        });
        self.changed();
    }

    /// Says why a key has changed nothing, until the next one.
    fn say_of_key(&mut self, text: String, now: DateTime<Utc>) {
        self.notice(text, now);
        if let Some(notice) = &mut self.screen.notice {
            notice.about_key = true;
        }
    }

    fn handle_key(&mut self, key: Key, now: DateTime<Utc>) -> Vec<Effect> {
        let scopes = self.scopes();
        let mut pressed = self.screen.keyboard.pending.clone();
        pressed.push(key);
        match self.screen.keyboard.press(key, scopes) {
            Answer::Says(intent) => return self.apply_intent(intent, now),
            Answer::Unfinished => self.changed(),
            // What takes back the keys before it has said enough.
            Answer::Nothing if pressed.len() > 1 && key == Key::named(Named::Esc) => self.changed(),
            Answer::Nothing => self.say_of_key(self.unbound(&pressed), now),
        }
        Vec::new()
    }

    /// Does what is wanted, or says why that changes nothing.
    fn apply_intent(&mut self, intent: Intent, now: DateTime<Utc>) -> Vec<Effect> {
        self.changed();
        let before = self.stance(now);
        let said = self.screen.notice.take().filter(|notice| !notice.about_key);
        let effects = self.obey_intent(intent, now);
        if self.screen.notice.is_none() {
            let after = self.stance(now);
            if effects.is_empty() && self.stands_still((before, after), now) {
                self.say_of_key(self.why_still(intent), now);
            } else {
                self.screen.notice = said;
            }
        }
        effects
    }

    fn obey_intent(&mut self, intent: Intent, now: DateTime<Utc>) -> Vec<Effect> {
        if let Some(effects) = self.obey_on_top(intent, now) {
            return effects;
        }
        match intent {
            Intent::Go(motion) => self.go(motion, now),
            Intent::Fold => self.fold(false, now),
            Intent::Unfold => self.fold(true, now),
            Intent::Look(view) => self.look(view, now),
            Intent::Closer => self.zoom_time(Some(true), now),
            Intent::Wider => self.zoom_time(Some(false), now),
            Intent::WholeTime => self.zoom_time(None, now),
            Intent::CycleRows => self.cycle_rows(now),
            Intent::CycleOrder => self.cycle_order(now),
            Intent::ToggleWrap => self.toggle_wrap(now),
            Intent::CycleTimes => self.cycle_times(now),
            Intent::GrowPane => return self.resize(true),
            Intent::ShrinkPane => return self.resize(false),
            Intent::Enter => return self.enter(now),
            Intent::Back => self.back(),
            Intent::NextPane => self.focus_step(true),
            Intent::PreviousPane => self.focus_step(false),
            Intent::Show(tab) => self.show_tab(tab),
            Intent::NextFailure => self.next_failure(true, now),
            Intent::PreviousFailure => self.next_failure(false, now),
            Intent::OlderAttempt => self.other_attempt(false, now),
            Intent::NewerAttempt => self.other_attempt(true, now),
            Intent::PreviousSession => self.other_session(false),
            Intent::NextSession => self.other_session(true),
            Intent::ToggleFollow => self.toggle_follow(now),
            Intent::Filter => {
                let pane = self.searched();
                if self.shown().is_some() {
                    self.screen.overlay = Overlay::Typing { pane };
                }
            }
            Intent::NextMatch => self.next_match(true, now),
            Intent::PreviousMatch => self.next_match(false, now),
            Intent::CopySelected => return self.copy(self.selected_text(now), now),
            Intent::CopyDetail => return self.copy(transcript::whole_detail(self, now), now),
            Intent::OpenConsole => return self.open_console(now),
            Intent::SaveReport => return self.save_report(now),
            Intent::Zoom => self.zoom(),
            Intent::ToggleMouse => return self.toggle_mouse(now),
            Intent::Palette => self.screen.overlay = Overlay::Prompt(Prompt::new(PromptPurpose::Intents)),
            Intent::Home => return vec![Effect::Go(Destination::Home)],
            Intent::Search | Intent::Watch => {}
            Intent::OwnLog => return self.open_log(),
            Intent::Help => self.screen.overlay = Overlay::Help { offset: 0 },
            Intent::Repaint => return vec![Effect::Terminal(TerminalEffect::Repaint)],
            Intent::Play(playing) => self.play(playing, now),
            Intent::Suspend => return vec![Effect::Terminal(TerminalEffect::Suspend)],
            Intent::Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// What an intent means to whatever lies on top of the panes; none where it goes through to them.
    fn obey_on_top(&mut self, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
        if let Some(effects) = self.prompted(intent) {
            return Some(effects);
        }
        if self.close_help(intent) {
            return Some(Vec::new());
        }
        let effects = self.obey_in_log(intent, now);
        effects.or_else(|| self.obey_at_home(intent, now))
    }

    /// While the help is open, movements scroll it and everything else but leaving closes it.
    fn close_help(&mut self, intent: Intent) -> bool {
        let Overlay::Help { offset } = &mut self.screen.overlay else {
            return false;
        };
        match intent {
            Intent::Go(motion) => {
                let viewport = self.screen.drawn.help;
                let furthest = viewport.len.saturating_sub(viewport.height) + 1;
                *offset = motion.apply(*offset, furthest, viewport.height);
                true
            }
            Intent::Quit | Intent::Suspend | Intent::Repaint => false,
            Intent::Help | Intent::Back | Intent::Enter => {
                self.screen.overlay = Overlay::None;
                true
            }
            _ => {
                self.screen.overlay = Overlay::None;
                false
            }
        }
    }

    fn zoom(&mut self) {
        let alone = self.screen.focus == Focus::Beside(self.screen.focus.pane())
            && Pane::ALL.iter().filter(|pane| self.is_in_sight(**pane)).count() == 1;
        if self.screen.view != View::Session || alone {
            // It has the whole screen already.
            return;
        }
        self.screen.focus = match self.screen.focus {
            Focus::Beside(pane) => Focus::Zoomed(pane),
            Focus::Zoomed(pane) => Focus::Beside(pane),
        };
    }

    /// Whether the pane was on the screen when it was last drawn.
    fn is_in_sight(&self, pane: Pane) -> bool {
        let mut spots = self.screen.drawn.spots.iter();
        spots.any(|(_, spot)| *spot == HitTarget::Pane(pane))
    }

    fn toggle_mouse(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let (mouse, words) = match self.screen.mouse {
            Mouse::Terminal => (
                Mouse::Captured,
                "the mouse scrolls, clicks and drags; m gives it back",
            ),
            Mouse::Captured | Mouse::Drags(_) => (Mouse::Terminal, "the mouse selects text again"),
        };
        self.screen.mouse = mouse;
        self.notice(words.to_owned(), now);
        vec![Effect::Terminal(TerminalEffect::CaptureMouse(
            mouse == Mouse::Captured,
        ))]
    }

    /// All rows, those that failed, those under way.
    fn cycle_rows(&mut self, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let show = watched.place.tree.show.next();
        watched.place.tree.show = show;
        watched.rearrange_tree();
        self.notice(format!("resources: {}", show.label()), now);
    }

    fn cycle_order(&mut self, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let order = watched.place.tree.order.next();
        watched.place.tree.order = order;
        watched.rearrange_tree();
        self.notice(format!("resources: {}", order.label()), now);
    }

    fn toggle_wrap(&mut self, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let (wrap, words) = match watched.place.tail.wrap {
            Wrap::Cut => (Wrap::Broken, "long texts are broken"),
            Wrap::Broken => (Wrap::Cut, "long texts are cut"),
        };
        watched.place.tail.wrap = wrap;
        self.notice(words.to_owned(), now);
    }

    fn cycle_times(&mut self, now: DateTime<Utc>) {
        self.screen.times = self.screen.times.next();
        self.notice(format!("times: {}", self.screen.times.label()), now);
    }

    /// Gives the pane in focus more room, or less. The shell remembers it.
    fn resize(&mut self, grow: bool) -> Vec<Effect> {
        let splits = self.screen.splits.resized(self.screen.focus.pane(), grow);
        if splits == self.screen.splits {
            return Vec::new();
        }
        self.screen.splits = splits;
        vec![Effect::Host(HostEffect::Remember(Memory::Splits(splits)))]
    }

    fn toggle_follow(&mut self, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let at = watched.tail().key(watched.tail().len().saturating_sub(1));
        let known = watched.tail().all();
        let before = watched.place.tail.follow.clone();
        watched.place.tail.follow = match (&before, at) {
            (Follow::Newest, Some(at)) => Follow::Paused { at, known },
            _ => Follow::Newest,
        };
        let (before, after) = (
            before == Follow::Newest,
            watched.place.tail.follow == Follow::Newest,
        );
        // Where the events are in sight, they show it.
        if before != after && !self.is_in_sight(Pane::Events) {
            let words = if after {
                "new events are followed"
            } else {
                "the events rest"
            };
            self.notice(words.to_owned(), now);
        }
    }

    fn copy(&mut self, text: Option<CleanText>, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            self.notice("nothing to copy".to_owned(), now);
            return Vec::new();
        };
        let lines = crate::app::layout::words::count(text.lines().count(), "line");
        self.notice(format!("copied {lines}"), now);
        vec![Effect::Terminal(TerminalEffect::Copy(text))]
    }

    fn save_report(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(file_name) = transcript::report_name(self, now) else {
            self.notice("there is nothing to report yet".to_owned(), now);
            return Vec::new();
        };
        self.notice(format!("writing {file_name}"), now);
        vec![Effect::Host(HostEffect::SaveReport {
            file_name,
            at: self.moment(now),
        })]
    }

    fn other_session(&mut self, forward: bool) {
        let last = self.watched.len().saturating_sub(1);
        let shown = self.screen.shown;
        let to = if forward {
            shown + 1
        } else {
            shown.saturating_sub(1)
        };
        self.screen.shown = to.min(last);
    }

    fn other_attempt(&mut self, newer: bool, now: DateTime<Utc>) {
        let Some(watched) = self.shown_mut() else { return };
        let list = watched.diagnosis.attempts.list();
        let current = watched.attempt().map_or(0, |attempt| attempt.number);
        let index = list
            .iter()
            .position(|attempt| attempt.number == current)
            .unwrap_or(0);
        let to = if newer { index + 1 } else { index.saturating_sub(1) };
        let Some(attempt) = list.get(to.min(list.len().saturating_sub(1))) else {
            return;
        };
        let number = attempt.number;
        self.choose_attempt(number, now);
    }
}
