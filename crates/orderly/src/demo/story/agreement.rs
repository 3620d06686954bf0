//! An account, a quote that becomes an order, an agreement, and call-offs that draw on it.

use orderly_core::catalog::ChannelKind;
use orderly_core::id::ContactId;
use orderly_core::load::Limits;
use orderly_core::order::Invoicing;
use orderly_core::party::NewParty;
use orderly_core::quote::QuoteKind;
use orderly_core::time::Day;

use super::super::catalog::Way;
use super::super::shop::{address, vat};
use super::super::trade::{Job, Trading};
use super::super::words;
use super::{Chapter, Firm};
use crate::Error;
use crate::ops::invoices::policy::{self, Of};
use crate::ops::loads::vehicles::{self, NewVehicle};
use crate::ops::quotes::convert::convert;
use crate::ops::{accounts, fulfillments, quotes};
use crate::wire::quotes::{ConvertIn, DrawIn, ExpectedIn, QuoteIn, QuoteLineIn, TermsIn};
use crate::wire::{Deliveries, DeliveryIn, LineIn, OrderIn};

/// Times that the firm's people fetch something before it asks for one invoice a fortnight.
const ERRANDS: u32 = 13;
pub const BOARD: &str = "BRD-001";
const BRICK: &str = "BRK-001";
const BAG: &str = "BAG-002";

