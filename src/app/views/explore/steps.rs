//! The column of step cards: choosing, filtering, reordering by drag and keyboard. Not for the chart.

use egui::{Align, CursorIcon, EventFilter, Key, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::editing::{alter_funnel, filter_edit, move_element, only_readable, show_events};
use super::exclusions;
use crate::app::context::DocCx;
use crate::app::filter_editor::filter_chips;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::app::widgets::tag::number_badge;
use crate::app::widgets::{Button, text};
use crate::base::format;
use crate::engine::summary::NameSummary;
use crate::jobs::questions::names::AskNames;
use crate::model::funnel::{Attribution, Exclusion, Funnel, FunnelReport, MAX_STEPS, Step, masked_names};
use crate::model::item::ItemId;
use crate::model::plan::Aliases;
use crate::model::privacy::masked;

/// What the column remembers.
#[derive(Debug, Default)]
pub(super) struct StepsView {
    dragged: Option<usize>,
    /// The funnel without steps that was met last: its first step is asked for at once.
    met: Option<ItemId>,
}

/// Opens the list of events for a further step of the funnel shown, from elsewhere.
pub(super) fn ask_for_step(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(asked_key(), true));
}

fn asked_key() -> egui::Id {
    egui::Id::unique("a further step is asked for")
}

/// What a card shows.
struct Card<'a> {
    cx: &'a DocCx<'a>,
    id: ItemId,
    funnel: &'a Funnel,
    index: usize,
    known: &'a [NameSummary],
    report: Option<&'a FunnelReport>,
    selected: bool,
}

impl Card<'_> {
    /// How many events have the step's names, and how many of them its filters passed over: each shows them.
    fn doors(&self, ui: &mut Ui) {
        let step = &self.funnel.steps[self.index];
        let as_of = self.funnel.as_of.or(self.cx.facts.as_of).unwrap_or_default();
        let in_log = events_in_log(self.cx, step, self.known);
        if in_log == 0 {
            text::small(ui, "0 in log");
        } else if door(ui, &format!("{} in log", format::count(in_log)), "Show these events in the log") {
            show_events(self.cx, &step.events, Vec::new(), as_of);
        }
        let passed_over = self.report.and_then(|report| report.steps.get(self.index)).map(|s| s.passed_over);
        if let Some(count) = passed_over.filter(|count| *count > 0) {
            let label = format!("{} passed over", format::count(count));
            let why = "A filter's value is missing or of another type: show these events";
            if door(ui, &label, why) {
                let filters = step.filters.iter().chain(&self.funnel.filters).cloned().collect();
                show_events(self.cx, &step.events, filters, as_of);
            }
        }
    }
}

