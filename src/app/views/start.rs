//! The start page: the ways in, recent documents, a place to drop a file. Not for what a dropped file becomes.

mod recent;

use egui::{
    Align, Align2, Layout, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, vec2,
};

use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::context::{Cx, TransferFacts};
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::{Button, card, progress, text};
use recent::Recent;

/// What the start page remembers.
#[derive(Debug, Default)]
pub struct StartView {
    recent: Recent,
    /// Height of the column when it was drawn last, to put it a little above the middle.
    height: f32,
}

/// What the program is for, in three lines.
const PURPOSES: [(Icon, &str, &str); 3] = [
    (
        Icon::UPLOAD,
        "Import real logs",
        "From the tools you use, or a table with columns of your own. What cannot be read is kept, with line and reason.",
    ),
    (
        Icon::FUNNEL_CHART,
        "Ask and see at once",
        "Funnels, retention, flows and trends over millions of events, with pending persons counted apart from dropped \
         ones.",
    ),
    (
        Icon::USER_FOCUS,
        "Open every number",
        "From a bar to the persons behind it, from a person to her events and the sentence that says why.",
    ),
];

impl StartView {
    /// Paints it.
    pub fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let hovering = ui.input(|input| !input.raw.hovered_files.is_empty());
        ScrollArea::vertical().id_salt("start").auto_shrink([false, false]).show(ui, |ui| {
            let room = ui.available_width();
            let width = (room / 2.0).clamp(COLUMN, WIDEST).min(room - theme::SPACE_5 * 2.0);
            let above = ((ui.available_height() - self.height) * 0.38).max(theme::SPACE_5);
            let left = (room - width) / 2.0;
            let start = ui.cursor().min + vec2(left, above);
            let room = Rect::from_min_size(start, vec2(width, f32::INFINITY));
            let column = ui.scope_builder(
                UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Min)),
                |ui| {
                    ui.spacing_mut().item_spacing.y = theme::SPACE_2;
                    self.column(ui, cx, hovering);
                },
            );
            if (self.height - column.response.rect.height()).abs() > 1.0 {
                self.height = column.response.rect.height();
                ui.request_repaint();
            }
            ui.add_space(theme::SPACE_6);
        });
    }

    fn column(&mut self, ui: &mut Ui, cx: &Cx<'_>, hovering: bool) {
        heading(ui);
        ui.add_space(theme::SPACE_4);
        ways(ui, cx);
        ui.add_space(theme::SPACE_3);
        match cx.transfers.first().filter(|job| job.running_secs.is_some_and(is_long)) {
            Some(job) => under_way(ui, cx, job),
            None => drop_target(ui, hovering),
        }
        ui.add_space(theme::SPACE_4);
        self.recent.show(ui, cx);
        ui.add_space(theme::SPACE_4);
        purposes(ui);
    }
}

/// The column's least width where there is room: that of a wide dialog.
const COLUMN: f32 = theme::DIALOG * 1.75;
/// The column's most width: longer lines are hard to read.
const WIDEST: f32 = theme::DIALOG * 2.2;

fn heading(ui: &mut Ui) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_3;
        let (rect, mark) = ui.allocate_exact_size(vec2(theme::TOP_BAR, theme::TOP_BAR), Sense::hover());
        mark.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Stormline"));
        ui.painter().rect_filled(rect, theme::RADIUS_DIALOG, palette.accent);
        let icon = Icon::EVENTS.as_str();
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, theme::icon_large(), palette.on_accent);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            text::page_title(ui, "Stormline");
            text::secondary(ui, "From event log to funnel in one private, offline file");
        });
    });
}

fn ways(ui: &mut Ui, cx: &Cx<'_>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(theme::SPACE_2, theme::SPACE_2);
        for (action, label, primary) in [
            (Action::OpenSample, "Open the sample", true),
            (Action::OpenFile, "Open a log or document…", false),
            (Action::NewDocument, "New document…", false),
        ] {
            let entry = action.entry();
            let keys = entry.keys().unwrap_or_default();
            let button = if primary { Button::primary(label) } else { Button::secondary(label) };
            let mut button = button.icon(entry.icon).tooltip(entry.tooltip);
            if !keys.is_empty() {
                button = button.shortcut(&keys);
            }
            if button.show(ui).clicked() {
                cx.act(action);
            }
        }
    });
}

