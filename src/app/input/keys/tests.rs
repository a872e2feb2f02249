use super::*;
use crate::app::input::intent::{LineEdit, Motion};

fn changed(text: &str) -> Result<Keymap, Vec<String>> {
    let built_in = Keymap::built_in();
    built_in
        .changed_by("keys.toml", text)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn says(keymap: &Keymap, keys: &str) -> KeymapResult {
    let keys = Key::parse_all(keys).unwrap();
    keymap.lookup(&keys, &[Scope::Everywhere])
}

#[test]
fn every_intent_has_a_key_and_every_key_says_it() {
    let keymap = file::built_in(BUILT_IN).unwrap_or_else(|problems| panic!("{problems:?}"));
    for intent in Intent::ALL {
        let binding = keymap.binding(*intent);
        let binding = binding.unwrap_or_else(|| panic!("assets/keys.toml has no [{}]", intent.name()));
        assert!(!binding.chords.is_empty(), "{} has no key", intent.name());
        for chord in &binding.chords {
            let (last, before) = chord.keys.split_last().unwrap();
            let mut keyboard = Keyboard {
                map: Arc::new(keymap.clone()),
                pending: Vec::new(),
                ..Keyboard::default()
            };
            let scopes = [binding.scope, Scope::Everywhere];
            for key in before {
                assert_eq!(keyboard.handle_key(*key, &scopes), KeymapResult::Pending);
            }
            assert_eq!(
                keyboard.handle_key(*last, &scopes),
                KeymapResult::Matched(*intent)
            );
            assert!(keyboard.pending.is_empty());
        }
    }
}

#[test]
fn names_are_read_back() {
    for intent in Intent::ALL {
        assert_eq!(Intent::named(intent.name()), Some(*intent));
    }
}

#[test]
fn a_binding_is_replaced_extended_and_reduced() {
    let keymap = changed(
        "next-failure = [\"x\", \"alt-e\"]\nzoom = { add = \"Z\" }\nquit = { remove = \"ctrl-c\" }\nsuspend = []\n",
    )
    .unwrap();
    let intent = |keys: &str| says(&keymap, keys);
    assert_eq!(intent("x"), KeymapResult::Matched(Intent::NextFailure));
    assert_eq!(intent("alt-e"), KeymapResult::Matched(Intent::NextFailure));
    assert_eq!(intent("e"), KeymapResult::NotFound);
    assert_eq!(intent("z"), KeymapResult::Matched(Intent::Zoom));
    assert_eq!(intent("Z"), KeymapResult::Matched(Intent::Zoom));
    assert_eq!(intent("ctrl-c"), KeymapResult::NotFound);
    assert_eq!(intent("q"), KeymapResult::Matched(Intent::Quit));
    assert_eq!(intent("ctrl-z"), KeymapResult::NotFound);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let text = "# mine\nzoom = \"Q Q\"\nnext-failur = \"x\"\nhelp = \"hyper-h\"\nquit = []\nback = 3\n";
    let problems = changed(text).unwrap_err();
    assert_eq!(
        problems,
        [
            "keys.toml:3: there is no intent `next-failur`; `next-failure` is one",
            "keys.toml:4: `hyper-h` is no key: a character or a name such as enter, f5, ctrl-d, shift-tab",
            "keys.toml:5: `quit` needs a key, or nobody could leave",
            "keys.toml:6: `back` must be a text in quotes, or several in brackets, not integer",
        ]
    );
}

#[test]
fn a_key_bound_twice_names_both_sides() {
    let problems = changed("next-failure = \"z\"\n").unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert!(
        problem.starts_with("keys.toml:1: `z` cannot say both next-failure and zoom (built-in keys.toml:"),
        "{problem}"
    );
    let problems = changed("zoom = [\"x\"]\nhelp = \"x\"\n").unwrap_err();
    assert_eq!(
        problems,
        ["keys.toml:2: `x` cannot say both help and zoom (keys.toml:1)"]
    );
}

#[test]
fn a_key_that_begins_another_is_rejected() {
    let problems = changed("zoom = { add = \"e z\" }\n").unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert!(
        problem.starts_with("keys.toml:1: `e z` (zoom) and `e` (next-failure, built-in keys.toml:"),
        "{problem}"
    );
}

#[test]
fn a_sequence_waits_and_escape_cancels_it() {
    let keymap = Arc::new(changed("zoom = [\", z\"]\nhelp = { add = \", h\" }\n").unwrap());
    let mut keyboard = Keyboard {
        map: Arc::clone(&keymap),
        pending: Vec::new(),
        ..Keyboard::default()
    };
    let scopes = [Scope::Everywhere];
    assert_eq!(
        keyboard.handle_key(Key::char(','), &scopes),
        KeymapResult::Pending
    );
    let next: Vec<_> = keymap
        .continuations(&keyboard.pending, &scopes)
        .into_iter()
        .map(|(keys, binding)| (keys, binding.intent))
        .collect();
    assert_eq!(
        next,
        [("z".to_owned(), Intent::Zoom), ("h".to_owned(), Intent::Help)]
    );
    assert_eq!(
        keyboard.handle_key(Key::named(NamedKey::Esc), &scopes),
        KeymapResult::NotFound
    );
    assert_eq!(
        keyboard.handle_key(Key::char('z'), &scopes),
        KeymapResult::NotFound
    );
    assert_eq!(
        keyboard.handle_key(Key::char(','), &scopes),
        KeymapResult::Pending
    );
    assert_eq!(
        keyboard.handle_key(Key::char('z'), &scopes),
        KeymapResult::Matched(Intent::Zoom)
    );
}

#[test]
fn a_smaller_place_goes_first_and_may_use_the_same_key() {
    let text = "[zoom]\nkeys = [\"z\"]\ngroup = \"g\"\nhelp = \"h\"\n[help]\nkeys = [\"z\"]\ngroup = \"g\"\nhelp = \"h\"\nwhere = \"timeline\"\n";
    let keymap = file::built_in(text).unwrap();
    let z = [Key::char('z')];
    assert_eq!(
        keymap.lookup(&z, &[Scope::Timeline, Scope::Everywhere]),
        KeymapResult::Matched(Intent::Help)
    );
    assert_eq!(
        keymap.lookup(&z, &[Scope::Everywhere]),
        KeymapResult::Matched(Intent::Zoom)
    );
}

#[test]
fn while_something_is_typed_a_character_is_one_and_what_moves_goes_on_moving() {
    let own = "next = [\"ctrl-n\", \"j\"]\naccept = { add = \"ctrl-j\" }\nerase-line = [\"ctrl-x\"]\n";
    let keymap = changed(own).unwrap();
    let typed = |key: &str| keymap.typed(Key::parse(key).unwrap());
    for letter in ["j", "q", "G", "é", "/", "?"] {
        assert_eq!(
            typed(letter),
            TypingResult::Character(letter.chars().next().unwrap())
        );
    }
    assert_eq!(typed("space"), TypingResult::Character(' '));
    for (key, intent) in [
        ("enter", Intent::Edit(LineEdit::Accept)),
        ("ctrl-j", Intent::Edit(LineEdit::Accept)),
        ("esc", Intent::Edit(LineEdit::Cancel)),
        ("ctrl-c", Intent::Edit(LineEdit::Cancel)),
        ("backspace", Intent::Edit(LineEdit::Backspace)),
        ("ctrl-x", Intent::Edit(LineEdit::Clear)),
        ("ctrl-n", Intent::Go(Motion::Next)),
        ("up", Intent::Go(Motion::Previous)),
        ("pagedown", Intent::Go(Motion::PageDown)),
        ("ctrl-z", Intent::Suspend),
    ] {
        assert_eq!(typed(key), TypingResult::Says(intent), "{key}");
    }
    // What would go elsewhere says nothing: the line is being typed.
    for key in ["tab", "left", "f5", "ctrl-w", "ctrl-t"] {
        assert_eq!(typed(key), TypingResult::Nothing, "{key}");
    }
    assert_eq!(
        keymap.key_while_typing(Intent::Go(Motion::Next)).as_deref(),
        Some("Ctrl-n")
    );
    assert_eq!(
        Keymap::built_in()
            .key_while_typing(Intent::Go(Motion::Next))
            .as_deref(),
        Some("Down")
    );
}
