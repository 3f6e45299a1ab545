//! The selects above a query: range, breakdown, window. Not for steps.

use egui::{Popup, PopupCloseBehavior, Ui};

use crate::app::context::DocCx;
use crate::app::icon::Icon;
use crate::app::theme;
use crate::app::widgets::search_select::{Picked, SearchSelect, SelectItem};
use crate::app::widgets::{Button, Field, text};
use crate::jobs::questions::properties::AskPropertyNames;
use crate::model::time::{DAY_US, Time, Zone};

type Range = Option<(Time, Time)>;

/// Chooses a range; `Some` when it was changed.
pub(super) fn range_select(ui: &mut Ui, cx: &DocCx<'_>, salt: &str, range: Range) -> Option<Range> {
    let shown = match range {
        None => "All time".to_owned(),
        Some((from, to)) => format!("{} – {}", from.human_day(cx.zone), Time(to.0 - 1).human_day(cx.zone)),
    };
    let button = Button::select("", &shown).icon(Icon::CALENDAR).tooltip("Range of the first step").show(ui);
    let mut changed = None;
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_min_width(220.0);
        if Button::quiet("All time").min_width(220.0).selected(range.is_none()).show(ui).clicked() {
            changed = Some(None);
            ui.close();
        }
        for days in [7, 30, 90, 365] {
            let label = format!("Last {days} days");
            if Button::quiet(&label).min_width(220.0).show(ui).clicked() {
                changed = Some(last_days(cx, days));
                ui.close();
            }
        }
        ui.separator();
        if let Some(custom) = custom_range(ui, cx, salt, range) {
            changed = Some(Some(custom));
            ui.close();
        }
    });
    changed
}

/// Whole local days up to and with the day of as-of.
fn last_days(cx: &DocCx<'_>, days: i64) -> Range {
    whole_days(cx.facts.as_of?, days, cx.zone)
}

fn whole_days(as_of: Time, days: i64, zone: Zone) -> Range {
    let today = as_of.local_date(zone);
    // From noon an hour more or less, of a change of the clock, leads to no other day.
    let noon = Time::of_local_date(&today, 0, zone)?.plus(DAY_US / 2);
    let first = noon.plus(-(days - 1) * DAY_US).local_date(zone);
    Some((Time::of_local_date(&first, 0, zone)?, Time::of_local_date(&today, 1, zone)?))
}

fn custom_range(ui: &mut Ui, cx: &DocCx<'_>, salt: &str, range: Range) -> Option<(Time, Time)> {
    let key = ui.make_persistent_id(("custom range", salt));
    let default = || {
        let (from, to) = range.or_else(|| last_days(cx, 30)).unwrap_or_default();
        (day_text(from, cx), day_text(Time(to.0 - 1), cx))
    };
    let (mut from, mut to) = ui.data(|data| data.get_temp::<(String, String)>(key)).unwrap_or_else(default);
    text::label(ui, "From and to, whole days");
    Field::new("From", &mut from).hint("2026-01-31").name_hidden().width(200.0).show(ui);
    Field::new("To", &mut to).hint("2026-02-28").name_hidden().width(200.0).show(ui);
    let parsed = local_day(&from, cx, 0).zip(local_day(&to, cx, 1)).filter(|(from, to)| from < to);
    let words = "Two dates such as 2026-01-31, in order";
    if parsed.is_none() {
        text::toned(ui, theme::Tone::Danger, Icon::WARNING_CIRCLE, words);
    } else {
        // In the room of what would be wrong: the button stays where it is.
        text::toned(ui, theme::Tone::Positive, Icon::CHECK_CIRCLE, "The last day is part of it");
    }
    let applied = Button::primary("Apply").enabled(parsed.is_some()).show(ui).clicked();
    ui.data_mut(|data| data.insert_temp(key, (from, to)));
    parsed.filter(|_| applied)
}

fn day_text(time: Time, cx: &DocCx<'_>) -> String {
    time.local_date(cx.zone)
}

/// The start of a local day, `plus` days later.
fn local_day(text: &str, cx: &DocCx<'_>, plus: u64) -> Option<Time> {
    Time::of_local_date(text.trim(), plus, cx.zone)
}

/// Chooses the property of a breakdown; `Some(None)` for none.
pub(super) fn breakdown_select(
    ui: &mut Ui,
    cx: &DocCx<'_>,
    salt: &str,
    now: Option<&str>,
) -> Option<Option<String>> {
    let names = cx.ask("property names", AskPropertyNames);
    let known: &[(String, u64)] = names.any().map_or(&[], |names| names.as_slice());
    let mut items = vec![SelectItem::new("nothing")];
    items.extend(known.iter().map(|(name, count)| SelectItem::new(cx.shown_name(name)).count(*count)));
    let select = SearchSelect::new(("breakdown", salt), "Breakdown").prefix("by").items(&items);
    let shown = now.map_or_else(|| "nothing".to_owned(), |name| cx.shown_name(name));
    match select.selected(Some(&shown)).loading(names.any().is_none()).show(ui)? {
        Picked::Item(0) => Some(None),
        Picked::Item(index) => known.get(index - 1).map(|(name, _)| Some(name.clone())),
        Picked::Create(_) => None,
    }
}

/// Chooses one of a few words; `Some` when another was chosen.
pub(super) fn word_select<T: Copy + PartialEq>(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    prefix: &str,
    now: T,
    options: &[(T, &str)],
) -> Option<T> {
    let shown = options.iter().find(|(option, _)| *option == now).map_or("", |(_, label)| label);
    let button = Button::select(prefix, shown).tooltip(name).show(ui);
    let mut picked = None;
    Popup::menu(&button).id(ui.make_persistent_id(("word select", salt))).show(|ui| {
        ui.set_min_width(150.0);
        for (option, label) in options {
            if Button::quiet(label).min_width(150.0).selected(*option == now).show(ui).clicked() {
                picked = (*option != now).then_some(*option);
                ui.close();
            }
        }
    });
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_local_also_where_the_clock_changes() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let range = |as_of: &str, days| {
            let (from, to) = whole_days(Time::parse(as_of).unwrap(), days, berlin).unwrap();
            (from.iso(), to.iso())
        };
        let texts = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        // Half past midnight after the spring change: no eighth day.
        let expected = texts("2026-03-25T23:00:00Z", "2026-04-01T22:00:00Z");
        assert_eq!(range("2026-03-31T22:30:00Z", 7), expected);
        assert_eq!(range("2026-01-10T22:59:00Z", 1), texts("2026-01-09T23:00:00Z", "2026-01-10T23:00:00Z"));
        assert!(whole_days(Time(i64::MAX), 365, berlin).is_none_or(|(from, to)| from <= to));
    }
}
