//! Paper to draw on in tests.

use std::io;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::DrawTarget;
use crate::app::AppState;
use crate::app::input::place::LastFrame;
use crate::domain::read::text::{Clean, CleanText};
use crate::tui::{Theme, draw_buffer};

/// Draws and counts, and shows nothing.
#[derive(Default)]
pub(crate) struct Paper {
    pub(crate) frames: usize,
    pub(crate) repaints: usize,
    pub(crate) copied: Vec<String>,
}

impl DrawTarget for Paper {
    fn draw(&mut self, app: &AppState, now: DateTime<Utc>) -> io::Result<LastFrame> {
        self.frames += 1;
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        Ok(draw_buffer(&mut buffer, app, now, &Theme::default()))
    }

    fn copy(&mut self, text: &CleanText) -> io::Result<()> {
        self.copied.push(text.to_string());
        Ok(())
    }

    fn notify(&mut self, _words: &Clean) -> io::Result<()> {
        Ok(())
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.repaints += 1;
        Ok(())
    }

    fn capture_mouse(&mut self, _captured: bool) -> io::Result<()> {
        Ok(())
    }

    fn set_theme(&mut self, _theme: &str) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}
