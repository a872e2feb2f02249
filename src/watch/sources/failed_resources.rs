//! Services that are asked about each of their resources that failed, as they declare it: what they told of it around
//! the failure, or already while it is long in progress. Such a source is a declaration, and whoever asks the service; nothing of it stands here.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{log_reading, service_statements, stated_logs};
use crate::domain::deployment::companions::companions;
use crate::domain::deployment::failure::{Failure, FailureKey};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::arn::function_name;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::log::LogSearch;
use crate::domain::model::source::{AskedOfFailures, SourceDescriptor, WhileInProgress, declared};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Operation;
use crate::domain::session::Session;
use crate::ports::ServiceQuestion;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// What takes very long is asked about this many times as seldom as at first.
const SLOWEST: i32 = 10;

/// What such a source is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailedResourceQuestion {
    /// What does the service say of the resource?
    Resource(ServiceQuestion),
    /// What stands in the log that it named?
    Log(LogSearch),
}

/// A source that is asked about failed resources.
#[derive(Debug, Clone, Copy)]
pub struct FailedResourceSource {
    descriptor: &'static SourceDescriptor,
    asked: AskedOfFailures,
}

impl FailedResourceSource {
    /// The source that declares this, where it is asked about failed resources.
    pub fn of(descriptor: &'static SourceDescriptor) -> Option<Self> {
        let asked = descriptor.asked_of_failures?;
        Some(Self { descriptor, asked })
    }

    /// Every such source that comes with the program.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        declared::ALL.into_iter().filter_map(Self::of)
    }

    /// Asked when it failed, and a last time shortly after.
    fn of_failure(&self, session: &Session, failure: &Failure, now: DateTime<Utc>) -> Option<Inquiry> {
        let AskedOfFailures {
            before,
            after,
            longest,
            kept,
            ..
        } = self.asked;
        let failed_at = failure.failed_at();
        let key = format!(
            "{}:{}:{}:{}",
            self.id(),
            failure.key.stack_id,
            failure.event.logical_id,
            failed_at.timestamp()
        );
        let due = match session.answered(self.id(), &key) {
            _ if now - failed_at > kept => return None,
            None => failed_at,
            Some(last) if last < failed_at + after => failed_at + after,
            Some(_) => return None,
        };
        let subject = Subject {
            event: &failure.event,
            physical_id: failure.physical_id.as_ref(),
            settings: &failure.settings,
            request: failure.facts.custom_resource_request_id.as_ref(),
            // What lies nearest to the failure, where the service does not give all of it at once.
            from: (failure.started_at - before).max(failed_at - longest),
            to: failed_at + after,
        };
        let serves = vec![failure.key.clone()];
        self.inquiry(session, &subject, (key, due, serves))
    }

    /// Asked about a resource that is long in progress, again and again.
    fn of_progress(
        &self,
        session: &Session,
        resource: &ResourceInProgress<'_>,
        now: DateTime<Utc>,
    ) -> Option<Inquiry> {
        let WhileInProgress { after, every } = self.asked.while_in_progress?;
        let (event, began_at) = (resource.event, resource.began_at);
        let key = format!(
            "{}:{}:{}:in-progress:{}",
            self.id(),
            event.stack_id,
            event.logical_id,
            began_at.timestamp()
        );
        let due = match session.answered(self.id(), &key) {
            None => began_at + after,
            Some(last) => last + ((last - began_at) / 10).clamp(every, every * SLOWEST),
        };
        let subject = Subject {
            event,
            physical_id: event.physical_id.as_ref(),
            settings: &resource.settings,
            request: None,
            from: began_at - self.asked.before,
            to: now,
        };
        self.inquiry(session, &subject, (key, due, Vec::new()))
    }

    fn inquiry(
        &self,
        session: &Session,
        subject: &Subject<'_>,
        (key, due, serves): (String, DateTime<Utc>, Vec<FailureKey>),
    ) -> Option<Inquiry> {
        let event = subject.event;
        let own = self.identifier(subject);
        let (physical_id, companions) = match &self.asked.companions {
            None => (own?, Vec::new()),
            // One of the kind is asked about itself.
            Some(of) if of.resource_type == event.resource_type => (String::new(), own.into_iter().collect()),
            Some(of) => {
                let span = (subject.from, subject.to);
                let companions = companions(session, of, subject.settings, span);
                (own.unwrap_or_default(), companions)
            }
        };
        if self.asked.companions.is_some() && companions.is_empty() {
            return None;
        }
        Some(Inquiry {
            key,
            source: self.id().clone(),
            region: event.stack_id.region().to_owned(),
            due,
            priority: 0,
            question: AnyQuestion::new(FailedResourceQuestion::Resource(ServiceQuestion {
                stack_id: event.stack_id.clone(),
                logical_id: event.logical_id.clone(),
                physical_id,
                resource_type: event.resource_type.clone(),
                settings: subject.settings.clone(),
                from: subject.from,
                to: subject.to,
                companions,
                request: subject.request.cloned(),
                functions: functions(session, subject),
            })),
            why: self.asked.why.to_owned(),
            serves,
        })
    }

    /// The resource's own name, or the one that the template chose where it failed before it had one.
    fn identifier(&self, subject: &Subject<'_>) -> Option<String> {
        let own = subject.physical_id.filter(|id| !id.is_empty());
        let set = || {
            let mut names = self.asked.named_by.iter();
            names.find_map(|name| subject.settings.get(*name))
        };
        own.or_else(set).cloned()
    }
}

