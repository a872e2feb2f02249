//! Log groups, functions and ECS services.
//!
//! Only what the read operations of these services show.

use serde_json::json;

use super::LayoutError;
use crate::sandbox::names::{NameScope, Names};
use crate::sandbox::offset::Offset;
use crate::sandbox::partition::Partition;
use crate::sandbox::script::{
    ContainerDefinitionScript, FunctionScript, LogGroupScript, Repeat, Scenario, ServiceEventsScript,
    ServiceScript, TaskDefinitionScript, TaskScript,
};
use crate::sandbox::world::{
    EcsService, EcsTask, Function, Life, SimulatedLogGroup, SimulatedLogLine, SimulatedServiceEvents,
    TaskDefinition,
};

fn life(names: &Names, from: Offset, to: Option<Offset>) -> Life {
    Life {
        from: names.moment(from),
        to: to.map(|to| names.moment(to)),
    }
}

pub(super) fn log_group(
    scenario: &Scenario,
    script: &LogGroupScript,
    names: &Names,
) -> Result<SimulatedLogGroup, LayoutError> {
    let name = names.fill(&script.name, NameScope::new("", &script.name))?;
    let mut lines = Vec::new();
    for stream_script in &script.streams {
        let stream = names.fill(&stream_script.name, NameScope::new(&name, "stream"))?;
        for (number, line) in stream_script.lines.iter().enumerate() {
            let place = NameScope::new(&stream, "line");
            lines.push(SimulatedLogLine {
                // An id as long as the real ones, which are decimal numbers.
                id: format!(
                    "3{:055}",
                    names.seed(&["line", &name, &stream, &number.to_string()]).next()
                ),
                stream: stream.clone(),
                at: names.moment(line.at),
                visible_at: names.moment(line.at.plus(script.ingestion)),
                message: names.fill(&line.text, place)?,
            });
        }
    }
    lines.sort_by_key(|line| line.at);
    let Scenario { region, account, .. } = scenario;
    Ok(SimulatedLogGroup {
        arn: format!(
            "arn:{}:logs:{region}:{account}:log-group:{name}",
            Partition::of(region).name
        ),
        name,
        life: life(names, script.created, script.deleted),
        retention_days: script.retention_days,
        empty_pages: script.empty_pages,
        lines,
    })
}

pub(super) fn function(
    scenario: &Scenario,
    script: &FunctionScript,
    names: &Names,
) -> Result<Function, LayoutError> {
    let place = NameScope::new("", &script.name);
    let name = names.fill(&script.name, place)?;
    let log_group = names.fill_option(script.log_group.as_ref(), place)?;
    let Scenario { region, account, .. } = scenario;
    Ok(Function {
        arn: format!(
            "arn:{}:lambda:{region}:{account}:function:{name}",
            Partition::of(region).name
        ),
        role: role_arn(scenario, &names.fill(&script.role, place)?),
        life: life(names, script.created, script.deleted),
        log_group: log_group.unwrap_or_else(|| format!("/aws/lambda/{name}")),
        runtime: script.runtime.clone().unwrap_or_else(|| "nodejs22.x".to_owned()),
        handler: script
            .handler
            .clone()
            .unwrap_or_else(|| "index.handler".to_owned()),
        timeout_seconds: script.timeout_seconds.unwrap_or(900),
        revision: names.seed(&["revision", &name]).uuid(),
        name,
    })
}

fn role_arn(scenario: &Scenario, role: &str) -> String {
    let partition = Partition::of(&scenario.region).name;
    format!("arn:{partition}:iam::{}:role/{role}", scenario.account)
}

pub(super) fn service(
    scenario: &Scenario,
    script: &ServiceScript,
    names: &Names,
) -> Result<EcsService, LayoutError> {
    let place = NameScope::new("", &script.name);
    let cluster = names.fill(&script.cluster, place)?;
    let name = names.fill(&script.name, place)?;
    let definition = names.fill(&script.task_definition, place)?;
    let Scenario { region, account, .. } = scenario;
    let mut messages = Vec::new();
    for (number, line) in script.messages.iter().enumerate() {
        let id = names.seed(&["message", &name, &number.to_string()]).uuid();
        messages.push((id, names.moment(line.at), names.fill(&line.text, place)?));
    }
    let mut tasks = Vec::new();
    for task in &script.tasks {
        for (number, moved) in Repeat::times(task.repeat) {
            tasks.push(ecs_task(scenario, task, &cluster, names, (number, moved))?);
        }
    }
    let deployment = 1_000_000_000_000_000_000
        + names
            .seed(&["deployment", &name])
            .below(8_999_999_999_999_999_999);
    let partition = Partition::of(region).name;
    Ok(EcsService {
        cluster_arn: format!("arn:{partition}:ecs:{region}:{account}:cluster/{cluster}"),
        arn: format!("arn:{partition}:ecs:{region}:{account}:service/{cluster}/{name}"),
        task_definition_arn: format!("arn:{partition}:ecs:{region}:{account}:task-definition/{definition}"),
        life: life(names, script.created, script.deleted),
        failed: script.failed.map(|at| names.moment(at)),
        desired: script.desired,
        deployment_id: format!("ecs-svc/{deployment}"),
        messages,
        tasks,
        cluster,
        name,
    })
}

