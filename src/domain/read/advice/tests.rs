use rstest::rstest;

use super::*;

fn about<'a>(sentence: &'a str, kind: &'a str) -> Complaint<'a> {
    Complaint {
        sentence,
        about: Some("Thing"),
        kind: Some(kind),
        region: Some("eu-west-1"),
    }
}

#[rstest]
#[case(
    "1 validation error detected: Value 'a-long-name' at 'roleName' failed to satisfy constraint: Member must have length less \
     than or equal to 64",
    "shorten RoleName to at most 64 characters"
)]
#[case(
    "Value nodejs8 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.13] or be \
     a valid ARN",
    "set Runtime (it is nodejs8) to one of nodejs20.x, python3.13"
)]
#[case(
    "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 3008",
    "set MemorySize to at most 3008"
)]
#[case(
    "Model validation failed (#/RetentionInDays: #: 15 is not a valid enum value)",
    "set RetentionInDays (it is 15)"
)]
#[case(
    "Properties validation failed for resource Queue with message: #/VisibilityTimeout: expected type: Integer, found: String",
    "For Queue: write VisibilityTimeout as a whole number, not as a text"
)]
#[case("#: extraneous key [ACL] is not permitted", "take ACL out")]
#[case("[#: required key [KeySchema] not found]", "add KeySchema")]
#[case(
    "The subnet ID 'subnet-0a1b' does not exist",
    "`aws ec2 describe-subnets --subnet-ids subnet-0a1b --region eu-west-1`"
)]
#[case(
    "Function not found: arn:aws:lambda:us-east-1:111122223333:function:app",
    "is not there in us-east-1, account 111122223333"
)]
#[case("DB Cluster shop-db is not found", "DB Cluster shop-db is not there")]
#[case(
    "Parameter value subnet-0a1b for parameter name Subnets does not exist",
    "Give the parameter Subnets what is there"
)]
#[case(
    "my-bucket.example.com already exists",
    "--physical-resource-id my-bucket.example.com --region eu-west-1`"
)]
#[case(
    "Unsupported KafkaVersion [2.2.0]. Valid values: [2.8.1, 3.6.0]",
    "set KafkaVersion to one of these: 2.8.1, 3.6.0"
)]
#[case(
    "Value (eu-west-1d) for parameter availabilityZone is invalid. Subnets can currently only be created in the following \
     availability zones: eu-west-1a, eu-west-1b.",
    "set availabilityZone to one of these: eu-west-1a, eu-west-1b"
)]
#[case(
    "Property SubnetIds cannot be empty.",
    "Give SubnetIds of Thing a value: it came out empty"
)]
#[case(
    "RoleArn is required for target arn:aws:sqs:eu-west-1:111122223333:q.",
    "Add RoleArn to the properties of Thing"
)]
#[case(
    "Volume size must be between 10 and 100 for t3.small.search",
    "bring volume size to a value between 10 and 100"
)]
#[case(
    "Name of the thing cannot be longer than '32' characters",
    "shorten name of the thing to at most 32 characters"
)]
#[case(
    "MaxCapacity should not be set if WorkerType and NumberOfWorkers are specified",
    "Leave MaxCapacity out of Thing, or change what it does not go with (WorkerType and NumberOfWorkers are specified)"
)]
#[case(
    "Encountered unsupported property SubnetID",
    "Take SubnetID out of the properties of Thing"
)]
fn a_sentence_says_what_to_do(#[case] sentence: &str, #[case] wanted: &str) {
    let step = told(&about(sentence, "AWS::SQS::Queue")).unwrap_or_default();
    assert!(step.contains(wanted), "{step}");
}

/// What would tempt it: a word of the sentence is no name, words of a list are no values, and what CloudFormation says of
/// the template is about no resource.
#[rstest]
#[case("The queue policy does not exist")]
#[case("No permissions for [indices:data/read/search]")]
#[case("A listener already exists on this port")]
#[case(
    "Resource of type 'AWS::ApiGateway::Stage' with identifier 'RestApiId: a StageName: prod' already exists."
)]
#[case("Resource of type 'AWS::SQS::Queue' with identifier 'a; rm -rf ~' already exists.")]
#[case("Route with key GET /orders already exists for this API")]
#[case("Parameter 'VpcId' must be one of AllowedValues")]
#[case("Valid descriptions are strings less than 256 characters from the following set: a-z")]
#[case("A valid ARN begins with arn: and includes other information, separated by colons")]
#[case("Template format error: The Name field of every Export member must be specified")]
#[case("Updates are not allowed for property - UsernameAttributes.")]
#[case("Stack with id shop-1 does not exist")]
#[case("Cannot find version 11.9 for postgres")]
#[case("The security token included in the request is invalid.")]
#[case("Create TaskDefinition: nothing exists for given values")]
#[case("Update to PayPerRequest mode are limited to once in 1 day(s).")]
#[case("Use of cache security groups is not permitted in this version for your account.")]
#[case("To enable it for a provider, the group must have protection.")]
#[case("The table has no sort key, which is required here")]
#[case("Rate exceeded")]
#[case("Internal Failure")]
#[case("")]
fn a_sentence_that_says_nothing_of_the_kind_is_left_alone(#[case] sentence: &str) {
    assert_eq!(told(&about(sentence, "AWS::SQS::Queue")), None);
}

