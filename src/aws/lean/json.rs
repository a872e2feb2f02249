//! Services that speak JSON: over one address, or over paths.

use aws_smithy_runtime_api::box_error::BoxError;
use serde_json::Value;

use super::{Outgoing, answers, header, operation};
use crate::aws::check::UncheckedAnswer;
use crate::aws::connection::Connection;
use crate::domain::model::fault::Fault;

/// A service that speaks JSON over one address.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct JsonApi {
    service: &'static str,
    /// What its targets begin with.
    target: &'static str,
    content_type: &'static str,
}

impl JsonApi {
    /// One that speaks JSON 1.1.
    pub(in crate::aws) const fn new(service: &'static str, target: &'static str) -> Self {
        Self {
            service,
            target,
            content_type: "application/x-amz-json-1.1",
        }
    }

    /// One that speaks JSON 1.0.
    pub(in crate::aws) const fn version_1_0(service: &'static str, target: &'static str) -> Self {
        Self {
            service,
            target,
            content_type: "application/x-amz-json-1.0",
        }
    }

    /// Asks with parameters for a JSON object.
    pub(in crate::aws) async fn ask(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        parameters: &Value,
    ) -> Result<Value, Fault> {
        let read = |body: &[u8]| -> Result<Value, BoxError> { answers::object(body) };
        let outgoing = self.outgoing(action, parameters);
        outgoing.send(connection, region, answers::json_error, read).await
    }

    /// Orders something of which nothing is said but that it is done.
    pub(in crate::aws) async fn order(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        parameters: &Value,
    ) -> Result<(), Fault> {
        let outgoing = self.outgoing(action, parameters);
        outgoing
            .send(connection, region, answers::json_error, |_| Ok(()))
            .await
    }

    fn outgoing(&self, action: &'static str, parameters: &Value) -> Outgoing {
        let target = format!("{}.{}", self.target, operation(action));
        Outgoing {
            service: self.service,
            action,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                header("content-type", self.content_type),
                header("x-amz-target", &target),
            ],
            body: parameters.to_string(),
        }
    }
}

/// A list that a service tells page by page.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct JsonList {
    pub(in crate::aws) api: JsonApi,
    pub(in crate::aws) action: &'static str,
    /// The member that holds it, and what that is called.
    pub(in crate::aws) list: (&'static str, &'static str),
    /// The member that leads to the next page, in the answer as in what is asked.
    pub(in crate::aws) token: &'static str,
}

impl JsonList {
    /// One page's answer.
    pub(in crate::aws) async fn page(
        &self,
        connection: &Connection,
        region: &str,
        (parameters, token): (&Value, Option<&str>),
    ) -> Result<Value, Fault> {
        let mut parameters = parameters.clone();
        if let (Some(token), Some(members)) = (token, parameters.as_object_mut()) {
            members.insert(self.token.to_owned(), Value::from(token));
        }
        self.api.ask(connection, region, self.action, &parameters).await
    }

    /// What is in the first pages, so many at most.
    pub(in crate::aws) async fn read(
        &self,
        connection: &Connection,
        region: &str,
        (parameters, pages): (&Value, usize),
    ) -> Result<Vec<Value>, Fault> {
        let (member, name) = self.list;
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..pages {
            let answer = self
                .page(connection, region, (parameters, token.as_deref()))
                .await?;
            let listed = answer.get(member).and_then(Value::as_array);
            let listed = UncheckedAnswer(self.action).must(listed, name)?;
            found.extend(listed.iter().cloned());
            token = answers::text(&answer, self.token).map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

/// A service that speaks JSON over paths.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct RestApi {
    service: &'static str,
}

impl RestApi {
    /// The service of this prefix.
    pub(in crate::aws) const fn new(service: &'static str) -> Self {
        Self { service }
    }

    /// Gets the JSON object that lies at a path, in which each name is [`encoded`](super::encoded).
    pub(in crate::aws) async fn get(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        path: &str,
    ) -> Result<Value, Fault> {
        let outgoing = Outgoing {
            service: self.service,
            action,
            method: "GET",
            path: path.to_owned(),
            headers: Vec::new(),
            body: String::new(),
        };
        let read = |body: &[u8]| -> Result<Value, BoxError> { answers::object(body) };
        outgoing.send(connection, region, answers::json_error, read).await
    }
}
