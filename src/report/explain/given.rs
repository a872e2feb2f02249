//! What somebody gave to be explained: which form it has, and what it holds.

use std::borrow::Cow;

use serde_json::Value;

use super::own;
use super::statements::statements;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::event_listing::{self, UNNAMED};
use crate::domain::read::forms;
use crate::domain::read::forms::{Content, PastedFailure};
use crate::domain::read::json_stream::{self, Documents};
use crate::domain::session::{Session, from_listing};

/// What somebody gave to be explained.
pub(super) struct Given<'t> {
    /// It ends in the middle, or may.
    pub(super) cut: bool,
    /// With which it begins, where that may be the end of a name.
    pub(super) head: Option<String>,
    /// What it ends with, where that may be half a name.
    pub(super) tail: Option<String>,
    pub(super) form: InputForm,
    /// The text without colours and prefixes.
    pub(super) text: Cow<'t, str>,
}

pub(super) enum InputForm {
    /// The events of a stack.
    Listing(Box<Session>),
    /// Records of CloudTrail.
    Records(Vec<TrailRecord>),
    /// Status reasons, at least one.
    Reasons(Vec<PastedFailure>),
}

/// A text that is no document as it is read, and the documents within it.
fn laid_out<'t>(text: &str, trimmed: &str) -> (Cow<'t, str>, Option<Documents>) {
    let mut plain = forms::plain(trimmed);
    if !text.ends_with(['\n', '\r']) {
        // What was laid out anew ends where the text does.
        plain.truncate(plain.trim_end_matches('\n').len());
        if let Some(whole) = forms::without_half_a_type(&plain) {
            plain.truncate(whole.len());
        }
    }
    let documents = Documents::read(&plain);
    (Cow::Owned(plain), documents)
}

impl<'t> Given<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let trimmed = without_bullet(text);
        // A text that was copied as a string of JSON is read as any other.
        if let Some(inside) = quoted_whole(trimmed) {
            return Given::read(&inside).owned();
        }
        if let Some(straight) = forms::with_straight_quotes(trimmed) {
            return Given::read(&straight).owned();
        }
        // A document has no prefixes, and its text is its own.
        let whole = Documents::read(trimmed).filter(|_| trimmed.starts_with(['{', '[', '"']));
        if let Some(lines) = whole.as_ref().and_then(|found| forms::log_lines(&found.values)) {
            return Given::read(&lines).owned();
        }
        let (plain, documents) = match whole {
            Some(whole) => (Cow::Borrowed(trimmed), Some(whole)),
            None => laid_out(text, trimmed),
        };
        let cut = documents.as_ref().is_some_and(|documents| documents.cut);
        let printed = if documents.is_some() {
            Vec::new()
        } else {
            forms::printed_objects(&plain)
        };
        if !printed.is_empty() {
            return Self::printed(printed, cut || is_part(&plain));
        }
        let line_ends = text.ends_with(['\n', '\r']) && !forms::is_unclosed(&plain);
        let ended = line_ends || documents.as_ref().is_some_and(|documents| !documents.cut);
        let open = if ended || documents.is_some() {
            None
        } else {
            forms::open_listing(&plain)
        };
        let mut held = open.is_some();
        let mut form = match &open {
            Some(open) if open.row.is_some() => InputForm::Reasons(open.row.iter().cloned().collect()),
            Some(open) => InputForm::read(&open.text, documents.as_ref()),
            None => InputForm::read(&plain, documents.as_ref()),
        };
        if let InputForm::Reasons(said) = &mut form {
            match &documents {
                Some(documents) => forms::add_surroundings(said, &documents.values),
                None => *said = forms::settled(std::mem::take(said), &plain),
            }
        }
        let tail = form.hold_back(&plain, text, ended);
        let begin = form.hold_begin(trimmed);
        held |= tail.is_some() || begin.is_some();
        let unread = (cut || documents.is_none()) && plain.contains("\"eventName\"");
        if let Some(record) = unread.then(|| TrailRecord::read_cut(&plain)).flatten() {
            form = form.with_record(record);
            held = true;
        }
        Self {
            cut: cut || held,
            head: begin,
            tail,
            form,
            text: plain,
        }
    }
}

impl Given<'_> {
    /// The same with a text of its own.
    pub(super) fn owned<'o>(self) -> Given<'o> {
        Given {
            cut: self.cut,
            head: self.head,
            tail: self.tail,
            form: self.form,
            text: Cow::Owned(self.text.into_owned()),
        }
    }
}

/// Names and codes hold no break: what stands there is the edge of a window. The heading of a table that stands in it once
/// more is no record.
fn unbroken(records: &mut Vec<TrailRecord>) {
    records.retain(|record| record.name != "eventName");
    for record in records {
        let mut told = vec![&mut record.name, &mut record.source, &mut record.event_id];
        told.extend(record.error_code.as_mut());
        told.extend(record.request_id.as_mut());
        for word in told {
            word.retain(|c| !matches!(c, '\n' | '\r'));
        }
    }
}

