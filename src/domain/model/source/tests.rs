use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_policy_files_are_what_the_sources_declare() {
    let catalog = SourceCatalog::default();
    for (path, policy) in [
        ("assets/iam-policy.json", catalog.policy()),
        ("assets/iam-policy-optional.json", catalog.optional_policy()),
    ] {
        let mut expected = serde_json::to_string_pretty(&policy).unwrap();
        expected.push('\n');
        if std::env::var_os("STACKTRAIL_WRITE_POLICY").is_some() {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), &expected).unwrap();
        }
        assert_eq!(
            file(path),
            expected,
            "write it anew: STACKTRAIL_WRITE_POLICY=1 cargo test --lib the_policy_file"
        );
    }
}

/// What would tempt it: a query is not asked of everybody's account, since it costs something.
#[test]
fn what_is_optional_is_in_the_other_file_and_in_no_other() {
    let base = file("assets/iam-policy.json");
    let optional = file("assets/iam-policy-optional.json");
    for permission in SourceCatalog::default().permissions() {
        let action = format!("\"{}\"", permission.action);
        let is_optional = permission.need == Need::Optional;
        assert_eq!(base.contains(&action), !is_optional, "{action}");
        assert_eq!(optional.contains(&action), is_optional, "{action}");
    }
    for costs in ["StartQuery", "athena:"] {
        assert!(!base.contains(costs) && optional.contains(costs), "{costs}");
    }
}

#[test]
fn the_readme_names_every_permission_and_what_it_is_for() {
    let readme = file("README.md");
    for permission in SourceCatalog::default().permissions() {
        let row = format!("| `{}` | {} |", permission.action, permission.purpose);
        assert!(readme.contains(&row), "README.md, Permissions: {row}");
    }
}

#[test]
fn every_permission_only_reads() {
    for permission in SourceCatalog::default().permissions() {
        let operation = permission.action.split(':').nth(1).unwrap();
        let reads = ["Describe", "List", "Get", "BatchGet", "Lookup", "Filter"];
        // A query reads, too; what it finds goes where the person said.
        if ["StartQuery", "StopQuery", "CancelQuery"]
            .iter()
            .any(|verb| operation.starts_with(verb))
        {
            continue;
        }
        assert!(
            reads.iter().any(|verb| operation.starts_with(verb)),
            "{}",
            permission.action
        );
    }
}

#[test]
fn every_source_has_a_name_of_its_own_and_whole_words() {
    let mut ids = BTreeSet::new();
    for source in declared::ALL {
        assert!(ids.insert(source.id.clone()), "{} twice", source.id);
        assert!(
            !source.label.is_empty() && !source.speaker.is_empty(),
            "{}",
            source.id
        );
        let lower = |phrase: &&str| **phrase == phrase.to_ascii_lowercase();
        let phrases = source.phrases;
        let mut phrases = [phrases.summaries, phrases.troubles, phrases.routine]
            .concat()
            .into_iter();
        assert!(phrases.all(|phrase| lower(&phrase)), "{}", source.id);
    }
}

#[test]
fn a_resource_type_is_known_whole_or_by_its_beginning() {
    assert!(declared::ECS.concerns("AWS::ECS::Service"));
    assert!(!declared::ECS.concerns("AWS::ECS::ServiceX"));
    assert!(declared::LOGS.concerns("Custom::Thing"));
    assert!(!declared::LOGS.concerns("AWS::Custom::Thing"));
}

#[test]
fn what_is_followed_is_what_some_source_asks_about_though_it_did_not_fail() {
    assert!(declared::is_followed("AWS::ElasticLoadBalancingV2::TargetGroup"));
    assert!(declared::is_followed("AWS::CertificateManager::Certificate"));
    assert!(!declared::is_followed("AWS::CertificateManager::CertificateX"));
    // Asked about where it failed, and only there.
    assert!(declared::RDS.concerns("AWS::RDS::DBInstance"));
    assert!(!declared::is_followed("AWS::RDS::DBInstance"));
    assert!(!declared::is_followed(""));
}

#[test]
fn a_source_that_is_not_known_any_more_still_has_a_name_and_a_voice() {
    let catalog = SourceCatalog::default();
    assert_eq!(catalog.label("gone"), "gone");
    assert_eq!(catalog.speaker(&"gone".into()), "GONE");
    assert_eq!(catalog.phrases(&"gone".into()), Phrases::NONE);
}
