//! A connection to an account where nobody answers, for tests of who is asked.

use std::sync::Arc;

use stacktrail::aws::{
    AthenaTables, CloudTrail, CloudTrailLake, Connection, ConnectionOptions, Functions, LogInsights, Logs,
    StaticKeys, Trails, Validations, services,
};
use stacktrail::watch::Ports;

/// The program's own ports, at an address where nobody listens.
pub(crate) async fn ports() -> Ports {
    ports_at("http://127.0.0.1:9").await
}

/// The program's own ports, at this address.
pub(crate) async fn ports_at(endpoint: &str) -> Ports {
    let connection = Connection::open(ConnectionOptions {
        region: Some("eu-west-1".to_owned()),
        endpoint_url: Some(endpoint.to_owned()),
        keys: Some(StaticKeys {
            access_key_id: "nobody".to_owned(),
            secret_access_key: "nothing".to_owned(),
        }),
        ..ConnectionOptions::default()
    });
    let connection = Arc::new(connection.await.unwrap());
    Ports {
        trail: Arc::new(CloudTrail::new(Arc::clone(&connection))),
        trails: Arc::new(Trails::new(Arc::clone(&connection))),
        tables: Arc::new(AthenaTables::new(Arc::clone(&connection))),
        stores: Arc::new(CloudTrailLake::new(Arc::clone(&connection))),
        queries: Arc::new(LogInsights::new(Arc::clone(&connection))),
        logs: Arc::new(Logs::new(Arc::clone(&connection))),
        functions: Arc::new(Functions::new(Arc::clone(&connection))),
        services: services(&connection),
        validation: Arc::new(Validations::new(connection)),
    }
}
