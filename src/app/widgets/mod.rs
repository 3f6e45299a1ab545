//! Shared components: every view is built of these, so that no view has a color or a size of its own.
//!
//! Each is a plain function or a small builder over `&mut Ui`, works by keyboard, and says its name and role
//! to screen readers. Not for anything that knows the domain: no event, funnel or person is named here.

pub mod text;

pub mod button;
pub mod chip;
pub mod field;
pub mod search_select;
pub mod segmented;
pub mod stepper;
pub mod tag;

pub mod card;
pub mod facts;
pub mod kpi;
pub mod list_row;
pub mod page;
pub mod panel;
pub mod section;
pub mod sizes;
pub mod sparkline;
pub mod table;

pub mod apart;
pub mod banner;
pub mod dialog;
pub mod empty;
pub mod popover;
pub mod progress;
pub mod skeleton;
pub mod toast;

mod paint;

pub use apart::Apart;
pub use banner::{Banner, BannerAction};
pub use button::{Button, link};
pub use card::{card, card_titled, well};
pub use chip::{ChipAction, ChipResponse, FilterChip, add_chip};
pub use dialog::{Dialog, DialogAnswer};
pub use empty::{Empty, EmptyAction};
pub use facts::{fact, facts};
pub use field::{Field, search_field};
pub use kpi::{Change, Direction, Kpi};
pub use list_row::ListRow;
pub use page::{page_header, toolbar};
pub use panel::SizedPanel;
pub use popover::{context_menu, menu, menu_item, menu_item_danger, open_popover, popover, row_menu};
pub use progress::Progress;
pub use search_select::{Picked, SearchSelect, SelectItem};
pub use section::Section;
pub use segmented::segmented;
pub use sparkline::sparkline;
pub use stepper::stepper;
pub use table::{Align, Cell, Column, SortOrder, Table, TableResponse};
pub use tag::Tag;
pub use text::{Part, sentence};
pub use toast::{Toast, ToastAction, Toasts};
