//! The shared components: each one worked by keyboard and found by its name.
//!
//! Not for how they look, which `gallery` draws, and not for views.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at what it does not expect")]

mod gallery;

use egui::{Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stormline::app::icon::Icon;
use stormline::app::theme::{self, Tone};
use stormline::app::widgets::table::{Selection, column_chooser};
use stormline::app::widgets::{
    Button, Cell, ChipAction, Column, Dialog, DialogAnswer, Empty, EmptyAction, Field, FilterChip, Picked,
    SearchSelect, Section, SelectItem, SortOrder, Table, Toast, ToastAction, Toasts, menu, menu_item,
    popover, segmented, tag, text, toolbar,
};
use stormline::base::format;

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
        toolbar(ui, |ui| column_chooser(ui, "table", &columns));
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
fn enter_confirms_also_when_a_button_behind_had_the_keyboard() {
    let mut harness = harness([600.0, 400.0], (false, None), |ui, (open, answer)| {
        if Button::secondary("Remove import").show(ui).clicked() {
            *open = true;
        }
        if *open {
            let shown = Dialog::new("Remove the import?", "Remove 12 events").danger().show(ui.ctx(), |_| {});
            *open = shown.is_none();
            *answer = shown.or(*answer);
        }
    });
    harness.get_by_label("Remove import").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert!(harness.query_by_label("Remove the import?").is_some());
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().1, Some(DialogAnswer::Confirm));
}

#[test]
fn a_popover_stays_while_a_list_within_is_used() {
    let items = event_items();
    let mut harness = harness([700.0, 700.0], Chosen::default(), move |ui, chosen: &mut Chosen| {
        let chip = FilterChip::new("value", "≥", "50").show(ui).response;
        popover(&chip, "Filter", 260.0, |ui| {
            text::body(ui, "Edit the filter");
            if let Some(Picked::Item(index)) =
                SearchSelect::new("p", "Property").items(&items).selected(chosen.label.as_deref()).show(ui)
            {
                chosen.label = Some(items[index].label.to_string());
            }
        });
    });
    harness.get_by_label("value ≥ 50").click();
    harness.run();
    harness.get_by_label("Property").click();
    harness.run();
    harness.get_by_label("Custom Event 2").click();
    harness.run();
    assert_eq!(harness.state().label.as_deref(), Some("Custom Event 2"));
    assert!(harness.query_by_label("Edit the filter").is_some());
    harness.get_by_label("Property").click();
    harness.run();
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Search property").is_none());
    assert!(harness.query_by_label("Edit the filter").is_some());
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Edit the filter").is_none());
}

#[test]
fn a_menu_is_worked_by_keyboard() {
    let mut harness = harness([400.0, 400.0], Vec::new(), |ui, chosen: &mut Vec<&str>| {
        let button = Button::icon_only(Icon::MORE, "More").show(ui);
        menu(&button, |ui| {
            for label in ["Duplicate", "Rename"] {
                if menu_item(ui, None, label, "", true).clicked() {
                    chosen.push(label);
                }
            }
        });
    });
    harness.get_by_label("More").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert!(harness.query_by_label("Rename").is_some());
    harness.get_by_label("Rename").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(*harness.state(), ["Rename"]);
    assert!(harness.query_by_label("Rename").is_none(), "it closes");
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
fn a_button_never_reaches_out_of_a_narrow_row() {
    let harness = harness([300.0, 200.0], 0.0, |ui, reach: &mut f32| {
        ui.set_max_width(150.0);
        let row = ui.horizontal(|ui| {
            tag::number_badge(ui, "1", false);
            Button::select("", "Payment Information Submitted").show(ui).rect
        });
        *reach = row.inner.right() - ui.max_rect().right();
    });
    assert!(*harness.state() <= 0.5, "{} points too far", harness.state());
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
fn what_is_below_a_field_stays_where_it_is_when_its_text_is_wrong() {
    let mut harness = harness([400.0, 300.0], String::from("a/b"), |ui, typed: &mut String| {
        let wrong = typed.contains('/').then_some("Type a name without slashes");
        Field::new("Name", typed).error(wrong).show(ui);
        Button::primary("Save").show(ui);
    });
    let place = |harness: &Harness<'_, String>| harness.get_by_label("Save").rect();
    assert!(harness.query_by_label("Type a name without slashes").is_some());
    let before = place(&harness);
    "a".clone_into(harness.state_mut());
    harness.run();
    assert!(harness.query_by_label("Type a name without slashes").is_none());
    assert_eq!(place(&harness), before);
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    let mut state = gallery::Gallery::default();
    let harness = harness([1280.0, 800.0], (), move |ui, ()| gallery::gallery(ui, &mut state));
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
