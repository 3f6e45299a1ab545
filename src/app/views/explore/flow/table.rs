//! The edges of a flow as rows that can be sorted. Not for its chart.

use std::sync::Arc;

use egui::Ui;

use super::super::{answered, chosen_row};
use super::words;
use crate::app::context::DocCx;
use crate::app::widgets::table::{Cell, Column, SortOrder, Table};
use crate::base::format;
use crate::jobs::answers::Answer;
use crate::model::flow::{FlowReport, FlowSelection};

/// Paints it in the room there is; the row that was chosen is the answer.
pub(super) fn show(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    report: &FlowReport,
    answer: &Arc<Answer>,
    (sort, order): (&mut Option<(usize, SortOrder)>, &mut Option<Order>),
    follow: Option<&FlowSelection>,
) -> Option<FlowSelection> {
    let columns = [
        Column::number("Depth", "Depth", 64.0),
        Column::text("From", "From", 140.0).grows(),
        Column::text("To", "To", 140.0).grows(),
        Column::number("Sessions", "Sessions", 92.0),
        Column::number("Persons", "Persons", 92.0),
        Column::number("Share", "Share", 80.0),
    ];
    let order = match order.take() {
        Some(kept) if kept.is_of(cx, answer, *sort) => order.insert(kept),
        _ => order.insert(Order {
            answer: answer.clone(),
            revealed: cx.revealed.len(),
            sort: *sort,
            rows: sorted(cx, report, *sort),
        }),
    };
    let rows = &order.rows;
    let footer = format::counted(report.edges.len() as u64, "edge", "edges");
    let elapsed = answered(answer);
    let select =
        follow.and_then(|follow| rows.iter().position(|edge| words::is_edge(&report.edges[*edge], follow)));
    let name = |place| words::place(cx, report.direction, place);
    let table = Table::new("flow edges", "Edges", &columns).rows(rows.len()).dense().sorted(*sort);
    let table = table.select(select).footer(&footer, &elapsed);
    let told = table.show(ui, |row, column| {
        let edge = &report.edges[rows[row]];
        let (from, to) = edge.in_time(report.direction);
        match column {
            0 => Cell::new(edge.depth.to_string()).secondary(),
            1 => Cell::new(name(from)).medium(),
            2 => Cell::new(name(to)).medium(),
            3 => Cell::new(format::count(edge.sessions)),
            4 => Cell::new(format::count(edge.persons)),
            _ => Cell::new(format::percent(words::edge_share(report, edge)))
                .secondary()
                .hover("Of the sessions at the place nearer to the anchor"),
        }
    });
    if told.sort.is_some() {
        *sort = told.sort;
    }
    let edge = *rows.get(chosen_row(ui, &told)?)?;
    Some(words::of_edge(&report.edges[edge]))
}

/// The order of the edges, kept from frame to frame.
#[derive(Debug)]
pub(super) struct Order {
    answer: Arc<Answer>,
    /// Names are sorted as they are shown.
    revealed: usize,
    sort: Option<(usize, SortOrder)>,
    rows: Vec<usize>,
}

impl Order {
    fn is_of(&self, cx: &DocCx<'_>, answer: &Arc<Answer>, sort: Option<(usize, SortOrder)>) -> bool {
        Arc::ptr_eq(&self.answer, answer) && self.sort == sort && self.revealed == cx.revealed.len()
    }
}

/// The edges in the order asked for; at first by depth and size.
fn sorted(cx: &DocCx<'_>, report: &FlowReport, sort: Option<(usize, SortOrder)>) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..report.edges.len()).collect();
    let Some((column, order)) = sort else { return rows };
    let edge = |row: &usize| &report.edges[*row];
    let name = |row: &usize, far: bool| {
        let (from, to) = edge(row).in_time(report.direction);
        words::place(cx, report.direction, if far { to } else { from })
    };
    match column {
        0 => rows.sort_by_key(|row| edge(row).depth),
        1 => rows.sort_by_cached_key(|row| name(row, false)),
        2 => rows.sort_by_cached_key(|row| name(row, true)),
        3 => rows.sort_by_key(|row| edge(row).sessions),
        4 => rows.sort_by_key(|row| edge(row).persons),
        _ => {
            let shares = words::edge_shares(report);
            rows.sort_by(|a, b| shares[*a].total_cmp(&shares[*b]));
        }
    }
    if order == SortOrder::Descending {
        rows.reverse();
    }
    rows
}
