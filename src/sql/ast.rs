//! Statements as data, printed with indentation and comments. Not for expressions, which are text made by
//! `predicate` and `dialect`.

use super::dialect::Dialect;

/// A chain of named queries and the one that is answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    /// Lines above everything.
    pub(super) comment: Vec<String>,
    /// Some named query refers to itself.
    pub(super) recursive: bool,
    /// In the order in which they use each other.
    pub(super) named: Vec<Named>,
    /// The answer.
    pub(super) answer: Select,
}

/// A named query.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// What it is, one line.
    pub(super) comment: String,
    /// Its name, with column names where the query gives none.
    pub(super) name: String,
    /// Its parts, all rows of all of them.
    pub(super) parts: Vec<Select>,
}

/// One SELECT.
#[derive(Clone, Debug, Default)]
pub(super) struct Select {
    /// Equal rows once.
    pub(super) distinct: bool,
    /// Expressions, with their names.
    pub(super) columns: Vec<String>,
    /// What it reads.
    pub(super) from: From,
    /// Whole join clauses.
    pub(super) joins: Vec<String>,
    /// Conditions that must all hold.
    pub(super) filters: Vec<String>,
    /// Grouping expressions.
    pub(super) group: Vec<String>,
    /// Condition on groups.
    pub(super) having: Option<String>,
    /// Sort expressions.
    pub(super) order: Vec<String>,
}

/// What a SELECT reads.
#[derive(Clone, Debug, Default)]
pub(super) enum From {
    /// Nothing.
    #[default]
    Nothing,
    /// A table, view or named query, with its alias.
    Name(String),
    /// A query in place, with its alias.
    Inner(Box<Select>, String),
    /// Rows of constants instead of a SELECT.
    Values(Vec<String>),
}

impl Statement {
    /// Adds a named query of one part.
    pub(super) fn with(&mut self, comment: impl Into<String>, name: impl Into<String>, part: Select) {
        self.with_all(comment, name, vec![part]);
    }

    /// Adds a named query of several parts.
    pub(super) fn with_all(
        &mut self,
        comment: impl Into<String>,
        name: impl Into<String>,
        parts: Vec<Select>,
    ) {
        self.named.push(Named { comment: comment.into(), name: name.into(), parts });
    }

    /// The text.
    pub(super) fn print(&self, dialect: Dialect) -> String {
        let mut out = String::new();
        for line in &self.comment {
            // A line break in a name must not end the comment.
            out.push_str(&format!("-- {}\n", line.replace(['\n', '\r'], " ")));
        }
        for (place, named) in self.named.iter().enumerate() {
            if place == 0 {
                out.push_str(if self.recursive { "WITH RECURSIVE\n" } else { "WITH\n" });
            }
            out.push_str(&format!("-- {}\n", named.comment.replace(['\n', '\r'], " ")));
            out.push_str(&format!("{} AS {}(\n", named.name, dialect.computed_once()));
            for (part, select) in named.parts.iter().enumerate() {
                if part > 0 {
                    out.push_str("  UNION ALL\n");
                }
                select.print(1, &mut out);
            }
            out.push_str(if place + 1 < self.named.len() { "),\n" } else { ")\n" });
        }
        self.answer.print(0, &mut out);
        out
    }
}

impl Select {
    /// Columns of something named.
    pub(super) fn of(from: impl Into<String>, columns: impl IntoIterator<Item = String>) -> Select {
        Select { columns: columns.into_iter().collect(), from: From::Name(from.into()), ..Select::default() }
    }

    /// Columns of a query in place.
    pub(super) fn inside(
        inner: Select,
        alias: impl Into<String>,
        columns: impl IntoIterator<Item = String>,
    ) -> Select {
        let from = From::Inner(Box::new(inner), alias.into());
        Select { columns: columns.into_iter().collect(), from, ..Select::default() }
    }

    /// With one more join clause.
    pub(super) fn join(mut self, join: impl Into<String>) -> Select {
        self.joins.push(join.into());
        self
    }

    /// With one more condition.
    pub(super) fn filter(mut self, filter: impl Into<String>) -> Select {
        self.filters.push(filter.into());
        self
    }

    fn print(&self, depth: usize, out: &mut String) {
        let pad = "  ".repeat(depth);
        if let From::Values(rows) = &self.from {
            out.push_str(&format!("{pad}VALUES {}\n", rows.join(&format!(",\n{pad}       "))));
            return;
        }
        let columns = wrapped(&self.columns, &format!(",\n{pad}       "));
        out.push_str(&format!("{pad}SELECT {}{columns}\n", if self.distinct { "DISTINCT " } else { "" }));
        match &self.from {
            From::Nothing | From::Values(_) => {}
            From::Name(name) => out.push_str(&format!("{pad}FROM {name}\n")),
            From::Inner(inner, alias) => {
                out.push_str(&format!("{pad}FROM (\n"));
                inner.print(depth + 1, out);
                out.push_str(&format!("{pad}) AS {alias}\n"));
            }
        }
        for join in &self.joins {
            out.push_str(&format!("{pad}{}\n", join.replace('\n', &format!("\n{pad}"))));
        }
        if !self.filters.is_empty() {
            out.push_str(&format!("{pad}WHERE {}\n", self.filters.join(&format!("\n{pad}  AND "))));
        }
        if !self.group.is_empty() {
            out.push_str(&format!("{pad}GROUP BY {}\n", self.group.join(", ")));
        }
        if let Some(having) = &self.having {
            out.push_str(&format!("{pad}HAVING {having}\n"));
        }
        if !self.order.is_empty() {
            out.push_str(&format!("{pad}ORDER BY {}\n", self.order.join(", ")));
        }
    }
}

/// Short lists on one line, long ones one below the other.
fn wrapped(items: &[String], separator: &str) -> String {
    let length: usize = items.iter().map(|item| item.len() + 2).sum();
    items.join(if length > 90 { separator } else { ", " })
}
