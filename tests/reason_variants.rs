//! Reasons in AWS's words that are in no sample file: what a reader that only knows the samples gets wrong.

use stacktrail::domain::category::Category::{self, *};
use stacktrail::domain::reason::{ReasonFacts, cascade, not_an_error};

/// Provider's brackets around a message.
fn old(message: &str, service: &str, status: u16, code: &str) -> String {
    format!(
        "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: \
         5d1e6f70-0a0b-4c0d-8e0f-001122334455; Proxy: null)"
    )
}

/// A handler's words around a message.
fn new(message: &str, service: &str, status: u16, code: &str) -> String {
    format!(
        "Resource handler returned message: \"{message} (Service: {service}, Status Code: {status}, Request ID: \
         5d1e6f70-0a0b-4c0d-8e0f-001122334455) (SDK Attempt Count: 1)\" (RequestToken: \
         0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: {code})"
    )
}

fn custom(message: &str) -> String {
    format!(
        "Received response status [FAILED] from custom resource. Message returned: {message} (RequestId: \
         7e8d9c0b-0a0b-4c0d-8e0f-001122334455)"
    )
}

fn rows() -> Vec<(String, Category)> {
    let old_texts = [
        (
            "Network vpc-1 already has an internet gateway attached",
            "AmazonEC2",
            400,
            "Resource.AlreadyAssociated",
            AlreadyExists,
        ),
        (
            "Value () for parameter groupId is invalid. The value cannot be empty",
            "AmazonEC2",
            400,
            "InvalidParameterValue",
            InvalidRequest,
        ),
        (
            "The vpc ID 'vpc-1' does not exist",
            "AmazonEC2",
            400,
            "InvalidVpcID.NotFound",
            NotFound,
        ),
        (
            "resource sg-1 has a dependent object",
            "AmazonEC2",
            400,
            "DependencyViolation",
            DependencyViolation,
        ),
        (
            "The security group 'web' already exists for VPC 'vpc-1'",
            "AmazonEC2",
            400,
            "InvalidGroup.Duplicate",
            AlreadyExists,
        ),
        (
            "The maximum number of addresses has been reached.",
            "AmazonEC2",
            400,
            "AddressLimitExceeded",
            LimitExceeded,
        ),
        (
            "Request limit exceeded.",
            "AmazonEC2",
            503,
            "RequestLimitExceeded",
            Throttling,
        ),
        (
            "We currently do not have sufficient p3.2xlarge capacity in the Availability Zone you requested",
            "AmazonEC2",
            500,
            "InsufficientInstanceCapacity",
            LimitExceeded,
        ),
        (
            "filter policy quota exceeded",
            "AmazonSNS",
            403,
            "FilterPolicyLimitExceeded",
            LimitExceeded,
        ),
        (
            "Role with name app already exists.",
            "AmazonIdentityManagement",
            409,
            "EntityAlreadyExists",
            AlreadyExists,
        ),
        (
            "The role with name app cannot be found.",
            "AmazonIdentityManagement",
            404,
            "NoSuchEntity",
            NotFound,
        ),
        (
            "Resource x must be in ARN format or \"*\".",
            "AmazonIdentityManagement",
            400,
            "MalformedPolicyDocument",
            InvalidRequest,
        ),
        (
            "Function not found: arn:aws:lambda:eu-west-1:1:function:f",
            "AWSLambda",
            404,
            "ResourceNotFoundException",
            NotFound,
        ),
        (
            "Unzipped size must be smaller than 262144000 bytes",
            "AWSLambdaInternal",
            400,
            "InvalidParameterValueException",
            InvalidRequest,
        ),
        (
            "The runtime parameter of nodejs8.10 is no longer supported for creating or updating AWS Lambda functions.",
            "AWSLambdaInternal",
            400,
            "InvalidParameterValueException",
            InvalidRequest,
        ),
        (
            "The statement id (s) provided already exists.",
            "AWSLambdaInternal",
            409,
            "ResourceConflictException",
            AlreadyExists,
        ),
        (
            "The specified capacity provider is in use and cannot be removed.",
            "AmazonECS",
            400,
            "ResourceInUseException",
            DependencyViolation,
        ),
        (
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
            "AmazonECS",
            400,
            "InvalidParameterException",
            AccessDenied,
        ),
        (
            "The target group does not have an associated load balancer.",
            "AmazonECS",
            400,
            "InvalidParameterException",
            InvalidRequest,
        ),
        (
            "Cluster not found.",
            "AmazonECS",
            400,
            "ClusterNotFoundException",
            NotFound,
        ),
        (
            "Cannot find version 9.6.1 for postgres",
            "AmazonRDS",
            400,
            "InvalidParameterCombination",
            InvalidRequest,
        ),
        (
            "DB instance already exists",
            "AmazonRDS",
            400,
            "DBInstanceAlreadyExists",
            AlreadyExists,
        ),
        (
            "DBSubnetGroup 'default' not found.",
            "AmazonRDS",
            404,
            "DBSubnetGroupNotFoundFault",
            NotFound,
        ),
        (
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            "AmazonRDS",
            400,
            "InvalidParameterCombination",
            DependencyViolation,
        ),
        (
            "[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]",
            "AmazonRoute53",
            400,
            "InvalidChangeBatch",
            AlreadyExists,
        ),
        (
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
            "AmazonRoute53",
            400,
            "HostedZoneNotEmpty",
            DependencyViolation,
        ),
        (
            "Rate exceeded",
            "AmazonApiGateway",
            429,
            "TooManyRequestsException",
            Throttling,
        ),
        (
            "Too Many Requests",
            "AmazonApiGateway",
            429,
            "TooManyRequestsException",
            Throttling,
        ),
        (
            "The REST API doesn't contain any methods",
            "AmazonApiGateway",
            400,
            "BadRequestException",
            InvalidRequest,
        ),
        (
            "Subscriber limit exceeded: Only 10 tables can be created, updated, or deleted simultaneously",
            "AmazonDynamoDBv2",
            400,
            "LimitExceededException",
            LimitExceeded,
        ),
        (
            "Table already exists: jobs",
            "AmazonDynamoDBv2",
            400,
            "ResourceInUseException",
            AlreadyExists,
        ),
        (
            "The security token included in the request is expired",
            "AmazonECS",
            400,
            "ExpiredTokenException",
            AccessDenied,
        ),
        (
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/gone\"",
            "AmazonIdentityManagement",
            400,
            "MalformedPolicyDocument",
            InvalidRequest,
        ),
        (
            "Template URL must reference a valid S3 object to which you have access.",
            "AmazonCloudFormation",
            400,
            "ValidationError",
            InvalidRequest,
        ),
        (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
            "Amazon S3",
            409,
            "BucketAlreadyExists",
            AlreadyExists,
        ),
        (
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
            "Amazon S3",
            409,
            "OperationAborted",
            Other,
        ),
        (
            "We encountered an internal error. Please try again.",
            "Amazon S3",
            500,
            "InternalError",
            InternalFailure,
        ),
        (
            "Service is unavailable",
            "AmazonElasticLoadBalancing",
            503,
            "ServiceUnavailable",
            InternalFailure,
        ),
    ];
    let new_texts = [
        (
            "Invalid request provided: Role ARN arn:aws:iam::1:role/r does not exist",
            "Lambda",
            400,
            "InvalidRequest",
            NotFound,
        ),
        (
            "An ancestor of this resource has the same variable name as this one: {userId}",
            "ApiGateway",
            400,
            "InvalidRequest",
            InvalidRequest,
        ),
        (
            "Invalid request provided: Create TaskDefinition: Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.",
            "Ecs",
            400,
            "InvalidRequest",
            InvalidRequest,
        ),
        (
            "Invalid request provided: UpdateService error: The provided target group has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.",
            "Ecs",
            400,
            "InvalidRequest",
            InvalidRequest,
        ),
        (
            "Lambda was unable to delete arn:aws:lambda:us-east-1:1:function:f:1 because it is a replicated function.",
            "Lambda",
            400,
            "InvalidRequest",
            DependencyViolation,
        ),
        (
            "Service returned error code AccessDeniedException",
            "Lambda",
            403,
            "GeneralServiceException",
            AccessDenied,
        ),
        (
            "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: The bucket is in this region: us-east-1.",
            "Lambda",
            400,
            "InvalidRequest",
            InvalidRequest,
        ),
        (
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
            "Lambda",
            400,
            "InvalidRequest",
            NotFound,
        ),
        (
            "One or more of the CNAMEs you provided are already associated with a different resource.",
            "CloudFront",
            409,
            "AlreadyExists",
            AlreadyExists,
        ),
        (
            "Invalid id: 'ami-xx' (expecting 'ami-...').",
            "Ec2",
            400,
            "GeneralServiceException",
            InvalidRequest,
        ),
        (
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
            "Lambda",
            400,
            "InvalidRequest",
            AccessDenied,
        ),
        (
            "User pool already has a domain configured.",
            "CognitoIdentityProvider",
            400,
            "InvalidRequest",
            AlreadyExists,
        ),
        (
            "Cannot exceed quota for PoliciesPerRole: 10",
            "Iam",
            409,
            "ServiceLimitExceeded",
            LimitExceeded,
        ),
        (
            "CloudWatch Logs role ARN must be set in account settings to enable logging",
            "ApiGateway",
            400,
            "InvalidRequest",
            InvalidRequest,
        ),
        (
            "The CIDR '10.0.0.0/24' conflicts with another subnet",
            "Ec2",
            400,
            "GeneralServiceException",
            InvalidRequest,
        ),
    ];
    let plain = [
        (
            "Resource of type 'AWS::SES::EmailIdentity' with identifier 'example.com' already exists.",
            AlreadyExists,
        ),
        (
            "Resource of type 'AWS::Foo::Bar' with identifier 'x' was not found. (RequestToken: 1a-2b, HandlerErrorCode: NotFound)",
            NotFound,
        ),
        (
            "Resource of type 'AWS::Foo::Bar' with identifier 'x' did not stabilize. (RequestToken: 1a-2b, HandlerErrorCode: NotStabilized)",
            NotStabilized,
        ),
        (
            "Resource of type 'AWS::Foo::Bar' with identifier 'x' is not updatable with parameters provided. (HandlerErrorCode: NotUpdatable)",
            InvalidRequest,
        ),
        ("Network failure occurred during operation 'CREATE'.", Network),
        (
            "Limit exceeded for resource of type 'AWS::EC2::VPC'. Reason: none left",
            LimitExceeded,
        ),
        ("Access denied for operation 'AWS::Foo::Bar'.", AccessDenied),
        ("Internal error occurred.", InternalFailure),
        (
            "Resource handler returned message: \"null\" (RequestToken: 1a-2b, HandlerErrorCode: InternalFailure)",
            InternalFailure,
        ),
        (
            "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)",
            InternalFailure,
        ),
        (
            "Resource timed out waiting for completion (RequestToken: 1a-2b, HandlerErrorCode: InternalFailure)",
            NotStabilized,
        ),
        (
            "Resource timed out waiting for creation of physical resource",
            NotStabilized,
        ),
        (
            "Service arn:aws:ecs:eu-west-1:1:service/web did not stabilize.",
            NotStabilized,
        ),
        (
            "Received 0 SUCCESS signal(s) out of 1.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement",
            NotStabilized,
        ),
        (
            "WaitCondition received failed message: 'script failed' for uniqueId: i-1",
            NotStabilized,
        ),
        (
            "Stack creation time exceeded the specified timeout. Rollback requested by user.",
            NotStabilized,
        ),
        ("Export with name X is already exported by stack Y", AlreadyExists),
        ("No export named X found. Rollback requested by user.", NotFound),
        (
            "Unable to fetch parameters [/a/b] from parameter store for this account.",
            NotFound,
        ),
        (
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
            InvalidRequest,
        ),
        (
            "Template format error: YAML not well-formed. (line 3, column 1)",
            InvalidRequest,
        ),
        ("Circular dependency between resources: [A, B]", InvalidRequest),
        ("Requires capabilities : [CAPABILITY_IAM]", InvalidRequest),
        (
            "Properties validation failed for resource X with message: #/ContainerDefinitions/0: extraneous key [a] is not permitted",
            InvalidRequest,
        ),
        ("Encountered unsupported property Foo", InvalidRequest),
        ("Property Name cannot be empty.", InvalidRequest),
        ("Value of property Tags must be of type List", InvalidRequest),
        (
            "Role arn:aws:iam::1:role/deploy is invalid or cannot be assumed",
            AccessDenied,
        ),
        (
            "This AWS account currently does not support creating load balancers. For more information, please contact AWS Support.",
            AccessDenied,
        ),
        (
            "API: ec2:RunInstances You are not authorized to perform this operation. Encoded authorization failure message: abc",
            AccessDenied,
        ),
        (
            "You have requested more vCPU capacity than your current vCPU limit of 1 allows for the instance bucket",
            LimitExceeded,
        ),
        (
            "jobs-1 already exists in stack arn:aws:cloudformation:eu-west-1:1:stack/other/1-2",
            AlreadyExists,
        ),
        ("Invalid PhysicalResourceId", CustomResourceFailed),
        (
            "Invalid Response object: 'FAILURE' is not a valid ResponseStatus",
            CustomResourceFailed,
        ),
        ("Data returned must be an object", CustomResourceFailed),
        (
            "Vendor response doesn't contain Url key in object arn:aws:x in S3 bucket b",
            CustomResourceFailed,
        ),
        (
            "Custom Resource failed to stabilize in expected time. If you are using the Python cfn-response module, you may need to update",
            CustomResourceTimeout,
        ),
        (
            "Hook failed with message: Template failed validation, the following rule(s) failed: R1",
            Other,
        ),
        (
            "Circuit breaker: ECS Deployment Circuit Breaker was triggered",
            NotStabilized,
        ),
        (
            "Nodegroup n failed to stabilize: [{Code: NodeCreationFailure,Message: Instances failed to join the kubernetes cluster,ResourceIds: [i-1]}]",
            NotStabilized,
        ),
        ("connect ECONNREFUSED 10.0.0.1:443", Network),
        (
            "Resource handler returned message: \"text\" (RequestToken: 1a-2b, HandlerErrorCode: InternalFailure)",
            InternalFailure,
        ),
        (
            "Maximum policy size of 10240 bytes exceeded for role r",
            LimitExceeded,
        ),
        ("The deployment was cancelled because alarm X fired", Other),
        (
            "Cannot delete a policy attached to entities.",
            DependencyViolation,
        ),
        ("Bucket assets did not stabilize", NotStabilized),
        ("Rollback requested by user.", Rollback),
    ];
    let mut rows: Vec<(String, Category)> = Vec::new();
    rows.extend(
        old_texts
            .into_iter()
            .map(|(text, service, status, code, kind)| (old(text, service, status, code), kind)),
    );
    rows.extend(
        new_texts
            .into_iter()
            .map(|(text, service, status, code, kind)| (new(text, service, status, code), kind)),
    );
    rows.extend(plain.into_iter().map(|(text, kind)| (text.to_owned(), kind)));
    let own = [
        "Error: AccessDenied: Access Denied",
        "Could not find rule 'x'",
        "An error occurred (OperationAborted) when calling the PutBucket operation: busy",
    ];
    rows.extend(own.into_iter().map(|text| (custom(text), CustomResourceFailed)));
    rows
}

