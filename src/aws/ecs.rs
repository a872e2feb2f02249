//! ECS: why the tasks of a service stopped, in ECS's own words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{DesiredStatus, LogDriver, Service, ServiceEvent, Task, TaskDefinition};
use chrono::{DateTime, Utc};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::fault;
use crate::domain::model::arn;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

/// Stopped tasks that are read at most; ECS itself keeps them for about an hour.
const TASKS: usize = 20;
/// Service events that are read at most, newest first.
const EVENTS: usize = 20;

/// ECS in the region of the service.
#[derive(Debug)]
pub struct Ecs {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

/// Makes a statement about the resource in question: id, time, text.
type Statement<'a> = dyn Fn(String, DateTime<Utc>, String) -> ServiceStatement + Sync + 'a;

/// The parts of a question about an ECS service.
struct Subject<'a> {
    client: Client,
    cluster: String,
    service: String,
    statement: &'a Statement<'a>,
}

impl Ecs {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(Client::new),
        }
    }
}

#[async_trait]
impl ServiceSource for Ecs {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let ServiceQuestion {
            stack_id,
            physical_id,
            settings,
            ..
        } = about;
        let ServicePlace { cluster, service } = cluster_and_service(physical_id, settings);
        let statement = |id, at, text| about.statement(SourceId::ECS, id, at, text);
        let client = self.clients.get(&self.connection, stack_id.region());
        let mut missed = Vec::new();
        let described = match describe_service(&client, &cluster, &service).await {
            Ok(described) => described,
            // Its tasks may be readable all the same.
            Err(fault) if fault.kind == FaultKind::Denied => {
                missed.push(fault);
                None
            }
            Err(fault) => return Err(fault),
        };
        let mut statements: Vec<ServiceStatement> = described
            .iter()
            .flat_map(|service| service.events().iter().take(EVENTS))
            .map(|event| service_event(event, &statement))
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        let subject = Subject {
            client,
            cluster,
            service,
            statement: &statement,
        };
        match subject.stopped_tasks(&mut missed).await {
            Ok(of_tasks) => statements.extend(of_tasks),
            // The service's own events are worth having also where its tasks may not be read.
            Err(fault) if statements.is_empty() && missed.is_empty() => return Err(fault),
            Err(fault) => missed.push(fault),
        }
        Ok(Stated { statements, missed })
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        let client = Client::new(&self.connection.config_for(self.connection.region()));
        Some(match action {
            "ecs:DescribeServices" => fault::judged(
                action,
                client
                    .describe_services()
                    .cluster(NOBODY)
                    .services(NOBODY)
                    .send()
                    .await,
            ),
            "ecs:DescribeTaskDefinition" => fault::judged(
                action,
                client
                    .describe_task_definition()
                    .task_definition(NOBODY)
                    .send()
                    .await,
            ),
            "ecs:DescribeTasks" => fault::judged(
                action,
                client.describe_tasks().cluster(NOBODY).tasks(NOBODY).send().await,
            ),
            "ecs:ListTasks" => fault::judged(action, client.list_tasks().cluster(NOBODY).send().await),
            _ => return None,
        })
    }
}

/// How the API names a service.
#[derive(Debug, PartialEq, Eq)]
struct ServicePlace {
    cluster: String,
    service: String,
}

/// Reads the cluster and service out of `arn:..:service/CLUSTER/SERVICE`, the old `arn:..:service/SERVICE`,
/// or a bare name beside the resource's own settings.
fn cluster_and_service(physical_id: &str, settings: &BTreeMap<String, String>) -> ServicePlace {
    let from_settings = || {
        settings
            .get("Cluster")
            .cloned()
            .unwrap_or_else(|| "default".to_owned())
    };
    let path = arn::Arn::parse(physical_id).map_or(physical_id, |arn| arn.resource);
    let mut parts = path.strip_prefix("service/").unwrap_or(path).split('/');
    let (cluster, service) = match (parts.next(), parts.next()) {
        (Some(cluster), Some(service)) => (cluster.to_owned(), service),
        (Some(service), None) => (from_settings(), service),
        _ => (from_settings(), physical_id),
    };
    ServicePlace {
        cluster,
        service: service.to_owned(),
    }
}

/// What a service says by itself; none where it leaves out what it is about.
fn service_event(event: &ServiceEvent, statement: &Statement<'_>) -> Result<Option<ServiceStatement>, Fault> {
    let answer = UncheckedAnswer("ecs:DescribeServices");
    let at = answer.some_time(event.created_at())?;
    let (Some(at), Some(id), Some(message)) = (at, event.id(), event.message()) else {
        answer.left_out("id, time or message");
        return Ok(None);
    };
    Ok(Some(statement(id.to_owned(), at, message.to_owned())))
}

async fn describe_service(client: &Client, cluster: &str, service: &str) -> Result<Option<Service>, Fault> {
    let answer = client
        .describe_services()
        .cluster(cluster)
        .services(service)
        .send()
        .await
        .map_err(|error| fault::of("ecs:DescribeServices", &error))?;
    let services = UncheckedAnswer("ecs:DescribeServices").must(answer.services.as_ref(), "its services")?;
    Ok(services.first().cloned())
}

