//! What customers ask for.

use orderly_core::catalog::ChannelKind;
use orderly_core::party::NewParty;
use orderly_core::time::Day;

use super::catalog::{Good, Way};
use super::random::Random;
use super::trade::Trading;
use super::words;
use crate::wire::{
    AddressIn, ChargeIn, CustomerIn, Deliveries, DeliveryIn, DiscountIn, LineIn, OrderIn, TaxIn,
};

/// Orders of a usual day: at each of three tills, on the web, the marketplace and the phone.
const DAILY: [i64; 6] = [18, 18, 18, 34, 18, 21];
/// From Monday to Sunday, in hundredths of a usual day: tills and phone, then web and marketplace.
const WEEK: [[i64; 7]; 2] = [[108, 98, 100, 104, 128, 142, 22], [112, 98, 94, 96, 92, 96, 124]];
/// How the hours share a day.
const TRADE_HOURS: [u64; 24] =
    [0, 0, 0, 0, 0, 0, 0, 14, 16, 14, 12, 10, 9, 9, 9, 8, 7, 3, 0, 0, 0, 0, 0, 0];
const WEB_HOURS: [u64; 24] =
    [2, 1, 1, 0, 0, 1, 2, 4, 5, 6, 6, 6, 7, 6, 5, 5, 6, 7, 9, 11, 12, 10, 7, 4];

/// When orders come on a day: the minute and the index of the channel, in order.
pub fn arrivals(random: &mut Random, day: Day) -> Vec<(i64, usize)> {
    let weekday = usize::try_from((day.number() + 3).rem_euclid(7)).unwrap_or(0);
    let mut out = Vec::new();
    for (channel, usual) in DAILY.iter().enumerate() {
        let online = channel == 3 || channel == 4;
        let share = WEEK[usize::from(online)][weekday];
        let count = usual * share * random.between(85, 115) / 10_000;
        let hours = if online { &WEB_HOURS } else { &TRADE_HOURS };
        for _ in 0..count {
            let hour = i64::try_from(random.weighted(hours)).unwrap_or(12);
            out.push((hour * 60 + random.between(0, 59), channel));
        }
    }
    out.sort_unstable();
    out
}

/// A party's address as an order states it.
pub fn address(party: &NewParty) -> AddressIn {
    AddressIn {
        name: Some(party.name.clone()),
        company: party.company.clone(),
        lines: party.address_lines.clone(),
        city: party.city.clone(),
        region: party.region.clone(),
        postcode: party.postcode.clone(),
        country: party.country.clone(),
        phone: party.phone.clone(),
        email: party.email.clone(),
        latitude_e6: party.coordinates.map(|at| at.latitude_e6),
        longitude_e6: party.coordinates.map(|at| at.longitude_e6),
    }
}

/// The tax of what is sold here.
pub fn vat(included: bool) -> Vec<TaxIn> {
    vec![TaxIn { name: "VAT".into(), rate: "0.20".into(), included }]
}

/// A quantity that somebody would buy, with its unit.
fn line(random: &mut Random, good: &Good) -> LineIn {
    let (quantity, unit) = match good.way {
        Way::Piece => (*random.pick(&[1, 1, 1, 2, 2, 3, 4, 6, 10]), None),
        Way::Box => (*random.pick(&[1, 1, 1, 2, 2, 3, 5]), None),
        Way::Bricks => (random.between(1, 12) * 100, None),
        Way::Kilograms => (random.between(2, 40) * 25, None),
        Way::Board => (random.between(1, 10), Some("piece")),
        Way::Serial | Way::Kit | Way::Service => (1, None),
        Way::Packaging => (random.between(1, 2), None),
        Way::Tiles | Way::Metres => (0, None),
    };
    let mut asked = LineIn {
        sku: Some(good.sku.clone()),
        quantity: quantity.to_string(),
        unit: unit.map(str::to_owned),
        ..LineIn::default()
    };
    match good.way {
        Way::Tiles => {
            let hundredths = random.between(2, 18) * 144;
            asked.quantity = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            asked.unit = Some("m2".into());
        }
        Way::Metres => {
            let tenths = random.between(10, 400);
            asked.quantity = format!("{}.{}", tenths / 10, tenths % 10);
        }
        Way::Board => {
            let lengths = ["0.9 m", "1.2 m", "1.8 m", "2.4 m", "2.4 m", "3 m", "3.6 m"];
            asked.cut_length = Some((*random.pick(&lengths)).into());
        }
        _ => {}
    }
    asked
}

