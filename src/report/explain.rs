//! What a status reason, a trail record or an event listing says, offline.

mod document;
mod explained;
mod forms_list;
mod given;
mod listing;
mod markdown;
mod own;
mod several;
mod statements;
mod trail;

use std::borrow::Cow;

use serde_json::json;

use crate::clean;
use crate::domain::explain::cause::statement_resource;
use crate::domain::model::arn::{Arn, RoleKeeper};
use crate::domain::model::category::Category;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::advice::{self, StepContext};
use crate::domain::read::describe_call::with_describe_call;
use crate::domain::read::forms;
use crate::domain::read::forms::PastedFailure;
use crate::domain::read::reason;
use crate::domain::read::reason::{Denial, PolicyKind, ReasonFacts};
use crate::domain::read::record::TrailDigest;
use crate::domain::read::signature::{Signature, Signatures};
use crate::domain::read::text::json::Json;
use crate::domain::read::text::{CleanText, one_line};

use explained::laid_out;

pub use document::Explanation;
pub use explained::{Explained, Heading};
pub use forms_list::forms;
use given::{Given, InputForm};

/// CloudFormation's longest reasons are a few kilobytes; what is longer is a log that was piped in.
const LONGEST_REASON: usize = 64 * 1024;
/// A longer sentence is not quoted.
const SHOWN_WORDS: usize = 4 * 1024;

/// What to say when there is nothing to explain.
pub const NOTHING: &str = "nothing to explain: give a status reason, a CloudTrail record, or what describe-stack-events, \
                           a console or a deployment tool printed";

/// Explains whichever of the three it is, folded where a width is given.
pub fn text(text: &str, width: Option<usize>) -> CleanText {
    explained(text, width)
}

fn note_cut(out: &mut CleanText, cut: bool) {
    let note = cut.then_some("the text is cut; what is complete in it was read");
    optional(out, "note", note);
}

/// What a text says, or each of the texts that were pasted one after the other; folded where a width is given.
fn explained(text: &str, width: Option<usize>) -> CleanText {
    let mut out = CleanText::default();
    for (index, given) in several::read(text).iter().enumerate() {
        if index > 0 {
            out.blank();
        }
        let (said, is_listing) = one_explained(given, width);
        out.push(&laid_out(said, width.filter(|_| !is_listing)));
    }
    out
}

/// What it says, and whether it is a listing of events, which is folded by itself.
fn one_explained(given: &Given<'_>, width: Option<usize>) -> (CleanText, bool) {
    let mut out = CleanText::default();
    for note in may_be_cut(given) {
        row(&mut out, "note", &note);
    }
    if given.head.is_none() && given.tail.is_none() {
        note_cut(&mut out, given.cut);
    }
    let is_listing = matches!(given.form, InputForm::Listing(_));
    match &given.form {
        InputForm::Listing(session) => out.push(&listing::told(session, given, width)),
        InputForm::Records(records) => trail::told(&mut out, &TrailDigest::of(records)),
        InputForm::Reasons(said) => reasons(&mut out, said),
    }
    (out, is_listing)
}

/// What a text begins or ends with that may be part of a name.
fn may_be_cut(given: &Given<'_>) -> Vec<String> {
    let told = |how: &str, word: &str| {
        format!("the text may be cut: it {how} with {word}, which is told as no fact")
    };
    let head = given.head.as_deref().map(|word| told("begins", word));
    let tail = given.tail.as_deref().map(|word| told("ends", word));
    head.into_iter().chain(tail).collect()
}

fn reasons(out: &mut CleanText, said: &[PastedFailure]) {
    for (index, one) in said.iter().enumerate() {
        if index > 0 {
            out.blank();
        }
        out.push(&about(one));
        out.push(&status_reason(one));
        let again = |other: &PastedFailure| other.left == one.left && other.stack == one.stack;
        let told = said.iter().take(index).any(again);
        optional(out, "then", after_it(one).filter(|_| !told).as_deref());
    }
}

