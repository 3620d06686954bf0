//! Two uncut lengths come back after they were invoiced, and credit is free again.

use orderly_core::money::Money;
use orderly_core::returns::Fate;

use super::super::trade::Trading;
use crate::Error;
use crate::ops::returns::{self, ReturnIn, ReturnLineIn};

impl Trading<'_> {
    pub(super) fn bring_back(&mut self) -> Result<(), Error> {
        let second = self.story.call_offs.get(1).copied();
        let id = second.ok_or_else(|| self.broken("nothing was called off"))?;
        let order = self.load(id)?;
        let whole = order.lines.iter().rfind(|line| line.parent.is_none());
        let whole = whole.ok_or_else(|| self.broken("there are no whole boards"))?;
        let piece = whole.piece.ok_or_else(|| self.broken("the boards have no length"))?;
        let before = self.owed()?;
        let hub = self.merchant.locations[0].id;
        let reason = Some("two of the long boards were not needed".to_owned());
        let asked = ReturnIn {
            order: Some(id),
            location: Some(hub),
            reason: reason.clone(),
            lines: vec![ReturnLineIn {
                line: Some(whole.id),
                qty: piece.get() * 2,
                reason,
                ..ReturnLineIn::default()
            }],
            ..ReturnIn::default()
        };
        let call = self.clock.call();
        let back = returns::take_back(self.app, &call, &asked, hub, Fate::Restocked);
        let back = self.must("return.take_back", back)?;
        self.close_return(&order, &back)?;
        let after = self.owed()?;
        if after.invoiced >= before.invoiced {
            return Err(self.broken("no credit was freed"));
        }
        let show = |minor: i64| Money::new(minor, order.currency).decimal().to_string();
        self.sentence(format!(
            "Two whole boards of {} come back and are credited: of what is invoiced, the firm \
             owes {} instead of {}.",
            order.number,
            show(after.invoiced),
            show(before.invoiced)
        ));
        Ok(())
    }
}
