//! What a person does in one visit, and what the shop does for her order. Not for who comes when: see `shop`.

use super::catalog::{
    ARTICLES, CAMPAIGNS, COMPANIES, Campaign, FIRST_NAMES, PRODUCTS, Product, RETURN_DAYS, SEARCHES, SPRING,
};
use super::line::{Call, Kind, Place, Value, Who, halves};
use super::person::{Device, Nature, Person, nature, stage};
use super::shop::{DAY_MS, Due, MINUTE_MS, Shop};

/// Days in which the old page is still there.
const OLD_PAGE_DAYS: u32 = 21;
/// A new visit begins at least this long after the last event of the one before.
const BETWEEN_VISITS_MS: i64 = 31 * MINUTE_MS;

/// One visit; nothing when the person is still in another.
pub(super) fn visit(shop: &mut Shop, number: u32, at: i64, back: bool) {
    if at < shop.persons[number as usize].busy_until_ms {
        return;
    }
    let mut visit = Visit::new(shop, number, at, back);
    if back && visit.person.fate == stage::NONE && visit.person.has_ordered {
        visit.after_sale();
    } else {
        visit.shop_around();
    }
    visit.person.busy_until_ms = visit.now_ms + BETWEEN_VISITS_MS;
    let person = visit.person;
    shop.persons[number as usize] = person;
}

/// Somebody with an account signs in on the shop floor, looks at something and forgets to sign out.
pub(super) fn shared_device(shop: &mut Shop, at: i64) {
    let somebody = (0..1000).find_map(|_| {
        let person = shop.anybody();
        (nature(shop.seed, person).account && shop.note_shared(person)).then_some(person)
    });
    let Some(number) = somebody else { return };
    let mut visit = Visit::new(shop, number, at, true);
    visit.who = Who { anonymous: Some(halves(visit.shop.seed, 5, 0)), user: None };
    visit.device = Device::Tablet;
    visit.old = false;
    visit.person.known = true;
    visit.sign_in();
    for _ in 0..2 {
        visit.pause(20, 200);
        let product = visit.any_product();
        visit.view(product);
    }
}

/// The server says that a person's last order has left.
pub(super) fn shipped(shop: &mut Shop, number: u32, at: i64) {
    let carrier = ["Parcel Example", "Cargo Bike Example"][(number % 2) as usize];
    server_call(shop, number, at, "Order Shipped", ("carrier", Value::Text(carrier)));
    let days = shop.random.between(1, 5) as u32;
    shop.later(days, at, Due::Delivered(number));
}

/// The server says that it arrived; some come back to say what they think.
pub(super) fn delivered(shop: &mut Shop, number: u32, at: i64) {
    let late = shop.random.chance(120);
    server_call(shop, number, at, "Order Delivered", ("late", Value::Bool(late)));
    if shop.random.chance(300) {
        let days = shop.random.between(1, 8) as u32;
        shop.later(days, at, Due::Return(number));
    }
}

fn server_call(shop: &mut Shop, number: u32, at: i64, name: &str, last: (&str, Value<'_>)) {
    let nature = nature(shop.seed, number);
    let order = shop.persons[number as usize].order;
    let who = if nature.account {
        Who { anonymous: None, user: Some(account_of(number)) }
    } else {
        Who { anonymous: Some(device_id(shop.seed, number, 0)), user: None }
    };
    let fields = [
        ("order_id", Value::Joined("o-", u64::from(order))),
        ("country", Value::Text(nature.country.code)),
        last,
    ];
    shop.log.add(&Call {
        kind: Kind::Track,
        name,
        time_ms: at,
        who,
        place: Place::Server,
        path: ("", ""),
        fields: &fields,
    });
}

fn account_of(number: u32) -> u64 {
    100_000 + u64::from(number)
}

fn device_id(seed: u64, number: u32, device: usize) -> [u64; 2] {
    halves(seed, 3, u64::from(number) * 4 + device as u64)
}

struct Visit<'a> {
    shop: &'a mut Shop,
    number: u32,
    nature: Nature,
    person: Person,
    now_ms: i64,
    device_index: u8,
    device: Device,
    who: Who,
    campaign: Option<&'static Campaign>,
    ip: Option<(u8, u8)>,
    old: bool,
}

