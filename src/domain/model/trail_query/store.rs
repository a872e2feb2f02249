//! An event data store of CloudTrail Lake as CloudTrail describes it: what it records, and of whom.

use serde::{Deserialize, Serialize};

use crate::domain::model::arn::Arn;
use crate::domain::model::described_trail::RecordedData;
use crate::domain::model::trail_table::{RegionName, StoreId};

/// An event data store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DescribedStore {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What it records; none where that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<StoreRecords>,
}

/// What an event data store records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own in CloudTrail"
)]
pub struct StoreRecords {
    /// Management events.
    pub management: bool,
    /// Calls on data.
    pub data: Vec<RecordedData>,
    /// Those of every account of the organisation.
    pub organisation: bool,
    /// Those of every region.
    pub every_region: bool,
}

/// Which calls somebody looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedCalls<'a> {
    /// Those on resources.
    Management,
    /// Those on data of this kind; of any where none is named.
    Data(Option<&'a str>),
}

impl DescribedStore {
    /// Its ID.
    pub fn id(&self) -> Option<StoreId> {
        StoreId::parse(&self.arn).ok()
    }

    /// Where it is.
    pub fn region(&self) -> Option<RegionName> {
        RegionName::parse(Arn::region_of(&self.arn)?).ok()
    }

    /// Whether it may have such calls of an account in a region: what is not known is not taken for no.
    pub fn may_have(&self, calls: WantedCalls<'_>, account: &str, region: &str) -> bool {
        let Some(records) = &self.records else {
            return true;
        };
        let is_there = records.every_region || Arn::region_of(&self.arn) == Some(region);
        let is_theirs = records.organisation || Arn::account_of(&self.arn) == Some(account);
        let is_recorded = match calls {
            WantedCalls::Management => records.management,
            WantedCalls::Data(kind) => records
                .data
                .iter()
                .any(|data| kind.is_none_or(|kind| data.resource_type == kind)),
        };
        is_there && is_theirs && is_recorded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_what_it_records_and_of_whom() {
        let data = |kind: &str| RecordedData {
            resource_type: kind.to_owned(),
            reads: true,
            writes: true,
            narrowed: false,
        };
        let mut store = DescribedStore {
            arn: "arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
                .to_owned(),
            name: "audit".to_owned(),
            records: Some(StoreRecords {
                management: false,
                data: vec![data("AWS::S3::Object")],
                organisation: false,
                every_region: false,
            }),
        };
        assert!(store.id().is_some() && store.region().is_some());
        let s3 = WantedCalls::Data(Some("AWS::S3::Object"));
        let own = "123456789012";
        assert!(store.may_have(s3, own, "eu-west-1"));
        assert!(store.may_have(WantedCalls::Data(None), own, "eu-west-1"));
        assert!(!store.may_have(WantedCalls::Data(Some("AWS::SQS::Queue")), own, "eu-west-1"));
        assert!(!store.may_have(WantedCalls::Management, own, "eu-west-1"));
        assert!(!store.may_have(s3, "640000000990", "eu-west-1"));
        assert!(!store.may_have(s3, own, "us-east-1"));
        store.records = None;
        assert!(store.may_have(WantedCalls::Management, "640000000990", "us-east-1"));
    }
}
