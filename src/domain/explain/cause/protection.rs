//! What is protected against deletion, and the call that lifts it.

use super::Cause;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::event::is_plain_name;

/// The signature of what is protected so.
const PROTECTED: &str = "deletion-protected";

/// By type: what its protection is called in the template, and the call that lifts it on a thing of this name.
///
/// Source: the API references of the services.
const LIFTED: [(&str, &str, &str); 11] = [
    (
        "AWS::RDS::DBInstance",
        "DeletionProtection",
        "aws rds modify-db-instance --db-instance-identifier NAME --no-deletion-protection",
    ),
    (
        "AWS::RDS::DBCluster",
        "DeletionProtection",
        "aws rds modify-db-cluster --db-cluster-identifier NAME --no-deletion-protection",
    ),
    (
        "AWS::Neptune::DBCluster",
        "DeletionProtection",
        "aws neptune modify-db-cluster --db-cluster-identifier NAME --no-deletion-protection",
    ),
    (
        "AWS::DocDB::DBCluster",
        "DeletionProtection",
        "aws docdb modify-db-cluster --db-cluster-identifier NAME --no-deletion-protection",
    ),
    (
        "AWS::RDS::GlobalCluster",
        "DeletionProtection",
        "aws rds modify-global-cluster --global-cluster-identifier NAME --no-deletion-protection",
    ),
    (
        "AWS::DynamoDB::Table",
        "DeletionProtectionEnabled",
        "aws dynamodb update-table --table-name NAME --no-deletion-protection-enabled",
    ),
    (
        "AWS::DynamoDB::GlobalTable",
        "DeletionProtectionEnabled",
        "aws dynamodb update-table --table-name NAME --no-deletion-protection-enabled",
    ),
    (
        "AWS::EC2::Instance",
        "DisableApiTermination",
        "aws ec2 modify-instance-attribute --instance-id NAME --no-disable-api-termination",
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "deletion_protection.enabled",
        "aws elbv2 modify-load-balancer-attributes --load-balancer-arn NAME --attributes Key=deletion_protection.enabled,Value=false",
    ),
    (
        "AWS::NetworkFirewall::Firewall",
        "DeleteProtection",
        "aws network-firewall update-firewall-delete-protection --firewall-arn NAME --no-delete-protection",
    ),
    (
        "AWS::CloudFormation::Stack",
        "termination protection",
        "aws cloudformation update-termination-protection --stack-name NAME --no-enable-termination-protection",
    ),
];

/// Tells in the step of what is protected which protection it is, and how it is lifted on the very thing.
pub(super) fn name_call(cause: &mut Cause, failure: &Failure) {
    if cause.signature.as_deref() != Some(PROTECTED) {
        return;
    }
    let kind = failure.event.resource_type.as_str();
    let Some((_, what, call)) = LIFTED.iter().find(|(of, ..)| *of == kind) else {
        return;
    };
    let id = failure.physical_id.as_deref().filter(|id| is_plain_name(id));
    let call = call.replace(" NAME ", &format!(" {} ", id.unwrap_or("NAME")));
    let account = format!("Or lift it on the resource ({what}): `{call}`; then delete again.");
    cause.next_step.get_or_insert_default().account = Some(account);
}
