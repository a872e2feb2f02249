//! Whether a call was made, or was refused on something, in another account or region than the stack's.

use super::elsewhere::{is_named_nowhere, is_of_its_kind};
use super::service::{is_global, plain_host};
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::Arn;
use crate::domain::model::trail::TrailRecord;

/// Services whose things have one name in the whole partition: where a call for one is recorded is no place of the stack's.
const NAMED_EVERYWHERE: [&str; 3] = ["s3", "wafv2", "ecr-public"];

/// Services whose things other accounts share: the properties tell these by an id alone.
///
/// Source: AWS RAM user guide, "Shareable AWS resources".
const SHARED: [&str; 5] = [
    "ec2",
    "network-firewall",
    "networkmanager",
    "route53resolver",
    "vpc-lattice",
];

/// Whether a call lies in another account or region than the stack, and nothing of the resource speaks of that place: the
/// region of a peer and the account of a key's owner stand in the properties.
pub(super) fn is_elsewhere(failure: &Failure, record: &TrailRecord, refused_on: Option<&str>) -> bool {
    let stack = &failure.event.stack_id;
    let host = plain_host(&record.source);
    let is_bound = !is_global(&host) && !NAMED_EVERYWHERE.contains(&host.as_str());
    if is_bound && is_another(failure, &record.region, stack.region()) {
        return true;
    }
    let Some((on, arn)) = refused_on.and_then(|on| Some((on, Arn::parse(on)?))) else {
        return false;
    };
    let Arn { account, region, .. } = arn;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_foreign = is_account && is_another(failure, account, stack.account());
    let is_not_it = || {
        !SHARED.contains(&arn.service)
            || is_of_its_kind(failure, on)
            || is_named_nowhere(failure, on)
            || is_told_elsewhere(failure, on)
    };
    (is_foreign && is_not_it())
        || (is_bound && region.contains('-') && is_another(failure, region, stack.region()))
}

/// Whether a property tells the very thing by an ARN of another account.
fn is_told_elsewhere(failure: &Failure, on: &str) -> bool {
    let Some(on) = Arn::parse(on) else { return false };
    let told = failure.settings.values().filter_map(|value| Arn::parse(value));
    let alike = |told: Arn<'_>| told.resource == on.resource && told.account != on.account;
    told.filter(|told| told.service == on.service).any(alike)
}

/// Whether it is a place of its own, of which neither properties nor id nor reason speak.
fn is_another(failure: &Failure, place: &str, own: &str) -> bool {
    let speaks = |text: &str| text.contains(place);
    !place.is_empty()
        && place != own
        && !failure.settings.values().any(|value| speaks(value))
        && !failure.physical_id.iter().any(|id| speaks(id))
        && !failure.reason().is_some_and(speaks)
}
