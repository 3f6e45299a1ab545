//! A page of every component in its states, drawn to pictures.
//!
//! `PICTURES=folder cargo test gallery` writes them to that folder. Not for behavior: see `widgets`.

use egui::Ui;
use stormline::app::icon::Icon;
use stormline::app::picture;
use stormline::app::theme::{self, Tone};
use stormline::app::widgets::{
    Banner, Button, Cell, Change, Column, Dialog, Direction, Empty, Field, FilterChip, Kpi, ListRow, Part,
    Progress, SearchSelect, Section, SortOrder, Table, Tag, Toast, Toasts, add_chip, button, card, facts,
    menu_item, menu_item_danger, open_popover, page_header, popover, search_field, segmented, sentence,
    skeleton, sparkline, stepper, tag, text, toolbar, well,
};
use stormline::base::format;

use super::event_items;

#[test]
fn gallery_is_drawn_light_and_dark() {
    for (name, dark) in [("light", false), ("dark", true)] {
        let mut state = Gallery::default();
        let file = picture::png([1280, 800], 1.0, dark, 4, |ui| gallery(ui, &mut state)).unwrap();
        keep(&format!("gallery-{name}.png"), &file);
        let drawn = crate::picture::Picture::read(&file);
        let palette = &theme::of(dark).palette;
        let accent = drawn.count(|color| color == palette.accent);
        assert!(accent > 2000, "the primary buttons are in accent: {accent} pixels");
        let mut state = Gallery { face: Face::Overlays, ..Gallery::default() };
        let file = picture::png([1280, 800], 1.0, dark, 4, |ui| gallery(ui, &mut state)).unwrap();
        keep(&format!("overlays-{name}.png"), &file);
        let mut state = Gallery { face: Face::Select, ..Gallery::default() };
        let file = picture::png([900, 500], 1.5, dark, 4, |ui| gallery(ui, &mut state)).unwrap();
        keep(&format!("select-{name}.png"), &file);
        let mut state = Gallery { face: Face::Open, ..Gallery::default() };
        let file = picture::png([1000, 420], 1.0, dark, 4, |ui| gallery(ui, &mut state)).unwrap();
        keep(&format!("open-{name}.png"), &file);
    }
    let mut state = Gallery::default();
    let file = picture::svg([1280, 800], false, 4, |ui| gallery(ui, &mut state)).unwrap();
    keep("gallery-light.svg", file.as_bytes());
}

fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("PICTURES") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

#[derive(Clone, Copy, PartialEq, Default)]
enum Face {
    #[default]
    Plain,
    Overlays,
    Select,
    Open,
}

#[derive(Default)]
pub(super) struct Gallery {
    face: Face,
    query: String,
    name: String,
    tab: usize,
    days: i64,
}

pub(super) fn gallery(ui: &mut Ui, state: &mut Gallery) {
    egui::Panel::left("list").exact_size(theme::SIDE_LIST).show(ui, |ui| side_list(ui, state));
    egui::Panel::right("inspector").exact_size(theme::INSPECTOR).show(ui, inspector);
    egui::CentralPanel::default().show(ui, |ui| match state.face {
        Face::Plain | Face::Overlays => page(ui, state),
        Face::Select => selects(ui),
        Face::Open => opened(ui),
    });
    if state.face == Face::Overlays {
        overlays(ui);
    }
}

fn side_list(ui: &mut Ui, state: &mut Gallery) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        text::section_title(ui, "Explore");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            Button::icon_only(Icon::PLUS, "New query").show(ui)
        });
    });
    ui.add_space(theme::SPACE_2);
    search_field(ui, "Filter queries", &mut state.query);
    ui.add_space(theme::SPACE_2);
    ListRow::new("Browse to purchase").count("10 %").selected(true).show(ui);
    ListRow::new("First brew kit").count("6.2 %").show(ui);
    ListRow::new("Returns to exchange of a very long name").count("38 %").show(ui);
    ListRow::new("Checkout")
        .icon(Icon::CARET_DOWN)
        .mark(Icon::WARNING, Tone::Warning, "5 warnings")
        .count("8")
        .show(ui);
    ListRow::new("coupon_applied")
        .mono()
        .indent(1)
        .mark(Icon::WARNING_CIRCLE, Tone::Danger, "1 error")
        .show(ui);
    ui.add_space(theme::SPACE_4);
    ui.spacing_mut().item_spacing.y = theme::SPACE_2;
    Field::new("Name", &mut state.name).hint("Browse to purchase").help("Shown in the list").show(ui);
    let mut wrong = "7 weeks".to_owned();
    Field::new("Window", &mut wrong).error(Some("Write a number and s, m, h, d or w")).show(ui);
    stepper(ui, "Days", &mut state.days, 0..=30, "days");
    Progress::new("Importing orders.ndjson", 412_830, Some(2_418_066), "events")
        .rate(Some(91_500.0))
        .cancelable()
        .show(ui);
    skeleton::lines(ui, 3);
}

