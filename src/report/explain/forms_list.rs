//! What can be pasted: the forms, as the reader declares them.

use super::super::fold::fold;
use crate::clean;
use crate::domain::read::forms::described;
use crate::domain::read::text::CleanText;

/// Every form: its name, what it is, how it is told, and a sample of it.
pub fn forms(width: Option<usize>) -> CleanText {
    let mut out = CleanText::default();
    for (index, form) in described().enumerate() {
        if index > 0 {
            out.blank();
        }
        out.line(clean!("{}", form.name));
        folded(&mut out, form.what, width);
        folded(&mut out, &format!("told by {}", form.told_by), width);
        for line in form.sample.lines() {
            out.line(clean!("      {line}"));
        }
    }
    out
}

fn folded(out: &mut CleanText, text: &str, width: Option<usize>) {
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(2).max(20));
    for line in fold(text, room) {
        out.line(clean!("  {line}"));
    }
}
