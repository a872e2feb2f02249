//! `resource sg-0a1b has a dependent object`: what still uses a part of a network, asked for by its id.

use std::sync::LazyLock;

use regex::Regex;

use super::Complaint;
use crate::domain::read::pattern::pattern;

/// What EC2 says of a part of a network that it does not delete.
static HELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:.{0,80}: )?(?:resource |the [a-z]{3,20} )?['\[]?(?P<n>(?:sg|subnet|vpc|igw|rtb|acl)-[0-9a-f]{4,32})['\]]? has (?:a dependent object|dependencies and cannot be deleted)\b",
    )
});
/// ... and of an interface that something holds.
static IN_USE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:.{0,80}: )?(?:the )?network ?interface:? ?['\[]?(?P<n>eni-[0-9a-f]{4,32})['\]]? is (?:currently )?in use\b",
    )
});

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let held = failed
        .clauses()
        .find_map(|clause| HELD.captures(clause).or_else(|| IN_USE.captures(clause)));
    let held = held.as_ref()?;
    let id = &held["n"];
    let (kind, _) = id.split_once('-')?;
    let region = failed.in_region();
    let found = match kind {
        "sg" => format!(
            "`aws ec2 describe-network-interfaces --filters Name=group-id,Values={id}{region}` lists who has the group, and \
             `aws ec2 describe-security-groups --filters Name=ip-permission.group-id,Values={id}{region}` whose rules name it"
        ),
        "subnet" | "vpc" => format!(
            "`aws ec2 describe-network-interfaces --filters Name={kind}-id,Values={id}{region}` lists what is in it, each with a \
             description of what made it{}",
            if kind == "vpc" {
                "; security groups, endpoints and peerings of others hold it, too"
            } else {
                ""
            }
        ),
        "igw" => format!(
            "`aws ec2 describe-internet-gateways --internet-gateway-ids {id}{region}` names its VPC: public addresses in it hold \
             the gateway"
        ),
        "rtb" => format!(
            "`aws ec2 describe-route-tables --route-table-ids {id}{region}` lists the subnets that use it"
        ),
        "acl" => format!(
            "`aws ec2 describe-network-acls --network-acl-ids {id}{region}` lists the subnets that use it"
        ),
        _ => format!(
            "`aws ec2 describe-network-interfaces --network-interface-ids {id}{region}` says what holds it, in Description and \
             Attachment"
        ),
    };
    Some(format!(
        "{found}. Wait where that is on its way out (Lambda lets go of its interfaces within the hour), delete it otherwise, \
         then delete again: the stack, or, where an update left it behind, {id} itself. A deletion of the stack can also leave \
         it (`--retain-resources`)."
    ))
}
