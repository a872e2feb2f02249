//! Whatever people paste, read: the forms in which tools, consoles and services tell of a failure.
//!
//! A form is one file: how well it fits (its score), and what it yields. It takes apart its own frame (boxes,
//! cells, prefixes, stack traces) and hands on the sentence that the service or `CloudFormation` wrote, with
//! what stands beside it. The best form wins. What no form claims is read as a sentence.

mod article;
mod beanstalk;
mod blocks;
pub(crate) mod boundary;
mod calls;
mod cdk_failures;
mod cloud_control;
mod cloudtrail_table;
mod code_build;
mod columns;
mod console;
mod console_csv;
mod copilot;
mod core;
mod dotnet;
mod early_validation;
mod eksctl;
mod embedded;
mod ending;
mod error_response;
mod event_bridge;
mod fences;
mod finding;
mod function_answer;
mod function_log;
mod general;
mod insights;
mod labelled;
mod loose;
mod named;
mod notification;
mod operation_events;
mod paste;
mod prefixes;
mod progress_row;
mod prose;
mod pulumi;
mod quotation;
mod rain;
mod resource_state;
mod retried;
mod ruby;
mod sdk;
mod sentence;
mod service_catalog;
mod several;
mod stack_sets;
mod standing;
mod supposed;
mod terraform;
mod tool_error;
mod weigh;
mod whereabouts;
pub(crate) mod wrapped;

use crate::domain::model::category::Category;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason;
use crate::domain::read::reason::{CascadeKind, ReasonFacts};
use crate::domain::read::signature::Signatures;
pub use calls::{is_about_a_missing_stack, next_step, only_waits_for_a_change_set};
pub use ending::OpenListing;
use paste::Paste;
pub use sentence::essence;

/// One failure as a text tells it. Absent is what the text does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastedFailure {
    /// The sentence that `CloudFormation`, the service or the tool wrote.
    pub reason: String,
    /// The logical id, or the name of the stack where the text is about a stack.
    pub about: Option<String>,
    /// The stack's name.
    pub stack: Option<String>,
    /// The resource's type.
    pub kind: Option<String>,
    /// The status.
    pub status: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Where in the template.
    pub place: Option<String>,
    /// The log group that the text names.
    pub log_group: Option<String>,
    /// An error code that stands beside the sentence.
    pub code: Option<String>,
    /// A request's id that stands beside the sentence.
    pub request: Option<String>,
    /// The category where the form itself tells it.
    pub category: Option<Category>,
    /// What the text does not hold, or how the answer was found.
    pub note: Option<String>,
    /// Of a text of which nothing is claimed, the words that say most of a failure.
    pub quotation: Option<String>,
    /// The text ends with the reason and may have been cut there: what it ends with is no fact.
    pub open: bool,
}

/// What a text holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Failures, at least one.
    Said(Vec<PastedFailure>),
    /// Records of `CloudTrail`, at least one.
    Records(Vec<TrailRecord>),
}

