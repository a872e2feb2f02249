//! The service error codes that tell a category by themselves. Data only.

use crate::domain::model::category::Category;
use crate::domain::model::category::Category::{
    AccessDenied, AlreadyExists, DependencyViolation, InternalFailure, LimitExceeded, NotFound, Throttling,
};

/// Stems that services share in their error codes (lower case), strongest first: `InvalidGroup.NotFound`,
/// `EntityAlreadyExists`, `VpcLimitExceeded`.
pub(super) const SURE: &[(Category, &[&str])] = &[
    (
        Throttling,
        &[
            "requestlimitexceeded",
            "throttl",
            "toomanyrequests",
            "slowdown",
            "priorrequestnotcomplete",
        ],
    ),
    (
        Throttling,
        &["bandwidthlimitexceeded", "rateexceeded", "ratelimit"],
    ),
    (
        AccessDenied,
        &[
            "accessdenied",
            "unauthorized",
            "notauthorized",
            "invalidclienttokenid",
            "unrecognizedclient",
        ],
    ),
    (
        AccessDenied,
        &[
            "authfailure",
            "forbidden",
            "expiredtoken",
            "signaturedoesnotmatch",
            "optinrequired",
        ],
    ),
    (
        AccessDenied,
        &[
            "subscriptionrequired",
            "authorizationerror",
            "insufficientprivileges",
        ],
    ),
    (
        AlreadyExists,
        &[
            "alreadyexist",
            "alreadyowned",
            "alreadyassociated",
            "alreadyinuse",
            "duplicate",
        ],
    ),
    (
        AlreadyExists,
        &["conflictingdomain", "entityexists", "nameexists", "alreadytaken"],
    ),
    (
        DependencyViolation,
        &[
            "dependencyviolation",
            "deleteconflict",
            "notempty",
            "inuse.",
            "hasdependen",
        ],
    ),
    (
        LimitExceeded,
        &[
            "limitexceeded",
            "quotaexceeded",
            "toomany",
            "insufficientcapacity",
            "limitsexceeded",
        ],
    ),
    (
        LimitExceeded,
        &[
            "insufficientinstancecapacity",
            "insufficientdbinstancecapacity",
            "limitreached",
            "entitytoolarge",
        ],
    ),
    (
        NotFound,
        &[
            "notfound",
            "nosuch",
            "doesnotexist",
            "unknownresource",
            "nonexistent",
            "missingresource",
        ],
    ),
    (
        InternalFailure,
        &[
            "internalfailure",
            "internalerror",
            "internalserver",
            "serviceunavailable",
        ],
    ),
    (InternalFailure, &["internalservice"]),
];
