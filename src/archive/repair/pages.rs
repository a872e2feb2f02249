//! The first page of a file says what the file is and where everything in it stands. Where it is damaged, the
//! first page of another archive may say so as well: they are made in the same order. Where tables were moved since,
//! what stands on the other pages says it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, params};

use super::super::open;
use super::roots::{self, Located, StrayRow};
use super::rows::{TABLES, Table};

const PAGE: usize = 4096;
const HEADER: usize = 100;
/// A larger file is not read into memory for the sake of its first page.
const LARGEST: u64 = 1 << 28;

/// Where the header says how the file is written: 1 without a log beside it.
const FORMAT: std::ops::Range<usize> = 18..20;
/// Where it says how many pages there are, and which of them are free.
const PAGES: std::ops::Range<usize> = 28..32;
const FREE: std::ops::Range<usize> = 32..40;

/// The file in memory, with its header, or its whole first page, from another archive; with the rows that such a first
/// page leads to no more.
pub(super) fn mended(path: &Path) -> impl Iterator<Item = (rusqlite::Result<Connection>, Vec<StrayRow>)> {
    let bytes = whole(path).unwrap_or_default();
    let beginnings = [
        Beginning::Header,
        Beginning::AsMade,
        Beginning::WrittenAnew,
        Beginning::ByContent,
    ];
    beginnings.into_iter().filter_map(move |beginning| {
        let (first_page, strays) = match beginning {
            Beginning::Header | Beginning::AsMade => (first_page(false)?, Vec::new()),
            Beginning::WrittenAnew => (first_page(true)?, Vec::new()),
            Beginning::ByContent => page_by_content(&bytes)?,
        };
        let length = match beginning {
            Beginning::Header => HEADER,
            _ => PAGE,
        };
        let copied = with_beginning(&bytes, first_page.get(..length)?)?;
        Some((in_memory(&copied), strays))
    })
}

/// What takes the place of the beginning of a file.
#[derive(Debug, Clone, Copy)]
enum Beginning {
    /// The header of an empty archive.
    Header,
    /// The first page of an empty archive.
    AsMade,
    /// ... of one that was written anew.
    WrittenAnew,
    /// A first page that says where the tables were found.
    ByContent,
}

/// A first page with the tables alone, where their rows say that they begin.
fn page_by_content(bytes: &[u8]) -> Option<(Vec<u8>, Vec<StrayRow>)> {
    let Located { roots, strays } = roots::found(bytes);
    if roots.is_empty() {
        return None;
    }
    let mut usual = Connection::open_in_memory().ok()?;
    open::migrate(&mut usual).ok()?;
    let page = Connection::open_in_memory().ok()?;
    page.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)
        .ok()?;
    page.execute_batch("CREATE TABLE first (x); DROP TABLE first")
        .ok()?;
    for table in &TABLES {
        let Some(root) = roots.get(table.name) else {
            continue;
        };
        page.execute(
            "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('table', ?1, ?1, ?2, ?3)",
            params![table.name, i64::try_from(*root).ok()?, declared(&usual, table).ok()?],
        )
        .ok()?;
    }
    let bytes = page.serialize(MAIN_DB).ok()?;
    Some((bytes.get(..PAGE)?.to_vec(), strays))
}

/// How a table is declared to whom only its columns and its key matter.
fn declared(usual: &Connection, table: &Table) -> rusqlite::Result<String> {
    let mut statement = usual.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = statement.query_map([table.name], |row| row.get(0))?;
    let columns: Vec<String> = columns.collect::<rusqlite::Result<_>>()?;
    let (name, key) = (table.name, table.key.join(", "));
    Ok(match table.key {
        [key] => {
            let others = columns.into_iter().filter(|column| column != key);
            let others: Vec<String> = others.collect();
            format!(
                "CREATE TABLE {name} ({key} INTEGER PRIMARY KEY, {})",
                others.join(", ")
            )
        }
        _ => format!(
            "CREATE TABLE {name} ({}, PRIMARY KEY ({key})) WITHOUT ROWID",
            columns.join(", ")
        ),
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