fn ecs_task(
    scenario: &Scenario,
    script: &TaskScript,
    cluster: &str,
    names: &Names,
    (number, moved): (u32, Offset),
) -> Result<EcsTask, LayoutError> {
    let place = NameScope {
        number,
        ..NameScope::new(cluster, &script.id)
    };
    let id = names.fill(&script.id, place)?;
    let moment = |at: Offset| names.moment(at.plus(moved));
    let mut containers = Vec::new();
    for container in &script.containers {
        let reason = names.fill_option(container.reason.as_ref(), place)?;
        containers.push((container.name.clone(), container.exit_code, reason));
    }
    Ok(EcsTask {
        arn: format!(
            "arn:{}:ecs:{}:{}:task/{cluster}/{id}",
            Partition::of(&scenario.region).name,
            scenario.region,
            scenario.account
        ),
        created: moment(script.created),
        started: script.started.map(moment),
        stopped: script.stopped.map(moment),
        stop_code: script.stop_code.clone(),
        stopped_reason: names.fill_option(script.stopped_reason.as_ref(), place)?,
        containers,
        id,
    })
}

pub(super) fn task_definition(
    scenario: &Scenario,
    script: &TaskDefinitionScript,
    names: &Names,
) -> Result<TaskDefinition, LayoutError> {
    let place = NameScope::new("", &script.family);
    let family = names.fill(&script.family, place)?;
    let Scenario { region, account, .. } = scenario;
    let arn = format!(
        "arn:{}:ecs:{region}:{account}:task-definition/{family}:{}",
        Partition::of(region).name,
        script.revision
    );
    let mut containers = Vec::new();
    for container in &script.containers {
        containers.push(container_definition(scenario, container, place, names)?);
    }
    let task_role = names
        .fill_option(script.task_role.as_ref(), place)?
        .map(|role| role_arn(scenario, &role));
    let description = json!({
        "taskDefinitionArn": arn,
        "family": family,
        "revision": script.revision,
        "status": "ACTIVE",
        "executionRoleArn": role_arn(scenario, &names.fill(&script.execution_role, place)?),
        "taskRoleArn": task_role,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": containers,
    });
    Ok(TaskDefinition {
        arn,
        family,
        description,
    })
}

fn container_definition(
    scenario: &Scenario,
    script: &ContainerDefinitionScript,
    place: NameScope<'_>,
    names: &Names,
) -> Result<serde_json::Value, LayoutError> {
    let mut secrets = Vec::new();
    for (name, value) in &script.secrets {
        secrets.push(json!({ "name": name, "valueFrom": names.fill(value, place)? }));
    }
    let logging = match names.fill_option(script.log_group.as_ref(), place)? {
        None => json!(null),
        Some(group) => json!({
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": group,
                "awslogs-region": scenario.region,
                "awslogs-stream-prefix": script.log_prefix.as_deref().unwrap_or(&script.name),
            },
        }),
    };
    Ok(json!({
        "name": script.name,
        "image": names.fill(&script.image, place)?,
        "essential": true,
        "secrets": secrets,
        "logConfiguration": logging,
    }))
}

pub(super) fn service_events(
    script: &ServiceEventsScript,
    names: &Names,
) -> Result<SimulatedServiceEvents, LayoutError> {
    let place = NameScope::new("", &script.id);
    let mut events = Vec::new();
    for line in &script.events {
        events.push((names.moment(line.at), names.fill(&line.text, place)?));
    }
    Ok(SimulatedServiceEvents {
        service: script.service.clone(),
        id: names.fill(&script.id, place)?,
        kind: names.fill(&script.kind, place)?,
        deleted: script.deleted.map(|at| names.moment(at)),
        events,
    })
}
