//! A listing of events, told without what it does not hold: made-up times, places and numbers.

use std::collections::BTreeSet;

use crate::clean;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::read::event_listing;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::text::CleanText;
use crate::domain::session::Session;

/// What the listing says; `text` is all that was given.
pub(super) fn told(session: &Session, text: &str, width: Option<usize>) -> CleanText {
    let at = session.last_seen().unwrap_or_default();
    let diagnosis = Diagnosis::of(session);
    let said = super::super::text::events_only(session, &diagnosis, at, width);
    let lacks = Lacks {
        times: at.timestamp() < 60,
        stack: session.root().account() == event_listing::UNKNOWN
            && session.root().name() == event_listing::UNNAMED,
    };
    let missing = by_elimination(session);
    let mut out = String::new();
    for (index, line) in said.as_str().lines().enumerate() {
        let line = if index == 0 { head(line) } else { line };
        let line = if is_silence(line) {
            match verdict(text, &missing) {
                Some(line) => line.to_owned(),
                None => continue,
            }
        } else {
            match plain(line, &lacks) {
                Some(line) => line,
                None => continue,
            }
        };
        out.push_str(&line);
        out.push('\n');
    }
    let mut out = CleanText::of(out.trim_start_matches('\n'));
    tell_missing(&mut out, session, &missing);
    out
}

/// Nothing failed, or nothing tells whether anything did.
fn is_silence(line: &str) -> bool {
    line == "Nothing failed." || line.starts_with("No event of the stack itself is known")
}

/// The stack's name and status, without the places and the status that nobody told.
fn head(line: &str) -> &str {
    let place = format!("  {0} / {0}", event_listing::UNKNOWN);
    let told = line.trim_end();
    let told = told.strip_suffix(place.as_str()).unwrap_or(told);
    told.trim_end_matches(event_listing::UNKNOWN).trim_end()
}

/// What a listing does not hold.
struct Lacks {
    times: bool,
    stack: bool,
}

/// A line without what stands in for what the listing does not name; none where nothing would be left.
fn plain(line: &str, lacks: &Lacks) -> Option<String> {
    let made_up = format!(":{0}:", event_listing::UNKNOWN);
    if line.trim_start().starts_with("see event:") && line.contains(&made_up) {
        return None;
    }
    let line = line
        .replace(&format!("  {0} / {0}", event_listing::UNKNOWN), "")
        .replace("1970-01-01 ", "")
        .replace(", attempt 0", "");
    if line.trim() == event_listing::UNNAMED && lacks.stack {
        return None;
    }
    let mut line = line;
    if lacks.stack {
        line = line.replace(&format!("  in {},", event_listing::UNNAMED), " ");
    }
    if lacks.times {
        line = line.replace(" to …", "");
        if let Some(at) = line.find("  00:00:0") {
            line.replace_range(at..(at + 10).min(line.len()), "");
        }
        if let Some(at) = line.rfind(", at 00:0").or_else(|| line.rfind("  at 00:0")) {
            line.truncate(at);
        }
    }
    Some(line.trim_end().to_owned())
}

/// "Nothing failed" needs proof: the text speaks of no failure anywhere.
fn verdict(text: &str, missing: &[String]) -> Option<&'static str> {
    if !missing.is_empty() {
        return None;
    }
    let speaks = ["FAILED", "ROLLBACK", "AccessDenied", "\"FAIL\""]
        .iter()
        .any(|word| text.contains(word));
    Some(if speaks {
        "The text speaks of a failure, but does not hold the event that tells its cause. Give the whole listing, oldest \
         events too: `aws cloudformation describe-stack-events --stack-name STACK`."
    } else {
        "Nothing failed."
    })
}

/// What a stack says has failed, and of which no event in the listing tells.
fn by_elimination(session: &Session) -> Vec<String> {
    let mut listed = Vec::new();
    let mut told = BTreeSet::new();
    for seen in session.events() {
        let event = &seen.event;
        let reason = event.reason.as_deref().unwrap_or_default();
        if event.status.as_str().ends_with("FAILED") {
            told.insert(event.logical_id.clone());
        }
        if let Some(CascadeKind::FailedResources { failed, .. }) = reason::cascade(reason, None, None) {
            listed.extend(failed);
        }
    }
    let mut missing: Vec<String> = Vec::new();
    for name in listed {
        if !told.contains(&name) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    missing
}

fn tell_missing(out: &mut CleanText, session: &Session, missing: &[String]) {
    let has_root = Diagnosis::of(session).roots().next().is_some();
    if missing.is_empty() || has_root {
        return;
    }
    for name in missing {
        out.blank();
        out.line(clean!(
            "✘ {name}  failed, as its stack says; its own reason is not in this text"
        ));
    }
    out.line(clean!(
        "  The others that the stack names were only stopped because of it."
    ));
    out.line(clean!(
        "  next: look further up for the *_FAILED of {}, or at its events; where it is a nested stack, at that stack's own.",
        missing.join(", ")
    ));
}
