//! A special order: a deposit, a purchase for exactly its line, and the rest at the counter.

use orderly_core::catalog::ChannelKind;
use orderly_core::order::FulfillmentState;
use orderly_core::refusal::Code;
use orderly_core::time::Day;

use super::super::shop::vat;
use super::super::trade::Trading;
use crate::Error;
use crate::ops::payments::{self, PaymentIn, Settling};
use crate::ops::purchases::{self, create, invoices, receive};
use crate::ops::{fulfillments, suppliers, tasks};
use crate::wire::purchases::{
    ArrivedIn, ArrivedLineIn, ConfirmIn, PurchaseForIn, SupplierInvoiceIn, SupplierInvoiceLineIn,
};
use crate::wire::{CustomerIn, Deliveries, DeliveryIn, LineIn, OrderIn};

const JOINER: &str = "JOINER";

impl Trading<'_> {
    /// A customer orders a door that nobody stocks, and pays what its maker asks for first.
    pub(super) fn special_order(&mut self) -> Result<(), Error> {
        let new = suppliers::NewSupplier {
            code: JOINER.into(),
            name: "Oak & Ash Joinery".into(),
            lead_time_days: 7,
            terms_days: Some(14),
            price_percent: Some("5".into()),
            deposit_percent: Some("30".into()),
            ..suppliers::NewSupplier::default()
        };
        let call = self.clock.call();
        let supplier = suppliers::create(self.app, &call, &new);
        self.must("supplier.create", supplier)?;
        let buyer = self.merchant.customers[1].number.clone();
        let branch = self.merchant.locations[1].code.clone();
        let new = OrderIn {
            channel: self.channel(ChannelKind::Phone),
            customer: Some(CustomerIn { number: Some(buyer), ..CustomerIn::default() }),
            deliveries: Deliveries::One(Box::new(DeliveryIn {
                method: Some("collect".into()),
                location: Some(branch.clone()),
                ..DeliveryIn::default()
            })),
            lines: vec![LineIn {
                kind: Some("special_order".into()),
                description: Some("Oak door, 2.1 m, hinged left".into()),
                quantity: "1".into(),
                unit_price: Some("420.00".into()),
                cost: Some("240.00".into()),
                tax: vat(true),
                ..LineIn::default()
            }],
            ..OrderIn::default()
        };
        let order = self.place_story(&new)?;
        let wanted = PurchaseForIn {
            order: order.number.clone(),
            line: 1,
            supplier: Some(JOINER.into()),
            location: branch,
            price: None,
        };
        let call = self.clock.call();
        let bought = create::order_for(self.app, &call, &wanted);
        let bought = self.must("purchase.order_for", bought)?;
        let call = self.clock.call();
        let early = purchases::send(self.app, &call, bought.id);
        if early.as_ref().err().and_then(Error::refused) != Some(Code::DepositRequired) {
            return Err(self.broken("the purchase did not wait for the deposit"));
        }
        self.tried("purchase.send", early)?;
        self.card(&order, Some("126.00"))?;
        let call = self.clock.call();
        let sent = purchases::send(self.app, &call, bought.id);
        self.must("purchase.send", sent)?;
        let what = ConfirmIn { reference: Some("OA-771".into()), ..ConfirmIn::default() };
        let call = self.clock.call();
        let confirmed = purchases::confirm(self.app, &call, bought.id, &what);
        self.must("purchase.confirm", confirmed)?;
        self.story.special = Some(order.id);
        self.sentence(format!(
            "Order {} asks for a special door: purchase {} waits for the deposit of 126.00, then \
             goes out.",
            order.number, bought.number
        ));
        self.story.named.purchase.clone_from(&bought.number);
        self.story.purchase = Some(bought.number);
        Ok(())
    }

    fn card(
        &mut self,
        order: &orderly_core::order::Order,
        amount: Option<&str>,
    ) -> Result<(), Error> {
        let reference = format!("terminal-{}", self.outside());
        let new = PaymentIn {
            order: Some(order.id),
            provider: Some("terminal".into()),
            method: "card".into(),
            amount: amount.map(str::to_owned),
            settling: Settling::Under(format!("{reference}-a")),
            reference: Some(reference),
            ..PaymentIn::default()
        };
        let call = self.clock.call();
        let taken = payments::take(self.app, &call, &new);
        self.must("payment.take", taken)?;
        Ok(())
    }

    /// The door comes, goes to its line, is paid and handed over; the deposit settles its invoice.
    pub(super) fn special_arrives(&mut self, day: Day) -> Result<(), Error> {
        let id = self.story.special.ok_or_else(|| self.broken("nothing was ordered"))?;
        let number = self.story.purchase.clone().unwrap_or_default();
        let call = self.clock.call();
        let bought = purchases::get(self.app, &call, &number)?;
        let what = ArrivedIn {
            reference: Some("DN-OA-771".into()),
            lines: vec![ArrivedLineIn { line: Some(1), ..ArrivedLineIn::default() }],
            ..ArrivedIn::default()
        };
        let call = self.clock.call();
        let arrived = receive::receive(self.app, &call, bought.id, &what);
        self.must("purchase.receive", arrived)?;
        let line = SupplierInvoiceLineIn {
            purchase: Some(number.clone()),
            line: 1,
            quantity: "1".into(),
            net: Some("248.00".into()),
            ..SupplierInvoiceLineIn::default()
        };
        let billed = SupplierInvoiceIn {
            supplier: JOINER.into(),
            number: "OA-R-1180".into(),
            invoiced_on: day.to_string(),
            lines: vec![line],
            tax: Some("49.60".into()),
            ..SupplierInvoiceIn::default()
        };
        let call = self.clock.call();
        let entered = invoices::enter(self.app, &call, &billed);
        self.must("supplier_invoice.enter", entered)?;

        let order = self.load(id)?;
        self.card(&order, None)?;
        let open = |state| matches!(state, FulfillmentState::Open | FulfillmentState::Released);
        let ready: Vec<_> = order.fulfillments.iter().filter(|one| open(one.state)).collect();
        for one in ready {
            let call = self.clock.call();
            let handed = fulfillments::hand_over(self.app, &call, (id, one.id), &[]);
            self.must("fulfillment.hand_over", handed)?;
        }
        let call = self.clock.call();
        tasks::run_due(self.app, call.now, call.seed)?;
        self.end(id)?;
        let order = self.load(id)?;
        if order.head.paid.unused() != 0 {
            return Err(self.broken("the deposit was not used for the invoice"));
        }
        self.sentence(format!(
            "The door of {} comes with purchase {number}, is allocated to its line and handed \
             over; deposit and rest settle the invoice. Its maker bills 8.00 more than agreed.",
            order.number
        ));
        Ok(())
    }
}
