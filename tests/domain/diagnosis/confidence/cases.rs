//! Deployments with everything that could be found of them, and the truth.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::sandbox::Scenario;

use crate::support::story::{Call, Story};

/// A deployment with everything that could be found, and the truth of it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(super) name: String,
    pub(super) root: StackId,
    /// Everything but the trail.
    pub(super) facts: Vec<Recorded>,
    /// The trail.
    pub(super) records: Vec<Value>,
    pub(super) truths: Vec<Truth>,
}

/// What brought one failure about.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// The stack's name, where several have a resource of this name.
    pub(crate) stack: Option<String>,
    pub(crate) logical_id: String,
    /// The records that tell of it.
    pub(crate) records: Vec<String>,
    /// How sure one should at least be, with everything at hand.
    pub(crate) least: Confidence,
}

impl Truth {
    pub(crate) fn of(logical_id: &str, records: &[&str]) -> Self {
        Self {
            stack: None,
            logical_id: logical_id.to_owned(),
            records: records.iter().map(|id| (*id).to_owned()).collect(),
            least: Confidence::High,
        }
    }

    /// No record tells of it.
    pub(crate) fn none(logical_id: &str) -> Self {
        Self::of(logical_id, &[])
    }

    pub(crate) fn least(self, least: Confidence) -> Self {
        Self { least, ..self }
    }

    pub(super) fn is_about(&self, finding: &Finding) -> bool {
        let failure = &finding.failure;
        let stack = failure.key.stack_id.name();
        failure.event.logical_id == self.logical_id
            && self.stack.as_deref().is_none_or(|wanted| wanted == stack)
    }
}

impl Case {
    pub(crate) fn new(name: &str, story: Story, calls: &[Call], truths: Vec<Truth>) -> Self {
        Self {
            name: name.to_owned(),
            root: crate::support::story::stack_id(),
            facts: story.facts,
            records: calls.iter().map(Call::json).collect(),
            truths,
        }
    }

    /// What is said of it with nothing but its own records.
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        let search = TrailSearch {
            region: self.root.region().to_owned(),
            attribute: None,
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH + TimeDelta::days(40_000),
        };
        let read = |record: &Value| TrailRecord::read(&record.to_string()).unwrap();
        let answer = TrailAnswer {
            search,
            records: self.records.iter().map(read).collect(),
            complete: true,
            calls: 1,
            source: SourceId::CLOUDTRAIL,
        };
        let mut facts = self.facts.clone();
        facts.push(Recorded {
            observed_at: facts
                .iter()
                .map(|fact| fact.observed_at)
                .max()
                .unwrap_or_default(),
            fact: Fact::TrailSearched { answer },
        });
        Diagnosis::of(&Session::replay(self.root.clone(), &facts))
    }
}

thread_local! {
    static COLLECTED: RefCell<Option<Vec<Case>>> = const { RefCell::new(None) };
}

/// Takes a deployment that is about to be judged, where somebody collects them.
pub(crate) fn collect(story: &Story, calls: &[Call], truths: Vec<Truth>) -> bool {
    COLLECTED.with_borrow_mut(|collected| {
        let Some(list) = collected else { return false };
        let name = format!("deployment {}", list.len());
        list.push(Case {
            name,
            root: crate::support::story::stack_id(),
            facts: story.facts.clone(),
            records: calls.iter().map(Call::json).collect(),
            truths,
        });
        true
    })
}

/// The deployments of [`crate::diagnosis::deployments`].
fn deployments() -> Vec<Case> {
    COLLECTED.with_borrow_mut(|collected| *collected = Some(Vec::new()));
    for tell in crate::diagnosis::deployments::ALL {
        tell();
    }
    COLLECTED.with_borrow_mut(Option::take).unwrap_or_default()
}

/// Roots, each with the calls that tell of it.
type Roots = &'static [(
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
)];

