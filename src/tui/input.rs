//! What the terminal says, as messages.

use crossterm::event::{
    Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent as TerminalMouseEvent, MouseEventKind,
};

use super::keymap;
use crate::app::state::message::{MouseAction, MouseEvent};
use crate::app::state::{Attention, Mouse};
use crate::app::{AppState, Edit, Message};

/// Turns what the terminal says into messages; false when only a new frame is needed.
pub fn read(app: &AppState, event: Event, batch: &mut Vec<Message>) -> bool {
    let before = batch.len();
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => batch.extend(key_message(&key)),
        Event::Paste(text) if app.screen.overlay.takes_text() => {
            batch.push(Message::Edit(Edit::Insert(text)));
        }
        Event::FocusGained => batch.push(Message::Attention(Attention::Here)),
        Event::FocusLost => batch.push(Message::Attention(Attention::Elsewhere)),
        Event::Mouse(mouse) => {
            batch.extend(pointer(app, mouse).map(Message::Mouse));
            // A mouse that only moves changes nothing.
            return true;
        }
        _ => {}
    }
    batch.len() > before
}

/// What the mouse does, as long as it is the program's.
fn pointer(app: &AppState, mouse: TerminalMouseEvent) -> Option<MouseEvent> {
    if app.screen.mouse == Mouse::Terminal {
        return None;
    }
    let does = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseAction::Press,
        MouseEventKind::Drag(MouseButton::Left) => MouseAction::Drag,
        MouseEventKind::Up(MouseButton::Left) => MouseAction::Release,
        MouseEventKind::ScrollDown => MouseAction::WheelDown,
        MouseEventKind::ScrollUp => MouseAction::WheelUp,
        _ => return None,
    };
    Some(MouseEvent {
        column: mouse.column,
        row: mouse.row,
        does,
    })
}

/// The key of a key event, as a message; none for the keys that nothing can be bound to.
pub fn key_message(key: &KeyEvent) -> Option<Message> {
    keymap::key(key).map(Message::Key)
}
