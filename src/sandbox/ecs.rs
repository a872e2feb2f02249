//! ECS' read operations: enough to see why a service's tasks stopped.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::epoch_seconds;
use super::request::{ApiRequest, Parameters, Protocol};
use super::world::{EcsService, EcsTask, World};
use crate::sandbox::service_error::ServiceError;

/// Answers one question about services and tasks.
pub(super) fn answer(
    world: &World,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    let home = world.is_home(&question.region);
    let asked = TimedRequest {
        world,
        home,
        parameters: &question.parameters,
        now,
    };
    match question.operation.as_str() {
        "DescribeServices" => describe_services(&asked),
        "ListTasks" => list_tasks(&asked),
        "DescribeTasks" => describe_tasks(&asked),
        "DescribeTaskDefinition" => describe_task_definition(&asked),
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

struct TimedRequest<'a> {
    world: &'a World,
    home: bool,
    parameters: &'a Parameters,
    now: DateTime<Utc>,
}

impl<'a> TimedRequest<'a> {
    /// The services ever made in the cluster that is asked for.
    fn services(&self) -> Result<Vec<&'a EcsService>, ServiceError> {
        let cluster = self.parameters.text("cluster").unwrap_or("default");
        let in_cluster = |service: &&EcsService| {
            self.home
                && (service.cluster == cluster || service.cluster_arn == cluster)
                && service.life.from <= self.now
        };
        let services: Vec<_> = self.world.services.iter().filter(in_cluster).collect();
        if services.is_empty() {
            return Err(ServiceError::caller(
                "ClusterNotFoundException",
                "Cluster not found.",
            ));
        }
        Ok(services)
    }
}

fn names(service: &EcsService, asked: &str) -> bool {
    service.name == asked || service.arn == asked
}

fn describe_services(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let services = asked.services()?;
    let mut described = Vec::new();
    let mut failures = Vec::new();
    for wanted in asked.parameters.list("services") {
        match services.iter().find(|service| names(service, wanted)) {
            Some(service) => described.push(service_json(service, asked.now)),
            None => failures.push(json!({ "arn": wanted, "reason": "MISSING" })),
        }
    }
    Ok(json!({ "services": described, "failures": failures }))
}

fn service_json(service: &EcsService, now: DateTime<Utc>) -> Value {
    let live = service.life.covers(now);
    let desired = if live { service.desired } else { 0 };
    let begun = |task: &&EcsTask| task.created <= now && task.stopped.is_none_or(|at| now < at);
    let running = service
        .tasks
        .iter()
        .filter(begun)
        .filter(|task| task.started.is_some_and(|at| at <= now))
        .count();
    let pending = service.tasks.iter().filter(begun).count() - running;
    let failed_tasks = service
        .tasks
        .iter()
        .filter(|task| task.stopped.is_some_and(|at| at <= now))
        .count();
    let failed = service.failed.filter(|at| *at <= now);
    let rollout = if failed.is_some() { "FAILED" } else { "IN_PROGRESS" };
    let because = match failed {
        Some(_) => format!(
            "ECS deployment {} failed: tasks failed to start.",
            service.deployment_id
        ),
        None => format!("ECS deployment {} in progress.", service.deployment_id),
    };
    let said = service.messages.iter().rev().filter(|(_, at, _)| *at <= now);
    let events: Vec<_> = said
        .map(|(id, at, text)| json!({ "id": id, "createdAt": epoch_seconds(*at), "message": text }))
        .collect();
    json!({
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "status": if live { "ACTIVE" } else { "INACTIVE" },
        "desiredCount": desired,
        "runningCount": running,
        "pendingCount": pending,
        "launchType": "FARGATE",
        "taskDefinition": service.task_definition_arn,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": { "enable": true, "rollback": false },
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
        },
        "deployments": [{
            "id": service.deployment_id,
            "status": "PRIMARY",
            "taskDefinition": service.task_definition_arn,
            "desiredCount": desired,
            "pendingCount": pending,
            "runningCount": running,
            "failedTasks": failed_tasks,
            "createdAt": epoch_seconds(service.life.from),
            "updatedAt": epoch_seconds(failed.unwrap_or(service.life.from)),
            "rolloutState": rollout,
            "rolloutStateReason": because,
        }],
        "events": events,
        "createdAt": epoch_seconds(service.life.from),
    })
}

