//! What was read of a text, brought to one answer a failure: sentences apart, without marks, placed, and once each.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::is_name;
use super::{
    PastedFailure, beside, calls, core, escaped, gathered, named, outcome, same, sentence, several, summed,
    unanswered, unframed, whereabouts, written_row,
};
use crate::domain::model::category::Category;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;
use crate::domain::read::reason::{CascadeKind, ReasonFacts};
use crate::domain::read::signature::Signatures;

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
        written_row::take(one);
        summed::apart(one);
        sum_within(one);
        if one.category.is_none() && reason::is_vague(&one.reason) && calls::is_only_a_status(&one.reason) {
            one.category = Some(Category::Other);
        }
        whereabouts::complete(one, text);
        outcome::complete(one, text);
        summed::place(one, text);
        of_the_stack(one);
    }
    // A sentence with a place for a name in it is the template of one.
    let read = told.len();
    told.retain(|one| !PLACEHOLDER.is_match(&one.reason));
    if told.is_empty() && read > 0 {
        return vec![unframed::unclaimed(text)];
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
    unanswered::join(&mut told, text);
    without_waiters(&mut told);
    gathered::join(&mut told, text);
    told
}

/// The last words of a tool's waiter are no failure beside one that says what failed.
fn without_waiters(told: &mut Vec<PastedFailure>) {
    // What only waits is not sure.
    if told.iter().any(beside::is_sure) {
        told.retain(|one| !beside::only_waits(one));
    }
}

/// What a program fills in when it prints a sentence.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[\s\x22'\[(:/])%[sdvq](?:$|[\s\x22'\]).,:/])"));

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
        // cdk says the same twice: with the stack's name before it, and with the name in its frame.
        let named = |other: &&mut PastedFailure| {
            let (longer, shorter) = if other.reason.len() > one.reason.len() {
                (&**other, &one)
            } else {
                (&one, &**other)
            };
            let head = longer
                .reason
                .strip_suffix(shorter.reason.as_str())
                .and_then(|head| head.strip_suffix(": "));
            !shorter.reason.is_empty()
                && shorter.about.is_none()
                && head.is_some_and(|name| {
                    is_name(name) && shorter.stack.as_deref().is_none_or(|stack| stack == name)
                })
        };
        if let Some(other) = kept.iter_mut().find(named) {
            let (name, reason) = if other.reason.len() > one.reason.len() {
                (other.reason.split(": ").next(), one.reason.clone())
            } else {
                (one.reason.split(": ").next(), other.reason.clone())
            };
            other.stack = other.stack.take().or_else(|| name.map(str::to_owned));
            other.reason = reason;
            continue;
        }
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

/// `… shop-net:roll back reason: The following resource(s) failed to create: [A]. Rollback requested by user. …`: of a log in
/// which nothing else is known, the sum, and the stack before it.
fn sum_within(said: &mut PastedFailure) {
    let unknown = said.category.is_none()
        && said.about.is_none()
        && reason::cascade(&said.reason).is_none()
        && same::facts(said) == ReasonFacts::none()
        && Signatures::builtin().find(&said.reason, None).is_none();
    let Some((before, sum)) = said
        .reason
        .find(SUM)
        .filter(|_| unknown)
        .and_then(|at| said.reason.split_at_checked(at))
    else {
        return;
    };
    let Some(end) = sum.find(']') else { return };
    let rest = sum.get(end + 1..).unwrap_or_default();
    let end = end
        + 1
        + [". Rollback requested by user.", "."]
            .iter()
            .find(|words| rest.starts_with(**words))
            .map_or(0, |words| words.len());
    let label = before
        .rsplit([' ', '[', ']'])
        .take(LABEL)
        .filter_map(|word| Some(word.split_once(':')?.0))
        .find(|name| is_name(name) && name.contains('-') && !name.contains('/'));
    let stack = label.map(str::to_owned);
    let sum = sum.get(..end).unwrap_or(sum).to_owned();
    said.stack = said.stack.take().or(stack);
    said.reason = sum;
}

/// How a stack's sum begins.
const SUM: &str = "The following resource(s) failed to ";
/// So many words before a sum the stack's name may stand: `shop-net:roll back reason:`
const LABEL: usize = 5;

/// A stack's sum is of the stack, and of none of the resources that it names.
fn of_the_stack(said: &mut PastedFailure) {
    if let Some(CascadeKind::FailedResources { failed, .. }) = reason::cascade(&said.reason)
        && said.about.as_ref().is_some_and(|name| failed.contains(name))
    {
        (said.about, said.kind) = (None, None);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reason: &str) -> (Option<String>, String) {
        let mut one = PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        };
        sum_within(&mut one);
        (one.stack, one.reason)
    }

    #[test]
    fn a_sum_within_a_log_is_told_with_its_stack() {
        let sum = "The following resource(s) failed to create: [A, B]. Rollback requested by user.";
        let log =
            format!("vpc:complete (no change) shop-net:roll back reason: {sum} net:failed (rolled back)");
        assert_eq!(told(&log), (Some("shop-net".to_owned()), sum.to_owned()));
        // A denial beside it says more, and a word before it is no stack.
        let denied = format!(
            "User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetObject on resource: x. {sum}"
        );
        assert_eq!(told(&denied).1, denied);
        assert_eq!(told(&format!("vpc:complete reason: {sum}")).0, None);
    }
}
