//! How to ask a service what became of one of its resources: a call of the AWS CLI, by the resource's type.
//!
//! The list is data (`assets/describe_calls.toml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

static CALLS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // The file is part of the program and a test reads it, so the empty list is never seen.
    toml::from_str(include_str!("../../../assets/describe_calls.toml")).unwrap_or_default()
});

/// What stands for a physical id in the list, longest first.
const PLACES: [&str; 3] = ["NAME", "ARN", "ID"];

/// How signatures send to the service where nothing narrower is known.
const PHRASE: &str = " (its describe call, its console)";

/// The call for a resource of this type, with its physical id where that is one that the call takes.
pub fn describe_call(resource_type: &str, physical_id: Option<&str>) -> Option<String> {
    let call = CALLS.get(resource_type)?;
    let named = physical_id.and_then(|id| {
        let place = PLACES.into_iter().find(|place| takes(call, place))?;
        // An id of two parts is not what a call takes, and what could end a word of a shell is not repeated.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let fits = match place {
            "ARN" => {
                id.starts_with("arn:")
                    && id
                        .bytes()
                        .all(|byte| is_plain(byte) || matches!(byte, b':' | b'/'))
            }
            _ => !id.is_empty() && id.bytes().all(is_plain),
        };
        fits.then(|| put(call, place, id))
    });
    Some(named.unwrap_or_else(|| call.clone()))
}

/// A step that sends to the service of a resource, with the call that shows it.
pub fn with_describe_call(step: &str, resource_type: &str, physical_id: Option<&str>) -> Option<String> {
    let (head, tail) = step.split_once(PHRASE)?;
    let call = describe_call(resource_type, physical_id)?;
    Some(format!("{head} (`{call}`){tail}"))
}

fn takes(call: &str, place: &str) -> bool {
    call.split([' ', '=']).any(|word| word == place)
}

fn put(call: &str, place: &str, id: &str) -> String {
    let words = call.split(' ').map(|word| match word.strip_suffix(place) {
        Some(head) if head.is_empty() || head.ends_with('=') => format!("{head}{id}"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_a_call_on_one_resource() {
        let text = include_str!("../../../assets/describe_calls.toml");
        let calls: BTreeMap<String, String> = toml::from_str(text).unwrap();
        assert!(calls.len() > 50);
        for (resource_type, call) in &calls {
            assert_eq!(resource_type.split("::").count(), 3, "{resource_type}");
            assert!(call.starts_with("aws ") && call.is_ascii(), "{call}");
            let verb = call.split(' ').nth(2).unwrap();
            assert!(
                ["describe-", "get-", "list-"]
                    .iter()
                    .any(|head| verb.starts_with(head)),
                "{call} only looks"
            );
            let places = PLACES.iter().filter(|place| takes(call, place)).count();
            assert_eq!(places, 1, "{call}");
        }
    }

    #[test]
    fn the_physical_id_is_put_in_where_the_call_takes_it() {
        let call = |resource_type, id| describe_call(resource_type, id).unwrap();
        assert_eq!(
            call("AWS::ElasticBeanstalk::Environment", Some("shop-env.1")),
            "aws elasticbeanstalk describe-events --environment-name shop-env.1"
        );
        let arn = "arn:aws:ecs:eu-west-1:111122223333:service/shop/web";
        assert!(
            call("AWS::ECS::Service", Some(arn)).ends_with(&format!("--cluster CLUSTER --services {arn}"))
        );
        assert!(
            call("AWS::DMS::ReplicationTask", Some("arn:aws:dms:x:1:task:A"))
                .ends_with("Values=arn:aws:dms:x:1:task:A")
        );
        assert!(
            call("AWS::DAX::Cluster", Some("sessions"))
                .ends_with("--source-type CLUSTER --source-name sessions")
        );
    }

    #[test]
    fn an_id_that_the_call_does_not_take_is_not_put_in() {
        let bare =
            "aws rds describe-events --source-type db-instance --source-identifier NAME --duration 1440";
        let tempting = [
            "",
            "arn:aws:rds:eu-west-1:111122223333:db:shop",
            "shop; rm -rf ~",
            "$(id)",
            "shop|prod",
            "shöp",
        ];
        for id in tempting {
            assert_eq!(
                describe_call("AWS::RDS::DBInstance", Some(id)).unwrap(),
                bare,
                "{id}"
            );
        }
        assert!(
            describe_call("AWS::Batch::JobQueue", Some("jobs"))
                .unwrap()
                .ends_with("--job-queues ARN")
        );
        assert!(
            describe_call("AWS::EKS::Nodegroup", Some("shop/workers"))
                .unwrap()
                .ends_with("--cluster-name CLUSTER --nodegroup-name NAME")
        );
        assert_eq!(
            describe_call("AWS::SQS::Queue", Some("jobs")),
            None,
            "a queue has no state"
        );
        assert_eq!(describe_call("Custom::Setup", Some("x")), None);
    }

    #[test]
    fn only_a_step_that_sends_to_the_service_is_told_more() {
        let step = "Ask the service what became of the resource (its describe call, its console), and look.";
        assert_eq!(
            with_describe_call(step, "AWS::Lambda::Function", Some("setup")).unwrap(),
            "Ask the service what became of the resource (`aws lambda get-function --function-name setup`), and look."
        );
        assert_eq!(
            with_describe_call("Deploy again.", "AWS::Lambda::Function", None),
            None
        );
        assert_eq!(with_describe_call(step, "AWS::SQS::Queue", None), None);
    }
}
