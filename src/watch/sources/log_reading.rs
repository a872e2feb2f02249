//! Reads a log group within bounds: what several sources share.

use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::log::{LogAnswer, LogSearch};
use crate::domain::model::source::declared::LOGS_PACE;
use crate::watch::inquiry_context::InquiryContext;

/// How much is read of one search at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Pages: an empty page with a token is not the end, but everything has one.
    pub pages: usize,
    /// Lines.
    pub lines: usize,
    /// Bytes of their texts.
    pub bytes: usize,
}

/// The log of what failed. Who logs more is read in narrower windows.
pub(super) const THOROUGH: Bounds = Bounds {
    pages: 60,
    lines: 20_000,
    bytes: 8 * 1024 * 1024,
};
/// A log that is only kept because it is about to be deleted.
pub(super) const BRIEF: Bounds = Bounds {
    pages: 6,
    lines: 2_000,
    bytes: 512 * 1024,
};

/// How a reading ended.
#[derive(Debug)]
pub(super) enum ReadingEnd {
    /// Everything there is was read.
    Complete,
    /// The group does not exist.
    Missing,
    /// There is more than is read at once.
    TooMuch,
    /// It could not be read on.
    Fault(Fault),
}

/// Reads a search.
pub(super) async fn read(
    search: &LogSearch,
    bounds: Bounds,
    context: &InquiryContext,
) -> (LogAnswer, ReadingEnd) {
    let budget = context.budget(LOGS_PACE, &search.group.region).await;
    let mut answer = LogAnswer {
        search: search.clone(),
        lines: Vec::new(),
        group_missing: false,
        complete: false,
    };
    let mut bytes = 0_usize;
    let mut token: Option<String> = None;
    for _ in 0..bounds.pages {
        budget.acquire().await;
        let page = context.ports.logs.lines(search, token.as_deref()).await;
        budget.observe(&page);
        match page {
            Ok(page) => {
                bytes += page.items.iter().map(|line| line.message.len()).sum::<usize>();
                answer.lines.extend(page.items);
                token = page.next;
            }
            // A stream that is not there (yet) has no lines; its group may well have some.
            Err(fault) if fault.kind == FaultKind::NotFound && is_about_stream(search, &fault) => {
                token = None;
            }
            Err(fault) if fault.kind == FaultKind::NotFound => {
                answer.group_missing = true;
                return (answer, ReadingEnd::Missing);
            }
            Err(fault) => return (answer, ReadingEnd::Fault(fault)),
        }
        if token.is_none() {
            answer.complete = true;
            return (answer, ReadingEnd::Complete);
        }
        if answer.lines.len() >= bounds.lines || bytes >= bounds.bytes {
            break;
        }
    }
    (answer, ReadingEnd::TooMuch)
}

fn is_about_stream(search: &LogSearch, fault: &Fault) -> bool {
    search.stream.is_some() && fault.message.contains("log stream")
}

/// Answers an inquiry by reading: what was read is kept, also when the reading broke off; the inquiry counts
/// as answered when there is nothing left to read, and as answered with too much where there is more.
pub(super) async fn answer(
    inquiry: &Inquiry,
    search: &LogSearch,
    bounds: Bounds,
    context: &InquiryContext,
) -> Result<Vec<Fact>, Fault> {
    let at = context.now();
    let (answer, end) = read(search, bounds, context).await;
    let (source, key) = (inquiry.source.clone(), inquiry.key.clone());
    // Lines that were written while it was read may not be in it: hence the time before.
    let last = match end {
        ReadingEnd::Complete => Some(Fact::SourceAnswered { source, key, at }),
        ReadingEnd::Missing => None,
        ReadingEnd::TooMuch => Some(Fact::SourceFoundTooMuch { source, key, at }),
        ReadingEnd::Fault(fault) if answer.lines.is_empty() => return Err(fault),
        ReadingEnd::Fault(fault) => Some(failed(inquiry, fault)),
    };
    Ok(std::iter::once(Fact::LogsRead { answer }).chain(last).collect())
}

/// A call that did not work, beside what was answered all the same.
pub(super) fn failed(inquiry: &Inquiry, fault: Fault) -> Fact {
    Fact::SourceFailed {
        source: inquiry.source.clone(),
        region: inquiry.region.clone(),
        key: inquiry.key.clone(),
        fault,
    }
}

#[cfg(test)]
mod tests;
