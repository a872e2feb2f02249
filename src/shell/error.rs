//! Errors as sentences for people.

use crate::clean;
use crate::domain::model::fault::Fault;
use crate::domain::read::text::{Clean, one_line};

/// An error as a sentence for people: what failed, on what, what to do now.
pub fn sentence(error: &color_eyre::Report) -> Clean {
    let mut parts: Vec<Clean> = Vec::new();
    for cause in error.chain() {
        let text = one_line(&cause.to_string());
        if !parts.iter().any(|known| known.contains(text.as_str())) {
            parts.push(text);
        }
    }
    let remedy = error
        .chain()
        .find_map(<dyn std::error::Error>::downcast_ref::<Fault>);
    let remedy = remedy.map(|fault| format!("; {}", fault.remedy()));
    let said = Clean::join(&parts, ": ");
    clean!("{said}{}", remedy.as_deref().unwrap_or_default())
}
