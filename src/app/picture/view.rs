//! A view of a document as a picture file. Not for rasterizing: see the rest of `picture`.

use std::path::Path;

use super::{PictureError, png, svg};
use crate::app::route::{EventsTab, Route};
use crate::app::settings::UserSettings;
use crate::app::shell::{Mode, Shell};
use crate::app::views::{new_flow, new_funnel, new_retention, new_trend};
use crate::base::Diagnostic;
use crate::model::funnel::{FunnelPart, FunnelSelection};
use crate::model::item::ItemId;
use crate::model::query::Query;

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The start page.
    Start,
    /// The table of events.
    Events,
    /// Properties with their values.
    Properties,
    /// Imports.
    Imports,
    /// What could not become an event.
    Quarantine,
    /// The first funnel, with the persons who dropped after its third step.
    Funnel,
    /// The first funnel with a breakdown.
    Breakdown,
    /// The first retention.
    Retention,
    /// The first flow.
    Flow,
    /// The first trend.
    Trend,
    /// The first of the persons who dropped.
    Timeline,
}

impl View {
    /// All, in the order drawn.
    pub const ALL: [View; 11] = [
        View::Start,
        View::Events,
        View::Properties,
        View::Imports,
        View::Quarantine,
        View::Funnel,
        View::Breakdown,
        View::Retention,
        View::Flow,
        View::Trend,
        View::Timeline,
    ];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            View::Start => "start",
            View::Events => "events",
            View::Properties => "properties",
            View::Imports => "imports",
            View::Quarantine => "quarantine",
            View::Funnel => "funnel",
            View::Breakdown => "breakdown",
            View::Retention => "retention",
            View::Flow => "flow",
            View::Trend => "trend",
            View::Timeline => "timeline",
        }
    }
}

/// How many frames a view gets to settle: each ask is answered in its frame, sizes follow in the next.
const FRAMES: usize = 5;

/// Draws a view into a `.png` or `.svg` file.
///
/// # Errors
/// When the document cannot be opened, the view has nothing to show, or the file cannot be written.
pub fn render(document: &Path, view: View, out: &Path, size: [u32; 2], dark: bool) -> Result<(), Diagnostic> {
    drawn(shell_of(document, view, dark)?, out, size, dark)
}

/// Draws the page of a query without the window around it into a `.png` or `.svg` file, as it is drawn on the screen.
///
/// # Errors
/// As [`render`].
pub fn render_query(document: &Path, query: ItemId, out: &Path, dark: bool) -> Result<(), Diagnostic> {
    let mut settings = UserSettings::unsaved(dark, Vec::new());
    settings.inspector_hidden = true;
    let mut shell = Shell::new(settings, Mode::Still);
    shell.open_now(document)?;
    shell.go(Route::Query(query));
    shell.views().explore.show_alone();
    drawn(shell, out, ALONE, dark)
}

/// How large a chart is drawn that stands alone, in points.
const ALONE: [u32; 2] = [1280, 800];

fn drawn(mut shell: Shell, out: &Path, size: [u32; 2], dark: bool) -> Result<(), Diagnostic> {
    let draw = |ui: &mut egui::Ui| {
        let ctx = ui.ctx().clone();
        shell.logic(&ctx);
        shell.show(ui);
    };
    let is_svg = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    let is_png = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let picture = if is_svg {
        svg(size, dark, FRAMES, draw).map(String::into_bytes)
    } else if is_png {
        png(size, 1.0, dark, FRAMES, draw)
    } else {
        return Err(Diagnostic::error("unknown-picture", "The picture's kind is not known")
            .at(out.display().to_string())
            .hint("End the name with .png or .svg"));
    };
    let bytes = picture.map_err(|error: PictureError| {
        Diagnostic::error("no-picture", error.to_string()).hint("Choose another --size")
    })?;
    shell.leave();
    std::fs::write(out, bytes).map_err(|error| {
        Diagnostic::error("picture-unwritable", format!("The picture could not be written: {error}"))
            .at(out.display().to_string())
            .hint("Name a file in a folder that you may write")
    })
}

/// The shell on the page that a view names.
fn shell_of(document: &Path, view: View, dark: bool) -> Result<Shell, Diagnostic> {
    let settings = UserSettings::unsaved(dark, vec![document.to_owned()]);
    let mut shell = Shell::new(settings, Mode::Still);
    if view == View::Start {
        return Ok(shell);
    }
    shell.open_now(document)?;
    let third = |id: ItemId, shell: &mut Shell, steps: usize| {
        let selection =
            FunnelSelection { step: steps.saturating_sub(2).min(2), part: FunnelPart::Dropped, value: None };
        shell.views().explore.funnel().select(id, selection);
    };
    match view {
        View::Start => {}
        View::Events => shell.go(Route::Events(EventsTab::Log)),
        View::Properties => shell.go(Route::Events(EventsTab::Properties)),
        View::Imports => shell.go(Route::Events(EventsTab::Imports)),
        View::Quarantine => shell.go(Route::Events(EventsTab::Quarantine)),
        View::Funnel => match first(&shell, |query| matches!(query, Query::Funnel(_))) {
            Some((id, steps)) => {
                third(id, &mut shell, steps);
                shell.go(Route::Query(id));
            }
            None => blank(&mut shell, new_funnel()),
        },
        View::Breakdown => {
            let is_broken_down =
                |query: &Query| matches!(query, Query::Funnel(funnel) if funnel.breakdown.is_some());
            match first(&shell, is_broken_down) {
                Some((id, _)) => shell.go(Route::Query(id)),
                None => blank(&mut shell, new_funnel()),
            }
        }
        View::Retention => match first(&shell, |query| matches!(query, Query::Retention(_))) {
            Some((id, _)) => shell.go(Route::Query(id)),
            None => blank(&mut shell, new_retention()),
        },
        View::Flow => match first(&shell, |query| matches!(query, Query::Flow(_))) {
            Some((id, _)) => shell.go(Route::Query(id)),
            None => blank(&mut shell, new_flow()),
        },
        View::Trend => match first(&shell, |query| matches!(query, Query::Trend(_))) {
            Some((id, _)) => shell.go(Route::Query(id)),
            None => blank(&mut shell, new_trend()),
        },
        View::Timeline => match first(&shell, |query| matches!(query, Query::Funnel(_))) {
            Some((id, steps)) => {
                let person = shell.person_behind(id, steps.saturating_sub(2).min(2))?;
                shell.go(Route::Timeline { person, query: Some(id) });
            }
            // A timeline is reached from a number of a funnel.
            None => blank(&mut shell, new_funnel()),
        },
    }
    Ok(shell)
}

/// The page of a query just begun, where the document has none of its kind; the document stays as it is.
fn blank(shell: &mut Shell, query: Query) {
    shell.views().explore.show_blank(query);
    shell.go(Route::Explore);
}

/// The first query of a kind, and how many steps it has.
fn first(shell: &Shell, fits: impl Fn(&Query) -> bool) -> Option<(ItemId, usize)> {
    let queries = shell.session().map(|session| session.workspace().queries()).unwrap_or_default();
    let found = queries.iter().find(|(_, saved)| fits(&saved.query));
    found.map(|(id, saved)| (*id, saved.query.steps().len()))
}