#[test]
fn unseen_messages_fall_into_the_right_category() {
    let rows = rows();
    let mut wrong = Vec::new();
    for (reason, expected) in &rows {
        let found = ReasonFacts::read(reason, None, Some("CREATE_FAILED")).category;
        if found != *expected {
            wrong.push(format!("expected {expected:?}, read {found:?}: {reason}"));
        }
        assert_eq!(cascade(reason, None, None), None, "{reason}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn fields_of_an_unseen_denial_are_complete() {
    let reason = new(
        "User: arn:aws-cn:sts::111122223333:assumed-role/deploy/AWSCloudFormation is not authorized to perform: \
         lambda:GetLayerVersion on resource: arn:aws-cn:lambda:cn-north-1:444455556666:layer:tools:3 because no \
         resource-based policy allows the lambda:GetLayerVersion action",
        "Lambda",
        403,
        "AccessDenied",
    );
    let facts = ReasonFacts::read(&reason, None, None);
    assert_eq!(facts.denied_action.as_deref(), Some("lambda:GetLayerVersion"));
    assert_eq!(
        facts.principal_arn.as_deref(),
        Some("arn:aws-cn:sts::111122223333:assumed-role/deploy/AWSCloudFormation")
    );
    assert_eq!(
        facts.resource_arn.as_deref(),
        Some("arn:aws-cn:lambda:cn-north-1:444455556666:layer:tools:3")
    );
    assert_eq!(
        facts.api_request_id(),
        Some("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
    );
    assert_eq!(facts.custom_resource_request_id, None);
}

#[test]
fn a_custom_resources_two_ids_are_kept_apart() {
    let facts = ReasonFacts::read(&custom(&old("no", "AmazonS3", 403, "AccessDenied")), None, None);
    assert_eq!(
        facts.api_request_id(),
        Some("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
    );
    assert_eq!(
        facts.custom_resource_request_id.as_deref(),
        Some("7e8d9c0b-0a0b-4c0d-8e0f-001122334455")
    );
    let facts = ReasonFacts::read(&custom("no"), None, None);
    assert_eq!(facts.api_request_id(), None);
    assert_eq!(facts.request_id, facts.custom_resource_request_id);
}

#[test]
fn progress_is_not_an_error() {
    for text in [
        "Resource creation Initiated",
        "User Initiated",
        "Eventual consistency check initiated",
        "Hook invocations complete.  Resource creation initiated",
        "Resource operation completed using Express Mode. It may continue becoming available in the background.",
        "",
    ] {
        assert!(not_an_error(text), "{text}");
    }
    for text in [
        "Resource creation cancelled",
        "The following hook(s) failed: [A]",
        "User initiatedness is unknown",
    ] {
        assert!(!not_an_error(text), "{text}");
    }
}
