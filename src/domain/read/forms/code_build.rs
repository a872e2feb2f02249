//! `CodeBuild`'s phases: which command ended with which status, and what that command printed.

use super::PastedFailure;
use super::paste::Paste;
use crate::domain::model::category::Category;

pub(super) const BUILD: &str =
    "CodeBuild says only which command ended with an error; why is in what that command printed before";

/// `Phase context status code: CODE Message: which command ended with which status`.
pub(super) fn phase(line: &str) -> Option<PastedFailure> {
    let (code, message) = match line.split_once("Phase context status code: ") {
        Some((_, rest)) => rest.split_once(" Message: ")?,
        // `COMMAND_EXECUTION_ERROR: Error while executing command: …`, as the console shows it.
        None => {
            let at = line.find("COMMAND_EXECUTION_ERROR: Error while executing command: ")?;
            let (code, message) = line.get(at..)?.split_once(": ")?;
            (code, message.trim_end_matches(['}', '`', '"']))
        }
    };
    let failed = !code.trim().is_empty() && !message.trim().is_empty();
    failed.then(|| PastedFailure {
        reason: message.trim().to_owned(),
        code: Some(code.trim().to_owned()),
        category: Some(Category::Other),
        note: Some(BUILD.to_owned()),
        ..PastedFailure::default()
    })
}

/// What the shell itself said of the command that ended a phase, where no line below names another error.
pub(super) fn of_shell(paste: &Paste<'_>) -> Option<PastedFailure> {
    let lines: Vec<&str> = paste.lines().map(str::trim).collect();
    let ended = lines
        .iter()
        .position(|line| line.starts_with("Command did not exit successfully"))?;
    let printed = lines.get(..ended)?.iter().rev();
    let said = printed
        .take_while(|line| !line.starts_with("Running command"))
        .find(|line| is_of_shell(line))?;
    Some(PastedFailure {
        reason: (*said).to_owned(),
        category: Some(Category::Other),
        note: Some(
            "this is what the shell said of the command with which the build ended; no call to AWS failed"
                .to_owned(),
        ),
        ..PastedFailure::default()
    })
}

/// `script.sh: 4: cd: can't cd to source`, `bash: sam: command not found`
fn is_of_shell(line: &str) -> bool {
    let (first, rest) = line.split_once(": ").unwrap_or_default();
    let shell = first.rsplit('.').next() == Some("sh")
        || matches!(first.rsplit('/').next(), Some("sh" | "bash" | "zsh"));
    shell && rest.contains(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_tells_why_a_command_ended() {
        let text = "Running command cd app\n/tmp/script.sh: 4: cd: can't cd to app\n\nCommand did not exit successfully cd app exit \
                    status 2\nPhase complete: BUILD State: FAILED\n";
        let said = of_shell(&Paste::new(text)).map(|one| one.reason);
        assert_eq!(said.as_deref(), Some("/tmp/script.sh: 4: cd: can't cd to app"));
    }

    /// What would tempt it: lines of a command before, and of a program.
    #[test]
    fn other_lines_are_not_its_words() {
        let text = "bash: x: command not found\nRunning command npm test\nError: one test failed\nCommand did not exit \
                    successfully npm test exit status 1\n";
        assert_eq!(of_shell(&Paste::new(text)), None);
    }
}
