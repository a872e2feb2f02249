//! The functions behind the one that CloudFormation calls: those of a provider framework and of a topic.
//!
//! A framework's function only calls others, and may have siblings that ask later whether the work is done, or that
//! are called when it was not done in time. Whom each of them calls is told by its own properties, else by its log.

use std::collections::{BTreeMap, BTreeSet};

use super::super::failure::Failure;
use crate::domain::deployment::custom_resource::{
    Invocation, Via, begun, function_name, group_of, lines_of, token,
};
use crate::domain::model::arn::Arn;
use crate::domain::model::event::StackEvent;
use crate::domain::model::event::is_custom_resource;
use crate::domain::model::stack::StackId;
use crate::domain::session::{Session, StackHistory};

/// Functions that are looked at beside the one that was called.
const BESIDE: usize = 6;
/// What CDK calls the functions of a framework, without hyphens and in lower case.
const PARTS: [&str; 3] = ["frameworkonevent", "frameworkiscomplete", "frameworkontimeout"];

/// A function that a stack made.
#[derive(Debug, Default)]
struct Function<'h> {
    logical_id: &'h str,
    name: &'h str,
    /// The functions that its environment names.
    names: BTreeSet<&'h str>,
}

/// The functions that a stack made, by what its events say of them.
fn functions(history: &StackHistory) -> Vec<Function<'_>> {
    let events = history.events().iter().map(|seen| seen.event.as_ref());
    let mut found: BTreeMap<&str, Function<'_>> = BTreeMap::new();
    for event in events.filter(|event| event.resource_type == "AWS::Lambda::Function") {
        let function = found.entry(&event.logical_id).or_default();
        function.logical_id = &event.logical_id;
        let name = event.physical_id.as_deref().map(function_name);
        function.name = name.filter(|name| !name.is_empty()).unwrap_or(function.name);
        function.names.extend(in_environment(event));
    }
    let named = found.into_values().filter(|function| !function.name.is_empty());
    named.collect()
}

fn in_environment(event: &StackEvent) -> impl Iterator<Item = &str> {
    let settings = event.extras.settings.iter();
    let variables = settings.filter(|(key, _)| key.starts_with("Environment.Variables."));
    variables
        .map(|(_, value)| value.as_str())
        .filter(|value| is_function(value))
}

pub(super) fn is_lambda(token: &str) -> bool {
    Arn::is_of(token, "lambda")
}

fn is_function(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "lambda" && arn.resource.starts_with("function:"))
}

/// A topic, or the function of a provider framework (CDK names it `…frameworkonEvent…`).
pub(super) fn calls_another(token: &str) -> bool {
    !is_lambda(token) || is_framework(function_name(token))
}

fn is_framework(name: &str) -> bool {
    framework_of(name).is_some()
}

/// What a framework's functions have in common in their names: `Provider` of `ProviderframeworkonEvent83C1D0A7`.
fn framework_of(name: &str) -> Option<String> {
    let name = name.replace('-', "").to_ascii_lowercase();
    let at = PARTS.iter().find_map(|part| name.find(part))?;
    name.get(..at).map(str::to_owned)
}

/// The functions of one framework, the one that is called first.
fn parts<'f, 'h>(functions: &'f [Function<'h>], called: &str) -> Vec<&'f Function<'h>> {
    let Some(first) = functions.iter().find(|function| function.name == called) else {
        return Vec::new();
    };
    let framework = framework_of(first.logical_id);
    let is_part = |function: &&Function<'_>| {
        function.name != called && framework.is_some() && framework_of(function.logical_id) == framework
    };
    std::iter::once(first)
        .chain(functions.iter().filter(is_part))
        .collect()
}

/// The stack that made a function, with all of that stack's functions.
fn maker<'s>(session: &'s Session, called: &str) -> Option<(&'s StackId, Vec<Function<'s>>)> {
    let mut stacks = session.stacks();
    stacks.find_map(|(id, history)| {
        let made = history.made().functions.contains(called);
        made.then(|| (id, functions(history)))
    })
}

/// The functions that stand behind what CloudFormation called: first those that somebody names, then the other parts
/// of the framework; where nothing names any, those of the same stack.
pub(super) fn beside(session: &Session, history: &StackHistory, call: &Invocation) -> Vec<Invocation> {
    if !calls_another(&call.function_arn) {
        return Vec::new();
    }
    let NamedFunctions {
        called: mut found,
        parts,
    } = named(session, call);
    if found.is_empty() {
        let called = last(&call.function_arn);
        let of = || Via::Neighbour {
            of: called.to_owned(),
        };
        let is_part = |arn: &String| parts.iter().any(|part| part.function_arn == *arn);
        let neighbours = neighbours(history, call).into_iter();
        found.extend(
            neighbours
                .filter(|arn| !is_part(arn))
                .map(|arn| also(call, arn, of())),
        );
    }
    found.extend(parts);
    found.truncate(BESIDE);
    found
}

/// The bare name of a function or a topic.
fn last(token: &str) -> &str {
    if is_lambda(token) {
        function_name(token)
    } else {
        token.rsplit(':').next().unwrap_or_default()
    }
}

fn also(call: &Invocation, function_arn: String, via: Via) -> Invocation {
    Invocation {
        function_arn,
        via,
        log_stream: None,
        ..call.clone()
    }
}

/// What somebody names of the functions behind a custom resource.
#[derive(Default)]
struct NamedFunctions {
    /// Those that the parts of a framework surely call.
    called: Vec<Invocation>,
    /// The framework's parts beside the one that CloudFormation called.
    parts: Vec<Invocation>,
}

