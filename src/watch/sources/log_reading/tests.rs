use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::*;
use crate::domain::investigate::inquiry::AnyQuestion;
use crate::domain::model::fact::FunctionDescription;
use crate::domain::model::log::{LogGroup, LogLine};
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::model::trail_query::{InsightsQuery, LakeQuery, NamedStores};
use crate::domain::model::trail_table::{DescribedTable, RegionName, TrailQuery, TrailTable};
use crate::domain::model::validation::{ChangeSet, HookResult, OperationEvent};
use crate::ports::{
    EventDataStores, FunctionSource, HookScope, LogQueries, LogSource, OperationScope, Page, QueryProgress,
    ScaledClock, StoreList, TrailDirectory, TrailList, TrailSource, TrailTables, ValidationSource,
};
use crate::watch::inquiry_context::{Ports, Services};

/// What a log says, answer by answer; further questions find nothing.
struct Script(Mutex<Vec<Result<Page<LogLine>, Fault>>>);

#[async_trait]
impl LogSource for Script {
    async fn lines(&self, _: &LogSearch, _: Option<&str>) -> Result<Page<LogLine>, Fault> {
        let mut left = self.0.lock().unwrap();
        assert!(!left.is_empty(), "asked once too often");
        left.remove(0)
    }
}

/// Nobody asks these.
struct Silent;

fn unasked<T>() -> Result<T, Fault> {
    Err(Fault::new(
        "nobody:Asks",
        FaultKind::Invalid,
        "not part of this test",
    ))
}

#[async_trait]
impl TrailSource for Silent {
    async fn lookup(&self, _: &TrailSearch, _: Option<&str>) -> Result<Page<TrailRecord>, Fault> {
        unasked()
    }
}

#[async_trait]
impl TrailDirectory for Silent {
    async fn trails(&self, _: &str) -> Result<TrailList, Fault> {
        unasked()
    }
}

#[async_trait]
impl TrailTables for Silent {
    async fn describe(&self, _: &TrailTable) -> Result<DescribedTable, Fault> {
        unasked()
    }

    async fn start(&self, _: &TrailTable, _: &TrailQuery) -> Result<String, Fault> {
        unasked()
    }

    async fn progress(&self, _: &TrailTable, _: &str) -> Result<QueryProgress, Fault> {
        unasked()
    }

    async fn rows(
        &self,
        _: &TrailTable,
        _: &str,
        _: Option<&str>,
    ) -> Result<Page<Vec<Option<String>>>, Fault> {
        unasked()
    }

    async fn stop(&self, _: &TrailTable, _: &str) -> Result<(), Fault> {
        unasked()
    }
}

#[async_trait]
impl EventDataStores for Silent {
    async fn describe(&self, _: &NamedStores) -> Result<StoreList, Fault> {
        unasked()
    }

    async fn start(&self, _: &RegionName, _: &LakeQuery) -> Result<String, Fault> {
        unasked()
    }

    async fn progress(&self, _: &RegionName, _: &str) -> Result<QueryProgress, Fault> {
        unasked()
    }

    async fn records(&self, _: &RegionName, _: &str, _: Option<&str>) -> Result<Page<String>, Fault> {
        unasked()
    }

    async fn stop(&self, _: &RegionName, _: &str) -> Result<(), Fault> {
        unasked()
    }
}

#[async_trait]
impl LogQueries for Silent {
    async fn start(&self, _: &LogGroup, _: &InsightsQuery) -> Result<String, Fault> {
        unasked()
    }

    async fn progress(&self, _: &LogGroup, _: &str) -> Result<QueryProgress, Fault> {
        unasked()
    }

    async fn lines(&self, _: &LogGroup, _: &str, _: Option<&str>) -> Result<Page<String>, Fault> {
        unasked()
    }

    async fn stop(&self, _: &LogGroup, _: &str) -> Result<(), Fault> {
        unasked()
    }
}

#[async_trait]
impl FunctionSource for Silent {
    async fn function(&self, _: &str) -> Result<FunctionDescription, Fault> {
        unasked()
    }
}

#[async_trait]
impl ValidationSource for Silent {
    async fn failed_events(
        &self,
        _: &OperationScope,
        _: Option<&str>,
    ) -> Result<Page<OperationEvent>, Fault> {
        unasked()
    }

    async fn change_sets(&self, _: &StackId, _: Option<&str>) -> Result<Page<ChangeSet>, Fault> {
        unasked()
    }

    async fn change_set(&self, _: &StackId, _: &str) -> Result<ChangeSet, Fault> {
        unasked()
    }

    async fn hook_results(&self, _: &HookScope, _: Option<&str>) -> Result<Page<HookResult>, Fault> {
        unasked()
    }

