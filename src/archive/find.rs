//! Which session a person means.

use crate::domain::model::stack::{StackId, StackTarget};
use crate::ports::archive::{ArchiveError, SHORTEST_ID, SessionSummary, id_at_account};

/// The session that a person means, out of all, which come last seen first.
pub fn find(sessions: &[SessionSummary], wanted: &str) -> Result<StackId, ArchiveError> {
    let wanted = wanted.trim();
    let nothing = || ArchiveError::NoSession {
        wanted: wanted.to_owned(),
    };
    if let Ok(StackTarget::Id(id)) = StackTarget::parse(wanted) {
        let known = sessions.iter().find(|session| session.root == id);
        return known.map(|session| session.root.clone()).ok_or_else(nothing);
    }
    let named =
        |session: &&SessionSummary| session.name.as_deref() == Some(wanted) || session.root.name() == wanted;
    if let Some(newest) = sessions.iter().find(named) {
        let twins = sessions
            .iter()
            .filter(named)
            .map(|session| &session.root)
            .filter(|root| root.uuid() == newest.root.uuid());
        return only(wanted, twins);
    }
    if let Some((wanted, place)) = wanted.rsplit_once('@') {
        let there = |root: &StackId| root.account() == place || root.region() == place;
        let there: Vec<SessionSummary> = sessions
            .iter()
            .filter(|session| there(&session.root))
            .cloned()
            .collect();
        return if there.is_empty() {
            Err(nothing())
        } else {
            find(&there, wanted)
        };
    }
    if wanted.len() < SHORTEST_ID {
        return Err(nothing());
    }
    let wanted_id = wanted.to_ascii_lowercase();
    let matching = sessions
        .iter()
        .map(|session| &session.root)
        .filter(|root| root.uuid().to_ascii_lowercase().starts_with(&wanted_id));
    only(wanted, matching)
}

/// The one that matches.
fn only<'a>(wanted: &str, matching: impl Iterator<Item = &'a StackId>) -> Result<StackId, ArchiveError> {
    let mut matching: Vec<StackId> = matching.cloned().collect();
    match matching.len() {
        0 | 1 => matching.pop().ok_or_else(|| ArchiveError::NoSession {
            wanted: wanted.to_owned(),
        }),
        _ => Err(ArchiveError::Ambiguous {
            wanted: wanted.to_owned(),
            candidates: matching,
        }),
    }
}

/// The shortest that `find` takes for this session.
pub fn shortest_name(sessions: &[SessionSummary], root: &StackId) -> String {
    let means_it = |name: &String| find(sessions, name).is_ok_and(|found| found == *root);
    let names = [root.name().to_owned(), id_at_account(root)];
    names
        .into_iter()
        .find(means_it)
        .unwrap_or_else(|| root.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn session(root: &str, name: Option<&str>) -> SessionSummary {
        SessionSummary {
            root: StackId::parse(root).unwrap(),
            first_seen: DateTime::UNIX_EPOCH,
            last_seen: DateTime::UNIX_EPOCH,
            status: None,
            attempts: 1,
            verdict: None,
            events: 1,
            gone: false,
            bytes: 0,
            name: name.map(ToOwned::to_owned),
            note: None,
            pinned: false,
            incomplete: false,
        }
    }

    const OWN: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5ee3113b-b0f9-11f0-8c6a-0e2b7d3d91ad";
    const MASKED: &str =
        "arn:aws:cloudformation:eu-west-1:900000000001:stack/shop/5ee3113b-b0f9-11f0-8c6a-0e2b7d3d91ad";
    const LATER: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/7aa3113b-b0f9-11f0-8c6a-0e2b7d3d91ad";

    fn found(sessions: &[SessionSummary], wanted: &str) -> Result<String, String> {
        let found = find(sessions, wanted);
        found
            .map(|root| root.as_str().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_session_and_its_masked_copy_can_each_be_named() {
        let sessions = [session(MASKED, None), session(OWN, None)];
        for wanted in ["shop", "5ee3", "5ee3113b-b0f9-11f0-8c6a-0e2b7d3d91ad"] {
            let said = found(&sessions, wanted).unwrap_err();
            assert_eq!(
                said,
                format!(
                    "`{wanted}` may be any of 5ee3113b@900000000001 (shop), 5ee3113b@123456789012 (shop); \
                     write one of these, or the ARN"
                )
            );
        }
        for (wanted, root) in [
            ("5ee3113b@900000000001", MASKED),
            ("shop@123456789012", OWN),
            (OWN, OWN),
            (MASKED, MASKED),
        ] {
            assert_eq!(found(&sessions, wanted).as_deref(), Ok(root), "{wanted}");
        }
        for session in &sessions {
            let name = shortest_name(&sessions, &session.root);
            assert_eq!(
                found(&sessions, &name).as_deref(),
                Ok(session.root.as_str()),
                "{name}"
            );
        }
        assert!(
            found(&sessions, "shop@eu-west-2")
                .unwrap_err()
                .contains("no saved session")
        );
        assert!(found(&sessions, "@").unwrap_err().contains("no saved session"));
    }

    /// What must stay as it is: of one name the newest is meant, a name with an @ is a name.
    #[test]
    fn of_stacks_of_one_name_the_newest_is_meant() {
        let sessions = [
            session(LATER, None),
            session(OWN, None),
            session(MASKED, Some("ours@home")),
        ];
        assert_eq!(found(&sessions, "shop").as_deref(), Ok(LATER));
        assert_eq!(found(&sessions, "ours@home").as_deref(), Ok(MASKED));
        assert_eq!(found(&sessions, "shop@900000000001").as_deref(), Ok(MASKED));
        assert_eq!(shortest_name(&sessions, &sessions[0].root), "shop");
        assert_eq!(
            shortest_name(&sessions, &sessions[1].root),
            "5ee3113b@123456789012"
        );
    }
}
