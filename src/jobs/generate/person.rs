//! Who visits the shop: what stays the same about a person, and where she stands. Not for what she does: see `visit`.

use super::catalog::{COUNTRIES, Country};
use super::random::{mix, scale, weighted};

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    Desktop,
    Phone,
    Tablet,
}

impl Device {
    pub(super) fn word(self) -> &'static str {
        match self {
            Device::Desktop => "desktop",
            Device::Phone => "phone",
            Device::Tablet => "tablet",
        }
    }

    /// How many of a thousand who added a product start a checkout: a phone's cart is planted to be hard to leave.
    pub(super) fn checks_out(self) -> u64 {
        match self {
            Device::Desktop => 640,
            Device::Tablet => 560,
            Device::Phone => 390,
        }
    }
}

/// What stays the same about a person, drawn from the seed and her number alone.
pub(super) struct Nature {
    pub(super) country: &'static Country,
    /// One to three; the first is the usual one.
    pub(super) devices: [Device; 3],
    pub(super) device_count: usize,
    /// Has an account, so that she can sign in.
    pub(super) account: bool,
    /// Comes back more often than others.
    pub(super) loyal: bool,
    /// Uses the shop's old page as long as it is there.
    pub(super) old_page: bool,
    /// Which company she orders for, if any.
    pub(super) company: Option<usize>,
    /// For everything else.
    pub(super) draw: u64,
}

/// A person's nature.
pub(super) fn nature(seed: u64, person: u32) -> Nature {
    let draw = |salt: u64| mix(seed ^ (salt << 40), u64::from(person));
    let permille = |salt: u64| scale(draw(salt), 1000);
    let country = &COUNTRIES[weighted(draw(1), COUNTRIES.iter().map(|country| country.weight))];
    let account = permille(2) < 720;
    let devices = match permille(3) {
        0..440 => [Device::Desktop, Device::Phone, Device::Tablet],
        440..890 => [Device::Phone, Device::Desktop, Device::Tablet],
        _ => [Device::Tablet, Device::Phone, Device::Desktop],
    };
    let device_count = match permille(4) {
        0..80 if account => 3,
        80..400 if account => 2,
        0..40 => 2,
        _ => 1,
    };
    Nature {
        country,
        devices,
        device_count,
        account,
        loyal: permille(5) < 300,
        old_page: permille(6) < 150,
        company: (account && permille(7) < 30).then_some(scale(draw(8), 8) as usize),
        draw: draw(9),
    }
}

/// How far a journey went, or is to go: the steps of the checkout.
pub(super) mod stage {
    pub(in super::super) const NONE: u8 = 0;
    pub(in super::super) const VIEWED: u8 = 1;
    pub(in super::super) const ADDED: u8 = 2;
    pub(in super::super) const CHECKOUT: u8 = 3;
    pub(in super::super) const PAID: u8 = 4;
    pub(in super::super) const ORDERED: u8 = 5;
}

/// Where a person stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    /// No other visit before this: milliseconds since 1970.
    pub(super) busy_until_ms: i64,
    /// The open or last cart; 0 for none yet.
    pub(super) cart: u32,
    /// The last order; 0 for none yet.
    pub(super) order: u32,
    /// How far the journey went.
    pub(super) stage: u8,
    /// How far it is to go; [`stage::NONE`] between journeys.
    pub(super) fate: u8,
    /// One bit for each device on which she is signed in.
    pub(super) signed_in: u8,
    /// Journeys begun.
    pub(super) journeys: u8,
    /// What she wants: an index of the catalog.
    pub(super) product: u8,
    /// What else is in the cart, and how many of the first.
    pub(super) extra: Option<u8>,
    pub(super) quantity: u8,
    pub(super) coupon: bool,
    pub(super) has_ordered: bool,
    pub(super) subscribed: bool,
    /// First came for the spring campaign, and not to buy.
    pub(super) casual: bool,
    /// The account was opened in this log.
    pub(super) known: bool,
    /// The device of the journey.
    pub(super) device: u8,
}
