//! The signs in words: why a record belongs to a failure.

use chrono::TimeDelta;

use super::super::cause::Confidence;
use super::MatchContext;
use super::comparing::{of_action, of_kind};
use super::names::ResourceNames;
use crate::domain::deployment::principal::Tie;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::model::span::{is_none, span_since_record};
use crate::domain::model::trail::TrailRecord;

/// The signs in words, strongest first.
pub(super) fn words(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    record: &TrailRecord,
    signs: &MatchSignals,
) -> Vec<String> {
    let mut why: Vec<String> = signs
        .iter()
        .filter_map(|sign| word(asked, names, record, (signs, sign)))
        .collect();
    if signs.confidence() < Confidence::Low {
        return why;
    }
    let because = if signs.has(MatchSignal::NotFound) {
        "not-found answers are usual in teardown and existence checks".to_owned()
    } else if signs.has(MatchSignal::AlreadyThere) {
        "that something is there already is a usual answer to a look before a creation".to_owned()
    } else if signs.has(MatchSignal::Throttled) {
        "throttled calls are tried again, and nobody speaks of this one".to_owned()
    } else if signs.is_untied() {
        let logical_id = &asked.failure.event.logical_id;
        format!("nothing in it points to {logical_id} rather than to another resource")
    } else {
        return why;
    };
    why.push(because);
    why
}

fn word(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    record: &TrailRecord,
    (signs, sign): (&MatchSignals, MatchSignal),
) -> Option<String> {
    let kind = &asked.failure.event.resource_type;
    match sign {
        MatchSignal::RequestId | MatchSignal::SameAction | MatchSignal::SameText | MatchSignal::SameKind => {
            spoken(asked, record, sign)
        }
        MatchSignal::SameDenial => {
            Some("the reason names the same denied action, caller and resource".to_owned())
        }
        MatchSignal::NamesResource | MatchSignal::NamesWhatItUses => names.how(&record.subject()),
        MatchSignal::NamesKnown => Some(format!(
            "names what the properties of {} or its stack name",
            asked.failure.event.logical_id
        )),
        MatchSignal::NamesShared => Some(format!(
            "names what the properties of {} name, which others may use as well",
            asked.failure.event.logical_id
        )),
        MatchSignal::GeneratedName => Some(format!(
            "has the name that CloudFormation makes for {}",
            asked.failure.event.logical_id
        )),
        MatchSignal::HandlersCall => Some(format!(
            "{} is a call that CloudFormation makes for {kind}",
            record.action()
        )),
        MatchSignal::ServicesRole => Some(format!("makes the role of the service behind {kind}")),
        MatchSignal::ServiceFits
            if signs.has(MatchSignal::ServicesRole) || signs.has(MatchSignal::HandlersCall) =>
        {
            None
        }
        MatchSignal::ServiceFits => Some(format!("{} is the service of {kind}", record.service())),
        MatchSignal::OwnCaller
        | MatchSignal::CloudFormation
        | MatchSignal::OnBehalf
        | MatchSignal::SettingRole
        | MatchSignal::SomeCloudFormation
        | MatchSignal::StackRole => by_whom(asked, record, sign),
        MatchSignal::MayStandBehind => Some(format!(
            "a function of the stack, which may stand behind {}",
            asked.failure.event.logical_id
        )),
        MatchSignal::PartOfCall => Some(format!(
            "{} made it for the same caller, and the failure's own words speak of {}",
            record.identity.invoked_by.as_deref()?,
            record.service()
        )),
        MatchSignal::InWindow => Some(moment(asked.failure.failed_at() - record.at)),
        MatchSignal::Rival => Some(format!("another {kind} was being worked on at that time")),
        MatchSignal::NamesUnknown => Some(format!(
            "nothing says that what it names is {}",
            asked.failure.event.logical_id
        )),
        MatchSignal::OtherInvocation | MatchSignal::EitherInvocation => {
            Some(of_invocation(asked.invocations.are_told(record), sign).to_owned())
        }
        _ => doubt(sign).map(str::to_owned),
    }
}

/// That another invocation of the function may have made the call: whether its log tells them apart, or only what
/// else was being worked on.
fn of_invocation(is_told: bool, sign: MatchSignal) -> &'static str {
    match (is_told, sign) {
        (true, MatchSignal::OtherInvocation) => {
            "its log tells that another invocation of the function made the call"
        }
        (true, _) => "another invocation of the function ran at that time",
        (false, MatchSignal::OtherInvocation) => {
            "what it asks for stands in the properties of another resource that uses the function"
        }
        (false, _) => {
            "another resource that uses the function was being worked on at that time, and no log tells the two apart"
        }
    }
}

