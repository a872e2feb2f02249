//! When two errors that a text tells are one failure: told twice, wrapped, cut, or summed up by a tool.
//!
//! What is told apart must be two failures for certain. One that stands in another's words, or that shares its request, is
//! the same; what only says that something failed, beside one that says why, is none of its own.

use super::outcome::ONLY_ITS_STATUS;
use super::{PastedFailure, calls};
use crate::domain::read::reason;
use crate::domain::read::reason::{CascadeKind, ReasonFacts};
use crate::domain::read::signature::Signatures;

/// Fewer letters may stand in any other sentence.
const LETTERS: usize = 16;

/// The failures among what several places of a text tell, in their order.
pub fn distinct(told: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let mut kept: Vec<PastedFailure> = Vec::with_capacity(told.len());
    for one in told {
        match kept.iter_mut().find(|other| is_same(other, &one)) {
            Some(other) => take_from(other, one),
            None => kept.push(one),
        }
    }
    if kept.iter().any(says_why) {
        name_by_sum(&mut kept);
        kept.retain(|one| says_why(one) || is_open(one));
    }
    kept
}

/// Whether two of them are one failure.
fn is_same(one: &PastedFailure, other: &PastedFailure) -> bool {
    let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    if differ(&one.about, &other.about)
        || differ(&one.request, &other.request)
        || differ(&one.status, &other.status)
    {
        return false;
    }
    let (a, b) = (letters(&one.reason), letters(&other.reason));
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if short == long || (short.len() >= LETTERS && long.contains(short.as_str())) {
        return true;
    }
    let (a, b) = (facts(one), facts(other));
    let shared = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    shared(&a.request_id, &b.request_id) || shared(&a.request_token, &b.request_token)
}

/// What the sentence of a failure says.
pub(super) fn facts(one: &PastedFailure) -> ReasonFacts {
    ReasonFacts::read(&one.reason, one.kind.as_deref(), one.status.as_deref())
}

