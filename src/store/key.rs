//! Names of the objects in a store.
//!
//! The folders of facts are laid out so that a query engine finds account, region and day without a list of them
//! (Athena's partition projection). A name tells its writer, the writer's number and the digest of the content.

use chrono::NaiveDate;
use object_store::path::{Path, PathPart};

use super::digest;
use super::segment::RecorderId;
use crate::domain::model::stack::StackId;

/// What holds for the whole store.
const POLICY: &str = "store.json";
/// Where facts stand.
const FACTS: &str = "facts";
/// Where the index stands.
const INDEX: &str = "index";
/// Where stands what is concluded of deployments.
const DEPLOYMENTS: &str = "deployments";
/// What every object is: lines of JSON, packed.
const ENDING: &str = ".jsonl.gz";

/// Who wrote an object, as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The writer.
    pub(super) recorder: RecorderId,
    /// The writer's own count.
    pub(super) number: u64,
    /// Of the content.
    pub(super) digest: String,
}

impl Written {
    /// The name of an object's bytes.
    pub(super) fn new(recorder: &RecorderId, number: u64, bytes: &[u8]) -> Self {
        Self {
            recorder: recorder.clone(),
            number,
            digest: digest::of(bytes),
        }
    }

    fn name(&self) -> String {
        let Self {
            recorder,
            number,
            digest,
        } = self;
        format!("{recorder}-{number:08}-{digest}{ENDING}")
    }

    /// Reads the last part of an object's name; `None` where nothing of ours is named so.
    pub(super) fn parse(path: &Path) -> Option<Self> {
        let name = path.filename()?.strip_suffix(ENDING)?;
        let mut parts = name.splitn(3, '-');
        let recorder = RecorderId::parse(parts.next()?)?;
        let number = parts.next()?.parse().ok()?;
        let digest = parts.next()?;
        (digest.len() == digest::DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| {
            Self {
                recorder,
                number,
                digest: digest.to_owned(),
            }
        })
    }
}

/// The folder of a session's segments of a day.
pub(super) fn session(root: &StackId, day: NaiveDate) -> Path {
    partition(FACTS, root, day).join(format!("{}.{}", root.name(), root.uuid()).as_str())
}

/// What a query engine finds without a list: the same for everything that lies by account, region and day.
fn partition(place: &str, root: &StackId, day: NaiveDate) -> Path {
    let parts = [
        place.to_owned(),
        format!("account={}", root.account()),
        format!("region={}", root.region()),
        format!("day={day}"),
    ];
    parts.iter().map(|part| PathPart::from(part.as_str())).collect()
}

/// The folder of what is concluded of deployments.
pub(super) fn deployments() -> Path {
    Path::from(DEPLOYMENTS)
}

/// The folder of what is concluded of an account's and region's deployments that began on a day.
pub(super) fn deployments_of(root: &StackId, day: NaiveDate) -> Path {
    partition(DEPLOYMENTS, root, day)
}

/// The name of an object in a folder.
pub(super) fn named(folder: &Path, written: &Written) -> Path {
    folder.clone().join(written.name().as_str())
}

/// The name of a segment.
pub(super) fn segment(root: &StackId, day: NaiveDate, written: &Written) -> Path {
    session(root, day).join(written.name().as_str())
}

/// What holds for the whole store.
pub(super) fn policy() -> Path {
    Path::from(POLICY)
}

/// The folder of all facts.
pub(super) fn facts() -> Path {
    Path::from(FACTS)
}

/// The folder of the index.
pub(super) fn index() -> Path {
    Path::from(INDEX)
}

/// The folder of a day's index.
pub(super) fn index_of(day: NaiveDate) -> Path {
    index().join(format!("day={day}").as_str())
}

/// The name of a part of the index.
pub(super) fn index_part(day: NaiveDate, written: &Written) -> Path {
    index_of(day).join(written.name().as_str())
}

/// The day that an object's folders tell.
pub(super) fn day(path: &Path) -> Option<NaiveDate> {
    column(path, "day")?.parse().ok()
}

/// What an object's folders tell of a column.
pub(super) fn column(path: &Path, name: &str) -> Option<String> {
    path.parts().find_map(|part| {
        let value = part.as_ref().strip_prefix(name)?.strip_prefix('=')?;
        Some(value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec";

    #[test]
    fn a_name_tells_account_region_day_stack_and_writer() {
        let root = StackId::parse(SHOP).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let written = Written::new(&RecorderId::parse("6b1f").unwrap(), 3, b"content");
        let name = segment(&root, day, &written);
        assert_eq!(
            name.as_ref(),
            format!(
                "facts/account=123456789012/region=eu-west-1/day=2026-11-27/shop.1f3113b0-f92c-11ec/6b1f-00000003-{}.jsonl.gz",
                digest::of(b"content")
            )
        );
        assert_eq!(Written::parse(&name), Some(written));
        assert_eq!(super::day(&name), Some(day));
    }

    #[test]
    fn what_is_not_named_so_is_nothing_of_ours() {
        for name in [
            "facts/readme.txt",
            "facts/.jsonl.gz",
            "facts/6b1f-1.jsonl.gz",
            "facts/6b1f-00000001-short.jsonl.gz",
            "facts/6b1f-one-00112233445566778899aabbccddeeff.jsonl.gz",
            "facts/..-00000001-00112233445566778899aabbccddeeff.jsonl.gz",
        ] {
            assert_eq!(Written::parse(&Path::from(name)), None, "{name}");
        }
    }

    #[test]
    fn an_id_with_a_separator_stays_one_folder() {
        let root = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/a..b/%2F~x").unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        assert_eq!(session(&root, day).parts().count(), 5);
    }
}