/// What speaks against a record, where the sign alone tells.
fn doubt(sign: MatchSignal) -> Option<&'static str> {
    match sign {
        MatchSignal::SharedRole => Some("others call under that role as well"),
        MatchSignal::NobodysThing => {
            Some("nothing of the resource names what was denied, and others may use the role")
        }
        MatchSignal::NamesStrange => Some("nothing here is called as what it names"),
        MatchSignal::OthersThen => {
            Some("it names nothing, and such calls were made for others in that minute")
        }
        MatchSignal::OnEverybodys => Some("what it was denied on is AWS's own, and everybody uses it"),
        MatchSignal::WorksForAnother => Some("that function works for another custom resource"),
        MatchSignal::SaidToGoOn => Some("the log says that the program went on past it"),
        MatchSignal::Reports => {
            Some("it only reports how the program runs, and nobody says that this ended it")
        }
        MatchSignal::LooksAround => {
            Some("it asks for all there is of something in the account, which tools do on the way")
        }
        MatchSignal::ReadsTags => {
            Some("it reads tags, or tags its own machine, which programs do on the way")
        }
        MatchSignal::LooksAtRunner => {
            Some("its task only looked at ECS itself, which programs do beside their work")
        }
        MatchSignal::OtherCall => Some("the failure's own words name another call"),
        MatchSignal::KeptFromStarting => {
            Some("ECS says what kept its tasks from starting, and it is not this")
        }
        _ => doubt_of_time(sign),
    }
}

/// The same, where it is about what was before, or came after.
fn doubt_of_time(sign: MatchSignal) -> Option<&'static str> {
    match sign {
        MatchSignal::MadeBefore => Some("the resource had been made before, and it names another or none"),
        MatchSignal::PerhapsMadeBefore => {
            Some("CloudFormation had told before that the resource was being made, and it names none")
        }
        MatchSignal::Routine => {
            Some("the function is refused it evenly, for longer than any of its invocations can last")
        }
        MatchSignal::LeftBehind => {
            Some("the same session went on to other calls, and was refused another one later")
        }
        MatchSignal::LongPast => {
            Some("later calls succeeded long after it, and the last error speaks of something else")
        }
        MatchSignal::EndedWell => Some("its run ended well, long before the failure"),
        MatchSignal::EndedOtherwise => {
            Some("the function ended of a fault in its own program, which speaks of something else")
        }
        MatchSignal::StoppedUnhealthy => {
            Some("its task was stopped for failed health checks, and nothing says that it ended of this")
        }
        MatchSignal::OtherFunction => Some("the answer points to the log of another function"),
        MatchSignal::Overtaken => Some("the function's last error speaks of something else"),
        MatchSignal::LivedWith => Some("the same call succeeded later"),
        MatchSignal::WentOn => Some("the work went on after it"),
        MatchSignal::ReadLongBefore => {
            Some("a look that was refused long before the failure, which speaks of no denial")
        }
        MatchSignal::NamesAnother => Some("names another stack or resource"),
        MatchSignal::OtherDenial => Some("the reason names another action, caller or resource"),
        MatchSignal::OtherRequest => Some("the reason names the Request ID of another call"),
        MatchSignal::OtherWords => Some("its words are not those of the failure"),
        MatchSignal::OtherKind => Some("the reason speaks of another kind of error"),
        MatchSignal::Afterwards => Some("what is called after the failure did not bring it about"),
        _ => None,
    }
}

/// In whose words the record is found again.
fn spoken(asked: &MatchContext<'_>, record: &TrailRecord, sign: MatchSignal) -> Option<String> {
    let said = &asked.said;
    Some(match sign {
        MatchSignal::RequestId => {
            let speaker = said.requests.get(record.request_id.as_ref()?)?;
            format!("its requestID is the Request ID in {speaker}")
        }
        MatchSignal::SameAction => {
            let denied = of_action(said, record).filter(|_| record.is_denial());
            let speaker = denied.or_else(|| said.operations.get(record.operation()))?;
            format!("{} names this call", speaker.name())
        }
        MatchSignal::SameText => {
            let speaker = said.holds(record.error_message.as_deref()?)?;
            format!("its error message is in {speaker}")
        }
        _ => format!("the error matches {}", of_kind(said, record)?.name()),
    })
}

/// Who called, and what that is to the resource.
fn by_whom(asked: &MatchContext<'_>, record: &TrailRecord, sign: MatchSignal) -> Option<String> {
    let caller = record.caller();
    Some(match sign {
        MatchSignal::OwnCaller => format!("called by {}, {caller}", asked.principals.what_own(record)),
        MatchSignal::CloudFormation => format!("called by this stack's CloudFormation, {caller}"),
        MatchSignal::OnBehalf => format!(
            "made {}by {}, the service of {}",
            match asked.principals.tie(record) {
                Some(Tie::CloudFormation | Tie::SomeCloudFormation) => "for CloudFormation ",
                _ => "",
            },
            record.identity.invoked_by.as_deref()?,
            asked.failure.event.resource_type
        ),
        MatchSignal::SettingRole => format!("called by a role that the resource's properties name, {caller}"),
        MatchSignal::SomeCloudFormation => format!("called by CloudFormation, {caller}"),
        _ => format!("called by a role that this stack made, {caller}"),
    })
}

/// The moment of a call that was made when the failure was told.
const AT_THAT_MOMENT: &str = "at the moment of the failure";

/// Whether a reason tells the moment of a call.
pub(crate) fn is_moment(why: &str) -> bool {
    why.ends_with(" before the failure") || why.ends_with(" after the failure event") || why == AT_THAT_MOMENT
}

fn moment(before: TimeDelta) -> String {
    if is_none(before.abs()) {
        AT_THAT_MOMENT.to_owned()
    } else if before < TimeDelta::zero() {
        // The record may tell of up to a second later.
        let after = TimeDelta::seconds(1) - before;
        format!("{} after the failure event", span_since_record(after))
    } else {
        format!("{} before the failure", span_since_record(before))
    }
}
