//! A session for a store that takes nothing unmasked.
//!
//! It is masked as a whole, as an export is: what its last fact tells to be a secret may stand in its first, in
//! ordinary words. So nothing of a deployment leaves this machine before it is over.

use super::conclusions::Conclusions;
use crate::archive::SqliteArchive;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;
use crate::ports::{Archive as _, ArchiveError, SessionSummary};
use crate::report::redact::Redactor;
use crate::shell::connecting;
use crate::store::{Publisher, StoreError};

/// A session of which everything is masked.
#[derive(Debug)]
pub(super) struct Masked {
    summary: SessionSummary,
    conclusions: Conclusions,
    facts: Vec<Recorded>,
    /// Facts that would be none any more.
    lost: usize,
}

impl Masked {
    /// What the archive has of a session; none where it has nothing.
    pub(super) fn of(archive: &SqliteArchive, root: &StackId) -> Result<Option<Self>, ArchiveError> {
        let Some(summary) = archive.summary(root)? else {
            return Ok(None);
        };
        Ok(Some(Self::new(summary, &archive.load(root)?)))
    }

    fn new(summary: SessionSummary, facts: &[Recorded]) -> Self {
        let mut redactor = Redactor::of(facts);
        // Masks are given in the order of what is masked: first what every recorder of this session sees alike.
        let root = redactor.stack(&summary.root);
        if let Some(events) = all_events(facts) {
            let _ = redactor.fact(&events);
        }
        let masked: Vec<Recorded> = facts
            .iter()
            .filter_map(|recorded| redactor.fact(recorded))
            .collect();
        let mut session = Session::replay(root.clone(), &masked);
        session.set_sources(connecting::catalog());
        Self {
            conclusions: Conclusions::of(&session, &Diagnosis::of(&session)),
            summary: SessionSummary { root, ..summary },
            lost: facts.len() - masked.len(),
            facts: masked,
        }
    }

    /// So many facts cannot be masked, and stay on this machine.
    pub(super) fn lost(&self) -> usize {
        self.lost
    }

    /// Puts what the store has not.
    pub(super) async fn put(self, publisher: &mut Publisher) -> Result<(), StoreError> {
        let root = &self.summary.root;
        // What an earlier attempt left is in here as well.
        publisher.forget(root);
        publisher.resume(root, self.facts).await?;
        publisher.flush(root).await?;
        self.conclusions.note(publisher, &self.summary);
        Ok(())
    }
}

/// Every event of these facts in one, in the order of the events.
fn all_events(facts: &[Recorded]) -> Option<Recorded> {
    let pages = facts.iter().filter_map(|recorded| match &recorded.fact {
        Fact::StackEventsSeen { events, .. } => Some(events),
        _ => None,
    });
    let mut events: Vec<StackEvent> = pages.flatten().cloned().collect();
    events.sort_by(|a, b| (a.at, &a.event_id).cmp(&(b.at, &b.event_id)));
    events.dedup_by(|a, b| a.event_id == b.event_id);
    Some(Recorded {
        observed_at: facts.first()?.observed_at,
        fact: Fact::StackEventsSeen {
            stack_id: events.first()?.stack_id.clone(),
            events,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn event(second: u32, bucket: &str) -> serde_json::Value {
        json!({
            "stack_id": SHOP, "event_id": format!("e{second}"), "at": format!("2026-05-04T12:00:0{second}Z"),
            "logical_id": "Uploads", "physical_id": bucket, "resource_type": "AWS::S3::Bucket",
            "status": "CREATE_FAILED", "reason": format!("{bucket} already exists"),
        })
    }

    fn page(seen: u32, events: &[serde_json::Value]) -> Recorded {
        let fact = json!({
            "observed_at": format!("2026-05-04T12:01:0{seen}Z"), "kind": "stack_events_seen", "stack_id": SHOP,
            "events": events,
        });
        serde_json::from_value(fact).unwrap()
    }

    fn masked(facts: &[Recorded]) -> Masked {
        let at = facts[0].observed_at;
        let summary = SessionSummary {
            root: StackId::parse(SHOP).unwrap(),
            first_seen: at,
            last_seen: at,
            status: None,
            attempts: 1,
            verdict: None,
            events: 1,
            gone: false,
            incomplete: false,
            bytes: 1,
            name: Some("mine".to_owned()),
            note: None,
            pinned: false,
        };
        Masked::new(summary, facts)
    }

    fn names(masked: &Masked) -> Vec<(String, Option<String>)> {
        let Some(all) = all_events(&masked.facts) else {
            return Vec::new();
        };
        let Fact::StackEventsSeen { events, .. } = all.fact else {
            return Vec::new();
        };
        events
            .into_iter()
            .map(|event| (event.event_id, event.physical_id))
            .collect()
    }

    #[test]
    fn two_who_saw_the_same_in_another_order_mask_it_alike() {
        let [one, two, three] = [
            event(1, "a-uploads-x"),
            event(2, "b-uploads-x"),
            event(3, "c-uploads-x"),
        ];
        let first = masked(&[
            page(1, &[one.clone(), two.clone()]),
            page(2, std::slice::from_ref(&three)),
        ]);
        let second = masked(&[page(1, &[three, two]), page(3, &[one])]);
        assert_eq!(names(&first), names(&second));
        assert_eq!(first.summary.root, second.summary.root);
        let text = serde_json::to_string(&first.facts).unwrap();
        for hidden in ["123456789012", "a-uploads-x", "b-uploads-x"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        assert_eq!(first.summary.root.uuid(), "1f31");
    }
}