impl Trading<'_> {
    /// The firm's account with its site, and the merchant's vans.
    pub(super) fn open_account(&mut self) -> Result<(), Error> {
        let near = self.merchant.customers[0].party.clone();
        let name = words::company(&mut self.clock.random);
        let hub = self.merchant.locations[0].coordinates;
        let party = NewParty {
            name: name.clone(),
            email: Some("accounts@example.com".into()),
            coordinates: hub,
            ..near
        };
        let new = accounts::NewAccount {
            number: "T2001".into(),
            name: name.clone(),
            party: party.clone(),
            terms_days: 30,
            limit: Some("60000".into()),
            ..accounts::NewAccount::default()
        };
        let call = self.clock.call();
        let account = accounts::create_account(self.app, &call, &new)?;
        let site = accounts::NewSite {
            code: "YARD".into(),
            name: "The new yard".into(),
            party: party.clone(),
            reference: Some("JOB-2001".into()),
            limit: None,
        };
        let call = self.clock.call();
        accounts::create_site(self.app, &call, account.id, &site)?;
        let person =
            NewParty { name: words::person(&mut self.clock.random), ..NewParty::default() };
        let person =
            accounts::NewContact { party: person, site: None, may_order: true, may_collect: true };
        let call = self.clock.call();
        let contact = accounts::create_contact(self.app, &call, account.id, &person)?;
        self.story.firm = Some(Firm {
            account: account.id,
            number: account.number,
            name,
            site: site.code,
            contact: contact.id,
            party,
        });
        for (code, name, weight_g) in [("VAN-1", "Flatbed", 3_500_000), ("VAN-2", "Box", 1_200_000)]
        {
            let limits =
                Limits { weight_g: Some(weight_g), volume_ml: None, length_mm: Some(6_500) };
            let (code, name) = (code.into(), Some(name.into()));
            let new = NewVehicle { code, name, limits, tags: Vec::new(), active: true };
            let call = self.clock.call();
            vehicles::create(self.app, &call, &new)?;
        }
        Ok(())
    }

    /// The firm's people fetch small things at a branch, on the account: each time an invoice.
    pub(super) fn errands(&mut self, index: u32) -> Result<(), Error> {
        let days = self.day_of(Chapter::Agreement) + 1;
        let due = (ERRANDS * (index + 1)).div_ceil(days).min(ERRANDS);
        // One at a time, but all of them before the agreement.
        let last = index + 1 >= days;
        while self.story.errands < due {
            self.story.errands += 1;
            self.errand()?;
            if !last {
                break;
            }
        }
        Ok(())
    }

    fn errand(&mut self) -> Result<(), Error> {
        let firm = self.firm()?;
        let branch = self.merchant.locations[1].clone();
        let available = self.available()?;
        let there = |item| available.get(&(item, branch.id)).copied().unwrap_or(0);
        let fits = self.goods.iter().filter(|good| good.way == Way::Piece && there(good.item) > 4);
        let fits: Vec<String> = fits.map(|good| good.sku.clone()).collect();
        if fits.is_empty() {
            return Err(self.broken("the branch has nothing to sell"));
        }
        let line = |sku: String, quantity: i64| LineIn {
            sku: Some(sku),
            quantity: quantity.to_string(),
            tax: vat(false),
            ..LineIn::default()
        };
        let random = &mut self.clock.random;
        let first = random.below(fits.len());
        let second = (first + 1 + random.below(fits.len().max(2) - 1)) % fits.len();
        let mut lines = vec![line(fits[first].clone(), random.between(1, 4))];
        if second != first {
            lines.push(line(fits[second].clone(), random.between(1, 3)));
        }
        let new = OrderIn {
            channel: self.channel(ChannelKind::Store),
            deliveries: Deliveries::One(Box::new(DeliveryIn {
                method: Some("take_away".into()),
                ..DeliveryIn::default()
            })),
            lines,
            ..self.on_the_firm(&firm)
        };
        let order = self.place_story(&new)?;
        for fulfillment in &order.fulfillments {
            let call = self.clock.call();
            let of = (order.id, fulfillment.id);
            let handed = fulfillments::hand_over(self.app, &call, of, &[]);
            self.must("fulfillment.hand_over", handed)?;
        }
        self.end(order.id)
    }

    fn on_the_firm(&mut self, firm: &Firm) -> OrderIn {
        OrderIn {
            settlement: Some("account".into()),
            account: Some(firm.number.clone()),
            site: Some(firm.site.clone()),
            ordered_by: Some(firm.contact.to_string()),
            reference: Some(format!("PO-{}", self.clock.random.between(10_000, 99_999))),
            ..OrderIn::default()
        }
    }

    /// The goods of the story come to the warehouse, so that nobody has to wait for them.
    fn lay_in(&mut self, goods: &[(&str, i64)]) -> Result<(), Error> {
        for (sku, sale_units) in goods {
            let found = self.goods.iter().find(|good| good.sku == *sku).cloned();
            let good = found.ok_or_else(|| self.broken(format!("{sku} is not sold")))?;
            let lines = self.receipt_lines(&good, *sale_units);
            self.receive(0, "purchase", lines)?;
        }
        Ok(())
    }

    /// A quote is written, sent, accepted and converted; an agreement fixes prices for what comes.
    pub(super) fn agree(&mut self, day: Day) -> Result<(), Error> {
        let firm = self.firm()?;
        let of = Of { account: Some(firm.number.clone()), channel: None };
        let call = self.clock.call();
        policy::set(self.app, &call, &of, Invoicing::Collective)?;
        self.lay_in(&[(BAG, 60), (BOARD, 24), (BRICK, 1_500)])?;

        let line = |sku: &str, quantity: &str| QuoteLineIn {
            sku: Some(sku.into()),
            quantity: quantity.into(),
            tax: vat(false),
            ..QuoteLineIn::default()
        };
        let written = self.offer(day, vec![line(BAG, "40")], &firm);
        let call = self.clock.call();
        let quote = quotes::create(self.app, &call, QuoteKind::Quote, &written);
        let quote = self.must("quote.create", quote)?;
        let call = self.clock.call();
        let sent = quotes::send(self.app, &call, quote.id);
        self.must("quote.send", sent)?;
        let call = self.clock.call();
        let accepted = quotes::accept(self.app, &call, quote.id);
        self.must("quote.accept", accepted)?;
        let call = self.clock.call();
        let converted = convert(self.app, &call, quote.id, &self.to_site(&firm, Vec::new()));
        let order = self.must("quote.convert", converted)?;
        self.know(&order);
        self.after(30, Job::Release(order.id));

        let cut = |quantity: &str, length: &str| QuoteLineIn {
            unit: Some("piece".into()),
            cut_length: Some(length.into()),
            ..line(BOARD, quantity)
        };
        let part = |after: i32, quantity: &str| ExpectedIn {
            on: day.plus_days(after).to_string(),
            quantity: quantity.into(),
        };
        let bricks =
            QuoteLineIn { schedule: vec![part(2, "500"), part(16, "500")], ..line(BRICK, "1000") };
        let lines = vec![cut("40", "2.4 m"), cut("20", "4.8 m"), bricks];
        let written = self.offer(day, lines, &firm);
        let call = self.clock.call();
        let agreed = quotes::create(self.app, &call, QuoteKind::Agreement, &written);
        let agreed = self.must("agreement.create", agreed)?;
        self.story.agreement = Some(agreed.id);
        self.story.named.account.clone_from(&firm.number);
        self.story.named.quote.clone_from(&quote.number);
        self.story.named.agreement.clone_from(&agreed.number);
        self.sentence(format!(
            "{} ({}) accepts quote {}, which becomes order {}; agreement {} fixes the prices of \
             boards and bricks.",
            firm.name, firm.number, quote.number, order.number, agreed.number
        ));
        Ok(())
    }

    fn offer(&self, day: Day, lines: Vec<QuoteLineIn>, firm: &Firm) -> QuoteIn {
        QuoteIn {
            channel: self.channel(ChannelKind::Phone),
            account: Some(firm.number.clone()),
            site: Some(firm.site.clone()),
            reference: Some("The new yard".into()),
            terms: TermsIn {
                valid_until: day.plus_days(60).to_string(),
                message: Some("With thanks for your confidence.".into()),
                lines,
                ..TermsIn::default()
            },
            ..QuoteIn::default()
        }
    }

    fn to_site(&self, firm: &Firm, lines: Vec<DrawIn>) -> ConvertIn {
        let contact: ContactId = firm.contact;
        ConvertIn {
            lines,
            deliveries: Deliveries::One(Box::new(DeliveryIn {
                method: Some("van".into()),
                ship_to: Some(address(&firm.party)),
                ..DeliveryIn::default()
            })),
            ordered_by: Some(contact.to_string()),
            ..ConvertIn::default()
        }
    }

    /// Three call-offs: bricks and boards cut to length, whole boards, and a few boards more.
    pub(super) fn call_off(&mut self) -> Result<(), Error> {
        let firm = self.firm()?;
        let agreement = self.story.agreement.ok_or_else(|| self.broken("nothing is agreed"))?;
        let mut numbers = Vec::new();
        let parts: [&[(i64, &str)]; 3] =
            [&[(3, "400"), (1, "10")], &[(1, "6"), (2, "8")], &[(1, "4")]];
        for parts in parts {
            let draws = parts.iter().map(|(line, quantity)| DrawIn {
                line: *line,
                quantity: Some((*quantity).into()),
                delivery: None,
            });
            let wanted = self.to_site(&firm, draws.collect());
            let call = self.clock.call();
            let called = convert(self.app, &call, agreement, &wanted);
            let order = self.must("agreement.call_off", called)?;
            self.know(&order);
            numbers.push(order.number.clone());
            self.story.call_offs.push(order.id);
        }
        self.sentence(format!(
            "Call-offs {} draw on the agreement: boards cut to 2.4 m, whole ones of 4.8 m, bricks.",
            numbers.join(", ")
        ));
        Ok(())
    }
}
