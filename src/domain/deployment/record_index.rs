//! Trail records arranged so that the few that may belong to a failure are found without looking at all.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use super::super::session::{SeenRecord, Session};
use crate::domain::deployment::principal::Principals;
use crate::domain::model::arn::CLOUDFORMATION_SESSION;
use crate::domain::model::trail::TrailRecord;

/// So many names of one role's sessions are kept.
const SESSIONS: usize = 64;

/// The records of a session by time, caller and request id.
#[derive(Debug)]
pub struct RecordIndex<'a> {
    records: Vec<&'a SeenRecord>,
    by_request: HashMap<&'a str, Vec<usize>>,
    errors_by_role: HashMap<&'a str, Vec<usize>>,
    errors_by_name: HashMap<&'a str, Vec<usize>>,
    /// By the ARN of what the caller's credentials were issued to.
    errors_by_bearer: HashMap<&'a str, Vec<usize>>,
    errors_by_cloudformation: Vec<usize>,
    /// What failed, or was a dry run, whoever called.
    failed: Vec<usize>,
    writes_by_caller: HashMap<&'a str, Vec<usize>>,
    reads_by_caller: HashMap<&'a str, Vec<usize>>,
    /// The names of the sessions of each role.
    sessions_by_role: HashMap<&'a str, BTreeSet<&'a str>>,
    control_plane: Vec<usize>,
    cloudformation_roles: BTreeSet<&'a str>,
    cloudformation_callers: BTreeSet<String>,
}

impl<'a> RecordIndex<'a> {
    /// Arranges a session's records.
    pub fn of(session: &'a Session) -> Self {
        let mut records: Vec<&SeenRecord> = session.trail().records().values().collect();
        // The trail is ordered by id, so equal times keep an order that does not depend on arrival.
        records.sort_by_key(|seen| seen.record.at);
        let mut index = Self {
            by_request: HashMap::with_capacity(records.len()),
            errors_by_role: HashMap::new(),
            errors_by_name: HashMap::new(),
            errors_by_bearer: HashMap::new(),
            errors_by_cloudformation: Vec::new(),
            failed: Vec::new(),
            writes_by_caller: HashMap::new(),
            reads_by_caller: HashMap::new(),
            sessions_by_role: HashMap::new(),
            control_plane: Vec::new(),
            cloudformation_roles: BTreeSet::new(),
            cloudformation_callers: BTreeSet::new(),
            records: Vec::new(),
        };
        for (at, seen) in records.iter().enumerate() {
            index.insert(at, seen);
        }
        index.records = records;
        index
    }

    fn insert(&mut self, at: usize, seen: &'a SeenRecord) {
        let record = seen.record.as_ref();
        if let Some(request) = record.request_id.as_deref() {
            self.by_request.entry(request).or_default().push(at);
        }
        if record.source == "cloudformation.amazonaws.com" {
            self.control_plane.push(at);
        }
        let role = record.identity.role_name();
        let by_session = record.identity.name.as_deref() == Some(CLOUDFORMATION_SESSION);
        if let (Some(role), Some(name)) = (role, record.identity.name.as_deref()) {
            let sessions = self.sessions_by_role.entry(role).or_default();
            if sessions.len() < SESSIONS {
                sessions.insert(name);
            }
        }
        if by_session {
            self.cloudformation_roles.extend(role);
        } else if record.is_by_cloudformation() && self.cloudformation_callers.len() < 2 {
            self.cloudformation_callers.insert(record.caller());
        }
        if record.is_error() || record.is_dry_run() {
            self.failed.push(at);
        }
        if !record.is_error() {
            if let Some(caller) = role.or(record.identity.name.as_deref())
                && !record.is_dry_run()
            {
                let calls = if record.only_reads() {
                    &mut self.reads_by_caller
                } else {
                    &mut self.writes_by_caller
                };
                calls.entry(caller).or_default().push(at);
            }
            return;
        }
        if let Some(role) = role {
            self.errors_by_role.entry(role).or_default().push(at);
        }
        if let Some(name) = record.identity.name.as_deref() {
            self.errors_by_name.entry(name).or_default().push(at);
        }
        if let Some(bearer) = record.identity.issued_to.as_deref() {
            self.errors_by_bearer.entry(bearer).or_default().push(at);
        }
        if by_session || record.is_by_cloudformation() {
            self.errors_by_cloudformation.push(at);
        }
    }

