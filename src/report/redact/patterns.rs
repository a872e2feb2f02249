//! The shapes of what is masked.
//!
//! The shapes of secrets are those that their makers document. The rule sets of secret scanners (gitleaks,
//! detect-secrets) were weighed: they are made for source code, where a wrong find costs a look; here it costs a
//! readable report, and what stands in deployments' logs (flags, connection strings, records of calls) is little
//! of what they know.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// A value after its name: in quotes of the one or the other kind, or without.
macro_rules! value {
    () => {
        concat!(
            r#"\\*["']?\s*(?:=>|[:=])\s*(?:\\*"([^"\\\n]{3,})|\\*'([^'\\\n]{3,})"#,
            // In a connection string it goes on to the next setting.
            r#"|([^\s;="'\\,&<>](?:[^;="'\\\n]{1,120}[^\s;="'\\])?);\s*[A-Z][A-Za-z ]{1,40}="#,
            r#"|([^\s"'\\,;&)\]}<>]{3,}))"#,
        )
    };
}

/// Names of options that are followed by a secret.
macro_rules! flags {
    () => {
        concat!(
            "--?(?:[a-z0-9]+-)*(?:password|passwd|pass|passphrase|secret|secret-string|secret-binary|token|api-?key",
            "|access-?key|secret-?key|private-?key|encryption-?key|credentials)"
        )
    };
}

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $text:expr, told by $told:expr;)*) => {
        $(
            $(#[$doc])*
            pub(super) static $name: LazyLock<Regex> = LazyLock::new(|| pattern($text));
        )*

        /// What each pattern is told by.
        #[cfg(test)]
        pub(super) const EXAMPLES: &[(&str, &str)] = &[$((stringify!($name), $told)),*];

        #[cfg(test)]
        mod tests {
            #[test]
            fn every_pattern_compiles_and_finds_what_it_is_for() {
                $(assert!(super::$name.is_match(&$told.replace('~', "")), stringify!($name));)*
            }
        }
    };
}

