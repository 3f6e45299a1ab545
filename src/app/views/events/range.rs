//! The stretch of time that the log shows: all, the last days, or from one day to another, as a chip.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use egui::{Response, Ui};

use crate::app::context::DocCx;
use crate::app::theme;
use crate::app::widgets::{Button, ChipAction, Field, FilterChip, ListRow, add_chip, popover, text};
use crate::base::Diagnostic;
use crate::model::time::{DAY_US, Time, Zone};

/// A stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Range {
    /// No bound.
    #[default]
    All,
    /// So many times 24 hours up to as-of.
    LastDays(i64),
    /// From the start of the first to the end of the second; either may be open.
    Between(Option<Bound>, Option<Bound>),
    /// From one instant to just before another, as the number asked for whose events are shown.
    Exactly(Time, Time),
}

/// A bound as it was typed: a day, or a day and a time of day.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bound {
    day: NaiveDate,
    time: Option<NaiveTime>,
}

const PRESETS: [(Range, &str); 4] = [
    (Range::All, "All time"),
    (Range::LastDays(7), "Last 7 days"),
    (Range::LastDays(30), "Last 30 days"),
    (Range::LastDays(90), "Last 90 days"),
];

impl Range {
    /// The half-open range of instants; none for all. The last days are (as-of − n days, as-of].
    pub(super) fn between(&self, as_of: Option<Time>, zone: Zone) -> Option<(Time, Time)> {
        match self {
            Range::All => None,
            Range::LastDays(days) => {
                let as_of = as_of?;
                Some((as_of.plus(1 - days * DAY_US), as_of.plus(1)))
            }
            Range::Between(from, to) => Some((
                from.as_ref().map_or(Time::EARLIEST, |bound| bound.start(zone)),
                to.as_ref().map_or(Time::LATEST, |bound| bound.end(zone)),
            )),
            Range::Exactly(from, to) => Some((*from, *to)),
        }
    }

    fn words(&self, zone: Zone) -> (&'static str, String) {
        match self {
            Range::All => ("is", "any".to_owned()),
            Range::LastDays(days) => ("in the", format!("last {days} days")),
            Range::Between(Some(from), Some(to)) => ("from", format!("{} to {}", from.text(), to.text())),
            Range::Between(Some(from), None) => ("from", from.text()),
            Range::Between(None, Some(to)) => ("until", to.text()),
            Range::Between(None, None) => ("is", "any".to_owned()),
            Range::Exactly(from, to) => {
                // The end itself is not in it: its last minute is what people would write.
                let last = to.plus(-1).human(zone);
                if *from < Time::EARLIEST {
                    ("until", last)
                } else {
                    ("from", format!("{} to {last}", from.human(zone)))
                }
            }
        }
    }
}

impl Bound {
    /// `2026-05-03` or `2026-05-03 10:11`; nothing for empty text.
    fn parse(text: &str) -> Result<Option<Bound>, Diagnostic> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let moment = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
            .into_iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let bound = match moment {
            Some(moment) => Some(Bound { day: moment.date(), time: Some(moment.time()) }),
            None => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| Bound { day, time: None }),
        };
        bound.map(Some).ok_or_else(|| {
            Diagnostic::error("bad-date", format!("“{text}” is not a day"))
                .hint("Write it as 2026-05-03 or 2026-05-03 10:11")
        })
    }

    fn start(&self, zone: Zone) -> Time {
        zone.at(self.day.and_time(self.time.unwrap_or(NaiveTime::MIN)))
    }

    /// The end: a day is in as a whole, a minute, too.
    fn end(&self, zone: Zone) -> Time {
        match self.time {
            Some(_) => self.start(zone).plus(DAY_US / (24 * 60)),
            None => {
                let next = self.day.succ_opt().unwrap_or(self.day);
                zone.day_start(next)
            }
        }
    }

    fn text(&self) -> String {
        match self.time {
            Some(time) => format!("{} {}", self.day.format("%Y-%m-%d"), time.format("%H:%M")),
            None => self.day.format("%Y-%m-%d").to_string(),
        }
    }
}

/// What was typed into the fields so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    from: String,
    to: String,
}