/// Objects whose names and codes hold no break, which a window's edge put there: they have no blank either.
fn without_breaks(value: &mut Value, depth: usize) {
    match value {
        Value::String(text) if text.contains('\n') && !text.contains(' ') => {
            text.retain(|c| !matches!(c, '\n' | '\r'));
        }
        Value::Array(items) if depth < 32 => {
            for item in items {
                without_breaks(item, depth + 1);
            }
        }
        Value::Object(members) if depth < 32 => {
            for inner in members.values_mut() {
                without_breaks(inner, depth + 1);
            }
        }
        _ => {}
    }
}

/// A text without white space around it, nor the bullet of a list before it.
pub(super) fn without_bullet(text: &str) -> &str {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    // What other lines have as well stands before each of them.
    let alone = |bullet: &&str| {
        let mut below = trimmed.lines().skip(1);
        !below.any(|line| line.trim_start().starts_with(bullet.trim_end()))
    };
    ["- ", "* ", "> ", "• "]
        .into_iter()
        .filter(alone)
        .find_map(|bullet| trimmed.strip_prefix(bullet))
        .unwrap_or(trimmed)
}

/// What a text holds that is one string of JSON.
pub(super) fn quoted_whole(text: &str) -> Option<String> {
    let string = text.starts_with('"') && text.ends_with('"');
    let mut inside: String = serde_json::from_str(text).ok().filter(|_| string)?;
    inside.push('\n');
    (!inside.trim().is_empty()).then_some(inside)
}

/// Whether a text begins or ends inside of an object, whatever stands around it.
fn is_part(text: &str) -> bool {
    let mut open = 0_usize;
    for character in text.chars() {
        match character {
            '{' => open += 1,
            '}' if open == 0 => return true,
            '}' => open -= 1,
            _ => {}
        }
    }
    open > 0
}

impl Given<'_> {
    /// Objects as a program printed them.
    fn printed(mut objects: Vec<Value>, cut: bool) -> Self {
        for value in &mut objects {
            without_breaks(value, 0);
        }
        let json = Value::Array(objects).to_string();
        let documents = Documents::read(&json);
        let mut form = InputForm::read(&json, documents.as_ref());
        if let InputForm::Reasons(said) = &mut form {
            *said = forms::settled(std::mem::take(said), "");
        }
        Self {
            cut,
            head: None,
            tail: None,
            form,
            text: Cow::Owned(json),
        }
    }
}

impl InputForm {
    /// Takes away what the end of a text or the edge of a window may have cut; what the text ends with, where that is held.
    fn hold_back(&mut self, plain: &str, text: &str, ended: bool) -> Option<String> {
        match self {
            Self::Reasons(said) => {
                let tail = (!ended).then(|| forms::left_open(said, plain)).flatten();
                forms::hold_at_edges(said, text);
                tail
            }
            Self::Records(records) => {
                unbroken(records);
                None
            }
            Self::Listing(_) => None,
        }
    }

    /// Takes away the word with which a text begins, where it was told as a name and may be the end of one.
    fn hold_begin(&mut self, text: &str) -> Option<String> {
        match self {
            Self::Reasons(said) => forms::left_begun(said, text),
            Self::Records(_) | Self::Listing(_) => None,
        }
    }

    fn of(content: Content) -> Self {
        match content {
            Content::Said(said) => Self::Reasons(said),
            Content::Records(records) => Self::Records(records),
        }
    }

    /// A tool's last word names the resource, and the rows above it the stack.
    fn of_stack(mut self, session: Option<&Session>) -> Self {
        let name = session
            .map(|session| session.root().name())
            .filter(|name| *name != UNNAMED);
        if let (Self::Reasons(said), Some(name)) = (&mut self, name) {
            for one in said
                .iter_mut()
                .filter(|one| one.stack.is_none() && one.about.is_some())
            {
                one.stack = Some(name.to_owned());
            }
        }
        self
    }

    /// With the record in whose middle the text ends.
    fn with_record(self, record: TrailRecord) -> Self {
        match self {
            Self::Records(mut records) => {
                let same = |other: &TrailRecord| {
                    other.name == record.name && other.event_id == record.event_id && other.at == record.at
                };
                if !records.iter().any(same) {
                    records.push(record);
                }
                Self::Records(records)
            }
            Self::Listing(session) => Self::Listing(session),
            Self::Reasons(_) => Self::Records(vec![record]),
        }
    }

