//! The words by which a reason's category is told, strongest first. Data only.
//!
//! Patterns are matched against lower-case text with single spaces and straight quotes. They are literals
//! wherever possible: a gap is bounded, so that reading stays linear and fast.

use crate::domain::model::category::Category;
use crate::domain::model::category::Category::{
    AccessDenied, AlreadyExists, DependencyViolation, InternalFailure, InvalidRequest, LimitExceeded,
    Network, NotFound, NotStabilized, Other, Rollback, Throttling,
};

/// Words that decide even against a code that says little.
pub(super) const SURE: &[(Category, &str)] = &[
    // A stack's own state.
    (
        Rollback,
        r"is in ['\[]?[a-z_]+['\]]? state and (can ?not|can't) be (updated|deleted|rolled)",
    ),
    (
        Rollback,
        r"is in a non-terminal|with non-updatable status: [a-z_]+",
    ),
    (Rollback, r"cannot be (updated|deleted) while in status"),
    // What hides the reason is not the reason.
    (Rollback, r"status reason is not available because"),
    (Rollback, r"^(stack )?rollback (requested|initiated|triggered)"),
    (
        Rollback,
        r"rollback triggered by|triggered a rollback|cannot be rolled back|failed to roll ?back",
    ),
    (Rollback, r"entered (the )?alarm state"),
    // The last words of tools that wait for a stack: they tell of no cause.
    (
        Other,
        r"stack did not reach a successful|encountered a failure state|stack (creation|update|deletion) failed\. please check|resource is not in the state stack|failed waiting for successful resource state",
    ),
    // CloudFormation's own refusals: a template is wrong although the words sound like something else.
    (InvalidRequest, r"^template (format|validation)? ?error"),
    (
        InvalidRequest,
        r"required (property|key) \[[a-z0-9_.:/-]+\] not found",
    ),
    (
        InvalidRequest,
        r"is not supported for stacks? that|must use the same deploymentconfig|deployment mode and are in",
    ),
    (
        InvalidRequest,
        r"\b(vpc|subnet)[- ][a-z0-9-]+ has no internet gateway",
    ),
    (
        NotStabilized,
        r"nodecreationfailure|failed to join the kubernetes cluster",
    ),
    (
        InvalidRequest,
        r"unresolved resource dependenc|circular dependency",
    ),
    (
        InvalidRequest,
        r"(properties|model|property|template) validation fail",
    ),
    (InvalidRequest, r"#/[a-z0-9/_.-]+: "),
    (InvalidRequest, r"does not support attribute"),
    (InvalidRequest, r"failed to satisfy constraint"),
    (InvalidRequest, r"invalid serverless application specification"),
    (InvalidRequest, r"could not deliver test message"),
    (InvalidRequest, r"custom-named resource requires replacing"),
    (
        InvalidRequest,
        r"update of resource type is not permitted|modifies resource type",
    ),
    (InvalidRequest, r"not supported for resource import"),
    (InvalidRequest, r"more than one (gsi|index)"),
    (InvalidRequest, r"cannot find version"),
    // Checks of an organization are none of the categories.
    (
        Other,
        r"hook\(s\)|hook failed|earlyvalidation|non-?compliant|blocked by hook",
    ),
    (Other, r"failed without an error message"),
    // A program's own failure, whatever the members are called.
    (
        InternalFailure,
        r"cannot (read|set) (property|properties) |cannot convert undefined or null|object has no attribute '|is not a function( |$|\n)|object is not (iterable|subscriptable|callable)",
    ),
    // Too fast.
    (
        Throttling,
        r"rate exceeded|rate limit|too many requests|throttling|throttled|request limit exceeded",
    ),
    (
        Throttling,
        r"please reduce your request rate|slow ?down|toomanyrequests|requestlimitexceeded",
    ),
    (
        Throttling,
        r"maximum (request|call|transaction) rate|exceeded the (request|call) rate",
    ),
    // Not allowed.
    (
        AccessDenied,
        r"not authorized|not authorised|unauthorized|access denied|access is denied|accessdenied",
    ),
    (Other, r"received malformed response from transform"),
    (
        AlreadyExists,
        r"must wait 60 seconds after deleting|queue \S+ was deleted recently",
    ),
    (LimitExceeded, r"policy document length breaking cloudwatch logs"),
    (
        InvalidRequest,
        r"certificate that is attached to your distribution",
    ),
    (
        AccessDenied,
        r"explicit deny|explicitly denie|permission denied|authorization failure|authorizationerror",
    ),
    (
        AccessDenied,
        r"access has been denied|denied access|forbidden|access to the resource is denied",
    ),
    (
        AccessDenied,
        r"security token included in the request is (invalid|expired)|unable to locate credentials",
    ),
    (
        AccessDenied,
        r"(does not|doesn't|do not|don't|did not|not) have ([a-z'-]+ ){0,4}(permission|access|authori)",
    ),
    (
        AccessDenied,
        r"(insufficient|missing|lacks?|lacking|no|necessary|required) ([a-z-]+ ){0,2}(permission|privilege)s?",
    ),
    (
        AccessDenied,
        r"(cannot|can't|could not|can not|unable to|failed to|not able to) (be assumed|assume)",
    ),
    (
        AccessDenied,
        r"not allowed to assume|trust (policy|relationship)|permissions error|must be allowed to use",
    ),
    (
        AccessDenied,
        r"\b(user|role|principal|caller|identity|account)\b.{0,80} (is|are) not permitted",
    ),
    (
        AccessDenied,
        r"make sure (that )?you have given [a-z ]{1,40} permission|ensure (that )?(the|your) ([a-z]+ ){0,3}(role|user|policy|permissions?) (can|has|have|allow)",
    ),
    (
        AccessDenied,
        r"account must be verified|issue with your aws account|account is (being )?(validated|suspended)",
    ),
    (
        AccessDenied,
        r"account currently does not support|account has been (blocked|suspended)|account is currently blocked",
    ),
    (
        AccessDenied,
        r"cross-account pass role|passrole|not subscribed to|opt-?in required|needs? a subscription",
    ),
    // A transform's errors are the template's, whatever they speak of.
    (InternalFailure, r"internal transform failure"),
    (InvalidRequest, r"^transform \S+ failed with"),
    // A limit on what there may be. Waiting for capacity belongs here as well.
    (
        LimitExceeded,
        r"limit ?exceeded|limit has been (reached|exceeded)|limit (was|is) (reached|exceeded)|quota",
    ),
    (
        LimitExceeded,
        r"(exceed(s|ed|ing)?|reached|over|beyond) (the |your |its |this |an? )?([a-z-]+ ){0,4}limits?\b",
    ),
    (
        LimitExceeded,
        r"maximum (allowed )?number of|maximum limit|has been reached|unreservedconcurrentexecution",
    ),
    (
        LimitExceeded,
        r"maximum policy size|capacity limit|limit of \d+|greater than maximum allowed",
    ),
    (
        LimitExceeded,
        r"(sufficient|insufficient|not enough|no) ([a-z-]+ ){0,3}(capacity|addresses|free addresses)",
    ),
    (
        LimitExceeded,
        r"vcpu limit|vcpu capacity|too many (buckets|tags|rules|policies|versions|subnets|resources|stacks)",
    ),
    (
        LimitExceeded,
        r"already (has|have) \d+ |cannot exceed quota|limitexceeded|exceeds the (number|allowed|maximum num)",
    ),
    (
        LimitExceeded,
        r"may not exceed \d+ bytes|only \d+ [a-z ]+ (is|are) allowed per (account|region)",
    ),
    // It waited in vain. Stands above what may be quoted as the waiting's last answer.
    (
        NotStabilized,
        r"last error: %!s\((<nil>)?\)|unexpected state '[a-z_ ]*fail[a-z_ ]*', wanted target|wanted target '[a-z, _]+'\.?$|failed to communicate with aws elastic|entered terminated state",
    ),
    (
        NotStabilized,
        r"stabili[sz]e|stabili[sz]ation|circuit breaker|resource signal|(failure|success) signal|in an unexpected state\.?($|[^a-z0-9',: ]| \()",
    ),
    (
        NotStabilized,
        r"waitcondition (timed out|received)|exceeded attempts to wait|timed out waiting|timeout waiting",
    ),
    (
        NotStabilized,
        r"max(imum)? (number of )?(wait )?(attempts|retries)|stack creation time exceeded|wait(ing)? timed? ?out",
    ),
    (
        NotStabilized,
        r"(did not|didn't|failed to|never) (become|reach|enter|complete|finish|start)",
    ),
    (
        NotStabilized,
        r"minsuccessfulinstancespercent|health check(s)? (failed|failing)|failed (elb |container |the )?health",
    ),
    (
        NotStabilized,
        r"unhealthy|operation timed out|exceeded ([a-z]+ ){0,3}(timeout|time limit)|in (a )?failed state",
    ),
    // Something else still needs it.
    (
        DependencyViolation,
        r"has some mapped public address|has (a )?dependen|dependent object|in use by|(currently|still|already) (in use|being used)",
    ),
    (
        DependencyViolation,
        r"(is|are) being used by|used by (another|other|the following)|still (contains?|references|has|have|us(es|ing))",
    ),
    (
        DependencyViolation,
        r"cannot delete (entity|a policy attached)|(is|are) not empty|must be empty|not empty|dependencyviolation",
    ),
    (
        DependencyViolation,
        r"replicated function|still attached|must (first )?(be )?(detach|remove|delete|disassociate)",
    ),
    (
        DependencyViolation,
        r"is referenced by|are referenced by|is (still )?associated with|has (active|associated|attached) ",
    ),
    (
        DependencyViolation,
        r"cannot be deleted (because|as|since|while|until)|deletion protection|existing (targets|members)",
    ),
    (
        DependencyViolation,
        r"is attached to|currently attached|(is )?in[- ]use\b",
    ),
    // The name is taken.
    (
        AlreadyExists,
        r"already (exist|been|associated|attached|taken|defined|created|registered|allocated|assigned|present)",
    ),
    (
        AlreadyExists,
        r"you already own it|already (exported|a conflicting|owned|subscribed|enabled|configured|part of|(has|have) (this|an? (internet|domain|record|rule|policy|default|name|variable)))",
    ),
    (
        AlreadyExists,
        r"is not available\. the bucket namespace|duplicate|must be unique|name is not unique",
    ),
    (
        AlreadyExists,
        r"conflicts with (an )?existing|conflicting dns|with the same (name|domain)|exists in (the )?stack",
    ),
    // Something is not there.
    (
        NotFound,
        r"(does|do|did) not exist|doesn't exist|don't exist|not exist\b|non-?existent|no longer exists",
    ),
    (
        NotFound,
        r"not found|notfound|could not find|cannot find|can't find|can not find|couldn't find|unable to find",
    ),
    (
        NotFound,
        r"(cannot|can't|could not|can not|couldn't) be (found|located)|unable to locate|cannot locate",
    ),
    (
        NotFound,
        r"no such|nosuch|no (export|bucket) named|no hosted zones? (named|found)|unable to fetch parameters",
    ),
    (
        NotFound,
        r"no [a-z-]+( [a-z-]+){0,3} (was |were )?found|there is no |(is|was|were) missing([.,;:)']|$| (in|from|on|for|or|and)\b)|unknown (resource|id)",
    ),
    // The line is down.
    (
        Network,
        r"\b(etimedout|econnrefused|econnreset|enotfound|ehostunreach|epipe)\b|socket hang up|getaddrinfo",
    ),
    (
        Network,
        r"socket timed out|connect(ion)? (timed out|timeout|refused|reset|aborted|closed|was closed|error)|read timed out",
    ),
    (
        Network,
        r"could not connect|can't connect|cannot connect|unable to connect|failed to connect|error while connecting",
    ),
    (
        Network,
        r"unable to execute http request|endpoint url|name or service not known|unknown ?host|no route to host",
    ),
    (
        Network,
        r"network failure|network error|temporary failure in name resolution|i/o timeout|dial tcp|tls handshake",
    ),
    (NotStabilized, r"timed[- ]out"),
    // Another operation is under way: none of the categories says that.
    (
        Other,
        r"conflicting (conditional )?operation|(is|are|currently|already) in progress|operation in progress",
    ),
    (
        Other,
        r"(try|retry) again (after|in|later)|can't currently|cannot currently|has a conflict|concurrent (modif|update)",
    ),
    (
        Other,
        r"currently being (modified|updated|created|deleted)|is (being|currently) (modified|updated|created|deleted)",
    ),
    (
        Other,
        r"no updates are to be performed|didn't contain changes|did not contain changes|user initiated",
    ),
    // It broke.
    (
        InternalFailure,
        r"internal (service |server )?(failure|error|transform failure)|internalfailure|internal server",
    ),
    (
        InternalFailure,
        r"nil pointer|null ?pointer|segmentation fault|runtime error|panicked|unhandled exception([^:]|$)",
    ),
    (
        InternalFailure,
        r"service (is )?(temporarily )?unavailable|serviceunavailable|unexpected (error|failure)|unknown error",
    ),
    (
        InternalFailure,
        r"unexpectedly (stopped|failed)|error reported from downstream|unable to process (the|your) request",
    ),
    (InternalFailure, r#"returned message: "null""#),
];

/// Words that only say that a request was not liked.
pub(super) const VAGUE: &[(Category, &str)] = &[
    (
        InvalidRequest,
        r"invalid|not valid|isn't valid|\ba valid\b|malformed|validation|bad (request|property|parameter)",
    ),
    (
        InvalidRequest,
        r"not supported|unsupported|does not support|doesn't support|not (a )?support|not applicable|not available in your account",
    ),
    (
        InvalidRequest,
        r"\bmust\b|\bshould\b|required|requires|\bmissing\b|cannot be|can't be|can not be|may not|may only",
    ),
    (
        InvalidRequest,
        r"not allowed|cannot (update|change|modify|specify|use|have|perform|create|add|set|contain|switch)",
    ),
    (
        InvalidRequest,
        r"could not (parse|unmarshal)|unable to parse|cannot parse|failed to parse|syntax|parse error",
    ),
    (
        InvalidRequest,
        r"unrecognized|unknown|undefined|extraneous|unexpected|illegal|incorrect|mismatch|incompatible|(do|does) not match",
    ),
    (
        InvalidRequest,
        r"not updatable|not permitted|will not allow|expected|at least|at most|no integration|cannot|encountered",
    ),
    (InvalidRequest, r"transform .{1,80} failed with"),
    (NotStabilized, r"time-?out"),
];
