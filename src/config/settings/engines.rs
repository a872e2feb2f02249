//! What `config.toml` says of the engines that may be asked for what trails recorded.

use super::{Found, parsed, unknown};
use crate::app::input::toml_source::{Problem, TomlEntry};
use crate::domain::model::trail_query::{NamedStores, TrailEngines};
use crate::domain::model::trail_table::{
    OutputPlace, RegionName, StoreChoice, TableName, TrailTable, USUAL_LIMIT, WorkGroup,
};

/// What the file says of each engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineSettings {
    /// The table over what trails deliver to S3.
    pub table: TrailTableSettings,
    /// How much a query of Logs Insights may read, in megabytes.
    insights: Option<u32>,
    /// Event data stores.
    stores: StoreSettings,
}

/// What the file says of event data stores of CloudTrail Lake.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct StoreSettings {
    choice: Option<StoreChoice>,
    region: Option<RegionName>,
    megabytes: Option<u32>,
}

impl StoreSettings {
    fn named(&self, choice: StoreChoice) -> NamedStores {
        NamedStores {
            region: self.region.clone(),
            most_bytes: bytes(self.megabytes),
            ..NamedStores::of(choice)
        }
    }

    fn read_entry(&mut self, entry: &TomlEntry<'_, '_>, found: &mut Found) -> Result<(), Problem> {
        match entry.key {
            "id" => self.choice = Some(parsed(entry, StoreChoice::parse)?),
            "region" => self.region = Some(parsed(entry, RegionName::parse)?),
            "megabytes" => self.megabytes = Some(entry.number(10..1_000_000_001)?),
            _ => found.unknown.push(unknown(entry, &["id", "region", "megabytes"])),
        }
        Ok(())
    }
}

impl EngineSettings {
    /// The engines, where these were named on the command line.
    pub fn over(&self, named: &TrailEngines) -> TrailEngines {
        TrailEngines {
            table: match &named.table {
                Some(table) => Some(self.table.named(table.name.clone())),
                None => self.table.table(),
            },
            insights: bytes(self.insights),
            stores: match &named.stores {
                Some(stores) => Some(self.stores.named(stores.choice.clone())),
                None => self.stores.choice.clone().map(|choice| self.stores.named(choice)),
            },
        }
    }

    /// Reads a section about one of them.
    pub(super) fn read_section(
        &mut self,
        section: &TomlEntry<'_, '_>,
        found: &mut Found,
    ) -> Result<(), Problem> {
        for entry in section.section()? {
            let read = match section.key {
                "trail-table" => self.table.read_entry(&entry, found),
                "event-data-store" => self.stores.read_entry(&entry, found),
                _ => self.read_insights(&entry, found),
            };
            if let Err(problem) = read {
                found.problems.push(problem);
            }
        }
        Ok(())
    }

    fn read_insights(&mut self, entry: &TomlEntry<'_, '_>, found: &mut Found) -> Result<(), Problem> {
        match entry.key {
            "megabytes" => self.insights = Some(entry.number(0..1_000_000_001)?),
            _ => found.unknown.push(unknown(entry, &["megabytes"])),
        }
        Ok(())
    }
}

fn bytes(megabytes: Option<u32>) -> u64 {
    megabytes.map_or(USUAL_LIMIT, |megabytes| u64::from(megabytes) * 1_000_000)
}

/// What the file says of the table over what trails deliver to S3.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailTableSettings {
    /// `DATABASE.TABLE`.
    name: Option<TableName>,
    workgroup: Option<WorkGroup>,
    output: Option<OutputPlace>,
    region: Option<RegionName>,
    megabytes: Option<u32>,
}

impl TrailTableSettings {
    /// The table; none where none is named.
    pub fn table(&self) -> Option<TrailTable> {
        self.name.clone().map(|name| self.named(name))
    }

    /// The table of another name, asked as the file says.
    pub fn named(&self, name: TableName) -> TrailTable {
        TrailTable {
            workgroup: self.workgroup.clone(),
            output: self.output.clone(),
            region: self.region.clone(),
            most_bytes: bytes(self.megabytes),
            ..TrailTable::named(name)
        }
    }

