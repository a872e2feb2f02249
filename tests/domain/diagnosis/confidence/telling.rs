//! One deployment told in many ways: other names, times and orders, members that are missing, records that come late
//! or never.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

use super::cases::{Case, Truth};
use super::temptations::{busy, decoys, twins};

/// So often one looks while records are still coming in.
const LOOKS: usize = 2;

/// Numbers that look like chance and are the same each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    pub(super) fn in_a_hundred(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            let other = usize::try_from(self.below(at as u64 + 1)).unwrap();
            list.swap(at, other);
        }
    }
}

/// What is done to a telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Everything is at hand.
    Whole,
    /// Members are missing from records.
    Maimed,
    /// Other records came late or never.
    Late,
    /// The true records never came.
    WithoutTruth,
}

/// A case told in one of its ways.
pub(super) struct Telling {
    /// Everything that was found.
    pub(super) session: Session,
    /// As it was at moments before, while records were still coming in.
    pub(super) live: Vec<Session>,
    pub(super) way: Way,
    pub(super) truths: Vec<Truth>,
}

/// One telling; the same for the same seed.
pub(super) fn tell(case: &Case, seed: u64) -> Telling {
    let mut dice = Dice(seed);
    let way = match seed % 9 {
        0..=2 => Way::Whole,
        3 | 4 => Way::Maimed,
        5 => Way::Late,
        _ => Way::WithoutTruth,
    };
    let true_ones: BTreeSet<&str> = case
        .truths
        .iter()
        .flat_map(|truth| truth.records.iter().map(String::as_str))
        .collect();
    let is_true = |record: &Value| {
        record["eventID"]
            .as_str()
            .is_some_and(|id| true_ones.contains(id))
    };
    let mut records: Vec<Value> = case
        .records
        .iter()
        .filter(|record| way != Way::WithoutTruth || !is_true(record))
        .filter(|record| way != Way::Late || is_true(record) || dice.in_a_hundred(70))
        .cloned()
        .collect();
    if way == Way::Maimed {
        for record in &mut records {
            maim(record, &mut dice);
        }
    }
    let plain = Session::replay(case.root.clone(), &case.facts);
    // Beside no truth a twin differs from it in nothing but a name, which the first tellings leave out.
    if way != Way::WithoutTruth || seed >= 9 {
        records.extend(twins(case, &mut dice));
    }
    records.extend(decoys(case, &plain, &mut dice));
    records.extend(busy(&plain, &mut dice));
    let shift = TimeDelta::milliseconds(i64::try_from(dice.below(86_400_000)).unwrap());
    let names = names(case, &mut dice);
    let retold = |value: &Value| renamed(&shifted(value, shift, false), &names);
    let root = StackId::parse(&renamed_text(case.root.as_str(), &names)).unwrap();
    let mut facts: Vec<Recorded> = case
        .facts
        .iter()
        .map(|fact| serde_json::from_value(retold(&serde_json::to_value(fact).unwrap())).unwrap())
        .collect();
    let mut told: Vec<TrailRecord> = records
        .iter()
        .map(|record| {
            let moved = renamed(&shifted(record, shift, true), &names);
            TrailRecord::read(&moved.to_string()).unwrap()
        })
        .collect();
    dice.shuffle(&mut told);
    let last = facts
        .iter()
        .map(|fact| fact.observed_at)
        .max()
        .unwrap_or_default();
    let parts = told.chunks(40).len();
    for (number, part) in told.chunks(40).enumerate() {
        // What comes last comes when everything has come.
        let all = TimeDelta::minutes(if number + 1 == parts { 20 } else { 0 });
        let observed_at = last + TimeDelta::seconds(i64::try_from(number).unwrap()) + all;
        let answer = TrailAnswer {
            search: TrailSearch {
                region: root.region().to_owned(),
                attribute: None,
                from: last - TimeDelta::days(1),
                to: last + TimeDelta::seconds(i64::try_from(number).unwrap()),
            },
            records: part.to_vec(),
            complete: true,
            calls: 1,
            source: SourceId::CLOUDTRAIL,
        };
        facts.push(Recorded {
            observed_at,
            fact: Fact::TrailSearched { answer },
        });
    }
    let live = (0..LOOKS)
        .map(|_| {
            let known = usize::try_from(dice.below(facts.len() as u64)).unwrap();
            Session::replay(root.clone(), &facts[..known])
        })
        .collect();
    dice.shuffle(&mut facts);
    Telling {
        session: Session::replay(root, &facts),
        live,
        way,
        truths: case
            .truths
            .iter()
            .map(|truth| Truth {
                stack: truth.stack.as_deref().map(|stack| renamed_text(stack, &names)),
                // A stack that turned by itself is called as the stack is.
                logical_id: renamed_text(&truth.logical_id, &names),
                ..truth.clone()
            })
            .collect(),
    }
}

/// Other names for the account, the stack and the role.
fn names(case: &Case, dice: &mut Dice) -> Vec<(String, String)> {
    let letters = |dice: &mut Dice| -> String {
        (0..5)
            .map(|_| char::from(b'a' + u8::try_from(dice.below(26)).unwrap()))
            .collect()
    };
    let account = format!("{:012}", 200_000_000_000 + dice.below(700_000_000_000));
    let mut names = vec![(case.root.account().to_owned(), account)];
    // A name shorter than ten letters is in too many words.
    if case.root.name().len() >= 8 {
        names.push((
            case.root.name().to_owned(),
            format!("{}-{}", letters(dice), case.root.name().replace("prod", "live")),
        ));
    }
    names.push(("cfn-exec-role".to_owned(), format!("{}-deploy", letters(dice))));
    names
}

fn renamed_text(text: &str, names: &[(String, String)]) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn renamed(value: &Value, names: &[(String, String)]) -> Value {
    serde_json::from_str(&renamed_text(&value.to_string(), names)).unwrap()
}

/// The same, earlier or later. The trail knows whole seconds.
fn shifted(value: &Value, by: TimeDelta, whole: bool) -> Value {
    match value {
        Value::String(text) => {
            let is_time = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T');
            match DateTime::parse_from_rfc3339(text) {
                Ok(at) if is_time => json!(written(at.to_utc() + by, whole)),
                _ => value.clone(),
            }
        }
        Value::Array(items) => items.iter().map(|item| shifted(item, by, whole)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), shifted(member, by, whole)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => value.clone(),
    }
}

pub(super) fn written(at: DateTime<Utc>, whole: bool) -> String {
    let form = if whole {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Millis
    };
    at.to_rfc3339_opts(form, true)
}

/// Takes a member away, as services leave out this and that.
fn maim(record: &mut Value, dice: &mut Dice) {
    const MEMBERS: [&str; 8] = [
        "requestParameters",
        "responseElements",
        "errorMessage",
        "requestID",
        "readOnly",
        "userAgent",
        "sourceIPAddress",
        "resources",
    ];
    if !dice.in_a_hundred(40) {
        return;
    }
    let at = usize::try_from(dice.below(MEMBERS.len() as u64)).unwrap();
    if let Some(members) = record.as_object_mut() {
        members.remove(MEMBERS[at]);
    }
}
