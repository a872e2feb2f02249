//! The facts that a watch has saved say the same in whatever order, and however often, they come.

use std::path::Path;

use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::session::Session;
use stacktrail::ports::Archive as _;

use crate::support::judge::Complaints;

/// Orders tried for each session.
const ORDERS: u64 = 12;

/// What is wrong with the diagnoses of the data directory's sessions when their facts are shuffled and
/// repeated.
pub(crate) fn complaints(data: &Path) -> Complaints {
    let archive = SqliteArchive::open(data, Open::ReadOnly).unwrap();
    let sessions = archive.sessions().unwrap();
    assert!(!sessions.is_empty(), "nothing was saved");
    let mut wrong = Complaints::new();
    for session in sessions {
        let facts = archive.load(&session.root).unwrap();
        let expected = diagnosis(&session.root, &facts);
        for seed in 1..=ORDERS {
            let said = diagnosis(&session.root, &shuffled(&facts, seed));
            if said != expected {
                wrong.push(format!(
                    "another order (seed {seed}) says something else: {}",
                    difference(&expected, &said)
                ));
            }
        }
    }
    wrong
}

fn diagnosis(root: &StackId, facts: &[Recorded]) -> String {
    format!("{:?}", Diagnosis::of(&Session::replay(root.clone(), facts)))
}

/// Where two texts part, with a little of what stands around.
fn difference(one: &str, other: &str) -> String {
    let parted = one
        .char_indices()
        .zip(other.chars())
        .find(|((_, a), b)| a != b)
        .map_or(0, |((at, _), _)| at);
    let around = |text: &str| -> String {
        let before = text.get(..parted).unwrap_or_default().chars().count();
        text.chars().skip(before.saturating_sub(120)).take(240).collect()
    };
    format!("…{}… became …{}…", around(one), around(other))
}

/// The facts in an order that the seed decides, every fifth of them twice.
fn shuffled(facts: &[Recorded], seed: u64) -> Vec<Recorded> {
    let mut mixed = facts.to_vec();
    mixed.extend(facts.iter().step_by(5).cloned());
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for last in (1..mixed.len()).rev() {
        // Xorshift: the same order for the same seed, everywhere.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = state % u64::try_from(last + 1).unwrap();
        mixed.swap(last, usize::try_from(other).unwrap());
    }
    mixed
}
