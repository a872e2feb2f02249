//! Whatever people paste, read: the forms in which tools, consoles and services tell of a failure.
//!
//! A form is one file: how well it fits (its score), and what it yields. It takes apart its own frame (boxes,
//! cells, prefixes, stack traces) and hands on the sentence that the service or `CloudFormation` wrote, with
//! what stands beside it. The best form wins. What no form claims is read as a sentence.

mod apart;
mod article;
mod beanstalk;
mod beside;
mod blocks;
pub(crate) mod boundary;
mod boxes;
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
mod deciding;
mod dotnet;
mod early_validation;
mod edge;
mod eksctl;
mod embedded;
mod ending;
mod error_response;
mod escaped;
mod event_bridge;
mod fences;
mod finding;
mod fragment;
mod function_answer;
mod function_log;
mod gathered;
mod general;
mod hangs;
mod headings;
mod html_table;
mod hypothetical;
mod insights;
mod items;
mod json_lines;
mod labelled;
mod loose;
mod mended;
mod named;
mod nested;
mod notification;
mod operation_events;
mod outcome;
mod own_words;
pub(crate) mod panel;
mod paste;
mod powershell;
mod prefixes;
mod progress_row;
mod prose;
mod pulumi;
mod quotation;
mod quotes;
mod rain;
mod resource_state;
mod retried;
mod rows;
mod ruby;
mod rust_debug;
mod same;
mod sdk;
mod sentence;
mod service_catalog;
mod settle;
mod several;
mod stack_column;
mod stack_sets;
mod stacks_yaml;
mod standing;
mod summed;
mod supposed;
mod surroundings;
mod terraform;
mod tool_error;
mod typed_reason;
mod unanswered;
mod unframed;
mod unlined;
mod weigh;
mod whereabouts;
mod window;
pub(crate) mod wrapped;
mod written_row;

use crate::domain::model::category::Category;
use crate::domain::model::trail::TrailRecord;
pub use calls::{is_about_a_missing_stack, next_step, only_waits_for_a_change_set, told};
pub use ending::OpenListing;
pub use fragment::Fragment;
pub use gathered::after_it;
use paste::Paste;
pub use same::distinct;
pub use sentence::essence;
pub use settle::settled;
pub use unframed::{of_text as sentence, spoken, unclaimed};

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
    /// Facts of the reason that the edge of a window may have cut: none of them is told.
    pub broken: Vec<String>,
    /// The state in which the stack was left, where it allows no deployment.
    pub left: Option<String>,
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
pub const FORMS: [TextForm; 32] = [
    operation_events::FORM,
    resource_state::FORM,
    rows::FORM,
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
    powershell::FORM,
    rust_debug::FORM,
    ruby::FORM,
    dotnet::FORM,
    cloud_control::FORM,
    beanstalk::FORM,
    labelled::FORM,
    progress_row::FORM,
    typed_reason::FORM,
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
    let lines = unlined::lines(text);
    let text = paste::plain(lines.as_deref().unwrap_or(text));
    PASSES.iter().fold(text, |text, pass| pass(&text).unwrap_or(text))
}

/// What takes a text out of its frame, in this order; none where it has no such frame.
const PASSES: [fn(&str) -> Option<String>; 10] = [
    mended::rows,
    html_table::as_rows,
    boxes::unwrapped,
    panel::with_values,
    console_csv::as_rows,
    json_lines::alone,
    stacks_yaml::as_json,
    stack_column::without,
    mended::text,
    retried::without,
];

/// Members of an event or of a record without the braces around them, and the text without them.
pub fn fragment(text: &str) -> Option<Fragment> {
    fragment::of(text)
}

/// The text with straight quotation marks again, where those of a program were bent on the way; none where they are not.
pub fn with_straight_quotes(text: &str) -> Option<String> {
    quotes::straight(text)
}

/// The lines of a log that a service handed out as a document of messages.
pub fn log_lines(documents: &[serde_json::Value]) -> Option<String> {
    json_lines::messages(documents)
}

/// What a report says was met, without its headings and what stands under those that tell of no failure.
pub fn of_report(text: &str) -> Option<String> {
    headings::told(text)
}

