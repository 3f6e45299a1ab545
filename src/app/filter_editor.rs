//! Conditions on properties as chips that are edited in place, and "+ Filter". Not for evaluating them: see
//! `engine::filter`; nor for conditions on names, times and persons.

mod form;

use egui::{Id, IdSalt, Response, Ui};

use super::answers::Loadable;
use super::context::DocCx;
use super::theme;
use super::widgets::search_select::{Picked, SearchSelect, SelectItem};
use super::widgets::{ChipAction, Field, FilterChip, add_chip, open_popover, popover, text};
use crate::engine::summary::PropertySummary;
use crate::jobs::questions::properties::{AskProperties, AskPropertyNames};
use crate::model::predicate::{Filter, Test};
use crate::model::value::Value;
use form::{Form, Op, typed_value};

/// Draws a chip for each filter and "+ Filter"; gives the changed list when a person has changed one.
///
/// Values are offered from the log: those of `events` when that is one name, of all events otherwise. `id_salt` tells
/// this list of chips from others on the page. Draws into the row that `ui` lays out, wrapping as that does.
pub fn filter_chips(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    id_salt: impl std::hash::Hash + std::fmt::Debug,
    filters: &[Filter],
    events: &[String],
) -> Option<Vec<Filter>> {
    let editor = Editor { cx, events, id: Id::unique(("filter chips", IdSalt::new(id_salt))) };
    let mut changed = None;
    for (index, filter) in filters.iter().enumerate() {
        let all = || filters.to_vec();
        match editor.chip(ui, index, filter) {
            Some(Change::Into(new)) => {
                let mut filters = all();
                filters[index] = new;
                changed = Some(filters);
            }
            Some(Change::Away) => {
                let mut filters = all();
                filters.remove(index);
                changed = Some(filters);
            }
            None => {}
        }
    }
    if let Some(filter) = editor.draft(ui) {
        changed = Some(filters.iter().cloned().chain([filter]).collect());
    }
    changed
}

/// What a person did with a filter.
enum Change {
    Into(Filter),
    Away,
}

struct Editor<'a> {
    cx: &'a DocCx<'a>,
    events: &'a [String],
    id: Id,
}