fn inspector(ui: &mut Ui) {
    text::small(ui, "Selection · step 3 → 4");
    text::section_title(ui, "Dropped after Checkout Started");
    ui.horizontal(|ui| {
        Button::primary("Build segment").icon(Icon::SEGMENTS).show(ui);
        Button::secondary("Export list").icon(Icon::DOWNLOAD).show(ui);
    });
    ui.horizontal(|ui| {
        Tag::new("Live since version 6").tone(Tone::Positive).icon(Icon::CHECK).show(ui);
        Tag::new("1 204 violations").tone(Tone::Danger).icon(Icon::WARNING_CIRCLE).show(ui);
    });
    ui.horizontal(|ui| {
        Tag::new("143 pending").tone(Tone::Warning).icon(Icon::CLOCK).show(ui);
        Tag::new("draft").show(ui);
        Tag::new("cart_id").mono().tone(Tone::Accent).show(ui);
        tag::number_badge(ui, "3", true);
        tag::number_badge(ui, "4", false);
    });
    ui.separator();
    Section::new("Persons").count("8 of 1 204").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ListRow::new("u_00958").mono().count("€ 512").show(ui);
        ListRow::new("u_20817").mono().count("€ 214").selected(true).show(ui);
    });
    ui.separator();
    Section::new("Why u_20817 is here").show(ui, |ui| {
        well(ui, |ui| {
            sentence(
                ui,
                &[
                    Part::Body("Reached step 3 on "),
                    Part::Strong("3 Mar 2026, 10:11"),
                    Part::Body("; no "),
                    Part::Mono("Payment Submitted"),
                    Part::Body(" within 7 days, "),
                    Part::Toned(Tone::Warning, "still in the window"),
                    Part::Body("."),
                ],
            );
        });
        ui.horizontal(|ui| {
            button::link_icon(ui, Icon::TIMELINE, "Open timeline");
            button::link_icon(ui, Icon::COPY, "Copy message ids");
        });
    });
    ui.separator();
    Section::new("History").count("9 changes").folded().show(ui, |_| {});
    ui.separator();
    Kpi::new("Persons now", &format::count(2806))
        .change(Change { direction: Direction::Up, text: "up 212 in 7 d", tone: Tone::Positive })
        .detail("6.8 % of 41 207")
        .show(ui);
    let values: Vec<f64> =
        (0..40).map(|day| f64::from((day * 37) % 23) + if day > 25 { 20.0 } else { 0.0 }).collect();
    let color = theme::theme(ui).category(0);
    sparkline(ui, &values, egui::vec2(280.0, 32.0), color, "Orders per day, most 42 on 3 Mar");
}

fn page(ui: &mut Ui, state: &mut Gallery) {
    page_header(
        ui,
        "Browse to purchase",
        "18 412 persons entered, 1 846 completed (10 %) · 1 Jan – 31 Mar 2026",
        |ui| {
            Button::primary("Save query").show(ui);
            Button::secondary("Duplicate").show(ui);
            Button::quiet("Copy as text").icon(Icon::COPY).show(ui);
        },
    );
    toolbar(ui, |ui| {
        Button::select("", "1 Jan – 31 Mar 2026").show(ui);
        Button::select("", "Ordered").show(ui);
        Button::select("within", "7 d").show(ui);
        Button::select("count", "persons").show(ui);
        FilterChip::new("consent", "is", "analytics").show(ui);
        FilterChip::new("valu", "≥", "50")
            .problem(Some("No event has the property valu; did you mean value?"))
            .show(ui);
        add_chip(ui, "Filter");
        Button::icon_only(Icon::DOWNLOAD, "Save chart").show(ui);
        Button::icon_only(Icon::EYE, "Reveal").selected(true).show(ui);
    });
    ui.horizontal(|ui| {
        segmented(ui, "Face", &mut state.tab, &[(0, "Steps"), (1, "Over time"), (2, "Time to convert")]);
        Button::danger("Remove import").icon(Icon::TRASH).show(ui);
        Button::secondary("Undo").enabled(false).show(ui);
        Button::primary("Import").enabled(false).show(ui);
        Button::secondary("Small").small().show(ui);
        button::link(ui, "Show all");
    });
    Banner::new(Tone::Warning, "412 events have value as text")
        .detail("Numbers are expected since version 6")
        .fix("Read as numbers")
        .dismissable()
        .show(ui);
    Banner::new(Tone::Danger, "This document is read-only: another window holds it").show(ui);
    ui.columns(2, |columns| {
        card(&mut columns[0], |ui| {
            text::toned(ui, Tone::Positive, Icon::CHECK_CIRCLE, "Everything is saved");
            text::hint(ui, "Hints are small and never needed");
        });
        selected_card(&mut columns[1]);
    });
    let height = (ui.available_height() - 150.0).max(160.0);
    sample_table(ui, height);
    ui.columns(2, |columns| {
        Table::new("loading", "Loading", &columns_of_sample()[..3])
            .loading(true)
            .height(140.0)
            .show(&mut columns[0], |_, _| Cell::default());
        Table::new("none", "None", &columns_of_sample()[..3])
            .empty_text("No event matches these filters")
            .height(140.0)
            .show(&mut columns[1], |_, _| Cell::default());
    });
}