impl Visit<'_> {
    fn new(shop: &mut Shop, number: u32, at: i64, back: bool) -> Visit<'_> {
        let nature = nature(shop.seed, number);
        let person = shop.persons[number as usize].clone();
        let stays = person.fate != stage::NONE && shop.random.chance(780);
        let device_index = if stays {
            person.device
        } else if shop.random.chance(650) {
            0
        } else {
            shop.random.below(nature.device_count as u64) as u8
        };
        let day = shop.day_of(at);
        // The campaign draws people who have never been here.
        let drawn = if person.journeys == 0 { 800 } else { 120 };
        let campaign = match () {
            () if back => None,
            () if shop.in_campaign(day) && shop.random.chance(drawn) => Some(&SPRING),
            () if shop.random.chance(130) => Some(&CAMPAIGNS[shop.random.below(3) as usize]),
            () => None,
        };
        let ip =
            shop.random.chance(300).then_some(((nature.draw % 3) as u8, (nature.draw >> 8) as u8 % 250 + 1));
        let signed_in = person.signed_in & (1 << device_index) != 0;
        Visit {
            number,
            now_ms: at,
            device_index,
            device: nature.devices[usize::from(device_index)],
            who: Who {
                anonymous: Some(device_id(shop.seed, number, usize::from(device_index))),
                user: signed_in.then(|| account_of(number)),
            },
            campaign,
            ip,
            old: shop.faults && nature.old_page && device_index == 0 && day < OLD_PAGE_DAYS,
            person,
            nature,
            shop,
        }
    }

    /// Goes on with the journey, or begins one.
    fn shop_around(&mut self) {
        if self.person.fate == stage::NONE {
            self.begin_journey();
        }
        let (from, fate) = (self.person.stage, self.person.fate);
        let lowest = from.max(stage::VIEWED);
        let target = if lowest >= fate || self.chance(500) {
            fate
        } else {
            lowest + self.shop.random.below(u64::from(fate - lowest)) as u8
        };
        if self.nature.account && self.who.user.is_none() && self.chance(130) {
            self.sign_in();
        }
        self.browse();
        self.look_at_products(target);
        if target >= stage::ADDED {
            self.fill_cart(from);
        }
        if target >= stage::CHECKOUT {
            self.check_out();
        }
        if target >= stage::PAID {
            self.pay(fate);
        }
        if target >= stage::ORDERED {
            self.order();
        }
        self.person.stage = target;
        if target < fate {
            self.come_back();
        } else {
            self.person.fate = stage::NONE;
            if fate < stage::ORDERED && self.chance(160) {
                self.come_back();
            }
        }
    }

    fn begin_journey(&mut self) {
        let spring = self.campaign.is_some_and(|campaign| campaign.name == SPRING.name);
        let adds = match self.device {
            _ if spring || self.person.casual => 110,
            _ if self.person.journeys > 0 => 190,
            Device::Desktop | Device::Tablet => 370,
            Device::Phone => 345,
        };
        let (checks_out, pays, orders) =
            (self.device.checks_out(), self.nature.country.pays, self.nature.country.orders);
        let mut fate = stage::VIEWED;
        for permille in [adds, checks_out, pays, orders] {
            if !self.chance(permille) {
                break;
            }
            fate += 1;
        }
        let product = self.any_product();
        let extra = self.chance(280).then(|| self.any_product());
        let quantity = if self.chance(180) { 2 } else { 1 };
        let coupon = self.chance(120);
        let person = &mut self.person;
        person.casual |= spring && person.journeys == 0;
        person.journeys = person.journeys.saturating_add(1);
        person.stage = stage::NONE;
        person.fate = fate;
        person.device = self.device_index;
        person.product = product;
        person.extra = extra.filter(|extra| *extra != product);
        person.quantity = quantity;
        person.coupon = coupon;
        person.cart = 0;
    }

    fn browse(&mut self) {
        if self.chance(330) {
            self.send(Kind::Page, "Home", ("/", ""), &[("title", Value::Text("Coffee gear"))]);
            self.pause(4, 60);
        }
        if self.chance(220) {
            let query = SEARCHES[self.shop.random.below(SEARCHES.len() as u64) as usize];
            let results = self.shop.random.below(9);
            let fields = [("query", Value::Text(query)), ("results", Value::Whole(results)), self.country()];
            self.track("Search Performed", ("/search", ""), &fields);
            self.pause(4, 60);
        }
        if self.chance(290) {
            let category = PRODUCTS[usize::from(self.any_product())].category;
            let fields = [("category", Value::Text(category)), self.country()];
            self.track("Product List Viewed", ("/c/", category), &fields);
            self.pause(5, 90);
        }
        if self.chance(90) {
            let article = ARTICLES[self.shop.random.below(ARTICLES.len() as u64) as usize];
            let fields = [
                ("article", Value::Text(article)),
                ("read_secs", Value::Whole(20 + self.shop.random.below(400))),
                self.country(),
            ];
            self.track("Article Read", ("/guides/", article), &fields);
            self.pause(20, 400);
        }
    }

    /// The wanted product last, so that what follows is about it.
    fn look_at_products(&mut self, target: u8) {
        let goes_on = self.person.stage >= stage::ADDED && target > stage::ADDED;
        if goes_on && self.chance(400) {
            return;
        }
        for _ in 0..self.shop.random.below(3) {
            let product = self.any_product();
            self.view(product);
            self.pause(8, 150);
        }
        self.view(self.person.product);
        self.pause(8, 180);
        if self.chance(50) {
            let other = PRODUCTS[usize::from(self.any_product())].id;
            let wanted = self.wanted().id;
            let fields =
                [("product_id", Value::Text(wanted)), ("other_id", Value::Text(other)), self.country()];
            self.track("Product Compared", ("/compare/", wanted), &fields);
            self.pause(8, 120);
        }
    }

    fn view(&mut self, product: u8) {
        let product = &PRODUCTS[usize::from(product)];
        let fields = [
            ("product_id", Value::Text(product.id)),
            ("product", Value::Text(product.name)),
            ("category", Value::Text(product.category)),
            ("price", Value::Cents(product.cents)),
            self.currency(),
            self.country(),
        ];
        self.track("Product Viewed", ("/p/", product.id), &fields);
    }

    fn fill_cart(&mut self, from: u8) {
        let returns = from >= stage::ADDED;
        if !returns {
            self.shop.carts += 1;
            self.person.cart = self.shop.carts;
        }
        if !returns || self.chance(150) {
            self.add(self.person.product, u64::from(self.person.quantity));
            if let Some(extra) = self.person.extra {
                self.view(extra);
                self.pause(6, 90);
                self.add(extra, 1);
                if self.chance(170) {
                    self.remove(extra);
                }
            }
        }
        if returns || self.chance(450) {
            let fields =
                [self.cart(), ("value", Value::Cents(self.value())), self.currency(), self.country()];
            self.track("Cart Viewed", ("/cart", ""), &fields);
            self.pause(6, 120);
        }
    }

    fn add(&mut self, product: u8, quantity: u64) {
        let product = &PRODUCTS[usize::from(product)];
        let fields = [
            ("product_id", Value::Text(product.id)),
            ("product", Value::Text(product.name)),
            ("category", Value::Text(product.category)),
            ("price", Value::Cents(product.cents)),
            ("quantity", Value::Whole(quantity)),
            self.currency(),
            self.cart(),
            self.country(),
        ];
        self.track("Product Added", ("/p/", product.id), &fields);
        self.pause(6, 110);
    }

    fn remove(&mut self, product: u8) {
        let product = &PRODUCTS[usize::from(product)];
        self.person.extra = None;
        let fields = [
            ("product_id", Value::Text(product.id)),
            ("price", Value::Cents(product.cents)),
            self.cart(),
            self.country(),
        ];
        self.track("Product Removed", ("/cart", ""), &fields);
        self.pause(6, 90);
    }

    fn check_out(&mut self) {
        if self.person.coupon && self.person.stage < stage::CHECKOUT {
            let fields = [("coupon", Value::Text("FIRSTCUP10")), self.cart(), self.country()];
            self.track("Coupon Applied", ("/cart", ""), &fields);
            self.pause(5, 60);
        }
        let items = u64::from(self.person.quantity) + u64::from(self.person.extra.is_some());
        let fields = [
            self.cart(),
            ("value", Value::Cents(self.value())),
            self.currency(),
            ("items_count", Value::Whole(items)),
            self.country(),
        ];
        self.track("Checkout Started", ("/checkout", ""), &fields);
        self.pause(10, 100);
        if self.nature.account && self.who.user.is_none() && self.chance(880) {
            self.sign_in();
            self.pause(10, 90);
        }
    }

    fn pay(&mut self, fate: u8) {
        self.submit_payment();
        let fails = fate == stage::PAID || self.chance(70);
        if !fails {
            return;
        }
        let reason = ["declined", "timed_out", "wrong_code"][self.shop.random.below(3) as usize];
        let fields = [self.cart(), self.method(), ("reason", Value::Text(reason)), self.country()];
        self.track("Payment Failed", ("/checkout", "/payment"), &fields);
        self.pause(20, 160);
        if fate > stage::PAID {
            self.submit_payment();
        }
    }

    fn submit_payment(&mut self) {
        let fields = [
            self.cart(),
            self.method(),
            ("value", Value::Cents(self.value())),
            self.currency(),
            self.country(),
        ];
        self.track("Payment Submitted", ("/checkout", "/payment"), &fields);
        self.pause(3, 40);
    }

    fn order(&mut self) {
        self.shop.orders += 1;
        self.person.order = 10_000 + self.shop.orders;
        self.person.has_ordered = true;
        let items = [
            (self.wanted(), u64::from(self.person.quantity)),
            (&PRODUCTS[usize::from(self.person.extra.unwrap_or(0))], 1),
        ];
        let items = if self.person.extra.is_some() { &items[..] } else { &items[..1] };
        let gift = self.chance(110);
        let delivery = self.now_ms.div_euclid(DAY_MS) + self.shop.random.between(2, 6);
        let mut fields = vec![
            self.order_id(),
            self.cart(),
            ("value", Value::Cents(self.value())),
            self.currency(),
            self.method(),
            self.country(),
            ("is_gift", Value::Bool(gift)),
            ("delivery_date", Value::Date(delivery)),
            ("items", Value::Items(items)),
        ];
        if self.person.coupon {
            fields.push(("coupon", Value::Text("FIRSTCUP10")));
        }
        self.track("Order Completed", ("/checkout", "/done"), &fields);
        self.after_order();
    }

    fn after_order(&mut self) {
        if self.chance(55) {
            self.pause(240, 1500);
            let reason = ["changed_mind", "wrong_item", "too_slow"][self.shop.random.below(3) as usize];
            let fields = [self.order_id(), ("reason", Value::Text(reason)), self.country()];
            self.track("Order Cancelled", ("/account", "/orders"), &fields);
            return;
        }
        if self.wanted().category == "beans" && !self.person.subscribed && self.chance(240) {
            self.pause(20, 120);
            self.person.subscribed = true;
            let weeks = [2, 4, 4, 6][self.shop.random.below(4) as usize];
            let fields = [
                ("product_id", Value::Text(self.wanted().id)),
                ("every_weeks", Value::Whole(weeks)),
                self.country(),
            ];
            self.track("Subscription Started", ("/subscribe", ""), &fields);
        }
        if self.chance(90) {
            self.pause(10, 90);
            let fields = [("list", Value::Text("brew-letter")), self.country()];
            self.track("Newsletter Subscribed", ("/newsletter", ""), &fields);
        }
        let days = self.shop.random.between(1, 3) as u32;
        self.shop.later(days, self.now_ms, Due::Shipped(self.number));
    }

    /// Comes back about an order.
    fn after_sale(&mut self) {
        if self.chance(220) {
            let topic = ["delivery", "spare_part", "invoice", "damaged"][self.shop.random.below(4) as usize];
            let fields = [("topic", Value::Text(topic)), self.order_id(), self.country()];
            self.track("Support Ticket Opened", ("/help", ""), &fields);
        } else {
            let stars = [5, 5, 5, 4, 4, 3, 2, 1][self.shop.random.below(8) as usize];
            let fields = [
                ("product_id", Value::Text(self.wanted().id)),
                ("stars", Value::Whole(stars)),
                self.country(),
            ];
            self.track("Review Written", ("/p/", self.wanted().id), &fields);
        }
        self.pause(10, 100);
    }

    /// Says who she is, in the words of the library: identify, perhaps alias and group, and the event.
    fn sign_in(&mut self) {
        let account = account_of(self.number);
        let who = Who { anonymous: self.who.anonymous, user: Some(account) };
        self.who = who;
        if self.chance(40) {
            self.send(Kind::Alias, "", ("/account", ""), &[]);
        }
        let name = FIRST_NAMES[(self.nature.draw % FIRST_NAMES.len() as u64) as usize];
        let plan = if self.nature.loyal { "plus" } else { "basic" };
        let traits = [
            ("email", Value::Mail(name, account)),
            ("first_name", Value::Text(name)),
            ("country", Value::Text(self.nature.country.code)),
            ("plan", Value::Text(plan)),
        ];
        self.send(Kind::Identify, "", ("/account", ""), &traits);
        if let Some(company) = self.nature.company {
            let id = ["org-1", "org-2", "org-3", "org-4", "org-5", "org-6", "org-7", "org-8"][company];
            self.send(Kind::Group, id, ("/account", ""), &[("name", Value::Text(COMPANIES[company]))]);
        }
        let event = if self.person.known { "Signed In" } else { "Account Created" };
        self.person.known = true;
        self.person.signed_in |= 1 << self.device_index;
        let method = if self.chance(300) { "link" } else { "password" };
        let fields = [("method", Value::Text(method)), self.country()];
        self.track(event, ("/account", ""), &fields);
    }

    fn come_back(&mut self) {
        let days = RETURN_DAYS[self.shop.random.below(RETURN_DAYS.len() as u64) as usize];
        self.shop.later(days, self.now_ms + BETWEEN_VISITS_MS, Due::Return(self.number));
    }

    fn track(&mut self, name: &str, path: (&str, &str), fields: &[(&str, Value<'_>)]) {
        let old_name = match name {
            "Product Viewed" if self.old => "product_viewed",
            "Product Added" if self.old => "add_to_cart",
            "Checkout Started" if self.old => "checkout_started",
            "Payment Submitted" if self.old => "payment_submitted",
            _ => name,
        };
        self.send(Kind::Track, old_name, path, fields);
    }

    fn send(&mut self, kind: Kind, name: &str, path: (&str, &str), fields: &[(&str, Value<'_>)]) {
        let place = Place::Browser {
            device: self.device,
            locale: self.nature.country.locale,
            campaign: self.campaign,
            ip: self.ip,
            old: self.old,
        };
        self.shop.log.add(&Call { kind, name, time_ms: self.now_ms, who: self.who, place, path, fields });
        self.now_ms += 40 + self.shop.random.below(400) as i64;
    }

    /// Seconds go by; now and then she is distracted, but never for half an hour.
    fn pause(&mut self, from_secs: i64, to_secs: i64) {
        let long = if self.chance(40) { 600_000 } else { 0 };
        self.now_ms += self.shop.random.between(from_secs * 1000, to_secs * 1000) + long;
    }

    fn chance(&mut self, permille: u64) -> bool {
        self.shop.random.chance(permille)
    }

    fn any_product(&mut self) -> u8 {
        self.shop.random.weighted(PRODUCTS.iter().map(|product| product.weight)) as u8
    }

    fn wanted(&self) -> &'static Product {
        &PRODUCTS[usize::from(self.person.product)]
    }

    /// Cents.
    fn value(&self) -> u64 {
        let extra = self.person.extra.map_or(0, |extra| PRODUCTS[usize::from(extra)].cents);
        let sum = self.wanted().cents * u64::from(self.person.quantity) + extra;
        if self.person.coupon { sum * 9 / 10 } else { sum }
    }

    fn country(&self) -> (&'static str, Value<'static>) {
        ("country", Value::Text(self.nature.country.code))
    }

    fn currency(&self) -> (&'static str, Value<'static>) {
        ("currency", Value::Text(self.nature.country.currency))
    }

    fn cart(&self) -> (&'static str, Value<'static>) {
        ("cart_id", Value::Joined("c-", u64::from(self.person.cart)))
    }

    fn order_id(&self) -> (&'static str, Value<'static>) {
        ("order_id", Value::Joined("o-", u64::from(self.person.order)))
    }

    fn method(&self) -> (&'static str, Value<'static>) {
        let methods = self.nature.country.payment_methods;
        ("payment_method", Value::Text(methods[(self.nature.draw >> 20) as usize % methods.len()]))
    }
}
