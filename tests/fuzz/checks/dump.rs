//! What every text must survive as an event listing: shared by the fuzz target and the property tests.

use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::session::from_listing;

/// Reads `text` as a listing and diagnoses what it tells.
pub(crate) fn check(text: &str) {
    let Ok(session) = from_listing::read(text) else {
        return;
    };
    let told = Diagnosis::of(&session);
    assert!(session.event_count() > 0, "a listing without events is refused");
    let again = from_listing::read(text).map(|session| Diagnosis::of(&session));
    assert_eq!(again.as_ref(), Ok(&told), "reading is a function of the text");
    for finding in &told.findings {
        let causes = &finding.assessment.causes;
        assert!(causes.len() <= 3, "at most three causes");
        assert!(
            causes
                .iter()
                .all(|cause| !cause.evidence.is_empty() && !cause.why.is_empty()),
            "every cause rests on something: {causes:?}"
        );
    }
}
