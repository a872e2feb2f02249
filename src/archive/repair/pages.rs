//! The first page of a file says what the file is and where everything in it stands. Where it is damaged, the
//! first page of another archive may say so as well: they are made in the same order.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB};

use super::super::open;

const PAGE: usize = 4096;
const HEADER: usize = 100;
/// A larger file is not read into memory for the sake of its first page.
const LARGEST: u64 = 1 << 28;

/// Where the header says how the file is written: 1 without a log beside it.
const FORMAT: std::ops::Range<usize> = 18..20;
/// Where it says how many pages there are, and which of them are free.
const PAGES: std::ops::Range<usize> = 28..32;
const FREE: std::ops::Range<usize> = 32..40;

/// The file in memory, with its header, or its whole first page, from another archive.
pub(super) fn mended(path: &Path) -> impl Iterator<Item = rusqlite::Result<Connection>> {
    let bytes = whole(path).unwrap_or_default();
    let beginnings = [(false, HEADER), (false, PAGE), (true, PAGE)];
    beginnings.into_iter().filter_map(move |(anew, length)| {
        let first_page = first_page(anew)?;
        let copied = with_beginning(&bytes, first_page.get(..length)?)?;
        Some(in_memory(&copied))
    })
}

fn whole(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .ok()?;
    (bytes.len() > PAGE).then_some(bytes)
}

/// The first page of an empty archive, as it is made, or written anew.
fn first_page(anew: bool) -> Option<Vec<u8>> {
    let mut empty = Connection::open_in_memory().ok()?;
    open::migrate(&mut empty).ok()?;
    if anew {
        empty.execute_batch("VACUUM").ok()?;
    }
    let bytes = empty.serialize(MAIN_DB).ok()?;
    bytes.get(..PAGE).map(<[u8]>::to_vec)
}

fn with_beginning(bytes: &[u8], beginning: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    bytes.truncate(bytes.len() / PAGE * PAGE);
    let pages = u32::try_from(bytes.len() / PAGE).ok()?;
    bytes.get_mut(..beginning.len())?.copy_from_slice(beginning);
    bytes.get_mut(FORMAT)?.fill(1);
    bytes.get_mut(PAGES)?.copy_from_slice(&pages.to_be_bytes());
    bytes.get_mut(FREE)?.fill(0);
    Some(bytes)
}

fn in_memory(bytes: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    Ok(connection)
}