impl Subject<'_> {
    async fn stopped_tasks(&self, missed: &mut Vec<Fault>) -> Result<Vec<ServiceStatement>, Fault> {
        let listed = self
            .client
            .list_tasks()
            .cluster(&self.cluster)
            .service_name(&self.service)
            .desired_status(DesiredStatus::Stopped)
            .send()
            .await
            .map_err(|error| fault::of("ecs:ListTasks", &error))?;
        let arns = UncheckedAnswer("ecs:ListTasks").must(listed.task_arns.as_ref(), "its tasks")?;
        let arns: Vec<String> = arns.iter().take(TASKS).cloned().collect();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self
            .client
            .describe_tasks()
            .cluster(&self.cluster)
            .set_tasks(Some(arns))
            .send()
            .await
            .map_err(|error| fault::of("ecs:DescribeTasks", &error))?;
        let mut definitions: BTreeMap<String, Option<TaskDefinition>> = BTreeMap::new();
        let mut statements = Vec::new();
        for task in UncheckedAnswer("ecs:DescribeTasks").must(answer.tasks.as_ref(), "its tasks")? {
            // A task tells its reason even where its definition is not named or may not be read.
            let arn = task.task_definition_arn().unwrap_or_default();
            if !arn.is_empty() && !definitions.contains_key(arn) {
                let definition = match self.definition(arn).await {
                    Ok(definition) => definition,
                    Err(fault) => {
                        missed.push(fault);
                        None
                    }
                };
                definitions.insert(arn.to_owned(), definition);
            }
            let definition = definitions.get(arn).and_then(Option::as_ref);
            statements.extend(self.task_statement(task, definition)?);
        }
        Ok(statements)
    }

    async fn definition(&self, arn: &str) -> Result<Option<TaskDefinition>, Fault> {
        let answer = self
            .client
            .describe_task_definition()
            .task_definition(arn)
            .send()
            .await
            .map_err(|error| fault::of("ecs:DescribeTaskDefinition", &error))?;
        Ok(answer.task_definition().cloned())
    }

    /// None for a task that tells neither which it is nor when it stopped.
    fn task_statement(
        &self,
        task: &Task,
        definition: Option<&TaskDefinition>,
    ) -> Result<Option<ServiceStatement>, Fault> {
        let answer = UncheckedAnswer("ecs:DescribeTasks");
        let at = task.stopped_at().or_else(|| task.stopping_at());
        let at = answer.some_time(at.or_else(|| task.created_at()))?;
        let (Some(at), Some(id)) = (at, task.task_arn().map(ToOwned::to_owned)) else {
            answer.left_out("ARN or time");
            return Ok(None);
        };
        let mut text = task
            .stopped_reason()
            .unwrap_or("stopped without a reason")
            .to_owned();
        for container in task.containers() {
            let name = container.name().unwrap_or("container");
            match (container.reason(), container.exit_code()) {
                (Some(reason), _) if !text.contains(reason) => {
                    let _ = write!(text, "; {name}: {reason}");
                }
                (None, Some(code)) if code != 0 => {
                    let _ = write!(text, "; {name} exited with {code}");
                }
                _ => {}
            }
        }
        let mut statement = (self.statement)(id, at, text);
        if let Some(definition) = definition {
            let roles = [definition.execution_role_arn(), definition.task_role_arn()];
            statement.principals = roles.into_iter().flatten().map(ToOwned::to_owned).collect();
            statement.logs = container_logs(&statement.id, definition);
        }
        Ok(Some(statement))
    }
}

/// The log group and stream of each container: `PREFIX/CONTAINER/TASK-ID` with the awslogs driver.
fn container_logs(task_arn: &str, definition: &TaskDefinition) -> Vec<(String, Option<String>)> {
    let task_id = task_arn.rsplit('/').next().unwrap_or(task_arn);
    definition
        .container_definitions()
        .iter()
        .filter_map(|container| {
            let config = container.log_configuration()?;
            if *config.log_driver() != LogDriver::Awslogs {
                return None;
            }
            let options = config.options()?;
            let group = options.get("awslogs-group")?.clone();
            let stream = options
                .get("awslogs-stream-prefix")
                .zip(container.name())
                .map(|(prefix, name)| format!("{prefix}/{name}/{task_id}"));
            Some((group, stream))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_in_every_form_of_its_name() {
        let settings = BTreeMap::from([("Cluster".to_owned(), "main".to_owned())]);
        for (id, cluster, service) in [
            ("arn:aws:ecs:eu-west-1:1:service/prod/web", "prod", "web"),
            ("arn:aws-cn:ecs:cn-north-1:1:service/web", "main", "web"),
            ("web", "main", "web"),
        ] {
            assert_eq!(
                cluster_and_service(id, &settings),
                ServicePlace {
                    cluster: cluster.to_owned(),
                    service: service.to_owned()
                },
                "{id}"
            );
        }
        assert_eq!(cluster_and_service("web", &BTreeMap::new()).cluster, "default");
    }
}
