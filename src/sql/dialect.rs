//! How one SQL engine differs from another. Not for what is asked: see `funnel` and `trend`.

/// A kind of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.38 or later, as built in.
    Sqlite,
}

impl Dialect {
    /// All, in the order shown.
    pub const ALL: [Dialect; 1] = [Dialect::Sqlite];

    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "SQLite",
        }
    }

    /// Knows the rules of named time zones.
    pub fn has_time_zones(self) -> bool {
        match self {
            Dialect::Sqlite => false,
        }
    }

    /// Reads text as an instant, exact to the microsecond, and refuses what is not one.
    pub fn parses_times_exactly(self) -> bool {
        match self {
            Dialect::Sqlite => false,
        }
    }

    /// Bits of an integer that are free to use, so that shifting never reaches the sign.
    pub fn integer_bits(self) -> usize {
        match self {
            Dialect::Sqlite => 62,
        }
    }

    /// The word that keeps a named query from being computed again where it is used: without it SQLite joins some of
    /// them row by row.
    pub(super) fn computed_once(self) -> &'static str {
        match self {
            Dialect::Sqlite => "MATERIALIZED ",
        }
    }

    /// A text constant.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Dialect::Sqlite => format!("'{}'", text.replace('\'', "''")),
        }
    }

    /// A number constant; a fraction keeps its type.
    pub(super) fn number(self, number: f64) -> String {
        match self {
            Dialect::Sqlite => format!("{number:?}"),
        }
    }

    /// JSON of the value at nested keys of a JSON column; null when it is missing or null.
    pub(super) fn json_at(self, column: &str, keys: &[String]) -> String {
        match self {
            Dialect::Sqlite => {
                let path: String = keys.iter().map(|key| format!(".{}", quoted_key(key))).collect();
                let path = self.text(&format!("${path}"));
                format!("NULLIF(NULLIF({column}, '') -> {path}, 'null')")
            }
        }
    }

    /// The text in JSON, of lists their JSON; null for other kinds.
    pub(super) fn json_text(self, json: &str) -> String {
        match self {
            Dialect::Sqlite => {
                format!("CASE json_type({json}) WHEN 'text' THEN {json} ->> '$' WHEN 'array' THEN {json} END")
            }
        }
    }

    /// The number in JSON; null for other kinds.
    pub(super) fn json_number(self, json: &str) -> String {
        match self {
            Dialect::Sqlite => format!(
                "CASE WHEN json_type({json}) IN ('integer', 'real') THEN CAST({json} ->> '$' AS REAL) END"
            ),
        }
    }

    /// The truth value in JSON as 1 or 0; null for other kinds.
    pub(super) fn json_bool(self, json: &str) -> String {
        match self {
            Dialect::Sqlite => {
                format!("CASE json_type({json}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
            }
        }
    }

    /// A number as people write it: whole ones without a fraction, others with as many digits as they need.
    pub(super) fn number_label(self, number: &str) -> String {
        match self {
            Dialect::Sqlite => format!(
                "CASE WHEN {number} IS NULL THEN NULL \
                 WHEN {number} = CAST({number} AS INTEGER) THEN CAST(CAST({number} AS INTEGER) AS TEXT) \
                 WHEN CAST(printf('%!.15g', {number}) AS REAL) = {number} THEN printf('%!.15g', {number}) \
                 WHEN CAST(printf('%!.16g', {number}) AS REAL) = {number} THEN printf('%!.16g', {number}) \
                 ELSE printf('%!.17g', {number}) END"
            ),
        }
    }

    /// True when a text holds another one, which is a constant and not empty.
    pub(super) fn contains(self, text: &str, part: &str) -> String {
        match self {
            Dialect::Sqlite => format!("instr({text}, {}) > 0", self.text(part)),
        }
    }

    /// True when a text starts with another one, which is a constant and not empty.
    pub(super) fn starts_with(self, text: &str, part: &str) -> String {
        match self {
            Dialect::Sqlite => format!("substr({text}, 1, {}) = {}", part.chars().count(), self.text(part)),
        }
    }

    /// True when a text ends with another one, which is a constant and not empty.
    pub(super) fn ends_with(self, text: &str, part: &str) -> String {
        match self {
            Dialect::Sqlite => format!("substr({text}, -{}) = {}", part.chars().count(), self.text(part)),
        }
    }

    /// Microseconds since 1970 as ISO text to the second.
    pub(super) fn iso(self, time_us: &str) -> String {
        match self {
            Dialect::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%SZ', {time_us} / 1000000, 'unixepoch')"),
        }
    }
}

/// A key of a JSON path in quotes.
fn quoted_key(key: &str) -> String {
    format!("\"{key}\"")
}