#[rstest]
#[case(
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
    "AWS::StepFunctions::StateMachine",
    Some("{\"Service\": \"states.amazonaws.com\"}")
)]
#[case(
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    "AWS::Scheduler::Schedule",
    Some(
        "the role that Thing names hold {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"scheduler.amazonaws.com\"}"
    )
)]
#[case(
    "Firehose is unable to assume role arn:aws:iam::111122223333:role/fh. Please check the role provided.",
    "AWS::KinesisFirehose::DeliveryStream",
    Some("of arn:aws:iam::111122223333:role/fh hold")
)]
// Nobody writes the trust policy of a role that AWS makes, nor is a caller's own denial one of a service.
#[case(
    "Unable to assume the service linked role. Please verify that it exists.",
    "AWS::ECS::Cluster",
    None
)]
#[case("The role cannot be assumed", "AWS::Unknown::Thing", None)]
#[case("The role name is too long", "AWS::Lambda::Function", None)]
fn a_role_that_is_not_assumed_is_told_its_statement(
    #[case] sentence: &str,
    #[case] kind: &str,
    #[case] wanted: Option<&str>,
) {
    let step = about_trust(&about(sentence, kind));
    assert_eq!(step.is_some(), wanted.is_some(), "{step:?}");
    assert!(step.unwrap_or_default().contains(wanted.unwrap_or_default()));
}

#[test]
fn a_quota_is_told_with_the_code_of_its_service() {
    let vpcs = about_a_quota(&about(
        "The maximum number of VPCs has been reached.",
        "AWS::EC2::VPC",
    ))
    .unwrap_or_default();
    assert!(vpcs.starts_with("The quota of VPCs is used up."), "{vpcs}");
    assert!(vpcs.contains("--service-code vpc --region eu-west-1`"), "{vpcs}");
    assert_eq!(about_a_quota(&about("Limit exceeded", "Custom::Thing")), None);
}

#[test]
fn only_what_is_written_as_a_property_is_one() {
    assert_eq!(
        properties_named(
            "MaxCapacity should not be set if WorkerType is, says CloudFormation (InvalidInputException), of arn:aws:x:MyName"
        ),
        ["MaxCapacity", "WorkerType"]
    );
}

#[rstest]
#[case(
    "resource sg-0a1b2c3d has a dependent object",
    "Name=group-id,Values=sg-0a1b2c3d --region eu-west-1`"
)]
#[case(
    "The subnet 'subnet-0a1b2c3d' has dependencies and cannot be deleted.",
    "Name=subnet-id,Values=subnet-0a1b2c3d --region"
)]
#[case(
    "The vpc 'vpc-0a1b2c3d' has dependencies and cannot be deleted.",
    "Name=vpc-id,Values=vpc-0a1b2c3d"
)]
#[case(
    "The internetGateway 'igw-0a1b2c3d' has dependencies and cannot be deleted.",
    "--internet-gateway-ids igw-0a1b2c3d"
)]
#[case(
    "Network interface 'eni-0a1b2c3d' is currently in use.",
    "--network-interface-ids eni-0a1b2c3d"
)]
fn what_holds_a_part_of_a_network_is_asked_for_by_its_id(#[case] sentence: &str, #[case] step: &str) {
    let said = told(&about(sentence, "AWS::EC2::Subnet")).unwrap_or_default();
    assert!(said.contains(step), "{said}");
}

/// Its id alone, or somebody's name for it, says nothing of what holds it.
#[rstest]
#[case("The security group 'sg-0a1b2c3d' does not exist")]
#[case("sg-0a1b2c3d has a rule already")]
#[case("resource web has a dependent object")]
#[case("The subnet 'subnet-0a1b2c3d' has dependencies")]
#[case("Network interface 'eni-0a1b2c3d' is not in use")]
fn what_is_not_held_is_not_asked_for(#[case] sentence: &str) {
    let said = told(&about(sentence, "AWS::EC2::Subnet")).unwrap_or_default();
    assert!(!said.contains("then delete again"), "{said}");
}

#[rstest]
#[case("Launch template name must be unique", "let launch template name be unique")]
#[case("Lambda function must have a role", "let Lambda function have a role")]
#[case("MemorySize must be a multiple of 64", "bring MemorySize to a multiple of 64")]
fn a_subject_begins_small_within_a_step(#[case] sentence: &str, #[case] step: &str) {
    let said = told(&about(sentence, "AWS::EC2::LaunchTemplate")).unwrap_or_default();
    assert!(said.contains(step), "{said}");
}

#[test]
fn nobody_is_brought_to_a_number() {
    let said = told(&about(
        "You should at least provide one valid token",
        "AWS::Amplify::App",
    ));
    assert!(!said.unwrap_or_default().contains("bring You"));
}
