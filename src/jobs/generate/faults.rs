//! What is wrong with the log on purpose, how often, and where it is planted. Not for writing it: see `line`.

use super::line::{Call, Kind};

/// A planted fault. All but [`Fault::OldName`], [`Fault::OldSource`] and [`Fault::SharedDevice`] are planted
/// evenly over the log, on the next event that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An event `Beta Banner Clicked` that no plan has, in place of an `Article Read`.
    UnplannedEvent,
    /// `Prodct Viewed`.
    MisspeltName,
    /// A property `exp_bucket` that no plan has, on `Cart Viewed`.
    UnplannedProperty,
    /// `Order Completed` without `value`.
    MissingValue,
    /// `Product Added` without `product_id`.
    MissingProductId,
    /// `Order Completed` with `value` as text.
    ValueAsText,
    /// `Product Added` with `quantity` as text.
    QuantityAsText,
    /// `"userId":"null"` on an event of somebody not signed in.
    UserIdNullText,
    /// `"userId":"undefined"`, likewise.
    UserIdUndefined,
    /// `"userId":"anonymous"`, likewise.
    UserIdAnonymous,
    /// `"userId":null`, likewise.
    UserIdNull,
    /// A mail address as the `query` of `Search Performed`.
    MailInQuery,
    /// Arrives one to six days after it happened.
    Late,
    /// Says that it happens in 2031.
    Future,
    /// A line that comes again, the same to the byte, within the hour.
    DuplicateSame,
    /// A line that comes again under the same message id, with another time.
    DuplicateOther,
    /// A line cut off.
    BrokenCut,
    /// A line without `timestamp`.
    BrokenNoTime,
    /// A line whose `timestamp` is `yesterday`.
    BrokenBadTime,
    /// A line whose `timestamp` is in 1970.
    BrokenOldTime,
    /// A line with neither `anonymousId` nor `userId`.
    BrokenNoId,
    /// A line of HTML.
    BrokenHtml,
    /// An event under an old name: `product_viewed`, `add_to_cart`, `checkout_started`, `payment_submitted`.
    OldName,
    /// An event of the old page, in local time with an offset, in the first three weeks.
    OldSource,
    /// A person who signed in on the shared device of the shop floor.
    SharedDevice,
}

impl Fault {
    /// All, in the order of documentation.
    pub const ALL: [Fault; 25] = [
        Fault::UnplannedEvent,
        Fault::MisspeltName,
        Fault::UnplannedProperty,
        Fault::MissingValue,
        Fault::MissingProductId,
        Fault::ValueAsText,
        Fault::QuantityAsText,
        Fault::UserIdNullText,
        Fault::UserIdUndefined,
        Fault::UserIdAnonymous,
        Fault::UserIdNull,
        Fault::MailInQuery,
        Fault::Late,
        Fault::Future,
        Fault::DuplicateSame,
        Fault::DuplicateOther,
        Fault::BrokenCut,
        Fault::BrokenNoTime,
        Fault::BrokenBadTime,
        Fault::BrokenOldTime,
        Fault::BrokenNoId,
        Fault::BrokenHtml,
        Fault::OldName,
        Fault::OldSource,
        Fault::SharedDevice,
    ];

    /// How many are planted in 30,000 events; 0 for those that follow from behavior.
    fn in_30_000(self) -> u64 {
        match self {
            Fault::UnplannedEvent => 24,
            Fault::MisspeltName => 30,
            Fault::UnplannedProperty => 20,
            Fault::MissingValue => 12,
            Fault::MissingProductId => 15,
            Fault::ValueAsText => 10,
            Fault::QuantityAsText => 15,
            Fault::UserIdNullText => 20,
            Fault::UserIdUndefined => 15,
            Fault::UserIdAnonymous => 15,
            Fault::UserIdNull => 10,
            Fault::MailInQuery => 5,
            Fault::Late => 40,
            Fault::Future => 6,
            Fault::DuplicateSame => 60,
            Fault::DuplicateOther => 8,
            Fault::BrokenCut => 6,
            Fault::BrokenNoTime => 4,
            Fault::BrokenBadTime => 3,
            Fault::BrokenOldTime => 2,
            Fault::BrokenNoId => 4,
            Fault::BrokenHtml => 1,
            Fault::OldName | Fault::OldSource | Fault::SharedDevice => 0,
        }
    }

