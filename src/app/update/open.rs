//! Going in and out, and what is under the cursor: for Enter, Esc, the clipboard and the console.

use chrono::{DateTime, Utc};

use super::views;
use crate::app::input::place::{Fold, Follow, OpenRecord, Pane, Tab, View};
use crate::app::layout::events::Shows;
use crate::app::layout::line::{Block, Opens};
use crate::app::state::effect::{Destination, Effect, HostEffect, TerminalEffect};
use crate::app::state::overlay::Overlay;
use crate::app::state::{AppState, Focus};
use crate::app::view::detail::Detail;
use crate::app::view::list_view::ListView;
use crate::app::view::{console_url, transcript};
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::CleanText;
use crate::domain::read::text::json::Json;

/// Copies what is under the cursor.
pub(super) fn copy_selected(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let text = selected_text(state, now);
    let what = selected_name(state, now);
    copy(state, text, what, now)
}

/// Copies the whole detail pane.
pub(super) fn copy_detail(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let list = ListView::of(state, now).filter(|_| !state.is_reading());
    match list {
        Some(list) => copy(state, Some(list.page.plain_text()), "the whole list", now),
        None => copy(state, transcript::whole_detail(state, now), "the whole pane", now),
    }
}

pub(super) fn copy(
    state: &mut AppState,
    text: Option<CleanText>,
    what: &str,
    now: DateTime<Utc>,
) -> Vec<Effect> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        state.notice("nothing to copy".to_owned(), now);
        return Vec::new();
    };
    let size = match (text.len(), text.lines().count()) {
        (_, ..=1) => String::new(),
        (bytes @ 1_000.., _) => format!(" ({}.{} kB)", bytes / 1_000, bytes % 1_000 / 100),
        (_, lines) => format!(" ({lines} lines)"),
    };
    state.notice(format!("copied {what}{size}"), now);
    vec![Effect::Terminal(TerminalEffect::Copy(text))]
}

pub(super) fn save_report(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(file_name) = transcript::report_name(state, now) else {
        state.notice("there is nothing to report yet".to_owned(), now);
        return Vec::new();
    };
    state.notice_of_work(format!("writing {file_name}"), now);
    vec![Effect::Host(HostEffect::SaveReport {
        file_name,
        at: state.moment(now),
    })]
}

pub(super) fn enter(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    if state.watched.is_empty()
        && let Some(deleted) = &state.deleted
    {
        // By its id it is still told of, on top of what was recorded.
        return vec![Effect::Go(Destination::Watch(deleted.root.clone()))];
    }
    if let Some(effects) = enter_list(state, now) {
        return effects;
    }
    match state.screen.focus.pane() {
        Pane::Resources => enter_row(state),
        Pane::Events => enter_event(state),
        Pane::Detail => return enter_block(state, now),
    }
    Vec::new()
}

/// Goes into what is selected in the view, if one is shown; a policy is copied.
pub(super) fn enter_list(state: &mut AppState, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    match views::list_block(state, now).and_then(|block| block.opens) {
        Some(Opens::Copy(text)) => Some(copy(state, Some(text), POLICY, now)),
        _ => views::enter_view(state, now),
    }
}

/// A closed stack is opened; anything else is looked at in the detail pane.
fn enter_row(state: &mut AppState) {
    let Some(watched) = state.shown_mut() else { return };
    let Some(row) = watched.selected_row() else {
        return;
    };
    if let (Some(Fold::Closed), Some(child)) = (row.fold, row.child) {
        watched.place.tree.folds.insert(child, Fold::Open);
        watched.choose(row.key);
        watched.rearrange_tree();
        return;
    }
    watched.choose(row.key);
    state.screen.focus = state.screen.focus.on(Pane::Detail);
}

/// The event's resource is selected and its events are shown.
fn enter_event(state: &mut AppState) {
    let Some(watched) = state.shown_mut() else { return };
    let index = watched.tail_index();
    let Some(event) = watched.tail().event(index).cloned() else {
        return;
    };
    let shows = watched.tail().line(index).map(|line| line.shows);
    if let Some(Shows::Followers { open }) = shows {
        watched.unfold_followers(&event, !open);
        return;
    }
    let key = crate::app::layout::tree::key_of(&watched.session, &event);
    watched.reveal(key);
    let failed = event.status.is_failed();
    watched.place.detail.tab = if failed { Tab::Cause } else { Tab::Events };
    state.screen.focus = state.screen.focus.on(Pane::Detail);
}