/// A small count that opens what it counts.
pub(super) fn door(ui: &mut Ui, label: &str, why: &str) -> bool {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), theme::small(), palette.text_2);
    let size = vec2(galley.size().x, theme::HIT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, label));
    let inked = response.hovered() || response.has_focus();
    let ink = if inked { palette.accent } else { palette.text_2 };
    let at = egui::Align2::LEFT_CENTER.align_size_within_rect(galley.size(), rect);
    let line = if inked { ink } else { palette.border };
    ui.painter().hline(at.x_range(), at.bottom() + 1.0, (theme::LINE, line));
    ui.painter().galley_with_override_text_color(at.min, galley, ink);
    if response.has_focus() {
        let ring = palette.focus_ring();
        ui.painter().rect_stroke(rect.expand(2.0), theme::RADIUS_SMALL, ring, egui::StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(why).clicked()
}

/// What the menu of a card takes.
const MENU_ROOM: f32 = 28.0;

/// Chosen for "any event".
const ANY: &str = "Any event";

impl StepsView {
    /// Paints the column; `selected` is the step marked in the chart.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        cx: &DocCx<'_>,
        id: ItemId,
        funnel: &Funnel,
        report: Option<&FunnelReport>,
        selected: Option<usize>,
    ) {
        let names = cx.ask("names", AskNames);
        let known: &[NameSummary] = names.any().map_or(&[], |names| names.as_slice());
        text::strong(ui, "Steps");
        let mut cards = Vec::new();
        for index in 0..funnel.steps.len() {
            let card = Card { cx, id, funnel, index, known, report, selected: selected == Some(index) };
            cards.push(self.card(ui, &card));
            exclusions::after(ui, cx, id, funnel, index, known);
        }
        self.drop_dragged(ui, cx, id, funnel, &cards);
        if cx.is_writable() {
            let scope = UiBuilder::new().scope_id(egui::Id::unique(("add steps", id.0)));
            let is_new = funnel.steps.is_empty() && self.met.replace(id) != Some(id);
            ui.scope_builder(scope, |ui| add_row(ui, cx, id, funnel, known, is_new));
        }
    }

    fn card(&mut self, ui: &mut Ui, card: &Card<'_>) -> Rect {
        let Card { cx, id, funnel, index, known, selected, .. } = *card;
        let step = &funnel.steps[index];
        let shown = crate::app::widgets::card::card_selected(ui, selected, |ui| {
            ui.set_width(ui.available_width());
            // Its own id: the keyboard stays in a card when cards before it come and go.
            let scope = UiBuilder::new().scope_id(egui::Id::unique(("step card", id.0, index)));
            ui.scope_builder(scope, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = theme::SPACE_1;
                    only_readable(ui, cx);
                    self.handle(ui, cx, id, funnel, index);
                    number_badge(ui, &(index + 1).to_string(), selected);
                    let room = ui.available_width() - MENU_ROOM;
                    if let Some(events) =
                        event_select(ui, cx, "event", "Event of the step", room, &step.events, known)
                    {
                        let what = format!("Change step {} to {}", index + 1, masked_names(&events));
                        alter_funnel(cx, id, funnel, &what, |funnel| funnel.steps[index].events = events);
                    }
                    if cx.is_writable() {
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            step_menu(ui, cx, id, funnel, index)
                        });
                    }
                });
                if step.optional {
                    text::hint(ui, "Optional: never holds anyone back");
                }
                let chips = ui.horizontal_wrapped(|ui| {
                    card.doors(ui);
                    only_readable(ui, cx);
                    filter_chips(ui, cx, ("step filters", index), &step.filters, &step.events)
                });
                if let Some(filters) = chips.inner {
                    let what = filter_edit(&step.filters, &filters, &format!("step {}", index + 1));
                    alter_funnel(cx, id, funnel, &what, |funnel| funnel.steps[index].filters = filters);
                }
            });
        });
        shown.response.rect
    }

    /// The dotted handle: dragged by mouse, or moved with the arrow keys while it has the focus.
    fn handle(&mut self, ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, index: usize) {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(theme::SPACE_4, theme::HIT), Sense::hover());
        let response = ui.interact(rect, handle_id(id, index), Sense::click_and_drag());
        let name = format!("Move step {}: drag, or arrow keys", index + 1);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            Icon::DRAG.as_str(),
            theme::icon(),
            palette.text_3,
        );
        if response.has_focus() {
            ui.painter().rect_stroke(
                rect,
                theme::RADIUS_SMALL,
                palette.focus_ring(),
                egui::StrokeKind::Outside,
            );
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            let (up, down) =
                ui.input(|input| (input.key_pressed(Key::ArrowUp), input.key_pressed(Key::ArrowDown)));
            let (up, down) = (up && cx.is_writable(), down && cx.is_writable());
            let target = if up {
                index.checked_sub(1)
            } else if down {
                Some(index + 2)
            } else {
                None
            };
            if let Some(to) = target.filter(|to| *to <= funnel.steps.len()) {
                move_step(cx, id, funnel, index, to);
                // The focus goes with the step.
                let moved_to = if up { index - 1 } else { index + 1 };
                ui.memory_mut(|memory| memory.request_focus(handle_id(id, moved_to)));
            }
        }
        if !cx.is_writable() {
            return;
        }
        if response.drag_started() {
            self.dragged = Some(index);
        }
        response.on_hover_cursor(CursorIcon::Grab);
    }

    /// While a card is dragged, marks the gap it would fall into; on release moves it there.
    fn drop_dragged(&mut self, ui: &Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, cards: &[Rect]) {
        let Some(from) = self.dragged else { return };
        let Some(pointer) = ui.input(|input| input.pointer.interact_pos()) else { return };
        let to = cards.iter().filter(|card| card.center().y < pointer.y).count();
        let line_y = match cards.get(to) {
            Some(card) => card.top() - theme::SPACE_1,
            None => cards.last().map_or(pointer.y, |card| card.bottom() + theme::SPACE_1),
        };
        if let Some(first) = cards.first() {
            ui.painter().hline(first.x_range(), line_y, theme::palette(ui).focus_ring());
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        if !ui.input(|input| input.pointer.any_down()) {
            self.dragged = None;
            move_step(cx, id, funnel, from, to);
        }
    }
}