fn named(session: &Session, call: &Invocation) -> NamedFunctions {
    let called = last(&call.function_arn);
    let made = maker(session, called);
    let functions = made.as_ref().map(|(_, functions)| functions.as_slice());
    let parts = parts(functions.unwrap_or_default(), called);
    let others: Vec<Invocation> = parts
        .iter()
        .skip(1)
        .filter_map(|part| {
            let arn = arn(made.as_ref()?.0, part.name);
            Some(also(
                call,
                arn,
                Via::Part {
                    of: called.to_owned(),
                },
            ))
        })
        .collect();
    let is_part = |arn: &str| parts.iter().any(|part| part.name == function_name(arn));
    let mut found: Vec<Invocation> = Vec::new();
    let mut add = |arn: &str, via: Via| {
        let is_known = found
            .iter()
            .any(|known| known.function_name() == function_name(arn));
        if !is_known && !is_part(arn) {
            found.push(also(call, arn.to_owned(), via));
        }
    };
    if let Some(name) = &call.points_to {
        let by = called.to_owned();
        add(&beside_of(&call.function_arn, name), Via::Answered { by });
    }
    for part in &parts {
        for arn in &part.names {
            let by = part.name.to_owned();
            add(arn, Via::Configured { by });
        }
    }
    for part in std::iter::once(call).chain(&others) {
        for arn in named_in_log(session, part) {
            let by = last(&part.function_arn).to_owned();
            add(&arn, Via::Named { by });
        }
    }
    NamedFunctions {
        called: found,
        parts: others,
    }
}

/// The functions that a framework says it calls: `executing user function arn:aws:lambda:…`.
fn named_in_log(session: &Session, call: &Invocation) -> BTreeSet<String> {
    lines_of(session, &group_of(session, call), call)
        .filter_map(|line| {
            let (_, after) = line.message.split_once("user function")?;
            let arn = after.get(after.find("arn:")?..)?;
            let end = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, ':' | '-' | '_' | '$');
            let arn = arn.split(end).next().unwrap_or_default();
            is_function(arn).then(|| arn.to_owned())
        })
        .take(BESIDE)
        .collect()
}

/// The functions that the same stack made and that no custom resource names: any of them may be the one.
fn neighbours(history: &StackHistory, call: &Invocation) -> Vec<String> {
    let events = || history.events().iter().map(|seen| seen.event.as_ref());
    let tokens = history.telling_events().filter_map(token);
    let tokens: BTreeSet<&str> = tokens.map(function_name).collect();
    let mut names = BTreeSet::new();
    for event in events().filter(|event| event.resource_type == "AWS::Lambda::Function") {
        let name = event.physical_id.as_deref().map(function_name);
        let begun = event.at <= call.ended_at.unwrap_or(event.at);
        names.extend(name.filter(|name| begun && !name.is_empty() && !tokens.contains(name)));
    }
    // A framework's other functions only drive it; they are looked at last.
    let (drivers, functions): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| is_framework(name));
    functions
        .into_iter()
        .chain(drivers)
        .take(BESIDE)
        .map(|name| arn(&call.stack_id, name))
        .collect()
}

/// The ARN of another function of the same account and region.
fn beside_of(function_arn: &str, name: &str) -> String {
    let lead: Vec<&str> = function_arn.split(':').take(6).collect();
    format!("{}:{name}", lead.join(":"))
}

fn arn(stack: &StackId, name: &str) -> String {
    format!(
        "arn:{}:lambda:{}:{}:function:{name}",
        stack.partition(),
        stack.region(),
        stack.account()
    )
}

/// A custom resource that functions work for, by its stack and its logical id.
pub type ServedResource = (StackId, String);

/// Which custom resources each function surely works for, by the function's name.
pub fn serving(session: &Session) -> BTreeMap<String, BTreeSet<ServedResource>> {
    let mut found: BTreeMap<String, BTreeSet<ServedResource>> = BTreeMap::new();
    for (stack, history) in session.stacks() {
        for (logical_id, call) in called(history) {
            let behind = calls_another(&call.function_arn).then(|| named(session, &call));
            let NamedFunctions { called: named, parts } = behind.unwrap_or_default();
            for function in std::iter::once(&call).chain(&named).chain(&parts) {
                let served = found.entry(last(&function.function_arn).to_owned()).or_default();
                served.insert((stack.clone(), logical_id.to_owned()));
            }
        }
    }
    found
}

/// What CloudFormation called for each custom resource of a stack, at any time.
fn called(history: &StackHistory) -> BTreeMap<&str, Invocation> {
    let mut found: BTreeMap<&str, Invocation> = BTreeMap::new();
    for event in history.telling_events() {
        let Some(token) = token(event) else { continue };
        let call = found
            .entry(&event.logical_id)
            .or_insert_with(|| begun(event, token, Via::Token));
        call.ended_at = call.ended_at.max(Some(event.at));
    }
    found
}

/// Whether a function of the stack that nothing names may stand behind a custom resource: what CloudFormation called
/// calls others, and does not say of all of its parts whom.
pub fn may_call_unnamed(session: &Session, failure: &Failure) -> bool {
    if !is_custom_resource(&failure.event) && !failure.settings.contains_key("ServiceToken") {
        return false;
    }
    let Some(token) = failure.settings.get("ServiceToken") else {
        return false;
    };
    if !calls_another(token) {
        return false;
    }
    let Some((_, functions)) = maker(session, last(token)) else {
        return true;
    };
    let parts = parts(&functions, last(token));
    parts.is_empty() || parts.iter().any(|part| part.names.is_empty())
}