fn list_tasks(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let services = asked.services()?;
    let stopped_wanted = asked.parameters.text("desiredStatus") == Some("STOPPED");
    let wanted = asked.parameters.text("serviceName");
    if let Some(wanted) = wanted
        && !services.iter().any(|service| names(service, wanted))
    {
        return Err(ServiceError::caller(
            "ServiceNotFoundException",
            "Service not found.",
        ));
    }
    let family = asked.parameters.text("family");
    let arns: Vec<_> = services
        .iter()
        .filter(|service| wanted.is_none_or(|wanted| names(service, wanted)))
        .filter(|service| family.is_none_or(|family| family_of(&service.task_definition_arn) == family))
        .flat_map(|service| &service.tasks)
        .filter(|task| task.created <= asked.now && task.has_stopped(asked.now) == stopped_wanted)
        .map(|task| &task.arn)
        .collect();
    Ok(json!({ "taskArns": arns }))
}

fn family_of(task_definition_arn: &str) -> &str {
    let name = task_definition_arn
        .rsplit('/')
        .next()
        .unwrap_or(task_definition_arn);
    name.split(':').next().unwrap_or(name)
}

impl EcsTask {
    fn has_stopped(&self, now: DateTime<Utc>) -> bool {
        self.stopped.is_some_and(|at| at <= now)
    }
}

fn describe_tasks(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let services = asked.services()?;
    let mut described = Vec::new();
    let mut failures = Vec::new();
    for wanted in asked.parameters.list("tasks") {
        let mut all = services
            .iter()
            .flat_map(|service| service.tasks.iter().map(move |task| (*service, task)));
        let found =
            all.find(|(_, task)| (task.arn == wanted || task.id == wanted) && task.created <= asked.now);
        match found {
            Some((service, task)) => described.push(task_json(service, task, asked.now)),
            None => failures.push(json!({ "arn": wanted, "reason": "MISSING" })),
        }
    }
    Ok(json!({ "tasks": described, "failures": failures }))
}

fn task_json(service: &EcsService, task: &EcsTask, now: DateTime<Utc>) -> Value {
    let stopped = task.has_stopped(now);
    let started = task.started.filter(|at| *at <= now);
    let status = match (stopped, started) {
        (true, _) => "STOPPED",
        (false, Some(_)) => "RUNNING",
        (false, None) => "PENDING",
    };
    let containers: Vec<_> = task
        .containers
        .iter()
        .map(|(name, exit_code, reason)| {
            without_null(json!({
                "containerArn": format!("{}/{name}", task.arn.replace(":task/", ":container/")),
                "taskArn": task.arn,
                "name": name,
                "lastStatus": status,
                "exitCode": exit_code.filter(|_| stopped),
                "reason": reason.as_ref().filter(|_| stopped),
            }))
        })
        .collect();
    without_null(json!({
        "taskArn": task.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinitionArn": service.task_definition_arn,
        "group": format!("service:{}", service.name),
        "startedBy": service.deployment_id,
        "launchType": "FARGATE",
        "lastStatus": status,
        "desiredStatus": if stopped { "STOPPED" } else { "RUNNING" },
        "containers": containers,
        "createdAt": epoch_seconds(task.created),
        "startedAt": started.map(epoch_seconds),
        "stoppingAt": task.stopped.filter(|_| stopped).map(epoch_seconds),
        "stoppedAt": task.stopped.filter(|_| stopped).map(epoch_seconds),
        "stopCode": task.stop_code.as_ref().filter(|_| stopped),
        "stoppedReason": task.stopped_reason.as_ref().filter(|_| stopped),
    }))
}

fn without_null(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, field| !field.is_null());
    }
    value
}

fn describe_task_definition(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let wanted = asked.parameters.text("taskDefinition").unwrap_or_default();
    let found = asked.world.task_definitions.iter().find(|known| {
        let with_revision = known.arn.rsplit('/').next();
        known.arn == wanted || known.family == wanted || with_revision == Some(wanted)
    });
    let found = found.filter(|_| asked.home);
    let found = found
        .ok_or_else(|| ServiceError::caller("ClientException", "Unable to describe task definition."))?;
    Ok(json!({ "taskDefinition": found.description, "tags": [] }))
}