/// Adds to the failures of documents what the objects around their reasons tell of where they belong.
pub fn add_surroundings(said: &mut [PastedFailure], documents: &[serde_json::Value]) {
    surroundings::add(said, documents);
}

/// The message in JSON that stands as a text in JSON that cannot be read as a whole.
pub fn escaped_message(text: &str) -> Option<String> {
    escaped::message(text)
}

/// The resource of which a text says in a sentence with which error it failed.
pub fn named_resource(text: &str) -> Option<PastedFailure> {
    named::resource(text)
}

/// The blocks of a text that tell an error each, where there are several.
pub fn told_blocks(text: &str) -> Option<Vec<String>> {
    blocks::told(text)
}

/// The paragraphs of a text that tell an error each, where there are several.
pub fn told_paragraphs(text: &str) -> Option<Vec<String>> {
    beside::paragraphs(text)
}

/// What the items of a numbered list quote as errors, each by itself.
pub fn quoted_items(text: &str) -> Vec<String> {
    items::quoted(text)
}

/// The only stack that a text names in a command, a setting or a tool's own words.
pub fn only_named_stack(text: &str) -> Option<String> {
    whereabouts::only_stack(text)
}

/// The stretches of a text that may each be a text by itself, for no name goes over their borders.
pub fn stretches(text: &str) -> Vec<&str> {
    apart::stretches(text)
}

/// Whether a failure is one of its own, and not only that something failed.
pub fn is_sure(one: &PastedFailure) -> bool {
    beside::is_sure(one)
}

/// Whether two failures may be one.
pub fn is_alike(one: &PastedFailure, other: &PastedFailure) -> bool {
    beside::is_alike(one, other)
}

/// Whether a text holds a name as a word of its own.
pub fn holds_name(text: &str, name: &str) -> bool {
    apart::holds(text, name)
}

/// What paragraphs tell that is none of the failures that were read of the whole.
pub fn beside(read: &[PastedFailure], told: Vec<PastedFailure>) -> Vec<PastedFailure> {
    beside::others(read, told)
}

/// The status that stands alone above the words of a block.
pub fn status_above(block: &str) -> Option<String> {
    blocks::status_above(block)
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

/// Takes away what the edge of a window may have cut, in a text as it was given.
pub fn hold_at_edges(said: &mut [PastedFailure], text: &str) {
    edge::hold(said, text);
}

/// The first word of a text that may be the end of a name, where it was told as one: it is taken away, and returned.
pub fn left_begun(said: &mut [PastedFailure], text: &str) -> Option<String> {
    ending::left_begun(said, text)
}

/// A text without the type with which it ends, where that may be half of one.
pub fn without_half_a_type(text: &str) -> Option<&str> {
    ending::without_half_a_type(text)
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
    prose::only_speaks(text) || prose::only_speaks(&prefixes::without(text))
}

/// The failures whose whole sentences stand by themselves in somebody's own words.
pub fn whole_sentences(text: &str) -> Vec<PastedFailure> {
    let told = own_words::told(text).into_iter();
    told.map(|reason| PastedFailure {
        reason,
        note: Some("read from what the text quotes".to_owned()),
        ..PastedFailure::default()
    })
    .collect()
}

/// Whether every error of a text stands where it only says what somebody may meet.
pub fn only_supposes(text: &str) -> bool {
    prose::is_source(text)
        || hypothetical::only_asks(text)
        || supposed::only(text)
        || article::only_quotes(text)
        || standing::is_general(text)
}

/// The messages of services and tools in documents that are none of the forms.
pub fn messages(documents: &[serde_json::Value]) -> Vec<PastedFailure> {
    embedded::of_documents(documents)
}

/// Whether an object is an answer that says of itself that all went well.
pub fn is_well(members: &serde_json::Map<String, serde_json::Value>) -> bool {
    embedded::is_well(members)
}

/// The failures of a list, if there are any.
fn said(found: Vec<PastedFailure>) -> Option<Content> {
    (!found.is_empty()).then_some(Content::Said(found))
}

#[cfg(test)]
mod tests;