/// A form of text.
#[derive(Debug)]
pub struct TextForm {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// How it is recognised, in words.
    pub told_by: &'static str,
    /// A short text in this form.
    pub sample: &'static str,
    /// How well it fits; nothing where it does not.
    score: fn(&Paste<'_>) -> u8,
    read: fn(&Paste<'_>) -> Option<Content>,
}

/// Every form, in the order in which equals win.
pub const FORMS: [TextForm; 28] = [
    operation_events::FORM,
    resource_state::FORM,
    event_bridge::FORM,
    finding::FORM,
    notification::FORM,
    function_answer::FORM,
    cloudtrail_table::LAKE,
    cloudtrail_table::FORM,
    insights::FORM,
    early_validation::FORM,
    stack_sets::FORM,
    service_catalog::FORM,
    cdk_failures::FORM,
    copilot::FORM,
    rain::FORM,
    pulumi::FORM,
    embedded::FORM,
    error_response::FORM,
    terraform::FORM,
    function_log::FORM,
    ruby::FORM,
    dotnet::FORM,
    cloud_control::FORM,
    beanstalk::FORM,
    labelled::FORM,
    progress_row::FORM,
    tool_error::FORM,
    eksctl::FORM,
];

/// A form as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// How it is recognised.
    pub told_by: &'static str,
    /// A short text in this form.
    pub sample: &'static str,
}

impl From<&TextForm> for Described {
    fn from(form: &TextForm) -> Self {
        Self {
            name: form.name,
            what: form.what,
            told_by: form.told_by,
            sample: form.sample,
        }
    }
}

/// All that is read: the forms, and what is read where none of them fits.
pub fn described() -> impl Iterator<Item = Described> {
    FORMS.iter().map(Described::from).chain(general::GENERAL)
}

/// A longer text is a log, and only its beginning and its end are looked at.
const LONGEST: usize = 4 * 1024 * 1024;

/// From this score on a form is told by its own keys and frames, not by a line that may also end a listing.
const SURE: u8 = 80;

/// What the form that fits best makes of a text whose frame tells the form; none when there is no such form.
pub fn sure(text: &str) -> Option<Content> {
    best(text, SURE, u8::MAX)
}

/// The same for the forms that are told by single lines, which a listing of events may hold as well.
pub fn likely(text: &str) -> Option<Content> {
    best(text, 1, SURE - 1)
}

fn best(text: &str, least: u8, most: u8) -> Option<Content> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let paste = Paste::new(text);
    let mut fitting: Vec<(u8, &TextForm)> = FORMS
        .iter()
        .map(|form| ((form.score)(&paste), form))
        .filter(|(score, _)| (least..=most).contains(score))
        .collect();
    fitting.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let content = fitting.into_iter().find_map(|(_, form)| (form.read)(&paste))?;
    Some(match content {
        Content::Said(said) => Content::Said(console::completed(said, text)),
        records @ Content::Records(_) => records,
    })
}

/// A text without colours, carriage returns, what Markdown escapes and what stands before every line: what the forms
/// and the listings read.
pub fn plain(text: &str) -> String {
    let text = paste::plain(text);
    let text = console_csv::as_rows(&text).unwrap_or(text);
    retried::without(&text).unwrap_or(text)
}

/// The failures of a text, each by itself and with what stands beside it.
pub fn settled(said: Vec<PastedFailure>, text: &str) -> Vec<PastedFailure> {
    let mut told: Vec<PastedFailure> = said.into_iter().flat_map(several::apart).collect();
    for one in &mut told {
        let own = sentence::is_of_somebody(&one.reason) && one.reason.split_whitespace().count() > SPOKEN;
        if let Some(core) = own.then(|| core::of(&one.reason)).flatten() {
            one.reason = core;
        }
        if let Some(bare) = without_marks(&one.reason) {
            one.reason = bare;
        }
        if let Some(framed) = core::framed(&one.reason) {
            one.reason = framed;
        }
        if one.category.is_none() && reason::is_vague(&one.reason) && calls::is_only_a_status(&one.reason) {
            one.category = Some(Category::Other);
        }
        whereabouts::complete(one, text);
    }
    without_sums(&mut told);
    once(told)
}

/// What was pasted twice is one failure: the same words, of nothing else by name.
fn once(told: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let mut kept: Vec<PastedFailure> = Vec::with_capacity(told.len());
    for one in told {
        let same = |other: &&mut PastedFailure| {
            let agrees = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
            !one.reason.is_empty()
                && other.reason == one.reason
                && agrees(&other.about, &one.about)
                && agrees(&other.stack, &one.stack)
                && agrees(&other.request, &one.request)
                && agrees(&other.region, &one.region)
                && agrees(&other.account, &one.account)
        };
        match kept.iter_mut().find(same) {
            Some(other) => {
                other.about = other.about.take().or(one.about);
                other.stack = other.stack.take().or(one.stack);
                other.kind = other.kind.take().or(one.kind);
                other.request = other.request.take().or(one.request);
            }
            None => kept.push(one),
        }
    }
    kept
}

