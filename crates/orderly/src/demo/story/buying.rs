//! Buying with a purchase order: a delivery, an invoice that is a little dearer, and bags that go
//! back to the supplier.

use orderly_core::time::Day;

use super::super::trade::Trading;
use crate::Error;
use crate::ops::purchases::{self, create, invoices, pay, receive, returns};
use crate::ops::suppliers;
use crate::wire::purchases::{
    ArrivedIn, ArrivedLineIn, PurchaseIn, PurchaseLineIn, SupplierInvoiceIn, SupplierInvoiceLineIn,
    SupplierPartIn, SupplierPaymentIn, VendorReturnIn, VendorReturnLineIn,
};

const MILL: &str = "MILL";
const GOODS: &str = "BAG-001";

impl Trading<'_> {
    /// Orders, receives, is invoiced, sends two back, is credited, pays.
    pub(super) fn buy(&mut self, day: Day) -> Result<(), Error> {
        let location = self.merchant.locations[0].code.clone();
        let bought = self.receive_bags(&location)?;
        self.settle_bags(day, &location, &bought)
    }

    fn receive_bags(&mut self, location: &str) -> Result<String, Error> {
        let new = suppliers::NewSupplier {
            code: MILL.into(),
            name: "Cement Mill".into(),
            lead_time_days: 3,
            price_percent: Some("5".into()),
            ..suppliers::NewSupplier::default()
        };
        let call = self.clock.call();
        let supplier = suppliers::create(self.app, &call, &new);
        self.must("supplier.create", supplier)?;
        let line = PurchaseLineIn {
            sku: GOODS.into(),
            quantity: "100".into(),
            price: Some("4.00".into()),
            ..PurchaseLineIn::default()
        };
        let new = PurchaseIn {
            supplier: MILL.into(),
            location: location.into(),
            lines: vec![line],
            ..PurchaseIn::default()
        };
        let call = self.clock.call();
        let bought = create::create(self.app, &call, &new);
        let bought = self.must("purchase.create", bought)?;
        let call = self.clock.call();
        let sent = purchases::send(self.app, &call, bought.id);
        self.must("purchase.send", sent)?;
        let line = ArrivedLineIn {
            line: Some(1),
            quantity: Some("100".into()),
            ..ArrivedLineIn::default()
        };
        let what = ArrivedIn { lines: vec![line], ..ArrivedIn::default() };
        let call = self.clock.call();
        let arrived = receive::receive(self.app, &call, bought.id, &what);
        self.must("purchase.receive", arrived)?;
        Ok(bought.number)
    }

    fn settle_bags(&mut self, day: Day, location: &str, bought: &str) -> Result<(), Error> {
        let supplier = MILL.to_owned();
        let line = SupplierInvoiceLineIn {
            purchase: Some(bought.to_owned()),
            line: 1,
            quantity: "100".into(),
            net: Some("412.00".into()),
            ..SupplierInvoiceLineIn::default()
        };
        let billed = SupplierInvoiceIn {
            supplier: supplier.clone(),
            number: "M-2291".into(),
            invoiced_on: day.to_string(),
            lines: vec![line],
            tax: Some("82.40".into()),
            ..SupplierInvoiceIn::default()
        };
        self.enter(&billed)?;
        let back = self.send_back(location)?;
        let line = SupplierInvoiceLineIn {
            vendor_return: Some(back.clone()),
            line: 1,
            quantity: "2".into(),
            net: Some("8.00".into()),
            ..SupplierInvoiceLineIn::default()
        };
        let credit = SupplierInvoiceIn {
            kind: Some("credit_note".into()),
            number: "M-C-88".into(),
            lines: vec![line],
            tax: Some("1.60".into()),
            ..billed.clone()
        };
        self.enter(&credit)?;
        let part = |number: &str| SupplierPartIn { number: number.into(), amount: None };
        let new = SupplierPaymentIn {
            supplier,
            reference: Some("Cement of this month".into()),
            invoices: vec![part(&billed.number)],
            credits: vec![part(&credit.number)],
            ..SupplierPaymentIn::default()
        };
        let call = self.clock.call();
        let paid = pay::pay(self.app, &call, &new);
        self.must("supplier.pay", paid)?;
        self.sentence(format!(
            "Purchase {bought} brings 100 bags; the mill bills 12.00 above the order, takes two \
             torn bags back ({back}), and is paid the difference."
        ));
        Ok(())
    }

    fn enter(&mut self, new: &SupplierInvoiceIn) -> Result<(), Error> {
        let call = self.clock.call();
        let entered = invoices::enter(self.app, &call, new);
        self.must("supplier_invoice.enter", entered)?;
        Ok(())
    }

    fn send_back(&mut self, location: &str) -> Result<String, Error> {
        let line = VendorReturnLineIn {
            sku: GOODS.into(),
            quantity: "2".into(),
            ..VendorReturnLineIn::default()
        };
        let new = VendorReturnIn {
            supplier: MILL.into(),
            location: location.into(),
            reference: Some("RMA-12".into()),
            reason: "torn".into(),
            lines: vec![line],
        };
        let call = self.clock.call();
        let sent = returns::send(self.app, &call, &new);
        Ok(self.must("vendor_return.send", sent)?.number)
    }
}
