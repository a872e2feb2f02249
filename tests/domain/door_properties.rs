//! What must hold for everything that is pasted: it is answered, in every form, by nothing that a terminal obeys.

use proptest::prelude::*;

#[path = "../fuzz/checks/door.rs"]
mod door;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        door::check(&bytes);
        door::check(text.as_bytes());
    }
}
