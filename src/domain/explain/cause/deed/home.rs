//! To which service a thing belongs: a cluster of EKS and one of Redshift may bear one name.

use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::lists::LISTS;
use crate::domain::explain::cause::thing::{self, Thing};
use crate::domain::explain::matching::{hosts_of_type, plain_host};
use crate::domain::model::arn::Arn;
use crate::domain::model::trail::TrailRecord;

/// Services whose ARNs name them otherwise than the trail does.
const OTHERWISE: [(&str, &str); 4] = [
    ("sts", "iam"),
    ("cloudwatch", "monitoring"),
    ("catalog", "servicecatalog"),
    ("ses", "email"),
];

/// The hosts of the services to which a thing may belong; none where nothing tells.
pub(super) fn hosts(failure: &Failure, thing: &Thing) -> Vec<String> {
    if let Some(arn) = thing.arn.as_deref().and_then(Arn::parse) {
        let other = OTHERWISE.iter().filter(|(service, _)| *service == arn.service);
        let mut hosts: Vec<String> = other.map(|(_, host)| (*host).to_owned()).collect();
        if arn.service != "sts" {
            hosts.push(plain_host(arn.service));
        }
        return hosts;
    }
    let of_type = hosts_of_type(&failure.event.resource_type);
    if !of_type.is_empty() && thing::kind_of(failure).as_deref() == Some(thing.kind.as_str()) {
        return of_type;
    }
    let homes = LISTS.homes.get(&thing.kind).cloned().unwrap_or_default();
    let nearby: Vec<String> = homes
        .iter()
        .filter(|host| of_type.contains(host))
        .cloned()
        .collect();
    if nearby.is_empty() { homes } else { nearby }
}

/// Whether a call was made to a service to which the thing may belong.
pub(super) fn is_at_home(failure: &Failure, record: &TrailRecord, thing: &Thing) -> bool {
    let hosts = hosts(failure, thing);
    hosts.is_empty() || hosts.contains(&plain_host(&record.source))
}
