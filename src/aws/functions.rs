//! Lambda functions, by `GetFunctionConfiguration`.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_lambda::Client;

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::fault;
use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::fact::FunctionDescription;
use crate::domain::model::fault::Fault;
use crate::ports::FunctionSource;

/// Lambda in the region of the function.
#[derive(Debug)]
pub struct Functions {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

impl Functions {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(Client::new),
        }
    }
}

/// Whether it may be asked.
pub(super) async fn probe(connection: &Connection) -> Result<(), Fault> {
    let client = Client::new(&connection.config_for(connection.region()));
    let call = client.get_function_configuration().function_name(NOBODY);
    fault::judged("lambda:GetFunctionConfiguration", call.send().await)
}

#[async_trait]
impl FunctionSource for Functions {
    async fn function(&self, arn: &str) -> Result<FunctionDescription, Fault> {
        let region = Arn::region_of(arn);
        let answer = self
            .clients
            .get(
                &self.connection,
                region.unwrap_or_else(|| self.connection.region()),
            )
            .get_function_configuration()
            .function_name(arn)
            .send()
            .await
            .map_err(|error| fault::of("lambda:GetFunctionConfiguration", &error))?;
        // Both are optional, and one of them tells that this is about a function at all.
        let told = answer.function_arn().or_else(|| answer.function_name());
        UncheckedAnswer("lambda:GetFunctionConfiguration").text(told, "the function's name")?;
        let name = answer
            .function_name()
            .map_or_else(|| function_name(arn).to_owned(), ToOwned::to_owned);
        let log_group = answer.logging_config().and_then(|config| config.log_group());
        Ok(FunctionDescription {
            arn: arn.to_owned(),
            role_arn: answer.role().map(ToOwned::to_owned),
            log_group: log_group.map_or_else(|| format!("/aws/lambda/{name}"), ToOwned::to_owned),
            in_vpc: answer
                .vpc_config()
                .and_then(|vpc| vpc.vpc_id())
                .is_some_and(|id| !id.is_empty()),
            timeout_seconds: answer.timeout().and_then(|seconds| u32::try_from(seconds).ok()),
            name,
        })
    }
}