/// What is to be done with the stack besides, where the text tells in which state it was left.
fn after_it(said: &PastedFailure) -> Option<String> {
    // The name of a resource is no stack's: only what is said of a stack itself names it.
    let is_stack = said.kind.as_deref() == Some(STACK_TYPE)
        || (said.kind.is_none() && reason::cascade(&said.reason).is_some());
    let own = said
        .about
        .as_deref()
        .filter(|_| is_stack && said.left == said.status);
    forms::after_it(said.left.as_deref()?, said.stack.as_deref().or(own))
}

/// What stands beside a reason.
fn about(said: &PastedFailure) -> CleanText {
    let mut out = CleanText::default();
    let kind = said.kind.as_deref().map(|kind| format!("  {kind}"));
    let named = said
        .about
        .as_deref()
        .map(|name| format!("{name}{}", kind.as_deref().unwrap_or_default()));
    optional(&mut out, "resource", named.as_deref());
    // A row whose name was not copied still says what it was.
    optional(
        &mut out,
        "type",
        said.kind.as_deref().filter(|_| said.about.is_none()),
    );
    let stack = said.stack.as_deref();
    optional(
        &mut out,
        "stack",
        stack.filter(|stack| said.about.as_deref() != Some(stack)),
    );
    optional(&mut out, "found as", said.status.as_deref());
    let place: Vec<&str> = said
        .region
        .as_deref()
        .into_iter()
        .chain(said.account.as_deref())
        .collect();
    optional(
        &mut out,
        "in",
        Some(place.join(" / ").as_str()).filter(|place| !place.is_empty()),
    );
    optional(&mut out, "template at", said.place.as_deref());
    out
}

fn status_reason(said: &PastedFailure) -> CleanText {
    let mut out = CleanText::default();
    let mut said = said.clone();
    if said.reason.len() > LONGEST_REASON {
        row(
            &mut out,
            "note",
            "only the first 64 KB were read; a status reason is never that long",
        );
        said.reason
            .truncate(said.reason.floor_char_boundary(LONGEST_REASON));
    }
    let said = &said;
    let text = said.reason.as_str();
    if text.is_empty() {
        optional(&mut out, "note", said.note.as_deref());
        if !is_fine(said) {
            row(&mut out, "next", &next_of(said, &ReasonFacts::none()));
        }
        return out;
    }
    let facts = facts(said);
    if reason::not_an_error(text) {
        row(&mut out, "note", "this reports progress, not a failure");
    }
    if let Some(kind) = reason::cascade(text) {
        row(
            &mut out,
            "cascade",
            &format!("this only follows from another failure: {}", cascade(&kind)),
        );
    }
    tell_facts(&mut out, said, &facts);
    optional(&mut out, "note", said.note.as_deref());
    if let Some(signature) = signature(said) {
        match narrower(signature, said, &facts) {
            Some(step) => {
                row(&mut out, "known as", &signature.id);
                row(&mut out, "meaning", &signature.meaning);
                row(&mut out, "next", &advice::filled(&step, &known_of(said)));
            }
            None => tell(&mut out, signature, said.kind.as_deref(), &known_of(said)),
        }
        if facts.category == Category::Cascade {
            row(&mut out, "next", &next_of(said, &facts));
        }
    } else if !reason::not_an_error(text) && !is_fine(said) {
        if facts == ReasonFacts::none() && said.note.is_none() {
            row(
                &mut out,
                "note",
                "nothing in this text is known here; read it as it stands",
            );
        }
        row(&mut out, "next", &next_of(said, &facts));
    }
    out
}

/// What is known of a failure that a step may leave a place for.
fn known_of(said: &PastedFailure) -> StepContext<'_> {
    StepContext {
        sentence: &said.reason,
        stack: said.stack.as_deref(),
        region: said.region.as_deref(),
        account: said.account.as_deref(),
    }
}

/// The next step that always helps, with what is known in its places.
fn next_of(said: &PastedFailure, facts: &ReasonFacts) -> String {
    advice::filled(&forms::next_step(said, facts), &known_of(said)).into_owned()
}

