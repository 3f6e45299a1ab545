//! What a log will become, seen before it is imported. Not for importing it: see `jobs::import`.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::mapping::{Mapping, Role};
use super::{
    Header, Input, LogFormat, LogReader, ReadOptions, Reason, Record, csv_sheet, json, json_lines,
    json_objects, mapped, peek,
};
use crate::base::Diagnostic;
use crate::model::event::EventKind;
use crate::model::time::Time;

/// How many records are counted.
pub const MOST_RECORDS: u64 = 10_000;
/// How many characters of a column's value are kept: more than any that is known as personal by its form.
pub const LONGEST_SAMPLE: usize = 400;
/// How many records are shown.
pub const MOST_ROWS: usize = 10;

/// The beginning of a log as it will become.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The format's word.
    pub format: &'static str,
    /// The format's name for people.
    pub label: &'static str,
    /// The first records, at most [`MOST_ROWS`].
    pub rows: Vec<Record>,
    /// Records looked at, at most [`MOST_RECORDS`].
    pub read: u64,
    /// How many of them are events.
    pub events: u64,
    /// How many of them are not, by reason.
    pub quarantined: BTreeMap<Reason, u64>,
    /// The first record of each of these reasons.
    pub examples: BTreeMap<Reason, Record>,
    /// Event names with their counts, most first, then by name.
    pub names: Vec<(String, u64)>,
    /// Earliest and latest time of the events looked at.
    pub times: Option<(Time, Time)>,
    /// True when the log holds no more than was looked at.
    pub whole: bool,
    /// Columns or paths with their roles; empty for a log that needs no mapping.
    pub columns: Vec<Column>,
    /// The header of a table.
    pub header: Option<Header>,
    /// The mapping in force; when the log cannot be read yet, the best guess to start from.
    pub mapping: Option<Mapping>,
    /// What the person should know; an error when no event can be read as things are.
    pub diagnostics: Vec<Diagnostic>,
}

/// A column or path of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it means, as mapped or as its name suggests.
    pub role: Option<Role>,
    /// Up to three different values, as written; of a long one its first [`LONGEST_SAMPLE`] characters.
    pub samples: Vec<String>,
}

/// Looks at the beginning of a log; `input` is unpacked, `format` a name or `None` to recognize it.
///
/// # Errors
/// When the format is unknown, or the log is of none. A log that merely needs another mapping is a preview with an
/// error among its diagnostics.
pub fn preview(input: Input<'_>, format: Option<&str>, options: &ReadOptions) -> Result<Preview, Diagnostic> {
    let (head, input) = peek(input);
    let format = match format {
        Some(name) => super::named(name)?,
        None => super::recognize(&head, options.mapping.as_ref())?,
    };
    let reader = format.reader(input, options);
    Ok(of_reader(format, reader, &head, options))
}

/// The same for a log that is open already; `head` is the beginning of its text.
pub fn of_reader<'a>(
    format: &'static dyn LogFormat,
    reader: Result<Box<dyn LogReader + Send + 'a>, Diagnostic>,
    head: &[u8],
    options: &ReadOptions,
) -> Preview {
    of_reader_watched(format, reader, head, options, &mut |_| ControlFlow::Continue(()))
}

/// The same; `watch` sees each record that is counted and may break off.
pub fn of_reader_watched<'a>(
    format: &'static dyn LogFormat,
    reader: Result<Box<dyn LogReader + Send + 'a>, Diagnostic>,
    head: &[u8],
    options: &ReadOptions,
    watch: &mut dyn FnMut(&Record) -> ControlFlow<()>,
) -> Preview {
    let mut preview = Preview {
        format: format.name(),
        label: format.label(),
        rows: Vec::new(),
        read: 0,
        events: 0,
        quarantined: BTreeMap::new(),
        examples: BTreeMap::new(),
        names: Vec::new(),
        times: None,
        whole: false,
        columns: Vec::new(),
        header: None,
        mapping: None,
        diagnostics: Vec::new(),
    };
    match reader {
        Ok(mut reader) => {
            preview.mapping = reader.mapping().cloned();
            preview.header = reader.header().cloned();
            preview.diagnostics = reader.notes();
            preview.count(&mut *reader, watch);
        }
        Err(problem) => preview.diagnostics.push(problem),
    }
    preview.add_columns(format, head, options);
    preview
}

impl Preview {
    /// True when the records are traits of persons and no events.
    pub fn is_of_persons(&self) -> bool {
        self.mapping.as_ref().is_some_and(Mapping::is_of_persons)
    }

    fn count(&mut self, reader: &mut dyn LogReader, watch: &mut dyn FnMut(&Record) -> ControlFlow<()>) {
        let mut names: HashMap<String, u64> = HashMap::new();
        let mut messages: HashMap<String, u64> = HashMap::new();
        let mut other_content = 0;
        while self.read < MOST_RECORDS {
            let record = match reader.next() {
                Ok(Some(record)) => record,
                Ok(None) => {
                    self.whole = true;
                    break;
                }
                Err(error) => {
                    self.diagnostics.push(Diagnostic::warning("unreadable", format!("Here {error}")));
                    break;
                }
            };
            if watch(&record).is_break() {
                break;
            }
            self.read += 1;
            match &record.outcome {
                Ok(event) => {
                    self.events += 1;
                    *names.entry(event.name.clone()).or_default() += 1;
                    if event.kind != EventKind::Traits {
                        let (first, last) = self.times.unwrap_or((event.time, event.time));
                        self.times = Some((first.min(event.time), last.max(event.time)));
                    }
                    if let Some(id) = &event.message_id {
                        let hash = *messages.entry(id.clone()).or_insert(record.raw_hash);
                        other_content += u64::from(hash != record.raw_hash);
                    }
                }
                Err(rejection) => {
                    *self.quarantined.entry(rejection.reason).or_default() += 1;
                    self.examples.entry(rejection.reason).or_insert_with(|| record.clone());
                }
            }
            if self.rows.len() < MOST_ROWS {
                self.rows.push(record);
            }
        }
        self.names = names.into_iter().collect();
        self.names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.judge(other_content);
    }

