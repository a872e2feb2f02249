//! Holds the embedded endpoint against the real AWS SDK clients, over a real socket, at chosen moments of a story.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod evidence;
mod faults;
mod stacks;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::ports::Clock;
use stacktrail::sandbox::{InjectedFault, Sandbox, SandboxOptions, Scenario};

/// A clock that stands where it is put.
#[derive(Debug)]
struct StandingClock(Mutex<DateTime<Utc>>);

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, _at: DateTime<Utc>) {
        std::future::pending::<()>().await;
    }
}

/// A scenario that is played by hand.
struct Play {
    sandbox: Sandbox,
    clock: Arc<StandingClock>,
    region: String,
}

impl Play {
    async fn of(scenario: Scenario) -> Self {
        Self::with_faults(scenario, &[]).await
    }

    async fn named(name: &str) -> Self {
        Self::of(Scenario::builtin(name).unwrap()).await
    }

    async fn with_faults(scenario: Scenario, faults: &[&str]) -> Self {
        let start = "2026-03-14T09:26:53.589Z".parse().unwrap();
        let clock = Arc::new(StandingClock(Mutex::new(start)));
        let region = scenario.region.clone();
        let followed: Arc<dyn Clock> = clock.clone();
        let mut options = SandboxOptions::new(scenario, followed);
        options.faults = faults
            .iter()
            .map(|fault| fault.parse::<InjectedFault>().unwrap())
            .collect();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            clock,
            region,
        }
    }

    /// Puts the clock at so many minutes and seconds of the story.
    fn at(&self, minutes: i64, seconds: i64) -> &Self {
        *self.clock.0.lock().unwrap() =
            self.sandbox.zero() + TimeDelta::minutes(minutes) + TimeDelta::seconds(seconds);
        self
    }

    fn root(&self) -> String {
        self.sandbox.expectation().stack_id.clone()
    }

    fn config(&self, region: &str) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                    .build_https(),
            )
            .region(Region::new(region.to_owned()))
            .endpoint_url(self.sandbox.endpoint_url())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(Duration::from_millis(700))
                    .build(),
            )
            .build()
    }

    fn stacks(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config(&self.region))
    }

    fn trail_in(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.config(region))
    }

    fn trail(&self) -> aws_sdk_cloudtrail::Client {
        self.trail_in(&self.region)
    }

    fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.config(&self.region))
    }

    fn functions(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config(&self.region))
    }

    fn containers(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.config(&self.region))
    }

    /// The ids of a stack's events, newest first, with the number of pages they came on.
    async fn event_ids(&self, stack: &str) -> (Vec<String>, usize) {
        let mut pages = self
            .stacks()
            .describe_stack_events()
            .stack_name(stack)
            .into_paginator()
            .send();
        let (mut ids, mut count) = (Vec::new(), 0);
        while let Some(page) = pages.next().await {
            ids.extend(
                page.unwrap()
                    .stack_events()
                    .iter()
                    .map(|event| event.event_id().unwrap().to_owned()),
            );
            count += 1;
        }
        (ids, count)
    }
}

fn code(error: &impl ProvideErrorMetadata) -> &str {
    error.code().unwrap_or("no code")
}

fn message(error: &impl ProvideErrorMetadata) -> &str {
    error.message().unwrap_or("no message")
}
