//! What an encoded denial says: `sts:DecodeAuthorizationMessage`.

use super::check::UncheckedAnswer;
use super::{Connection, fault};
use crate::domain::model::fault::Fault;

const DECODE: &str = "sts:DecodeAuthorizationMessage";

/// Asks what an encoded message says. Nothing of the answer is kept anywhere.
///
/// # Errors
/// It is not allowed, or the message is not whole or of another account.
pub(crate) async fn decoded(connection: &Connection, encoded: &str) -> Result<String, Fault> {
    let client = aws_sdk_sts::Client::new(&connection.config_for(connection.region()));
    let answer = client
        .decode_authorization_message()
        .encoded_message(encoded)
        .send()
        .await
        .map_err(|error| fault::of(DECODE, &error))?;
    let told = UncheckedAnswer(DECODE).text(answer.decoded_message(), "the decoded message")?;
    Ok(told.to_owned())
}