/// `_"the reason"_`: a sentence without the marks that somebody set it in.
fn without_marks(reason: &str) -> Option<String> {
    const MARKS: [char; 4] = ['_', '*', '"', '`'];
    let reason = reason.trim();
    let reason = reason.trim_start_matches(['>', ' ']);
    let set = reason.starts_with(['_', '*', '`']) && reason.ends_with(MARKS);
    let bare = reason.trim_matches(MARKS).trim();
    (set && !bare.is_empty() && !bare.contains('`')).then(|| bare.to_owned())
}

/// Takes away a stack's sum where each resource that it names tells its own reason beside it.
fn without_sums(told: &mut Vec<PastedFailure>) {
    let own: Vec<String> = told
        .iter()
        .filter(|one| reason::cascade(&one.reason).is_none())
        .filter_map(|one| one.about.clone())
        .collect();
    told.retain(|one| match reason::cascade(&one.reason) {
        Some(CascadeKind::FailedResources { failed, .. }) => !failed.iter().all(|name| own.contains(name)),
        _ => true,
    });
}

/// What is left when no form claims a text: its sentence, without frames, banners and prefixes, and what stands beside
/// it. Its reason is empty where nothing in the text is one.
pub fn sentence(text: &str) -> PastedFailure {
    let mut said = sentence_alone(text);
    if said.reason.is_empty()
        && let Some(named) = named::stack(text)
    {
        return named;
    }
    // At such a length somebody speaks: what is known of it is one sentence.
    let own = sentence::is_of_somebody(&said.reason);
    if said.reason.split_whitespace().count() > if own { SPOKEN } else { AT_LENGTH }
        && (own || (!prose::has_error(&said.reason) && text.lines().count() > 2))
        && reason::cascade(&said.reason).is_none()
        && let Some(core) = core::of(text)
    {
        said.reason = core;
        if said.note.is_none() {
            said.note = Some("read from what the text says".to_owned());
        }
    }
    if let Some(ended) = named::ended(&said.reason) {
        return ended;
    }
    if is_own_words(&said, text) {
        return unclaimed(text);
    }
    quoted_of_many(said, text)
}

/// Of several lines of which nothing is known, the one that matters is told, and not all of them.
fn quoted_of_many(said: PastedFailure, text: &str) -> PastedFailure {
    let many = text.lines().filter(|line| !line.trim().is_empty()).count() > 1;
    let bare = said.note.is_none() && said.category.is_none() && said.about.is_none();
    if !(many && bare && is_unknown(&said, text)) || prose::has_error(&said.reason) {
        return said;
    }
    let found = unclaimed(text);
    let names = found.stack.is_some() || found.about.is_some();
    if names { found } else { said }
}

/// Whether all that is read of a text are somebody's own words, of which no situation is known.
fn is_own_words(said: &PastedFailure, text: &str) -> bool {
    const SITUATION: i64 = 28;
    let own = quotation::surrounds(text) || sentence::is_of_somebody(&said.reason);
    let told = said.note.as_deref().is_some_and(|note| note.contains("quotes")) || said.category.is_some();
    own && !told
        && !prose::has_error(&said.reason)
        && reason::cascade(&said.reason).is_none()
        && Signatures::builtin()
            .find(&said.reason, said.kind.as_deref())
            .is_none_or(|known| known.rank < SITUATION)
}

/// So many words without any frame are no service's sentence.
const AT_LENGTH: usize = 20;
/// ... nor so many with an `I` in them.
const SPOKEN: usize = 8;