/// The category, the sentence, and every fact that the text tells.
fn tell_facts(out: &mut CleanText, said: &PastedFailure, facts: &ReasonFacts) {
    let text = said.reason.as_str();
    if !is_fine(said) {
        row(out, "category", &category(facts));
    }
    let essence = forms::essence(text);
    optional(
        out,
        "says",
        Some(essence.as_str()).filter(|words| words.len() < SHOWN_WORDS),
    );
    optional(out, "service", facts.service.as_deref());
    optional(
        out,
        "status",
        facts
            .status_code
            .filter(|code| *code > 0)
            .map(|code| code.to_string())
            .as_deref(),
    );
    optional(out, "error code", facts.error_code.as_deref());
    optional(out, "handler code", facts.handler_error_code.as_deref());
    optional(out, "request id", facts.request_id.as_deref());
    optional(out, "request token", facts.request_token.as_deref());
    optional(out, "log stream", facts.log_stream.as_deref());
    optional(out, "log group", said.log_group.as_deref());
    if let Some(mut read) = Denial::read(&with_verdict(text)) {
        if said.open {
            read.hold_back(text);
        }
        read.hold_words(&said.broken);
        denial(out, &read, None);
        if said.open && !read.explicit && read.policy.is_none() && read.hindrance.is_none() {
            row(out, "note", MAY_GO_ON);
        }
    }
}

/// What is to be said of a denial behind which the text ends.
const MAY_GO_ON: &str = "the text ends here and the sentence may go on: `with an explicit deny …` would mean that no Allow helps, and \
                         that the policy with the Deny is to be changed";

/// How an explicit deny is told.
const EXPLICIT: &str = "with an explicit deny";

/// A denial that was cut within the words of an explicit deny, with these words whole: nothing else goes on so.
fn with_verdict(text: &str) -> Cow<'_, str> {
    let half = |at: usize| {
        text.get(at + 1..)
            .map(str::trim_end)
            .filter(|tail| tail.len() > 6 && EXPLICIT.starts_with(tail))
    };
    match text
        .rfind(" with a")
        .filter(|at| half(*at).is_some_and(|tail| tail.len() < EXPLICIT.len()))
    {
        Some(at) => Cow::Owned(format!("{} {EXPLICIT}", text.get(..at).unwrap_or(text))),
        None => Cow::Borrowed(text),
    }
}

/// The form itself tells that nothing failed, or that everything has been explained.
fn is_fine(said: &PastedFailure) -> bool {
    said.note
        .as_deref()
        .is_some_and(|note| note.contains("is no failure") || note.contains(own::OURS))
}

/// What a reason says, with what stands beside it.
fn facts(said: &PastedFailure) -> ReasonFacts {
    let mut facts = ReasonFacts::read(&said.reason, said.kind.as_deref(), said.status.as_deref());
    if said.open {
        facts.hold_back(&said.reason);
    }
    facts.hold_words(&said.broken);
    if facts.error_code.is_none() {
        facts.error_code.clone_from(&said.code);
    }
    if facts.request_id.is_none() {
        facts.request_id.clone_from(&said.request);
    }
    for id in [&mut facts.request_id, &mut facts.request_token] {
        if id.as_deref().is_some_and(|id| is_part_of_an_id(id, said.open)) {
            *id = None;
        }
    }
    // The class of all errors of a service that have none of their own is no code.
    let class = facts
        .service
        .as_deref()
        .map(|service| format!("{service}Exception"));
    let only_wraps = facts.error_code.as_deref().is_some_and(|code| {
        matches!(
            code,
            "AggregateException" | "CompletionException" | "ExecutionException" | "Exception" | "Error"
        )
    });
    // An id is no code.
    let is_id = facts
        .error_code
        .as_deref()
        .is_some_and(|code| code.matches('-').count() > 2);
    if only_wraps || is_id || (class.is_some() && facts.error_code == class) {
        facts.error_code = None;
    }
    if let Some(code) = said.code.as_deref().filter(|_| facts.category == Category::Other) {
        facts.category = ReasonFacts::read(&format!("{code}: {}", said.reason), None, None).category;
    }
    // A function that says which call failed says what kind of failure it is.
    let inner = reason::CustomResource::read(&said.reason).and_then(|read| read.inner);
    if let Some(inner) = inner.filter(|inner| inner.error_code.is_some() || inner.denied_action.is_some())
        && facts.category == Category::CustomResourceFailed
        && inner.category != Category::Other
    {
        facts.category = inner.category;
    }
    if let Some(category) = said.category {
        facts.category = category;
    }
    // What is known of a sentence knows its kind as well; of words that only say that something was not liked, a situation
    // knows more.
    let vague = facts.category == Category::InvalidRequest
        && said.category.is_none()
        && facts.error_code.is_none()
        && facts.handler_error_code.is_none()
        && facts.status_code.is_none()
        && reason::is_vague(&said.reason);
    if (facts.category == Category::Other || vague)
        && let Some(known) = signature(said)
        && (!vague || known.knows_situation())
    {
        facts.category = known.category;
    }
    facts
}

