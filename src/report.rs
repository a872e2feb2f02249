//! What a session says, for other programs and for paper: JSON, lines, text.
//!
//! Reads the domain; decides nothing. Escaping of foreign text happens here and nowhere else for these forms.

pub mod diagnosis;
pub(crate) mod diff;
pub mod explain;
mod fold;
pub mod html;
pub mod markdown;
mod parts;
pub mod policy;
pub mod redact;
pub mod stream;
pub(crate) mod svg;
pub mod text;