/// The resource that is asked about.
struct Subject<'a> {
    event: &'a StackEvent,
    physical_id: Option<&'a String>,
    settings: &'a BTreeMap<String, String>,
    request: Option<&'a String>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// The functions that may have worked on a request to a custom resource: the one that it names, and those of its stacks,
/// one of which a framework may have called.
fn functions(session: &Session, subject: &Subject<'_>) -> Vec<String> {
    let Some(token) = subject.settings.get("ServiceToken") else {
        return Vec::new();
    };
    let mut found = BTreeSet::from([function_name(token).to_owned()]);
    for (_, history) in session.stacks() {
        found.extend(history.made().functions.iter().map(ToString::to_string));
    }
    found.into_iter().collect()
}

/// A resource in progress, with its newest event.
struct ResourceInProgress<'a> {
    event: &'a StackEvent,
    began_at: DateTime<Utc>,
    settings: BTreeMap<String, String>,
}

/// The resources of a source that are being made or changed, in stacks that are.
fn in_progress<'a>(session: &'a Session, source: &SourceDescriptor) -> Vec<ResourceInProgress<'a>> {
    let mut found: BTreeMap<(&StackId, &str), ResourceInProgress<'a>> = BTreeMap::new();
    for (stack_id, history) in session.stacks() {
        let status = history.status();
        if !status.is_some_and(|status| status.is_in_progress() && !status.is_rollback()) {
            continue;
        }
        for event in history
            .telling_events()
            .filter(|event| source.concerns(&event.resource_type))
        {
            let of = (stack_id, event.logical_id.as_str());
            if !event.status.is_in_progress() || event.status.operation() == Operation::Delete {
                found.remove(&of);
                continue;
            }
            let known = found.entry(of).or_insert_with(|| ResourceInProgress {
                event,
                began_at: event.at,
                settings: BTreeMap::new(),
            });
            known.event = event;
            known.settings.extend(event.extras.settings.clone());
        }
    }
    found.into_values().collect()
}

