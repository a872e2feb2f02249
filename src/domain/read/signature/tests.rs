use super::*;

const MINIMAL: &str = "[[signature]]\nid = \"a\"\npattern = \"x+\"\nmeaning = \"m\"\ncategory = \"other\"\n\
                       test = [\"x\"]\nnext_step.account = \"n\"\n";

fn builtin() -> &'static Signatures {
    Signatures::builtin()
}

/// They stand behind `next, in the template:`, and may be followed by the other.
#[test]
fn a_next_step_says_once_where_it_is_done() {
    let twice = regex::Regex::new("(template|account): In [^:;.]{1,40}: ").unwrap();
    for known in Signatures::builtin().iter() {
        let text = known.next_step.text();
        assert!(
            !text.contains(".;") && !twice.is_match(&text),
            "{}: {text}",
            known.id
        );
    }
}

#[test]
fn who_decided_is_cloudformation_or_left_out() {
    let decided = |line: &str| {
        let list = Signatures::parse(&format!("{MINIMAL}{line}"), "f");
        list.map(|list| list.iter().next().unwrap().decided_by)
    };
    assert_eq!(decided("").unwrap(), Decider::Service);
    assert_eq!(
        decided("decided_by = \"cloudformation\"\n").unwrap(),
        Decider::CloudFormation
    );
    for wrong in ["decided_by = \"s3\"\n", "decided_by = true\n"] {
        let error = decided(wrong).unwrap_err().to_string();
        assert!(
            error.contains("`decided_by` is not \"cloudformation\""),
            "{error}"
        );
    }
}

#[test]
fn there_are_enough_of_them() {
    let parsed = Signatures::parse(
        include_str!("../../../../assets/signatures.toml"),
        "assets/signatures.toml",
    )
    .unwrap();
    let written = include_str!("../../../../assets/signatures.toml");
    let written = written.lines().filter(|line| *line == "[[signature]]").count();
    assert!(written >= 400);
    assert_eq!(
        (parsed.iter().count(), builtin().iter().count()),
        (written, written)
    );
}

/// What would empty the whole list: each wrong entry takes only itself away.
#[test]
fn a_wrong_entry_of_the_list_takes_only_itself_away() {
    let good = MINIMAL
        .replace("id = \"a\"", "id = \"good\"")
        .replace("x+", "good+");
    for wrong in [
        MINIMAL.replace("id = \"a\"", "id = \"good\""),
        MINIMAL.replace("x+", "x("),
        MINIMAL.replace("other", "weather"),
        MINIMAL.replace("meaning", "meening"),
        MINIMAL.replace("id = \"a\"\n", ""),
    ] {
        for list in [
            format!("{good}{wrong}"),
            format!("{good}{wrong}{}", MINIMAL.replace("\"a\"", "\"b\"")),
        ] {
            let signatures = Signatures::tolerant(&list, "f");
            assert_eq!(signatures.find("good", None).unwrap().id, "good", "{wrong}");
            assert!(Signatures::parse(&list, "f").is_err(), "{wrong}");
        }
    }
    assert_eq!(Signatures::tolerant("nonsense", "f").iter().count(), 0);
}

