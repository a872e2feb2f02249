//! Pictures to be looked at: every view in three sizes and all themes, as SVG and as PNG.
//!
//! ```text
//! LOOK=DIR cargo test --test screen look -- --ignored
//! ```
//!
//! `VIEW`, `THEME` and `SIZE` (its columns) choose some of them; with `TEXT` they are written as text, at once. What is recorded is drawn by `cargo run --example screenshots -- --look`, too.

use std::fs;
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use resvg::{tiny_skia, usvg};
use stacktrail::app::Message;
use stacktrail::app::layout::home::{CardMark, News};
use stacktrail::tui::Theme;
use stacktrail::tui::picture::{self, Background};
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes::{self, Scene};
use crate::{second_look, walked};

pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (160, 48), (250, 70)];

/// A view: its name, what it shows, the keys that lead there.
pub(crate) type Looked = (&'static str, fn() -> Scene, &'static str);

pub(crate) const VIEWS: &[Looked] = &[
    ("home", home_scenes::home, "j"),
    ("home-store", home_with_store, "j"),
    ("home-offline", home_scenes::offline, ""),
    ("found", home_scenes::found, "j"),
    ("palette", scenes::explained, ":fail"),
    ("palette-all", scenes::explained, ":"),
    ("help", scenes::explained, "?"),
    ("timeline", scenes::attempts::attempts, "t"),
    ("timeline-nested", scenes::nested, "t"),
    ("logs", scenes::explained, "3"),
    ("record", scenes::explained, "<enter><enter>"),
    ("policy", scenes::explained, "P"),
    ("searches", scenes::explained, "5"),
    ("who", scenes::attempts::attempts, "a"),
    ("deployments", scenes::attempts::attempts, "A"),
    ("compare", scenes::attempts::attempts, "c"),
    ("replay", scenes::replayed, "F"),
    ("hanging", walked::hanging, ""),
    ("not-live", second_look::left_in_the_middle, ""),
    ("medium", || walked::recorded("tightened-policy"), ""),
    ("high", scenes::explained, ""),
    ("denied-by-scp", || walked::recorded("hidden-denial"), ""),
    ("stopped", || walked::recorded("failing-container"), ""),
    ("no-cause", scenes::nothing_recorded, ""),
    ("waiting", scenes::failed_waiting, ""),
    ("two-roots", || walked::recorded("crowded-account"), "e"),
    ("organisation", || walked::recorded("crowded-account"), ""),
    ("certain", || walked::recorded("nested-service-rollback"), ""),
    ("change-set", || walked::recorded("early-validation"), ""),
    ("went-well", || walked::recorded("clean-update"), ""),
];

/// Home beside a store that is shared.
fn home_with_store() -> Scene {
    let mut scene = home_scenes::home();
    let mut shared = home_scenes::saved();
    for (card, name) in shared.iter_mut().zip(["ledger-prod", "search-prod"]) {
        card.root = scenes::stack(name);
        card.label = None;
        card.marks = vec![CardMark::Shared];
    }
    shared.truncate(2);
    scene.app.update(Message::Home(News::Shared(shared)), scene.now);
    scene
}

#[test]
#[ignore = "pictures to be looked at: LOOK=DIR cargo test --test screen look -- --ignored"]
fn every_view_in_every_theme() {
    let directory = PathBuf::from(std::env::var("LOOK").unwrap());
    let wanted = |variable: &str, name: &str| {
        std::env::var(variable).map_or(true, |wanted| wanted.split(',').any(|one| one == name))
    };
    fs::create_dir_all(&directory).unwrap();
    let options = options();
    for (view, scene, keys) in VIEWS.iter().filter(|(view, ..)| wanted("VIEW", view)) {
        for (palette, theme) in Palette::NAMED
            .into_iter()
            .filter(|(_, theme)| wanted("THEME", theme))
        {
            for size in SIZES
                .into_iter()
                .filter(|(columns, _)| wanted("SIZE", &columns.to_string()))
            {
                let look = Theme::of(palette, Depth::True, Signs::Unicode);
                let mut harness = Harness::new(scene(), size, look);
                harness.press(keys);
                let file = directory.join(format!("{view}-{theme}-{}", size.0));
                if std::env::var_os("TEXT").is_some() {
                    fs::write(file.with_extension("txt"), harness.text()).unwrap();
                } else {
                    draw(&harness.buffer, palette, &file, &options);
                }
            }
        }
    }
}

fn draw(buffer: &Buffer, palette: Palette, file: &Path, options: &usvg::Options<'_>) {
    let ground = match palette {
        Palette::Light => Background::Light,
        _ => Background::Dark,
    };
    let svg = picture::svg_on(buffer, ground);
    let tree = usvg::Tree::from_data(svg.as_bytes(), options).unwrap();
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixels.as_mut());
    fs::write(file.with_extension("png"), pixels.encode_png().unwrap()).unwrap();
}

/// The font that comes along.
fn options() -> usvg::Options<'static> {
    let mut options = usvg::Options {
        font_family: "DejaVu Sans Mono".to_owned(),
        ..usvg::Options::default()
    };
    for font in ["DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("assets/fonts")
            .join(font);
        options.fontdb_mut().load_font_data(fs::read(path).unwrap());
    }
    options
}
