//! What could not be read, as far as it is known: so that nobody takes silence for an answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::session::{Session, SourceTrouble};

/// A call that did not work and was not made up for since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Missing {
    /// The last trouble with it; its action is the IAM action.
    pub fault: Fault,
    /// When that was.
    pub at: DateTime<Utc>,
    /// What could not be read, where one call may work and another not: stacks.
    pub about: Vec<String>,
}

impl Missing {
    /// The permission that would have to be given.
    pub(crate) fn permission(&self) -> Option<&str> {
        (self.fault.kind == FaultKind::Denied).then_some(self.fault.action.as_str())
    }

    /// What could not be read, why, and what to do, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let about = match self.about.as_slice() {
            [] => String::new(),
            stacks => format!(" for {}", stacks.join(", ")),
        };
        let Fault { action, message, .. } = &self.fault;
        format!(
            "{action}{about} could not be read: {message}; {}",
            self.fault.remedy()
        )
    }
}

/// Everything that could not be read, by the name of the action; each action once.
pub(crate) fn missing(session: &Session) -> Vec<Missing> {
    let mut found: Vec<Missing> = Vec::new();
    for trouble in session.source_troubles() {
        let Some((at, fault)) = trouble.failure.times.last_key_value() else {
            continue;
        };
        if was_made_up_for(session, &trouble, *at) {
            continue;
        }
        let about = trouble.stack.map(|stack| stack.name().to_owned());
        let same = found
            .iter_mut()
            .find(|one| one.fault.action == fault.action && one.fault.kind == fault.kind);
        match same {
            Some(known) => {
                known.about.extend(about);
                if known.at < *at {
                    known.at = *at;
                    known.fault = fault.clone();
                }
            }
            None => found.push(Missing {
                fault: fault.clone(),
                at: *at,
                about: about.into_iter().collect(),
            }),
        }
    }
    for one in &mut found {
        one.about.sort();
        one.about.dedup();
    }
    found.sort_by(|a, b| (&a.fault.action, a.at).cmp(&(&b.fault.action, b.at)));
    found
}

/// The same was answered since. A search of the trail is answered by any later one in the region: the plan
/// changes with what is known, and its permission is for the whole.
fn was_made_up_for(session: &Session, trouble: &SourceTrouble<'_>, at: DateTime<Utc>) -> bool {
    if session.sources().is_trail(trouble.source) {
        let answers = session.trail().answers().iter();
        let mut of_region = answers.filter(|(search, _)| search.region == trouble.failure.region);
        return of_region.any(|(_, answers)| answers.range(at..).next().is_some());
    }
    // What was answered in part stands in the same moment as what was not.
    trouble.answered.is_some_and(|answered| answered > at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fact::{Fact, Recorded};
    use crate::domain::model::stack::StackId;

    const ROOT: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    fn failed(second: i64, source: &str, key: &str, action: &str, kind: FaultKind) -> Recorded {
        Recorded {
            observed_at: at(second),
            fact: Fact::SourceFailed {
                source: source.into(),
                region: "eu-west-1".to_owned(),
                key: key.to_owned(),
                fault: Fault::new(action, kind, "no"),
            },
        }
    }

    fn answered(second: i64, source: &str, key: &str) -> Recorded {
        Recorded {
            observed_at: at(second),
            fact: Fact::SourceAnswered {
                source: source.into(),
                key: key.to_owned(),
                at: at(second),
            },
        }
    }

    fn told(facts: &[Recorded]) -> Vec<String> {
        let session = Session::replay(StackId::parse(ROOT).unwrap(), facts);
        missing(&session).iter().map(Missing::sentence).collect()
    }

    #[test]
    fn each_action_is_named_once_with_what_to_do() {
        let denied = |key| failed(1, "logs", key, "logs:FilterLogEvents", FaultKind::Denied);
        assert_eq!(
            told(&[denied("a"), denied("b")]),
            ["logs:FilterLogEvents could not be read: no; \
              allow logs:FilterLogEvents for the credentials in use"]
        );
    }

    #[test]
    fn what_was_answered_since_is_not_missing() {
        let fault = || failed(5, "ecs", "k", "ecs:ListTasks", FaultKind::Throttled);
        assert!(told(&[fault(), answered(6, "ecs", "k")]).is_empty());
        assert_eq!(told(&[answered(4, "ecs", "k"), fault()]).len(), 1);
        assert_eq!(told(&[fault(), answered(6, "ecs", "other")]).len(), 1);
    }

    #[test]
    fn a_part_of_an_answer_is_missing_until_the_whole_comes() {
        let part = |second| Recorded {
            observed_at: at(second),
            fact: Fact::SourceMissedPart {
                source: "ecs".into(),
                region: "eu-west-1".to_owned(),
                key: "ecs:web".to_owned(),
                fault: Fault::new("ecs:ListTasks", FaultKind::Denied, "no"),
            },
        };
        assert_eq!(told(&[answered(5, "ecs", "ecs:web"), part(5)]).len(), 1);
        assert!(
            told(&[
                answered(5, "ecs", "ecs:web"),
                part(5),
                answered(9, "ecs", "ecs:web")
            ])
            .is_empty()
        );
    }

    #[test]
    fn the_stack_whose_events_cannot_be_read_is_named() {
        let child = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Child-1/v";
        let action = "cloudformation:DescribeStackEvents";
        let said = told(&[Recorded {
            observed_at: at(1),
            fact: Fact::StackEventsUnreadable {
                stack_id: StackId::parse(child).unwrap(),
                fault: Fault::new(action, FaultKind::Denied, "no"),
            },
        }]);
        assert!(
            said[0].starts_with("cloudformation:DescribeStackEvents for shop-Child-1 could not"),
            "{said:?}"
        );
    }
}
