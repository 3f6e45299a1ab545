//! How a foreign log is read: which column or JSON path means what. Not for values themselves: see `csv`, `json_lines`.
//!
//! ```toml
//! event = "event_name"        # a column, or a path such as payload.name; or event_is = "Order Placed"
//! time = "ts"
//! time_format = "auto"        # auto | iso | s | ms | us | excel | a strftime pattern
//! zone = "Europe/Berlin"      # of times without one; default: the document's
//! user_id = "customer"
//! anonymous_id = "cookie"
//! message_id = "id"
//! properties = "rest"         # "rest", or a list of columns; what is in no list stays with the event as extra
//! type = "call"               # a column of track, page, screen, identify, group and alias
//! kind = "persons"            # events | persons: rows are traits of persons, without event and time
//! sheet = "May"               # of a workbook; default: the first one
//! encoding = "windows-1252"   # utf-8 | windows-1252; default: what the first rows look like
//! ip = "keep"                 # hash | keep: addresses of an access log as they are; default: hashed
//! ```
//! What is left out is looked for by its usual names: the event, the time, and, when neither identifier is named,
//! both. A message id is looked for only when the mapping names nothing at all, for a column that is called `id`
//! and repeats would make one event of many.
//!
//! A table with a column of identifiers and none of times, nor of event names, is one of persons, unless the mapping
//! names an event or says `kind = "events"`. Naming a column of times makes it one of events again.

use serde::Serialize;

use super::time::TimeFormat;
use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;
use crate::model::time::Zone;

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The event name.
    Event,
    /// When it happened.
    Time,
    /// Account identifier.
    UserId,
    /// Device or cookie identifier.
    AnonymousId,
    /// The sender's id of the message.
    MessageId,
}

impl Role {
    /// All roles, in the order in which columns are looked for.
    pub const ALL: [Role; 5] = [Role::Event, Role::Time, Role::UserId, Role::AnonymousId, Role::MessageId];

    /// The key in a mapping.
    pub fn key(self) -> &'static str {
        match self {
            Role::Event => "event",
            Role::Time => "time",
            Role::UserId => "user_id",
            Role::AnonymousId => "anonymous_id",
            Role::MessageId => "message_id",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Role::Event => "event name",
            Role::Time => "time",
            Role::UserId => "user id",
            Role::AnonymousId => "anonymous id",
            Role::MessageId => "message id",
        }
    }

    /// Usual names, letters and digits only, most telling first.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Role::Event => &[
                "event",
                "eventname",
                "eventtype",
                "action",
                "actionname",
                "activity",
                "activityname",
                "name",
            ],
            Role::Time => &[
                "timestamp",
                "time",
                "eventtime",
                "eventtimestamp",
                "ts",
                "datetime",
                "occurredat",
                "happenedat",
                "createdat",
                "originaltimestamp",
                "sentat",
                "receivedat",
                "date",
                "eventdate",
            ],
            Role::UserId => &[
                "userid",
                "user",
                "customerid",
                "customer",
                "uid",
                "accountid",
                "memberid",
                "personid",
                "distinctid",
            ],
            Role::AnonymousId => &[
                "anonymousid",
                "anonid",
                "deviceid",
                "device",
                "cookieid",
                "cookie",
                "visitorid",
                "visitor",
                "clientid",
                "userpseudoid",
            ],
            Role::MessageId => &["messageid", "eventid", "insertid", "uuid", "id"],
        }
    }

    /// The column that is usually named so, of those not yet taken.
    fn find<'c>(self, columns: &'c [String], taken: &[String]) -> Option<&'c String> {
        self.usual().iter().find_map(|usual| {
            columns.iter().find(|column| plain(column) == *usual && !taken.contains(column))
        })
    }
}

/// What the records of a log are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Each is an event.
    Events,
    /// Each holds traits of a person.
    Persons,
}

/// How the text of a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Windows-1252, which is Latin-1 and a few signs more.
    Windows1252,
}

impl Encoding {
    fn word(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Windows1252 => "windows-1252",
        }
    }
}

