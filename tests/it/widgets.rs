//! The shared components: a gallery that is drawn, and each one worked by keyboard and found by its name.
//!
//! `PICTURES=folder cargo test gallery` writes the gallery to that folder. Not for views.

use egui::{Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::icon::Icon;
use stormline::app::picture;
use stormline::app::theme::{self, Tone};
use stormline::app::widgets::table::{Selection, column_chooser};
use stormline::app::widgets::{
    Banner, Button, Cell, Change, ChipAction, Column, Dialog, DialogAnswer, Direction, Empty, EmptyAction,
    Field, FilterChip, Kpi, ListRow, Part, Picked, Progress, SearchSelect, Section, SelectItem, SortOrder,
    Table, Tag, Toast, ToastAction, Toasts, add_chip, button, card, page_header, search_field, segmented,
    sentence, skeleton, sparkline, stepper, tag, text, toolbar, well,
};
use stormline::base::format;

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
}

#[derive(Default)]
struct Gallery {
    face: Face,
    query: String,
    name: String,
    tab: usize,
    days: i64,
}

fn gallery(ui: &mut Ui, state: &mut Gallery) {
    egui::Panel::left("list").exact_size(theme::SIDE_LIST).show(ui, |ui| side_list(ui, state));
    egui::Panel::right("inspector").exact_size(theme::INSPECTOR).show(ui, inspector);
    egui::CentralPanel::default().show(ui, |ui| match state.face {
        Face::Plain | Face::Overlays => page(ui, state),
        Face::Select => selects(ui),
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
        Column::number("log", "In log, 90 d", 96.0),
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

fn event_items() -> Vec<SelectItem<'static>> {
    let names = [
        "Product Viewed",
        "Product Added",
        "Checkout Started",
        "Payment Submitted",
        "Order Completed",
        "Order Cancelled",
    ];
    let mut items: Vec<SelectItem<'static>> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            SelectItem::new(*name).count(412_830 / (index as u64 + 1)).detail(if index == 2 {
                "Checkout"
            } else {
                ""
            })
        })
        .collect();
    items.extend((0..5000).map(|index| SelectItem::new(format!("Custom Event {index}"))));
    items
}

fn harness<'a, State: 'a>(
    size: [f32; 2],
    state: State,
    app: impl FnMut(&mut Ui, &mut State) + 'a,
) -> Harness<'a, State> {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(16)
        .with_context_setup(theme::install)
        .build_ui_state(app, state);
    harness.run();
    harness
}

#[derive(Default)]
struct Chosen {
    label: Option<String>,
    created: Option<String>,
}

fn choosing(create: bool) -> Harness<'static, Chosen> {
    let items = event_items();
    harness([500.0, 500.0], Chosen::default(), move |ui, chosen: &mut Chosen| {
        let select = SearchSelect::new("event", "Event")
            .items(&items)
            .selected(chosen.label.as_deref())
            .allow_create(create);
        match select.show(ui) {
            Some(Picked::Item(index)) => chosen.label = Some(items[index].label.to_string()),
            Some(Picked::Create(text)) => chosen.created = Some(text),
            None => {}
        }
    })
}

#[test]
fn an_event_is_chosen_by_typing_and_arrows() {
    let mut harness = choosing(false);
    harness.get_by_label("Event").click();
    harness.run();
    assert!(harness.query_by_label("Product Viewed").is_some(), "all are offered before typing");
    harness.get_by_label("Search event").type_text("order");
    harness.run();
    assert!(harness.query_by_label("Product Viewed").is_none());
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().label.as_deref(), Some("Order Cancelled"));
    assert!(harness.query_by_label("Search event").is_none(), "the list is closed");
}

#[test]
fn the_list_opens_by_keyboard_and_escape_leaves_the_value() {
    let mut harness = choosing(false);
    harness.get_by_label("Event").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert!(harness.get_by_label("Search event").is_focused());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Search event").is_none());
    assert_eq!(harness.state().label, None);
}

