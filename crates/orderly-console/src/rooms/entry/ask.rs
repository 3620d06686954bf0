//! From the fields of the form to the order that is asked for, with what stands behind them.

use std::sync::Arc;

use orderly_core::catalog::{Channel, ChannelKind, Location};
use orderly_core::item::{Goods, Item};
use orderly_core::party::{Customer, Party};
use orderly_core::till::Drawer;
use orderly_ops::Error;
use orderly_ops::ops::read::{catalog, parties, stock};
use orderly_ops::ops::tills;
use orderly_ops::wire::{AddressIn, CustomerIn, Deliveries, DeliveryIn, LineIn, OrderIn};

use crate::{Cx, Fields};

/// How the order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pay {
    Later,
    Cash,
    Card,
    Account,
}

impl Pay {
    pub const ALL: [Self; 4] = [Self::Later, Self::Cash, Self::Card, Self::Account];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Account => "account",
        }
    }
}

/// One row of the form.
#[derive(Debug, Clone)]
pub struct Row {
    pub index: usize,
    pub quantity: String,
    pub length: String,
    /// What the text means: one item, or several to choose from.
    pub items: Vec<Arc<Item>>,
    /// Base units that can be promised: where the order is taken, and everywhere.
    pub available: (i64, i64),
    /// The index of its line in the order.
    pub line: Option<usize>,
}

