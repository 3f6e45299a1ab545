//! A virtual list of persons by what they are called. Not for who is in it.

use egui::Ui;

use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme::Tone;
use crate::app::widgets::table::{Cell, Column, Table, TableResponse};
use crate::base::format;
use crate::jobs::questions::persons::AskLabels;

/// How many labels are asked for around what is in sight.
const LABEL_PAGE: usize = 64;

/// A list of `count` persons beside one more column.
pub(super) struct PersonList<'a> {
    /// One of its own in the whole window.
    pub(super) salt: &'static str,
    /// How many persons there are.
    pub(super) count: usize,
    /// The row that is marked.
    pub(super) chosen: Option<usize>,
    /// The second column: its title and width.
    pub(super) second: (&'a str, f32),
    /// Height of the whole list.
    pub(super) height: f32,
}

impl PersonList<'_> {
    /// Paints it; `person` gives a row's stored id, `words` its second cell.
    pub(super) fn show(
        self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        person: impl Fn(usize) -> i64,
        words: impl Fn(usize) -> String,
    ) -> TableResponse {
        let key = ui.make_persistent_id((self.salt, "in sight"));
        let first = ui.data(|data| data.get_temp::<usize>(key)).unwrap_or(0) / LABEL_PAGE * LABEL_PAGE;
        let page = first.min(self.count)..self.count.min(first + 2 * LABEL_PAGE);
        let labels = cx.ask(self.salt, AskLabels(page.map(&person).collect()));
        let labels = labels.any().cloned();
        let (title, width) = self.second;
        let columns = [
            Column::text("Person", "Person", 120.0).unsorted().grows(),
            Column::text(title, title, width).unsorted(),
        ];
        let footer = format::counted(self.count as u64, "person", "persons");
        let table = Table::new(self.salt, "Persons", &columns)
            .rows(self.count)
            .dense()
            .height(self.height)
            .footer(&footer, "Enter opens the timeline");
        let answer = table.empty_text("Nobody is behind this number").show(ui, |row, column| {
            if column == 1 {
                return Cell::new(words(row)).secondary();
            }
            let label = labels.as_ref().and_then(|labels| labels.get(&person(row)));
            let text = label.map_or_else(|| "…".to_owned(), |label| cx.shown("", label));
            let cell = Cell::new(text).mono();
            if Some(row) == self.chosen { cell.icon(Icon::USER, Tone::Accent) } else { cell }
        });
        ui.data_mut(|data| data.insert_temp(key, answer.visible.start));
        answer
    }
}