pub(super) fn enter_block(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(block) = block_under_cursor(state, now) else {
        return Vec::new();
    };
    let Some(watched) = state.shown_mut() else {
        return Vec::new();
    };
    match block.opens {
        None | Some(Opens::Nothing) => {}
        Some(Opens::Copy(text)) => return copy(state, Some(text), STATEMENT, now),
        Some(Opens::LogText(text)) => return copy(state, Some(text), "the log line", now),
        Some(Opens::Value(text)) => return copy(state, Some(text), VALUE, now),
        Some(Opens::Event(event)) => {
            watched.reveal_event(event);
            state.screen.focus = state.screen.focus.on(Pane::Events);
        }
        Some(Opens::Record(event_id)) => {
            watched.place.detail.record = Some(OpenRecord::new(event_id));
        }
        Some(Opens::LogLine { at_ms, stream }) => {
            let finding = watched.selected_finding();
            let found = finding.and_then(|finding| finding.log_line(at_ms, &stream));
            watched.place.detail.rewind();
            watched.place.detail.tab = Tab::Logs;
            watched.place.detail.cursor = found;
        }
        Some(Opens::Row(key)) => watched.reveal(key),
        Some(Opens::Attempt(number)) => views::choose_attempt(state, number, now),
        Some(Opens::Tab(tab)) => {
            watched.place.detail.rewind();
            watched.place.detail.tab = tab;
        }
    }
    Vec::new()
}

fn block_under_cursor(state: &AppState, now: DateTime<Utc>) -> Option<Block> {
    let watched = state.shown()?;
    if watched.place.detail.record.is_some() {
        return None;
    }
    let detail = Detail::of(state, now)?;
    let cursor = detail.cursor(watched.place.detail.cursor)?;
    detail.page.blocks.get(cursor).cloned()
}

/// Comes out of the innermost thing: typing, a record, a filter, a zoom, a pane. Never leaves.
pub(super) fn back(state: &mut AppState) {
    if state.screen.overlay != Overlay::None {
        state.screen.overlay = Overlay::None;
        return;
    }
    if views::leave_view(state) {
        return;
    }
    let focus = state.screen.focus;
    let pane = focus.pane();
    let Some(watched) = state.shown_mut() else {
        state.screen.focus = out_of(focus);
        return;
    };
    let place = &mut watched.place;
    if pane == Pane::Detail && place.detail.record.take().is_some() {
        return;
    }
    let filter = match pane {
        Pane::Resources => &mut place.tree.filter,
        Pane::Detail => &mut place.detail.search,
        Pane::Events => &mut place.tail.filter,
    };
    if !filter.is_empty() {
        filter.clear();
        watched.rearrange();
        return;
    }
    let paused = pane == Pane::Events && watched.place.tail.follow.is_paused();
    if paused {
        watched.place.tail.follow = Follow::Newest;
        return;
    }
    state.screen.focus = out_of(focus);
}

/// Out of a zoom, or to the first pane.
const fn out_of(focus: Focus) -> Focus {
    match focus {
        Focus::Zoomed(pane) => Focus::Beside(pane),
        Focus::Beside(_) => Focus::Beside(Pane::Resources),
    }
}

/// What [`Opens::Copy`] copies.
const STATEMENT: &str = "the IAM statement";
/// ... and in the list of policies.
const POLICY: &str = "the policy";

/// What [`Opens::Value`] copies.
const VALUE: &str = "the value of the output";

/// What is under the cursor, in a word or two.
fn selected_name(state: &AppState, now: DateTime<Utc>) -> &'static str {
    let reading = state.is_reading();
    if reading {
        return "the CloudTrail record";
    }
    if let Some(block) = views::list_block(state, now) {
        return match block.opens {
            Some(Opens::Copy(_)) => POLICY,
            _ => "the entry",
        };
    }
    match state.screen.focus.pane() {
        Pane::Detail => match block_under_cursor(state, now).and_then(|block| block.opens) {
            Some(Opens::Copy(_)) => STATEMENT,
            Some(Opens::Record(_) | Opens::Tab(_)) => "the line of evidence",
            Some(Opens::LogLine { .. } | Opens::LogText(_)) => "the log line",
            Some(Opens::Value(_)) => VALUE,
            Some(Opens::Event(_)) => "the event",
            Some(Opens::Row(_) | Opens::Attempt(_) | Opens::Nothing) => "the entry",
            None => "the whole pane",
        },
        Pane::Events => "the event",
        Pane::Resources => {
            let failed = state.shown().and_then(|watched| watched.selected_finding());
            match failed.and_then(|finding| finding.failure.reason()) {
                Some(_) => "the reason",
                None => "the name",
            }
        }
    }
}

/// What a block has for the clipboard, or else what it says.
fn block_text(block: &Block) -> CleanText {
    match &block.opens {
        Some(Opens::Copy(text) | Opens::Value(text)) => text.clone(),
        _ => transcript::block(block),
    }
}