fn selected_card(ui: &mut Ui) {
    card::card_selected(ui, true, |ui| {
        ui.horizontal(|ui| {
            tag::number_badge(ui, "3", true);
            text::strong(ui, "Checkout Started");
        });
        ui.horizontal(|ui| {
            FilterChip::new("value", "≥", "50").show(ui);
            add_chip(ui, "Filter");
        });
    });
}

fn columns_of_sample() -> [Column<'static>; 6] {
    [
        Column::text("event", "Event", 150.0).always(),
        Column::text("when", "Sent when", 160.0).grows(),
        Column::text("status", "Status", 80.0),
        Column::number("props", "Props", 60.0),
        Column::number("log", "In log, 90 d", 112.0),
        Column::number("violations", "Violations", 90.0),
    ]
}

fn sample_table(ui: &mut Ui, height: f32) {
    let names = ["Product Added", "Cart Viewed", "Checkout Started", "coupon_applied", "Order Completed"];
    Table::new("sample", "Events", &columns_of_sample())
        .rows(1200)
        .sorted(Some((4, SortOrder::Descending)))
        .select(Some(2))
        .height(height)
        .footer("1 200 events in 7 domains", "1 selected   Enter opens")
        .show(ui, |row, column| {
            let name = names[row % names.len()];
            match column {
                0 if row % 5 == 3 => Cell::new(name).mono(),
                0 => Cell::new(name).medium(),
                1 => Cell::new("Cart API confirms the line, in any of the three shops we have today")
                    .secondary(),
                2 => Cell::new("Live").icon(Icon::CHECK_CIRCLE, Tone::Positive),
                3 => Cell::new(format!("{}", row % 14)),
                4 => Cell::new(format::count(88_210 / (row as u64 + 1))).bar(1.0 / (row as f32 + 1.0)),
                5 if row % 3 == 1 => Cell::new("412").icon(Icon::WARNING, Tone::Warning).tag(Tone::Warning),
                5 if row % 5 == 2 => {
                    Cell::new(format::count(1204)).icon(Icon::WARNING_CIRCLE, Tone::Danger).tag(Tone::Danger)
                }
                _ => Cell::new("–").hint(),
            }
        });
}

fn selects(ui: &mut Ui) {
    let items = event_items();
    ui.columns(2, |columns| {
        card(&mut columns[0], |ui| {
            SearchSelect::new("inline", "Event")
                .items(&items)
                .selected(Some("Order Completed"))
                .recents(&[2, 4])
                .show_inline(ui);
        });
        let action =
            Empty::new(Icon::FUNNEL, "Add two steps to see how many persons go from one to the other")
                .action_icon(Icon::PLUS, "Add step")
                .link("Open the sample")
                .show(&mut columns[1]);
        assert_eq!(action, None);
        Button::primary("Focused").show(&mut columns[1]).request_focus();
    });
}

fn opened(ui: &mut Ui) {
    let items = event_items();
    ui.columns(2, |columns| {
        SearchSelect::new("open", "Event")
            .items(&items)
            .selected(Some("Order Completed"))
            .recents(&[2])
            .open_now(true)
            .show(&mut columns[0]);
        let chip = FilterChip::new("value", "≥", "50").open(true).show(&mut columns[1]).response;
        open_popover(&chip);
        popover(&chip, "Filter", 260.0, |ui| {
            text::label(ui, "Filter");
            ui.horizontal(|ui| {
                Button::select("", "value").show(ui);
                Button::select("", "≥").show(ui);
                let mut value = "50".to_owned();
                Field::new("Value", &mut value).name_hidden().show(ui);
            });
            facts(ui, &[("In log", "412 830 events"), ("Missing in", "12 events, which never match")]);
            ui.separator();
            menu_item(ui, Some(Icon::COPY), "Copy as text", "Ctrl C", true);
            menu_item(ui, Some(Icon::UNDO), "Undo", "Ctrl Z", false);
            menu_item_danger(ui, Some(Icon::TRASH), "Remove filter");
        });
    });
}

fn overlays(ui: &mut Ui) {
    let mut toasts = Toasts::default();
    toasts.push(Toast::new(Tone::Positive, "Removed step 3").action("Undo", 7), 0.0);
    toasts.push(
        Toast::new(Tone::Danger, "The file could not be read: it is a folder. Choose a file in it."),
        0.0,
    );
    toasts.show(ui.ctx(), 0.1);
    let answer =
        Dialog::new("Remove the import of 3 May?", "Remove 12 480 events").danger().show(ui.ctx(), |ui| {
            sentence(
                ui,
                &[
                    Part::Body("Removes "),
                    Part::Strong("12 480 events"),
                    Part::Body(
                        " of 318 persons. The file itself stays where it is, and can be imported again.",
                    ),
                ],
            );
        });
    assert_eq!(answer, None);
}
