//! An IAM action: `SERVICE:Operation`, as policies and denials write it.

/// The service's prefix and the operation; nothing where there is no colon.
pub(crate) fn parts(action: &str) -> Option<(&str, &str)> {
    action.split_once(':')
}

/// `lambda` of `lambda:GetFunction`; the whole text where there is no colon.
pub(crate) fn service(action: &str) -> &str {
    parts(action).map_or(action, |(service, _)| service)
}

/// `GetFunction` of `lambda:GetFunction`; the whole text where there is no colon.
pub(crate) fn operation(action: &str) -> &str {
    parts(action).map_or(action, |(_, operation)| operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_a_service_and_an_operation() {
        assert_eq!(parts("s3:CreateBucket"), Some(("s3", "CreateBucket")));
        assert_eq!(
            (service("s3:CreateBucket"), operation("s3:CreateBucket")),
            ("s3", "CreateBucket")
        );
    }

    /// What would tempt it: the bare name that a record or a service's message tells.
    #[test]
    fn a_bare_name_is_both() {
        assert_eq!(parts("CreateBucket"), None);
        assert_eq!(
            (service("CreateBucket"), operation("CreateBucket")),
            ("CreateBucket", "CreateBucket")
        );
    }
}
