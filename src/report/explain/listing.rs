//! A listing of events, told without what it does not hold: made-up times, places and numbers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::given::Given;
use crate::clean;
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::event_listing;
use crate::domain::read::forms;
use crate::domain::read::forms::PastedFailure;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::signature::Signatures;
use crate::domain::read::text::CleanText;
use crate::domain::session::Session;
use crate::report;
use crate::report::text::{Available, Silence};

/// The properties of a resource, in an event that holds them.
static PROPERTIES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#""(?:ResourceProperties|resourceProperties)"\s*:\s*"(?:[^"\\]|\\.)*""#));

/// Times before this have no day of their own.
pub(super) const MADE_UP_DAYS: i64 = 30 * 86_400;

/// What the listing says that was given.
pub(super) fn told(session: &Session, given: &Given<'_>, width: Option<usize>) -> CleanText {
    let at = session.last_seen().unwrap_or_default();
    let diagnosis = Diagnosis::of(session);
    let missing = by_elimination(session);
    let root = session.root();
    let known = Available {
        searches: false,
        // A listing without days is put in order with made-up ones of the first days of 1970.
        times: at.timestamp() >= 60 || at.timestamp() < 0,
        days: at.timestamp() > MADE_UP_DAYS,
        stack: root.account() != event_listing::UNKNOWN || root.name() != event_listing::UNNAMED,
        silence: verdict(given, &missing),
    };
    let case = CaseFile {
        session,
        diagnosis: &diagnosis,
    };
    let mut out = report::text::told(case, known, at, width);
    tell_steps(&mut out, &diagnosis);
    tell_missing(&mut out, session, &missing);
    tell_unreasoned(&mut out, &diagnosis);
    tell_rolled_back(&mut out, session, &diagnosis, &missing);
    tell_left(&mut out, session);
    out
}

/// What is to be done with a stack that was left in a state that allows no deployment.
fn tell_left(out: &mut CleanText, session: &Session) {
    let root = session.root();
    let mut own = session
        .events()
        .into_iter()
        .map(|seen| &seen.event)
        .filter(|event| event.stack_id == *root && event.is_about_stack());
    let Some(last) = own.next_back() else { return };
    let name = Some(root.name()).filter(|name| *name != event_listing::UNNAMED);
    if let Some(step) = forms::after_it(last.status.as_str(), name) {
        out.line(clean!("  then: {step}."));
    }
}

/// So many roots get a step each.
const STEPS: usize = 4;

/// The step that always helps, for each root of which nothing more is known.
fn tell_steps(out: &mut CleanText, diagnosis: &Diagnosis) {
    let several = diagnosis.roots().nth(1).is_some();
    let mut steps: Vec<(String, String)> = Vec::new();
    for finding in diagnosis.roots() {
        let Some(step) = step(finding) else { continue };
        match steps.iter_mut().find(|(_, told)| *told == step) {
            Some((names, _)) => {
                names.push_str(", ");
                names.push_str(&finding.failure.event.logical_id);
            }
            None => steps.push((finding.failure.event.logical_id.clone(), step)),
        }
    }
    for (names, step) in steps.into_iter().take(STEPS) {
        let whose = if several {
            format!(" for {names}")
        } else {
            String::new()
        };
        out.line(clean!("  next{whose}: {step}"));
    }
}

/// What helps with a root for which no cause has a step.
pub(super) fn step(finding: &Finding) -> Option<String> {
    let failure = &finding.failure;
    let told = finding
        .assessment
        .causes
        .iter()
        .any(|cause| cause.next_step.is_some());
    let reason = failure.reason().filter(|reason| !reason.is_empty())?;
    let known = Signatures::builtin()
        .find(reason, Some(&failure.event.resource_type))
        .is_some();
    if told || known || !failure.is_root() {
        return None;
    }
    let stack = &failure.key.stack_id;
    let said = PastedFailure {
        reason: reason.to_owned(),
        about: Some(failure.event.logical_id.clone()),
        stack: Some(stack.name().to_owned()).filter(|name| name != event_listing::UNNAMED),
        kind: Some(failure.event.resource_type.clone()).filter(|kind| kind != event_listing::UNTYPED),
        status: Some(failure.event.status.as_str().to_owned()),
        region: Some(stack.region().to_owned()).filter(|region| region.contains('-')),
        ..PastedFailure::default()
    };
    Some(forms::next_step(&said, &failure.facts))
}

