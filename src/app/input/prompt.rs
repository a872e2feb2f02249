//! A line to type into on top of the screen: the palette, the filter of the home screen, a search.

use super::choice::{Choice, KnownStack, THEMES, ZoneChoice};
use super::fuzzy;
use super::intent::Intent;
use super::keys::{Binding, Keymap, Scope};
use crate::domain::read::text::Sought;

/// What is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptPurpose {
    /// Everything that can be done.
    Intents,
    /// The home screen's list.
    Stacks,
    /// Words in everything that was recorded.
    Words,
}

/// A line to type into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub about: PromptPurpose,
    /// What has been typed.
    pub text: String,
    /// The entry that is chosen.
    pub chosen: usize,
    /// The stacks and sessions that can be gone to.
    pub known: Vec<KnownStack>,
}

impl Prompt {
    /// An empty line.
    pub fn new(about: PromptPurpose) -> Self {
        Self {
            about,
            text: String::new(),
            chosen: 0,
            known: Vec::new(),
        }
    }
}

/// A line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaletteEntry {
    /// What it does.
    pub choice: Choice,
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub help: String,
    /// The key that does the same.
    pub key: String,
    /// Other words for it.
    pub also: String,
}

impl PaletteEntry {
    fn of(choice: Choice, name: impl Into<String>, help: impl Into<String>, also: &str) -> Self {
        Self {
            choice,
            name: name.into(),
            help: help.into(),
            key: String::new(),
            also: also.to_owned(),
        }
    }

    fn bound(binding: &Binding) -> Self {
        Self {
            choice: Choice::Does(binding.intent),
            name: binding.name.clone(),
            help: binding.help.clone(),
            key: binding.first_key().unwrap_or_default(),
            also: format!("{} {}", binding.also, binding.intent.name().replace('-', " ")),
        }
    }

    /// A mere movement: whoever knows its key types no name.
    fn is_movement(&self) -> bool {
        matches!(
            self.choice,
            Choice::Does(
                Intent::Go(_)
                    | Intent::Fold
                    | Intent::Unfold
                    | Intent::Enter
                    | Intent::Back
                    | Intent::NextPane
                    | Intent::PreviousPane
            )
        )
    }
}

/// Everything that can be chosen at these places.
pub(crate) fn entries(keymap: &Keymap, scopes: &[Scope], prompt: &Prompt) -> Vec<PaletteEntry> {
    let bindings = keymap.bindings().iter();
    let bound = bindings.filter(|binding| {
        // What another key says at this very place would only be in the way.
        scopes.contains(&binding.scope) && binding.intent != Intent::Palette
    });
    let mut all: Vec<PaletteEntry> = bound.map(PaletteEntry::bound).collect();
    all.extend(THEMES.map(|theme| {
        let help = "colours of this run";
        PaletteEntry::of(
            Choice::Theme(theme),
            format!("theme {theme}"),
            help,
            "colour color palette look style",
        )
    }));
    all.extend(clocks());
    if let Some(typed) = typed_zone(&prompt.text) {
        all.insert(0, typed);
    }
    all.extend(prompt.known.iter().map(|known| {
        let name = match &known.label {
            Some(label) => format!("{label} ({})", known.root.name()),
            None => known.root.name().to_owned(),
        };
        let what = if known.recorded {
            "open the session"
        } else {
            "watch the stack"
        };
        let help = format!("{what}, {}", known.root.region());
        PaletteEntry::of(
            Choice::Opens(known.clone()),
            name,
            help,
            "open go switch stack session",
        )
    }));
    all
}

