//! The table over what trails deliver to S3, asked of somebody who plays Athena: when it is asked, how a query is watched,
//! what is told of what it cost, and that none goes on that nobody waits for.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source as _};
use stacktrail::domain::investigate::plan::further;
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailAnswer, TrailKey, TrailSearch};
use stacktrail::domain::model::trail_table::{
    AccountId, DescribedTable, TableName, TablePartition, TrailQuery, TrailTable,
};
use stacktrail::domain::session::Session;
use stacktrail::ports::{Page, QueryProgress, QueryState, ScaledClock, TrailTables};
use stacktrail::watch::sources::{TrailTableQuestion, TrailTableSource};
use stacktrail::watch::{AnySource as _, InquiryContext, InquiryRunner, Ports};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::nobody;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:640000000114:stack/vault/u";
const NAME: &str = "security.logs";

/// Plays Athena: each look at the query takes the next of these; the last one stays.
struct Played {
    looks: Mutex<Vec<Result<QueryProgress, Fault>>>,
    rows: Vec<Vec<Option<String>>>,
    calls: Mutex<Vec<String>>,
}

impl Played {
    fn new(looks: Vec<Result<QueryProgress, Fault>>) -> Arc<Self> {
        Arc::new(Self {
            looks: Mutex::new(looks),
            rows: Vec::new(),
            calls: Mutex::default(),
        })
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn call(&self, name: &str) {
        self.calls.lock().unwrap().push(name.to_owned());
    }
}

#[async_trait]
impl TrailTables for Played {
    async fn describe(&self, _: &TrailTable) -> Result<DescribedTable, Fault> {
        self.call("describe");
        Ok(described(&["account", "region", "timestamp"]))
    }

    async fn start(&self, _: &TrailTable, _: &TrailQuery) -> Result<String, Fault> {
        self.call("start");
        Ok("q".to_owned())
    }

    async fn progress(&self, _: &TrailTable, _: &str) -> Result<QueryProgress, Fault> {
        self.call("look");
        let mut looks = self.looks.lock().unwrap();
        if looks.len() > 1 {
            looks.remove(0)
        } else {
            looks[0].clone()
        }
    }

    async fn rows(
        &self,
        _: &TrailTable,
        _: &str,
        _: Option<&str>,
    ) -> Result<Page<Vec<Option<String>>>, Fault> {
        self.call("rows");
        Ok(Page {
            items: self.rows.clone(),
            next: None,
        })
    }

