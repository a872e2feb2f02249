//! Whether a deployment needs what a call was denied: a question about the deployment as a whole, so that it does
//! not matter which of its resources the call was made for.

use super::super::cause::Confidence;
use super::{Candidate, MatchContext, handler, refuting};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::model::trail::TrailRecord;

/// What a deployment has to do with a denied call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Necessity {
    /// It failed of it, or was stopped before it could.
    Needed,
    /// It was to take away what had been made.
    Teardown,
    /// It is not known to need it, and why.
    Unneeded(&'static str),
    /// The call was none of its own, and why.
    Foreign(&'static str),
}

/// What leaves so much doubt that the work needed the call that no policy should allow it.
const DOUBTED: [(MatchSignal, &str); 5] = [
    (MatchSignal::LivedWith, "the same call succeeded later"),
    (MatchSignal::WentOn, "the work went on after it"),
    (
        MatchSignal::EndedOtherwise,
        "the function ended of a fault in its own program",
    ),
    (MatchSignal::ReadsTags, "reads tags, which programs do on the way"),
    (
        MatchSignal::LooksAround,
        "asks for all there is in the account, which tools do on the way",
    ),
];

/// What tells that the call was none of the deployment's.
const FOREIGN: [(MatchSignal, &str); 3] = [
    (MatchSignal::NamesAnother, "names another stack or resource"),
    (
        MatchSignal::WorksForAnother,
        "that function works for another custom resource",
    ),
    (
        MatchSignal::OtherInvocation,
        "another invocation of the function made the call",
    ),
];

/// What a deployment has to do with a candidate, whose call was denied.
pub(crate) fn necessity(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    candidate: &Candidate,
) -> Necessity {
    use MatchSignal as S;
    let signs = &candidate.signs;
    let Some(record) = index.get(candidate.at).map(|seen| seen.record.as_ref()) else {
        return Necessity::Unneeded("its record is not there");
    };
    if signs.has(S::RequestId) || signs.has(S::SameDenial) {
        return Necessity::Needed;
    }
    if !signs.has(S::InWindow) {
        return Necessity::Foreign("was called at another time");
    }
    if let Some((_, why)) = FOREIGN.into_iter().find(|(sign, _)| signs.has(*sign)) {
        return Necessity::Foreign(why);
    }
    if signs.has(S::Afterwards) {
        return if handler::takes(record.operation()) && is_of_deployment(signs) {
            Necessity::Teardown
        } else {
            Necessity::Unneeded("was called after the failure")
        };
    }
    if record.is_test() {
        return Necessity::Unneeded("was only a dry run");
    }
    // What is no cause of any failure for its own sake is nothing that the deployment needs.
    if let Some(why) = refuting::of_any_resource(signs) {
        return Necessity::Unneeded(why);
    }
    // The same action, denied to a role that others use as well, on what nothing of this resource names.
    let is_on_another = signs.has(S::OtherDenial) && !signs.has(S::OwnCaller) && !signs.names_its_own();
    if signs.agrees() && is_on_another {
        return Necessity::Foreign("is on another thing than the failure's own words name");
    }
    if signs.agrees() {
        return Necessity::Needed;
    }
    if let Some((_, why)) = DOUBTED.into_iter().find(|(sign, _)| signs.has(*sign)) {
        return Necessity::Unneeded(why);
    }
    let is_gone_on_from = || is_probe(record) && is_followed(index, asked, record);
    if signs.has(S::OnlyReads) && (!signs.has(S::OwnCaller) || is_gone_on_from()) {
        return Necessity::Unneeded("only looks, and nobody speaks of it");
    }
    let otherwise = [S::OtherDenial, S::OtherWords, S::OtherKind, S::Overtaken];
    if is_probe(record) && otherwise.into_iter().any(|sign| signs.has(sign)) {
        return Necessity::Unneeded("only looks, and what failed speaks of something else");
    }
    if is_of_deployment(signs) {
        Necessity::Needed
    } else {
        Necessity::Foreign("nothing ties it to a resource of this deployment")
    }
}

/// Who called, and on what, is of this deployment: of which of its resources need not be known.
fn is_of_deployment(signs: &MatchSignals) -> bool {
    use MatchSignal as S;
    if signs.has(S::OwnCaller) {
        return true;
    }
    let mut of_any = signs.clone();
    of_any.remove(&[S::Rival, S::Afterwards]);
    let tied = of_any.confidence() <= Confidence::High;
    tied && !(signs.has(S::NamesUnknown) && signs.is_untied())
}

/// The call asks whether something is there and how it is, and not for what is in it.
fn is_probe(record: &TrailRecord) -> bool {
    const LOOKS: [&str; 6] = ["Head", "Describe", "List", "Lookup", "Search", "GetBucket"];
    LOOKS.iter().any(|verb| record.operation().starts_with(verb))
}

/// The same caller went on to another call.
fn is_followed(index: &RecordIndex<'_>, asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    let end = asked.failure.failed_at();
    let later = index.within(&(record.at..=end));
    later.iter().any(|seen| {
        let other = seen.record.as_ref();
        let same_caller = (other.identity.role_name(), &other.identity.name)
            == (record.identity.role_name(), &record.identity.name);
        same_caller && other.event_id != record.event_id && other.operation() != record.operation()
    })
}