/// Which columns become properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Properties {
    /// All that have no other role.
    #[default]
    Rest,
    /// These; others stay with the event as extra.
    Columns(Vec<String>),
}

/// Which column or path means what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Where the event name is.
    pub event: Option<String>,
    /// The event name of every record, for a log of one kind; excludes `event`.
    pub event_is: Option<String>,
    /// Where the time is.
    pub time: Option<String>,
    /// How times are written.
    pub time_format: TimeFormat,
    /// The zone of times without one.
    pub zone: Option<Zone>,
    /// Where the account identifier is.
    pub user_id: Option<String>,
    /// Where the device or cookie identifier is.
    pub anonymous_id: Option<String>,
    /// Where the message id is.
    pub message_id: Option<String>,
    /// What becomes a property.
    pub properties: Properties,
    /// Where the kind of call is.
    pub call_type: Option<String>,
    /// What the records are; `None` for what their columns say.
    pub kind: Option<RecordKind>,
    /// Which sheet of a workbook; `None` for the first.
    pub sheet: Option<String>,
    /// How the text is written; `None` for what it looks like.
    pub encoding: Option<Encoding>,
    /// True when addresses of an access log are kept as they are.
    pub keeps_ip: bool,
}

const KEYS: [&str; 14] = [
    "event",
    "event_is",
    "time",
    "time_format",
    "zone",
    "user_id",
    "anonymous_id",
    "message_id",
    "properties",
    "type",
    "kind",
    "sheet",
    "encoding",
    "ip",
];

