use super::*;

/// What is asked of every text must not grow with how much was masked before: then twice the session would take
/// four times as long.
#[test]
fn thousands_of_masks_are_looked_up_by_their_few_lengths() {
    let mut redactor = Redactor::default();
    for number in 0..5_000 {
        redactor.mask(Kind::Host, &format!("db{number}.corp.internal"));
        redactor.mask(Kind::Account, &format!("{number:012}"));
    }
    assert!(redactor.own.lengths.len() <= 8, "{:?}", redactor.own.lengths);
    for (text, is_within) in [
        ("x-900000000017-y", true),
        ("host4999.redacted.invalid", true),
        ("ähost3.redacted.invalidß", true),
        ("900000099999", false),
        ("host.redacted.invalid", false),
        ("", false),
    ] {
        assert_eq!(redactor.own.is_within(text), is_within, "{text}");
    }
}

#[test]
fn the_last_group_of_an_id_is_no_account_wherever_the_id_stands() {
    let mut redactor = Redactor::default();
    let id = "3f2b7c1a-1111-2222-3333-123456789012";
    let told = format!("ä {id} ").repeat(500);
    assert_eq!(redactor.text(&told), told);
    assert_eq!(redactor.text("2222-3333-123456789012"), "2222-3333-900000000001");
}

#[test]
fn what_tells_who_is_masked_and_the_same_stays_the_same() {
    let mut redactor = Redactor::default();
    let mut is = |text: &str, masked: &str| assert_eq!(redactor.text(text), masked, "{text}");
    is(
        "arn:aws:iam::123456789012:role/x",
        "arn:aws:iam::900000000001:role/x",
    );
    is("bucket-123456789012-eu", "bucket-900000000001-eu");
    is("1234-5678-9012", "9000-0000-0001");
    is("210987654321 and 123456789012", "900000000002 and 900000000001");
    is("1234567890123", "1234567890123");
    is("AKIAIOSFODNN7EXAMPLE", "AKIAREDACTED00000001");
    is(
        "AROAJ2UCCR6DPCEXAMPLE:session AROAJ2UCCR6DPCEXAMPLE",
        "AROAREDACTED00000002:principal-1 AROAREDACTED00000002",
    );
    is(
        "from 10.1.2.3 (ip-10-1-2-3.ec2.internal), not 1.2.3.400",
        "from 198.18.0.1 (ip-198-18-0-1.ec2.internal), not 1.2.3.400",
    );
    is("[2a05:d018:1::5]:443", "[2001:db8::1]:443");
    is(
        "2a05:d018:1:2:3:4:5:6 and 64:ff9b:1:2:3:4:192.0.2.33",
        "2001:db8::2 and 2001:db8::3",
    );
    is(
        "at 12:03:41 of AWS::ECS::Service ::",
        "at 12:03:41 of AWS::ECS::Service ::",
    );
    is("Jane.Doe+x@example.co.uk", "person1@redacted.invalid");
    is("nothing to hide in eu-west-1", "nothing to hide in eu-west-1");
}

#[test]
fn who_is_told_in_lines_and_settings_is_masked_and_what_only_looks_like_it_stays() {
    let value = serde_json::json!({
        "sessionContext": { "sourceIdentity": "janefromops" },
        "lines": [
            "User jane.doe logged in", "File \"/home/janedoe/app.py\"", "/Users/erin/x",
            "host my-laptop.fritz.box", "Server=db;Password=pwd in mssql1;Encrypt=True", "jane.doe again",
            "janefromops again", "/home/ec2-user/app.py", "user data missing", "java.home is /home",
            "retry: password policy; Retries=3",
        ],
    });
    let (known, names) = KnownValues::of_values(std::slice::from_ref(&value));
    let mut redactor = Redactor {
        known,
        names,
        ..Redactor::default()
    };
    let mut masked = value;
    redactor.value(&mut masked, Position::top(MemberKind::Usual));
    let text = masked.to_string();
    for told in ["jane.doe", "janedoe", "erin", "fritz", "mssql1", "janefromops"] {
        assert!(!text.contains(told), "{told} in {text}");
    }
    for kept in [
        "ec2-user/app.py",
        "user data missing",
        "java.home is /home",
        "Encrypt=True",
        "password policy; Retries=3",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn secrets_are_masked_where_they_are_told_and_wherever_they_are_repeated() {
    let value = serde_json::json!({
        "request": "{\"masterUserPassword\":\"correct-horse-9\",\"user\":\"admin\",\"clientRequestToken\":\"t0ken-of-request\"}",
        "log": "connect with pwd=correct-horse-9; Authorization: Bearer abcdefghijkl0123",
        "url": "https://x/?X-Amz-Signature=0123456789abcdef",
        "settings": { "ServiceToken": "arn:aws:lambda:eu-west-1:1:function:f", "dbSecret": "hunter2" },
        "key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    });
    let mut redactor = Redactor {
        known: KnownValues::of_values(std::slice::from_ref(&value)).0,
        ..Redactor::default()
    };
    let mut masked = value;
    redactor.value(&mut masked, Position::top(MemberKind::Usual));
    let text = masked.to_string();
    for secret in [
        "correct-horse-9",
        "abcdefghijkl0123",
        "0123456789abcdef",
        "hunter2",
        "wJalrXUtn",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for kept in [
        "t0ken-of-request",
        "function:f",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "\\\"admin\\\"",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    let password = redactor.mask(Kind::Secret, "correct-horse-9");
    assert_eq!(text.matches(&password).count(), 2, "{text}");
}
