//! What was read of a text, brought to one answer a failure: sentences apart, without marks, placed, and once each.

use super::{PastedFailure, calls, core, escaped, named, outcome, sentence, several, unframed, whereabouts};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;

/// The failures of a text, each by itself and with what stands beside it.
pub fn settled(said: Vec<PastedFailure>, text: &str) -> Vec<PastedFailure> {
    let mut told: Vec<PastedFailure> = said.into_iter().flat_map(several::apart).collect();
    for one in &mut told {
        escaped::take_members(one);
        let own =
            sentence::is_of_somebody(&one.reason) && one.reason.split_whitespace().count() > unframed::SPOKEN;
        if let Some(core) = own.then(|| core::of(&one.reason)).flatten() {
            one.reason = core;
        }
        if let Some(bare) = without_marks(&one.reason) {
            one.reason = bare;
        }
        if let Some(framed) = core::framed(&one.reason) {
            one.reason = framed;
        }
        if one.category.is_none() && reason::is_vague(&one.reason) && calls::is_only_a_status(&one.reason) {
            one.category = Some(Category::Other);
        }
        whereabouts::complete(one, text);
        outcome::complete(one, text);
    }
    without_sums(&mut told);
    let fails = |one: &PastedFailure| !reason::not_an_error(&one.reason);
    if told.iter().any(fails) {
        told.retain(fails);
    }
    let mut told = once(told);
    // What somebody says in words of his own is said of the only failure that he tells.
    if let [one] = told.as_mut_slice()
        && !one.reason.is_empty()
        && one.about.is_none()
        && one.place.is_none()
        && reason::cascade(&one.reason).is_none()
    {
        one.about = named::in_prose(text);
        if let Some((name, kind)) = named::in_template(text).filter(|_| one.about.is_none())
            && one.kind.as_ref().is_none_or(|told| *told == kind)
        {
            (one.about, one.kind) = (Some(name), Some(kind));
        }
    }
    told
}

/// What was pasted twice is one failure: the same words, of nothing else by name.
fn once(told: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let mut kept: Vec<PastedFailure> = Vec::with_capacity(told.len());
    for one in told {
        let same = |other: &&mut PastedFailure| {
            let agrees = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
            !one.reason.is_empty()
                && other.reason == one.reason
                && agrees(&other.about, &one.about)
                && agrees(&other.stack, &one.stack)
                && agrees(&other.request, &one.request)
                && agrees(&other.region, &one.region)
                && agrees(&other.account, &one.account)
        };
        match kept.iter_mut().find(same) {
            Some(other) => {
                other.about = other.about.take().or(one.about);
                other.stack = other.stack.take().or(one.stack);
                other.kind = other.kind.take().or(one.kind);
                other.request = other.request.take().or(one.request);
            }
            None => kept.push(one),
        }
    }
    kept
}

/// `_"the reason"_`: a sentence without the marks that somebody set it in.
fn without_marks(reason: &str) -> Option<String> {
    const MARKS: [char; 4] = ['_', '*', '"', '`'];
    let reason = reason.trim();
    let reason = reason.trim_start_matches(['>', ' ']);
    let set = reason.starts_with(['_', '*', '`']) && reason.ends_with(MARKS);
    let bare = reason.trim_matches(MARKS).trim();
    (set && !bare.is_empty() && !bare.contains('`')).then(|| bare.to_owned())
}

/// Takes away a stack's sum where each resource that it names tells its own reason beside it.
fn without_sums(told: &mut Vec<PastedFailure>) {
    let own: Vec<String> = told
        .iter()
        .filter(|one| reason::cascade(&one.reason).is_none())
        .filter_map(|one| one.about.clone())
        .collect();
    told.retain(|one| match reason::cascade(&one.reason) {
        Some(CascadeKind::FailedResources { failed, .. }) => !failed.iter().all(|name| own.contains(name)),
        _ => true,
    });
}