impl Row {
    pub fn item(&self) -> Option<&Arc<Item>> {
        match self.items.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// What is asked for, and what stands behind it.
pub struct Asked {
    pub order: OrderIn,
    pub rows: Vec<Row>,
    pub channels: Vec<Channel>,
    pub locations: Vec<Location>,
    pub drawers: Vec<Drawer>,
    /// Customers that the text may mean.
    pub customers: Vec<(Customer, Option<Party>)>,
    pub pay: Pay,
    pub drawer: Option<Drawer>,
    pub tendered: Option<String>,
    pub payment_reference: Option<String>,
}

/// Rows that are read at most.
const MOST_ROWS: usize = 200;
/// Proposals for one text.
const PROPOSALS: i64 = 6;

impl Asked {
    /// Reads the fields, and looks up what they mean.
    ///
    /// # Errors
    /// Those of the look-ups.
    pub fn read(cx: &Cx, fields: &Fields) -> Result<Self, Error> {
        let mut asked = Self::bare(cx, fields)?;
        asked.rows = rows(cx, fields, &asked)?;
        for row in &mut asked.rows {
            let Some(item) = row.items.first().filter(|_| row.items.len() == 1) else { continue };
            row.line = Some(asked.order.lines.len());
            let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            asked.order.lines.push(LineIn {
                sku: Some(item.sku.clone()),
                quantity: filled(&row.quantity).unwrap_or_else(|| "1".into()),
                cut_length: filled(&row.length),
                ..LineIn::default()
            });
        }
        Ok(asked)
    }

    /// Everything but the rows.
    ///
    /// # Errors
    /// Those of the look-ups.
    pub fn bare(cx: &Cx, fields: &Fields) -> Result<Self, Error> {
        let all = catalog::channels(&cx.app, &cx.call)?;
        let by_hand = |one: &Channel| matches!(one.kind, ChannelKind::Store | ChannelKind::Phone);
        let channels: Vec<Channel> =
            all.into_iter().filter(|one| one.active && by_hand(one)).collect();
        let locations = catalog::locations(&cx.app, &cx.call)?;
        let drawers = tills::list(&cx.app, &cx.call)?.into_iter();
        let drawers = drawers.filter(|(_, session)| session.is_some()).map(|(drawer, _)| drawer);
        let customers = match fields.get("customer") {
            None => Vec::new(),
            Some(text) => parties::find_customers(&cx.app, &cx.call, text, PROPOSALS)?,
        };
        let pay = fields.text("pay");
        let mut asked = Self {
            order: OrderIn::default(),
            rows: Vec::new(),
            pay: Pay::ALL.into_iter().find(|one| one.code() == pay).unwrap_or(Pay::Later),
            channels,
            locations,
            drawers: drawers.collect(),
            customers,
            drawer: None,
            tendered: fields.owned("tendered"),
            payment_reference: fields.owned("payment_reference"),
        };
        let code = fields.text("drawer");
        asked.drawer = asked.drawers.iter().find(|drawer| drawer.code == code).cloned();
        if asked.drawer.is_none() && asked.pay == Pay::Cash {
            asked.drawer = asked.drawers.first().cloned();
        }
        asked.order = order(fields, &asked);
        Ok(asked)
    }

    /// The one customer that is meant.
    pub fn customer(&self) -> Option<&(Customer, Option<Party>)> {
        match self.customers.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// The order without its lines.
fn order(fields: &Fields, asked: &Asked) -> OrderIn {
    let first = asked.channels.first().map_or("", |one| one.code.as_str());
    let method = fields.get("method").unwrap_or("take_away");
    let known = asked.customer();
    let address =
        typed(fields).or_else(|| known.and_then(|(_, party)| party.as_ref()).map(address_of));
    let customer = match known {
        Some((customer, _)) => {
            Some(CustomerIn { number: Some(customer.number.clone()), ..CustomerIn::default() })
        }
        None if fields.get("new.name").is_some() => Some(CustomerIn {
            name: fields.owned("new.name"),
            company: fields.owned("new.company"),
            email: fields.owned("new.email"),
            phone: fields.owned("new.phone"),
            address: typed(fields),
            ..CustomerIn::default()
        }),
        None => None,
    };
    let here = matches!(method, "take_away" | "collect");
    let place = || asked.locations.first().map(|one| one.code.clone());
    let delivery = DeliveryIn {
        method: Some(method.into()),
        location: if here { fields.owned("location").or_else(place) } else { None },
        ship_to: if here { None } else { address },
        required_on: fields.owned("required_on"),
        ..DeliveryIn::default()
    };
    OrderIn {
        channel: fields.get("channel").unwrap_or(first).into(),
        settlement: (asked.pay == Pay::Account).then(|| "account".into()),
        customer,
        reference: fields.owned("reference"),
        deliveries: Deliveries::One(Box::new(delivery)),
        ..OrderIn::default()
    }
}

/// The address that was typed, if one was.
fn typed(fields: &Fields) -> Option<AddressIn> {
    fields.get("new.street").map(|street| AddressIn {
        name: fields.owned("new.name"),
        company: fields.owned("new.company"),
        lines: vec![street.into()],
        postcode: fields.owned("new.postcode"),
        city: fields.owned("new.city"),
        country: fields.owned("new.country"),
        ..AddressIn::default()
    })
}

fn address_of(party: &Party) -> AddressIn {
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
        latitude_e6: None,
        longitude_e6: None,
    }
}

fn rows(cx: &Cx, fields: &Fields, asked: &Asked) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let here = asked.order.deliveries.as_slice().first().and_then(|one| one.location.clone());
    for index in 0..MOST_ROWS {
        let field = |name: &str| fields.text(&format!("{name}.{index}")).to_owned();
        let text = field("sku");
        if text.is_empty() {
            continue;
        }
        let items = catalog::find_items(&cx.app, &cx.call, &text, PROPOSALS)?;
        let available = match items.as_slice() {
            [item] => available(cx, item, here.as_deref())?,
            _ => (0, 0),
        };
        let (quantity, length) = (field("qty"), field("len"));
        rows.push(Row { index, quantity, length, items, available, line: None });
    }
    Ok(rows)
}

/// What can be promised of an item, in base units: at one location, and everywhere.
fn available(cx: &Cx, item: &Item, here: Option<&str>) -> Result<(i64, i64), Error> {
    let wanted = stock::Wanted { item: Some(item.sku.clone()), limit: 1_000, ..Default::default() };
    let (levels, _) = stock::list(&cx.app, &cx.call, &wanted)?;
    let sum = |own: &dyn Fn(&stock::Shown) -> bool| {
        let own = levels.iter().filter(|shown| own(shown));
        own.map(|shown| shown.level.available().get()).sum()
    };
    Ok((sum(&|shown| Some(shown.location.as_str()) == here), sum(&|_| true)))
}

/// Whether pieces of a certain length are sold of an item.
pub fn is_cut(item: &Item) -> bool {
    item.goods == Goods::Lengths
}
