//! The rows in sight, read a page of a hundred at a time, and what their persons are called.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::Shown;
use crate::app::context::DocCx;
use crate::jobs::questions::persons::AskLabels;
use crate::jobs::questions::rows::AskRows;
use crate::store::events::EventRow;

/// Rows of one page: whole pages are asked for, so that scrolling asks seldom and finds what it had.
const PAGE: usize = 100;
/// How many slots pages take in turn; more than are ever in sight at once.
const SLOTS: usize = 8;

/// What is known of the rows in sight.
pub(super) struct Pages {
    rows: Vec<Arc<Vec<EventRow>>>,
    /// Page and place in it, by stored event id.
    places: BTreeMap<i64, (usize, usize)>,
    labels: BTreeMap<i64, String>,
}

impl Pages {
    /// Asks for the pages that hold the rows `visible`, and for the next one.
    pub(super) fn ask(cx: &DocCx<'_>, shown: &Shown<'_>, visible: &Range<usize>) -> Pages {
        let mut pages = Pages { rows: Vec::new(), places: BTreeMap::new(), labels: BTreeMap::new() };
        let last = shown.ids.len().div_ceil(PAGE);
        let wanted = visible.start / PAGE..(visible.end.div_ceil(PAGE).max(1) + 1).min(last);
        for page in wanted {
            let rows = page * PAGE..((page + 1) * PAGE).min(shown.ids.len());
            let ids: Vec<i64> = rows.filter_map(|row| shown.id(row)).collect();
            let slot = page % SLOTS;
            if let Some(rows) = cx.ask(&format!("log rows {slot}"), AskRows(ids)).any() {
                pages.keep(cx, rows.clone(), slot);
            }
        }
        pages
    }

    fn keep(&mut self, cx: &DocCx<'_>, rows: Arc<Vec<EventRow>>, slot: usize) {
        let page = self.rows.len();
        self.places.extend(rows.iter().enumerate().map(|(place, row)| (row.id, (page, place))));
        let persons: BTreeSet<i64> = rows.iter().filter_map(|row| row.person_id).collect();
        let labels = cx.ask(&format!("log labels {slot}"), AskLabels(persons.into_iter().collect()));
        if let Some(labels) = labels.any() {
            let masked = |(id, label): (&i64, &String)| (*id, cx.shown_name(label));
            self.labels.extend(labels.iter().map(masked));
        }
        self.rows.push(rows);
    }

    /// A row by its stored id, once it is read.
    pub(super) fn row(&self, id: i64) -> Option<&EventRow> {
        let (page, place) = *self.places.get(&id)?;
        self.rows.get(page)?.get(place)
    }

    /// What a person is called, masked as it may be shown.
    pub(super) fn label(&self, person: i64) -> Option<&str> {
        self.labels.get(&person).map(String::as_str)
    }
}
