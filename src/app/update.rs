//! The one door to the state: messages in, effects out.
//!
//! Everybody may read the [`AppState`] behind it; only what stands below here writes it.

mod choose;
mod facts;
mod home;
mod leave;
mod mouse;
mod open;
mod own_log;
mod panes;
mod play;
mod silent;
mod toggles;
mod travel;
mod typing;
mod views;

use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::input::keys::{Key, KeymapResult, NamedKey, TypingResult};
use crate::app::input::place::{LastFrame, ScrollMode};
use crate::app::input::prompt::{Prompt, PromptPurpose};
use crate::app::input::typing::Edit;
use crate::app::layout::home::Home;
use crate::app::state::effect::{Destination, Effect, HostEffect, Memory, TerminalEffect};
use crate::app::state::message::Message;
use crate::app::state::overlay::{HelpPlace, Overlay};
use crate::app::state::preference::Preference;
use crate::app::state::replay::Speed;
use crate::app::state::{AppState, Extent, Greeting, Mode, Redraw, Watched};
use crate::domain::investigate::inquiry::Source;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::CleanText;

/// The state of the program, and the only way to change it. It can be read as an [`AppState`].
#[derive(Debug)]
pub struct App {
    state: AppState,
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.state
    }
}

impl App {
    /// An empty state that plans with these sources. Times are shown in UTC until
    /// [another zone](Preference::Zone) is preferred.
    pub fn new(mode: Mode, target: String, sources: Vec<Arc<dyn Source>>) -> Self {
        Self {
            state: AppState::new(mode, target, sources),
        }
    }

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
        apply_all(&mut self.state, messages, now)
    }

    /// Settles something about how the program is used.
    pub fn prefer(&mut self, preference: Preference) {
        self.state.prefer(preference);
    }

    /// Takes in facts that were saved before, all at once.
    pub fn restore(&mut self, root: &StackId, facts: &[Recorded], now: DateTime<Utc>) {
        facts::restore(&mut self.state, root, facts, now);
    }

    /// Takes in a session that was saved before and is not on the screen yet; its facts are kept instead of
    /// copies of them.
    pub fn restore_owned(&mut self, root: StackId, facts: Vec<Recorded>) {
        facts::restore_owned(&mut self.state, root, facts);
    }

    /// Takes in the newest part of a saved session; the whole comes with [`Message::Restored`].
    pub fn restore_part(&mut self, root: StackId, facts: Vec<Recorded>) {
        facts::restore_part(&mut self.state, root, facts);
    }

    /// Takes in a session that was read elsewhere.
    pub fn add(&mut self, watched: Watched) {
        self.state.watched.push(watched);
        self.state.changed();
    }

    /// Lets go of a session, for whoever goes on without it.
    pub fn forget(&mut self, root: &StackId) {
        self.state
            .watched
            .retain(|watched| watched.session.root() != root);
        self.state.changed();
    }

    /// Its sessions, for whoever goes on with them alone.
    pub fn into_watched(self) -> impl Iterator<Item = Watched> {
        self.state.watched.into_iter()
    }

    /// Plays a saved session from its beginning.
    pub fn replay(&mut self, root: StackId, facts: Vec<Recorded>, speed: Speed, now: DateTime<Utc>) {
        play::replay(&mut self.state, root, facts, speed, now);
    }

    /// Shows this home screen.
    pub fn show_home(&mut self, home: Home) {
        self.state.screen.home = Some(home);
        self.state.changed();
    }

    /// Shows the session of a stack, if there is one.
    pub fn show_session(&mut self, root: &StackId) {
        let mut watched = self.state.watched.iter();
        if let Some(index) = watched.position(|watched| watched.session.root() == root) {
            self.state.screen.shown = index;
        }
    }

    /// Whether a new frame would show something else than the last; asking takes the answer back.
    pub fn take_change(&mut self) -> bool {
        std::mem::replace(&mut self.state.change, Redraw::Drawn) == Redraw::Undrawn
    }

    /// Takes in what was drawn, for the next movement.
    pub fn drawn(&mut self, drawn: LastFrame) {
        views::keep_drawn(&mut self.state, drawn);
    }
}

fn apply_all(
    state: &mut AppState,
    messages: impl IntoIterator<Item = Message>,
    now: DateTime<Utc>,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut typed = false;
    play::go_on(state, now);
    for message in messages {
        let keys = matches!(
            message,
            Message::Key(_) | Message::Intent(_) | Message::Edit(_) | Message::Choose(_)
        );
        if keys {
            state.screen.scroll_mode = ScrollMode::Cursor;
            effects.extend(greeted(state));
        }
        typed |= keys || matches!(message, Message::Mouse(_));
        effects.extend(apply(state, message, now, typed));
    }
    state.notices_go_on(now);
    facts::refresh(state, now, typed);
    effects.extend(facts::investigate(state, now));
    effects
}

