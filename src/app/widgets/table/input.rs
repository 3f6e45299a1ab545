//! The keys and clicks of a table.
//!
//! Not for drawing.

use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

use super::selection::Selection;

/// What the keys of this frame ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Asked {
    /// The row the cursor went to.
    pub(super) moved_to: Option<usize>,
    /// The row that Enter opened.
    pub(super) opened: Option<usize>,
    /// Whether the selected rows are to be copied.
    pub(super) copy: bool,
}

/// Moves the selection by the keys of this frame, while the table has the keyboard.
pub(super) fn keys(ui: &Ui, table: &Response, selection: &mut Selection, rows: usize, page: usize) -> Asked {
    let mut asked = Asked::default();
    if !table.has_focus() || rows == 0 {
        return asked;
    }
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(table.id, filter));
    if table.gained_focus() && selection.cursor().is_none() {
        *selection = Selection::single(0);
        asked.moved_to = Some(0);
    }
    ui.input_mut(|input| {
        for (key, step) in moves(page) {
            for (modifiers, extend) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                let times = input.count_and_consume_key(modifiers, key);
                if times > 0 {
                    let row = target(selection.cursor(), step, times, rows);
                    go(selection, row, extend);
                    asked.moved_to = Some(row);
                }
            }
        }
        if input.consume_key(Modifiers::COMMAND, Key::A) {
            *selection = Selection::all(rows);
        }
        if input.consume_key(Modifiers::NONE, Key::Enter) {
            asked.opened = selection.cursor();
        }
        asked.copy = input.events.iter().any(|event| matches!(event, Event::Copy))
            || input.consume_key(Modifiers::COMMAND, Key::C);
    });
    asked
}

/// True when a person asks to copy while a table has the keyboard; the table then does not see it. For tables that hold
/// only the rows in sight: the rows are read first.
pub fn copy_asked(ui: &Ui, focused: bool) -> bool {
    focused
        && ui.input_mut(|input| {
            let before = input.events.len();
            input.events.retain(|event| !matches!(event, Event::Copy));
            before != input.events.len() || input.consume_key(Modifiers::COMMAND, Key::C)
        })
}

/// Selects the clicked row; with Ctrl adds it, with Shift reaches to it.
pub(super) fn click(ui: &Ui, selection: &mut Selection, row: usize, keeps_selection: bool) {
    let modifiers = ui.input(|input| input.modifiers);
    if keeps_selection && selection.contains(row) {
        return;
    }
    if modifiers.command {
        selection.toggle(row);
    } else {
        go(selection, row, modifiers.shift);
    }
}

#[derive(Clone, Copy)]
enum Step {
    Down(usize),
    Up(usize),
    First,
    Last,
}

fn moves(page: usize) -> [(Key, Step); 6] {
    [
        (Key::ArrowDown, Step::Down(1)),
        (Key::ArrowUp, Step::Up(1)),
        (Key::PageDown, Step::Down(page)),
        (Key::PageUp, Step::Up(page)),
        (Key::Home, Step::First),
        (Key::End, Step::Last),
    ]
}

fn target(cursor: Option<usize>, step: Step, times: usize, rows: usize) -> usize {
    let last = rows - 1;
    let Some(now) = cursor else {
        return if matches!(step, Step::Last) { last } else { 0 };
    };
    match step {
        Step::Down(by) => now.saturating_add(by * times).min(last),
        Step::Up(by) => now.saturating_sub(by * times),
        Step::First => 0,
        Step::Last => last,
    }
}

fn go(selection: &mut Selection, row: usize, extend: bool) {
    if extend {
        selection.extend_to(row);
    } else {
        *selection = Selection::single(row);
    }
}
