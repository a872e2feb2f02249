//! Faults that a scenario scripts, broken connections, and calls that nobody knows.

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::TimeDelta;
use rstest::rstest;
use stacktrail::sandbox::{CallOutcome, InjectedFaultKind, Scenario, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Play, code, message};

#[rstest]
#[case("throttle", "Throttling", "ThrottlingException")]
#[case("server_error", "InternalFailure", "InternalFailure")]
#[case("expired", "ExpiredToken", "ExpiredTokenException")]
#[case("denied", "AccessDenied", "AccessDeniedException")]
#[tokio::test]
async fn a_fault_speaks_each_services_language(
    #[case] kind: &str,
    #[case] in_xml: &str,
    #[case] in_json: &str,
) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let play = Play::with_faults(scenario, &[&format!("*={kind}")]).await;
    play.at(0, 40);
    let in_stacks = play
        .stacks()
        .describe_stacks()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&in_stacks), in_xml);
    let in_trail = play.trail().lookup_events().send().await.unwrap_err();
    assert_eq!(code(&in_trail), in_json);
    if kind == "denied" {
        let words = message(&in_trail);
        assert!(
            words.contains("is not authorized to perform: cloudtrail:LookupEvents because no"),
            "{words}"
        );
    }
    if kind == "expired" {
        assert_eq!(
            message(&in_stacks),
            "The security token included in the request is expired"
        );
    }
}

#[rstest]
#[case("reset")]
#[case("truncated")]
#[case("silent")]
#[case("html")]
#[tokio::test]
async fn a_broken_connection_hits_the_call_it_names_and_no_other(#[case] kind: &str) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let play = Play::with_faults(scenario, &[&format!("DescribeStacks={kind}#2")]).await;
    play.at(0, 40);
    let stacks = play.stacks();
    let ask = || stacks.describe_stacks().stack_name("shop-prod").send();
    assert!(ask().await.is_ok());
    let broken = ask().await.unwrap_err();
    assert_eq!(broken.code(), None, "there is no service error to read");
    assert!(ask().await.is_ok());
    let outcomes: Vec<_> = play.sandbox.calls().iter().map(|call| call.outcome).collect();
    let kind: InjectedFaultKind = kind.parse().unwrap();
    assert_eq!(
        outcomes,
        [
            CallOutcome::Answered,
            CallOutcome::Fault(kind),
            CallOutcome::Answered
        ]
    );
}

#[tokio::test]
async fn a_truncated_body_is_begun() {
    let play = Play::with_faults(
        Scenario::builtin("clean-update").unwrap(),
        &["GetCallerIdentity=truncated"],
    )
    .await;
    let address = play.sandbox.endpoint_url().replace("http://", "");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        body.starts_with("<GetCallerIdentityResponse") && body.len() < announced.parse().unwrap(),
        "{answer}"
    );
}

#[tokio::test]
async fn a_scripted_fault_passes_with_its_time() {
    let play = Play::named("rough-network").await;
    let stacks = play.stacks();
    let ask = || stacks.describe_stack_events().stack_name("wiki-prod").send();
    play.at(0, 14);
    assert!(ask().await.is_ok());
    play.at(0, 20);
    assert_eq!(code(&ask().await.unwrap_err()), "Throttling");
    play.at(0, 46);
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn unknown_operations_and_rubbish_are_answered_in_shape() {
    let play = Play::named("clean-update").await;
    let unknown = play.stacks().list_exports().send().await.unwrap_err();
    assert_eq!(code(&unknown), "InvalidAction");
    let unknown = play.trail().list_trails().send().await.unwrap_err();
    assert_eq!(code(&unknown), "UnknownOperationException");
    let unknown = play.functions().list_functions().send().await.unwrap_err();
    assert_eq!(code(&unknown), "ResourceNotFoundException");
    let identity = aws_sdk_sts::Client::new(&play.config("eu-west-1"))
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(identity.account(), Some("555566667777"));

    let address = play.sandbox.endpoint_url().replace("http://", "");
    for (request, expected) in [
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nx-amz-target: Logs_20140328.FilterLogEvents\r\n\r\n{{{{",
            "SerializationException",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n%%%",
            "InvalidAction",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\nauthorization: Credential=/\r\ncontent-length: 0\r\n\r\n",
            "InvalidAction",
        ),
        ("nonsense\r\n\r\n", "400 Bad Request"),
    ] {
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 2048];
        let length = socket.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.contains(expected), "{request:?} was answered {answer:?}");
    }
}

#[tokio::test]
async fn calls_are_remembered_with_their_moment() {
    let play = Play::named("clean-update").await;
    play.at(0, 30);
    play.stacks()
        .describe_stacks()
        .stack_name("orders-api")
        .send()
        .await
        .unwrap();
    let calls = play.sandbox.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].service, calls[0].operation.as_str()),
        (Service::CloudFormation, "DescribeStacks")
    );
    assert_eq!(calls[0].at, play.sandbox.zero() + TimeDelta::seconds(30));
    assert_eq!(calls[0].detail, "StackName=orders-api");
}
