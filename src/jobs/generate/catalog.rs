//! What the invented shop sells, where, and how willingly people buy there: tables. Not for behavior: see `visit`.

/// A country that the shop ships to.
pub(super) struct Country {
    pub(super) code: &'static str,
    pub(super) locale: &'static str,
    pub(super) currency: &'static str,
    /// Share of persons, per mille.
    pub(super) weight: u64,
    /// Hours ahead of UTC, in winter.
    pub(super) offset_hours: i64,
    /// How many of a thousand who start a checkout submit a payment.
    pub(super) pays: u64,
    /// How many of a thousand payments end in an order.
    pub(super) orders: u64,
    pub(super) payment_methods: &'static [&'static str],
}

macro_rules! countries {
    ($($code:literal $locale:literal $currency:literal $weight:literal $offset:literal $pays:literal $orders:literal
        [$($method:literal),*];)*) => {
        &[$(Country { code: $code, locale: $locale, currency: $currency, weight: $weight, offset_hours: $offset,
            pays: $pays, orders: $orders, payment_methods: &[$($method),*] }),*]
    };
}

/// France is planted to fail at payment: the shop does not take the card that people there use.
pub(super) const COUNTRIES: &[Country] = countries! {
    "DE" "de-DE" "EUR" 330  1 710 880 ["invoice", "wallet", "card", "bank_transfer"];
    "FR" "fr-FR" "EUR" 160  1 270 800 ["card", "wallet"];
    "US" "en-US" "USD" 130 -6 700 860 ["card", "card", "wallet"];
    "GB" "en-GB" "GBP" 110  0 690 860 ["card", "card", "wallet"];
    "AT" "de-AT" "EUR"  90  1 720 880 ["invoice", "card", "bank_transfer"];
    "CH" "de-CH" "CHF"  70  1 660 870 ["invoice", "card"];
    "NL" "nl-NL" "EUR"  70  1 740 890 ["bank_transfer", "wallet", "card"];
    "IT" "it-IT" "EUR"  40  1 650 850 ["card", "wallet"];
};

/// Something to buy.
pub(super) struct Product {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) cents: u64,
    /// How often it is looked at, against the others.
    pub(super) weight: u64,
}

macro_rules! products {
    ($($id:literal $name:literal $category:literal $cents:literal $weight:literal;)*) => {
        &[$(Product { id: $id, name: $name, category: $category, cents: $cents, weight: $weight }),*]
    };
}

pub(super) const PRODUCTS: &[Product] = products! {
    "grinder-hand-38" "Hand grinder 38" "grinders" 8900 60;
    "grinder-48" "Burr grinder 48" "grinders" 18900 70;
    "grinder-64" "Flat burr grinder 64" "grinders" 42900 34;
    "grinder-travel" "Travel grinder" "grinders" 6400 40;
    "kettle-06" "Gooseneck kettle 0.6 l" "kettles" 4950 45;
    "kettle-10" "Gooseneck kettle 1.0 l" "kettles" 6950 48;
    "kettle-temp" "Kettle with thermostat" "kettles" 12900 42;
    "brewer-v" "Cone brewer" "brewers" 2490 62;
    "brewer-flat" "Flat-bottom brewer" "brewers" 2990 40;
    "brewer-press" "Press pot 1 l" "brewers" 3900 36;
    "brewer-siphon" "Siphon brewer" "brewers" 11900 14;
    "brewer-moka" "Stovetop pot for six" "brewers" 3450 44;
    "beans-house-250" "House roast 250 g" "beans" 890 80;
    "beans-house-1000" "House roast 1 kg" "beans" 2890 64;
    "beans-light-250" "Light roast 250 g" "beans" 1190 58;
    "beans-dark-250" "Dark roast 250 g" "beans" 950 46;
    "beans-decaf-250" "Decaf 250 g" "beans" 1090 28;
    "beans-tasting" "Tasting box of five" "beans" 3600 32;
    "filters-cone-100" "Cone filters, 100" "filters" 690 50;
    "filters-flat-100" "Flat filters, 100" "filters" 720 30;
    "filters-metal" "Metal filter" "filters" 2190 20;
    "scale-basic" "Kitchen scale" "scales" 2900 34;
    "scale-timer" "Scale with timer" "scales" 7900 42;
    "scale-pocket" "Pocket scale" "scales" 3900 22;
};

/// Weights of local hours, from midnight.
pub(super) const HOURS: [u64; 24] =
    [8, 4, 2, 1, 1, 3, 10, 24, 34, 38, 42, 46, 52, 46, 42, 44, 50, 58, 66, 80, 92, 84, 52, 24];

/// Weights of days, from Monday.
pub(super) const WEEKDAYS: [u64; 7] = [98, 92, 94, 98, 90, 112, 134];

/// Days until a person comes back to go on. Some take longer than a week, on purpose.
pub(super) const RETURN_DAYS: [u32; 16] = [0, 1, 1, 2, 2, 3, 4, 6, 8, 8, 9, 9, 10, 11, 12, 13];

/// A campaign as it is seen in the context.
pub(super) struct Campaign {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    pub(super) medium: &'static str,
}

/// Runs in one week only: many visits, few purchases.
pub(super) const SPRING: Campaign = Campaign { name: "spring-grind", source: "social", medium: "paid" };

/// Run all the time.
pub(super) const CAMPAIGNS: [Campaign; 3] = [
    Campaign { name: "monthly-letter", source: "newsletter", medium: "email" },
    Campaign { name: "brew-guides", source: "partner-blog", medium: "referral" },
    Campaign { name: "brand-search", source: "search", medium: "cpc" },
];

pub(super) const ARTICLES: [&str; 6] = [
    "how-fine-to-grind",
    "water-for-coffee",
    "cone-or-flat",
    "cleaning-a-burr-grinder",
    "first-scale",
    "storing-beans",
];

pub(super) const SEARCHES: [&str; 10] = [
    "grinder",
    "hand grinder",
    "kettle",
    "decaf",
    "filters",
    "scale timer",
    "gift",
    "moka",
    "light roast",
    "spare burrs",
];

/// Made-up first names.
pub(super) const FIRST_NAMES: [&str; 24] = [
    "Avoko", "Belir", "Cendra", "Dovan", "Elmiru", "Fenja", "Goril", "Havesh", "Ilvana", "Jorik", "Kelda",
    "Lomir", "Mirune", "Novik", "Orsila", "Pevren", "Quilla", "Rudan", "Sevine", "Tolvar", "Ulmika",
    "Vesper", "Wendro", "Yarila",
];

/// Made-up companies that some persons order for.
pub(super) const COMPANIES: [&str; 8] = [
    "Example Roastery",
    "Sample Street Cafe",
    "Example Design Studio",
    "Nowhere Books",
    "Placeholder Bakery",
    "Invented Hotel",
    "Fable Coworking",
    "Made-up Museum",
];