impl Editor<'_> {
    /// A filter that is there. What is not complete yet is kept aside until it is, or until its popover closes.
    fn chip(&self, ui: &mut Ui, index: usize, filter: &Filter) -> Option<Change> {
        let aside = self.id.with(index);
        let mut form = ui.data(|data| data.get_temp::<Form>(aside)).unwrap_or_else(|| Form::of(filter));
        let chip = self.chip_ui(ui, &form);
        if chip.1 == Some(ChipAction::Remove) {
            ui.data_mut(|data| data.remove::<Form>(aside));
            return Some(Change::Away);
        }
        let before = form.clone();
        let open = popover(&chip.0, "Filter", theme::SELECT_LIST, |ui| self.form_ui(ui, &mut form));
        let keeps = open.is_some() && form.test().is_none();
        ui.data_mut(|data| {
            if keeps {
                data.insert_temp(aside, form.clone());
            } else {
                data.remove::<Form>(aside);
            }
        });
        let changed = open.is_some() && form != before;
        changed.then(|| form.filter()).flatten().map(Change::Into)
    }

    /// "+ Filter", and the filter that is being added, until it is complete.
    fn draft(&self, ui: &mut Ui) -> Option<Filter> {
        let aside = self.id.with("draft");
        let draft = ui.data(|data| data.get_temp::<Form>(aside));
        let fresh = self.id.with("draft is fresh");
        let mut added = None;
        if let Some(mut form) = draft {
            let (chip, action) = self.chip_ui(ui, &form);
            if ui.data_mut(|data| data.remove_temp::<bool>(fresh)).is_some() {
                open_popover(&chip);
            }
            let open = popover(&chip, "Filter", theme::SELECT_LIST, |ui| self.form_ui(ui, &mut form));
            added = form.filter().filter(|_| open.is_some());
            let over = action == Some(ChipAction::Remove) || open.is_none() || added.is_some();
            ui.data_mut(|data| {
                if over {
                    data.remove::<Form>(aside);
                } else {
                    data.insert_temp(aside, form);
                }
            });
        }
        if let Some(property) = self.property_list(ui) {
            ui.data_mut(|data| {
                data.insert_temp(aside, Form::new(property));
                data.insert_temp(fresh, true);
            });
            ui.request_repaint();
        }
        added
    }

    fn chip_ui(&self, ui: &mut Ui, form: &Form) -> (Response, Option<ChipAction>) {
        let value = match form.op {
            Op::IsSet | Op::IsNotSet => String::new(),
            _ if form.is_empty() => "…".to_owned(),
            Op::Contains | Op::StartsWith | Op::EndsWith => self.cx.shown(&form.property, &form.text),
            Op::Compare(_) | Op::OneOf => self.shown_values(form),
        };
        let chip = FilterChip::new(&self.cx.shown_name(&form.property), form.op.words(), &value).show(ui);
        (chip.response, chip.action)
    }

    fn shown_values(&self, form: &Form) -> String {
        let shown = form.values.iter().map(|value| self.cx.shown(&form.property, &value.to_string()));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// "+ Filter" with the list of properties below it.
    fn property_list(&self, ui: &mut Ui) -> Option<String> {
        let names = self.cx.ask("filter properties", AskPropertyNames);
        let button = add_chip(ui, "Filter");
        let known = names.any().map_or(&[][..], |names| names.as_slice());
        let items = property_items(self.cx, known);
        let loading = matches!(names, Loadable::Waiting(_));
        let select = SearchSelect::new(self.id.with("property"), "Property").items(&items).mono();
        match select.loading(loading).allow_create(true).popup(ui, &button) {
            Some(Picked::Item(index)) => known.get(index).map(|(name, _)| name.clone()),
            Some(Picked::Create(name)) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            None => None,
        }
    }

    /// Property, operator and value, one below the other.
    fn form_ui(&self, ui: &mut Ui, form: &mut Form) {
        let opening = just_opened(ui, self.id.with(&form.property));
        let summary = self.summary(&form.property);
        ui.spacing_mut().item_spacing.y = theme::SPACE_2;
        self.property_select(ui, form);
        let kinds = summary.as_ref().map_or([0; 3], |summary| summary.kinds);
        self.operator_select(ui, form, kinds);
        match form.op {
            Op::IsSet | Op::IsNotSet => {}
            Op::Contains | Op::StartsWith | Op::EndsWith => self.text_field(ui, form, opening),
            Op::OneOf => self.value_list(ui, form, summary.as_ref(), opening),
            Op::Compare(_) => {
                let now = self.shown_values(form);
                let chosen = (!form.values.is_empty()).then_some(now.as_str());
                if let Some(value) = self.value_select(ui, form, summary.as_ref(), chosen, opening) {
                    form.values = vec![value];
                    ui.close();
                }
            }
        }
        text::hint(ui, form.op.hint());
    }

    fn property_select(&self, ui: &mut Ui, form: &mut Form) {
        let names = self.cx.ask("filter properties", AskPropertyNames);
        let known = names.any().map_or(&[][..], |names| names.as_slice());
        let items = property_items(self.cx, known);
        let now = self.cx.shown_name(&form.property);
        let select = SearchSelect::new("property", "Property").items(&items).mono().selected(Some(&now));
        if let Some(Picked::Item(index)) = select.show(ui) {
            *form = Form::new(known[index].0.clone());
        }
    }

    fn operator_select(&self, ui: &mut Ui, form: &mut Form, kinds: [u64; 3]) {
        let mut ops = Op::fitting(kinds);
        if !ops.contains(&form.op) {
            ops.push(form.op);
        }
        let items: Vec<SelectItem<'_>> = ops.iter().map(|op| SelectItem::new(op.words())).collect();
        let select = SearchSelect::new("operator", "Operator").items(&items).selected(Some(form.op.words()));
        if let Some(Picked::Item(index)) = select.show(ui) {
            form.set_op(ops[index]);
        }
    }

    /// What is typed counts when the field is left or Enter is pressed, so that one word is one change.
    fn text_field(&self, ui: &mut Ui, form: &mut Form, opening: bool) {
        let key = self.id.with(("typed", &form.property));
        let kept = ui.data(|data| data.get_temp::<String>(key));
        let mut typed = kept.filter(|_| !opening).unwrap_or_else(|| form.text.clone());
        let field = Field::new("Text", &mut typed).name_hidden().hint("Text").show(ui);
        if opening {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if field.lost_focus() {
            form.text = typed.clone();
        }
        ui.data_mut(|data| data.insert_temp(key, typed));
        if entered {
            ui.close();
        }
    }

    fn value_list(&self, ui: &mut Ui, form: &mut Form, summary: Option<&PropertySummary>, opening: bool) {
        let mut gone = None;
        ui.horizontal_wrapped(|ui| {
            for (index, value) in form.values.iter().enumerate() {
                let shown = self.cx.shown(&form.property, &value.to_string());
                if FilterChip::new("", "", &shown).show(ui).action == Some(ChipAction::Remove) {
                    gone = Some(index);
                }
            }
        });
        if let Some(index) = gone {
            form.values.remove(index);
        }
        if let Some(value) = self.value_select(ui, form, summary, None, opening && form.values.is_empty())
            && !form.values.contains(&value)
        {
            form.values.push(value);
        }
    }

    fn value_select(
        &self,
        ui: &mut Ui,
        form: &Form,
        summary: Option<&PropertySummary>,
        chosen: Option<&str>,
        open_now: bool,
    ) -> Option<Value> {
        let top = summary.map_or(&[][..], |summary| summary.top.as_slice());
        let shown = |value: &Value| self.cx.shown(&form.property, &value.to_string());
        let items: Vec<SelectItem<'_>> =
            top.iter().map(|(value, count)| SelectItem::new(shown(value)).count(*count)).collect();
        let placeholder = if form.op == Op::OneOf { "Add a value…" } else { "Choose or type a value…" };
        let select =
            SearchSelect::new("value", "Value").items(&items).selected(chosen).placeholder(placeholder);
        match select.allow_create(true).loading(summary.is_none()).open_now(open_now).show(ui) {
            Some(Picked::Item(index)) => top.get(index).map(|(value, _)| value.clone()),
            Some(Picked::Create(text)) => {
                Some(typed_value(&text, summary.map_or([0; 3], |summary| summary.kinds)))
            }
            None => None,
        }
    }

    /// What the log says of a property; nothing while it is being read.
    fn summary(&self, property: &str) -> Option<PropertySummary> {
        let event = match self.events {
            [one] => Some(one.clone()),
            _ => None,
        };
        let slot = format!("filter values {property} {event:?}");
        let answer = self.cx.ask(&slot, AskProperties { event, names: vec![property.to_owned()] });
        let summaries = answer.any()?;
        let unseen = || PropertySummary {
            name: property.to_owned(),
            set: 0,
            kinds: [0; 3],
            distinct: 0,
            top: Vec::new(),
        };
        Some(summaries.first().cloned().unwrap_or_else(unseen))
    }
}

fn property_items<'a>(cx: &DocCx<'_>, known: &[(String, u64)]) -> Vec<SelectItem<'a>> {
    known.iter().map(|(name, count)| SelectItem::new(cx.shown_name(name)).count(*count)).collect()
}

/// True in the first frame in which something is drawn after it was not.
fn just_opened(ui: &Ui, id: Id) -> bool {
    let key = id.with("drawn in pass");
    let pass = ui.ctx().cumulative_pass_nr();
    let last = ui.data(|data| data.get_temp::<u64>(key));
    ui.data_mut(|data| data.insert_temp(key, pass));
    last.is_none_or(|last| last + 1 < pass)
}

impl Form {
    fn filter(&self) -> Option<Filter> {
        let test: Test = self.test()?;
        Some(Filter { property: self.property.clone(), test })
    }
}
