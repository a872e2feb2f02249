//! Partitions of AWS: what an ARN begins with and what a host ends with follow the region.

/// A partition's name and the ending of its hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partition {
    /// As it stands in ARNs.
    pub(super) name: &'static str,
    /// What the hosts of its services end with.
    pub(super) suffix: &'static str,
}

/// By how the names of their regions begin; the commercial one has all others.
const PARTITIONS: [(&str, Partition); 7] = [
    (
        "cn-",
        Partition {
            name: "aws-cn",
            suffix: "amazonaws.com.cn",
        },
    ),
    (
        "us-gov-",
        Partition {
            name: "aws-us-gov",
            suffix: "amazonaws.com",
        },
    ),
    (
        "us-iso-",
        Partition {
            name: "aws-iso",
            suffix: "c2s.ic.gov",
        },
    ),
    (
        "us-isob-",
        Partition {
            name: "aws-iso-b",
            suffix: "sc2s.sgov.gov",
        },
    ),
    (
        "eu-isoe-",
        Partition {
            name: "aws-iso-e",
            suffix: "cloud.adc-e.uk",
        },
    ),
    (
        "us-isof-",
        Partition {
            name: "aws-iso-f",
            suffix: "csp.hci.ic.gov",
        },
    ),
    (
        "eusc-",
        Partition {
            name: "aws-eusc",
            suffix: "amazonaws.eu",
        },
    ),
];

impl Partition {
    /// The partition of a region.
    pub(super) fn of(region: &str) -> Self {
        let known = PARTITIONS.iter().find(|(begins, _)| region.starts_with(begins));
        known.map_or(
            Self {
                name: "aws",
                suffix: "amazonaws.com",
            },
            |(_, partition)| *partition,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_follows_the_region() {
        let of = |region| Partition::of(region).name;
        assert_eq!(of("eu-west-1"), "aws");
        assert_eq!(of("us-east-1"), "aws");
        assert_eq!(of("cn-northwest-1"), "aws-cn");
        assert_eq!(of("us-gov-east-1"), "aws-us-gov");
        assert_eq!(of("us-iso-east-1"), "aws-iso");
        assert_eq!(of("us-isob-east-1"), "aws-iso-b");
        assert_eq!(of("eusc-de-east-1"), "aws-eusc");
        assert_eq!(Partition::of("cn-north-1").suffix, "amazonaws.com.cn");
    }
}