/// A sentence without what wrapping, quoting and colouring change.
pub(super) fn letters(reason: &str) -> String {
    reason
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What the second telling of a failure adds to the first.
fn take_from(one: &mut PastedFailure, other: PastedFailure) {
    // One that was cut is told by the one that was not.
    let (told, again) = (letters(&one.reason), letters(&other.reason));
    if again.len() > told.len() && again.starts_with(&told) {
        one.reason = other.reason;
        one.open = other.open;
    }
    one.about = one.about.take().or(other.about);
    one.stack = one.stack.take().or(other.stack);
    one.kind = one.kind.take().or(other.kind);
    one.status = one.status.take().or(other.status);
    one.request = one.request.take().or(other.request);
    one.code = one.code.take().or(other.code);
    one.log_group = one.log_group.take().or(other.log_group);
}

/// Whether something of why is told, and not only that something failed.
fn says_why(one: &PastedFailure) -> bool {
    if one.note.as_deref() == Some(ONLY_ITS_STATUS) || calls::is_only_a_status(&one.reason) {
        return false;
    }
    match reason::cascade(&one.reason) {
        // Another stack, or another turn of the same, has its own.
        Some(CascadeKind::FailedResources { .. } | CascadeKind::EmbeddedStack { .. }) => true,
        Some(_) => false,
        None => {
            one.code.is_some()
                || one.category.is_some()
                || names_a_class(&one.reason)
                || facts(one) != ReasonFacts::none()
                || Signatures::builtin()
                    .find(&one.reason, one.kind.as_deref())
                    .is_some()
        }
    }
}

/// `KeyError: 'bucket'`: a program's error by its class.
fn names_a_class(reason: &str) -> bool {
    reason.split_once(": ").is_some_and(|(class, said)| {
        let end = ["Error", "Exception"]
            .iter()
            .find_map(|end| class.strip_suffix(end));
        end.is_some_and(|name| !name.is_empty()) && !class.contains(' ') && !said.trim().is_empty()
    })
}

/// A resource's own row, whatever is known of what it says.
fn is_open(one: &PastedFailure) -> bool {
    (one.about.is_some() || one.status.is_some())
        && reason::cascade(&one.reason).is_none()
        && !calls::is_only_a_status(&one.reason)
}

/// A sum that names one resource, beside the only reason that names none: whose reason it is.
fn name_by_sum(kept: &mut Vec<PastedFailure>) {
    let [sum, why] = kept.as_slice() else { return };
    let (sum, why, at) = match (names_one(sum), names_one(why)) {
        (Some(name), None) => (name, why, 0),
        (None, Some(name)) => (name, sum, 1),
        _ => return,
    };
    let own = says_why(why) && reason::cascade(&why.reason).is_none();
    if own && why.about.as_ref().is_none_or(|about| *about == sum) {
        kept.remove(at);
        if let [why] = kept.as_mut_slice() {
            why.about = Some(sum);
        }
    }
}

fn names_one(one: &PastedFailure) -> Option<String> {
    match reason::cascade(&one.reason) {
        Some(CascadeKind::FailedResources { failed, .. }) => match failed.as_slice() {
            [name] => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told(reasons: &[&str]) -> Vec<String> {
        let said = reasons.iter().map(|reason| PastedFailure {
            reason: (*reason).to_owned(),
            ..PastedFailure::default()
        });
        distinct(said.collect())
            .into_iter()
            .map(|one| one.reason)
            .collect()
    }

    #[test]
    fn two_failures_are_two() {
        let (one, two) = (
            "shop-uploads already exists",
            "AccessDenied: User: arn:aws:iam::1:user/a is not authorized to perform: s3:CreateBucket",
        );
        assert_eq!(told(&[one, two]), [one, two]);
        let class = "KeyError: 'bucket'";
        assert_eq!(told(&[one, class]), [one, class]);
        let denied = "User: arn:aws:iam::1:user/a is not authorized to perform: s3:PutObject";
        assert_eq!(told(&[two, denied]), [two, denied]);
    }

    /// What would tempt it: the same wrapped, in a tool's last word, cut, by its request, and a tool that gives up.
    #[rstest]
    #[case(&["shop-uploads already exists", "shop-uploads\n    already exists"], "shop-uploads already exists")]
    #[case(
        &["shop-uploads already exists", "The stack named shop failed to deploy: CREATE_FAILED: shop-uploads already exists"],
        "shop-uploads already exists"
    )]
    #[case(&["shop-uploads already ex", "shop-uploads already exists in the shop"], "shop-uploads already exists in the shop")]
    #[case(
        &[
            "It may not (Service: Sqs, Status Code: 403, Request ID: 0a1b2c3d-1111-4222-8333-445566778899)",
            "SqsException: It may not, as was said (Service: Sqs, Status Code: 403, Request ID: 0a1b2c3d-1111-4222-8333-445566778899)"
        ],
        "It may not (Service: Sqs, Status Code: 403, Request ID: 0a1b2c3d-1111-4222-8333-445566778899)"
    )]
    #[case(&["shop-uploads already exists", "Process completed with exit code 1"], "shop-uploads already exists")]
    #[case(&["shop-uploads already exists", "Resource creation cancelled"], "shop-uploads already exists")]
    fn one_failure_told_twice_is_one(#[case] reasons: &[&str], #[case] said: &str) {
        assert_eq!(told(reasons), [said]);
    }

    #[test]
    fn the_same_words_of_two_resources_are_two() {
        let of = |name: &str| PastedFailure {
            reason: "Internal Failure of the service".to_owned(),
            about: Some(name.to_owned()),
            ..PastedFailure::default()
        };
        assert_eq!(distinct(vec![of("A"), of("B"), of("A")]).len(), 2);
    }

    #[test]
    fn what_stands_below_its_own_status_is_its_own() {
        let of = |status: &str, reason: &str| PastedFailure {
            reason: reason.to_owned(),
            status: Some(status.to_owned()),
            ..PastedFailure::default()
        };
        let said = "The environment shop-jobs did not stabilize";
        let turns = vec![
            of("CREATE_FAILED", said),
            of("DELETE_FAILED", "The environment shop-jo"),
        ];
        assert_eq!(distinct(turns).len(), 2);
        let again = vec![
            of("CREATE_FAILED", said),
            of("CREATE_FAILED", "The environment shop-jo"),
        ];
        assert_eq!(distinct(again).len(), 1);
    }

    #[test]
    fn a_sum_names_the_only_reason_beside_it() {
        let said = [
            "The following resource(s) failed to create: [Jobs].",
            "shop-uploads already exists",
        ]
        .map(|reason| PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        });
        let found = distinct(said.to_vec());
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().and_then(|one| one.about.as_deref()), Some("Jobs"));
        // Of several, nobody knows whose it is.
        let several = [
            "The following resource(s) failed to create: [Jobs, Mail].",
            "shop-uploads already exists",
        ];
        assert_eq!(told(&several).len(), 2);
    }
}