/// The built-in scenarios as they were recorded, with the calls that tell the truth: what was called, the error's code
/// and a part of its message.
const SCENARIOS: &[(&str, Roots)] = &[
    ("clean-update", &[]),
    (
        "crowded-account",
        &[
            ("Store", &[("CreateBucket", "AccessDenied", "-store-")]),
            (
                "Worker",
                &[("PutRolePolicy", "AccessDenied", "AWSCloudFormation")],
            ),
        ],
    ),
    (
        "denied-custom-resource",
        &[("Setup", &[("CreateBucket", "AccessDenied", "SetupFunction")])],
    ),
    ("early-validation", &[]),
    ("export-in-use", &[]),
    ("failed-hook", &[]),
    ("failing-container", &[]),
    (
        "hidden-denial",
        &[(
            "Instance",
            &[("CreateServiceLinkedRole", "AccessDenied", "connect.amazonaws.com")],
        )],
    ),
    (
        "nested-service-rollback",
        &[("Service", &[("GetSecretValue", "AccessDenied", "ExecutionRole")])],
    ),
    (
        "provider-framework",
        &[("Index", &[("PutParameter", "AccessDenied", "IndexFunction")])],
    ),
    (
        "rough-network",
        &[("Setup", &[("CreateBucket", "AccessDenied", "SetupFunction")])],
    ),
    (
        "tightened-policy",
        &[("Paid", &[("DeleteRolePolicy", "", "publish")])],
    ),
    (
        "timed-out-custom-resource",
        &[(
            "Catalogue",
            &[("CreateDatabase", "AccessDeniedException", "CatalogueFunction")],
        )],
    ),
    ("addressless-warehouse", &[("Cluster", &[])]),
    (
        "cancelled-update",
        &[("search-prod", &[("CancelUpdateStack", "", "erin@example.com")])],
    ),
    (
        "continued-rollback",
        &[
            (
                "Rule",
                &[("PutRule", "ValidationException", "ScheduleExpression")],
            ),
            ("Pages", &[("SetTopicAttributes", "NotFoundException", "Topic")]),
        ],
    ),
    (
        "denied-in-china",
        &[("Schema", &[("GetSecretValue", "AccessDenied", "SchemaFunction")])],
    ),
    (
        "denied-on-behalf",
        &[(
            "Handler",
            &[("CreateNetworkInterface", "Client.UnauthorizedOperation", "lambda")],
        )],
    ),
    (
        "disabled-key",
        &[("Jobs", &[("DisableKey", "", "mira@example.com")])],
    ),
    (
        "failed-build",
        &[(
            "Assets",
            &[("GetAuthorizationToken", "AccessDenied", "codeartifact")],
        )],
    ),
    ("refused-product", &[("Network", &[])]),
    ("refused-stack-set", &[("Rails", &[])]),
    (
        "rollback-cut-short",
        &[("Archive", &[("CreateBucket", "BucketAlreadyExists", "ci-deploy")])],
    ),
    (
        "silent-instance",
        &[("Server", &[("GetParametersByPath", "AccessDenied", "ServerRole")])],
    ),
    ("timed-out-waiter", &[("Index", &[])]),
    ("undersized-cache", &[("Cache", &[])]),
    ("unhealthy-targets", &[("Api", &[])]),
    ("unlaunchable-group", &[("Workers", &[])]),
    ("unready-addon", &[("Storage", &[])]),
    ("unstartable-database", &[("Store", &[])]),
    ("unvalidated-certificate", &[("Certificate", &[])]),
    ("unmovable-domain", &[("Catalogue", &[])]),
    ("alarmed-rollout", &[("PayAliaslive", &[])]),
    (
        "silent-upload",
        &[("Pages", &[("PutObject", "AccessDenied", "UploadRole")])],
    ),
    (
        "borrowed-key",
        &[("Secrets", &[("Decrypt", "AccessDenied", "keys-reader")])],
    ),
    ("awaited-certificate", &[]),
    (
        "vanished-instance",
        &[("RunnerReady", &[("TerminateInstances", "", "oscar@example.com")])],
    ),
];

fn scenario(name: &str, truths: Roots) -> Case {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let file = ["journals", "scenarios"].iter().find_map(|folder| {
        let path = samples.join(folder).join(format!("{name}.json.gz"));
        std::fs::File::open(path).ok()
    });
    let packed = flate2::read::GzDecoder::new(file.unwrap());
    let document: Value = serde_json::from_reader(packed).unwrap();
    let root = StackId::parse(document["root"].as_str().unwrap()).unwrap();
    let mut facts: Vec<Recorded> = Vec::new();
    let mut records: BTreeMap<String, Value> = BTreeMap::new();
    for fact in document["facts"].as_array().unwrap() {
        let recorded: Recorded = serde_json::from_value(fact.clone()).unwrap();
        match recorded.fact {
            Fact::TrailSearched { answer } => records.extend(answer.records.iter().map(|record| {
                (
                    record.event_id.clone(),
                    serde_json::from_str(&record.raw).unwrap(),
                )
            })),
            fact => facts.push(Recorded { fact, ..recorded }),
        }
    }
    let told = |wanted: &(&str, &str, &str)| {
        let (event, code, part) = *wanted;
        let fits = |record: &&Value| {
            record["eventName"] == event
                && record["errorCode"].as_str().unwrap_or_default() == code
                && record.to_string().contains(part)
        };
        let ids: Vec<String> = records
            .values()
            .filter(fits)
            .map(|record| record["eventID"].as_str().unwrap().to_owned())
            .collect();
        assert!(!ids.is_empty(), "{name}: no record of {wanted:?}");
        ids
    };
    let truths = truths
        .iter()
        .map(|(logical_id, calls)| Truth {
            records: calls.iter().flat_map(told).collect(),
            ..Truth::of(logical_id, &[]).least(Confidence::Medium)
        })
        .collect();
    Case {
        name: name.to_owned(),
        root,
        facts,
        records: records.into_values().collect(),
        truths,
    }
}

#[test]
fn every_scenario_that_comes_with_the_program_is_measured() {
    let measured: BTreeSet<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
    let built_in: BTreeSet<&str> = Scenario::names().into_iter().collect();
    assert_eq!(measured, built_in);
}

/// Every one of them.
pub(super) fn cases() -> Vec<Case> {
    let scenarios = SCENARIOS.iter().map(|(name, truths)| scenario(name, truths));
    scenarios
        .chain(deployments())
        .chain(crate::diagnosis::unseen::cases())
        .chain(crate::diagnosis::held_out::cases())
        .chain(crate::diagnosis::ties::cases())
        .chain(crate::diagnosis::gone_on::cases())
        .chain(crate::diagnosis::invocations::cases())
        .collect()
}