impl Source for FailedResourceSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        self.descriptor
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let failures = diagnosis.roots().map(|finding| &finding.failure);
        let mine = failures.filter(|failure| self.descriptor.concerns(&failure.event.resource_type));
        let mut inquiries: Vec<Inquiry> = mine
            .filter_map(|failure| self.of_failure(session, failure, now))
            .collect();
        if self.asked.while_in_progress.is_some() {
            let in_progress = in_progress(session, self.descriptor);
            inquiries.extend(
                in_progress
                    .iter()
                    .filter_map(|one| self.of_progress(session, one, now)),
            );
        }
        let question = |search| AnyQuestion::new(FailedResourceQuestion::Log(search));
        inquiries.extend(stated_logs::inquiries(
            session,
            self.id(),
            "what it wrote",
            question,
        ));
        inquiries
    }
}

#[async_trait]
impl EvidenceSource for FailedResourceSource {
    type Asks = FailedResourceQuestion;

    async fn ask(
        &self,
        question: &FailedResourceQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        match question {
            FailedResourceQuestion::Log(search) => {
                log_reading::answer(inquiry, search, log_reading::THOROUGH, context).await
            }
            FailedResourceQuestion::Resource(about) => {
                service_statements::ask(self.descriptor, about, inquiry, context).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::{EventExtras, StackEvent};
    use crate::domain::model::fact::Recorded;
    use crate::domain::model::source::declared::RDS;
    use crate::domain::model::stack::StackId;
    use crate::domain::model::status::Status;

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    fn event(second: i64, (kind, physical_id): (&str, &str), status: &str) -> StackEvent {
        StackEvent {
            stack_id: StackId::parse(ARN).unwrap(),
            event_id: format!("{kind}-{second}"),
            at: at(second),
            logical_id: "Store".to_owned(),
            physical_id: Some(physical_id.to_owned()),
            resource_type: kind.to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        }
    }

    /// The inquiries, with the seconds at which they are due, from when and to when they ask.
    fn planned(of: (&str, &str), status: &str, answered: Option<i64>, now: i64) -> Vec<(i64, i64, i64)> {
        let stack_id = StackId::parse(ARN).unwrap();
        let events = vec![event(0, of, "CREATE_IN_PROGRESS"), event(600, of, status)];
        let seen = Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events,
        };
        let key = format!("rds:{ARN}:Store:{}", at(600).timestamp());
        let answered = answered.map(|second| Fact::SourceAnswered {
            source: RDS.id.clone(),
            key,
            at: at(second),
        });
        let facts: Vec<Recorded> = std::iter::once(seen)
            .chain(answered)
            .map(|fact| Recorded {
                observed_at: at(601),
                fact,
            })
            .collect();
        let session = Session::replay(stack_id, &facts);
        let seconds = |at_: DateTime<Utc>| (at_ - at(0)).num_seconds();
        let inquiries =
            FailedResourceSource::of(&RDS)
                .unwrap()
                .plan(&session, &Diagnosis::of(&session), at(now));
        let told = inquiries.iter().map(|inquiry| {
            let Some(FailedResourceQuestion::Resource(about)) = inquiry.question.get() else {
                panic!("{inquiry:?}");
            };
            (seconds(inquiry.due), seconds(about.from), seconds(about.to))
        });
        told.collect()
    }

    #[test]
    fn a_failed_database_is_asked_when_it_fails_and_once_more_and_no_other() {
        let instance = ("AWS::RDS::DBInstance", "db");
        assert_eq!(planned(instance, "CREATE_FAILED", None, 601), [(600, -60, 720)]);
        assert_eq!(
            planned(instance, "CREATE_FAILED", Some(602), 603),
            [(720, -60, 720)]
        );
        assert_eq!(planned(instance, "CREATE_FAILED", Some(720), 721), []);
        let later = 15 * 24 * 3_600;
        assert_eq!(planned(instance, "CREATE_FAILED", None, later), []);
        assert_eq!(planned(instance, "CREATE_COMPLETE", None, 601), []);
        assert_eq!(
            planned(("AWS::RDS::DBSubnetGroup", "g"), "CREATE_FAILED", None, 601),
            []
        );
        assert_eq!(
            planned(("AWS::RDS::DBInstance", ""), "CREATE_FAILED", None, 601),
            []
        );
        for kind in [
            "AWS::RDS::DBCluster",
            "AWS::DocDB::DBInstance",
            "AWS::Neptune::DBCluster",
        ] {
            assert_eq!(
                planned((kind, "db"), "CREATE_FAILED", None, 601).len(),
                1,
                "{kind}"
            );
        }
    }

    fn session(events: Vec<StackEvent>) -> Session {
        let stack_id = StackId::parse(ARN).unwrap();
        let seen = Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events,
        };
        let observed_at = at(601);
        Session::replay(
            stack_id,
            &[Recorded {
                observed_at,
                fact: seen,
            }],
        )
    }

    fn own(second: i64, status: &str) -> StackEvent {
        StackEvent {
            logical_id: "shop".to_owned(),
            ..event(second, ("AWS::CloudFormation::Stack", ARN), status)
        }
    }

    fn asked(source: &'static SourceDescriptor, events: Vec<StackEvent>) -> Vec<Inquiry> {
        let session = session(events);
        let source = FailedResourceSource::of(source).unwrap();
        source.plan(&session, &Diagnosis::of(&session), at(900))
    }

    #[test]
    fn what_is_long_in_progress_is_asked_about_while_its_stack_goes_on() {
        let certificate = (
            "AWS::CertificateManager::Certificate",
            "arn:aws:acm:eu-west-1:1:certificate/c",
        );
        let story = |stack: &str, status: &str| {
            let begun = event(1, certificate, "CREATE_IN_PROGRESS");
            let events = vec![
                own(0, "CREATE_IN_PROGRESS"),
                begun,
                event(30, certificate, status),
                own(40, stack),
            ];
            let inquiries = asked(&declared::ACM, events);
            inquiries
                .into_iter()
                .map(|one| (one.due - at(1)).num_minutes())
                .collect::<Vec<_>>()
        };
        assert_eq!(story("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"), [10]);
        assert_eq!(story("CREATE_IN_PROGRESS", "CREATE_COMPLETE"), Vec::<i64>::new());
        assert_eq!(
            story("ROLLBACK_IN_PROGRESS", "CREATE_IN_PROGRESS"),
            Vec::<i64>::new()
        );
        assert_eq!(
            story("ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"),
            Vec::<i64>::new()
        );
    }

    /// Another service's target group is none of this one's: where nothing tells whose they are, none is asked about.
    #[test]
    fn what_a_resource_works_with_is_asked_about_where_it_is_known() {
        let group = |name: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/0");
        let made = |name: &str| StackEvent {
            logical_id: name.to_owned(),
            event_id: name.to_owned(),
            ..event(
                0,
                ("AWS::ElasticLoadBalancingV2::TargetGroup", &group(name)),
                "CREATE_COMPLETE",
            )
        };
        let failed = |named: Option<&str>| {
            let mut failed = event(880, ("AWS::ECS::Service", "service/main/api"), "CREATE_FAILED");
            let key = "LoadBalancers[0].TargetGroupArn".to_owned();
            failed
                .extras
                .settings
                .extend(named.map(|name| (key, group(name))));
            failed
        };
        let about = |events: Vec<StackEvent>| {
            let inquiries = asked(&declared::TARGET_HEALTH, events);
            let about = inquiries.first().map(|one| match one.question.get() {
                Some(FailedResourceQuestion::Resource(about)) => about.companions.clone(),
                _ => Vec::new(),
            });
            about.unwrap_or_default()
        };
        assert_eq!(
            about(vec![made("api"), made("admin"), failed(Some("api"))]),
            [group("api")]
        );
        assert_eq!(about(vec![made("api"), failed(None)]), [group("api")]);
        assert_eq!(
            about(vec![made("api"), made("admin"), failed(None)]),
            Vec::<String>::new()
        );
        assert_eq!(about(vec![failed(None)]), Vec::<String>::new());
    }
}