    /// What a text holds, and what its paragraphs tell beside it.
    fn read(text: &str, documents: Option<&Documents>) -> Self {
        let read = Self::read_whole(text, documents);
        if documents.is_some() {
            return read.with_those_around(text);
        }
        if forms::only_supposes(text) {
            return read;
        }
        read.with_others(text)
    }

    /// With what is told for certain around a document that itself only tells that something failed.
    fn with_those_around(self, text: &str) -> Self {
        let Self::Reasons(said) = &self else { return self };
        if said.iter().any(forms::is_sure) {
            return self;
        }
        let Some(around) = json_stream::around(text).filter(|around| Documents::read(around).is_none())
        else {
            return self;
        };
        let Self::Reasons(others) = Self::read(&around, None) else {
            return self;
        };
        let others = forms::beside(said, forms::settled(others, &around));
        if others.is_empty() {
            return self;
        }
        let kept = said.iter().filter(|one| !one.reason.is_empty()).cloned();
        Self::Reasons(kept.chain(others).collect())
    }

    /// With the failures that paragraphs of the text tell by themselves, and that are none of these.
    fn with_others(self, text: &str) -> Self {
        let mut said = match &self {
            Self::Reasons(said) => said.clone(),
            Self::Listing(session) => match roots(session) {
                Some(rows) => rows,
                None => return self,
            },
            Self::Records(_) => return self,
        };
        let mut paragraphs = forms::told_paragraphs(text).unwrap_or_default();
        paragraphs.extend(forms::quoted_items(text));
        let mut told = Vec::new();
        for paragraph in paragraphs {
            match Self::read_whole(&paragraph, None) {
                Self::Reasons(found) => told.extend(found),
                Self::Listing(session) => told.extend(roots(&session).unwrap_or_default()),
                Self::Records(_) => {}
            }
        }
        let others = forms::beside(&said, told);
        if others.is_empty() {
            return self;
        }
        said.retain(|one| !one.reason.is_empty());
        said.extend(others);
        Self::Reasons(said)
    }

    fn read_whole(text: &str, documents: Option<&Documents>) -> Self {
        match own::read(text, documents) {
            Some(own::Own::Session(session)) => return Self::Listing(session),
            Some(own::Own::Report(said)) => return Self::Reasons(vec![*said]),
            None => {}
        }
        if documents.is_none() && forms::only_supposes(text) {
            return Self::Reasons(vec![forms::unclaimed(text)]);
        }
        if documents.is_none()
            && let Some(message) = forms::escaped_message(text)
        {
            return Self::read(&message, None);
        }
        if documents.is_none()
            && let Some(fragment) = forms::fragment(text)
        {
            return Self::of_fragment(&fragment);
        }
        let report = documents.is_none().then(|| forms::of_report(text)).flatten();
        let text = report.as_deref().unwrap_or(text);
        if documents.is_none()
            && let Some(said) = of_blocks(text)
        {
            return Self::Reasons(said);
        }
        if let Some(content) = forms::sure(text) {
            return Self::of(content);
        }
        let session = from_listing::read(text).ok();
        let tells = |session: &Session| {
            let diagnosis = Diagnosis::of(session);
            let mut roots = diagnosis.roots();
            roots.any(|finding| finding.failure.reason().is_some_and(|reason| !reason.is_empty()))
        };
        if !session.as_ref().is_some_and(tells)
            && let Some(content) = forms::likely(text)
        {
            return Self::of(content).of_stack(session.as_ref());
        }
        // Rows in which all went well do not outweigh an error beside them.
        let fails = |session: &Session| {
            session.events().iter().any(|seen| {
                let status = seen.event.status.as_str();
                status.contains("FAILED") || status.contains("ROLLBACK")
            })
        };
        let beside = |session: &Session| documents.is_none() && !fails(session) && forms::has_error(text);
        if let Some(session) = session.filter(|session| !beside(session)) {
            return Self::Listing(Box::new(session));
        }
        let mut records = TrailRecord::read_all(text);
        // A row that was cut before its call is none.
        records.retain(|record| !record.name.is_empty());
        if !records.is_empty() {
            return Self::Records(records);
        }
        Self::of_statements(text, documents)
    }

    /// Members that were copied without their braces: they add to what stands around them, or are what is told.
    fn of_fragment(fragment: &forms::Fragment) -> Self {
        let mut around = Self::read(&fragment.around, None);
        if let Self::Reasons(said) = &mut around {
            let tells = said.iter().any(|one| !one.reason.is_empty());
            if !tells || !fragment.join(said) {
                let json = Value::Object(fragment.members.clone()).to_string();
                let documents = Documents::read(&json);
                let inside = Self::read(&json, documents.as_ref());
                match inside {
                    Self::Reasons(mut found) if tells => {
                        found.retain(|one| !one.reason.is_empty());
                        said.append(&mut found);
                    }
                    _ => return inside,
                }
            }
        }
        around
    }

