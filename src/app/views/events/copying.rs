//! Copied rows as text, for tables that hold only the rows in sight. Not for tables whose rows are all there: these
//! copy by themselves.

/// Fields as a line that a spreadsheet takes.
pub(super) fn tsv_line<const N: usize>(fields: [String; N]) -> String {
    fields.map(|field| field.replace(['\t', '\n', '\r'], " ")).join("\t")
}
