//! What is read of a text that no form claims: its sentence, what it quotes, or the words that say most of a failure.

use super::{PastedFailure, console, core, hangs, named, prose, quotation, sentence, weigh};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use crate::domain::read::reason::ReasonFacts;
use crate::domain::read::signature::Signatures;

/// What is left when no form claims a text: its sentence, without frames, banners and prefixes, and what stands beside
/// it. Its reason is empty where nothing in the text is one.
pub fn of_text(text: &str) -> PastedFailure {
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
    if let Some(ended) = named::ended(&said.reason).or_else(|| named::set_operation(&said.reason)) {
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
pub(super) const SPOKEN: usize = 8;

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
    said.stack = said
        .stack
        .take()
        .or_else(|| named::waited_for(&said.reason))
        .or_else(|| named::only_waited_for(&said.reason, text));
    // `The deployment has failed` says less than the cause below it.
    if is_unknown(&said, text)
        && let Some(cause) = sentence::cause(text)
    {
        said.reason = cause;
    }
    // A line of which nothing is known says less than what somebody quotes alone on its line.
    if is_unknown(&said, text)
        && let Some(line) = quotation::known_line(text)
    {
        said.stack = named::waiting_for(&said.reason).or(said.stack);
        said.reason = line;
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

/// What stands for a text in which nothing is found. What somebody says of a failure in words of their own is quoted, and
/// what it names is told; nothing is claimed of it.
pub fn unclaimed(text: &str) -> PastedFailure {
    const NONE: &str = "no event, no record and no sentence of CloudFormation, of a service or of a tool was found in this text";
    let mut said = PastedFailure::default();
    let words = weigh::heaviest(text);
    // A name in an article stands for any.
    let general = super::only_supposes(text);
    match &words {
        _ if general => {}
        Some(words) => weigh::name(&mut said, words, text),
        None => {
            weigh::name_operation(&mut said, text);
        }
    }
    if !general {
        said.status = hangs::status(text);
    }
    let speaks = words.is_some() || quotation::speaks_of_failures(text);
    let told = words
        .as_ref()
        .map(|words| format!("; it says: “{words}”"))
        .unwrap_or_default();
    said.quotation = words;
    said.note = Some(if said.status.is_some() {
        format!("nothing has failed yet, as far as this text tells: something is in progress for long{told}")
    } else if general {
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
