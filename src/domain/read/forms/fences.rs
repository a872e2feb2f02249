//! What stands between fences, and what around them.

/// A text with fences, taken apart.
pub(super) struct Fenced {
    /// What each pair of fences encloses.
    pub(super) blocks: Vec<String>,
    /// What stands around them; a block between two of its lines leaves an empty one.
    pub(super) around: String,
    /// The last fence is not closed.
    pub(super) open: bool,
}

impl Fenced {
    /// Takes a text apart; nothing where a fence stands on the line of what it encloses.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mut blocks, mut around, mut open) = (Vec::<String>::new(), String::new(), false);
        for line in text.lines() {
            let bare = line.trim();
            if bare.starts_with("```") {
                if bare.len() > 3 && bare.contains(' ') {
                    return None;
                }
                open = !open;
                if open {
                    blocks.push(String::new());
                } else {
                    around.push('\n');
                }
                continue;
            }
            let place = if open { blocks.last_mut()? } else { &mut around };
            place.push_str(line);
            place.push('\n');
        }
        Some(Self { blocks, around, open })
    }
}