    /// The record at a place of this index.
    pub fn get(&self, at: usize) -> Option<&'a SeenRecord> {
        self.records.get(at).copied()
    }

    /// The records within a window, oldest first.
    pub fn within(&self, window: &RangeInclusive<DateTime<Utc>>) -> &[&'a SeenRecord] {
        let from = self
            .records
            .partition_point(|seen| seen.record.at < *window.start());
        let to = self
            .records
            .partition_point(|seen| seen.record.at <= *window.end());
        self.records.get(from..to).unwrap_or_default()
    }

    /// The records of one AWS request.
    pub fn of_request(&self, id: &str) -> &[usize] {
        self.by_request.get(id).map_or(&[], Vec::as_slice)
    }

    /// The calls on CloudFormation itself, oldest first.
    pub fn control_plane(&self) -> impl Iterator<Item = &'a SeenRecord> {
        self.control_plane
            .iter()
            .filter_map(|at| self.records.get(*at).copied())
    }

    /// The roles that were seen calling, each with the names of its sessions.
    pub fn sessions(&self) -> impl Iterator<Item = (&'a str, &BTreeSet<&'a str>)> {
        self.sessions_by_role.iter().map(|(role, names)| (*role, names))
    }

    /// The one role under which CloudFormation was seen calling, if there is just one.
    pub fn only_cloudformation_role(&self) -> Option<&'a str> {
        let mut roles = self.cloudformation_roles.iter();
        match (roles.next(), roles.next()) {
            (Some(role), None) => Some(role),
            _ => None,
        }
    }

    /// The one caller as whom CloudFormation was seen calling without a service role, if there is just one.
    pub fn only_cloudformation_caller(&self) -> Option<&str> {
        let mut callers = self.cloudformation_callers.iter();
        match (callers.next(), callers.next()) {
            (Some(caller), None) => Some(caller),
            _ => None,
        }
    }

    /// The failed calls within a window whose caller may belong to a failure, each once.
    pub fn candidates(
        &self,
        principals: &Principals<'_>,
        stack_roles: &[&str],
        window: &RangeInclusive<DateTime<Utc>>,
    ) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let named = principals.own.iter().chain(&principals.settings);
        for principal in named {
            let list = match (&principal.role, &principal.session) {
                (Some(role), _) => self.errors_by_role.get(role.as_str()),
                (None, Some(name)) => self.errors_by_name.get(name.as_str()),
                (None, None) => None,
            };
            found.extend(list.map_or(&[][..], |list| self.cut(list, window)));
        }
        for role in stack_roles {
            let list = self.errors_by_role.get(role);
            found.extend(list.map_or(&[][..], |list| self.cut(list, window)));
        }
        for (bearer, list) in &self.errors_by_bearer {
            if principals.may_bear(bearer) {
                found.extend(self.cut(list, window));
            }
        }
        found.extend(self.cut(&self.errors_by_cloudformation, window));
        found
    }

    /// The calls that failed within a window, and dry runs, whoever made them: oldest first.
    pub fn failed_within(&self, window: &RangeInclusive<DateTime<Utc>>) -> &[usize] {
        self.cut(&self.failed, window)
    }

    /// The calls that changed something within a window and were made by the caller of this record, by the role where
    /// it has one.
    pub fn writes_of(&self, record: &TrailRecord, window: &RangeInclusive<DateTime<Utc>>) -> &[usize] {
        let caller = record.identity.role_name().or(record.identity.name.as_deref());
        let list = caller.and_then(|caller| self.writes_by_caller.get(caller));
        list.map_or(&[], |list| self.cut(list, window))
    }

    /// The calls that only read, within a window and by the caller of this record.
    pub fn reads_of(&self, record: &TrailRecord, window: &RangeInclusive<DateTime<Utc>>) -> &[usize] {
        let caller = record.identity.role_name().or(record.identity.name.as_deref());
        let list = caller.and_then(|caller| self.reads_by_caller.get(caller));
        list.map_or(&[], |list| self.cut(list, window))
    }

    /// The part of a list, which is ordered by time, that lies within a window.
    fn cut<'l>(&self, list: &'l [usize], window: &RangeInclusive<DateTime<Utc>>) -> &'l [usize] {
        let at = |index: &usize| self.get(*index).map(|seen| seen.record.at);
        let from = list.partition_point(|index| at(index).is_some_and(|at| at < *window.start()));
        let to = list.partition_point(|index| at(index).is_some_and(|at| at <= *window.end()));
        list.get(from..to).unwrap_or_default()
    }

    /// The roles among these under which something failed.
    pub fn failing_roles<'r>(&self, roles: impl Iterator<Item = &'r str>) -> Vec<&'r str> {
        let mut found: Vec<&str> = roles
            .filter(|role| self.errors_by_role.contains_key(role))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
