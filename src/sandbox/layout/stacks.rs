//! Stacks: resources and spans become the events CloudFormation would send.
//!
//! Nothing about the trail or logs.

use super::{LayoutError, stack_arn};
use crate::sandbox::names::{NameScope, Names, timestamp};
use crate::sandbox::offset::{EventLine, Offset, OffsetRange};
use crate::sandbox::script::{BulkScript, HookScript, OutputScript, ResourceScript, Scenario, StackScript};
use crate::sandbox::world::{
    Hook, SimulatedAnnotation, SimulatedEvent, SimulatedOperation, SimulatedOutput, Stack,
};

/// How long after a resource's first event the next one says that its creation was initiated.
const INITIATED_AFTER: Offset = Offset::from_millis(1_400);

/// The type of a stack and of the resource that nests one.
const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

pub(super) fn stack(scenario: &Scenario, script: &StackScript, names: &Names) -> Result<Stack, LayoutError> {
    let place = NameScope::new(&script.key, "");
    let arn = stack_arn(scenario, names, &script.key)?;
    let mut events = own_events(script, names, &arn)?;
    let bulk = script.bulk.iter().flat_map(expand_bulk);
    let resources: Vec<ResourceScript> = script.resources.iter().cloned().chain(bulk).collect();
    let count = i64::try_from(resources.len()).unwrap_or(i64::MAX);
    for (position, resource) in (1..).zip(&resources) {
        let torn_down = script.teardown.map(|span| slot(span, count - position, count));
        events.extend(resource_events(scenario, script, resource, torn_down, names)?);
    }
    for hook in &script.hooks {
        events.push(hook_event(hook, &script.key, &resources, names)?);
    }
    events.sort_by_key(|event| event.at);
    let operations = if scenario.operation_ids {
        operations(&events, &arn, script, names)
    } else {
        Vec::new()
    };
    for event in &mut events {
        event.operation_id = operations
            .iter()
            .rfind(|operation| operation.at <= event.at)
            .map(|operation| operation.id.clone());
    }
    Ok(Stack {
        name: names.fill("${stack}", place)?,
        key: script.key.clone(),
        parent: script
            .parent
            .as_deref()
            .map(|key| stack_arn(scenario, names, key))
            .transpose()?,
        root: script
            .parent
            .as_deref()
            .map(|key| root_of(scenario, names, key))
            .transpose()?,
        role: names.fill_option(script.role.as_ref(), place)?,
        mode: script.mode.clone(),
        description: script.description.clone(),
        parameters: script.parameters.clone(),
        tags: script.tags.clone(),
        outputs: outputs(script, names, &events)?,
        template: script.template.clone(),
        operations,
        events,
        arn,
    })
}

fn root_of(scenario: &Scenario, names: &Names, key: &str) -> Result<String, LayoutError> {
    let mut root = key;
    // A chain of parents cannot be longer than the list of stacks, unless it is a circle.
    for _ in &scenario.stacks {
        let above = scenario
            .stacks
            .iter()
            .find(|stack| stack.key == root)
            .and_then(|stack| stack.parent.as_deref());
        root = above.unwrap_or(root);
    }
    stack_arn(scenario, names, root)
}

/// What the stack tells once it has been made: there is none while its creation goes on or fails.
fn outputs(
    script: &StackScript,
    names: &Names,
    events: &[SimulatedEvent],
) -> Result<Vec<SimulatedOutput>, LayoutError> {
    let place = NameScope::new(&script.key, "");
    let made = |event: &&SimulatedEvent| {
        let made = matches!(event.status.as_str(), "CREATE_COMPLETE" | "IMPORT_COMPLETE");
        made && event.resource_type == STACK_TYPE
    };
    let Some(made) = events.iter().find(made).map(|event| event.at) else {
        return Ok(Vec::new());
    };
    let output = |output: &OutputScript| {
        Ok(SimulatedOutput {
            key: output.key.clone(),
            value: names.fill(&output.value, place)?,
            description: output.description.clone(),
            export_name: output.export_name.clone(),
            since: output.since.map_or(made, |since| names.moment(since)),
        })
    };
    script.outputs.iter().map(output).collect()
}

fn own_events(script: &StackScript, names: &Names, arn: &str) -> Result<Vec<SimulatedEvent>, LayoutError> {
    let place = NameScope::new(&script.key, "");
    let token = names.fill_option(script.token.as_ref(), place)?;
    let name = names.fill("${stack}", place)?;
    let mut events = Vec::with_capacity(script.events.len());
    for (number, line) in script.events.iter().enumerate() {
        events.push(SimulatedEvent {
            id: names
                .seed(&["stack event", &script.key, &number.to_string()])
                .uuid(),
            physical_id: arn.to_owned(),
            token: token.clone(),
            ..event(line, &name, STACK_TYPE, place, names)?
        });
    }
    Ok(events)
}

