//! The sample document: its items and its log, carried by the binary. Not for making the log: see `jobs::generate`.

use serde::Deserialize;

use crate::base::Diagnostic;
use crate::model::board::Sticky;
use crate::model::item::{Item, ItemId, SavedQuery, Settings};
use crate::model::plan::read_plan;
use crate::model::text::parse_query;

/// The log: NDJSON, compressed with zstd. Made by [`super::generate`] with its default options.
pub const LOG: &[u8] = include_bytes!("../../sample_data/shop.ndjson.zst");

/// The name under which the log is imported.
pub const LOG_NAME: &str = "shop.ndjson.zst";

const PLAN: &str = include_str!("../../sample_data/plan.json");
const BOARD: &str = include_str!("../../sample_data/board.json");

/// Saved queries in the order of the list: name and text form.
const QUERIES: [(&str, &str); 7] = [
    ("Checkout", include_str!("../../sample_data/queries/checkout.toml")),
    ("Checkout by country", include_str!("../../sample_data/queries/checkout_by_country.toml")),
    ("Checkout, strict", include_str!("../../sample_data/queries/checkout_strict.toml")),
    ("Weekly retention", include_str!("../../sample_data/queries/weekly_retention.toml")),
    ("From a product on", include_str!("../../sample_data/queries/from_a_product_on.toml")),
    ("Orders per day", include_str!("../../sample_data/queries/orders_per_day.toml")),
    ("Active persons per week", include_str!("../../sample_data/queries/active_persons_per_week.toml")),
];

/// What the greeting proposes, which is also a demonstration of ten minutes: title and text. A test counts every number.
pub const THREE_THINGS: [(&str, &str); 3] = [
    (
        "French carts stop at payment",
        "Open “Checkout by country”. In France 101 persons start a checkout and 22 submit a payment (22 %); \
         elsewhere it is 343 of 483 (71 %). Click the gap between the two steps to see who stopped.",
    ),
    (
        "The spring campaign brought visits, not orders",
        "Open “Active persons per week”: 759 in the week of 16 February, 429 in the week before. Then open “Checkout” \
         and break it down by context.campaign.name: of 304 persons who came for spring-grind 15 ordered (4.9 %), \
         of 1\u{2009}730 without a campaign 170 (9.8 %).",
    ),
    (
        "A week is too short for some",
        "Open “Checkout”: within 7 days 283 persons order. Set the window to 14 days and it is 321: for 38 of them the \
         default would have said that they dropped. The histogram shows when they came back.",
    ),
];

#[derive(Deserialize)]
struct BoardText {
    stickies: Vec<Sticky>,
}

/// Every item of the sample document, settings first, with ids from `ids`.
///
/// # Errors
/// When a file of the sample cannot be read; a test keeps that from happening.
pub fn sample_items(mut ids: impl FnMut() -> ItemId) -> Result<Vec<(ItemId, Item)>, Diagnostic> {
    let board: BoardText = serde_json::from_str(BOARD).map_err(|error| unreadable("board.json", &error))?;
    let settings =
        Settings { zone: "Europe/Berlin".to_owned(), title: "Coffee gear shop".to_owned(), synthetic: true };
    let mut items = vec![(ItemId::SETTINGS, Item::Settings(settings))];
    items.extend(read_plan(PLAN, &mut ids)?);
    items.extend(board.stickies.into_iter().map(|sticky| (ids(), Item::Sticky(sticky))));
    for (position, (name, text)) in (1u32..).zip(QUERIES) {
        let saved = SavedQuery {
            name: Some(name.to_owned()),
            query: parse_query(text)?,
            position: f64::from(position),
        };
        items.push((ids(), Item::Query(saved)));
    }
    Ok(items)
}

fn unreadable(file: &str, error: &serde_json::Error) -> Diagnostic {
    Diagnostic::error("bad-sample", format!("The sample could not be read: {error}"))
        .at(file)
        .hint("The program was built from damaged files; build it again from a clean copy")
}