    /// What is left where no form, no listing and no record is found.
    fn of_statements(text: &str, documents: Option<&Documents>) -> Self {
        // A row that failed, around a document that is none of ours, tells more than the document does.
        if let Some(around) = documents.and_then(|_| json_stream::around(text))
            && event_listing::rows(&around)
                .iter()
                .any(|row| row.status.ends_with("_FAILED") && !row.reason.is_empty())
        {
            return Self::read(&around, None);
        }
        let mut said = Vec::new();
        for value in documents.iter().flat_map(|documents| &documents.values) {
            statements(value, &mut said, 0);
        }
        let structured = documents.is_some_and(|found| !found.cut && found.values.iter().any(holds_object));
        if said.is_empty() && structured {
            said = documents
                .map(|found| forms::messages(&found.values))
                .unwrap_or_default();
        }
        // A template or another document that was copied along tells nothing of the error above it.
        if said.is_empty()
            && let Some(above) = structured.then(|| above_document(text)).flatten()
        {
            return Self::read(above, None);
        }
        if said.is_empty() {
            said.push(sentence_of(text, structured));
            let denied = !structured && said.iter().all(|one| one.reason.is_empty());
            if denied {
                let whole = forms::whole_sentences(text);
                if !whole.is_empty() {
                    return Self::Reasons(whole);
                }
            }
            if !structured && let Some(named) = forms::named_resource(text) {
                said.retain(|one| !one.reason.is_empty() && !one.reason.contains(&named.reason));
                said.push(named);
            }
        }
        Self::Reasons(said)
    }
}

/// One answer for each failure that the blocks of a text tell; none where they hold records, or nothing that the rows among
/// them do not tell themselves.
fn of_blocks(text: &str) -> Option<Vec<PastedFailure>> {
    let (mut said, mut listed): (Vec<PastedFailure>, Vec<PastedFailure>) = (Vec::new(), Vec::new());
    for block in forms::told_blocks(text)? {
        let documents = Documents::read(&block);
        match InputForm::read(&block, documents.as_ref()) {
            InputForm::Reasons(found) => {
                let status = forms::status_above(&block);
                for mut one in found.into_iter().filter(|one| !one.reason.is_empty()) {
                    one.status = one.status.take().or_else(|| status.clone());
                    said.push(one);
                }
            }
            InputForm::Listing(session) => {
                let rows = roots(&session)?;
                listed.extend(rows.iter().cloned());
                said.extend(rows);
            }
            InputForm::Records(_) => return None,
        }
    }
    let said = forms::distinct(said);
    let of_rows = forms::distinct(listed).len();
    (said.len() > of_rows).then_some(said)
}

/// So many rows are told beside what is none.
const ROWS: usize = 3;

/// The failures of a listing as sentences; none where they are many, or say nothing of why.
pub(super) fn roots(session: &Session) -> Option<Vec<PastedFailure>> {
    let diagnosis = Diagnosis::of(session);
    let mut found = Vec::new();
    for finding in diagnosis.roots() {
        let failure = &finding.failure;
        let (event, stack) = (&failure.event, failure.key.stack_id.name());
        found.push(PastedFailure {
            reason: failure.reason().filter(|reason| !reason.is_empty())?.to_owned(),
            about: Some(event.logical_id.clone()),
            stack: Some(stack.to_owned()).filter(|name| name != UNNAMED),
            kind: Some(event.resource_type.clone()).filter(|kind| kind != event_listing::UNTYPED),
            status: Some(event.status.as_str().to_owned()),
            ..PastedFailure::default()
        });
    }
    (1..=ROWS).contains(&found.len()).then_some(found)
}

/// What stands above a document, where it tells an error.
fn above_document(text: &str) -> Option<&str> {
    let begins = |line: &str| line.starts_with(['{', '[']);
    if begins(text.trim_start()) {
        return None;
    }
    let at = text.match_indices('\n').map(|(at, _)| at + 1);
    let (above, _) = at
        .filter_map(|at| text.split_at_checked(at))
        .find(|(_, rest)| begins(rest))?;
    forms::has_error(above).then_some(above)
}

/// What is told of a text that no form claims.
fn sentence_of(text: &str, structured: bool) -> PastedFailure {
    let found = if structured {
        PastedFailure::default()
    } else if forms::only_speaks(text) {
        forms::spoken(text)
    } else {
        forms::sentence(text)
    };
    if found.reason.is_empty() {
        forms::unclaimed(text)
    } else {
        found
    }
}

/// Whether a document is one, or a list of some.
fn holds_object(value: &Value) -> bool {
    value.is_object()
        || value
            .as_array()
            .is_some_and(|items| items.iter().any(Value::is_object))
}
