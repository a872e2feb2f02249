//! The rows. Times are seconds after noon.

mod create;
mod deletion;
mod other;
mod update;

use super::Row;

const ASKED: &str = "User Initiated";
const CANCELLED_CREATE: &str = "Resource creation cancelled";
const CANCELLED_DELETE: &str = "Resource deletion cancelled";
const CANCELLED_UPDATE: &str = "Resource update cancelled";
const TAKEN: &str =
    "Resource handler returned message: \"taken\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)";
const STUCK: &str =
    "Resource handler returned message: \"gone\" (RequestToken: 2, HandlerErrorCode: NotFound)";
const CREATE_LIST: &str = "The following resource(s) failed to create: [Orders]. Rollback requested by user.";
const DELETE_LIST: &str = "The following resource(s) failed to create: [Orders]. . Delete requested by user.";
const UPDATE_LIST: &str = "The following resource(s) failed to update: [Orders]. ";
const EARLY: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.";

/// The whole table.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    let parts = [create::ROWS, update::ROWS, deletion::ROWS, other::ROWS];
    parts.into_iter().flatten()
}