    async fn hook_result(&self, _: &StackId, _: &str) -> Result<HookResult, Fault> {
        unasked()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands in lists beside faults")]
fn lines(count: usize, more: bool) -> Result<Page<LogLine>, Fault> {
    let line = |number: usize| LogLine {
        at: DateTime::<Utc>::UNIX_EPOCH,
        stream: "s".to_owned(),
        id: number.to_string(),
        message: "words".to_owned(),
    };
    Ok(Page {
        items: (0..count).map(line).collect(),
        next: more.then(|| "token".to_owned()),
    })
}

fn fault(kind: FaultKind, message: &str) -> Result<Page<LogLine>, Fault> {
    Err(Fault::new("logs:FilterLogEvents", kind, message))
}

/// The kinds of the facts, and how many lines were read.
async fn answered(
    script: Vec<Result<Page<LogLine>, Fault>>,
    stream: Option<&str>,
    bounds: Bounds,
) -> Result<(Vec<String>, usize), FaultKind> {
    let ports = Ports {
        trail: Arc::new(Silent),
        trails: Arc::new(Silent),
        tables: Arc::new(Silent),
        stores: Arc::new(Silent),
        queries: Arc::new(Silent),
        logs: Arc::new(Script(Mutex::new(script))),
        functions: Arc::new(Silent),
        services: Services::new(),
        validation: Arc::new(Silent),
    };
    // So fast that the pauses between calls pass at once.
    let clock = Arc::new(ScaledClock::new(1_000_000.0, Some(DateTime::<Utc>::UNIX_EPOCH)));
    let context = InquiryContext::new(ports, clock);
    let search = LogSearch {
        group: LogGroup {
            region: "eu-west-1".to_owned(),
            name: "/g".to_owned(),
        },
        stream: stream.map(ToOwned::to_owned),
        filter: None,
        from: DateTime::<Utc>::UNIX_EPOCH,
        to: DateTime::<Utc>::UNIX_EPOCH,
    };
    let inquiry = Inquiry {
        key: "key".to_owned(),
        source: "logs".into(),
        region: "eu-west-1".to_owned(),
        due: DateTime::<Utc>::UNIX_EPOCH,
        priority: 0,
        question: AnyQuestion::new(search.clone()),
        why: String::new(),
        serves: Vec::new(),
    };
    let facts = answer(&inquiry, &search, bounds, &context)
        .await
        .map_err(|fault| fault.kind)?;
    let mut read = 0;
    let kinds = facts.iter().map(|fact| match fact {
        Fact::LogsRead { answer } => {
            read = answer.lines.len();
            let missing = if answer.group_missing { ", missing" } else { "" };
            let complete = if answer.complete { ", complete" } else { "" };
            format!("read{complete}{missing}")
        }
        Fact::SourceAnswered { key, .. } => format!("answered {key}"),
        Fact::SourceFoundTooMuch { key, .. } => format!("too much for {key}"),
        other => other.to_string(),
    });
    let kinds: Vec<String> = kinds.collect();
    Ok((kinds, read))
}

#[tokio::test]
async fn an_empty_page_with_a_token_is_not_the_end() {
    let script = vec![lines(0, true), lines(0, true), lines(2, true), lines(1, false)];
    let answer = answered(script, None, THOROUGH).await;
    let kinds = vec!["read, complete".to_owned(), "answered key".to_owned()];
    assert_eq!(answer, Ok((kinds, 3)));
}

#[tokio::test]
async fn reading_stops_where_there_is_too_much() {
    let much = vec!["read".to_owned(), "too much for key".to_owned()];
    for (bounds, script, read) in [
        (
            Bounds { pages: 3, ..THOROUGH },
            vec![lines(0, true), lines(1, true), lines(0, true)],
            1,
        ),
        (
            Bounds { lines: 5, ..THOROUGH },
            vec![lines(4, true), lines(4, true)],
            8,
        ),
        (
            Bounds {
                bytes: 10,
                ..THOROUGH
            },
            vec![lines(2, true)],
            2,
        ),
    ] {
        assert_eq!(
            answered(script, None, bounds).await,
            Ok((much.clone(), read)),
            "{bounds:?}"
        );
    }
}

#[tokio::test]
async fn what_was_read_before_a_fault_is_kept() {
    let script = vec![lines(2, true), fault(FaultKind::Network, "no way")];
    let kinds = vec!["read".to_owned(), "logs failed: Network".to_owned()];
    assert_eq!(answered(script, None, THOROUGH).await, Ok((kinds, 2)));
    let script = vec![fault(FaultKind::Denied, "no")];
    assert_eq!(answered(script, None, THOROUGH).await, Err(FaultKind::Denied));
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_a_group_that_is_not_there() {
    let words = "ResourceNotFoundException: The specified log stream does not exist.";
    let script = vec![fault(FaultKind::NotFound, words)];
    let kinds = vec!["read, complete".to_owned(), "answered key".to_owned()];
    assert_eq!(answered(script, Some("s1"), THOROUGH).await, Ok((kinds, 0)));
    let words = "ResourceNotFoundException: The specified log group does not exist.";
    let script = vec![fault(FaultKind::NotFound, words)];
    let kinds = vec!["read, missing".to_owned()];
    assert_eq!(answered(script, Some("s1"), THOROUGH).await, Ok((kinds, 0)));
}