/// Whether goods are brought by a van rather than carried away or sent as a parcel.
fn is_heavy(good: &Good) -> bool {
    matches!(good.way, Way::Bricks | Way::Kilograms | Way::Board | Way::Tiles)
        || ["SHT", "BAG", "GRD", "DOR"].iter().any(|prefix| good.sku.starts_with(prefix))
}

impl Trading<'_> {
    /// Goods that somebody buys together, each once.
    fn basket(&mut self, most: i64, fits: impl Fn(&Good) -> bool) -> Vec<Good> {
        let random = &mut self.clock.random;
        let weights: Vec<u64> =
            self.goods.iter().map(|good| if fits(good) { good.weight } else { 0 }).collect();
        let count = random.between(1, most).min(random.between(1, most));
        let mut chosen: Vec<usize> = (0..count).map(|_| random.weighted(&weights)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen.into_iter().map(|index| self.goods[index].clone()).collect()
    }

    fn lines(&mut self, goods: &[Good], included: bool) -> Vec<LineIn> {
        let random = &mut self.clock.random;
        let lines = goods.iter().map(|good| LineIn { tax: vat(included), ..line(random, good) });
        lines.collect()
    }

    /// An order of the channel with this index.
    pub fn order(&mut self, channel: usize) -> OrderIn {
        let code = self.merchant.channels[channel].code.clone();
        match self.merchant.channels[channel].kind {
            ChannelKind::Store => self.at_the_till(code),
            ChannelKind::Marketplace => self.on_the_marketplace(code),
            ChannelKind::Phone | ChannelKind::Edi => self.on_the_phone(code),
            ChannelKind::Web => self.on_the_web(code),
        }
    }

    fn at_the_till(&mut self, channel: String) -> OrderIn {
        let goods = self.basket(6, |good| good.way != Way::Service || good.price < 1_500);
        let mut order = OrderIn { channel, ..OrderIn::default() };
        if self.percent(20) {
            self.on_account(&mut order);
        } else if self.percent(55) {
            let buyer = self.clock.random.pick(&self.merchant.customers);
            let number = Some(buyer.number.clone());
            order.customer = Some(CustomerIn { number, ..CustomerIn::default() });
        }
        let on_account = order.settlement.is_some();
        order.lines = self.lines(&goods, !on_account);
        let heavy = goods.iter().filter(|good| is_heavy(good)).count();
        let now = || DeliveryIn {
            reference: Some("now".into()),
            method: Some("take_away".into()),
            ..DeliveryIn::default()
        };
        if heavy > 0 && heavy < goods.len() && self.percent(60) {
            let buyer = self.clock.random.pick(&self.merchant.customers).party.clone();
            let later = DeliveryIn {
                reference: Some("later".into()),
                method: Some("van".into()),
                ship_to: Some(address(&buyer)),
                ..DeliveryIn::default()
            };
            for (line, good) in order.lines.iter_mut().zip(&goods) {
                line.delivery = Some(if is_heavy(good) { "later" } else { "now" }.into());
            }
            order.deliveries = Deliveries::Many(vec![now(), later]);
        } else {
            order.deliveries = Deliveries::One(Box::new(now()));
        }
        order
    }

    fn on_account(&mut self, order: &mut OrderIn) -> Option<NewParty> {
        let trade = self.clock.random.pick(&self.merchant.accounts).clone();
        let (site, party) = self.clock.random.pick(&trade.sites).clone();
        let contact = *self.clock.random.pick(&trade.contacts);
        order.settlement = Some("account".into());
        order.account = Some(trade.number);
        order.site = Some(site);
        order.ordered_by = Some(contact.to_string());
        order.reference = Some(format!("PO-{}", self.clock.random.between(10_000, 99_999)));
        Some(party)
    }

    fn on_the_web(&mut self, channel: String) -> OrderIn {
        let goods = self.basket(7, |good| !matches!(good.way, Way::Service | Way::Packaging));
        let buyer = self.clock.random.pick(&self.merchant.customers).clone();
        let mut order = OrderIn {
            channel,
            external_id: Some(format!("W-{}", self.outside())),
            customer: Some(CustomerIn { number: Some(buyer.number), ..CustomerIn::default() }),
            lines: self.lines(&goods, true),
            ..OrderIn::default()
        };
        if self.percent(2) {
            // Somebody tries to buy the whole shop.
            order.lines[0].quantity = "90000".into();
        }
        let heavy = goods.iter().any(is_heavy);
        let branch = self.clock.random.between(1, 3);
        let delivery = if self.percent(16) {
            DeliveryIn {
                method: Some("collect".into()),
                location: Some(format!("BR{branch}")),
                ..DeliveryIn::default()
            }
        } else {
            let fee = if heavy { "24.00" } else { "4.95" };
            order.charges.push(ChargeIn {
                kind: "shipping".into(),
                description: Some("Delivery".into()),
                delivery: None,
                amount: fee.into(),
                tax: vat(true),
            });
            let method = if heavy { "van" } else { "parcel" };
            DeliveryIn {
                method: Some(method.into()),
                ship_to: Some(address(&buyer.party)),
                ..DeliveryIn::default()
            }
        };
        order.deliveries = Deliveries::One(Box::new(delivery));
        if goods.len() > 3 && self.percent(30) {
            let discount = DiscountIn { code: "THREE-AND-MORE".into(), amount: "3.00".into() };
            order.discounts.push(discount);
        }
        order
    }

    fn on_the_marketplace(&mut self, channel: String) -> OrderIn {
        let goods = self
            .basket(3, |good| matches!(good.way, Way::Piece | Way::Box | Way::Serial | Way::Kit));
        let random = &mut self.clock.random;
        let known = random.pick(&self.merchant.customers).party.clone();
        let name = words::person(random);
        let fresh = random.next() % 100_000;
        let party = if random.percent(40) {
            known
        } else {
            let email = format!("{}.{fresh}@example.net", name.to_lowercase().replace(' ', "."));
            NewParty { name, email: Some(email), phone: None, ..known }
        };
        let customer = CustomerIn {
            email: party.email.clone(),
            name: Some(party.name.clone()),
            address: Some(address(&party)),
            ..CustomerIn::default()
        };
        let mut lines = self.lines(&goods, true);
        if self.percent(4) {
            // Sold before the stock that the marketplace saw was up to date.
            lines[0].quantity = "40".into();
        }
        let delivery = DeliveryIn {
            method: Some("parcel".into()),
            ship_to: Some(address(&party)),
            ..DeliveryIn::default()
        };
        OrderIn {
            channel,
            external_id: Some(format!("MP-{}", self.outside())),
            customer: Some(customer),
            deliveries: Deliveries::One(Box::new(delivery)),
            lines,
            ..OrderIn::default()
        }
    }

    fn on_the_phone(&mut self, channel: String) -> OrderIn {
        let mut order = OrderIn { channel, ..OrderIn::default() };
        let goods = self.basket(9, |good| good.way != Way::Service || good.price < 4_000);
        let party = if self.percent(65) {
            self.on_account(&mut order)
        } else {
            let buyer = self.clock.random.pick(&self.merchant.customers).clone();
            order.customer =
                Some(CustomerIn { number: Some(buyer.number), ..CustomerIn::default() });
            Some(buyer.party)
        };
        let on_account = order.settlement.is_some();
        order.lines = self.lines(&goods, !on_account);
        order.deliveries = Deliveries::One(Box::new(DeliveryIn {
            method: Some("van".into()),
            ship_to: party.as_ref().map(address),
            ..DeliveryIn::default()
        }));
        order
    }
}