fn event(
    line: &EventLine,
    logical_id: &str,
    resource_type: &str,
    place: NameScope<'_>,
    names: &Names,
) -> Result<SimulatedEvent, LayoutError> {
    Ok(SimulatedEvent {
        at: names.moment(line.at),
        visible_at: names.moment(line.at.plus(line.visible_after)),
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        status: line.status.clone(),
        detailed_status: line.detailed_status.clone(),
        reason: names.fill_option(line.reason.as_ref(), place)?,
        ..SimulatedEvent::default()
    })
}

fn resource_events(
    scenario: &Scenario,
    stack: &StackScript,
    resource: &ResourceScript,
    torn_down: Option<OffsetRange>,
    names: &Names,
) -> Result<Vec<SimulatedEvent>, LayoutError> {
    let place = NameScope::new(&stack.key, &resource.id);
    let physical = match (&resource.nested, &resource.physical) {
        (Some(key), _) => stack_arn(scenario, names, key)?,
        (None, Some(physical)) => names.fill(physical, place)?,
        (None, None) => names.fill(&format!("${{stack}}-{}-${{upper:12}}", resource.id), place)?,
    };
    let properties = names.fill_option(resource.properties.as_ref(), place)?;
    let token = names.fill_option(stack.token.as_ref(), NameScope { label: "", ..place })?;
    let mut exists = false;
    let mut events = Vec::new();
    for line in lines(resource, torn_down) {
        exists |= shows_physical_id(&line, &resource.kind);
        if !exists && line.status == "DELETE_IN_PROGRESS" {
            continue;
        }
        let made = event(&line, &resource.id, &resource.kind, place, names)?;
        events.push(SimulatedEvent {
            id: format!("{}-{}-{}", resource.id, line.status, timestamp(made.at)),
            physical_id: if exists { physical.clone() } else { String::new() },
            properties: properties.clone(),
            token: token.clone(),
            ..made
        });
    }
    Ok(events)
}

/// Whether CloudFormation knows the physical id by the time of this event: after the service has taken the
/// creation on, or when a custom resource answered, which always names one.
fn shows_physical_id(line: &EventLine, resource_type: &str) -> bool {
    let custom =
        resource_type.starts_with("Custom::") || resource_type == "AWS::CloudFormation::CustomResource";
    let initiated = line
        .reason
        .as_deref()
        .is_some_and(|reason| reason.ends_with("nitiated"));
    let creating = line.status.starts_with("CREATE_") || line.status.starts_with("DELETE_");
    line.status == "CREATE_COMPLETE" || initiated || !creating || (custom && line.status == "CREATE_FAILED")
}

/// Every event of a resource in the order of time, short forms written out.
fn lines(resource: &ResourceScript, torn_down: Option<OffsetRange>) -> Vec<EventLine> {
    let mut lines = Vec::new();
    let begun = resource.create.or(resource.cancelled);
    if let Some(span) = begun {
        let third = Offset::from_millis((span.to.millis() - span.from.millis()) / 3);
        lines.push(line(span.from, "CREATE_IN_PROGRESS", None));
        let initiated = span.from.plus(INITIATED_AFTER.min(third));
        lines.push(line(
            initiated,
            "CREATE_IN_PROGRESS",
            Some("Resource creation Initiated"),
        ));
    }
    if let Some(span) = resource.create {
        lines.push(line(span.to, "CREATE_COMPLETE", None));
    } else if let Some(span) = resource.cancelled {
        lines.push(line(
            span.to,
            "CREATE_FAILED",
            Some("Resource creation cancelled"),
        ));
    }
    if let Some(span) = resource.update {
        lines.push(line(span.from, "UPDATE_IN_PROGRESS", None));
        lines.push(line(span.to, "UPDATE_COMPLETE", None));
    }
    lines.extend(resource.events.iter().cloned());
    let gone = lines.iter().any(|line| line.status.starts_with("DELETE_"));
    if let Some(span) = resource.delete.or_else(|| torn_down.filter(|_| !gone)) {
        lines.push(line(span.from, "DELETE_IN_PROGRESS", None));
        lines.push(line(span.to, "DELETE_COMPLETE", None));
    }
    lines.sort_by_key(|line| line.at);
    lines
}

