//! The signs in words: why a record belongs to a failure.

use chrono::TimeDelta;

use super::super::cause::Confidence;
use super::super::span::{is_none, span};
use super::super::trail::TrailRecord;
use super::Asked;
use super::comparing::{of_action, of_kind};
use super::names::Names;
use super::signs::{Sign, Signs};

/// The signs in words, strongest first.
pub(super) fn words(asked: &Asked<'_>, names: &Names, record: &TrailRecord, signs: &Signs) -> Vec<String> {
    let mut why: Vec<String> = signs
        .iter()
        .filter_map(|sign| word(asked, names, record, (signs, sign)))
        .collect();
    if signs.confidence() < Confidence::Low {
        return why;
    }
    let because = if signs.has(Sign::NotFound) {
        "not-found answers are usual in teardown and existence checks".to_owned()
    } else if signs.has(Sign::AlreadyThere) {
        "that something is there already is a usual answer to a look before a creation".to_owned()
    } else if signs.has(Sign::Throttled) {
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
    asked: &Asked<'_>,
    names: &Names,
    record: &TrailRecord,
    (signs, sign): (&Signs, Sign),
) -> Option<String> {
    let kind = &asked.failure.event.resource_type;
    match sign {
        Sign::RequestId | Sign::SameAction | Sign::SameText | Sign::SameKind => spoken(asked, record, sign),
        Sign::SameDenial => Some("the reason names the same denied action, caller and resource".to_owned()),
        Sign::NamesResource | Sign::NamesWhatItUses => names.how(&record.subject()),
        Sign::GeneratedName => Some(format!(
            "has the name that CloudFormation makes for {}",
            asked.failure.event.logical_id
        )),
        Sign::HandlersCall => Some(format!(
            "{} is a call that CloudFormation makes for {kind}",
            record.action()
        )),
        Sign::ServicesRole => Some(format!("makes the role of the service behind {kind}")),
        Sign::ServiceFits if signs.has(Sign::ServicesRole) || signs.has(Sign::HandlersCall) => None,
        Sign::ServiceFits => Some(format!("{} is the service of {kind}", record.service())),
        Sign::OwnCaller
        | Sign::CloudFormation
        | Sign::OnBehalf
        | Sign::SettingRole
        | Sign::SomeCloudFormation
        | Sign::StackRole => by_whom(asked, record, sign),
        Sign::MayStandBehind => Some(format!(
            "a function of the stack, which may stand behind {}",
            asked.failure.event.logical_id
        )),
        Sign::SharedRole => Some("others call under that role as well".to_owned()),
        Sign::WorksForAnother => Some("that function works for another custom resource".to_owned()),
        Sign::InWindow => Some(moment(asked.failure.failed_at() - record.at)),
        Sign::Rival => Some(format!("another {kind} was being worked on at that time")),
        Sign::NamesUnknown => Some(format!(
            "nothing says that what it names is {}",
            asked.failure.event.logical_id
        )),
        Sign::Overtaken => Some("the function's last error speaks of something else".to_owned()),
        Sign::LivedWith => Some("the same call succeeded later".to_owned()),
        Sign::WentOn => Some("the work went on after it".to_owned()),
        Sign::NamesAnother => Some("names another stack or resource".to_owned()),
        Sign::OtherDenial => Some("the reason names another action, caller or resource".to_owned()),
        Sign::OtherKind => Some("the reason speaks of another kind of error".to_owned()),
        Sign::Afterwards => Some("what is called after the failure did not bring it about".to_owned()),
        Sign::Denied
        | Sign::Failed
        | Sign::OnlyReads
        | Sign::NotFound
        | Sign::AlreadyThere
        | Sign::Throttled
        | Sign::ReasonTells => None,
    }
}

/// In whose words the record is found again.
fn spoken(asked: &Asked<'_>, record: &TrailRecord, sign: Sign) -> Option<String> {
    let said = &asked.said;
    Some(match sign {
        Sign::RequestId => {
            let speaker = said.requests.get(record.request_id.as_ref()?)?;
            format!("its requestID is the Request ID in {speaker}")
        }
        Sign::SameAction => {
            let denied = of_action(said, record).filter(|_| record.is_denial());
            let speaker = denied.or_else(|| said.operations.get(record.operation()))?;
            format!("it is the call that is named in {speaker}")
        }
        Sign::SameText => {
            let speaker = said.holds(record.error_message.as_deref()?)?;
            format!("its error message stands in {speaker}")
        }
        _ => format!("the error is of the kind told of in {}", of_kind(said, record)?),
    })
}

/// Who called, and what that is to the resource.
fn by_whom(asked: &Asked<'_>, record: &TrailRecord, sign: Sign) -> Option<String> {
    let caller = record.caller();
    Some(match sign {
        Sign::OwnCaller => format!("called by {}, {caller}", asked.principals.what_own(record)),
        Sign::CloudFormation => format!("called by this stack's CloudFormation, {caller}"),
        Sign::OnBehalf => format!(
            "made for CloudFormation by {}, the service of {}",
            record.identity.invoked_by.as_deref()?,
            asked.failure.event.resource_type
        ),
        Sign::SettingRole => format!("called by a role that the resource's properties name, {caller}"),
        Sign::SomeCloudFormation => format!("called by CloudFormation, {caller}"),
        _ => format!("called by a role that this stack made, {caller}"),
    })
}

/// The moment of a call that was made when the failure was told.
const AT_THAT_MOMENT: &str = "at the moment of the failure";

/// Whether a reason tells the moment of a call.
pub(in crate::domain) fn is_moment(why: &str) -> bool {
    why.ends_with(" before the failure") || why.ends_with(" after the failure event") || why == AT_THAT_MOMENT
}

fn moment(before: TimeDelta) -> String {
    if is_none(before.abs()) {
        AT_THAT_MOMENT.to_owned()
    } else if before < TimeDelta::zero() {
        format!("{} after the failure event", span(-before))
    } else {
        format!("{} before the failure", span(before))
    }
}
