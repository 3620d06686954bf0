//! What the provider answered. The same answer twice changes nothing the second time.

use super::*;

/// What the provider said about a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done {
        reference: Option<String>,
    },
    Failed {
        reference: Option<String>,
    },
    /// It was sent, and whether it happened must be asked.
    Unknown,
}

impl Payment {
    /// Settles a transaction. `None` where the answer is one that was given before.
    ///
    /// Money that turns out to be moved is a fact: a failed transaction that is done after all is
    /// taken where its amount still fits.
    ///
    /// # Errors
    /// `not_found`; `already_exists` where another transaction has the provider's reference, or
    /// this one another; `invalid_transition` where a done one is said to have failed.
    pub fn settle(
        &self,
        id: TransactionId,
        answer: &Answer,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Option<Self>, Refusal> {
        let before = self.transaction(id)?.clone();
        let (state, reference) = match answer {
            Answer::Done { reference } => (TransactionState::Done, reference.as_deref()),
            Answer::Failed { reference } => (TransactionState::Failed, reference.as_deref()),
            Answer::Unknown => (TransactionState::Unknown, None),
        };
        let reference = text::optional(reference)?;
        self.ensure_own(&before, reference.as_deref())?;
        if before.state == state {
            return Ok(None);
        }
        let mut after = self.clone();
        match (before.state, state) {
            (TransactionState::Pending, TransactionState::Unknown) => {}
            (TransactionState::Pending | TransactionState::Unknown, TransactionState::Failed) => {
                after.release(before.kind, before.amount);
            }
            (_, TransactionState::Done) => {
                if before.state == TransactionState::Failed {
                    after.reserve(&before)?;
                }
                after.complete(&before, ids, now);
            }
            (TransactionState::Done, _) => return Err(contradicts(&before, state)),
            // A failed one that is unknown now: the answer was given already.
            (_, _) => return Ok(None),
        }
        after.mark(&before, state, reference.as_ref(), now);
        let broken = after.amounts.broken();
        match broken {
            None => Ok(Some(after)),
            Some(identity) => {
                let detail = format!("payment {} would break: {identity}", self.id);
                Err(Refusal::new(Code::InvalidTransition, detail))
            }
        }
    }

    fn ensure_own(&self, own: &Transaction, reference: Option<&str>) -> Result<(), Refusal> {
        let Some(reference) = reference else { return Ok(()) };
        let taken = self
            .transactions
            .iter()
            .find(|one| one.id != own.id && one.provider_reference.as_deref() == Some(reference));
        let other = own.provider_reference.as_deref().is_some_and(|known| known != reference);
        if taken.is_none() && !other {
            return Ok(());
        }
        let detail = match taken {
            Some(one) => format!("{reference} is the provider's name of transaction {}", one.id),
            None => format!("transaction {} has another reference than {reference}", own.id),
        };
        Err(Refusal::new(Code::AlreadyExists, detail))
    }

    fn mark(
        &mut self,
        before: &Transaction,
        state: TransactionState,
        reference: Option<&String>,
        now: Instant,
    ) {
        for one in self.transactions.iter_mut().filter(|one| one.id == before.id) {
            one.state = state;
            one.provider_reference = reference.cloned().or(one.provider_reference.take());
            one.settled_at = (state != TransactionState::Unknown).then_some(now);
        }
    }

    /// Lets go of what a transaction had reserved.
    fn release(&mut self, kind: TransactionKind, amount: i64) {
        match kind {
            TransactionKind::Authorize => self.amounts.authorize_pending -= amount,
            TransactionKind::Capture => self.amounts.capture_pending -= amount,
            TransactionKind::Void => self.amounts.voided -= amount,
            TransactionKind::Refund => self.amounts.refund_pending -= amount,
        }
    }

    /// Reserves again what a failed transaction had let go, where it fits.
    fn reserve(&mut self, before: &Transaction) -> Result<(), Refusal> {
        let amount = before.amount;
        match before.kind {
            TransactionKind::Authorize => self.amounts.authorize_pending += amount,
            TransactionKind::Capture => {
                self.ensure_authorized(amount, "captured")?;
                self.amounts.capture_pending += amount;
            }
            TransactionKind::Void => {
                self.ensure_authorized(amount, "voided")?;
                self.amounts.voided += amount;
            }
            TransactionKind::Refund => {
                let most = self.refundable_for(before.order);
                if amount > most {
                    let detail = format!("{} was refunded by others", self.show(amount));
                    return Err(Refusal::new(Code::AboveCaptured, detail).allowed(self.show(most)));
                }
                self.amounts.refund_pending += amount;
            }
        }
        Ok(())
    }

    /// Turns what was reserved into what happened, and applies it to its order.
    fn complete(&mut self, before: &Transaction, ids: &mut IdSource, now: Instant) {
        let amount = before.amount;
        let mut apply = |payment: &mut Self, kind, amount: i64| {
            if let Some(order) = before.order
                && amount != 0
            {
                payment.keep_application(Application {
                    id: ids.draw(),
                    target_kind: TargetKind::Order,
                    target: order.as_bytes(),
                    kind,
                    amount,
                    applied_at: now,
                });
            }
        };
        match before.kind {
            TransactionKind::Authorize => {
                self.amounts.authorize_pending -= amount;
                self.amounts.authorized += amount;
                apply(self, ApplicationKind::Authorized, amount);
            }
            TransactionKind::Capture => {
                self.amounts.capture_pending -= amount;
                self.amounts.captured += amount;
                if let Some(order) = before.order {
                    self.amounts.applied += amount;
                    let own = order.as_bytes();
                    let captured = self.applied_to(own, ApplicationKind::Captured) + amount;
                    let authorized = self.applied_to(own, ApplicationKind::Authorized);
                    // Money captured for an order was authorized for it, from now on at least.
                    apply(self, ApplicationKind::Authorized, (captured - authorized).max(0));
                    apply(self, ApplicationKind::Captured, amount);
                }
            }
            TransactionKind::Void => {
                if let Some(order) = before.order {
                    let own = order.as_bytes();
                    let free = self.applied_to(own, ApplicationKind::Authorized)
                        - self.applied_to(own, ApplicationKind::Captured);
                    apply(self, ApplicationKind::Authorized, -amount.min(free.max(0)));
                }
            }
            TransactionKind::Refund => {
                self.amounts.refund_pending -= amount;
                self.amounts.refunded += amount;
                apply(self, ApplicationKind::Refunded, amount);
            }
        }
    }
}

fn contradicts(before: &Transaction, state: TransactionState) -> Refusal {
    let (is, said) = (before.state.code(), state.code());
    let detail = format!("transaction {} is {is}: it cannot become {said}", before.id);
    Refusal::new(Code::InvalidTransition, detail)
}