/// Whoever presses a key has seen the hint for newcomers; it never comes again.
fn greeted(state: &mut AppState) -> Option<Effect> {
    let greeting = std::mem::take(&mut state.screen.greeting);
    (greeting == Greeting::Due).then(|| {
        state.changed();
        Effect::Host(HostEffect::Remember(Memory::Greeted))
    })
}

/// Takes in one message.
fn apply(state: &mut AppState, message: Message, now: DateTime<Utc>, typed: bool) -> Vec<Effect> {
    match message {
        Message::Facts {
            root,
            facts,
            ends,
            saving,
        } => {
            facts::saving(state, saving);
            let effect = facts::apply_facts(state, &root, &facts, now);
            facts::inquiries_ended(state, &root, &ends);
            return effect.into_iter().collect();
        }
        Message::Restored(whole) => facts::complete(state, whole, Extent::Whole),
        Message::Grown(whole) => facts::complete(state, whole, Extent::Growing),
        Message::Resumed(mode) => {
            state.mode = mode;
            state.changed();
        }
        Message::SourceStatus { origin, status: link } => facts::apply_status(state, origin, link, now),
        Message::Key(key) => {
            facts::refresh(state, now, typed);
            return handle_key(state, key, now);
        }
        Message::Intent(intent) => {
            facts::refresh(state, now, typed);
            return apply_intent(state, intent, now);
        }
        Message::Choose(place) => {
            facts::refresh(state, now, typed);
            state.changed();
            return choose::choose(state, place, now);
        }
        Message::Mouse(pointer) => {
            facts::refresh(state, now, typed);
            return mouse::handle_mouse(state, pointer, now);
        }
        Message::Attention(attention) => state.screen.attention = attention,
        Message::Edit(edit) => return typing::edit(state, &edit, now),
        Message::Home(news) => home::tell(state, news),
        Message::Notice(text) => state.notice_in_turn(text, now),
        Message::NoBrowser(address) => {
            state.notice(format!("no browser here; copied {address}"), now);
            return vec![Effect::Terminal(TerminalEffect::Copy(CleanText::of(&address)))];
        }
        Message::Deleted(deleted) => {
            state.deleted = Some(deleted);
            state.changed();
        }
        Message::Known(known) => home::offer(state, known),
        Message::OwnLog(lines) => own_log::show_lines(state, lines),
        Message::Tick => {
            state.changed();
            if matches!(state.screen.overlay, Overlay::OwnLog(_)) {
                return vec![Effect::Host(HostEffect::ReadOwnLog)];
            }
        }
    }
    Vec::new()
}

fn handle_key(state: &mut AppState, key: Key, now: DateTime<Utc>) -> Vec<Effect> {
    if state.screen.overlay.takes_text() {
        return handle_typed_key(state, key, now);
    }
    let scopes = state.scopes();
    let mut pressed = state.screen.keyboard.pending.clone();
    pressed.push(key);
    match state.screen.keyboard.handle_key(key, scopes) {
        KeymapResult::Matched(intent) => return apply_intent(state, intent, now),
        KeymapResult::Pending => state.changed(),
        // What takes back the keys before it has said enough.
        KeymapResult::NotFound if pressed.len() > 1 && key == Key::named(NamedKey::Esc) => state.changed(),
        KeymapResult::NotFound => state.say_of_key(silent::unbound(state, &pressed), now),
    }
    Vec::new()
}

/// A key while something is typed: a character of it, or what is done with it.
fn handle_typed_key(state: &mut AppState, key: Key, now: DateTime<Utc>) -> Vec<Effect> {
    match state.screen.keyboard.map.typed(key) {
        TypingResult::Says(Intent::Edit(edit)) => typing::edit(state, &edit.into(), now),
        TypingResult::Says(intent) => apply_intent(state, intent, now),
        TypingResult::Character(letter) => typing::edit(state, &Edit::Insert(letter.to_string()), now),
        TypingResult::Nothing => Vec::new(),
    }
}

/// Does what is wanted, or says why that changes nothing.
fn apply_intent(state: &mut AppState, intent: Intent, now: DateTime<Utc>) -> Vec<Effect> {
    state.changed();
    if intent != Intent::Quit {
        state.screen.keyboard.asked_until = None;
    }
    let overlay = std::mem::discriminant(&state.screen.overlay);
    let before = silent::visible_state(state, now);
    let before_key = state.screen.notice.take();
    let said = before_key.clone().filter(|notice| !notice.about_key);
    let effects = perform(state, intent, now);
    if state.screen.notice.is_none() {
        let after = silent::visible_state(state, now);
        if effects.is_empty() && silent::stands_still(state, before, after, now) {
            state.say_of_key(silent::why_still(state, intent), now);
        } else {
            // What is opened on top has keys of its own to tell.
            let same = overlay == std::mem::discriminant(&state.screen.overlay);
            state.screen.notice = said.filter(|_| same || state.screen.overlay == Overlay::None);
        }
    }
    state.keep_unread(before_key, now);
    effects
}