fn line(at: Offset, status: &str, reason: Option<&str>) -> EventLine {
    EventLine {
        at,
        visible_after: Offset::ZERO,
        status: status.to_owned(),
        detailed_status: None,
        reason: reason.map(str::to_owned),
    }
}

/// The part of a span that belongs to the n-th of so many: each begins a little later than the one before
/// and takes half of the whole.
fn slot(span: OffsetRange, number: i64, count: i64) -> OffsetRange {
    let length = span.to.millis() - span.from.millis();
    let begun = length * number / count.max(1) / 2;
    let from = span.from.plus(Offset::from_millis(begun));
    OffsetRange {
        from,
        to: from.plus(Offset::from_millis(length / 2)),
    }
}

fn expand_bulk(bulk: &BulkScript) -> impl Iterator<Item = ResourceScript> + use<'_> {
    (0..bulk.count).map(|number| ResourceScript {
        id: format!("{}{:02}", bulk.prefix, number + 1),
        kind: bulk.kind.clone(),
        physical: bulk.physical.clone(),
        create: Some(slot(bulk.create, i64::from(number), i64::from(bulk.count))),
        ..ResourceScript::default()
    })
}

fn hook_event(
    hook: &HookScript,
    stack: &str,
    resources: &[ResourceScript],
    names: &Names,
) -> Result<SimulatedEvent, LayoutError> {
    let target = resources
        .iter()
        .find(|resource| resource.id == hook.target)
        .ok_or_else(|| LayoutError::Missing {
            what: "resource",
            key: hook.target.clone(),
            known: resources.iter().map(|resource| resource.id.clone()).collect(),
        })?;
    let place = NameScope::new(stack, &hook.target);
    let line = line(hook.at, "CREATE_IN_PROGRESS", None);
    let made = event(&line, &hook.target, &target.kind, place, names)?;
    Ok(SimulatedEvent {
        id: names
            .seed(&["hook event", stack, &hook.target, &hook.kind, &hook.status])
            .uuid(),
        hook: Some(hook_verdict(hook, place, names)?),
        ..made
    })
}

/// What a hook says of its target.
pub(super) fn hook_verdict(
    script: &HookScript,
    place: NameScope<'_>,
    names: &Names,
) -> Result<Hook, LayoutError> {
    let mut annotations = Vec::with_capacity(script.annotations.len());
    for rule in &script.annotations {
        annotations.push(SimulatedAnnotation {
            name: rule.name.clone(),
            status: rule.status.clone(),
            message: names.fill_option(rule.message.as_ref(), place)?,
            remediation: names.fill_option(rule.remediation.as_ref(), place)?,
            link: rule.link.clone(),
            severity: rule.severity.clone(),
        });
    }
    Ok(Hook {
        invocation_id: names
            .seed(&["hook", place.stack, &script.target, &script.kind])
            .uuid(),
        kind: script.kind.clone(),
        status: script.status.clone(),
        reason: names.fill_option(script.reason.as_ref(), place)?,
        failure_mode: script.failure_mode.clone(),
        annotations,
    })
}

/// Each operation begins with an event of the stack itself.
fn operations(
    events: &[SimulatedEvent],
    arn: &str,
    script: &StackScript,
    names: &Names,
) -> Vec<SimulatedOperation> {
    let mut operations: Vec<SimulatedOperation> = Vec::new();
    let mut before = "";
    for event in events.iter().filter(|event| event.physical_id == arn) {
        let begun = operation_begun_by(&event.status, before);
        before = &event.status;
        if let Some(kind) = begun {
            let number = operations.len().to_string();
            let id = names.seed(&["operation", &script.key, &number]).uuid();
            operations.push(SimulatedOperation {
                id,
                kind,
                at: event.at,
            });
        }
    }
    operations
}

/// Which operation a status of the stack begins, in the words of `LastOperations`.
fn operation_begun_by(status: &str, before: &str) -> Option<&'static str> {
    if status == before {
        return None;
    }
    match status {
        "CREATE_IN_PROGRESS" => Some("CREATE_STACK"),
        "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS" => Some("UPDATE_STACK"),
        "DELETE_IN_PROGRESS" => Some("DELETE_STACK"),
        "UPDATE_ROLLBACK_IN_PROGRESS" if before == "UPDATE_ROLLBACK_FAILED" => Some("CONTINUE_ROLLBACK"),
        "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS" | "IMPORT_ROLLBACK_IN_PROGRESS" => {
            Some("ROLLBACK")
        }
        _ => None,
    }
}