/// Where no failure has a reason, the cause is not in the text.
fn tell_unreasoned(out: &mut CleanText, diagnosis: &Diagnosis) {
    let mut roots = diagnosis.roots().peekable();
    let Some(first) = roots.peek() else { return };
    let stack = first.failure.key.stack_id.name().to_owned();
    if roots.any(|finding| finding.failure.reason().is_some_and(|reason| !reason.is_empty())) {
        return;
    }
    let stack = if stack == event_listing::UNNAMED {
        "STACK"
    } else {
        &stack
    };
    out.line(clean!(
        "  next: the text gives no reason; read `aws cloudformation describe-stack-events --stack-name {stack}`: the oldest \
         *_FAILED that is no cancellation tells the cause"
    ));
}

/// A stack that was rolled back, and no event that says why: the cause is not in the text.
fn tell_rolled_back(out: &mut CleanText, session: &Session, diagnosis: &Diagnosis, missing: &[String]) {
    let told = diagnosis.roots().next().is_some()
        || !missing.is_empty()
        || diagnosis.silence(session).is_some()
        || session.is_incomplete();
    let has = |word: &str| {
        let mut statuses = session
            .events()
            .into_iter()
            .map(|seen| seen.event.status.as_str());
        statuses.any(|status| status.contains(word))
    };
    let (back, stopped) = (has("ROLLBACK"), has("_FAILED"));
    if told || !(back || stopped) {
        return;
    }
    let what = if back {
        "why it was rolled back is not in this text"
    } else {
        tell_stopped(out, session);
        "what failed first is not in this text"
    };
    let stack = session.root().name();
    let stack = if stack == event_listing::UNNAMED {
        "STACK"
    } else {
        stack
    };
    out.line(clean!(
        "  next: {what}; read `aws cloudformation describe-stack-events --stack-name \
         {stack}`: the oldest *_FAILED that is no cancellation tells the cause"
    ));
}

/// So many of those that were only stopped are told.
const STOPPED: usize = 8;

/// What failed only because something else did.
fn tell_stopped(out: &mut CleanText, session: &Session) {
    let stopped = session
        .events()
        .into_iter()
        .map(|seen| &seen.event)
        .filter(|event| {
            event.status.as_str().ends_with("_FAILED")
                && event.reason.as_deref().and_then(reason::cascade) == Some(CascadeKind::Cancelled)
        });
    out.blank();
    for event in stopped.take(STOPPED) {
        let kind = Some(event.resource_type.as_str()).filter(|kind| *kind != event_listing::UNTYPED);
        let kind = kind.map(|kind| format!("  {kind}")).unwrap_or_default();
        out.line(clean!(
            "{}{kind}  {}  only stopped because another resource failed",
            event.logical_id,
            event.status.as_str()
        ));
    }
}

/// "Nothing failed" needs proof: the text speaks of no failure anywhere.
fn verdict(given: &Given<'_>, missing: &[String]) -> Silence<'static> {
    if !missing.is_empty() {
        return Silence::Untold;
    }
    // What stands in a resource's properties is a value.
    let text = PROPERTIES.replace_all(&given.text, "");
    let speaks = ["FAILED", "ROLLBACK", "AccessDenied", "\"FAIL\""]
        .iter()
        .any(|word| text.contains(word));
    Silence::Say(if speaks {
        "The text speaks of a failure, but does not hold the event that tells its cause. Give the whole listing, oldest \
         events too: `aws cloudformation describe-stack-events --stack-name STACK`."
    } else if given.cut {
        "None of these events failed, but the text is cut: what failed may stand in what it lacks. Give the whole listing: \
         `aws cloudformation describe-stack-events --stack-name STACK`."
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
        if let Some(CascadeKind::FailedResources { failed, .. }) = reason::cascade(reason) {
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
        out.line(clean!("✘ {}", by_its_stack(name)));
    }
    out.line(clean!(
        "  The others that the stack names were only stopped because of it."
    ));
    out.line(clean!("  next: {}", further_up(missing)));
}

fn by_its_stack(name: &str) -> String {
    format!("{name}  failed, as its stack says; its own reason is not in this text")
}

fn further_up(missing: &[String]) -> String {
    format!(
        "look further up for the *_FAILED of {}, or at its events; where it is a nested stack, at that stack's own.",
        missing.join(", ")
    )
}

/// What is to be said where no event of the listing tells a cause: that nothing failed, or what the text lacks.
pub(super) fn without_cause(session: &Session, diagnosis: &Diagnosis, given: &Given<'_>) -> Vec<String> {
    if diagnosis.roots().next().is_some() {
        return Vec::new();
    }
    let missing = by_elimination(session);
    match verdict(given, &missing) {
        Silence::Say(words) => vec![words.to_owned()],
        _ => {
            let named = missing.iter().map(|name| by_its_stack(name));
            named.chain([further_up(&missing)]).collect()
        }
    }
}
