//! Makes the pictures in `screenshots/`: opens recordings of scenarios and draws them with the real draw path.
//!
//! ```text
//! cargo run --example screenshots                 # draw them
//! cargo run --example screenshots -- --check      # say which are stale; changes nothing
//! cargo run --example screenshots -- --record     # record the scenarios anew, then draw
//! cargo run --example screenshots -- --look DIR [STORY [THEME [KEYS]]]   # every story in three sizes and all themes
//! ```
//!
//! The recordings lie in `tests/samples/recordings/`, so that a picture changes only when the program does.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser as _;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use resvg::{tiny_skia, usvg};
use stacktrail::app::layout::home::{Card, CardMark, Home, News};
use stacktrail::app::{App, Message, Mode, Watched};
use stacktrail::archive::SessionFile;
use stacktrail::cli::{self, args::Cli};
use stacktrail::domain::conclude::digest::SessionDigest;
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::session::Session;
use stacktrail::sandbox::Scenario;
use stacktrail::tui::input::key_message;
use stacktrail::tui::picture::{self, Background};
use stacktrail::tui::theme::{Depth, Palette, Signs};
use stacktrail::tui::{Theme, draw_buffer};

type Any = Box<dyn Error>;

/// A picture: its name, the recording, the keys pressed, columns, rows, the colours.
struct Picture {
    name: &'static str,
    recording: &'static str,
    keys: &'static str,
    size: (u16, u16),
    palette: Palette,
}

const fn picture(
    name: &'static str,
    recording: &'static str,
    keys: &'static str,
    size: (u16, u16),
) -> Picture {
    Picture {
        name,
        recording,
        keys,
        size,
        palette: Palette::ColourBlindSafe,
    }
}

const PICTURES: [Picture; 7] = [
    picture("cause", DENIED, "", (140, 40)),
    picture("small", DENIED, "", (80, 24)),
    picture("nested", "nested-service-rollback", "", (140, 40)),
    picture("hidden", "hidden-denial", "", (140, 40)),
    picture("record", DENIED, "\n\n", (140, 40)),
    picture("palette", DENIED, ":fail", (100, 30)),
    Picture {
        palette: Palette::Light,
        ..picture("light", DENIED, "", (120, 34))
    },
];

const DENIED: &str = "denied-custom-resource";
const RECORDINGS: &str = "tests/samples/recordings";
const SCREENSHOTS: &str = "screenshots";

/// All stories begin here.
const START: &str = "2026-05-04T09:00:00Z";
/// So many seconds of a story pass in one while it is recorded.
const SPEED: &str = "40";

/// The film: how large, how many frames at most, and how long each is shown, in tenths of a second.
const FILM: (u16, u16) = (110, 32);
const FRAMES: usize = 26;
const TENTHS: u32 = 7;
const LAST_TENTHS: u32 = 40;

fn main() -> Result<(), Any> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| wanted.iter().any(|given| given == flag);
    if has("--record") {
        record()?;
    }
    if has("--look") {
        return look(wanted.get(1..).unwrap_or_default());
    }
    let mut drawn: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for picture in &PICTURES {
        let ground = match picture.palette {
            Palette::Light => Background::Light,
            _ => Background::Dark,
        };
        let svg = picture::svg_on(&draw(picture)?, ground);
        drawn.push((path(picture.name), svg.into_bytes()));
    }
    let home = picture::svg(&home()?);
    drawn.push((path("home"), home.into_bytes()));
    drawn.push((path("demo"), film()?.into_bytes()));
    if has("--check") {
        return check(&drawn);
    }
    fs::create_dir_all(SCREENSHOTS)?;
    for (path, svg) in &drawn {
        fs::write(path, svg)?;
        if !path.ends_with("demo.svg") {
            fs::write(path.with_extension("png"), png(svg)?)?;
        }
    }
    Ok(())
}

/// The sizes in which pictures are looked at.
const LOOKED_AT: [(u16, u16); 3] = [(80, 24), (160, 48), (250, 70)];
/// A session of every scenario.
const STORIES: &str = "tests/samples/journals";