fn handle_id(id: ItemId, index: usize) -> egui::Id {
    egui::Id::unique(("step handle", id.0, index))
}

fn move_step(cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, from: usize, to: usize) {
    let what = format!("Move step {}", funnel.steps[from].shown_label());
    alter_funnel(cx, id, funnel, &what, |funnel| move_element(&mut funnel.steps, from, to));
}

fn step_menu(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, index: usize) {
    let step = &funnel.steps[index];
    let name = format!("Step {} menu", index + 1);
    let button = Button::icon_only(Icon::MORE, &name).small().show(ui);
    egui::Popup::menu(&button).show(|ui| {
        let last = funnel.steps.len() - 1;
        let moves = [
            ("Move up", Icon::ARROW_UP, index > 0, index.saturating_sub(1)),
            ("Move down", Icon::ARROW_DOWN, index < last, index + 2),
        ];
        for (label, icon, can, to) in moves {
            if Button::quiet(label).icon(icon).min_width(180.0).enabled(can).show(ui).clicked() {
                move_step(cx, id, funnel, index, to);
                ui.close();
            }
        }
        let optional = if step.optional { "Make it required" } else { "Make it optional" };
        if index > 0 && Button::quiet(optional).icon(Icon::CHECK).min_width(180.0).show(ui).clicked() {
            let what = format!("{optional}: {}", step.shown_label());
            alter_funnel(cx, id, funnel, &what, |funnel| funnel.steps[index].optional = !step.optional);
            ui.close();
        }
        if Button::quiet("Remove step").icon(Icon::TRASH).min_width(180.0).show(ui).clicked() {
            alter_funnel(cx, id, funnel, &format!("Remove step {}", step.shown_label()), |funnel| {
                remove_step(funnel, index)
            });
            ui.close();
        }
    });
}

/// Takes a step out; exclusions keep their meaning where they can.
fn remove_step(funnel: &mut Funnel, index: usize) {
    funnel.steps.remove(index);
    for exclusion in &mut funnel.exclude {
        if exclusion.after_step > index + 1 {
            exclusion.after_step -= 1;
        }
        if exclusion.before_step > index {
            exclusion.before_step -= 1;
        }
    }
    if let Some(breakdown) = &mut funnel.breakdown
        && let Attribution::Step(step) = &mut breakdown.attribution
        && *step > index + 1
    {
        *step -= 1;
    }
}

