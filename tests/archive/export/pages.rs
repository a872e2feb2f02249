//! The page and the Markdown: what a reader of either sees first, and that neither needs anything from elsewhere.

use serde_json::Value;

use super::{RECORDED, exported};

#[test]
fn the_page_explains_and_needs_nothing_from_elsewhere() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    for part in [
        "Content-Security-Policy",
        "default-src 'none'",
        "was denied s3:CreateBucket",
        "<svg ",
        "class=\"bad\"",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for needy in [
        "<script",
        "src=",
        "url(",
        "@import",
        "style=\"",
        "onload",
        "http-equiv=\"refresh\"",
    ] {
        assert!(!page.contains(needy), "{needy}");
    }
    assert_well_formed(&page);
    // A link leads into the page itself, to something that is there.
    let links: Vec<&str> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let id = link.strip_prefix('#').expect("a link into the page");
        assert!(page.contains(&format!("id=\"{id}\"")), "{link}");
    }
}

/// U46: what the page says is on top of it, each claim leads to its record, and every time says its zone.
#[test]
fn u46_the_page_begins_with_what_failed_and_why_and_leads_from_the_claim_to_the_record() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    let (top, rest) = page.split_once("</header>").unwrap();
    assert!(top.contains("create failed and was rolled back: Setup"), "{top}");
    assert!(
        top.contains("<a href=\"#failure-1\"><bdi>Setup</bdi></a>: <bdi>role"),
        "{top}"
    );
    assert!(rest.contains("<section class=\"failure\" id=\"failure-1\">"));
    assert!(
        rest.contains(
            "<li>evidence: <a href=\"#failure-1-record-1\"><bdi>CloudTrail record of s3:CreateBucket"
        )
    );
    assert!(rest.contains("<tr id=\"failure-1-record-1\">"));
    for heading in page
        .split("<th>")
        .skip(1)
        .filter_map(|rest| rest.split("</th>").next())
    {
        let is_time = ["Time", "When", "Began"]
            .iter()
            .any(|word| heading.starts_with(word));
        assert!(!is_time || heading.ends_with("(UTC)"), "{heading}");
    }
}

/// U9: what was cancelled is not painted as what failed, and no time on the axis is cut.
#[test]
fn u09_the_timeline_of_the_page_tells_a_cascade_from_its_root_and_cuts_no_time() {
    let page = exported(RECORDED.path(), &["--format", "html"]);
    let (_, picture) = page.split_once("<svg ").unwrap();
    let (picture, _) = picture.split_once("</svg>").unwrap();
    let row = |name: &str| {
        let mut rows = picture.split("<g>");
        rows.find(|row| row.contains(&format!(" {name}<title>"))).unwrap()
    };
    for (name, sign, class) in [
        ("Setup", "✘", "bad"),
        ("Cache", "⊘", "cascade"),
        ("Distribution", "⊘", "cascade"),
    ] {
        assert!(
            row(name).contains(&format!("class=\"{class}\">{sign} {name}")),
            "{}",
            row(name)
        );
        assert!(
            row(name).contains(&format!("<rect class=\"{class}\"")),
            "{}",
            row(name)
        );
    }
    assert_eq!(picture.matches("<rect class=\"bad\"").count(), 1);
    for tick in picture.split("class=\"tick\" x=\"").skip(1) {
        let x: f64 = tick.split('"').next().unwrap().parse().unwrap();
        let ends = tick.split('>').next().unwrap().contains("text-anchor=\"end\"");
        assert!(x + 60.0 <= 1100.0 || ends, "{tick}");
    }
}

/// U3 and U46: the Markdown is a post, not the screen's text.
#[test]
fn u03_the_markdown_is_a_post_that_says_what_failed_where_when_and_why() {
    let page = exported(RECORDED.path(), &["--format", "markdown"]);
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(lines[0], "# shop-prod: rolled back");
    assert!(
        lines[2].starts_with("**shop-prod: create failed and was rolled back: Setup"),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].contains(".** Cause (confidence: high): role shop-prod-SetupRole"),
        "{}",
        lines[2]
    );
    assert!(
        lines[2].contains(" was denied `s3:CreateBucket` on `arn:aws:s3:::"),
        "{}",
        lines[2]
    );
    let has = |what: &str| assert!(page.contains(what), "{what}\n{page}");
    for part in [
        "- Account: 111122223333, region: eu-west-1\n- Stack: `arn:aws:cloudformation:",
        "- Operation: create, began ",
        "- Failed: `shop-prod › Setup` at ",
        "### `Setup` (`Custom::Setup`)",
        "   - evidence: CloudTrail record of `s3:CreateBucket` by ",
        "## Who did what\n\n- 20",
        "## Deployments\n\n| # | operation | outcome | began (UTC) |",
    ] {
        has(part);
    }
    // The statement belongs to its cause: within the item, and marked as what it is.
    let (_, statement) = page.split_once("\n\n   ```json\n").unwrap();
    let (statement, _) = statement.split_once("\n   ```\n").unwrap();
    assert!(
        statement.lines().all(|line| line.starts_with("   ")),
        "{statement}"
    );
    let statement: Value = serde_json::from_str(statement).unwrap();
    assert_eq!(statement["Action"], "s3:CreateBucket");
    let prose: String = page.split("```").step_by(2).collect();
    for needless in ["\\(", "\\)", "\\_", "\\{", "\\!", "\\+"] {
        assert!(!prose.contains(needless), "{needless}");
    }
    // A time of day stands only in tables that say the zone.
    let said = |line: &&str| line.contains(" at 20") || line.contains("began 20");
    for line in prose.lines().filter(said) {
        assert!(line.contains("UTC"), "{line}");
    }
}

/// Every tag is closed by its own, and all text outside of tags is free of `<` and `>`.
pub(super) fn assert_well_formed(page: &str) {
    const EMPTY: [&str; 3] = ["meta", "br", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    let body = page.split_once("<style>").map(|(head, rest)| {
        let (_, rest) = rest.split_once("</style>").unwrap();
        format!("{head}{rest}")
    });
    let body = body.unwrap_or_else(|| page.to_owned());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>'), "{text}");
        let name = tag.split([' ', '\n']).next().unwrap().trim_end_matches('/');
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in …{text}");
        } else if !EMPTY.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}
