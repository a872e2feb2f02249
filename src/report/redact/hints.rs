//! What a text may hold, seen in one pass, so that most patterns need not look at most texts.
//!
//! A hint never misses: each stands for literals without one of which its pattern cannot match. Where a text is not
//! plain ASCII, in which case letters have relatives (the Kelvin sign is a `k`), everything is looked for.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Which patterns may find something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hints {
    found: u32,
    /// The longest run of letters and digits, and of those with `/` and `+`.
    runs: (usize, usize),
}

/// A pattern, or several that look for the same literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretPattern {
    Named,
    Cookie,
    Flag,
    Said,
    Shaped,
    Prefixed,
    AccessKey,
    Principal,
    Kms,
    Host,
    DashedAddress,
    Resource,
    Organisation,
    Header,
    Paired,
    Tagged,
}

impl SecretPattern {
    fn bit(self) -> u32 {
        match self {
            Self::Named => 1,
            Self::Cookie => 1 << 1,
            Self::Flag => 1 << 2,
            Self::Said => 1 << 3,
            Self::Shaped => 1 << 4,
            Self::Prefixed => 1 << 5,
            Self::AccessKey => 1 << 6,
            Self::Principal => 1 << 7,
            Self::Kms => 1 << 8,
            Self::Host => 1 << 9,
            Self::DashedAddress => 1 << 10,
            Self::Resource => 1 << 11,
            Self::Organisation => 1 << 12,
            Self::Header => 1 << 13,
            Self::Paired => 1 << 14,
            Self::Tagged => 1 << 15,
        }
    }
}

use SecretPattern::{
    AccessKey, Cookie, DashedAddress, Flag, Header, Host, Kms, Named, Organisation, Paired, Prefixed,
    Principal, Resource, Said, Shaped, Tagged,
};

/// Literals, in small letters, and the patterns that they are of.
const LITERALS: &[(&[SecretPattern], &[&str])] = &[
    (&[Named, Flag, Said], &["pass"]),
    (&[Named, Flag], &["secret", "token", "credential"]),
    (&[Named, Flag, Shaped, Kms], &["key"]),
    (
        &[Named],
        &[
            "pwd",
            "signature",
            "pin",
            "otp",
            "sess",
            "psk",
            "auth",
            "connection",
        ],
    ),
    (&[Header], &["authorization"]),
    (&[Paired], &["value"]),
    (&[Tagged], &["</"]),
    (&[Named, Cookie], &["cookie"]),
    (
        &[Flag],
        &[
            "mysql",
            "mariadb",
            "docker login",
            "az login",
            "sqlcmd",
            "redis-cli",
            "curl",
            "mongo",
            "ldap",
        ],
    ),
    (&[Kms], &["kms"]),
    (
        &[Shaped],
        &[
            "bearer",
            "basic",
            "eyj",
            "fwog",
            "iqoj",
            "fqog",
            "aqod",
            "://",
            "-----begin",
            "hooks.slack",
            "discord",
            "webhook.office",
            ":aa",
            "sig=",
            "age-secret",
            "hooks.zapier",
        ],
    ),
    (
        &[Prefixed],
        &[
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "glpat-",
            "gldt-",
            "glrt-",
            "glcbt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glagent-",
            "glimt-",
            "xox",
            "xapp-",
            "k_live_",
            "k_test_",
            "whsec_",
            "npm_",
            "pypi-",
            "rubygems_",
            "dckr_pat_",
            "hf_",
            "ya29.",
            "gocspx-",
            "do_v1_",
            "dop_v1_",
            "doo_v1_",
            "dor_v1_",
            "sq0",
            "shpat_",
            "shpss_",
            "shpca_",
            "shppa_",
            "glsa_",
            "glc_",
            "nrak-",
            "sntrys_",
            "sntryu_",
            "atatt3",
            "atbb",
            "lin_api_",
            "pmak-",
            "pscale_",
            "sbp_",
            "xkeysib-",
            "cfpat-",
            "dp.",
            "hvs.",
            "hvb.",
            "hvr.",
            "figd_",
            "nfp_",
            "ops_ey",
            "tskey-",
            "fo1_",
            "pat-na1-",
            "sk-",
            "aiza",
            "sg.",
            "atlasv1",
            "gsk_",
            "nvapi-",
            "ntn_",
            "hrku-",
            "ltai",
            "apa91b",
            "fm1_",
            "fm2_",
            "1//0",
            "sdk-",
            "mob-",
        ],
    ),
    (
        &[AccessKey],
        &[
            "abia", "acca", "agpa", "aida", "aipa", "akia", "anpa", "anva", "apka", "aroa", "asca", "asia",
        ],
    ),
    (&[Principal], &[":iam::", ":sts::"]),
    (
        &[Host],
        &[
            ".internal",
            ".local",
            ".corp",
            ".lan",
            ".box",
            ".intra",
            ".private",
            ".aws",
            ".com",
            ".net",
            ".org",
            ".io",
            ".eu",
            ".de",
            ".uk",
            ".fr",
            ".nl",
            ".ch",
            ".pl",
            ".se",
        ],
    ),
    (&[DashedAddress], &["ip-", "ec2-"]),
    (
        &[Resource],
        &[
            "vpc-",
            "vpce-",
            "svc-",
            "subnet-",
            "sg-",
            "sgr-",
            "eni-",
            "igw-",
            "nat-",
            "rtb-",
            "rtbassoc-",
            "acl-",
            "eipalloc-",
            "eipassoc-",
            "pcx-",
            "tgw-",
            "attach-",
            "vgw-",
            "cgw-",
            "vpn-",
            "dopt-",
            "pl-",
            "i-",
            "vol-",
            "ami-",
            "snap-",
            "fs-",
            "fsap-",
            "fsmt-",
            "lt-",
            "lgw-",
            "cagw-",
            "ipam-",
            "pool-",
            "scope-",
            "aclassoc-",
            "rslvr-",
            "-in-",
            "-out-",
        ],
    ),
    (&[Organisation], &["o-", "ou-"]),
];

