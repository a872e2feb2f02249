//! A cause in one sentence, in as many words as there is room for. A banner and a card say the same.

use crate::domain::explain::cause::{Cause, DeniedCall};

/// What happened, in one sentence. What the rows of a denial tell is left to them.
pub(crate) fn of(cause: &Cause) -> String {
    match denied(cause) {
        Some((action, call)) => denial(Some(&call.who), action, None),
        None => cause.claim.clone(),
    }
}

/// What happened, in one sentence, for a place with little room: each shorter than the one before.
pub(crate) fn by_length(cause: &Cause) -> Vec<String> {
    let mut told = vec![cause.claim.clone()];
    if let Some((action, call)) = denied(cause) {
        let because = call.because.as_deref();
        told.push(denial(Some(&call.who), action, because));
        told.push(denial(None, action, because));
        told.push(denial(None, action, None));
        told.dedup();
    }
    told
}

fn denied(cause: &Cause) -> Option<(&str, &DeniedCall)> {
    let call = cause.denied.as_ref()?;
    Some((call.action.as_deref()?, call))
}

/// That somebody was denied something, and because of what, as far as that is to be told.
fn denial(who: Option<&str>, action: &str, because: Option<&str>) -> String {
    let who = who.map_or_else(String::new, |who| format!("{who} was "));
    let because = because.map_or_else(String::new, |because| format!(": {because}"));
    format!("{who}denied {action}{because}")
}