/// What is under the cursor, as text.
fn selected_text(state: &AppState, now: DateTime<Utc>) -> Option<CleanText> {
    let watched = state.shown()?;
    let reading = watched.place.detail.record.is_some();
    if let Some(block) = views::list_block(state, now).filter(|_| !reading) {
        return Some(block_text(&block));
    }
    match state.screen.focus.pane() {
        _ if reading => record_text(state),
        Pane::Detail => match block_under_cursor(state, now) {
            Some(block) => Some(block_text(&block)),
            None => transcript::whole_detail(state, now),
        },
        Pane::Events => {
            let index = watched.tail_index();
            let row = watched.tail().row(index, watched.tree(), state.times())?;
            Some(
                clean!(
                    "{} {}{} {} {}",
                    row.time,
                    row.status,
                    row.repeats(),
                    row.name,
                    row.reason
                )
                .into(),
            )
        }
        Pane::Resources => {
            let reason = watched
                .selected_finding()
                .and_then(|finding| finding.failure.reason());
            let name = watched.selected_row().map(|row| row.name.into());
            reason.map(crate::domain::read::text::harmless).or(name)
        }
    }
}

/// The raw record that is open.
fn record_text(state: &AppState) -> Option<CleanText> {
    let watched = state.shown()?;
    let open = watched.place.detail.record.as_ref()?;
    let known = watched.session.trail().records().get(&open.event_id)?;
    let raw = &known.record.raw;
    // As it is shown, so that it can be read where it is put.
    let parsed: Option<serde_json::Value> = serde_json::from_str(raw).ok();
    let pretty = parsed.and_then(|value| Json::pretty(&value).ok());
    let copied = pretty.or_else(|| Json::raw(raw)).map(|json| CleanText::of(&json));
    Some(copied.unwrap_or_else(|| CleanText::of(raw)))
}

pub(super) fn open_console(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(url) = console_address(state, now) else {
        return open_nowhere(state, now);
    };
    vec![Effect::Host(HostEffect::OpenUrl(url))]
}

/// Opens the page of a stack.
pub(super) fn open_stack_page(
    state: &mut AppState,
    stack: Option<&StackId>,
    now: DateTime<Utc>,
) -> Vec<Effect> {
    match stack.and_then(|stack| console_url::stack_events(stack, false)) {
        Some(url) => vec![Effect::Host(HostEffect::OpenUrl(url))],
        None => open_nowhere(state, now),
    }
}

fn open_nowhere(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let words = "the console address of this partition is not known";
    state.notice(words.to_owned(), now);
    Vec::new()
}

/// The console page of what is under the cursor: a record, a log line, or the stack's events.
fn console_address(state: &AppState, now: DateTime<Utc>) -> Option<String> {
    let watched = state.shown()?;
    let root = watched.session.root();
    let place = &watched.place.detail;
    let in_view = state.screen.view != View::Session;
    let in_detail = in_view || state.screen.focus.pane() == Pane::Detail;
    let block = match views::list_block(state, now) {
        Some(block) => Some(block),
        None => block_under_cursor(state, now),
    };
    let opens = block.and_then(|block| block.opens);
    let record = match (&place.record, opens) {
        (Some(open), _) => Some(open.event_id.clone()),
        (None, Some(Opens::Record(event_id))) if in_detail => Some(event_id),
        _ => None,
    };
    let record = record.and_then(|id| watched.session.trail().records().get(&id));
    if let Some(seen) = record {
        return console_url::trail_record(root.partition(), &seen.record);
    }
    if in_detail && place.tab == Tab::Logs {
        let cursor = Detail::of(state, now)?.cursor(place.cursor);
        let lines = &watched.selected_finding()?.assessment.lines;
        if let Some(matched) = cursor.and_then(|cursor| lines.get(cursor)) {
            let line = &matched.line;
            return console_url::log_stream(root.partition(), &matched.group, &line.stream, line.at);
        }
    }
    let stack = stack_under_cursor(state).unwrap_or_else(|| root.clone());
    let deleted = watched
        .session
        .stack(&stack)
        .and_then(crate::domain::session::StackHistory::status)
        .is_some_and(|status| status.as_str() == "DELETE_COMPLETE");
    console_url::stack_events(&stack, deleted)
}

fn stack_under_cursor(state: &AppState) -> Option<StackId> {
    let watched = state.shown()?;
    if state.screen.focus.pane() == Pane::Events {
        let event = watched.tail().event(watched.tail_index())?;
        return Some(event.stack_id.clone());
    }
    let row = watched.selected_row()?;
    Some(row.child.unwrap_or(row.stack))
}
