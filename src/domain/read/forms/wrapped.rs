//! Puts together what a narrow cell or terminal broke: at spaces, and inside of words that are longer than it.

/// The lines of one text as one line. A break inside of a word is mended where the rule of the one who broke
/// it tells it: a word longer than the cell fills its line to the end; an id has a known length.
pub(crate) fn joined(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let pieces: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let width = pieces
        .iter()
        .map(|piece| piece.chars().count())
        .max()
        .unwrap_or_default();
    let mut whole = String::with_capacity(text.len());
    let mut last = 0;
    let hard = is_hard(&pieces, width);
    // A line that still has the blank at which it was broken ends with a word.
    let mut blanks = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.ends_with(' '));
    // One that begins with the only blank of its margin was broken before that blank.
    let mut leads = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.starts_with(' ') && !line.starts_with("  "));
    let margin = text.lines().filter(|line| line.starts_with(' ')).count();
    let mut after_blank = false;
    for piece in &pieces {
        let led = leads.next().unwrap_or_default() && margin * 2 <= pieces.len();
        // A blank at the break, on whichever side of it, ends a word.
        let fills = last == width && !after_blank && !led;
        let whole_word = hard && fills;
        after_blank = blanks.next().unwrap_or_default();
        if !whole.is_empty() && !whole_word && !is_one_word(&whole, piece, fills, width) {
            whole.push(' ');
        }
        whole.push_str(piece);
        last = piece.chars().count();
    }
    whole
}

/// A pane that breaks at its last column, whatever stands there: every line but the last fills it, or lacks the
/// blank at which it was broken.
fn is_hard(pieces: &[&str], width: usize) -> bool {
    let Some((_, full)) = pieces
        .split_last()
        .filter(|(_, full)| full.len() > 1 && width >= 40)
    else {
        return false;
    };
    let lengths = full.iter().map(|piece| piece.chars().count());
    full.len() > 1
        && lengths.clone().all(|length| length + 1 >= width)
        && lengths.filter(|length| *length == width).count() > 1
}

fn is_one_word(before: &str, after: &str, fills: bool, width: usize) -> bool {
    let left = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let right = after.split(char::is_whitespace).next().unwrap_or_default();
    let length = left.chars().count() + right.chars().count();
    right.starts_with([':', ',', ';', ')'])
        || is_hyphened(left, right)
        || is_id(left, right)
        || (fills && length > width && names_something(left))
}

/// Only what is written like a name (`iam:CreateServ`, `arn:aws:s3:::a-lo`) is mended, no plain word.
fn names_something(word: &str) -> bool {
    word.contains([':', '/', '-', '_']) || word.bytes().any(|byte| byte.is_ascii_digit())
}

/// `us-` and `east-1`; a dash between words has blanks around it.
fn is_hyphened(left: &str, right: &str) -> bool {
    let named = |c: char| c.is_ascii_alphanumeric();
    let before = left.strip_suffix('-').is_some_and(|word| word.ends_with(named)) && right.starts_with(named);
    let after = right
        .strip_prefix('-')
        .is_some_and(|word| word.starts_with(named))
        && left.ends_with(named);
    before || (after && names_something(left))
}

/// The two halves are a UUID: eight, four, four, four and twelve digits.
fn is_id(left: &str, right: &str) -> bool {
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let head = left.rsplit(|c| !hex(c)).next().unwrap_or_default();
    let end = right.find(|c| !hex(c)).unwrap_or(right.len());
    let tail = right.get(..end).unwrap_or_default();
    if head.is_empty() || tail.is_empty() || head.len() + tail.len() != 36 {
        return false;
    }
    let id = format!("{head}{tail}");
    id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Add the iam:CreateServ\niceLinkedRole\npermission to go on.",
        "Add the iam:CreateServiceLinkedRole permission to go on."
    )]
    #[case("perform: iam:CreateRole\non resource", "perform: iam:CreateRole on resource")]
    #[case(
        "(RequestToken: 0a1b2c3d-aaaa-4bbb-8ccc-0000\n00000010, x",
        "(RequestToken: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010, x"
    )]
    #[case("(Service: Lambda, Status Code\n: 400", "(Service: Lambda, Status Code: 400")]
    #[case("is being\noptimized", "is being optimized")]
    #[case("in us-\neast-1 now", "in us-east-1 now")]
    #[case(
        "(RequestToken: 504a5d1b\n-aa8d-9767, x",
        "(RequestToken: 504a5d1b-aa8d-9767, x"
    )]
    #[case("the end -\nand more", "the end - and more")]
    fn a_word_is_mended_only_where_the_break_is_sure(#[case] broken: &str, #[case] whole: &str) {
        assert_eq!(joined(broken), whole);
    }
}