/// Whether an id is the beginning of one: it is written like a UUID, and shorter.
fn is_part_of_an_id(id: &str, is_open: bool) -> bool {
    let written = id
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    let first = id.split('-').next().unwrap_or_default().len();
    let begins = (first == 8 && id.contains('-')) || (is_open && first <= 8 && !id.contains('-'));
    written && begins && id.len() < 36
}

fn category(facts: &ReasonFacts) -> String {
    serde_json::to_value(facts.category)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('_', " ")))
        .unwrap_or_default()
}

fn cascade(kind: &reason::CascadeKind) -> String {
    match kind {
        reason::CascadeKind::Cancelled => {
            "CloudFormation stopped it because another resource failed".to_owned()
        }
        reason::CascadeKind::EmbeddedStack { stack_arn, .. } => {
            format!(
                "look into the nested stack {}",
                stack_arn.as_deref().unwrap_or("that it names")
            )
        }
        reason::CascadeKind::NestedChangeSet { change_set_arn, .. } => {
            format!(
                "look into the change set {}",
                change_set_arn.as_deref().unwrap_or("that it names")
            )
        }
        reason::CascadeKind::FailedResources { failed, .. } => format!("look at {}", failed.join(", ")),
    }
}

/// Who was refused what, which kind of policy says no, and the statement that would allow it where one can.
fn denial(out: &mut CleanText, denial: &Denial, call: Option<&str>) {
    let action = denial.action.as_deref().or(call);
    optional(out, "denied", action);
    let who = denial.principal_arn.as_deref().or(denial.other.as_deref());
    optional(out, "principal", who);
    optional(out, "resource", denial.resource.as_deref());
    let verb = if denial.explicit {
        "an explicit deny in"
    } else {
        "no allow in"
    };
    let policy = denial.policy.map(PolicyKind::label);
    if let Some(hindrance) = &denial.hindrance {
        optional(out, "because", hindrance.words.as_deref());
    } else if let Some(policy) = policy {
        row(out, "policy", &format!("{verb} {policy}"));
    } else if denial.explicit {
        row(out, "policy", "an explicit deny, which the text does not place");
    }
    optional(out, "policy arn", denial.policy_arn.as_deref());
    // Nobody edits a role that AWS keeps; a permission set takes such a statement.
    let of_aws = denial
        .principal_arn
        .as_deref()
        .and_then(RoleKeeper::of)
        .is_some_and(|keeper| !matches!(keeper, RoleKeeper::IdentityCenter | RoleKeeper::Bootstrap));
    optional(out, "as well", across(denial).as_deref());
    let helps = !denial.explicit
        && !of_aws
        && denial.hindrance.is_none()
        && denial.other.is_none()
        && denial
            .policy
            .is_none_or(|policy| policy == PolicyKind::IdentityBased);
    if let Some(action) = action.filter(|action| helps && action.contains(':')) {
        let on = statement_resource(
            action,
            denial.resource.as_deref(),
            denial.principal_arn.as_deref(),
            None,
        );
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": on });
        let Ok(lines) = Json::pretty(&statement) else {
            return;
        };
        for (index, line) in lines.lines().enumerate() {
            let name = if index == 0 { "would allow it" } else { "" };
            out.line(clean!("{name:<14} {}", line));
        }
    }
}