#[test]
fn every_message_is_explained_by_its_own_signature() {
    let signatures = builtin();
    let mut wrong = Vec::new();
    for entry in signatures.iter() {
        let kind = entry.resource_types.first().map(String::as_str);
        for message in &entry.test {
            let winner = signatures.find(message, kind).map(|winner| winner.id.as_str());
            if winner != Some(entry.id.as_str()) {
                wrong.push(format!("{}: {winner:?} explains {message}", entry.id));
            }
        }
        for message in &entry.not {
            let winner = signatures.find(message, kind).map(|winner| winner.id.as_str());
            if winner == Some(entry.id.as_str()) {
                wrong.push(format!("{} should not explain {message}", entry.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_signature_and_the_reader_agree_on_the_category() {
    use crate::domain::read::reason::ReasonFacts;
    // These say how a failure arrived, or only that a request was not liked: no contradiction.
    let broad = [
        Category::CustomResourceFailed,
        Category::Other,
        Category::InvalidRequest,
    ];
    let mut wrong = Vec::new();
    for entry in builtin().iter() {
        for message in &entry.test {
            let read =
                ReasonFacts::read(message, entry.resource_types.first().map(String::as_str), None).category;
            if read != entry.category && !broad.contains(&read) && !broad.contains(&entry.category) {
                wrong.push(format!(
                    "{}: {:?} but read {read:?}: {message}",
                    entry.id, entry.category
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_narrower_one_wins() {
    let text = "API: s3:PutBucketPolicy Access Denied";
    let matching = |id: &str| {
        compile(&builtin().get(id).unwrap().pattern)
            .unwrap()
            .is_match(text.as_bytes())
    };
    assert!(matching("denied-s3-call") && matching("access-denied"));
    assert_eq!(builtin().find(text, None).unwrap().id, "denied-s3-bucket-policy");
}

#[test]
fn with_equal_ranks_the_resource_type_and_then_the_letters_decide() {
    let list = format!(
        "{MINIMAL}{}{}",
        MINIMAL.replace("id = \"a\"", "id = \"b\"\nresource_types = [\"AWS::EC2::*\"]"),
        MINIMAL.replace("id = \"a\"", "id = \"c\"").replace("x+", "xyz")
    );
    let list = Signatures::parse(&list, "list").unwrap();
    assert_eq!(list.find("xyz", Some("AWS::EC2::Vpc")).unwrap().id, "b");
    assert_eq!(list.find("xyz", Some("AWS::S3::Bucket")).unwrap().id, "c");
    assert_eq!(list.find("x", Some("AWS::S3::Bucket")).unwrap().id, "a");
    assert!(list.find("q", None).is_none());
}

#[test]
fn an_error_names_file_entry_and_key() {
    let cases = [
        ("nonsense", "read signatures from mine.toml"),
        (
            &MINIMAL.replace("x+", "x("),
            "use the signature a of mine.toml: `pattern`",
        ),
        (
            &MINIMAL.replace("x+", "(((x{1,90}){1,90}){1,90})"),
            "use the signature a of mine.toml: `pattern`",
        ),
        (
            &MINIMAL.replace("id = \"a\"\n", ""),
            "use the signature number 1 of mine.toml: `id`",
        ),
        (
            &MINIMAL.replace("id = \"a\"", "id = \"A b\""),
            "use the signature a b",
        ),
        (
            &MINIMAL.replace("other", "weather"),
            "use the signature a of mine.toml: `category`",
        ),
        (
            &MINIMAL.replace("next_step.account", "next_step.moon"),
            "use the signature a of mine.toml: `next_step`",
        ),
        (
            &MINIMAL.replace("meaning", "meening"),
            "use the signature a of mine.toml: `signature` has the unknown key",
        ),
        (
            &format!("{MINIMAL}{MINIMAL}"),
            "use the signature a of mine.toml: `id` is used twice",
        ),
    ];
    for (text, wanted) in cases {
        let message = Signatures::parse(text, "mine.toml").unwrap_err().to_string();
        assert!(message.to_lowercase().starts_with(wanted), "{message}");
    }
}

/// Work per byte is bounded by the compiled size, so the size is what is checked; a pattern of the list that
/// needs a third of the allowance would be a mistake.
#[test]
fn no_pattern_is_costly() {
    for entry in builtin().iter() {
        let mut builder = RegexBuilder::new(&entry.pattern);
        let small = builder
            .case_insensitive(true)
            .unicode(false)
            .size_limit(160 * 1024)
            .build();
        assert!(small.is_ok(), "{} is too large when compiled", entry.id);
        assert!(entry.pattern.len() < 320, "{} is too long", entry.id);
        let counts = entry
            .pattern
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split(['}', ',']).nth(1)?.parse().ok());
        assert!(
            counts.max().unwrap_or(0) <= 16,
            "{}: a counted gap multiplies the pattern, use .*",
            entry.id
        );
    }
}