    /// The reasons with their counts, most frequent first.
    pub fn reasons(&self) -> Vec<(Reason, u64)> {
        let mut reasons: Vec<_> = self.quarantined.iter().map(|(reason, count)| (*reason, *count)).collect();
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }

    fn judge(&mut self, other_content: u64) {
        let is_readable = self.diagnostics.iter().all(|problem| problem.code != "unreadable");
        if self.read == 0 && is_readable {
            self.diagnostics.push(
                Diagnostic::error("no-events", "There is no record in the file")
                    .hint("Export the log again, or choose another file"),
            );
        } else if self.events == 0 {
            self.diagnostics.push(no_events(self.read, &self.quarantined));
        }
        if other_content * 10 > self.events {
            let message = format!(
                "{other_content} of the first {} events repeat a message id with other content, and would count as \
                 duplicates",
                self.events
            );
            self.diagnostics.push(
                Diagnostic::warning("repeated-message-id", message)
                    .hint("If the column names something else, map message_id to another one, or to none"),
            );
        }
    }

    fn add_columns(&mut self, format: &'static dyn LogFormat, head: &[u8], options: &ReadOptions) {
        let (names, samples) = match format.name() {
            "csv" => csv_samples(head, options),
            // What needs no mapping shows none; other JSON taken for it does.
            _ if self.events > 0 && self.mapping.is_none() => return,
            _ => json_samples(head),
        };
        let given = options.mapping.clone().unwrap_or_default();
        let is_table = format.name() == "csv" || format.needs_seek();
        let guess = if is_table { given.completed_table(&names) } else { given.completed(&names) };
        let mapping = self.mapping.get_or_insert(guess);
        self.columns = names
            .into_iter()
            .zip(samples)
            .map(|(name, samples)| {
                let role = Role::ALL.into_iter().find(|role| mapping.column(*role) == Some(&name));
                Column { name, role, samples }
            })
            .collect();
    }
}

/// Says why nothing could be read as an event, with the most frequent reasons first.
pub fn no_events(read: u64, quarantined: &BTreeMap<Reason, u64>) -> Diagnostic {
    let mut reasons: Vec<_> = quarantined.iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let list: Vec<String> =
        reasons.iter().take(3).map(|(reason, count)| format!("{} ({count})", reason.sentence())).collect();
    let message = match (read, reasons.first()) {
        (1, Some((reason, _))) => format!("The only record is no event: {}", reason.sentence()),
        _ => format!("None of {read} records could be read as an event: {}", list.join("; ")),
    };
    let is_foreign = reasons.first().is_some_and(|(reason, _)| {
        use Reason::{NotJson, NotUtf8, OpenQuote, RaggedRow, TooDeep, TooLong};
        [NotJson, NotUtf8, OpenQuote, RaggedRow, TooDeep, TooLong].contains(reason)
    });
    let hint = if is_foreign {
        "Check that it is a log of one JSON object per line, or a CSV with a header line, in UTF-8"
    } else {
        "If the log uses other names, say with a mapping which column or key is the event, the time and the identifier"
    };
    Diagnostic::error("no-events", message).hint(hint)
}

/// The columns or paths of a log by the beginning of its text, whatever they mean.
pub fn columns(format: &dyn LogFormat, head: &[u8], options: &ReadOptions) -> Vec<String> {
    match format.name() {
        "csv" => csv_samples(head, options).0,
        _ => json_lines::paths(head),
    }
}

type Samples = (Vec<String>, Vec<Vec<String>>);

fn csv_samples(head: &[u8], options: &ReadOptions) -> Samples {
    let encoding = options.mapping.as_ref().and_then(|mapping| mapping.encoding);
    let Some((columns, rows)) = csv_sheet::beginning(head, encoding, 200) else { return Samples::default() };
    let mut samples = vec![Vec::new(); columns.len()];
    for row in rows {
        samples.iter_mut().zip(&row).for_each(|(found, cell)| sample(found, cell));
    }
    (columns, samples)
}

fn json_samples(head: &[u8]) -> Samples {
    let paths = json_lines::paths(head);
    let mut samples = vec![Vec::new(); paths.len()];
    let objects = json_objects::sample(head, 50);
    for fields in objects.iter().filter_map(|object| json::object(object).ok()) {
        for (path, found) in paths.iter().zip(&mut samples) {
            match mapped::at(&fields, path).map(json::scalar) {
                Some(json::Scalar::Text(text)) => sample(found, &text),
                Some(json::Scalar::Literal(text)) => sample(found, text),
                Some(json::Scalar::Missing | json::Scalar::Nested) | None => {}
            }
        }
    }
    (paths, samples)
}

fn sample(found: &mut Vec<String>, text: &str) {
    let text: String = text.chars().take(LONGEST_SAMPLE).collect();
    if found.len() < 3 && !text.is_empty() && !found.contains(&text) {
        found.push(text);
    }
}
