//! Copying from tables that hold only the rows in sight: the key is taken before the table sees it, the rows are read,
//! then copied. Not for tables whose rows are all there: these copy by themselves.

use egui::{Event, Key, Modifiers, Ui};

/// True when a person asks to copy while the table has the keyboard; the table then does not see it.
pub(super) fn copy_asked(ui: &Ui, focused: bool) -> bool {
    focused
        && ui.input_mut(|input| {
            let before = input.events.len();
            input.events.retain(|event| !matches!(event, Event::Copy));
            before != input.events.len() || input.consume_key(Modifiers::COMMAND, Key::C)
        })
}

/// Fields as a line that a spreadsheet takes.
pub(super) fn tsv_line<const N: usize>(fields: [String; N]) -> String {
    fields.map(|field| field.replace(['\t', '\n', '\r'], " ")).join("\t")
}
