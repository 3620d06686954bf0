//! Lanes: threads that each send the dispatches of one webhook, one after the other, as long as any
//! is due. A webhook has few, all of them together are bounded, and one that fails has one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use orderly_core::id::WebhookId;
use orderly_ops::ops::webhooks::send::{self, Taken};
use orderly_ops::{App, Error};

use crate::client::Client;
use crate::{Stop, now, told};

/// The most lanes of all webhooks together.
const MOST: usize = 64;
/// Of them, those a webhook that fails may not take: they are kept for the others.
const KEPT: usize = 16;

/// How many lanes each webhook has open.
#[derive(Default)]
pub(crate) struct Lanes {
    open: Mutex<HashMap<WebhookId, i64>>,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, HashMap<WebhookId, i64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens lanes of a webhook up to `width`, as far as there are any left. A webhook of width one
    /// may be failing: it leaves some for the others.
    pub(crate) fn open<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        (app, stop, client): (&'scope App, &'scope Stop, &'scope Client),
        webhook: WebhookId,
        width: i64,
        owner: &'scope str,
    ) {
        loop {
            {
                let mut open = self.lock();
                let all: i64 = open.values().sum();
                let most = if width == 1 { MOST - KEPT } else { MOST };
                let own = open.entry(webhook).or_insert(0);
                if *own >= width || usize::try_from(all).unwrap_or(MOST) >= most {
                    return;
                }
                *own += 1;
            }
            let lane = move || {
                let _closed = Closing { lanes: self, webhook };
                if let Err(error) = drain(app, stop, client, webhook, owner) {
                    told("a webhook", &error);
                }
            };
            if thread::Builder::new().spawn_scoped(scope, lane).is_err() {
                drop(Closing { lanes: self, webhook });
                return;
            }
        }
    }
}

/// Gives a lane back when it ends, however it ends.
struct Closing<'a> {
    lanes: &'a Lanes,
    webhook: WebhookId,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut open = self.lanes.lock();
        if let Some(own) = open.get_mut(&self.webhook) {
            *own -= 1;
            if *own <= 0 {
                open.remove(&self.webhook);
            }
        }
    }
}

/// Sends what is due of a webhook, one after the other. Returns how many attempts it made.
pub(crate) fn drain(
    app: &App,
    stop: &Stop,
    client: &Client,
    webhook: WebhookId,
    owner: &str,
) -> Result<u64, Error> {
    let mut made = 0;
    while !stop.is_set() {
        match send::take(app, webhook, owner, now())? {
            Taken::Nothing => break,
            Taken::Failed => made += 1,
            Taken::Ready(sending) => {
                let result = client.post(&sending);
                send::finish(app, &sending, &result, now())?;
                made += 1;
            }
        }
    }
    Ok(made)
}