fn perform(state: &mut AppState, intent: Intent, now: DateTime<Utc>) -> Vec<Effect> {
    if let Some(effects) = perform_on_top(state, intent, now) {
        return effects;
    }
    match intent {
        Intent::Go(motion) => travel::go(state, motion, now),
        Intent::Fold => travel::fold(state, false, now),
        Intent::Unfold => travel::fold(state, true, now),
        Intent::Look(view) => views::look(state, view, now),
        Intent::Closer => views::zoom_time(state, Some(true), now),
        Intent::Wider => views::zoom_time(state, Some(false), now),
        Intent::WholeTime => views::zoom_time(state, None, now),
        Intent::CycleRows => toggles::cycle_rows(state, now),
        Intent::CycleOrder => toggles::cycle_order(state, now),
        Intent::ToggleWrap => toggles::toggle_wrap(state, now),
        Intent::ToggleReasons => toggles::toggle_reasons(state, now),
        Intent::CycleTimes => toggles::cycle_times(state, now),
        Intent::GrowPane => return toggles::resize(state, true),
        Intent::ShrinkPane => return toggles::resize(state, false),
        Intent::Enter => return open::enter(state, now),
        Intent::Back => open::back(state),
        Intent::NextPane => panes::focus_step(state, true),
        Intent::PreviousPane => panes::focus_step(state, false),
        Intent::Show(tab) => panes::show_tab(state, tab),
        Intent::NextFailure => panes::next_failure(state, true, now),
        Intent::PreviousFailure => panes::next_failure(state, false, now),
        Intent::OlderAttempt => views::other_attempt(state, false, now),
        Intent::NewerAttempt => views::other_attempt(state, true, now),
        Intent::PreviousSession => views::other_session(state, false),
        Intent::NextSession => views::other_session(state, true),
        Intent::ToggleFollow => toggles::toggle_follow(state, now),
        Intent::Filter => {
            let pane = state.searched();
            if state.shown().is_some() {
                state.screen.overlay = Overlay::Typing { pane };
            }
        }
        Intent::NextMatch => travel::next_match(state, true, now),
        Intent::PreviousMatch => travel::next_match(state, false, now),
        Intent::CopySelected => return open::copy_selected(state, now),
        Intent::CopyDetail => return open::copy_detail(state, now),
        Intent::OpenConsole => return open::open_console(state, now),
        Intent::SaveReport => return open::save_report(state, now),
        Intent::Zoom => toggles::zoom(state),
        Intent::ToggleMouse => return toggles::toggle_mouse(state, now),
        Intent::Palette => {
            state.screen.overlay = Overlay::Prompt(Prompt::new(PromptPurpose::Intents));
            return vec![Effect::Host(HostEffect::ListSessions)];
        }
        Intent::Home => return vec![Effect::Go(Destination::Home)],
        Intent::Search | Intent::Watch | Intent::Edit(_) => {}
        Intent::OwnLog => return own_log::open(state),
        Intent::Help => state.screen.overlay = Overlay::Help(HelpPlace::default()),
        Intent::Repaint => return vec![Effect::Terminal(TerminalEffect::Repaint)],
        Intent::Play(playing) => play::apply_intent(state, playing, now),
        Intent::Suspend => return vec![Effect::Terminal(TerminalEffect::Suspend)],
        Intent::Quit => return leave::quit(state, now),
    }
    Vec::new()
}

/// What an intent means to whatever lies on top of the panes; none where it goes through to them.
fn perform_on_top(state: &mut AppState, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    if let Intent::Edit(edit) = intent {
        let is_typing = state.screen.overlay.takes_text();
        return Some(if is_typing {
            typing::edit(state, &edit.into(), now)
        } else {
            Vec::new()
        });
    }
    if let Some(effects) = home::apply_in_prompt(state, intent) {
        return Some(effects);
    }
    if close_help(state, intent) {
        return Some(Vec::new());
    }
    let effects = own_log::apply_intent(state, intent, now);
    effects.or_else(|| home::apply_intent(state, intent, now))
}

/// While the help is open, movements scroll it and everything else but leaving closes it.
fn close_help(state: &mut AppState, intent: Intent) -> bool {
    let Overlay::Help(place) = &mut state.screen.overlay else {
        return false;
    };
    match intent {
        Intent::Go(motion) => {
            let viewport = state.screen.drawn.help;
            let furthest = viewport.len.saturating_sub(viewport.height) + 1;
            place.offset = motion.apply(place.offset, furthest, viewport.height);
            true
        }
        Intent::Filter => {
            place.typing = true;
            true
        }
        Intent::Suspend | Intent::Repaint => false,
        Intent::Back if !place.filter.is_empty() => {
            place.filter.clear();
            true
        }
        Intent::Help | Intent::Back | Intent::Enter | Intent::Quit => {
            state.screen.overlay = Overlay::None;
            true
        }
        _ => {
            state.screen.overlay = Overlay::None;
            false
        }
    }
}

#[cfg(test)]
mod tests;