#[test]
fn a_click_chooses_and_an_unknown_text_can_be_used() {
    let mut harness = choosing(true);
    harness.get_by_label("Event").click();
    harness.run();
    harness.get_by_label("Checkout Started").click();
    harness.run();
    assert_eq!(harness.state().label.as_deref(), Some("Checkout Started"));
    harness.get_by_label("Event").click();
    harness.run();
    harness.get_by_label("Search event").type_text("zzz");
    harness.run();
    assert!(harness.query_by_label("Use “zzz”").is_some());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().created.as_deref(), Some("zzz"));
}

#[test]
fn five_thousand_choices_draw_only_those_in_sight() {
    let mut harness = choosing(false);
    harness.get_by_label("Event").click();
    harness.run();
    for _ in 0..4 {
        harness.key_press(Key::PageDown);
        harness.run();
    }
    assert!(harness.query_by_label("Custom Event 30").is_some(), "the cursor is followed");
    let drawn = harness.query_all_by(|node| node.role() == egui::Role::ListBoxOption).count();
    assert!(drawn < 20, "{drawn} rows");
}

#[derive(Default)]
struct Answers {
    sort: Option<(usize, SortOrder)>,
    opened: Option<usize>,
    copied: Option<usize>,
    selection: Selection,
    focus: bool,
}

fn a_table() -> Harness<'static, Answers> {
    harness([600.0, 300.0], Answers::default(), |ui, answers: &mut Answers| {
        let columns = [
            Column::text("name", "Name", 200.0),
            Column::number("count", "Count", 100.0).hidden(),
            Column::number("size", "Size", 100.0),
        ];
        column_chooser(ui, "table", &columns);
        let answer = Table::new("table", "Things", &columns)
            .rows(100_000)
            .sorted(answers.sort)
            .footer("100 000 things", "")
            .show(ui, |row, column| {
                Cell::new(match column {
                    0 => format!("thing\t{row}"),
                    1 => format!("{row}"),
                    _ => format::count(row as u64 * 1000),
                })
            });
        if answers.focus {
            answer.response.request_focus();
            answers.focus = false;
        }
        answers.sort = answer.sort.or(answers.sort);
        answers.opened = answer.opened.or(answers.opened);
        answers.copied = answer.copied.or(answers.copied);
        answers.selection = answer.selection;
    })
}

#[test]
fn a_table_is_worked_by_keyboard() {
    let mut harness = a_table();
    harness.get_by_label("Things, 100000 rows").focus();
    harness.run();
    assert_eq!(harness.state().selection.cursor(), Some(0));
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowUp);
    assert_eq!(harness.state().selection.rows().collect::<Vec<_>>(), [1]);
    press(&mut harness, Key::PageDown);
    let page = harness.state().selection.cursor().unwrap();
    assert!((5..12).contains(&page), "{page}");
    press(&mut harness, Key::End);
    assert_eq!(harness.state().selection.cursor(), Some(99_999));
    assert!(harness.query_by_label_contains("thing\t99999").is_some(), "the cursor is brought in sight");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    harness.run();
    assert_eq!(harness.state().selection.count(), 2);
    press(&mut harness, Key::Home);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().opened, Some(0));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    assert_eq!(harness.state().selection.count(), 100_000);
}

fn press<State>(harness: &mut Harness<'_, State>, key: Key) {
    harness.key_press(key);
    harness.run();
}

#[test]
fn selected_rows_are_copied_as_tab_separated_text() {
    let mut harness = a_table();
    harness.get_by_label_contains("thing\t2,").click();
    harness.run();
    harness.get_by_label_contains("thing\t4,").click_modifiers(Modifiers::COMMAND);
    harness.run();
    harness.event(egui::Event::Copy);
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.as_deref(), Some("Name\tSize\nthing 2\t2000\nthing 4\t4000"));
    assert_eq!(harness.state().copied, Some(2));
}

