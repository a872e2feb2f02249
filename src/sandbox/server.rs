//! The HTTP side: listens on loopback, reads requests, sends replies, and breaks connections when told to.
//!
//! What a reply says is decided by the services; here it is only carried, delayed, cut or dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::calls::{Call, CallLog, CallOutcome};
use super::faults::{Faults, InjectedFaultKind, Struck};
use super::offset::Offset;
use super::partition::Partition;
use super::reply::Reply;
use super::request::{ApiRequest, Service};
use super::seed::Seed;
use super::world::World;
use super::{cloudformation, cloudtrail, damage, ecs, lambda, logs, registry, s3, sqs, sts};
use crate::ports::Clock;
use crate::sandbox::service_error::ServiceError;

/// Larger requests than anything that is sent here.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// How long a slow answer takes, by the wall: shorter than any client waits.
const SLOW: Duration = Duration::from_secs(5);

/// While a client waits for a message it is looked for this often, by the wall.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How long to let things settle when no connection can be accepted, for want of descriptors for example.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Everything needed to answer.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) world: World,
    /// The only moment of a story that stands still.
    pub(super) still: Option<DateTime<Utc>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) faults: Faults,
    pub(super) calls: CallLog,
    pub(super) quota: cloudtrail::Quota,
    pub(super) queues: sqs::Queues,
    pub(super) buckets: s3::Buckets,
    pub(super) requests: AtomicU64,
}

/// The connection is to be broken instead of answered.
#[derive(Debug, thiserror::Error)]
#[error("break the connection as the scenario says")]
struct DroppedConnection;

/// Opens the port: the one asked for, or any free one for 0.
pub(super) async fn listen(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Accepts and serves connections until dropped.
pub(super) async fn accept(listener: TcpListener, engine: Arc<Engine>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&engine)));
                }
                // Out of descriptors, or the client has gone again: neither ends the endpoint.
                Err(error) => {
                    tracing::debug!(%error, "could not accept a connection");
                    tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve(stream: TcpStream, engine: Arc<Engine>) {
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| answer(Arc::clone(&engine), request, Arc::clone(&reset)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let ended = Pin::new(&mut connection).await;
    if ended.is_err() && reset.load(Ordering::Relaxed) {
        let stream = connection.into_parts().io.into_inner();
        // With no time to linger the system sends a reset instead of an orderly end.
        let _ = stream.set_zero_linger();
    }
}

async fn answer(
    engine: Arc<Engine>,
    request: Request<Incoming>,
    reset: Arc<AtomicBool>,
) -> Result<Response<ReplyBody>, DroppedConnection> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_REQUEST)
        .collect()
        .await
        .map_err(|_too_large_or_broken| DroppedConnection)?;
    engine.clock.begin();
    let now = engine.clock.now();
    let body = body.to_bytes();
    let question = ApiRequest::read(&head, &body, &engine.world.region);
    let moment = engine.still.unwrap_or(now);
    let at = Offset::from_millis((moment - engine.world.zero).num_milliseconds());
    let struck = Struck {
        service: question.service.prefix(),
        operation: &question.operation,
        region: &question.region,
        stack: question.parameters.text("StackName"),
    };
    let fault = engine.faults.strike(struck, at);
    if question.service == Service::S3 {
        return Ok(engine.object(&question, &body, fault, now));
    }
    let outcome = engine.awaited_outcome(&question, fault, (moment, now)).await;
    engine.record(&question, fault, &outcome, now);
    let request_id = engine.next_request_id();
    let reply = Reply::encode(
        question.service,
        question.protocol,
        &question.operation,
        &request_id,
        outcome,
    );
    let reply = damage::reply(fault, question.protocol, reply);
    match fault {
        Some(InjectedFaultKind::Silent) => std::future::pending().await,
        Some(InjectedFaultKind::Reset) => {
            reset.store(true, Ordering::Relaxed);
            Err(DroppedConnection)
        }
        Some(InjectedFaultKind::Slow) => {
            tokio::time::sleep(SLOW).await;
            Ok(respond(reply, now, &request_id, false))
        }
        Some(InjectedFaultKind::Truncated) => Ok(respond(reply, now, &request_id, true)),
        Some(InjectedFaultKind::Html) => Ok(respond(Reply::html(), now, &request_id, false)),
        Some(InjectedFaultKind::Malformed) => Ok(respond(reply.malformed(), now, &request_id, false)),
        _ => Ok(respond(reply, now, &request_id, false)),
    }
}