fn sentence_alone(text: &str) -> PastedFailure {
    let mut said = sentence::said(text);
    // A build of Amplify's marks what went wrong, and then says that the build did.
    if said.reason.contains("!!! Build failed")
        && let Some(marked) = sentence::marked(text)
    {
        let own = |words: &&str| *words != "Build failed" && *words != "Non-Zero Exit Code detected";
        said.reason = marked.split("; ").filter(own).collect::<Vec<_>>().join("; ");
    }
    if said.reason.is_empty()
        && let Some((_, rest)) = text.split_once("StatusMessage: \"")
        && let Some((message, _)) = rest.split_once('"')
    {
        // What Go programs print of an activity that failed.
        message.trim().clone_into(&mut said.reason);
    }
    console::stated(&mut said);
    said.kind = said.kind.take().or_else(|| type_in(&said.reason));
    if is_bare_class(&said.reason) {
        said.category = Some(Category::Other);
        said.note = Some(BARE.to_owned());
    }
    said.stack = said.stack.take().or_else(|| named::waited_for(&said.reason));
    // `The deployment has failed` says less than the cause below it.
    if is_unknown(&said, text)
        && let Some(cause) = sentence::cause(text)
    {
        said.reason = cause;
    }
    // Lines of which none says that anything failed, and of which nothing is known, are none of ours.
    let many = text.lines().filter(|line| !line.trim().is_empty()).count() > 1;
    if many && !prose::has_error(text) && !sentence::speaks(&said.reason) && is_unknown(&said, text) {
        said.reason = sentence::marked(text).unwrap_or_default();
    }
    // The name of an error alone, among the lines of a list or of a page.
    if text.lines().count() > MANY && is_one_word(&said.reason) && !prose::has_error(text) {
        said.reason.clear();
    }
    if quotation::is_running(text, &said.reason) {
        return spoken(text);
    }
    // Words of somebody's own before what he quotes are no part of it.
    if let Some(quoted) =
        quotation::told(text).filter(|quoted| quotation::stands_within(quoted, &said.reason))
    {
        said.reason = quoted;
        return said;
    }
    // Of several sentences of somebody's, what he quotes as what he met is the one that matters.
    if quotation::surrounds(text)
        && let Some(quoted) = quotation::told(text)
    {
        return read_from_quote(quoted);
    }
    said
}

/// `• AccessDenied`
fn is_one_word(reason: &str) -> bool {
    reason
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .count()
        == 1
}

const BARE: &str = "the tool prints the name of the error and nothing of what it was about";

/// `[UnknownFault] Error: ValidationError`: names of errors, and no word about them.
fn is_bare_class(reason: &str) -> bool {
    let word = |word: &str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let class = |word: &String| {
        word.is_empty()
            || matches!(word.as_str(), "Caused" | "by")
            || ["Error", "Exception", "Fault"]
                .iter()
                .any(|end| word.ends_with(end))
    };
    let mut words = reason.split_whitespace().map(word).peekable();
    words.peek().is_some() && words.all(|word| class(&word)) && reason.split_whitespace().count() > 1
}

/// `Resource of type 'AWS::Pipes::Pipe' with identifier …`
fn type_in(reason: &str) -> Option<String> {
    let leads = ["Resource of type ", "resource of type "];
    let (_, rest) = leads.iter().find_map(|lead| reason.split_once(lead))?;
    let rest = rest.trim_start_matches(['\'', '"', '‘', '`']);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':'))?;
    let kind = rest.get(..end)?;
    (kind.matches("::").count() == 2).then(|| kind.to_owned())
}

/// Of prose, what it quotes as what its writer met; else nothing is claimed.
pub fn spoken(text: &str) -> PastedFailure {
    quotation::told(text).map_or_else(|| unclaimed(text), read_from_quote)
}

fn read_from_quote(reason: String) -> PastedFailure {
    if is_bare_class(&reason) {
        return PastedFailure {
            reason,
            category: Some(Category::Other),
            note: Some(BARE.to_owned()),
            ..PastedFailure::default()
        };
    }
    PastedFailure {
        kind: type_in(&reason),
        stack: named::waited_for(&reason),
        reason,
        note: Some("read from what the text quotes".to_owned()),
        ..PastedFailure::default()
    }
}

/// So many lines are no sentence that was wrapped.
const MANY: usize = 3;