/// The ways to tell moments.
fn clocks() -> impl Iterator<Item = PaletteEntry> {
    let clocks = [
        (
            ZoneChoice::Utc,
            "times in UTC",
            "as the records have them",
            "utc zulu gmt zone clock",
        ),
        (
            ZoneChoice::Local,
            "times local",
            "by this machine's clock",
            "local time zone clock",
        ),
        (
            ZoneChoice::Relative,
            "times since the beginning",
            "of the deployment",
            "relative elapsed clock",
        ),
    ];
    let clocks = clocks.into_iter();
    clocks.map(|(zone, name, help, also)| PaletteEntry::of(Choice::Clock(zone), name, help, also))
}

/// The time zone that was typed.
fn typed_zone(text: &str) -> Option<PaletteEntry> {
    let zone = ZoneChoice::typed(text)?;
    let ZoneChoice::East(east) = zone else { return None };
    let (sign, minutes) = (if east < 0 { '-' } else { '+' }, east.abs() / 60);
    let name = format!("times at UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    let help = "the time zone that was typed";
    Some(PaletteEntry::of(Choice::Clock(zone), name, help, text))
}

/// What a person may mean, best first. Letters that stand together go before letters that are only in their order, the
/// beginnings of words before their middles, names before what else is said. Without letters what was chosen last
/// comes first, and movements last.
pub(crate) fn meant(all: Vec<PaletteEntry>, recent: &[Choice], typed: &str) -> Vec<PaletteEntry> {
    let wanted = typed.trim().replace('-', " ").to_lowercase();
    let used = |entry: &PaletteEntry| {
        let place = recent.iter().position(|choice| *choice == entry.choice);
        place.unwrap_or(usize::MAX)
    };
    if wanted.is_empty() {
        let mut all = all;
        all.sort_by_key(|entry| (used(entry), entry.is_movement()));
        return all;
    }
    let mut found: Vec<(u32, PaletteEntry)> = Vec::new();
    let mut others = Vec::new();
    for entry in all {
        match fit(&entry, &wanted) {
            Some(fit) => found.push((fit, entry)),
            None => others.push(entry),
        }
    }
    found.sort_by_key(|(fit, entry)| (*fit, used(entry), entry.is_movement()));
    if !found.is_empty() {
        return found.into_iter().map(|(_, entry)| entry).collect();
    }
    let named = others.into_iter().map(|entry| {
        let name = entry.name.clone();
        (entry, name)
    });
    fuzzy::close(&wanted, named)
}

/// How well the letters fit as they stand; smaller is better.
fn fit(entry: &PaletteEntry, wanted: &str) -> Option<u32> {
    let (name, also) = (entry.name.to_lowercase(), entry.also.to_lowercase());
    let begins = |text: &str| {
        let mut starts = text.match_indices(wanted).map(|(at, _)| at);
        starts.any(|at| {
            !text
                .get(..at)
                .is_some_and(|before| before.ends_with(char::is_alphanumeric))
        })
    };
    let help = entry.help.to_lowercase();
    let all_begin = || {
        let said = format!("{name} {also} {help}");
        wanted.split_whitespace().count() > 1
            && wanted.split_whitespace().all(|word| {
                said.split(|letter: char| !letter.is_alphanumeric())
                    .any(|one| one.starts_with(word))
            })
    };
    Some(match () {
        () if name == wanted || matches!(entry.choice, Choice::Clock(ZoneChoice::East(_))) => 0,
        () if also.split_whitespace().any(|word| word == wanted) => 1,
        () if name.starts_with(wanted) => 2,
        () if begins(&name) => 3,
        () if begins(&also) => 4,
        () if wanted.chars().count() > 1 && Sought::phrase(wanted).all_in(&name) => 5,
        () if begins(&help) => 6,
        () if all_begin() => 7,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::stack::StackId;

    fn found(scope: Scope, typed: &str) -> Vec<PaletteEntry> {
        let mut prompt = Prompt::new(PromptPurpose::Intents);
        prompt.text = typed.to_owned();
        let arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-prod/5ee3113b";
        prompt.known = vec![KnownStack {
            root: StackId::parse(arn).unwrap(),
            label: None,
            recorded: true,
        }];
        let all = entries(&Keymap::built_in(), &[scope, Scope::Everywhere], &prompt);
        meant(all, &[], typed)
    }

    fn first(typed: &str) -> String {
        found(Scope::Everywhere, typed)
            .first()
            .map(|entry| entry.name.clone())
            .unwrap_or_default()
    }

    #[test]
    fn every_intent_is_found_by_its_name() {
        let keymap = Keymap::built_in();
        for intent in Intent::ALL.iter().filter(|intent| **intent != Intent::Palette) {
            let name = intent.name().replace('-', " ");
            let scope = keymap.binding(*intent).unwrap().scope;
            assert_eq!(found(scope, &name)[0].choice, Choice::Does(*intent), "{name}");
            let shown = &keymap.binding(*intent).unwrap().name;
            assert_eq!(found(scope, shown)[0].choice, Choice::Does(*intent), "{shown}");
        }
        assert_eq!(
            first("nxfail"),
            "next failure",
            "letters in their order, close together"
        );
        assert_eq!(first("quit"), "quit");
    }

    /// U16: names are the words of the screen and of AWS, and none is a verb that only this program has.
    #[test]
    fn u16_what_the_palette_lists_is_called_as_on_the_screen() {
        for scope in [Scope::Everywhere, Scope::Home, Scope::Timeline, Scope::Replay] {
            for entry in found(scope, "") {
                let name = entry.name.to_lowercase();
                let private = [
                    "look", "show", "cycle", "toggle", "attempt", "attempts", "trail", "searched", "actors",
                ];
                for word in name.split_whitespace() {
                    assert!(!private.contains(&word), "{name}");
                }
                assert!(name.chars().count() <= 26, "{name} would be cut");
            }
        }
    }

    /// U16: what people type first, and what once ran something else.
    #[test]
    fn u16_the_palette_runs_what_is_meant_and_nothing_for_what_it_does_not_know() {
        for (typed, wanted) in [
            ("sort", "sort resources"),
            ("exit", "quit"),
            ("export", "save report"),
            ("redraw", "redraw"),
            ("policy", "policy"),
            ("iam", "cause"),
            ("browser", "AWS console"),
            ("yank", "copy"),
            ("theme", "theme colour-blind-safe"),
            ("light", "theme light"),
            ("utc", "times in UTC"),
            ("+2", "times at UTC+02:00"),
            ("orders", "orders-prod"),
            ("switch", "next stack"),
            ("fail", "next failure"),
            ("compare", "compare"),
            ("who", "who did what"),
            ("cloudtrail", "CloudTrail records"),
            ("deployments", "deployments"),
            ("logs", "logs"),
            ("searches", "searches"),
            ("timeline", "timeline"),
            ("zoom", "zoom"),
            ("search", "filter"),
        ] {
            assert_eq!(first(typed), wanted, "{typed}");
        }
        assert_eq!(found(Scope::Replay, "resume")[0].name, "play");
        for nothing in ["zzz", "xqj", "red-hot chili", "hwmny"] {
            assert_eq!(first(nothing), "", "{nothing}");
        }
    }

    #[test]
    fn u16_without_letters_what_was_chosen_last_comes_first_and_movements_last() {
        let prompt = Prompt::new(PromptPurpose::Intents);
        let all = || entries(&Keymap::built_in(), &[Scope::Everywhere], &prompt);
        let recent = [Choice::Theme("dark"), Choice::Does(Intent::SaveReport)];
        let shown = meant(all(), &recent, "");
        assert_eq!(shown[0].choice, recent[0]);
        assert_eq!(shown[1].choice, recent[1]);
        let last = shown.last().unwrap();
        assert!(last.is_movement(), "{last:?}");
        assert!(shown.iter().take(20).all(|entry| !entry.is_movement()));
        assert!(
            shown
                .iter()
                .all(|entry| entry.choice != Choice::Does(Intent::Palette))
        );
    }
}