impl Engine {
    /// What the service says, which waits for a message as long as it is asked to.
    async fn awaited_outcome(
        &self,
        question: &ApiRequest,
        fault: Option<InjectedFaultKind>,
        (moment, asked_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Value, ServiceError> {
        let mut outcome = self.outcome(question, fault, (moment, asked_at));
        if question.service != Service::Sqs {
            return outcome;
        }
        while let Some(most) = sqs::waits(question, &outcome)
            && self.clock.now() < asked_at + most
        {
            tokio::time::sleep(LOOK_AGAIN).await;
            outcome = self.outcome(question, fault, (moment, self.clock.now()));
        }
        outcome
    }

    /// What the service says: the scripted fault's error if there is one, else the true answer.
    fn outcome(
        &self,
        question: &ApiRequest,
        fault: Option<InjectedFaultKind>,
        (now, counted_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Value, ServiceError> {
        let service = question.service;
        match fault {
            Some(InjectedFaultKind::Throttle) => return Err(ServiceError::throttled(service)),
            Some(InjectedFaultKind::ServerError) => return Err(ServiceError::broken(service)),
            Some(InjectedFaultKind::Expired) => return Err(ServiceError::expired(service)),
            Some(InjectedFaultKind::Denied) => return Err(self.denial(question)),
            Some(InjectedFaultKind::Refused) => return Err(ServiceError::unprintable()),
            _ => {}
        }
        if question.parameters.malformed {
            return Err(ServiceError::caller(
                "SerializationException",
                "Unable to parse the request body as JSON",
            ));
        }
        let answer = match service {
            Service::CloudFormation => cloudformation::answer(&self.world, question, now),
            Service::Sts => sts::answer(&self.world, question),
            Service::CloudTrail => cloudtrail::answer(&self.world, &self.quota, question, (now, counted_at)),
            Service::Logs => logs::answer(&self.world, question, now),
            Service::Ecs => ecs::answer(&self.world, question, now),
            Service::Lambda => lambda::answer(&self.world, question, now),
            // Answered before, in bytes.
            Service::S3 => Ok(Value::Null),
            Service::Sqs => sqs::answer(&self.world, &self.queues, question, counted_at),
            Service::Declared(_) | Service::Other => match registry::declared(service) {
                Some(declared) => (declared.answer)(&self.world, question, now),
                None => Err(ServiceError::unknown_operation(
                    question.protocol,
                    &question.operation,
                )),
            },
        };
        damage::answer(fault, question, answer?)
    }

    /// What is said of an object.
    fn object(
        &self,
        question: &ApiRequest,
        body: &[u8],
        fault: Option<InjectedFaultKind>,
        now: DateTime<Utc>,
    ) -> Response<ReplyBody> {
        let reply = s3::answer(&self.buckets, question, body, fault, now);
        self.record(question, fault, &Ok(Value::Null), now);
        let length = reply.body.len();
        let mut response = Response::new(ReplyBody {
            left: Some(Bytes::from(reply.body)),
            cut: Cut::Never,
        });
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        for (name, value) in &reply.headers {
            put(headers, HeaderName::from_static(name), value);
        }
        response
    }

    fn denial(&self, question: &ApiRequest) -> ServiceError {
        let World { region, account, .. } = &self.world;
        let partition = Partition::of(region).name;
        let text = |key| question.parameters.text(key);
        let resource = match question.service {
            Service::CloudFormation => {
                let stack = text("StackName")
                    .filter(|name| name.starts_with("arn:"))
                    .map(str::to_owned);
                let named = text("StackName")
                    .map(|name| format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/*"));
                stack
                    .or(named)
                    .unwrap_or_else(|| format!("arn:{partition}:cloudformation:{region}:{account}:stack/*/*"))
            }
            Service::Logs => {
                let group = text("logGroupName").unwrap_or_default();
                format!("arn:{partition}:logs:{region}:{account}:log-group:{group}:log-stream:")
            }
            Service::Lambda => {
                let name = text("FunctionName").unwrap_or_default();
                let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
                format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
            }
            Service::Ecs => "*".to_owned(),
            Service::Sqs => format!("arn:{partition}:sqs:{region}:{account}:stacktrail"),
            Service::Declared(_) => registry::declared(question.service)
                .map_or("", |one| one.resource)
                .to_owned(),
            Service::CloudTrail | Service::Sts | Service::S3 | Service::Other => String::new(),
        };
        ServiceError::denied(
            question.service,
            &question.operation,
            &sts::watcher(&self.world),
            &resource,
        )
    }

    fn record(
        &self,
        question: &ApiRequest,
        fault: Option<InjectedFaultKind>,
        outcome: &Result<Value, ServiceError>,
        now: DateTime<Utc>,
    ) {
        let outcome = match (fault, outcome) {
            (Some(fault), _) => CallOutcome::Fault(fault),
            (None, Ok(_)) => CallOutcome::Answered,
            (None, Err(error)) => CallOutcome::Refused(error.code),
        };
        self.calls.add(Call {
            at: now,
            wall: tokio::time::Instant::now(),
            service: question.service,
            operation: question.operation.clone(),
            region: question.region.clone(),
            outcome,
            detail: question.summary(),
        });
    }

    fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Seed::of(&["request", &number.to_string()]).uuid()
    }
}

fn respond(reply: Reply, now: DateTime<Utc>, request_id: &str, truncated: bool) -> Response<ReplyBody> {
    let bytes = Bytes::from(reply.body);
    let length = bytes.len();
    let sent = if truncated {
        bytes.slice(..length / 2)
    } else {
        bytes
    };
    let cut = if truncated { Cut::Early } else { Cut::Never };
    let mut response = Response::new(ReplyBody {
        left: Some(sent),
        cut,
    });
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if truncated {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    // The services' clock is the scenario's.
    put(
        headers,
        DATE,
        &now.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    );
    put(headers, HeaderName::from_static("x-amzn-requestid"), request_id);
    if let Some(code) = reply.error_type {
        headers.insert(
            HeaderName::from_static("x-amzn-errortype"),
            HeaderValue::from_static(code),
        );
    }
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A body that can end too early.
struct ReplyBody {
    left: Option<Bytes>,
    cut: Cut,
}

/// Where a body stands on its way to ending too early.
#[derive(PartialEq, Eq)]
enum Cut {
    /// It ends where it should.
    Never,
    /// It ends too early.
    Early,
    /// It has been given once more to the connection, so that what was sent is on its way before the end.
    Flushed,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = DroppedConnection;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DroppedConnection>>> {
        let body = self.get_mut();
        if let Some(bytes) = body.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if body.cut == Cut::Early {
            body.cut = Cut::Flushed;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.cut == Cut::Never
    }

    fn size_hint(&self) -> SizeHint {
        let left = self
            .left
            .as_ref()
            .map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.cut == Cut::Never {
            SizeHint::with_exact(left)
        } else {
            SizeHint::new()
        }
    }
}
