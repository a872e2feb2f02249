//! Reads a log group to its end: what several sources share.

use crate::domain::fact::Fact;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log::{LogAnswer, LogSearch};
use crate::watch::desk::Desk;

/// Pages read of one group at most: an empty page with a token is not the end, but everything has one.
const PAGES: usize = 30;

/// The lines of a search. A group that is not there is an answer, too.
pub(super) async fn read(search: &LogSearch, desk: &Desk) -> Result<Vec<Fact>, Fault> {
    let budget = desk.budget("logs", &search.group.region).await;
    let mut answer = LogAnswer {
        search: search.clone(),
        lines: Vec::new(),
        group_missing: false,
        complete: false,
    };
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        budget.turn().await;
        let page = desk.ports.logs.lines(search, token.as_deref()).await;
        budget.learn(&page).await;
        match page {
            Ok(page) => {
                answer.lines.extend(page.items);
                token = page.next;
            }
            Err(fault) if fault.kind == FaultKind::NotFound => {
                answer.group_missing = true;
                break;
            }
            // What was read is worth keeping; the reading stays incomplete and is made again.
            Err(_) if !answer.lines.is_empty() => break,
            Err(fault) => return Err(fault),
        }
        if token.is_none() {
            answer.complete = true;
            break;
        }
    }
    Ok(vec![Fact::LogsRead { answer }])
}
