//! Tells the program which commit a release is built from, as far as that is known.
//!
//! A debug build does not say: it would be compiled anew with every commit. Neither does what lies in no repository of
//! its own, as a package from a registry; who builds one sets `STACKTRAIL_COMMIT`.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=.ci/build.rs");
    println!("cargo::rerun-if-env-changed=STACKTRAIL_COMMIT");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !is_release || env::var_os("STACKTRAIL_COMMIT").is_some() || !Path::new(".git").exists() {
        return;
    }
    let Some(commit) = git(&["rev-parse", "--short=9", "HEAD"]) else {
        return;
    };
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for moved in ["HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        if let Some(path) = git(&["rev-parse", "--git-path", moved]) {
            // A path that is not there would have it compiled every time.
            if Path::new(&path).exists() {
                println!("cargo::rerun-if-changed={path}");
            }
        }
    }
    println!("cargo::rustc-env=STACKTRAIL_COMMIT={commit}");
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let told = String::from_utf8(output.stdout).ok()?;
    let told = told.trim();
    (output.status.success() && !told.is_empty()).then(|| told.to_owned())
}