/// Draws what is to be looked at into a directory: all stories, or one; in all themes, or one.
fn look(wanted: &[String]) -> Result<(), Any> {
    let [directory, rest @ ..] = wanted else {
        return Err("name a directory for the pictures".into());
    };
    let is_wanted = |at: usize, name: &str| {
        rest.get(at)
            .is_none_or(|wanted| wanted == name || wanted == "all")
    };
    let keys = rest.get(2).map_or("", String::as_str);
    fs::create_dir_all(directory)?;
    for entry in fs::read_dir(STORIES)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(story) = name.strip_suffix(".json.gz").filter(|story| is_wanted(0, story)) else {
            continue;
        };
        for (palette, theme) in Palette::NAMED
            .into_iter()
            .filter(|(_, theme)| is_wanted(1, theme))
        {
            let ground = match palette {
                Palette::Light => Background::Light,
                _ => Background::Dark,
            };
            for size in LOOKED_AT {
                let file = SessionFile::read(flate2::read::GzDecoder::new(fs::File::open(&path)?))?;
                let svg = picture::svg_on(&drawn(file, keys, size, palette)?, ground);
                let name = format!("{story}-{theme}-{}{}.png", size.0, keys.replace(['\n', '/'], "_"));
                fs::write(Path::new(directory).join(name), png(svg.as_bytes())?)?;
            }
        }
    }
    Ok(())
}

fn path(name: &str) -> PathBuf {
    Path::new(SCREENSHOTS).join(name).with_extension("svg")
}

/// Says which pictures are not what the program draws today.
#[expect(clippy::disallowed_methods, reason = "a tool of ours, which prints a number")]
fn check(drawn: &[(PathBuf, Vec<u8>)]) -> Result<(), Any> {
    let stale: Vec<String> = drawn
        .iter()
        .filter(|(path, svg)| fs::read(path).ok().as_ref() != Some(svg))
        .map(|(path, _)| path.display().to_string())
        .collect();
    if stale.is_empty() {
        writeln!(std::io::stdout(), "{} pictures are fresh", drawn.len())?;
        return Ok(());
    }
    let words = "`cargo run --example screenshots` draws them anew; look at them before they are committed";
    Err(format!("stale: {}; {words}", stale.join(", ")).into())
}

/// Records every scenario as a job would.
fn record() -> Result<(), Any> {
    let work = tempfile::tempdir()?;
    for recording in [DENIED, "nested-service-rollback", "hidden-denial"] {
        let data = work.path().join(recording).to_string_lossy().into_owned();
        let clock = format!("{SPEED}@{START}");
        run(&[
            "demo",
            recording,
            "--headless",
            "--clock",
            &clock,
            "--data-dir",
            &data,
        ])?;
        let file = format!("{RECORDINGS}/{recording}.json");
        let stack = Scenario::builtin(recording)?.stack_name;
        if Path::new(&file).exists() {
            fs::remove_file(&file)?;
        }
        run(&[
            "export",
            &stack,
            "--format",
            "json",
            "-o",
            &file,
            "--data-dir",
            &data,
        ])?;
    }
    Ok(())
}

fn run(arguments: &[&str]) -> Result<(), Any> {
    let line = std::iter::once("stacktrail").chain(arguments.iter().copied());
    cli::run(Cli::try_parse_from(line)?).map_err(|error| cli::sentence(&error).to_string())?;
    Ok(())
}

fn recording(name: &str) -> Result<SessionFile, Any> {
    let file = fs::File::open(format!("{RECORDINGS}/{name}.json"))?;
    Ok(SessionFile::read(file)?)
}

/// The screen of what was recorded after some keys, as `stacktrail open` shows it.
fn draw(picture: &Picture) -> Result<Buffer, Any> {
    drawn(
        recording(picture.recording)?,
        picture.keys,
        picture.size,
        picture.palette,
    )
}

fn drawn(file: SessionFile, keys: &str, size: (u16, u16), palette: Palette) -> Result<Buffer, Any> {
    let now: DateTime<Utc> = START.parse()?;
    let mut app = App::new(Mode::Offline, file.root.name().to_owned(), Vec::new());
    app.restore_owned(file.root, file.facts);
    let theme = Theme::of(palette, Depth::True, Signs::Unicode);
    let mut buffer = on_screen(&mut app, now, size, &theme);
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            key => KeyCode::Char(key),
        };
        if let Some(message) = key_message(&KeyEvent::new(code, KeyModifiers::NONE)) {
            app.update(message, now);
        }
        buffer = on_screen(&mut app, now, size, &theme);
    }
    Ok(buffer)
}

fn on_screen(app: &mut App, now: DateTime<Utc>, (columns, rows): (u16, u16), theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    // Lists know how far they scroll once they were drawn.
    for _ in 0..2 {
        buffer.reset();
        let drawn = draw_buffer(&mut buffer, app, now, theme);
        app.drawn(drawn);
    }
    buffer
}

/// What people see who have settled nothing.
fn theme() -> Theme {
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
}

