//! Services that are asked about each of their resources that failed, as they declare it: what they told of it around
//! the failure. Such a source is a declaration, and whoever asks the service; nothing of it stands here.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::service_statements;
use crate::domain::deployment::failure::Failure;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::{AskedOfFailures, SourceDescriptor, declared};
use crate::domain::session::Session;
use crate::ports::ServiceQuestion;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

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
    fn inquiry(&self, session: &Session, failure: &Failure, now: DateTime<Utc>) -> Option<Inquiry> {
        let AskedOfFailures {
            why,
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
        Some(Inquiry {
            key,
            source: self.id().clone(),
            region: failure.key.stack_id.region().to_owned(),
            due,
            priority: 0,
            question: AnyQuestion::new(ServiceQuestion {
                stack_id: failure.key.stack_id.clone(),
                logical_id: failure.event.logical_id.clone(),
                physical_id: self.identifier(failure)?,
                resource_type: failure.event.resource_type.clone(),
                settings: failure.settings.clone(),
                // What lies nearest to the failure, where the service does not give all of it at once.
                from: (failure.started_at - before).max(failed_at - longest),
                to: failed_at + after,
            }),
            why: why.to_owned(),
            serves: vec![failure.key.clone()],
        })
    }

    /// The resource's own name, or the one that the template chose where it failed before it had one.
    fn identifier(&self, failure: &Failure) -> Option<String> {
        let own = failure.physical_id.as_ref().filter(|id| !id.is_empty());
        let set = || {
            let mut names = self.asked.named_by.iter();
            names.find_map(|name| failure.settings.get(*name))
        };
        own.or_else(set).cloned()
    }
}

impl Source for FailedResourceSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        self.descriptor
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let failures = diagnosis.roots().map(|finding| &finding.failure);
        let mine = failures.filter(|failure| self.descriptor.concerns(&failure.event.resource_type));
        mine.filter_map(|failure| self.inquiry(session, failure, now))
            .collect()
    }
}

#[async_trait]
impl EvidenceSource for FailedResourceSource {
    type Asks = ServiceQuestion;

    async fn ask(
        &self,
        about: &ServiceQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        service_statements::ask(self.descriptor, about, inquiry, context).await
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
            let about: &ServiceQuestion = inquiry.question.get().unwrap();
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
}