fn add_row(ui: &mut Ui, cx: &DocCx<'_>, id: ItemId, funnel: &Funnel, known: &[NameSummary], is_new: bool) {
    let asked = ui.data_mut(|data| data.remove_temp::<bool>(asked_key())).unwrap_or_default();
    ui.horizontal(|ui| {
        if funnel.steps.len() < MAX_STEPS
            && let Some(name) = add_select(ui, cx, ("add step", "Step"), known, (is_new, asked))
        {
            let step = if name == ANY {
                Step { events: Vec::new(), ..Step::named("") }
            } else {
                Step::named(name.as_str())
            };
            alter_funnel(cx, id, funnel, &format!("Add step {}", masked("", &name)), |funnel| {
                funnel.steps.push(step)
            });
        }
        let steps = funnel.steps.len();
        if steps >= 2
            && let Some(name) = add_select(ui, cx, ("add exclusion", "Exclusion"), known, (false, false))
        {
            let exclusion = Exclusion {
                events: if name == ANY { Vec::new() } else { vec![name.clone()] },
                filters: Vec::new(),
                after_step: 1,
                before_step: steps,
            };
            alter_funnel(cx, id, funnel, &format!("Exclude {}", masked("", &name)), |funnel| {
                funnel.exclude.push(exclusion)
            });
        }
    });
}

/// `focus` gives it the keyboard, `open` its list.
fn add_select(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    (salt, label): (&str, &str),
    known: &[NameSummary],
    (focus, open): (bool, bool),
) -> Option<String> {
    let items = name_items(cx, known);
    let select = SearchSelect::new(salt, label).items(&items).placeholder(label).allow_create(true).adds();
    let select = select.focus_now(focus).open_now(open);
    Some(picked_name(select.show(ui)?, known))
}

/// Chooses a step's event from the log's names, or a name that is not there yet.
pub(super) fn event_select(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    salt: &str,
    name: &str,
    room: f32,
    events: &[String],
    known: &[NameSummary],
) -> Option<Vec<String>> {
    let items = name_items(cx, known);
    let shown = cx.shown_names(events);
    let select = SearchSelect::new(salt, name).items(&items).selected(Some(&shown)).allow_create(true);
    let label = picked_name(select.max_width(room).show(ui)?, known);
    Some(if label == ANY { Vec::new() } else { vec![label] })
}

/// The name itself, which is not what the list shows when it is masked.
fn picked_name(picked: Picked, known: &[NameSummary]) -> String {
    match picked {
        Picked::Item(index) => known.get(index).map_or_else(|| ANY.to_owned(), |name| name.name.clone()),
        Picked::Create(name) => name,
    }
}

fn name_items<'a>(cx: &DocCx<'_>, known: &[NameSummary]) -> Vec<SelectItem<'a>> {
    let mut items: Vec<SelectItem<'_>> =
        known.iter().map(|name| SelectItem::new(cx.shown_name(&name.name)).count(name.events)).collect();
    items.push(SelectItem::new(ANY).count(known.iter().map(|name| name.events).sum()));
    items
}

/// Up to as-of, under all names of the step's events.
fn events_in_log(cx: &DocCx<'_>, step: &Step, known: &[NameSummary]) -> u64 {
    let names = Aliases::of(cx.workspace).all_names(&step.events);
    let of_step = |name: &&NameSummary| names.is_empty() || names.contains(&name.name);
    known.iter().filter(of_step).map(|name| name.events).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operations::normalize::normalized;
    use crate::model::query::Query;
    use crate::model::text::parse_query;

    #[test]
    fn removing_a_step_keeps_the_funnel_valid() {
        let text = "kind='funnel'\nsteps=[{event='A'},{event='B',optional=true},{event='C'}]\n\
                    exclude=[{event='X',after_step=1,before_step=2},{event='Y',after_step=1,before_step=3}]\n\
                    breakdown={property='p',attribution='step 3'}";
        for index in 0..3 {
            let Query::Funnel(mut funnel) = parse_query(text).unwrap() else { panic!("a funnel") };
            remove_step(&mut funnel, index);
            let problems = Query::Funnel(normalized(funnel)).check();
            assert!(problems.is_empty(), "step {index}: {problems:?}");
        }
    }
}