impl Mapping {
    /// Reads a mapping's text form.
    ///
    /// # Errors
    /// The first thing that is wrong; for an unknown key the nearest known one.
    pub fn parse(text: &str) -> Result<Mapping, Diagnostic> {
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            let problem =
                Diagnostic::error("bad-mapping", format!("The mapping is not TOML: {}", error.message()));
            match error.span() {
                Some(span) => problem.at(format!("line {}", line_of(text, span.start))),
                None => problem,
            }
        })?;
        let mut mapping = Mapping::default();
        for (key, value) in &table {
            mapping.set(key, value)?;
        }
        if mapping.event.is_some() && mapping.event_is.is_some() {
            return Err(Diagnostic::error("bad-mapping", "The mapping has both “event” and “event_is”")
                .hint("Keep event for a column of names, or event_is for a log of one kind"));
        }
        Ok(mapping)
    }

    /// The text form that [`Mapping::parse`] reads back to an equal mapping.
    pub fn to_text(&self) -> String {
        let columns = match &self.properties {
            Properties::Rest => PropertiesText::Rest("rest"),
            Properties::Columns(columns) => PropertiesText::Columns(columns),
        };
        let text = MappingText {
            event: self.event.as_deref(),
            event_is: self.event_is.as_deref(),
            time: self.time.as_deref(),
            time_format: (self.time_format != TimeFormat::Auto).then(|| self.time_format.text()),
            zone: self.zone.map(Zone::name),
            user_id: self.user_id.as_deref(),
            anonymous_id: self.anonymous_id.as_deref(),
            message_id: self.message_id.as_deref(),
            properties: columns,
            call_type: self.call_type.as_deref(),
            kind: self.kind.map(|kind| match kind {
                RecordKind::Events => "events",
                RecordKind::Persons => "persons",
            }),
            sheet: self.sheet.as_deref(),
            encoding: self.encoding.map(Encoding::word),
            ip: self.keeps_ip.then_some("keep"),
        };
        toml::to_string(&text).unwrap_or_default()
    }

    /// The column or path of a role.
    pub fn column(&self, role: Role) -> Option<&str> {
        match role {
            Role::Event => self.event.as_deref(),
            Role::Time => self.time.as_deref(),
            Role::UserId => self.user_id.as_deref(),
            Role::AnonymousId => self.anonymous_id.as_deref(),
            Role::MessageId => self.message_id.as_deref(),
        }
    }

    /// True when it names where the event or the time is, and not only how to read them.
    pub fn names_columns(&self) -> bool {
        self.event_is.is_some() || Role::ALL.into_iter().any(|role| self.column(role).is_some())
    }

    /// True when the records are traits of persons.
    pub fn is_of_persons(&self) -> bool {
        self.kind == Some(RecordKind::Persons)
    }

    /// The mapping of a table with its gaps filled: as [`Mapping::completed`], and a table of persons is known by its
    /// columns.
    pub fn completed_table(&self, columns: &[String]) -> Mapping {
        let whole = self.completed(columns);
        let has_person = whole.user_id.is_some() || whole.anonymous_id.is_some();
        let names_event = self.event.is_some() || self.event_is.is_some() || self.call_type.is_some();
        // A person has a name too.
        let has_event = whole.event.as_ref().is_some_and(|event| plain(event) != "name");
        if self.kind.is_none() && whole.time.is_none() && has_person && !names_event && !has_event {
            return Mapping { kind: Some(RecordKind::Persons), ..self.clone() }.completed(columns);
        }
        whole
    }

    /// The mapping with its gaps filled from usual names among `columns`.
    pub fn completed(&self, columns: &[String]) -> Mapping {
        let mut whole = self.clone();
        if self.is_of_persons() && self.time.is_some() {
            whole.kind = Some(RecordKind::Events);
        }
        let of_persons = whole.is_of_persons();
        if of_persons {
            (whole.event, whole.event_is) = (None, None);
        }
        let ids_named = self.user_id.is_some() || self.anonymous_id.is_some();
        for role in Role::ALL {
            let wanted = match role {
                Role::Event | Role::Time | Role::MessageId if of_persons => false,
                Role::Event => self.event.is_none() && self.event_is.is_none(),
                Role::Time => self.time.is_none(),
                Role::UserId | Role::AnonymousId => !ids_named,
                Role::MessageId => !self.names_columns(),
            };
            if !wanted {
                continue;
            }
            let taken: Vec<String> =
                Role::ALL.into_iter().filter_map(|role| whole.column(role)).map(str::to_owned).collect();
            let found = role.find(columns, &taken).cloned();
            match role {
                Role::Event => whole.event = found,
                Role::Time => whole.time = found,
                Role::UserId => whole.user_id = found,
                Role::AnonymousId => whole.anonymous_id = found,
                Role::MessageId => whole.message_id = found,
            }
        }
        if of_persons && whole.user_id.is_none() && whole.anonymous_id.is_none() {
            whole.user_id = columns.iter().find(|column| plain(column) == "id").cloned();
        }
        whole
    }

    /// Checks that a completed mapping can give events out of `columns`.
    ///
    /// # Errors
    /// A named column that is not there, or no event, time or identifier column at all.
    pub fn check(&self, columns: &[String]) -> Result<(), Diagnostic> {
        let named = Role::ALL.into_iter().filter_map(|role| self.column(role).map(|name| (role.key(), name)));
        let listed = match &self.properties {
            Properties::Rest => &[][..],
            Properties::Columns(columns) => columns,
        };
        let named = named.chain(self.call_type.as_deref().map(|name| ("type", name)));
        for (key, name) in named.chain(listed.iter().map(|name| ("properties", name.as_str()))) {
            if !columns.iter().any(|column| column == name) {
                return Err(unknown_column(key, name, columns));
            }
        }
        let of_persons = self.is_of_persons();
        let needs_event = !of_persons && self.call_type.is_none();
        if needs_event && self.event.is_none() && self.event_is.is_none() {
            return Err(missing_role("the event name", "event = \"…\", or event_is = \"…\"", columns));
        }
        if !of_persons && self.time.is_none() {
            return Err(missing_role("the time", "time = \"…\"", columns));
        }
        if self.user_id.is_none() && self.anonymous_id.is_none() {
            return Err(missing_role("an identifier", "user_id = \"…\" or anonymous_id = \"…\"", columns));
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &toml::Value) -> Result<(), Diagnostic> {
        if key == "properties" {
            self.properties = properties(value)?;
            return Ok(());
        }
        if !KEYS.contains(&key) {
            let hint = match nearest(key, KEYS) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("Known keys: {}", KEYS.join(", ")),
            };
            return Err(Diagnostic::error("unknown-key", format!("A mapping has no key “{key}”")).hint(hint));
        }
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            return Err(Diagnostic::error(
                "bad-mapping",
                format!("“{key}” must be a text that is not empty"),
            )
            .hint("Leave the key out if the log has nothing for it"));
        };
        let text = text.to_owned();
        match key {
            "event" => self.event = Some(text),
            "event_is" => self.event_is = Some(text),
            "time" => self.time = Some(text),
            "time_format" => self.time_format = TimeFormat::parse(&text)?,
            "zone" => self.zone = Some(Zone::named(&text)?),
            "user_id" => self.user_id = Some(text),
            "anonymous_id" => self.anonymous_id = Some(text),
            "type" => self.call_type = Some(text),
            "sheet" => self.sheet = Some(text),
            "kind" => {
                let kinds = [("events", RecordKind::Events), ("persons", RecordKind::Persons)];
                self.kind = Some(one_of(key, &text, &kinds)?);
            }
            "encoding" => {
                let encodings = [("utf-8", Encoding::Utf8), ("windows-1252", Encoding::Windows1252)];
                self.encoding = Some(one_of(key, &text, &encodings)?);
            }
            "ip" => self.keeps_ip = one_of(key, &text, &[("hash", false), ("keep", true)])?,
            _ => self.message_id = Some(text),
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct MappingText<'m> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_is: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_format: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'m str>,
    properties: PropertiesText<'m>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    call_type: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PropertiesText<'m> {
    Rest(&'static str),
    Columns(&'m [String]),
}

fn properties(value: &toml::Value) -> Result<Properties, Diagnostic> {
    let bad = || {
        Diagnostic::error("bad-mapping", "“properties” must be \"rest\" or a list of columns")
            .hint("Write properties = \"rest\", or properties = [\"price\", \"country\"]")
    };
    if value.as_str() == Some("rest") {
        return Ok(Properties::Rest);
    }
    let columns = value.as_array().ok_or_else(bad)?;
    let columns: Option<Vec<String>> =
        columns.iter().map(|column| column.as_str().map(str::to_owned)).collect();
    columns.map(Properties::Columns).ok_or_else(bad)
}

/// The meaning of a word.
fn one_of<T: Copy>(key: &str, text: &str, known: &[(&'static str, T)]) -> Result<T, Diagnostic> {
    known.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        Diagnostic::error("bad-mapping", format!("“{key}” cannot be “{text}”"))
            .hint(format!("Write one of {}", words.join(", ")))
    })
}

fn unknown_column(key: &str, name: &str, columns: &[String]) -> Diagnostic {
    let hint = match nearest(name, columns.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean “{near}”? {}", listed(columns)),
        None => listed(columns),
    };
    Diagnostic::error(
        "unknown-column",
        format!("The mapping's {key} names a column “{name}” that the log lacks"),
    )
    .hint(hint)
}

fn missing_role(what: &str, write: &str, columns: &[String]) -> Diagnostic {
    Diagnostic::error("unmapped-log", format!("No column of the log looks like {what}"))
        .hint(format!("Give a mapping with {write}. {}", listed(columns)))
}

fn listed(columns: &[String]) -> String {
    let mut names: Vec<String> = columns.iter().take(20).map(|name| super::reason::quoted(name)).collect();
    if columns.len() > 20 {
        names.push(format!("and {} more", columns.len() - 20));
    }
    format!("The log has: {}", names.join(", "))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Letters and digits in lower case, so that `User ID`, `userId` and `user_id` are one name.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_text_form_round_trips() {
        let text = "event = \"e\"\ntime = \"t\"\ntime_format = \"%d.%m.%Y\"\nzone = \"Europe/Berlin\"\n\
                    user_id = \"u\"\nanonymous_id = \"a\"\nmessage_id = \"m\"\nproperties = [\"p\", \"q\"]\ntype = \"c\"\nkind = \"events\"\n\
                    sheet = \"May\"\nencoding = \"windows-1252\"\nip = \"keep\"\n";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!(mapping.to_text(), text);
        for text in ["", "event_is = \"Order \\\"Placed\\\"\"\n", "zone = \"UTC\""] {
            let mapping = Mapping::parse(text).unwrap();
            assert_eq!(Mapping::parse(&mapping.to_text()).unwrap(), mapping);
        }
    }

    #[test]
    fn faults_name_what_to_do() {
        let fault = |text| Mapping::parse(text).unwrap_err().to_string();
        assert!(fault("evnt = \"x\"").contains("Did you mean event"));
        assert!(fault("event = \"\"").contains("not empty"));
        assert!(fault("event = 3").contains("text"));
        assert!(fault("event = \"a\"\nevent_is = \"b\"").contains("both"));
        assert!(fault("time = \"t\"\nevent = ").contains("line 2"));
        assert!(fault("zone = \"Europe/Berln\"").contains("Europe/Berlin"));
        assert!(fault("properties = \"all\"").contains("rest"));
        assert!(fault("time_format = \"fortnights\"").contains("pattern"));
        assert!(fault("kind = \"people\"").contains("events, persons"));
    }

    #[test]
    fn usual_names_are_found_in_any_spelling() {
        let whole = Mapping::default().completed(&columns(&["ID", "User ID", "Event Name", "ts", "cookie"]));
        assert_eq!(whole.event.as_deref(), Some("Event Name"));
        assert_eq!(whole.time.as_deref(), Some("ts"));
        assert_eq!(whole.user_id.as_deref(), Some("User ID"));
        assert_eq!(whole.anonymous_id.as_deref(), Some("cookie"));
        assert_eq!(whole.message_id.as_deref(), Some("ID"));
    }

    #[test]
    fn a_written_mapping_is_completed_with_care() {
        let mapping = Mapping::parse("user_id = \"customer\"").unwrap();
        let whole = mapping.completed(&columns(&["id", "customer", "cookie", "event", "time"]));
        assert_eq!((whole.anonymous_id, whole.message_id), (None, None));
        assert_eq!(whole.event.as_deref(), Some("event"));
    }

    #[test]
    fn a_table_without_times_is_one_of_persons() {
        let whole =
            |mapping: &str, names: &[&str]| Mapping::parse(mapping).unwrap().completed_table(&columns(names));
        let persons = whole("", &["user_id", "name", "plan"]);
        assert!(persons.is_of_persons() && persons.event.is_none() && persons.time.is_none());
        assert!(persons.check(&columns(&["user_id", "name", "plan"])).is_ok());
        assert!(!whole("", &["user_id", "event", "plan"]).is_of_persons(), "its time has another name");
        assert!(!whole("event_is = \"A\"", &["user_id", "plan"]).is_of_persons());
        assert!(!whole("", &["user_id", "name", "created_at"]).is_of_persons());
        let said = whole("kind = \"persons\"", &["id", "name", "created_at"]);
        assert_eq!((said.user_id.as_deref(), said.time, said.event), (Some("id"), None, None));
        let timed = whole("kind = \"persons\"\ntime = \"at\"", &["user_id", "event", "at"]);
        assert!(!timed.is_of_persons(), "a column of times makes it a log");
    }

    #[test]
    fn a_missing_column_names_the_nearest() {
        let there = columns(&["event_name", "ts", "customer"]);
        let mapping = Mapping::parse("event = \"event_nam\"").unwrap().completed(&there);
        let fault = mapping.check(&there).unwrap_err().to_string();
        assert!(fault.contains("“event_nam”") && fault.contains("Did you mean “event_name”"), "{fault}");
        let none = Mapping::default().completed(&columns(&["a", "b"]));
        assert_eq!(none.check(&columns(&["a", "b"])).unwrap_err().code, "unmapped-log");
    }
}
