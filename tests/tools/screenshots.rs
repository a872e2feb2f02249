//! Makes the pictures in `screenshots/`: records scenarios with the real program, opens what it saved, and
//! draws it with the real draw path.
//!
//! `cargo run --release --example screenshots`

use std::error::Error;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use clap::Parser as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stacktrail::app::{App, Mode};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::cli::{self, args::Cli};
use stacktrail::ports::Archive as _;
use stacktrail::tui::{Theme, draw_buffer, picture};

/// Name of the picture, scenario, speed of the recording, columns, rows.
const PICTURES: [(&str, &str, &str, u16, u16); 4] = [
    ("cause", "denied-custom-resource", "20", 140, 40),
    ("small", "denied-custom-resource", "20", 80, 24),
    ("nested", "nested-service-rollback", "120", 140, 40),
    ("hidden", "hidden-denial", "20", 140, 40),
];

/// All stories begin here, so that a picture changes only when the program does.
const START: &str = "2026-05-04T09:00:00Z";

fn main() -> Result<(), Box<dyn Error>> {
    let work = tempfile::tempdir()?;
    let mut recorded: Vec<&str> = Vec::new();
    for (name, scenario, speed, columns, rows) in PICTURES {
        let data = work.path().join(scenario);
        if !recorded.contains(&scenario) {
            record(scenario, speed, &data)?;
            recorded.push(scenario);
        }
        let path = Path::new("screenshots").join(name).with_extension("svg");
        fs::create_dir_all("screenshots")?;
        fs::write(&path, draw(&data, columns, rows)?)?;
    }
    Ok(())
}

/// Records a scenario as a job would.
fn record(scenario: &str, speed: &str, data: &Path) -> Result<(), Box<dyn Error>> {
    let clock = format!("{speed}@{START}");
    let data = data.to_string_lossy();
    let line = [
        "stacktrail",
        "demo",
        scenario,
        "--headless",
        "--clock",
        &clock,
        "--data-dir",
        &data,
    ];
    cli::run(Cli::try_parse_from(line)?).map_err(|error| cli::sentence(&error))?;
    Ok(())
}

/// The screen of what was recorded, as `stacktrail open` shows it.
fn draw(data: &Path, columns: u16, rows: u16) -> Result<String, Box<dyn Error>> {
    let archive = SqliteArchive::open(data, Open::ReadOnly)?;
    let root = archive
        .sessions()?
        .into_iter()
        .next()
        .ok_or("nothing was recorded")?
        .root;
    let facts = archive.load(&root)?;
    let now: DateTime<Utc> = START.parse()?;
    let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
    app.restore(&root, &facts, now);
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    // Lists know how far they scroll once they were drawn.
    for _ in 0..2 {
        buffer.reset();
        let drawn = draw_buffer(&mut buffer, &app, now, &Theme::default());
        app.drawn(drawn);
    }
    Ok(picture::svg(&buffer))
}