    async fn stop(&self, _: &TrailTable, _: &str) -> Result<(), Fault> {
        self.call("stop");
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands in lists beside faults")]
fn look(state: QueryState, scanned: u64) -> Result<QueryProgress, Fault> {
    Ok(QueryProgress { state, scanned })
}

fn described(partitions: &[&str]) -> DescribedTable {
    let columns = [
        "awsregion",
        "errorcode",
        "errormessage",
        "eventid",
        "eventname",
        "eventsource",
        "eventtime",
        "recipientaccountid",
        "useridentity",
    ];
    let partition = |name: &&str| TablePartition {
        name: (*name).to_owned(),
        of_type: "string".to_owned(),
        format: None,
    };
    DescribedTable {
        name: NAME.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        partitions: partitions.iter().map(partition).collect(),
        most_bytes: None,
    }
}

fn table() -> TrailTable {
    TrailTable::named(TableName::parse(NAME).unwrap())
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn search() -> TrailSearch {
    TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: None,
        from: moment(0),
        to: moment(60),
    }
}

fn inquiry() -> Inquiry {
    Inquiry {
        key: "k".to_owned(),
        source: SourceId::TRAIL_TABLE,
        region: "eu-west-1".to_owned(),
        due: moment(0),
        priority: 0,
        question: AnyQuestion::new(TrailTableQuestion::Records {
            layout: Box::new(described(&["timestamp"]).layout().unwrap()),
            account: AccountId::parse("640000000990").unwrap(),
            search: search(),
            workgroup_bytes: None,
        }),
        why: String::new(),
        serves: Vec::new(),
    }
}

async fn ports(played: &Arc<Played>) -> Ports {
    Ports {
        tables: Arc::<Played>::clone(played),
        ..nobody::ports().await
    }
}

async fn asked(played: &Arc<Played>) -> Result<Vec<Fact>, Fault> {
    let clock = Arc::new(ScaledClock::new(100_000.0, None));
    let context = InquiryContext::new(ports(played).await, clock);
    TrailTableSource::of(table()).answer(&inquiry(), &context).await
}

fn scanned(facts: &[Fact]) -> u64 {
    let mut read = facts.iter().filter_map(|fact| match fact {
        Fact::TrailTableScanned { bytes, .. } => Some(*bytes),
        _ => None,
    });
    read.next().unwrap()
}

fn failure(facts: &[Fact]) -> &Fault {
    let mut failed = facts.iter().filter_map(|fact| match fact {
        Fact::SourceFailed { fault, .. } => Some(fault),
        _ => None,
    });
    failed.next().unwrap()
}

#[tokio::test]
async fn a_query_is_looked_at_until_it_is_done_and_what_it_read_is_told() {
    let played = Played::new(vec![
        look(QueryState::Running, 0),
        look(QueryState::Running, 40_000_000),
        look(QueryState::Succeeded, 80_000_000),
    ]);
    let facts = asked(&played).await.unwrap();
    assert_eq!(played.calls(), ["start", "look", "look", "look", "rows"]);
    assert_eq!(scanned(&facts), 80_000_000);
    assert!(facts.iter().any(
        |fact| matches!(fact, Fact::TrailSearched { answer } if answer.complete && answer.source == SourceId::TRAIL_TABLE)
    ));
}

#[tokio::test]
async fn a_query_that_reads_more_than_it_may_is_stopped_and_what_it_read_is_told_all_the_same() {
    let played = Played::new(vec![
        look(QueryState::Running, 9_000_000_000),
        look(QueryState::Running, 12_000_000_000),
    ]);
    let facts = asked(&played).await.unwrap();
    assert_eq!(played.calls(), ["start", "look", "look", "stop"]);
    assert_eq!(scanned(&facts), 12_000_000_000);
    let fault = failure(&facts);
    assert!(
        fault
            .message
            .contains("had read 12 GB and was stopped: it may read 10 GB"),
        "{fault}"
    );
    assert!(fault.kind.is_for_good(), "it is not tried again at once");
}

/// What would tempt it: a workgroup that allows more than the person does.
#[tokio::test]
async fn the_lower_of_two_limits_holds_and_it_is_said_whose_it_is() {
    for (workgroup, said) in [
        (
            Some(5_000_000_000),
            "it may read 5 GB (the workgroup's own limit)",
        ),
        (
            Some(50_000_000_000),
            "it may read 10 GB (`megabytes` of [trail-table])",
        ),
        (None, "it may read 10 GB (`megabytes` of [trail-table])"),
    ] {
        let played = Played::new(vec![look(QueryState::Running, 12_000_000_000)]);
        let clock = Arc::new(ScaledClock::new(100_000.0, None));
        let context = InquiryContext::new(ports(&played).await, clock);
        let mut inquiry = inquiry();
        let Some(TrailTableQuestion::Records {
            layout,
            account,
            search,
            ..
        }) = inquiry.question.get()
        else {
            panic!("it asks for records")
        };
        inquiry.question = AnyQuestion::new(TrailTableQuestion::Records {
            layout: layout.clone(),
            account: account.clone(),
            search: search.clone(),
            workgroup_bytes: workgroup,
        });
        let facts = TrailTableSource::of(table())
            .answer(&inquiry, &context)
            .await
            .unwrap();
        let fault = failure(&facts);
        assert!(fault.message.contains(said), "{workgroup:?}: {fault}");
    }
}

#[tokio::test]
async fn what_the_workgroup_itself_stops_is_told_in_its_words() {
    let words = "Query cancelled! : Bytes scanned limit was exceeded";
    let fault = Fault::new("athena:StartQueryExecution", FaultKind::Invalid, words);
    let played = Played::new(vec![look(QueryState::Failed(fault), 5_000_000)]);
    let facts = asked(&played).await.unwrap();
    assert_eq!(failure(&facts).message, words);
    assert_eq!(scanned(&facts), 5_000_000);
    assert!(
        !played.calls().contains(&"stop".to_owned()),
        "it has ended by itself"
    );
}

#[tokio::test]
async fn a_query_that_takes_too_long_or_cannot_be_looked_at_is_stopped() {
    let played = Played::new(vec![look(QueryState::Running, 1)]);
    let facts = asked(&played).await.unwrap();
    assert!(failure(&facts).message.contains("it was not done after"));
    assert_eq!(played.calls().last().unwrap(), "stop");
    let passing = || Err(Fault::new("athena:GetQueryExecution", FaultKind::Service, "no"));
    let played = Played::new(vec![passing(), passing(), look(QueryState::Succeeded, 1)]);
    assert!(
        asked(&played).await.is_ok_and(|facts| facts.len() == 3),
        "what passes is waited out"
    );
    let played = Played::new(vec![passing()]);
    let facts = asked(&played).await.unwrap();
    assert_eq!(failure(&facts).kind, FaultKind::Service);
    assert_eq!(played.calls().last().unwrap(), "stop");
    let denied = Err(Fault::new("athena:GetQueryExecution", FaultKind::Denied, "no"));
    let played = Played::new(vec![denied]);
    let facts = asked(&played).await.unwrap();
    assert_eq!(failure(&facts).action, "athena:GetQueryExecution");
    assert_eq!(played.calls(), ["start", "look", "stop"]);
}

/// The program ends while a query runs: nobody waits for it, and it is not to go on reading.
#[tokio::test]
async fn a_query_is_stopped_when_the_program_ends() {
    let played = Played::new(vec![look(QueryState::Running, 1)]);
    let clock = Arc::new(ScaledClock::new(50.0, None));
    let (facts, mut batches) = mpsc::channel(4);
    let (reports, mut told) = mpsc::channel(16);
    let source = Arc::new(TrailTableSource::of(table()));
    let runner = InquiryRunner::new(ports(&played).await, vec![source], clock, facts, reports);
    let stop = CancellationToken::new();
    let root = StackId::parse(STACK).unwrap();
    let ending = async {
        // Whoever is on the screen sees how far it is.
        let update = told.recv().await.unwrap();
        assert_eq!(update.origin, SourceId::TRAIL_TABLE.into());
        stop.cancel();
    };
    tokio::join!(runner.answer(root, inquiry(), stop.clone()), ending);
    assert_eq!(played.calls().last().unwrap(), "stop");
    assert!(batches.try_recv().is_err(), "no answer was made up");
}

fn event(second: i64, id: &str, status: &str, reason: Option<&str>) -> StackEvent {
    let (kind, physical) = match id {
        "vault" => ("AWS::CloudFormation::Stack", STACK),
        _ => ("AWS::SecretsManager::Secret", "secret"),
    };
    StackEvent {
        stack_id: StackId::parse(STACK).unwrap(),
        event_id: format!("{id}-{second}"),
        at: moment(second),
        logical_id: id.to_owned(),
        physical_id: Some(physical.to_owned()),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: reason.map(str::to_owned),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn denial(account: &str) -> String {
    format!(
        "User: arn:aws:sts::{account}:assumed-role/keys-reader/vault-import is not authorized to perform: kms:Decrypt on \
         resource: arn:aws:kms:eu-west-1:640000000990:key/1234abcd-12ab-34cd-56ef-1234567890ab because no resource-based \
         policy allows the kms:Decrypt action (Service: Kms, Status Code: 400, Request ID: x)"
    )
}

/// A session in which this failed, where every search of event history that is planned was made in vain.
fn searched_in_vain(reason: &str, more: Vec<Fact>) -> Session {
    let recorded = |second, fact| Recorded {
        observed_at: moment(second),
        fact,
    };
    let stack_id = StackId::parse(STACK).unwrap();
    let events = vec![
        event(0, "vault", "CREATE_IN_PROGRESS", None),
        event(1, "Secret", "CREATE_IN_PROGRESS", None),
        event(60, "Secret", "CREATE_FAILED", Some(reason)),
    ];
    let mut facts = vec![recorded(61, Fact::StackEventsSeen { stack_id, events })];
    facts.extend(more.into_iter().map(|fact| recorded(61, fact)));
    let root = StackId::parse(STACK).unwrap();
    let session = Session::replay(root.clone(), &facts);
    for planned in &Diagnosis::of(&session).plan {
        let answer = TrailAnswer {
            search: planned.search.clone(),
            records: Vec::new(),
            complete: true,
            calls: 1,
            source: SourceId::CLOUDTRAIL,
        };
        facts.push(recorded(1_800, Fact::TrailSearched { answer }));
    }
    Session::replay(root, &facts)
}

fn planned(session: &Session) -> Vec<Inquiry> {
    TrailTableSource::of(table()).plan(session, &Diagnosis::of(session), moment(2_000))
}

#[test]
fn a_denial_of_another_accounts_role_is_looked_for_in_that_account() {
    let elsewhere = denial("640000000990");
    let session = searched_in_vain(&elsewhere, Vec::new());
    let first = planned(&session);
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(
        first[0].question.get(),
        Some(&TrailTableQuestion::Layout),
        "its layout comes first"
    );
    let table = described(&["account", "region", "timestamp"]);
    let session = searched_in_vain(&elsewhere, vec![Fact::TrailTableDescribed { table }]);
    let then = planned(&session);
    let [inquiry] = then.as_slice() else {
        panic!("{then:?}")
    };
    let Some(TrailTableQuestion::Records { account, search, .. }) = inquiry.question.get() else {
        panic!("{inquiry:?}")
    };
    assert_eq!(account.as_str(), "640000000990");
    let attribute = search.attribute.as_ref().unwrap();
    assert_eq!(
        (attribute.key, attribute.value.as_str()),
        (TrailKey::Username, "vault-import")
    );
    assert!(
        inquiry.why.contains("the caller is of account 640000000990"),
        "{}",
        inquiry.why
    );
    let finding = &Diagnosis::of(&session).findings;
    assert_eq!(finding.iter().map(|one| one.elsewhere.len()).sum::<usize>(), 1);
}

/// What would tempt it: a denial of this very account, which event history has; a denial whose key alone is elsewhere, which
/// is recorded with the caller; a failure that is no denial; searches that were not made yet.
#[test]
fn a_table_costs_money_and_is_not_asked_for_what_event_history_has() {
    let table = || Fact::TrailTableDescribed {
        table: described(&["account", "region", "timestamp"]),
    };
    for reason in [
        denial("640000000114").as_str(),
        "secret already exists (Service: SecretsManager, Status Code: 400, Request ID: x)",
        "Internal Failure",
    ] {
        let session = searched_in_vain(reason, vec![table()]);
        assert_eq!(planned(&session), [], "{reason}");
        assert_eq!(planned(&searched_in_vain(reason, Vec::new())), [], "{reason}");
    }
    let facts = [Recorded {
        observed_at: moment(61),
        fact: Fact::StackEventsSeen {
            stack_id: StackId::parse(STACK).unwrap(),
            events: vec![
                event(0, "vault", "CREATE_IN_PROGRESS", None),
                event(1, "Secret", "CREATE_IN_PROGRESS", None),
                event(60, "Secret", "CREATE_FAILED", Some(&denial("640000000990"))),
            ],
        },
    }];
    let early = Session::replay(StackId::parse(STACK).unwrap(), &facts);
    assert_eq!(planned(&early), [], "event history comes first");
}

#[test]
fn a_table_that_is_not_partitioned_by_day_is_not_asked_and_it_is_said_why() {
    let table = described(&["region"]);
    let session = searched_in_vain(&denial("640000000990"), vec![Fact::TrailTableDescribed { table }]);
    assert_eq!(planned(&session), []);
    let diagnosis = Diagnosis::of(&session);
    let spots: Vec<&str> = diagnosis
        .findings
        .iter()
        .flat_map(|finding| &finding.assessment.blind_spots)
        .map(String::as_str)
        .collect();
    assert!(
        spots
            .iter()
            .any(|spot| spot.contains("the table security.logs is not asked: it is not partitioned by day")),
        "{spots:?}"
    );
}

#[test]
fn what_came_to_nothing_is_not_paid_for_again_at_once_and_a_session_makes_few_queries() {
    let table = described(&["account", "region", "timestamp"]);
    let session = searched_in_vain(&denial("640000000990"), vec![Fact::TrailTableDescribed { table }]);
    let key = planned(&session)[0].key.clone();
    let mut stopped = session;
    stopped.apply(&Recorded {
        observed_at: moment(1_900),
        fact: Fact::SourceFailed {
            source: SourceId::TRAIL_TABLE,
            region: "eu-west-1".to_owned(),
            key,
            fault: Fault::new("athena:StartQueryExecution", FaultKind::Invalid, "too much"),
        },
    });
    let again = planned(&stopped);
    assert_eq!(again[0].due, moment(1_900) + TimeDelta::hours(1));
    assert_eq!(further::QUERIES, 6);
}