/// Whether nothing is known of a sentence; of many lines a word alone, such as `undefined`, tells nothing.
fn is_unknown(said: &PastedFailure, text: &str) -> bool {
    let mut facts = ReasonFacts::read(&said.reason, None, None);
    let many = text.lines().filter(|line| !line.trim().is_empty()).count() > MANY;
    if many && facts.category == Category::InvalidRequest {
        facts.category = Category::Other;
    }
    facts == ReasonFacts::none()
        && said.code.is_none()
        && Signatures::builtin().find(&said.reason, None).is_none()
}

/// The resource of which a text says in a sentence with which error it failed.
pub fn named_resource(text: &str) -> Option<PastedFailure> {
    named::resource(text)
}

/// The blocks of a text that tell an error each, where there are several.
pub fn told_blocks(text: &str) -> Option<Vec<String>> {
    blocks::told(text)
}

/// What programs print of objects, as the documents that it stands for; none where there is nothing of the kind.
pub fn printed_objects(text: &str) -> Vec<serde_json::Value> {
    loose::documents(text)
}

/// Whether a text ends inside of what a handler says: its quotation is not closed.
pub fn is_unclosed(text: &str) -> bool {
    ending::is_unclosed(text)
}

/// The failures of a text that ends without an end: what touches the end of it may be half a name, and is returned.
pub fn left_open(said: &mut [PastedFailure], text: &str) -> Option<String> {
    ending::left_open(said, text)
}

/// A listing that ends without an end: without its last row where that may be half a cascade, or with `…` for half a
/// name; none where its end changes nothing.
pub fn open_listing(text: &str) -> Option<OpenListing> {
    ending::open_listing(text)
}

/// Whether an error stands in the text, in the place in which a service or a tool puts it.
pub fn has_error(text: &str) -> bool {
    prose::has_error(text)
}

/// Whether a text only speaks of failures and tells none: a question, release notes, a template.
pub fn only_speaks(text: &str) -> bool {
    prose::only_speaks(text)
}

/// Whether every error of a text stands where it only says what somebody may meet.
pub fn only_supposes(text: &str) -> bool {
    supposed::only(text) || article::only_quotes(text) || standing::is_general(text)
}

/// The messages of services and tools in documents that are none of the forms.
pub fn messages(documents: &[serde_json::Value]) -> Vec<PastedFailure> {
    embedded::of_documents(documents)
}

/// Whether an object is an answer that says of itself that all went well.
pub fn is_well(members: &serde_json::Map<String, serde_json::Value>) -> bool {
    embedded::is_well(members)
}

/// What stands for a text in which nothing is found. What somebody says of a failure in words of their own is quoted, and
/// what it names is told; nothing is claimed of it.
pub fn unclaimed(text: &str) -> PastedFailure {
    const NONE: &str = "no event, no record and no sentence of CloudFormation, of a service or of a tool was found in this text";
    let mut said = PastedFailure::default();
    let words = weigh::heaviest(text);
    // A name in an article stands for any.
    let general = only_supposes(text);
    match &words {
        _ if general => {}
        Some(words) => weigh::name(&mut said, words, text),
        None => {
            weigh::name_operation(&mut said, text);
        }
    }
    let speaks = words.is_some() || quotation::speaks_of_failures(text);
    let told = words
        .as_ref()
        .map(|words| format!("; it says: “{words}”"))
        .unwrap_or_default();
    said.quotation = words;
    said.note = Some(if general {
        format!(
            "the text speaks of errors in general and not of one that was met: nothing is claimed of it{told}"
        )
    } else if speaks {
        format!(
            "the text speaks of failures, but no event, no record and no sentence stands in it where CloudFormation, a service or \
             a tool puts one: nothing is claimed of it{told}"
        )
    } else {
        NONE.to_owned()
    });
    said
}

/// The failures of a list, if there are any.
fn said(found: Vec<PastedFailure>) -> Option<Content> {
    (!found.is_empty()).then_some(Content::Said(found))
}

#[cfg(test)]
mod tests;