patterns! {
    /// Ids of access keys, roles, users, groups, instance profiles, as IAM makes them.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
    ACCESS_KEY = r"(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{12,124}",
        told by "AKIAIOSFODNN7EXAMPLE";

    /// A mail address.
    EMAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", told by "a@b.c";

    /// Four numbers with dots; whether they are an address is seen by reading it.
    IPV4 = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", told by "1.2.3.4";

    /// An address in the name of a machine: `ip-10-0-1-23`.
    DASHED_ADDRESS = r"\b((?:ip|ec2)-)([0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3})\b", told by "ip-1-2-3-4";

    /// An account id as the console's sign-in page writes it.
    DASHED_ACCOUNT = r"\b[0-9]{4}-[0-9]{4}-[0-9]{4}\b", told by "1234-5678-9012";

    /// All groups of an id but the last, which may be digits.
    UUID_BUT_LAST = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}$", told by "3f2b7c1a-1111-2222-3333-";

    /// Ids of networks, machines and what hangs on them, and of organisations.
    RESOURCE_ID = concat!(
        r"\b(vpc|vpce|vpce-svc|subnet|sg|sgr|eni|igw|eigw|nat|rtb|rtbassoc|acl|eipalloc|eipassoc|pcx|tgw|tgw-attach",
        r"|tgw-rtb|vgw|cgw|cagw|lgw|vpn|dopt|pl|mi|i|aclassoc|ipam|ipam-pool|ipam-scope|rslvr-in|rslvr-out|vol|ami|snap|fs|fsap|fsmt|lt)-(?:[0-9a-f]{17}|[0-9a-f]{8})\b",
        r"|\b(o|ou)-(?:[a-z0-9]{4,32}-)?[a-z0-9]*[0-9][a-z0-9]*\b",
    ), told by "vpc-0a1b2c3d4e5f60718";

    /// A principal in an ARN: its kind, and its path and name.
    PRINCIPAL_ARN = concat!(
        r"arn:aws[a-z-]*:(?:iam|sts)::[0-9]*:(user|role|group|instance-profile|assumed-role|federated-user|mfa",
        r"|server-certificate|saml-provider)/([A-Za-z0-9_+=,.@/-]*[A-Za-z0-9_+=@-])",
    ), told by "arn:aws:iam::123456789012:user/team/jane.doe";

    /// Somebody: a name with a dot that is called a user's, and the owner of a home.
    PERSON = concat!(
        r#"\b(?i:user|username)[ :='"]{1,4}([a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*)\b"#,
        r#"|\bfor user ["']([A-Za-z][A-Za-z0-9_.+=@-]{1,62})["']"#,
        r"|/(?:home|Users)/([A-Za-z][A-Za-z0-9._-]{1,30}[A-Za-z0-9])\b",
    ), told by "User jane.doe logged in";

    /// A name that IAM calls one in a sentence, and a session's after the id of its role.
    SAID_PRINCIPAL = concat!(
        r#"\b(?i:([a-z]+) )?(?i:(role|user|group|instance profile)) with (?:the )?name ["']?"#,
        r#"([A-Za-z0-9_+=,.@-]*[A-Za-z0-9_+=@-])"#,
        r"|\bAROA[A-Z0-9]{12,124}:([A-Za-z0-9_+=,.@-]*[A-Za-z0-9_+=@-])",
    ), told by "The role with name JanesRole cannot be found.";

    /// A name that is taken.
    TAKEN = r#"(?:^|["'\s])([A-Za-z0-9_+=,.@-]{3,128})["']? already exists"#, told by "janes-bucket already exists";

    /// A resource by its type and what identifies it.
    TYPED_ID = r"type '(AWS::[A-Za-z0-9:]+)' with identifier '([^'\s]+)'",
        told by "Resource of type 'AWS::S3::Bucket' with identifier 'janes-bucket' already exists.";

    /// A bucket that is set as one, or of which a sentence says that it is not there.
    SAID_BUCKET = concat!(
        r#"(?i:bucket(?:[ _-]?name)?\\*["']?\s*[:=]\s*\\*["']?)([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"#,
        r#"|(?i:\bbucket )["'`]([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])["'`]"#,
        r#"|(?i:\bbucket does not exist[:,] ["']?)([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"#,
    ), told by "Bucket=janes-bucket";

    /// A bucket in an ARN, in an address of the one or the other style, or as `s3://`.
    BUCKET = concat!(
        r"arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])",
        r"|\bs3[an]?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])",
        r"|\b([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3(?:[.-][a-z0-9-]+){0,2}\.amazonaws\.com",
        r"|\bs3(?:[.-][a-z0-9-]+)?\.amazonaws\.com/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])",
    ), told by "arn:aws:s3:::janes-bucket/key";

    /// A key of KMS where it is called one.
    KMS_KEY = concat!(
        r"(?i)(?:\bkey/|\bkms[ _-]?key(?:[ _-]?id)?\W{1,4}|\bkey ?id\W{1,4}|\bkey )",
        r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})",
    ), told by "arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    /// The same alone.
    KEY_ID = r"^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$",
        told by "1234abcd-12ab-34cd-56ef-1234567890ab";

    /// An address of something of one's own at AWS: a database, a balancer, a cache, an API, a cluster.
    AWS_HOST = concat!(
        r"(?i)\b([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\.((?:[a-z]{2}(?:-[a-z]+)+-[0-9]\.)?",
        r"(?:rds|elb|cache|es|aoss|eks|execute-api|redshift|redshift-serverless|docdb|neptune|kafka|mq|efs|fsx|dax|memorydb)",
        r"(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9])?\.amazonaws\.com(?:\.cn)?)",
        r"|(?i)\b([a-z0-9-]+)\.(cloudfront\.net|signin\.aws\.amazon\.com|lambda-url\.[a-z0-9-]+\.on\.aws|[a-z0-9-]+\.awsapprunner\.com)",
    ), told by "db.c1.eu-west-1.rds.amazonaws.com";

    /// A host in an address.
    URL_HOST = r"://(?:[^/\s@<>]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)", told by "https://u:p@wiki.corp/x";

    /// A host by itself: names with dots that end as names of hosts do and names in programs do not.
    HOST = concat!(
        r"\b(?:[\p{Ll}0-9](?:[\p{Ll}0-9-]*[\p{Ll}0-9])?\.)+",
        r"(?:internal|local|localdomain|corp|lan|box|intra|intranet|private|com|net|org|io|eu|de|uk|fr|nl|ch|pl|se)\b",
        // In capitals two words with a dot are programs' as well.
        r"|\b(?:[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?\.)+(?:INTERNAL|LOCAL|LOCALDOMAIN|CORP|LAN|INTRA|INTRANET|PRIVATE)\b",
        r"|\b(?:[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?\.){2,}(?:COM|NET|ORG|IO|EU|DE|UK|FR|NL|CH|PL|SE)\b",
    ), told by "db.corp.internal";

    /// A secret with its name before it, in prose, in a query, in JSON within a text or in a shell's settings: in
    /// quotes of the one or the other kind, or without.
    NAMED_SECRET = concat!(
        r#"(?i)((?:password|passwd|passphrase|passcode|pwd|pass|secret|api[_-]?key|private[_-]?key|access[_-]?key|account[_-]?key"#,
        r#"|token|credential|signature|\bpin|\botp|cookie|\bj?session[_-]?id|\bphpsessid|\bpsk|connection[_-]?string)[a-z0-9_.-]*)"#,
        value!(),
    ), told by "Password = 'x9 x9'";

    /// What may be called a key, or what signs in, with its name before it.
    NAMED_KEY = concat!(r"(?i)\b([a-z0-9_.-]*(?:key|auth))", value!()), told by "SIGNING_KEY=x9x9x9";

    /// What a header authorises with.
    HEADER_SECRET = concat!(
        r#"(?i)\bauthorization\\*["']?\s*(?:=>|[:=])\s*\\*["']?(?:bearer|basic|token|api-?key|digest|negotiate|ntlm|ssws"#,
        r#"|splunk|geniekey|key)\s+([^\s"'\\,;]{3,})"#,
    ), told by "Authorization: token x9x9";

    /// A name and what it is set to, as pairs tell them in every notation.
    PAIRED_SECRET = concat!(
        r#"(?i)\b(?:name|key|parameterkey|optionname)\\*["']?\s*[:=]\s*\\*["']?([a-z0-9_./-]+)\\*["']?\s*[,;]?\s*\\*["']?"#,
        r#"(?:parameter)?value\\*["']?\s*[:=]\s*(?:\\*"([^"\\\n]{3,})|\\*'([^'\\\n]{3,})|([^\s"'\\,;&)\]}<>]{3,}))"#,
    ), told by "- name: DB_PASSWORD\n  value: x9x9";

    /// What stands in a tag.
    TAGGED_SECRET = r"<([A-Za-z_][A-Za-z0-9_.:-]*)>\s*([^<>\s][^<>\n]{2,})</", told by "<password>x9x9</password>";

    /// An option that is followed by a secret, where options are told one by one.
    SECRET_FLAG = concat!("(?i)^", flags!(), "$"), told by "--db-password";

    /// A secret that a program is given on its command line.
    FLAG_SECRET = concat!(
        r"(?i)(?:^|\s)", flags!(),
        r#"(?:\s+|=)(?:"([^"\n]{3,})"|'([^'\n]{3,})'|([^\s"'-][^\s"']{2,}))"#,
        r#"|\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|;]*?\s-p(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"']{3,}))"#,
        r#"|\b(?:sshpass|docker login|az login|sqlcmd)\b[^\n|;]*?\s-[pP]\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"']{3,}))"#,
        r#"|\b(?:mongo|mongosh|mongodump|mongorestore)\b[^\n|;]*?\s-p\s*["']?([^\s"']{3,})"#,
        r#"|\bldap(?:search|modify|add|delete|passwd|whoami)\b[^\n|;]*?\s-w\s*["']?([^\s"']{3,})"#,
        r#"|\bredis-cli\b[^\n|;]*?\s-a\s+["']?([^\s"']{3,})"#,
        r#"|\bcurl\b[^\n|;]*?\s(?:-u|--user)\s*["']?[^\s:"']+:([^\s"']{3,})"#,
    ), told by "mysql -u root -pX9x9";

    /// A password that is told in a sentence.
    SAID_SECRET = concat!(
        r#"(?i)\b(?:password|passphrase|passwd|passcode)(?:\s+(?:is|was|of|for\s+\S+\s+(?:is|was))(?::|\b))?\s+["'`]?"#,
        r#"([^\s"'`,;:()]*[0-9][^\s"'`,;:()]*)"#,
    ), told by "the password was hunter2";

    /// What a header of cookies sets.
    COOKIES = r#"(?i)\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\n"']+)"#, told by "Cookie: session=abc";

    /// What is a secret by its own shape: bearer tokens, web tokens, tokens of well-known services, session
    /// tokens of STS, passwords in addresses, private keys.
    SHAPED_SECRET = concat!(
        r"(?i:bearer|basic|apikey)\s+([A-Za-z0-9._~+/\-]{12,}=*)",
        r"|(eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){4})",
        r"|(eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*)",
        r"|((?:FwoG|IQoJ|FQoG|AQoD)[A-Za-z0-9+/=%]{40,})",
        r"|://[^/\s:@]*:([^/\s@]+)@",
        r"|-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----([^-]{16,})(?:-----END|$)",
        // Webhooks: who knows the address may write there.
        r"|hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_+-]{8,})",
        r"|hooks\.zapier\.com/hooks/catch/([A-Za-z0-9/_-]{8,})",
        r"|discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/([0-9]+/[A-Za-z0-9_-]{16,})",
        r"|webhook\.office\.com/webhookb2/([A-Za-z0-9@/_-]{16,})",
        r"|\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})",
        // Azure: connection strings and shared access signatures.
        r"|(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/=]{20,})",
        r"|[?&]sig=([A-Za-z0-9%+/=_-]{16,})",
        r"|(AGE-SECRET-KEY-1[A-Z0-9]{20,})",
    ), told by "postgres://:pass@host";

    /// Tokens that begin as their service says.
    PREFIXED_SECRET = concat!(
        r"\b((?:gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-|xox[abeoprs]-|xapp-|[sr]k_(?:live|test)_|whsec_",
        r"|npm_|pypi-|rubygems_|dckr_pat_|hf_|ya29\.|GOCSPX-|dop_v1_|doo_v1_|dor_v1_|sq0[a-z]{3}-|shp(?:at|ss|ca|pa)_",
        r"|glsa_|glc_|NRAK-|sntrys_|sntryu_|ATATT3|ATBB|lin_api_|PMAK-|pscale_|sbp_|xkeysib-|CFPAT-|dp\.(?:pt|st|ct|sa)\.",
        r"|hv[sbr]\.|figd_|nfp_|ops_ey|tskey-|fo1_|pat-na1-|gsk_|nvapi-|ntn_|HRKU-|sk-(?:ant-|proj-|svcacct-)?)[A-Za-z0-9_.\-]{16,})",
        r"|\b(AIza[A-Za-z0-9_\-]{30,})",
        r"|\b(SG\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,})",
        r"|\b(dapi[0-9a-f]{32}(?:-[0-9])?)",
        r"|\b([sbr]\.[A-Za-z0-9]{24})\b",
        r"|\b(key-[0-9a-f]{32})\b",
        r"|\b((?:SK|AC)[0-9a-f]{32})\b",
        r"|\b((?:secret_|r8_)[A-Za-z0-9]{30,})",
        r"|\b(pul-[0-9a-f]{40,})",
        r"|\b(LTAI[A-Za-z0-9]{12,}|AKCp[A-Za-z0-9]{60,}|EZ[AT]K[A-Za-z0-9]{50,}|cio[A-Za-z0-9]{32})\b",
        r"|(APA91b[A-Za-z0-9_-]{60,})",
        r"|\b(fm[12]_[A-Za-z0-9+/=_-]{20,})",
        r"|\b(1//0[A-Za-z0-9_-]{24,})",
        r"|\b((?:sdk|mob)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\b",
        r"|\b([0-9a-f]{32}-us[0-9]{1,2})\b",
        r"|\b(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})\b",
        r"|\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{20,})",
    ), told by "gh~p_abcdefghij0123456789";

    /// Forty characters that may be a secret access key.
    FORTY = r"[A-Za-z0-9/+]{40,}", told by "abcdefghijabcdefghijabcdefghijabcdefghij";

    /// A line of nothing but what keys and certificates are written in.
    ENCODED_LINE = r"^\s*([A-Za-z0-9+/]{48,80}={0,2})\s*$",
        told by "MIIEpAIBAAKCAQEAabcdefghijabcdefghijabcdefghijabcdefghij";

    /// The beginning and the end of a private key that is told line by line.
    PEM_EDGE = r"-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----", told by "-----BEGIN RSA PRIVATE KEY-----";
}
