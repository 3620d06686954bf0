//! One invoice for a fortnight's deliveries of the firm.

use std::collections::BTreeSet;

use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::money::Money;
use orderly_core::order::OrderState;

use super::super::trade::Trading;
use crate::Error;
use crate::ops::fulfillments::close;
use crate::ops::invoices::{self, Filter};

impl Trading<'_> {
    /// Invoices what the firm was delivered under the agreement and the quote.
    pub(super) fn collect_invoices(&mut self) -> Result<(), Error> {
        let firm = self.firm()?;
        let call = self.clock.call();
        let ran = invoices::run(self.app, &call, Some(firm.account), call.now);
        let ran = self.must("invoice.run", ran)?;
        for id in self.story.call_offs.clone() {
            let order = self.load(id)?;
            if self.is_done(&order) && order.head.state == OrderState::Placed {
                let call = self.clock.call();
                let closed = close::close(self.app, &call, id);
                self.tried("order.close", closed)?;
            }
        }
        // Where a month ended on the way, its run was first.
        let own = self.firms_invoices()?;
        let Some(last) = own.last().filter(|_| ran.invoices <= 1) else {
            let what = format!("{} invoices instead of one", ran.invoices);
            return Err(self.broken(what));
        };
        let whole = invoices::get(self.app, last.id)?.unwrap_or_else(|| last.clone());
        let orders: BTreeSet<_> = whole.lines.iter().filter_map(|line| line.order).collect();
        self.story.named.invoice = last.name();
        let amount = Money::new(last.total, last.currency);
        self.sentence(format!(
            "The collective run puts {} orders on one invoice, {}, of {amount}.",
            orders.len(),
            last.name()
        ));
        Ok(())
    }

    /// The firm's open invoices, the oldest first.
    pub(super) fn firms_invoices(&self) -> Result<Vec<Invoice>, Error> {
        let filter = Filter {
            kind: Some(InvoiceKind::Invoice),
            account: Some(self.firm()?.account),
            open: true,
            ..Filter::default()
        };
        let mut found = invoices::list(self.app, &self.clock.reading(), &filter, None, 200)?;
        found.reverse();
        Ok(found)
    }
}
