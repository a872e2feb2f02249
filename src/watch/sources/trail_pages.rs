//! How the pages of a trail's answer are read, whichever backend gives them: at its pace, so many and no more; what came
//! before a fault is kept.

use async_trait::async_trait;

use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use crate::ports::Page;
use crate::watch::rate_limiter::RateLimiter;

/// What of a backend is its own.
#[async_trait]
pub(super) trait TrailPages: Sync {
    /// One page of the records that the search is for; none where what holds them is not there (any more), so that
    /// nothing can be read, now or later.
    async fn page(
        &self,
        search: &TrailSearch,
        token: Option<&str>,
    ) -> Result<Option<Page<TrailRecord>>, Fault>;
}

/// Reads at most so many pages of a search.
///
/// # Errors
/// Where nothing came before the fault. Else the answer is not complete, and the search is made again.
pub(super) async fn read(
    pages: &dyn TrailPages,
    search: &TrailSearch,
    most: u32,
    source: &SourceId,
    budget: &RateLimiter,
) -> Result<TrailAnswer, Fault> {
    let mut answer = TrailAnswer {
        search: search.clone(),
        records: Vec::new(),
        complete: false,
        calls: 0,
        source: source.clone(),
    };
    let mut token: Option<String> = None;
    while answer.calls < most {
        budget.acquire().await;
        let page = pages.page(search, token.as_deref()).await;
        budget.observe(&page);
        answer.calls += 1;
        match page {
            Ok(Some(page)) => {
                answer.records.extend(page.items);
                token = page.next;
            }
            Ok(None) => break,
            Err(_) if !answer.records.is_empty() => break,
            Err(fault) => return Err(fault),
        }
        if token.is_none() {
            answer.complete = true;
            break;
        }
    }
    answer.records.sort_by_key(|record| std::cmp::Reverse(record.at));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::domain::model::fault::FaultKind;
    use crate::ports::ScaledClock;

    /// A page by the seconds of its records; none where what holds them is gone.
    type Seconds = Result<Option<&'static [i64]>, FaultKind>;

    /// Gives these pages, one after the other, each but the last with a token.
    struct Given(Mutex<Vec<Seconds>>);

    #[async_trait]
    impl TrailPages for Given {
        async fn page(&self, _: &TrailSearch, _: Option<&str>) -> Result<Option<Page<TrailRecord>>, Fault> {
            let mut left = self.0.lock().unwrap();
            let page = left.remove(0).map_err(|kind| Fault::new("a:B", kind, "no"))?;
            let next = (!left.is_empty()).then(|| "more".to_owned());
            Ok(page.map(|seconds| Page {
                items: seconds.iter().map(|second| record(*second)).collect(),
                next,
            }))
        }
    }

    fn record(second: i64) -> TrailRecord {
        let at = DateTime::from_timestamp(second, 0).unwrap().to_rfc3339();
        TrailRecord::read(&format!(
            r#"{{"eventID":"{second}","eventName":"A","eventSource":"s3.amazonaws.com","eventTime":"{at}"}}"#
        ))
        .unwrap()
    }

    async fn of(
        pages: Vec<Result<Option<&'static [i64]>, FaultKind>>,
    ) -> Result<(Vec<i64>, bool, u32), Fault> {
        let clock = Arc::new(ScaledClock::new(10_000.0, None));
        let budget = RateLimiter::new(clock, TimeDelta::milliseconds(1), TimeDelta::seconds(1));
        let search = TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: None,
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH,
        };
        let answer = read(
            &Given(Mutex::new(pages)),
            &search,
            3,
            &SourceId::CLOUDTRAIL,
            &budget,
        )
        .await?;
        let seconds = answer.records.iter().map(|record| record.at.timestamp());
        Ok((seconds.collect(), answer.complete, answer.calls))
    }

    #[tokio::test]
    async fn pages_are_read_to_the_end_newest_first_and_no_more_than_are_allowed() {
        let read = of(vec![Ok(Some(&[1])), Ok(Some(&[])), Ok(Some(&[3, 2]))]).await;
        assert_eq!(read, Ok((vec![3, 2, 1], true, 3)));
        let cut = of(vec![
            Ok(Some(&[1])),
            Ok(Some(&[2])),
            Ok(Some(&[3])),
            Ok(Some(&[4])),
        ])
        .await;
        assert_eq!(cut, Ok((vec![3, 2, 1], false, 3)));
    }

    #[tokio::test]
    async fn what_came_before_a_fault_is_kept_and_a_fault_before_anything_is_told() {
        let kept = of(vec![Ok(Some(&[1])), Err(FaultKind::Throttled)]).await;
        assert_eq!(kept, Ok((vec![1], false, 2)));
        let fault = of(vec![Ok(Some(&[])), Err(FaultKind::Denied)]).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Denied);
        assert_eq!(of(vec![Ok(None)]).await, Ok((Vec::new(), false, 1)), "gone");
    }
}
