//! Several texts that were pasted one after the other: each is read by itself, so that no fact of one is told of another.

use super::given::{Given, InputForm, quoted_whole, roots, without_bullet};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::read::event_listing::UNNAMED;
use crate::domain::read::forms;
use crate::domain::read::forms::PastedFailure;

/// A longer text is a log.
const LONGEST: usize = 256 * 1024;
/// A shorter name may stand in any text.
const NAME: usize = 3;

/// One text of several, and what it tells.
#[derive(Default)]
struct Part {
    text: String,
    /// The failures of its own that it tells for certain.
    failures: Vec<PastedFailure>,
    /// What it is about.
    names: Vec<String>,
    /// It holds records of calls that failed.
    records: bool,
}

impl Part {
    fn read(text: &str) -> Self {
        let mut part = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        match Given::read(text).form {
            InputForm::Reasons(said) => {
                part.failures = said.into_iter().filter(is_told).collect();
            }
            InputForm::Listing(session) => {
                let diagnosis = Diagnosis::of(&session);
                let failed = diagnosis.roots().map(|finding| &finding.failure.event);
                part.names.extend(failed.map(|event| event.logical_id.clone()));
                part.names.push(session.root().name().to_owned());
                part.failures = roots(&session).unwrap_or_default();
            }
            InputForm::Records(read) => {
                part.records = read.iter().any(|record| record.error_code.is_some());
                part.names
                    .extend(read.into_iter().filter_map(|record| record.request_id));
            }
        }
        let said = part.failures.iter().flat_map(|one| [&one.about, &one.stack]);
        part.names.extend(said.flatten().cloned());
        part.names.retain(|name| name != UNNAMED && name.len() >= NAME);
        part
    }

    fn tells(&self) -> bool {
        !self.failures.is_empty() || self.records
    }

    /// Whether one of two speaks of what the other names, or both may tell one failure.
    fn belongs_to(&self, other: &Self) -> bool {
        let named = |one: &Self, other: &Self| {
            let mut names = one.names.iter();
            names.any(|name| forms::holds_name(&other.text, name))
        };
        let alike = |one: &PastedFailure| other.failures.iter().any(|other| forms::is_alike(one, other));
        named(self, other) || named(other, self) || self.failures.iter().any(alike)
    }

    /// With what stands below it.
    fn take(&mut self, below: Self) {
        self.text.push_str(&below.text);
        self.failures.extend(below.failures);
        self.names.extend(below.names);
        self.records |= below.records;
    }
}

/// Whether a text tells a failure for certain; one that names the place in the template does.
fn is_told(one: &PastedFailure) -> bool {
    forms::is_sure(one) || (one.place.is_some() && !one.reason.is_empty())
}

/// What a text holds, or what each of the texts holds that were pasted one after the other.
pub(super) fn read(text: &str) -> Vec<Given<'_>> {
    if let Some(inside) = quoted_whole(without_bullet(text)) {
        return read(&inside).into_iter().map(Given::owned).collect();
    }
    let apart = apart(text).unwrap_or_default();
    match apart.as_slice() {
        [] | [_] => vec![Given::read(text)],
        several => several
            .iter()
            .map(|part| Given::read(&part.text).owned())
            .collect(),
    }
}

/// The texts, where there are several: what tells no failure of its own belongs to the one above it.
fn apart(text: &str) -> Option<Vec<Part>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut plain = forms::plain(without_bullet(text));
    if text.ends_with(['\n', '\r']) {
        plain.push('\n');
    }
    let stretches = forms::stretches(&plain);
    if stretches.len() < 2 || forms::only_supposes(&plain) {
        return None;
    }
    let mut parts: Vec<Part> = Vec::new();
    for stretch in stretches {
        let part = Part::read(stretch);
        // What stands above the first failure belongs to it.
        let leads = parts.len() == 1 && parts.iter().all(|first| !first.tells());
        match parts.last_mut() {
            Some(above) if leads || !part.tells() => above.take(part),
            _ => parts.push(part),
        }
    }
    while let Some((first, last)) = linked(&parts) {
        let below: Vec<Part> = parts.drain(first + 1..=last).collect();
        if let Some(above) = parts.get_mut(first) {
            for part in below {
                above.take(part);
            }
        }
    }
    Some(parts)
}

/// The first two that belong together.
fn linked(parts: &[Part]) -> Option<(usize, usize)> {
    parts.iter().enumerate().find_map(|(first, one)| {
        let mut others = parts.iter().enumerate().skip(first + 1);
        let (last, _) = others.rfind(|(_, other)| one.belongs_to(other))?;
        Some((first, last))
    })
}
