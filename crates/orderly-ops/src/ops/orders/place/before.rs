//! What was there before a batch: read for all its orders at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orderly_core::id::{ChannelId, OrderId};
use orderly_store::Tx;
use orderly_store::tables::idempotency::{self, Answer, Outcome};
use orderly_store::tables::{customers, orders};

use super::super::resolve::{Resolver, email_of};
use super::{Placing, VERB};
use crate::ops::command::answer_to;
use crate::{Call, Error};

/// The outcomes of the batch's keys, and the orders its channels know already.
#[derive(Default)]
pub struct Before {
    answers: HashMap<(String, String), Outcome>,
    orders: HashMap<(ChannelId, String), (OrderId, [u8; 16])>,
}

impl Before {
    /// Reads what the batch's requests may meet; the resolver learns their channels and customers.
    pub fn read(
        tx: &mut Tx<'_>,
        batch: &[Placing<'_>],
        resolver: &mut Resolver,
    ) -> Result<Self, Error> {
        let keys: BTreeSet<(&str, &str)> = batch
            .iter()
            .filter_map(|one| Some((one.call.source.as_str(), one.call.key.as_deref()?)))
            .collect();
        let answers = idempotency::get_many(tx, &keys.into_iter().collect::<Vec<_>>())?;
        let mut externals = BTreeMap::new();
        for Placing { order, .. } in batch {
            let Some(external) = order.external_id.as_deref() else { continue };
            // One whose channel is not known is refused when it is built.
            match resolver.channel(tx, &order.channel) {
                Ok(channel) => drop(externals.insert((channel.id, external), ())),
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let externals: Vec<(ChannelId, &str)> = externals.into_keys().collect();
        let orders = orders::by_externals(tx, &externals)?;
        let emails: BTreeSet<String> = batch.iter().filter_map(|one| email_of(one.order)).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        resolver.meet(customers::first_by_emails(tx, &emails)?, &emails);
        let of = |outcome: Outcome| ((outcome.source.clone(), outcome.key.clone()), outcome);
        Ok(Self {
            answers: answers.into_iter().map(of).collect(),
            orders: orders.into_iter().collect(),
        })
    }

    /// The answer that the call's key was given before.
    ///
    /// # Errors
    /// `idempotency_mismatch`.
    pub fn answer(&self, call: &Call) -> Result<Option<Answer>, Error> {
        let Some(key) = &call.key else { return Ok(None) };
        let known = self.answers.get(&(call.source.clone(), key.clone()));
        known.map(|outcome| answer_to(call, VERB, outcome.clone())).transpose()
    }

    /// The order that the channel knows by this external id, with the hash of its content.
    pub fn order(&self, channel: ChannelId, external: &str) -> Option<(OrderId, [u8; 16])> {
        self.orders.get(&(channel, external.to_owned())).copied()
    }
}