    /// Comes as a line of its own beside an event, which stays as it is.
    pub(super) fn adds_line(self) -> bool {
        match self {
            Fault::DuplicateSame
            | Fault::DuplicateOther
            | Fault::BrokenCut
            | Fault::BrokenNoTime
            | Fault::BrokenBadTime
            | Fault::BrokenOldTime
            | Fault::BrokenNoId
            | Fault::BrokenHtml => true,
            Fault::UnplannedEvent
            | Fault::MisspeltName
            | Fault::UnplannedProperty
            | Fault::MissingValue
            | Fault::MissingProductId
            | Fault::ValueAsText
            | Fault::QuantityAsText
            | Fault::UserIdNullText
            | Fault::UserIdUndefined
            | Fault::UserIdAnonymous
            | Fault::UserIdNull
            | Fault::MailInQuery
            | Fault::Late
            | Fault::Future
            | Fault::OldName
            | Fault::OldSource
            | Fault::SharedDevice => false,
        }
    }

    fn fits(self, call: &Call<'_>) -> bool {
        match self {
            Fault::UnplannedEvent => call.name == "Article Read",
            Fault::MisspeltName => call.name == "Product Viewed",
            Fault::UnplannedProperty => call.name == "Cart Viewed",
            Fault::MissingValue | Fault::ValueAsText => call.name == "Order Completed",
            Fault::MissingProductId | Fault::QuantityAsText => {
                call.name == "Product Added" && call.has("quantity")
            }
            Fault::UserIdNullText | Fault::UserIdUndefined | Fault::UserIdAnonymous | Fault::UserIdNull => {
                call.kind == Kind::Track && call.who.user.is_none()
            }
            Fault::MailInQuery => call.name == "Search Performed",
            Fault::Future => call.name == "Product List Viewed",
            Fault::Late
            | Fault::DuplicateSame
            | Fault::DuplicateOther
            | Fault::BrokenCut
            | Fault::BrokenNoTime
            | Fault::BrokenBadTime
            | Fault::BrokenOldTime
            | Fault::BrokenNoId
            | Fault::BrokenHtml => call.kind == Kind::Track,
            Fault::OldName | Fault::OldSource | Fault::SharedDevice => false,
        }
    }
}

/// Which faults are due.
pub(super) struct Faults {
    total: u64,
    wanted: [u64; Fault::ALL.len()],
    planted: [u64; Fault::ALL.len()],
    next: u64,
}

impl Faults {
    pub(super) fn new(total: u64) -> Faults {
        let mut faults = Faults {
            total,
            wanted: Fault::ALL.map(|fault| share(fault, total)),
            planted: [0; Fault::ALL.len()],
            next: 0,
        };
        faults.next = faults.first_due();
        faults
    }

    /// The fault to plant on this event, the `ordinal`th from 0, if one is due and fits.
    pub(super) fn take(&mut self, call: &Call<'_>, ordinal: u64) -> Option<Fault> {
        if ordinal < self.next {
            return None;
        }
        let due = (0..Fault::ALL.len()).find(|&index| {
            self.due_at(index).is_some_and(|at| at <= ordinal) && Fault::ALL[index].fits(call)
        })?;
        self.planted[due] += 1;
        self.next = self.first_due();
        Some(Fault::ALL[due])
    }

    /// Counts a fault that follows from behavior.
    pub(super) fn count(&mut self, fault: Fault) {
        if let Some(index) = Fault::ALL.iter().position(|one| *one == fault) {
            self.planted[index] += 1;
        }
    }

    pub(super) fn planted(&self) -> Vec<(Fault, u64)> {
        Fault::ALL.into_iter().zip(self.planted).collect()
    }

    fn first_due(&self) -> u64 {
        (0..Fault::ALL.len()).filter_map(|index| self.due_at(index)).min().unwrap_or(u64::MAX)
    }

    /// Evenly over the first nine tenths of the log, so that a fitting event still follows the last.
    fn due_at(&self, index: usize) -> Option<u64> {
        let (wanted, planted) = (self.wanted[index], self.planted[index]);
        let at = || {
            let place = u128::from(2 * planted + 1) * u128::from(self.total) * 9;
            (place / (u128::from(wanted) * 20)) as u64
        };
        (planted < wanted).then(at)
    }
}

/// In proportion to the log's size; one at least in a log of a thousand events or more.
fn share(fault: Fault, total: u64) -> u64 {
    let wanted = fault.in_30_000();
    let scaled = ((u128::from(wanted) * u128::from(total) + 15_000) / 30_000) as u64;
    if total >= 1000 { scaled.max(wanted.min(1)) } else { scaled }
}