/// What is another account's says itself who may use it.
fn across(denial: &Denial) -> Option<String> {
    let resource = denial.resource.as_deref().filter(|_| !denial.explicit)?;
    let caller = Arn::account_of(denial.principal_arn.as_deref()?)?;
    let owner = Arn::account_of(resource).filter(|owner| *owner != caller)?;
    let is_account = |name: &str| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    let whose = if resource.contains(":role/") {
        "its trust policy"
    } else {
        "its own policy"
    };
    (is_account(owner) && is_account(caller)).then(|| {
        format!("{resource} is of account {owner}: {whose} has to let account {caller} in, whatever the caller may")
    })
}

fn known(out: &mut CleanText, text: &str, resource_type: Option<&str>) {
    if let Some(signature) = Signatures::builtin().find(text, resource_type) {
        tell(out, signature, resource_type, &StepContext::default());
    }
}

fn tell(out: &mut CleanText, signature: &Signature, resource_type: Option<&str>, known: &StepContext<'_>) {
    row(out, "known as", &signature.id);
    row(out, "meaning", &signature.meaning);
    let step = &signature.next_step;
    for (name, step) in [("template", &step.template), ("account", &step.account)] {
        let Some(step) = step.as_deref() else { continue };
        let asks = resource_type.and_then(|resource_type| with_describe_call(step, resource_type, None));
        row(out, name, &advice::filled(asks.as_deref().unwrap_or(step), known));
    }
}

/// What is known of a failure. Of a category that the form itself tells, a signature must not say otherwise;
/// nor does one about the deployer's credentials fit what a function was refused.
fn signature(said: &PastedFailure) -> Option<&'static Signature> {
    let kind = said.kind.as_deref();
    let found = Signatures::builtin().find(&with_verdict(&said.reason), kind)?;
    let function = reason::CustomResource::read(&said.reason).is_some();
    let of_deployer = found.id.starts_with("credentials-");
    // What an event says was said inside of a stack, and not before it by the tool.
    if found.id == "call-refused-by-the-sdk" && (function || said.status.is_some()) {
        return None;
    }
    // Of a stack that is not there the step says more than what is known of all that is not found.
    if found.id == "not-found" && forms::is_about_a_missing_stack(said) {
        return None;
    }
    // Its own reason is not in the events that a waiter's words point at.
    if found.id == "waiter-says-no-more" && forms::only_waits_for_a_change_set(&said.reason) {
        return None;
    }
    let fits = said.category.is_none_or(|category| category == found.category);
    (fits && !(of_deployer && function)).then_some(found)
}

/// What the sentence itself tells to do, where the signature knows only a class of failures.
fn narrower(signature: &Signature, said: &PastedFailure, facts: &ReasonFacts) -> Option<String> {
    (!signature.knows_situation())
        .then(|| forms::told(said, facts))
        .flatten()
        .or_else(|| without_its_request(signature, facts))
}

/// Where one looks whose text has no request id to search the log for.
fn without_its_request(signature: &Signature, facts: &ReasonFacts) -> Option<String> {
    let searches = signature
        .next_step
        .account
        .as_deref()?
        .ends_with(advice::BY_REQUEST);
    (searches && facts.request_id.is_none()).then(|| {
        "If its own words do not say why, read the log of the function behind the ServiceToken \
         (/aws/lambda/NAME) at that second."
            .to_owned()
    })
}

/// A signature's next step as one text.
pub fn next_step(signature: &Signature) -> String {
    signature.next_step.text()
}

fn optional(out: &mut CleanText, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        row(out, name, value);
    }
}

/// A name and its value.
fn row(out: &mut CleanText, name: &str, value: &str) {
    out.line(clean!("{name:<14} {}", one_line(value)));
}

#[cfg(test)]
mod tests;
