//! A report with headings: what stands under some of them was not met (what was expected, how to make it happen, with
//! which versions, what may help).

use std::sync::LazyLock;

use regex::Regex;

use super::prose;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// What was wished, or asked of whoever reports.
static WISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A(?:(?:what (?:is|was) )?(?:the )?(?:expected|desired)\b.*|what (?:did|do|were) you expect.*|what (?:you )?(?:expected|should (?:have )?happen).*|(?:possible|proposed|suggested|potential) (?:solutions?|fix(?:es)?|implementation).*|(?:possible )?work-?arounds?|acknowledge?ments?|community note|checklist|code of conduct|references?|important factoids|alternatives.*|describe the solution.*|prerequisites?|before (?:opening|submitting).*)\z",
    )
});

/// What it was met with.
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A(?:(?:minimal )?(?:steps )?(?:to |for )?reproduc(?:e|tion|ing|ible)\b.*|how to reproduce.*|steps|(?:your |system |about your )?environment(?: details| info(?:rmation)?)?|(?:[\w./-]+ ){0,3}versions?(?: .{0,40})?|system info(?:rmation)?|(?:os|operating system|platform|language|runtime|node|framework)|configuration(?: files?)?|(?:terraform |pulumi )?(?:configuration|code)(?: files?)?|template|(?:cloudformation )?template.*|affected resources?(?:\(s\))?)\z",
    )
});

/// The title of a heading; none where a line is none.
fn title(line: &str) -> Option<&str> {
    let line = line.trim();
    let sharp = line.trim_start_matches('#');
    let title = if sharp.len() < line.len() && sharp.starts_with(' ') {
        sharp.trim().trim_end_matches('#')
    } else {
        let inside = line.strip_prefix("**").or_else(|| line.strip_prefix("__"))?;
        let inside = inside.trim_end_matches([':', ' ']);
        inside
            .strip_suffix("**")
            .or_else(|| inside.strip_suffix("__"))
            .filter(|inside| !inside.contains("**"))?
    };
    let title = title.trim().trim_matches(['*', '_', ':', '?', ' ']);
    (!title.is_empty()).then_some(title)
}

/// Which part of a report a line stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Told,
    Given,
    Wished,
}

fn part(title: &str) -> Part {
    if WISHED.is_match(title) {
        Part::Wished
    } else if GIVEN.is_match(title) {
        Part::Given
    } else {
        Part::Told
    }
}

/// What a report says was met; none where nothing is to be left out of it.
pub(super) fn told(text: &str) -> Option<String> {
    let mut parts: Vec<(Part, &str)> = Vec::new();
    let (mut now, mut fenced) = (Part::Told, false);
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        now = title(line).filter(|_| !fenced).map_or(now, part);
        parts.push((now, line));
    }
    let without = |left_out: &[Part]| {
        let kept = parts.iter().filter(|(part, _)| !left_out.contains(part));
        let mut kept = kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
        if text.ends_with('\n') {
            kept.push('\n');
        }
        kept
    };
    let tells = |text: &str| prose::has_error(text) || !event_listing::rows(text).is_empty();
    let met = without(&[Part::Wished, Part::Given]);
    // Some put the error where it says how to make it happen, or what was expected instead.
    let met = if tells(&met) {
        met
    } else {
        without(&[Part::Wished])
    };
    let holds = !met.trim().is_empty() && (tells(&met) || !tells(text));
    (holds && met.len() < text.len()).then_some(met)
}

/// A type alone on its line.
static TYPE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\A\W{0,3}((?:AWS|Custom)::[A-Za-z0-9]+(?:::[A-Za-z0-9]+)?)\W{0,3}\z"));

/// The one type that a report is said to be about.
pub(super) fn kind(text: &str) -> Option<String> {
    let mut lines = text.lines();
    lines.find(|line| {
        title(line).is_some_and(|title| {
            matches!(
                title.to_ascii_lowercase().as_str(),
                "name of the resource"
                    | "type of the resource"
                    | "resource name"
                    | "resource type"
                    | "affected resource"
            )
        })
    })?;
    let mut filled = lines.map(str::trim).filter(|line| !line.is_empty());
    let kind = TYPE.captures(filled.next()?)?.get(1)?.as_str();
    filled
        .next()
        .is_none_or(|next| TYPE.captures(next).is_none())
        .then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_was_met_is_kept() {
        let text = "### Description\n\nIt stops.\n\n**Expected behavior**\nNo Error: it is gone\n\n### Logs\nError: no such queue\n\n\
                    ### Versions\ncdk 2.1\n";
        let told = told(text).unwrap_or_default();
        assert!(told.contains("Error: no such queue") && told.contains("It stops."));
        for other in ["Expected", "it is gone", "2.1"] {
            assert!(!told.contains(other), "{told}");
        }
    }

    /// What would tempt it: the error stands where it says how to make it happen, a heading that tells, a program's remark.
    #[rstest]
    #[case(
        "### Expected\n\nwell\n\n### Steps to reproduce\n\nRun it.\nError: no such queue\n",
        "Error: no such queue"
    )]
    #[case(
        "## Expected\n\nwell\n\n## UPDATE_FAILED: no such queue\n\n",
        "UPDATE_FAILED: no such queue"
    )]
    #[case(
        "### Versions\n1\n\n### Logs\n```\n# Expected behavior\nError: no such queue\n```\n",
        "# Expected behavior"
    )]
    fn what_may_be_the_error_is_kept(#[case] text: &str, #[case] kept: &str) {
        assert!(told(text).is_some_and(|told| told.contains(kept)));
    }

    #[rstest]
    #[case("# Deploying the shop\n\nError: no such queue")]
    #[case("**Error: no such queue**")]
    #[case("Expected behavior\nError: no such queue")]
    #[case("# npm warn\nError: no such queue")]
    #[case("### Expected behavior\n\nIt works. But it says\nError: no such queue\n")]
    fn other_texts_are_no_report(#[case] text: &str) {
        assert_eq!(told(text), None);
    }

    #[test]
    fn the_type_that_a_report_is_about_is_told() {
        assert_eq!(
            kind("### Name of the resource\n\nAWS::SQS::Queue\n\n### Description\n").as_deref(),
            Some("AWS::SQS::Queue")
        );
        for other in [
            "### Name of the resource\n\nOther\n",
            "### Resource Name\n\nAWS::SQS::Queue\nAWS::SNS::Topic\n",
            "AWS::SQS::Queue\n",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
