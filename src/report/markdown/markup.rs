//! Markdown as GitHub and GitLab read it: foreign text within it stays text.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::text::{harmless, one_line};

/// What a forge would make a mention, a reference or a picture of (`:secret:` within an ARN is one), and what is
/// to be copied as it is.
static VERBATIM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[A-Za-z0-9._%+/-]*@[A-Za-z0-9_][A-Za-z0-9_./-]*",
        r"|[A-Za-z0-9._/-]*#[0-9]+|\b[Gg][Hh]-[0-9]+",
        // ARNs, to their last sign that is no punctuation of the sentence.
        r#"|\barn:aws[a-z-]*:[^\s,;()"'<>]*[^\s,;()"'<>.:]"#,
        r"|[^\s,;()]*:[a-z+-][a-z0-9_+-]*:[^\s,;()]*",
        // Resource types, actions and statuses.
        r"|\b[A-Z][A-Za-z0-9]+(?:::[A-Z][A-Za-z0-9_-]*)+|\b[a-z][a-z0-9-]+:[A-Z][A-Za-z0-9]+\b",
        r"|\b[A-Z]+(?:_[A-Z]+)+\b"
    ))
    .ok()
});

/// Foreign text among our own words: nothing in it is markup, a mention or a link.
///
/// GitHub and GitLab look for mentions in the text of the finished page, where `&#64;` is an `@` again, but not
/// within code. So what would be one is set as code, which can also be copied as it is.
pub(in crate::report) fn plain(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::new();
    let mut rest = 0;
    for found in VERBATIM.iter().flat_map(|pattern| pattern.find_iter(&text)) {
        escape(text.get(rest..found.start()).unwrap_or_default(), &mut out);
        out.push_str(&code(found.as_str()));
        rest = found.end();
    }
    escape(text.get(rest..).unwrap_or_default(), &mut out);
    out
}

/// Escapes what Markdown or HTML would take for more than a sign where it stands, and nothing else.
fn escape(text: &str, out: &mut String) {
    let from = out.len();
    let mut before = out.chars().next_back();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let is_first = before.is_none();
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '[' | '|' | '~' | '$' => out.extend(['\\', sign]),
            '(' if before == Some(']') => out.push_str("\\("),
            // Between letters it is no emphasis.
            '_' => {
                let within = |beside: Option<char>| beside.is_some_and(char::is_alphanumeric);
                let is_sign = within(before) && within(signs.peek().copied());
                out.push_str(if is_sign { "_" } else { "\\_" });
            }
            // A list, a rule or an underlined heading, where a line begins with it.
            '-' | '+' | '=' if is_first => out.extend(['\\', sign]),
            '.' | ')' if is_number(out) => out.extend(['\\', sign]),
            other => out.push(other),
        }
        before = Some(sign);
    }
    // A bare address would become a link.
    let escaped = out.split_off(from);
    out.push_str(&escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;"));
}

/// A number alone at the beginning of a line numbers a list.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|sign| sign.is_ascii_digit())
}

/// Foreign text in a line, as code.
pub(in crate::report) fn code(text: &str) -> String {
    // A bar would end the cell of a table even within code.
    let text = one_line(text).replace('|', "\u{00a6}");
    let fence = "`".repeat(longest_run(&text) + 1);
    let room = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    if text.is_empty() {
        return String::new();
    }
    format!("{fence}{room}{text}{room}{fence}")
}

/// Foreign text on lines of its own, as code in a language, so far from the margin as the list item that it is in.
pub(in crate::report) fn block(text: &str, language: &str, indent: usize) -> String {
    let text = harmless(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let margin = " ".repeat(indent);
    let mut out = format!("{margin}{fence}{language}\n");
    for line in text.trim_end().lines() {
        out.push_str(&margin);
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&margin);
    out.push_str(&fence);
    out
}

/// The most backticks that stand together.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_no_markup() {
        assert_eq!(
            plain("<b> @team #12 *x* [a](https://e.x) \u{1b}[1m`y`|"),
            "&lt;b&gt; `@team` `#12` \\*x\\* \\[a]\\(https:&#47;&#47;e.x) \\`y\\`\\|"
        );
        for (mention, set) in [
            ("ask jane@x.io, cc @org/team!", "ask `jane@x.io`, cc `@org/team`!"),
            (
                "org/repo#7 (GH-12) @everyone",
                "`org/repo#7` (`GH-12`) `@everyone`",
            ),
            ("@ # a@ #x $LATEST", "&#64; &#35; a&#64; &#35;x \\$LATEST"),
        ] {
            assert_eq!(plain(mention), set);
        }
        assert_eq!(code("a `` b"), "```a `` b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert!(block("a\n````\n<script>", "text", 0).starts_with("`````text\n"));
        assert!(block("a\n```\n", "text", 0).ends_with("\n````"));
    }

    #[test]
    fn what_begins_a_line_makes_no_list_rule_heading_or_quotation() {
        for (text, set) in [
            ("- x", "\\- x"),
            ("+ x", "\\+ x"),
            ("---", "\\---"),
            ("=== y", "\\=== y"),
            ("12. x", "12\\. x"),
            ("1) x", "1\\) x"),
            ("# x", "&#35; x"),
            ("> x", "&gt; x"),
            ("~~~", "\\~\\~\\~"),
            ("[ ] done", "\\[ ] done"),
        ] {
            assert_eq!(plain(text), set);
        }
    }

    /// Escapes that Markdown does not need make the text hard to read as it is written.
    #[test]
    fn nothing_is_escaped_without_need_and_names_of_aws_are_code() {
        for (text, set) in [
            (
                "by erin (16:36), 2 times! {a} x-y a_b 3. on",
                "by erin (16:36), 2 times! {a} x-y a_b 3. on",
            ),
            ("_a b_ __c", "\\_a b\\_ \\_\\_c"),
            (
                "was denied s3:CreateBucket on arn:aws:s3:::a-b, since",
                "was denied `s3:CreateBucket` on `arn:aws:s3:::a-b`, since",
            ),
            // Without the code it would be shown with a picture in its midst.
            (
                "read arn:aws:secretsmanager:eu-west-1:1:secret:x.",
                "read `arn:aws:secretsmanager:eu-west-1:1:secret:x`.",
            ),
            ("a :key: b", "a `:key:` b"),
            (
                "Setup (Custom::Setup) as CREATE_FAILED at 12:00:09",
                "Setup (`Custom::Setup`) as `CREATE_FAILED` at 12:00:09",
            ),
        ] {
            assert_eq!(plain(text), set);
        }
    }
}
