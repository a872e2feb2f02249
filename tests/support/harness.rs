//! Drives a scene with keys over the real draw path, without a terminal.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use chrono::TimeDelta;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stacktrail::app::input::keys::{KeymapResult, TypingResult};
use stacktrail::app::{Effect, Intent, Message, Watched};
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::source_status::SaveState;
use stacktrail::tui::{Theme, draw_buffer, input::key_message, input::read, keymap, picture};

use super::scenes::Scene;

/// A scene with a screen.
pub(crate) struct Harness {
    pub(crate) scene: Scene,
    pub(crate) buffer: Buffer,
    pub(crate) effects: Vec<Effect>,
    theme: Theme,
}

impl Harness {
    pub(crate) fn new(scene: Scene, (columns, rows): (u16, u16), theme: Theme) -> Self {
        let mut harness = Self {
            scene,
            buffer: Buffer::empty(Rect::new(0, 0, columns, rows)),
            effects: Vec::new(),
            theme,
        };
        harness.draw();
        harness
    }

    /// The name of the selected row.
    pub(crate) fn selected(&self) -> String {
        let row = self.scene.app.shown().and_then(Watched::selected_row);
        row.map(|row| row.name).unwrap_or_default().into()
    }

    /// Facts come.
    pub(crate) fn tell(&mut self, recorded: Recorded) {
        let root = super::scenes::stack("shop-prod");
        let facts: Arc<[Recorded]> = Arc::new([recorded]);
        let saving = SaveState::Saved;
        let message = Message::Facts {
            root,
            facts,
            ends: Vec::new(),
            saving,
        };
        let Scene { app, now } = &mut self.scene;
        self.effects.extend(app.update(message, *now));
        self.draw();
    }

    /// An inquiry ends, whatever came of it.
    pub(crate) fn end(&mut self, inquiry: &str) {
        let message = Message::Facts {
            root: super::scenes::stack("shop-prod"),
            facts: Arc::new([]),
            ends: vec![inquiry.to_owned()],
            saving: SaveState::Saved,
        };
        let Scene { app, now } = &mut self.scene;
        self.effects.extend(app.update(message, *now));
        self.draw();
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.draw();
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.scene.now += TimeDelta::seconds(seconds);
        let Scene { app, now } = &mut self.scene;
        self.effects.extend(app.update(Message::Tick, *now));
        self.draw();
    }

    pub(crate) fn type_letter(&mut self, letter: char) {
        self.press_key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    }

    pub(crate) fn draw(&mut self) {
        self.buffer.reset();
        let Scene { app, now } = &mut self.scene;
        let drawn = draw_buffer(&mut self.buffer, app, *now, &self.theme);
        app.drawn(drawn);
    }

    /// Types keys: letters stand for themselves, `<enter>`, `<c-d>` for the others.
    pub(crate) fn press(&mut self, keys: &str) {
        for key in parse(keys) {
            self.press_key(key);
        }
    }

    pub(crate) fn press_key(&mut self, key: KeyEvent) {
        let Scene { app, now } = &mut self.scene;
        if let Some(message) = key_message(&key) {
            self.effects.extend(app.update(message, *now));
        }
        self.draw();
    }

    /// The terminal tells of something.
    pub(crate) fn apply_news(&mut self, event: Event) {
        let Scene { app, now } = &mut self.scene;
        let mut messages = Vec::new();
        read(app, event, &mut messages);
        self.effects.extend(app.update_all(messages, *now));
        self.draw();
    }

    /// What a key says after the keys pressed so far.
    pub(crate) fn said(&self, event: &KeyEvent) -> Option<Intent> {
        let app = &self.scene.app;
        let map = &app.screen.keyboard.map;
        let key = keymap::key(event)?;
        if app.screen.overlay.takes_text() {
            return match map.typed(key) {
                TypingResult::Says(intent) => Some(intent),
                TypingResult::Character(_) | TypingResult::Nothing => None,
            };
        }
        let mut pressed = app.screen.keyboard.pending.clone();
        pressed.push(key);
        match map.lookup(&pressed, app.scopes()) {
            KeymapResult::Matched(intent) => Some(intent),
            KeymapResult::Pending | KeymapResult::NotFound => None,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let area = self.buffer.area;
        for y in area.top()..area.bottom() {
            let mut line = String::new();
            let mut skip = 0;
            for x in area.left()..area.right() {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = self.buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
                skip = stacktrail::domain::read::text::columns(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The text and a hash of the styles; with `PICTURES` set, also an SVG file in that directory.
    pub(crate) fn picture(&self, name: &str) -> String {
        if let Ok(directory) = std::env::var("PICTURES") {
            let path = std::path::Path::new(&directory).join(format!("{}.svg", name.replace("::", "-")));
            let written = std::fs::write(&path, picture::svg(&self.buffer));
            assert!(written.is_ok(), "cannot write {}", path.display());
        }
        let mut hasher = DefaultHasher::new();
        for cell in &self.buffer.content {
            format!("{:?}{:?}{:?}", cell.fg, cell.bg, cell.modifier).hash(&mut hasher);
        }
        format!("{}styles: {:016x}", self.text(), hasher.finish())
    }
}

fn parse(keys: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        if let Some((name, tail)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            let (code, modifiers) = match name {
                "enter" => (KeyCode::Enter, KeyModifiers::NONE),
                "esc" => (KeyCode::Esc, KeyModifiers::NONE),
                "tab" => (KeyCode::Tab, KeyModifiers::NONE),
                "s-tab" => (KeyCode::BackTab, KeyModifiers::SHIFT),
                "space" => (KeyCode::Char(' '), KeyModifiers::NONE),
                "backspace" => (KeyCode::Backspace, KeyModifiers::NONE),
                "pgdn" => (KeyCode::PageDown, KeyModifiers::NONE),
                "pgup" => (KeyCode::PageUp, KeyModifiers::NONE),
                other => {
                    let letter = other.strip_prefix("c-").and_then(|rest| rest.chars().next());
                    (KeyCode::Char(letter.unwrap_or('?')), KeyModifiers::CONTROL)
                }
            };
            out.push(KeyEvent::new(code, modifiers));
            rest = tail;
        } else {
            out.push(KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}
