//! Which money pays what.

use super::*;
use crate::order::{Order, Paid};

impl Payment {
    /// Applies unapplied captured money to an order. The inverse is [`Payment::withdraw`].
    ///
    /// # Errors
    /// `above_unapplied` with the maximum in `allowed`, `currency_mismatch`, `money_invalid`.
    pub fn apply(
        &self,
        order: &Order,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        self.same_currency(order)?;
        let most = self.unapplied() - self.open_amount(TransactionKind::Refund, None);
        if amount > most {
            return Err(self.above_unapplied(amount, most));
        }
        let mut after = self.clone();
        after.amounts.applied += amount;
        after.note(order.id, ApplicationKind::Authorized, amount, ids, now);
        after.note(order.id, ApplicationKind::Captured, amount, ids, now);
        Ok(after)
    }

    /// Takes money back from an order: it pays nothing again.
    ///
    /// # Errors
    /// `above_unapplied` with the maximum in `allowed`, `money_invalid`.
    pub fn withdraw(
        &self,
        order: &Order,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.sane(amount)?;
        let own = order.id.as_bytes();
        let most = self.applied_to(own, ApplicationKind::Captured)
            - self.applied_to(own, ApplicationKind::Refunded)
            - self.open_amount(TransactionKind::Refund, Some(order.id));
        if amount > most {
            return Err(self.above_unapplied(amount, most));
        }
        let mut after = self.clone();
        after.amounts.applied -= amount;
        after.note(order.id, ApplicationKind::Authorized, -amount, ids, now);
        after.note(order.id, ApplicationKind::Captured, -amount, ids, now);
        Ok(after)
    }

    /// The refusal of more than there is, with the maximum.
    pub fn above_unapplied(&self, amount: i64, most: i64) -> Refusal {
        let (amount, most) = (self.show(amount), self.show(most));
        let detail = format!("{amount} is more than the {most} there is");
        Refusal::new(Code::AboveUnapplied, detail).allowed(most)
    }

    /// Refuses an order of another currency or legal entity.
    ///
    /// # Errors
    /// `currency_mismatch`, `invalid_field`.
    pub fn same_currency(&self, order: &Order) -> Result<(), Refusal> {
        if self.currency != order.currency {
            let (own, other) = (self.currency, order.currency);
            let detail = format!("the payment is in {own}, order {} in {other}", order.number);
            return Err(Refusal::new(Code::CurrencyMismatch, detail));
        }
        if self.legal_entity != order.legal_entity {
            let detail = format!("order {} is another legal entity's", order.number);
            return Err(Refusal::new(Code::InvalidField, detail));
        }
        Ok(())
    }

    fn note(
        &mut self,
        order: OrderId,
        kind: ApplicationKind,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) {
        self.keep_application(Application {
            id: ids.draw(),
            target_kind: TargetKind::Order,
            target: order.as_bytes(),
            kind,
            amount,
            applied_at: now,
        });
    }
}

impl Payment {
    /// What the payment pays of an invoice.
    pub fn paid_of(&self, invoice: InvoiceId) -> i64 {
        self.applied_to(invoice.as_bytes(), ApplicationKind::Captured)
    }

    /// Applies unapplied money to an invoice, whose settlement posts it. The inverse is
    /// [`Payment::take_from`].
    ///
    /// # Errors
    /// `above_unapplied` with the maximum in `allowed`, `money_invalid`.
    pub fn apply_to(
        &self,
        invoice: InvoiceId,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<(Self, ApplicationId), Refusal> {
        self.sane(amount)?;
        let most = self.unapplied() - self.open_amount(TransactionKind::Refund, None);
        if amount > most {
            return Err(self.above_unapplied(amount, most));
        }
        Ok(self.noted(invoice, amount, ids, now))
    }

    /// Takes money back from an invoice: it pays nothing again.
    ///
    /// # Errors
    /// `above_unapplied` with the maximum in `allowed`, `money_invalid`.
    pub fn take_from(
        &self,
        invoice: InvoiceId,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<(Self, ApplicationId), Refusal> {
        self.sane(amount)?;
        let most = self.paid_of(invoice);
        if amount > most {
            return Err(self.above_unapplied(amount, most));
        }
        Ok(self.noted(invoice, -amount, ids, now))
    }

    fn noted(
        &self,
        invoice: InvoiceId,
        amount: i64,
        ids: &mut IdSource,
        now: Instant,
    ) -> (Self, ApplicationId) {
        let mut after = self.clone();
        let id = ids.draw();
        after.amounts.applied += amount;
        after.keep_application(Application {
            id,
            target_kind: TargetKind::Invoice,
            target: invoice.as_bytes(),
            kind: ApplicationKind::Captured,
            amount,
            applied_at: now,
        });
        (after, id)
    }
}

/// What an order is paid after a payment changed: what it was, plus what the payment added.
pub fn paid(order: &Order, before: Option<&Payment>, after: &Payment) -> Paid {
    let own = order.id.as_bytes();
    let added = |kind| {
        after.applied_to(own, kind) - before.map_or(0, |before| before.applied_to(own, kind))
    };
    Paid {
        authorized: order.head.paid.authorized + added(ApplicationKind::Authorized),
        captured: order.head.paid.captured + added(ApplicationKind::Captured),
        refunded: order.head.paid.refunded + added(ApplicationKind::Refunded),
        used: order.head.paid.used,
    }
}