fn home() -> Result<Buffer, Any> {
    let now: DateTime<Utc> = START.parse()?;
    let saved = saved(now)?;
    let card = |name: &str, status: &str| card(now, name, status, (None, None, &[]));
    let stacks = vec![
        card("payments", "UPDATE_ROLLBACK_IN_PROGRESS")?,
        card("billing", "UPDATE_IN_PROGRESS")?,
        card("network", "CREATE_COMPLETE")?,
    ];
    let mut app = App::new(Mode::Offline, String::new(), Vec::new());
    app.show_home(Home::default());
    app.update(Message::Home(News::Saved(saved)), now);
    app.update(Message::Home(News::Stacks(stacks)), now);
    // The first that was recorded: what moves stands before it.
    for key in ['j', 'j'] {
        let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        app.update(key_message(&key).ok_or("a key")?, now);
    }
    Ok(on_screen(&mut app, now, (150, 32), &theme()))
}

/// What is said of a stack: how its deployment ended, how many minutes ago it was seen, what else there is to say.
type Said<'a> = (Option<Outcome>, Option<i64>, &'a [CardMark]);

fn card(now: DateTime<Utc>, name: &str, status: &str, said: Said<'_>) -> Result<Card, Any> {
    let (verdict, minutes, marks) = said;
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    Ok(Card {
        root: StackId::parse(&arn).ok_or("no ARN")?,
        label: None,
        status: Some(Status::new(status)),
        verdict,
        last_seen: minutes.map(|minutes| now - TimeDelta::minutes(minutes)),
        marks: marks.to_vec(),
        told: told(verdict)?.map(Arc::new),
    })
}

/// What is said of what failed is what is said of stories that did.
fn told(verdict: Option<Outcome>) -> Result<Option<SessionDigest>, Any> {
    let story = match verdict {
        Some(Outcome::RolledBack) => DENIED,
        Some(Outcome::Failed) => "hidden-denial",
        _ => return Ok(None),
    };
    let file = recording(story)?;
    let session = Session::replay_owned(file.root.clone(), file.facts);
    Ok(Some(SessionDigest::of(&Watched::saved(session).diagnosis)))
}

fn saved(now: DateTime<Utc>) -> Result<Vec<Card>, Any> {
    Ok(vec![
        card(
            now,
            "shop-prod",
            "ROLLBACK_COMPLETE",
            (Some(Outcome::RolledBack), Some(4), &[CardMark::Pending]),
        )?,
        card(
            now,
            "billing",
            "UPDATE_COMPLETE",
            (Some(Outcome::Succeeded), Some(38), &[]),
        )?,
        card(
            now,
            "shop-staging",
            "UPDATE_FAILED",
            (Some(Outcome::Failed), Some(1_700), &[CardMark::Pinned]),
        )?,
        card(
            now,
            "preview-1234",
            "DELETE_COMPLETE",
            (Some(Outcome::RolledBack), Some(9_000), &[CardMark::Gone]),
        )?,
    ])
}

/// The story as it went, in a few frames.
fn film() -> Result<String, Any> {
    let file = recording(DENIED)?;
    let mut moments: Vec<DateTime<Utc>> = file.facts.iter().map(|fact| fact.observed_at).collect();
    moments.sort();
    moments.dedup();
    let every = moments.len().div_ceil(FRAMES).max(1);
    let last = moments.last().copied();
    let chosen = moments.iter().copied().step_by(every).chain(last);
    let theme = theme();
    let mut frames: Vec<(Buffer, u32)> = Vec::new();
    for moment in chosen {
        let told = file
            .facts
            .iter()
            .filter(|fact| fact.observed_at <= moment)
            .cloned();
        let session = Session::replay_owned(file.root.clone(), told.collect::<Vec<_>>());
        let mut app = App::new(Mode::Live, file.root.name().to_owned(), Vec::new());
        app.add(Watched::saved(session));
        let buffer = on_screen(&mut app, moment, FILM, &theme);
        match frames.last_mut() {
            Some((before, tenths)) if *before == buffer => *tenths += TENTHS,
            _ => frames.push((buffer, TENTHS)),
        }
    }
    if let Some((_, tenths)) = frames.last_mut() {
        *tenths = LAST_TENTHS;
    }
    Ok(picture::film(&frames, Background::Dark))
}

/// The picture as pixels, with the font that comes along.
fn png(svg: &[u8]) -> Result<Vec<u8>, Any> {
    let mut options = usvg::Options {
        font_family: "DejaVu Sans Mono".to_owned(),
        ..usvg::Options::default()
    };
    for font in ["DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"] {
        options
            .fontdb_mut()
            .load_font_data(fs::read(format!("assets/fonts/{font}"))?);
    }
    let tree = usvg::Tree::from_data(svg, &options)?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("the picture has no size")?;
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}