/// Shorter work is over before it could be read of.
fn is_long(secs: f64) -> bool {
    secs > theme::PROGRESS_AFTER_SECS
}

/// In the room of the drop target: the document on its way, and a way to stop it.
fn under_way(ui: &mut Ui, cx: &Cx<'_>, job: &TransferFacts) {
    let size = vec2(ui.available_width(), DROP_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let palette = theme::palette(ui);
    ui.painter().rect(rect, theme::RADIUS_CARD, palette.surface, palette.line(), StrokeKind::Inside);
    let inside = rect.shrink(theme::SPACE_4);
    // A child: the room is taken already.
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inside).layout(Layout::top_down(Align::Min)));
    ui.spacing_mut().item_spacing.y = theme::SPACE_2;
    text::strong(&mut ui, job.words());
    progress::mini_bar(&mut ui, job.share(), inside.width(), &job.label);
    if Button::secondary("Stop").small().show(&mut ui).clicked() {
        cx.send(Command::CancelJob(job.id));
    }
}

const DROP_HEIGHT: f32 = theme::SPACE_6 * 3.0 + theme::SPACE_4;

/// The place to drop a file on; the whole window takes one, this says so.
fn drop_target(ui: &mut Ui, hovering: bool) {
    let palette = theme::palette(ui);
    let size = vec2(ui.available_width(), DROP_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = if hovering { "Let go to open it" } else { "Drop a log or a document here" };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let (fill, line, ink) = if hovering {
        (palette.accent_soft, palette.accent, palette.accent)
    } else {
        (palette.surface, palette.border.lerp_to_gamma(palette.text_3, 0.5), palette.text_2)
    };
    ui.painter().rect_filled(rect, theme::RADIUS_CARD, fill);
    let inner = rect.shrink(theme::LINE);
    let corners =
        [inner.left_top(), inner.right_top(), inner.right_bottom(), inner.left_bottom(), inner.left_top()];
    let stroke = Stroke::new(theme::LINE, line);
    ui.painter().extend(Shape::dashed_line(&corners, stroke, theme::SPACE_1 + 1.0, theme::SPACE_1));
    let center = rect.center() - vec2(0.0, theme::SPACE_2);
    let paint = |y: f32, words: &str, font, color| {
        ui.painter().text(center + vec2(0.0, y), Align2::CENTER_CENTER, words, font, color);
    };
    paint(-theme::SPACE_5, Icon::UPLOAD.as_str(), theme::icon_large(), ink);
    paint(0.0, words, theme::medium(), if hovering { palette.accent } else { palette.text });
    for (line, kinds) in KINDS.iter().enumerate() {
        let y = theme::SPACE_5 - theme::SPACE_1 + line as f32 * theme::SPACE_4;
        paint(y, kinds, theme::small(), palette.text_2);
    }
}

/// What can be dropped, in short words.
const KINDS: [&str; 2] = [
    "Segment, Amplitude, Mixpanel, PostHog, Google Analytics 4, Snowplow, mParticle, CloudEvents, access logs, XES",
    "CSV, Excel, Parquet, JSON · packed, ZIP archives, whole folders · .stormline documents",
];

fn purposes(ui: &mut Ui) {
    let gap = theme::SPACE_3;
    let width = (ui.available_width() - gap * 2.0) / 3.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for (icon, title, words) in PURPOSES {
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                card(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = theme::SPACE_1;
                    ui.set_min_height(theme::SPACE_6 * 2.0);
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = theme::SPACE_2;
                        text::icon(ui, icon, title);
                        text::strong(ui, title);
                    });
                    let words =
                        egui::RichText::new(words).font(theme::small()).color(theme::palette(ui).text_2);
                    ui.add(egui::Label::new(words).wrap());
                });
            });
        }
    });
}
