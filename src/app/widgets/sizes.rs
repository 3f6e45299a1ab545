//! What a person made wider, narrower or hid: panels and columns by name, from one run to the next. Not for where it is
//! written: see `settings`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use egui::{Context, Id};
use serde::{Deserialize, Deserializer, Serialize};

/// More than any program has; what a damaged file says beyond this is left out.
const MOST_NAMES: usize = 400;
/// Points beyond which a size cannot be meant.
const MOST_POINTS: f32 = 20_000.0;

/// Sizes in points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sizes {
    /// Width and height of the window.
    #[serde(deserialize_with = "lenient")]
    pub window: Option<[f32; 2]>,
    /// The window fills the screen.
    #[serde(deserialize_with = "lenient")]
    pub is_maximized: bool,
    /// Panels by name.
    #[serde(deserialize_with = "lenient")]
    panels: BTreeMap<String, f32>,
    /// Columns by name, by their table's.
    #[serde(deserialize_with = "lenient")]
    columns: BTreeMap<String, BTreeMap<String, f32>>,
    /// Columns that were shown or hidden against how they begin, by their table's name.
    #[serde(deserialize_with = "lenient")]
    toggled: BTreeMap<String, BTreeSet<String>>,
}

impl Sizes {
    /// Makes them those of this program's window; what cannot be meant is left out.
    pub fn install(mut self, ctx: &Context) -> Arc<Sizes> {
        let is_meant = |points: f32| (1.0..MOST_POINTS).contains(&points);
        self.window = self.window.filter(|[width, height]| is_meant(*width) && is_meant(*height));
        self.panels.retain(|_, points| is_meant(*points));
        self.columns.values_mut().for_each(|widths| widths.retain(|_, points| is_meant(*points)));
        let is_too_many = self.panels.len() + self.columns.len() + self.toggled.len() > MOST_NAMES;
        let sizes = Arc::new(if is_too_many { Sizes::default() } else { self });
        keep(ctx, &sizes);
        sizes
    }

    /// Those of now; another one only after a change.
    pub fn of(ctx: &Context) -> Arc<Sizes> {
        ctx.data(|data| data.get_temp::<Arc<Sizes>>(key())).unwrap_or_default()
    }

    /// Remembers the window.
    pub fn keep_window(ctx: &Context, size: [f32; 2], is_maximized: bool) {
        let now = Sizes::of(ctx);
        // The size of a window that fills the screen is not the one to come back to.
        let window = if is_maximized { now.window } else { Some(size) };
        if (window, is_maximized) != (now.window, now.is_maximized) {
            change(ctx, |sizes| (sizes.window, sizes.is_maximized) = (window, is_maximized));
        }
    }

    pub(in crate::app) fn panel(ctx: &Context, name: &str) -> Option<f32> {
        Sizes::of(ctx).panels.get(name).copied()
    }

    pub(super) fn keep_panel(ctx: &Context, name: &str, points: f32) {
        change(ctx, |sizes| _ = sizes.panels.insert(name.to_owned(), points));
    }

    pub(super) fn columns(ctx: &Context, table: &str) -> BTreeMap<String, f32> {
        Sizes::of(ctx).columns.get(table).cloned().unwrap_or_default()
    }

    pub(super) fn keep_column(ctx: &Context, table: &str, column: &str, points: f32) {
        change(ctx, |sizes| {
            _ = sizes.columns.entry(table.to_owned()).or_default().insert(column.to_owned(), points);
        });
    }

    pub(super) fn toggled(ctx: &Context, table: &str) -> BTreeSet<String> {
        Sizes::of(ctx).toggled.get(table).cloned().unwrap_or_default()
    }

    pub(super) fn keep_toggled(ctx: &Context, table: &str, columns: BTreeSet<String>) {
        if Sizes::toggled(ctx, table) != columns {
            change(ctx, |sizes| _ = sizes.toggled.insert(table.to_owned(), columns));
        }
    }
}

fn change(ctx: &Context, change: impl FnOnce(&mut Sizes)) {
    let mut sizes = Sizes::of(ctx);
    change(Arc::make_mut(&mut sizes));
    keep(ctx, &sizes);
}

fn keep(ctx: &Context, sizes: &Arc<Sizes>) {
    ctx.data_mut(|data| data.insert_temp(key(), sizes.clone()));
}

fn key() -> Id {
    Id::unique("remembered sizes")
}

/// A part that does not fit becomes its default and takes nothing else with it.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned + Default,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_cannot_be_meant_is_left_out() {
        let text = r#"{"window": [1e30, 800], "panels": {"a": -3, "b": 250}, "columns": {"t": {"x": 0, "y": 90}},
            "toggled": 7, "is_maximized": "yes"}"#;
        let sizes: Sizes = serde_json::from_str(text).unwrap();
        let ctx = Context::default();
        sizes.install(&ctx);
        assert_eq!(Sizes::of(&ctx).window, None);
        assert_eq!((Sizes::panel(&ctx, "a"), Sizes::panel(&ctx, "b")), (None, Some(250.0)));
        assert_eq!(Sizes::columns(&ctx, "t"), BTreeMap::from([("y".to_owned(), 90.0)]));
    }

    #[test]
    fn a_maximized_window_keeps_the_size_to_come_back_to() {
        let ctx = Context::default();
        Sizes::keep_window(&ctx, [1000.0, 700.0], false);
        Sizes::keep_window(&ctx, [1920.0, 1080.0], true);
        assert_eq!((Sizes::of(&ctx).window, Sizes::of(&ctx).is_maximized), (Some([1000.0, 700.0]), true));
    }
}