#[test]
fn a_click_on_a_title_asks_to_sort_and_columns_can_be_chosen() {
    let mut harness = a_table();
    harness.get_by_label("Size").click();
    harness.run();
    assert_eq!(harness.state().sort, Some((2, SortOrder::Descending)));
    harness.get_by_label("Size, sorted descending").click();
    harness.run();
    assert_eq!(harness.state().sort, Some((2, SortOrder::Ascending)));
    assert!(harness.query_by_label("Count").is_none());
    harness.get_by_label("Choose columns").click();
    harness.run();
    harness.get_by_role_and_label(egui::Role::CheckBox, "Count").click();
    harness.run();
    assert!(harness.query_by_role_and_label(egui::Role::ColumnHeader, "Count").is_some());
}

#[test]
fn a_column_is_made_wider_by_its_edge() {
    let mut harness = a_table();
    let before = harness.get_by_label("Name").rect();
    harness.drag_at(egui::pos2(before.right(), before.center().y));
    harness.run();
    harness.hover_at(egui::pos2(before.right() + 60.0, before.center().y));
    harness.run();
    harness.drop_at(egui::pos2(before.right() + 60.0, before.center().y));
    harness.run();
    let after = harness.get_by_label("Name").rect();
    assert!((after.width() - before.width() - 60.0).abs() < 2.0, "{} {}", before.width(), after.width());
}

#[test]
fn a_table_draws_only_the_rows_in_sight() {
    let harness = a_table();
    let drawn = harness.query_all_by(|node| node.role() == egui::Role::Row).count();
    assert!((5..14).contains(&drawn), "{drawn} rows");
}

fn asking(ready: bool) -> Harness<'static, (String, Option<DialogAnswer>)> {
    harness([600.0, 400.0], (String::new(), None), move |ui, (name, answer)| {
        if answer.is_none() {
            *answer = Dialog::new("Save the query?", "Save query").ready(ready).show(ui.ctx(), |ui| {
                Field::new("Name", name).show(ui);
            });
        }
    })
}

#[test]
fn a_dialog_is_confirmed_by_enter_and_canceled_by_escape() {
    for (key, ready, expected) in [
        (Key::Enter, true, Some(DialogAnswer::Confirm)),
        (Key::Enter, false, None),
        (Key::Escape, true, Some(DialogAnswer::Cancel)),
    ] {
        let mut harness = asking(ready);
        assert!(harness.query_by_label("Save the query?").is_some());
        press(&mut harness, key);
        assert_eq!(harness.state().1, expected, "{key:?} ready {ready}");
    }
    let mut harness = asking(true);
    harness.get_by_label("Name").focus();
    harness.run();
    harness.get_by_label("Name").type_text("Checkout");
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(*harness.state(), ("Checkout".to_owned(), Some(DialogAnswer::Confirm)));
}

#[test]
fn enter_on_the_cancel_button_cancels() {
    let mut harness = asking(true);
    harness.get_by_label("Cancel").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().1, Some(DialogAnswer::Cancel));
}

#[test]
fn a_segmented_control_is_moved_by_arrows() {
    let mut harness = harness([400.0, 100.0], 0, |ui, value: &mut i32| {
        segmented(ui, "Face", value, &[(0, "Steps"), (1, "Over time"), (2, "Histogram")]);
    });
    harness.get_by_label("Steps").focus();
    harness.run();
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowRight);
    assert_eq!(*harness.state(), 2);
    assert!(harness.get_by_label("Histogram").is_focused());
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(*harness.state(), 1);
    harness.get_by_label("Steps").click();
    harness.run();
    assert_eq!(*harness.state(), 0);
}