/// The chip of a range, or "+ Time", with its editor; true when the range changed.
pub(super) fn range_chip(ui: &mut Ui, cx: &DocCx<'_>, range: &mut Range, typed: &mut Typed) -> bool {
    let before = range.clone();
    let toggle: Response = if *range == Range::All {
        add_chip(ui, "Time")
    } else {
        let (relation, value) = range.words(cx.zone);
        let chip = FilterChip::new("time", relation, &value).show(ui);
        if chip.action == Some(ChipAction::Remove) {
            *range = Range::All;
            return true;
        }
        chip.response
    };
    popover(&toggle, "Time", theme::SELECT_LIST, |ui| editor(ui, cx, range, typed));
    *range != before
}

fn editor(ui: &mut Ui, cx: &DocCx<'_>, range: &mut Range, typed: &mut Typed) {
    ui.spacing_mut().item_spacing.y = 0.0;
    for (preset, label) in PRESETS {
        if ListRow::new(label).selected(*range == preset).show(ui).clicked() {
            *range = preset;
            ui.close();
        }
    }
    if let Some(as_of) = cx.facts.as_of {
        ui.add_space(theme::SPACE_1);
        text::hint(ui, format!("Counted back from {}", as_of.human(cx.zone)));
    }
    ui.add_space(theme::SPACE_3);
    ui.spacing_mut().item_spacing.y = theme::SPACE_2;
    let (from, to) = (Bound::parse(&typed.from), Bound::parse(&typed.to));
    let told = |bound: &Result<Option<Bound>, Diagnostic>| {
        bound.as_ref().err().map(|problem| problem.message.clone())
    };
    let (from_wrong, to_wrong) = (told(&from), told(&to));
    let from_field =
        Field::new("From", &mut typed.from).hint("2026-05-03").error(from_wrong.as_deref()).show(ui);
    let to_field =
        Field::new("To, inclusive", &mut typed.to).hint("2026-05-09").error(to_wrong.as_deref()).show(ui);
    let entered = ui.input(|input| input.key_pressed(egui::Key::Enter))
        && (from_field.lost_focus() || to_field.lost_focus());
    let (Ok(from), Ok(to)) = (from, to) else { return };
    let order = match (&from, &to) {
        (Some(from), Some(to)) => from.start(cx.zone) < to.end(cx.zone),
        (None, None) => false,
        _ => true,
    };
    if !order && (from.is_some() || to.is_some()) {
        text::toned(
            ui,
            theme::Tone::Danger,
            crate::app::icon::Icon::WARNING_CIRCLE,
            "The end lies before the start",
        );
    }
    let pressed = Button::primary("Show these days").enabled(order).show(ui).clicked();
    if (pressed || entered) && order {
        *range = Range::Between(from, to);
        ui.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Option<Bound> {
        Bound::parse(text).unwrap()
    }

    #[test]
    fn days_are_whole_days_of_the_zone() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let range = Range::Between(bound("2026-03-29"), bound("2026-03-29"));
        let (from, to) = range.between(None, zone).unwrap();
        // The day on which the clock goes forward has 23 hours.
        assert_eq!((from.iso(), to.iso()), ("2026-03-28T23:00:00Z".into(), "2026-03-29T22:00:00Z".into()));
        assert_eq!(range.words(zone).1, "2026-03-29 to 2026-03-29");
    }

    #[test]
    fn the_last_days_end_with_as_of_itself() {
        let as_of = Time(100 * DAY_US);
        let range = Range::LastDays(7).between(Some(as_of), Zone::default());
        assert_eq!(range, Some((Time(93 * DAY_US + 1), Time(100 * DAY_US + 1))));
        assert_eq!(Range::LastDays(7).between(None, Zone::default()), None);
    }

    #[test]
    fn what_is_no_day_says_how_to_write_one() {
        assert_eq!(bound("  "), None);
        assert_eq!(bound("2026-05-03 10:11").map(|bound| bound.text()).as_deref(), Some("2026-05-03 10:11"));
        for wrong in ["3 May", "2026-13-01", "2026-02-30", "yesterday"] {
            assert!(Bound::parse(wrong).unwrap_err().hint.unwrap().contains("2026-05-03"), "{wrong}");
        }
    }
}
