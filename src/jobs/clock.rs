//! The clock and chance, read here and handed down as arguments. Not for measuring: see `std::time::Instant`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::item::ItemId;
use crate::model::time::{Time, Zone};

/// Now, in whole microseconds.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A fresh item id, positive, never a reserved one.
pub fn item_id() -> ItemId {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_i64(now().0);
    ItemId(i64::try_from(hasher.finish() >> 1).unwrap_or(i64::MAX).max(1000))
}

/// A number that nobody can guess.
pub fn secret() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = |part: u8| u128::from(RandomState::new().hash_one((part, now().0)));
    half(0) << 64 | half(1)
}

/// The system's zone, UTC when it cannot be told.
pub fn system_zone() -> Zone {
    let name = iana_time_zone::get_timezone().unwrap_or_default();
    // "Etc/UTC" is the same zone under a name that fewer people know.
    Zone::named(name.strip_prefix("Etc/").filter(|name| *name == "UTC").unwrap_or(&name)).unwrap_or_default()
}
