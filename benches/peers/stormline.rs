//! Stormline's side of the comparison with other engines: keeps a document's table in memory and answers one request
//! a line, so that `run.py` can ask all engines by turns. Not for use by hand: see `run.py`.
//!
//! A request is a JSON object on standard input, the answer one on standard output:
//! - `{"ask": "<query as text>"}` → `report`, `ms` of answering alone, `load_ms` of bringing columns into memory
//! - `{"columns": {"folder": "…", "properties": ["country"]}}` → writes the columns up to as-of, little-endian
//! - `{"links": "file of pairs of u32"}` → `links`, `nodes`
//! - `{"components": true}` → `components`, `label_sum`, `ms`
//! - `{"bandwidth": true}` → `gb_per_s` of reading memory once, by all threads

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead as _, BufWriter, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use rayon::prelude::*;
use serde_json::{Value as Json, json};
use stormline::base::Progress;
use stormline::engine::EventTable;
use stormline::engine::identity::components;
use stormline::jobs::answers::{Tables, answer, table_of};
use stormline::jobs::question::Scope;
use stormline::jobs::reports;
use stormline::model::plan::Aliases;
use stormline::model::text::parse_query;
use stormline::model::time::Zone;
use stormline::store::document::Document;

type Outcome = Result<Json, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(document) = std::env::args().skip(1).find(|word| !word.starts_with("--")) else {
        println!("The comparison is run by benches/peers/run.py");
        return Ok(());
    };
    let document = Document::open(Path::new(&document))?;
    let (workspace, _) = document.load_workspace()?;
    let mut asked = Asked {
        tables: Mutex::new(Tables::new(document)),
        aliases: Aliases::of(&workspace),
        zone: workspace.zone(),
        links: Vec::new(),
        nodes: 0,
    };
    for line in io::stdin().lock().lines() {
        let request: Json = serde_json::from_str(&line?)?;
        let given = asked.answer(&request).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        println!("{given}");
    }
    Ok(())
}

struct Asked {
    tables: Mutex<Tables>,
    aliases: Aliases,
    zone: Zone,
    links: Vec<(u32, u32)>,
    nodes: usize,
}

impl Asked {
    fn answer(&mut self, request: &Json) -> Outcome {
        if let Some(text) = request["ask"].as_str() {
            return self.ask(text);
        }
        if let Some(folder) = request["columns"]["folder"].as_str() {
            let names = request["columns"]["properties"].as_array().into_iter().flatten();
            let properties = names.filter_map(Json::as_str).map(str::to_owned).collect();
            return self.write_columns(Path::new(folder), &properties);
        }
        if let Some(file) = request["links"].as_str() {
            return self.read_links(Path::new(file));
        }
        if request["components"] == json!(true) {
            return Ok(self.components());
        }
        if request["bandwidth"] == json!(true) {
            return Ok(bandwidth());
        }
        Err(format!("not a request: {request}").into())
    }

    fn scope(&self) -> Scope<'_> {
        Scope { tables: &self.tables, aliases: &self.aliases, zone: self.zone }
    }

    fn ask(&self, text: &str) -> Outcome {
        let query = parse_query(text)?;
        let scope = self.scope();
        let started = Instant::now();
        // Loading is told apart from answering.
        table_of(&scope, &query, &Progress::new())?;
        let load_ms = millis(started);
        let answer = answer(&scope, &query, &Progress::new())?;
        let ms = answer.elapsed.as_secs_f64() * 1000.0;
        Ok(json!({ "report": reports::json(&answer), "ms": ms, "load_ms": load_ms }))
    }

    fn write_columns(&self, folder: &Path, properties: &BTreeSet<String>) -> Outcome {
        let as_of = self.scope().as_of(None)?;
        let table = self.scope().tables().with(properties, &Progress::new())?;
        let until = |event: &usize| table.times()[*event] <= as_of.0;
        let events = || (0..table.events()).filter(until);
        let mut persons = Vec::with_capacity(table.events());
        for person in 0..table.persons() {
            persons.resize(table.person_events(person).end, person as u32);
        }
        write(&folder.join("person"), events().map(|event| persons[event].to_le_bytes()))?;
        write(&folder.join("time"), events().map(|event| table.times()[event].to_le_bytes()))?;
        write(&folder.join("name"), events().map(|event| table.names().at(event).to_le_bytes()))?;
        let mut dictionaries = serde_json::Map::new();
        for property in properties {
            let (codes, words) = dictionary(&table, property);
            write(&folder.join(property), events().map(|event| codes[event].to_le_bytes()))?;
            dictionaries.insert(property.clone(), json!(words));
        }
        Ok(json!({
            "events": events().count(),
            "as_of": as_of.0,
            "names": table.event_names(),
            "dictionaries": dictionaries,
        }))
    }

    fn read_links(&mut self, file: &Path) -> Outcome {
        let bytes = std::fs::read(file)?;
        let (pairs, _) = bytes.as_chunks::<8>();
        let number = |half: &[u8]| half.iter().rev().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        self.links = pairs.iter().map(|pair| (number(&pair[..4]), number(&pair[4..]))).collect();
        let last = self.links.par_iter().map(|(a, b)| *a.max(b)).max();
        self.nodes = last.map_or(0, |last| last as usize + 1);
        Ok(json!({ "links": self.links.len(), "nodes": self.nodes }))
    }

    fn components(&self) -> Json {
        let started = Instant::now();
        let labels = components(self.nodes, self.links.iter().copied());
        let ms = millis(started);
        let roots = labels.iter().enumerate().filter(|(node, label)| *node == **label as usize).count();
        let sum: u64 = labels.iter().map(|label| u64::from(*label)).sum();
        json!({ "components": roots, "label_sum": sum, "ms": ms })
    }
}

/// A property's codes, and the text of each code; an empty one for a missing value.
fn dictionary(table: &EventTable, property: &str) -> (Vec<u32>, Vec<String>) {
    let Some(column) = table.column(property) else { return (vec![0; table.events()], vec![String::new()]) };
    let mut words = vec![String::new()];
    words.extend(column.values.iter().map(ToString::to_string));
    (column.codes.to_vec(), words)
}

fn write<const N: usize>(path: &Path, values: impl Iterator<Item = [u8; N]>) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for value in values {
        file.write_all(&value)?;
    }
    file.flush()
}

/// The best of several readings of more memory than the processor can keep near.
fn bandwidth() -> Json {
    let numbers: Vec<u64> = (0..1_u64 << 26).collect();
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        let started = Instant::now();
        let sum: u64 = numbers.par_chunks(1 << 16).map(|chunk| chunk.iter().fold(0, |a, b| a ^ b)).sum();
        std::hint::black_box(sum);
        best = best.min(started.elapsed().as_secs_f64());
    }
    json!({ "gb_per_s": size_of_val(numbers.as_slice()) as f64 / best / 1e9 })
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}