struct Table {
    literals: AhoCorasick,
    /// What each of them is of.
    hints: Vec<u32>,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| {
    let each = || {
        LITERALS
            .iter()
            .flat_map(|(hints, literals)| literals.iter().map(move |literal| (hints, literal)))
    };
    let bits = |hints: &[SecretPattern]| hints.iter().fold(0, |bits, hint| bits | hint.bit());
    let literals = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .build(each().map(|(_, literal)| literal))
        .ok()?;
    Some(Table {
        literals,
        hints: each().map(|(hints, _)| bits(hints)).collect(),
    })
});

/// From so many letters and digits on a run may be a token by its length.
const TOKEN: usize = 24;
/// ... and a secret access key.
const SECRET_KEY: usize = 40;

impl Hints {
    /// Everything is to be looked for.
    pub(super) const ALL: Self = Self {
        found: u32::MAX,
        runs: (usize::MAX, usize::MAX),
    };

    /// What a text may hold.
    pub(super) fn of(text: &str) -> Self {
        let Some(table) = TABLE.as_ref().filter(|_| text.is_ascii()) else {
            return Self::ALL;
        };
        let found = table
            .literals
            .find_overlapping_iter(text)
            .fold(0, |found, literal| {
                found
                    | table
                        .hints
                        .get(literal.pattern().as_usize())
                        .copied()
                        .unwrap_or(u32::MAX)
            });
        Self {
            found,
            runs: longest_runs(text),
        }
    }

    /// Whether the pattern may find something.
    pub(super) fn has(self, hint: SecretPattern) -> bool {
        self.found & hint.bit() != 0
    }

    /// A run may be a token that nothing but its length gives away.
    pub(super) fn has_token(self) -> bool {
        self.runs.0 >= TOKEN
    }

    /// A run may be a secret access key, or a line of one.
    pub(super) fn has_secret_key(self) -> bool {
        self.runs.1 >= SECRET_KEY
    }
}

/// The longest run of letters and digits, and of those with `/` and `+`.
fn longest_runs(text: &str) -> (usize, usize) {
    let (mut plain, mut wide) = ((0, 0), (0, 0));
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric();
        plain.0 = if is_plain { plain.0 + 1 } else { 0 };
        wide.0 = if is_plain || byte == b'/' || byte == b'+' {
            wide.0 + 1
        } else {
            0
        };
        plain.1 = plain.1.max(plain.0);
        wide.1 = wide.1.max(wide.0);
    }
    (plain.1, wide.1)
}

#[cfg(test)]
mod tests {
    use super::super::patterns::{self, EXAMPLES};
    use super::*;
    use crate::report::redact::secrets;

    /// Every example of every pattern, every literal followed by what could go on, in several cases and places.
    fn texts() -> Vec<String> {
        let tails = [
            "=9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            " 9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c",
            "0a1b2c3d4e5f60718",
            ": 'x9 x9'",
            "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd",
        ];
        let literals = LITERALS.iter().flat_map(|(_, literals)| literals.iter());
        let told = EXAMPLES.iter().map(|(_, example)| example.replace('~', ""));
        let tailed = literals.flat_map(|literal| tails.map(|tail| format!("{literal}{tail}")));
        told.chain(tailed)
            .chain(tails.map(|tail| format!("s.{tail} SK{tail} key-{tail} dapi{tail}")))
            .flat_map(|text| {
                [
                    text.to_ascii_uppercase(),
                    text.to_ascii_lowercase(),
                    format!("before --{text}; after"),
                    text,
                ]
            })
            .collect()
    }

    #[test]
    fn no_hint_misses_what_its_pattern_finds() {
        let looked = [
            (Named, &patterns::NAMED_SECRET),
            (Cookie, &patterns::COOKIES),
            (Flag, &patterns::FLAG_SECRET),
            (Said, &patterns::SAID_SECRET),
            (Shaped, &patterns::SHAPED_SECRET),
            (AccessKey, &patterns::ACCESS_KEY),
            (Principal, &patterns::PRINCIPAL_ARN),
            (Kms, &patterns::KMS_KEY),
            (Host, &patterns::HOST),
            (DashedAddress, &patterns::DASHED_ADDRESS),
            (Named, &patterns::NAMED_KEY),
            (Header, &patterns::HEADER_SECRET),
            (Paired, &patterns::PAIRED_SECRET),
            (Tagged, &patterns::TAGGED_SECRET),
        ];
        let mut found = [0; 14];
        for text in texts() {
            let hints = Hints::of(&text);
            for ((hint, pattern), found) in looked.iter().zip(&mut found) {
                if pattern.is_match(&text) {
                    *found += 1;
                    assert!(hints.has(*hint), "{hint:?} misses {text}");
                }
            }
            if patterns::RESOURCE_ID.is_match(&text) {
                assert!(hints.has(Resource) || hints.has(Organisation), "{text}");
            }
            assert_eq!(
                secrets::told_by(&text),
                secrets::told_with(&text, Hints::ALL),
                "{text}"
            );
        }
        assert!(found.iter().all(|found| *found > 0), "{found:?}");
    }

    #[test]
    fn a_text_that_is_not_plain_is_looked_at_for_everything() {
        assert_eq!(Hints::of("pa\u{17f}\u{17f}word = x9x9x9"), Hints::ALL);
        let plain = Hints::of("Resource creation Initiated");
        assert!(!plain.has(Named) && !plain.has(Shaped) && !plain.has_token());
    }
}
