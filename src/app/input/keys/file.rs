//! The table of keys as a file, and a person's changes to it.

use super::{BUILT_IN_NAME, Binding, Chord, Hint, Key, Keymap, Scope};
use crate::app::input::intent::Intent;
use crate::app::input::toml_source::{Problem, SourceLine, TomlEntry, TomlSource, nearest};

/// The least important rank in the footer.
const LAST_RANK: u32 = 100;

/// Reads the built-in table.
pub(super) fn built_in(text: &str) -> Result<Keymap, Vec<Problem>> {
    let sheet = TomlSource::new(BUILT_IN_NAME, text);
    let table = sheet.parse()?;
    let (mut bindings, mut problems) = (Vec::new(), Vec::new());
    for entry in sheet.entries(&table) {
        match binding(&entry) {
            Ok(binding) => bindings.push(binding),
            Err(problem) => problems.push(problem),
        }
    }
    judged(Keymap { bindings }, problems)
}

fn judged(keymap: Keymap, mut problems: Vec<Problem>) -> Result<Keymap, Vec<Problem>> {
    problems.extend(keymap.clashes());
    if problems.is_empty() {
        return Ok(keymap);
    }
    problems.sort();
    Err(problems)
}

fn binding(entry: &TomlEntry<'_, '_>) -> Result<Binding, Problem> {
    let mut binding = Binding {
        intent: intent(entry)?,
        chords: Vec::new(),
        group: String::new(),
        name: String::new(),
        help: String::new(),
        also: String::new(),
        hint: None,
        scope: Scope::default(),
    };
    let (mut footer, mut rank) = (None, LAST_RANK);
    for entry in entry.section()? {
        match entry.key {
            "keys" => binding.chords = chords(&entry)?,
            "group" => entry.text()?.clone_into(&mut binding.group),
            "name" => entry.text()?.clone_into(&mut binding.name),
            "help" => entry.text()?.clone_into(&mut binding.help),
            "also" => entry.text()?.clone_into(&mut binding.also),
            "footer" => footer = Some(entry.text()?.to_owned()),
            "rank" => rank = entry.number(0..LAST_RANK)?,
            "where" => {
                let scope = Scope::parse(entry.text()?);
                binding.scope = scope.ok_or_else(|| entry.problem("there is no such place"))?;
            }
            other => return Err(entry.problem(format!("`{other}` means nothing here"))),
        }
    }
    if binding.name.is_empty() {
        binding.name = binding.intent.name().replace('-', " ");
    }
    binding.hint = footer.map(|words| Hint { words, rank });
    if binding.help.is_empty() || binding.group.is_empty() {
        return Err(entry.problem("an intent needs `help` and `group`"));
    }
    Ok(binding)
}

/// Reads a person's changes into a table.
pub(super) fn change(keymap: &Keymap, file: &str, text: &str) -> Result<Keymap, Vec<Problem>> {
    let sheet = TomlSource::new(file, text);
    let table = sheet.parse()?;
    let (mut keymap, mut problems) = (keymap.clone(), Vec::new());
    for entry in sheet.entries(&table) {
        if let Err(problem) = change_one(&mut keymap, &entry) {
            problems.push(problem);
        }
    }
    judged(keymap, problems)
}

fn change_one(keymap: &mut Keymap, entry: &TomlEntry<'_, '_>) -> Result<(), Problem> {
    let intent = intent(entry)?;
    let unknown = || entry.problem(format!("`{}` has no line in the built-in keys", entry.key));
    let binding = keymap.bindings.iter_mut().find(|known| known.intent == intent);
    let binding = binding.ok_or_else(unknown)?;
    match entry.table() {
        None => binding.chords = chords(entry)?,
        Some(changes) => {
            for change in changes {
                match change.key {
                    "add" => binding.chords.extend(chords(&change)?),
                    "remove" => remove(binding, &change)?,
                    other => {
                        let words = format!("`{other}` is no change: write `add` or `remove`");
                        return Err(change.problem(words));
                    }
                }
            }
        }
    }
    if binding.chords.is_empty() && intent == Intent::Quit {
        return Err(entry.problem("`quit` needs a key, or nobody could leave"));
    }
    Ok(())
}

fn remove(binding: &mut Binding, change: &TomlEntry<'_, '_>) -> Result<(), Problem> {
    for chord in chords(change)? {
        let known = binding.chords.iter().position(|known| known.keys == chord.keys);
        let Some(index) = known else {
            let (keys, name) = (super::shown(&chord.keys), binding.intent.name());
            return Err(change.problem(format!("`{keys}` does not say {name} in the first place")));
        };
        binding.chords.remove(index);
    }
    Ok(())
}

fn intent(entry: &TomlEntry<'_, '_>) -> Result<Intent, Problem> {
    Intent::named(entry.key).ok_or_else(|| {
        let names = Intent::ALL.iter().map(|intent| intent.name());
        let near = nearest(entry.key, names);
        let near = near.map(|near| format!("; `{near}` is one")).unwrap_or_default();
        entry.problem(format!("there is no intent `{}`{near}", entry.key))
    })
}

fn chords(entry: &TomlEntry<'_, '_>) -> Result<Vec<Chord>, Problem> {
    entry.texts()?.into_iter().map(chord).collect()
}

fn chord((text, at): (&str, SourceLine)) -> Result<Chord, Problem> {
    match Key::parse_all(text) {
        Some(keys) => Ok(Chord { keys, at }),
        None => Err(Problem {
            at,
            words: format!("`{text}` is no key: a character or a name such as enter, f5, ctrl-d, shift-tab"),
        }),
    }
}