    fn read_entry(&mut self, entry: &TomlEntry<'_, '_>, found: &mut Found) -> Result<(), Problem> {
        match entry.key {
            "name" => self.name = Some(parsed(entry, TableName::parse)?),
            "workgroup" => self.workgroup = Some(parsed(entry, WorkGroup::parse)?),
            "output" => self.output = Some(parsed(entry, OutputPlace::parse)?),
            "region" => self.region = Some(parsed(entry, RegionName::parse)?),
            "megabytes" => self.megabytes = Some(entry.number(10..1_000_000_001)?),
            _ => {
                let names = ["name", "workgroup", "output", "region", "megabytes"];
                found.unknown.push(unknown(entry, &names));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;

    #[test]
    fn a_table_is_named_with_how_it_is_asked() {
        let text = "[trail-table]\nname = \"audit.cloudtrail_logs\"\nworkgroup = \"people\"\noutput = \"s3://results/\"\nregion = \"eu-central-1\"\nmegabytes = 500\n";
        let read = Settings::read("config.toml", text);
        assert_eq!(read.problems, []);
        let table = read.settings.engines.table.table().unwrap();
        assert_eq!(table.name.to_string(), "audit.cloudtrail_logs");
        assert_eq!((table.most_bytes, table.workgroup.is_some()), (500_000_000, true));
        let other = read
            .settings
            .engines
            .table
            .named(TableName::parse("a.b").unwrap());
        assert_eq!((other.name.table(), other.region), ("b", table.region));
        for wrong in [
            "name = \"logs\"",
            "name = \"a.b; DROP TABLE b\"",
            "output = \"results\"",
            "region = \"everywhere\"",
            "megabytes = 0",
            "workgroup = \"\"",
        ] {
            let read = Settings::read("config.toml", &format!("[trail-table]\n{wrong}\n"));
            assert_eq!(read.problems.len(), 1, "{wrong}");
        }
        assert_eq!(
            Settings::read("config.toml", "").settings.engines.table.table(),
            None
        );
    }

    #[test]
    fn event_data_stores_are_named_with_how_they_are_asked() {
        let of = |text: &str, named: &TrailEngines| {
            let settings = Settings::read("config.toml", text).settings;
            settings.engines.over(named).stores
        };
        let none = TrailEngines::default();
        assert_eq!(of("", &none), None, "nobody is asked who was not named");
        let text = "[event-data-store]\nid = \"any\"\nregion = \"eu-central-1\"\nmegabytes = 500\n";
        let stores = of(text, &none).unwrap();
        assert_eq!(
            (stores.choice, stores.most_bytes),
            (StoreChoice::Any, 500_000_000)
        );
        let one = StoreChoice::parse("0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f").unwrap();
        let named = TrailEngines {
            stores: Some(NamedStores::of(one.clone())),
            ..none
        };
        let stores = of(text, &named).unwrap();
        assert_eq!(
            (stores.choice, stores.region),
            (one, RegionName::parse("eu-central-1").ok())
        );
        let wrong = Settings::read("config.toml", "[event-data-store]\nid = \"all of them\"\n");
        assert_eq!(wrong.problems.len(), 1);
    }

    #[test]
    fn queries_of_logs_can_be_bounded_and_switched_off() {
        let of = |text: &str| {
            let settings = Settings::read("config.toml", text).settings;
            settings.engines.over(&TrailEngines::default()).insights
        };
        assert_eq!(of(""), USUAL_LIMIT);
        assert_eq!(of("[trail-insights]\nmegabytes = 500\n"), 500_000_000);
        assert_eq!(of("[trail-insights]\nmegabytes = 0\n"), 0);
        let wrong = Settings::read("config.toml", "[trail-insights]\nmegabytes = -1\n");
        assert_eq!(wrong.problems.len(), 1);
        let unknown = Settings::read("config.toml", "[trail-insights]\nmegabyte = 1\n");
        assert_eq!((unknown.problems.len(), unknown.passed_over.len()), (0, 1));
    }
}