#[test]
fn a_chip_is_edited_and_removed_by_mouse_and_keyboard() {
    let mut harness = harness([400.0, 100.0], None, |ui, last: &mut Option<ChipAction>| {
        let chip = FilterChip::new("country", "is", "DE").show(ui);
        *last = chip.action.or(*last);
    });
    harness.get_by_label("country is DE").click();
    harness.run();
    assert_eq!(harness.state_mut().take(), Some(ChipAction::Edit));
    harness.get_by_label("Remove country is DE").click();
    harness.run();
    assert_eq!(harness.state_mut().take(), Some(ChipAction::Remove));
    harness.get_by_label("country is DE").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().take(), Some(ChipAction::Edit));
    press(&mut harness, Key::Delete);
    assert_eq!(harness.state_mut().take(), Some(ChipAction::Remove));
}

#[test]
fn a_disabled_button_does_nothing_and_says_so() {
    let mut harness = harness([400.0, 200.0], [0, 0], |ui, clicks: &mut [i32; 2]| {
        for (index, label) in ["Import log", "Undo"].into_iter().enumerate() {
            if Button::primary(label).enabled(index == 0).show(ui).clicked() {
                clicks[index] += 1;
            }
        }
    });
    harness.get_by_label("Import log").click();
    harness.run();
    harness.get_by_label("Undo").click();
    harness.run();
    harness.get_by_label("Import log").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(*harness.state(), [2, 0]);
    assert!(harness.get_by_label("Undo").accesskit_node().is_disabled());
}

#[test]
fn an_empty_state_offers_its_action_and_its_link() {
    let mut harness = harness([500.0, 400.0], None, |ui, last: &mut Option<EmptyAction>| {
        let empty =
            Empty::new(Icon::EVENTS, "Events show what came in").action("Open a log").link("Open the sample");
        *last = empty.show(ui).or(*last);
    });
    harness.get_by_label("Open a log").click();
    harness.run();
    assert_eq!(harness.state_mut().take(), Some(EmptyAction::Primary));
    harness.get_by_label("Open the sample").click();
    harness.run();
    assert_eq!(harness.state_mut().take(), Some(EmptyAction::Link));
}

#[test]
fn a_toast_gives_its_key_when_undone() {
    let mut toasts = Toasts::default();
    toasts.push(Toast::new(Tone::Positive, "Removed step 3").action("Undo", 42), 0.0);
    let mut harness =
        harness([600.0, 300.0], (toasts, None), |ui, (toasts, last): &mut (Toasts, Option<ToastAction>)| {
            *last = toasts.show(ui.ctx(), 1.0).or(*last);
        });
    harness.get_by_label("Undo").click();
    harness.run_steps(3);
    assert_eq!(harness.state().1, Some(ToastAction(42)));
    assert!(harness.query_by_label("Removed step 3").is_none());
}

#[test]
fn a_section_folds_and_remembers() {
    let mut harness = harness([300.0, 200.0], (), |ui, ()| {
        Section::new("Persons").count("8").show(ui, |ui| text::body(ui, "u_20817"));
    });
    assert!(harness.query_by_label("u_20817").is_some());
    harness.get_by_label("Persons").click();
    harness.run();
    assert!(harness.query_by_label("u_20817").is_none());
    harness.get_by_label("Persons").focus();
    harness.run();
    press(&mut harness, Key::Space);
    assert!(harness.query_by_label("u_20817").is_some());
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    let mut state = Gallery::default();
    let harness = harness([1280.0, 800.0], (), move |ui, ()| gallery(ui, &mut state));
    let mut nameless = Vec::new();
    for node in harness.query_all_by(|_| true) {
        let inner = node.accesskit_node();
        let used = matches!(
            inner.role(),
            egui::Role::Button
                | egui::Role::Link
                | egui::Role::TextInput
                | egui::Role::ComboBox
                | egui::Role::CheckBox
                | egui::Role::RadioButton
                | egui::Role::ListItem
                | egui::Role::Image
                | egui::Role::SpinButton
        );
        let named = inner.label().is_some_and(|label| {
            !label.trim().is_empty() && !label.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c))
        });
        if used && !named {
            nameless.push(format!("{:?} {:?} at {:?}", inner.role(), inner.label(), node.rect()));
        }
    }
    assert!(nameless.is_empty(), "{nameless:#?}");
}
