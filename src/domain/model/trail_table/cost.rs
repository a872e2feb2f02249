//! What a query costs, in words.

/// So much is read for a cent, at five dollars a terabyte, in most regions. Source: the price lists of Athena, Logs
/// Insights and CloudTrail Lake, November 2026.
const FOR_A_CENT: u64 = 2_000_000_000;
/// So much is charged for at least.
const AT_LEAST: u64 = 10_000_000;

/// An amount of bytes: `34 MB`.
pub fn amount(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
    ];
    let unit = UNITS.iter().find(|(size, _)| bytes >= *size);
    let (size, name) = unit.copied().unwrap_or((1_000, "kB"));
    let tenths = bytes.saturating_mul(10) / size;
    if tenths < 100 && !tenths.is_multiple_of(10) {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}

/// What it costs to read so much: `about $0.17`.
pub fn price(bytes: u64) -> String {
    match bytes.max(AT_LEAST) / FOR_A_CENT {
        0 => "less than a cent".to_owned(),
        cents => format!("about ${}.{:02}", cents / 100, cents % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_prices_are_told_in_round_numbers() {
        for (bytes, told) in [
            (0, "0 kB"),
            (1_500, "1.5 kB"),
            (34_000_000, "34 MB"),
            (1_260_000_000, "1.2 GB"),
            (10_000_000_000, "10 GB"),
            (2_000_000_000_000, "2 TB"),
        ] {
            assert_eq!(amount(bytes), told);
        }
        assert_eq!(price(34_000_000), "less than a cent");
        assert_eq!(price(0), "less than a cent");
        assert_eq!(price(34_000_000_000), "about $0.17");
        assert!(price(u64::MAX).starts_with("about $"));
    }
}
