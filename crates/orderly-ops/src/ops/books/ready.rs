//! What is not settled in a period that is to be closed: said, never in the way.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_core::books::period::Period;
use orderly_core::catalog::LegalEntity;
use orderly_core::money::Money;
use orderly_core::refusal::Code;
use orderly_store::Tx;
use orderly_store::tables::closing_checks::{Unsettled, waiting};
use orderly_store::tables::turnovers::{Split, Within, sums};
use serde::Serialize;

use super::{entity_called, revalue, roll_up};
use crate::{App, Call, Error};

/// Something to look at before a period is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ClosingWarning")]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
}

/// Accounts that are zero, or explained, when everything is settled.
const OPEN: &[(Account, &str)] = &[
    (Account::GoodsReceivedNotInvoiced, "goods are received that no supplier invoiced"),
    (Account::DeliveredNotInvoiced, "goods are delivered that are not invoiced"),
    (Account::InventoryInTransit, "goods are on their way between locations"),
    (Account::WorkInProgress, "work on goods is not finished"),
    (Account::VendorReturns, "suppliers have not credited what was sent back"),
    (Account::UnappliedReceipts, "money came in that pays nothing yet"),
    (Account::CodClearing, "carriers owe what they took on delivery"),
    (Account::Suspense, "bank entries are not explained"),
];

const WAITING: &[(Unsettled, &str, &str)] = &[
    (Unsettled::Payments, "payments_pending", "payments wait for their outcome"),
    (Unsettled::Transfers, "transfers_open", "transfers have not arrived"),
    (Unsettled::Drafts, "orders_draft", "orders are drafts"),
    (Unsettled::SupplierInvoices, "supplier_invoices_held", "supplier invoices are held"),
    (Unsettled::Tills, "tills_open", "tills are not closed"),
];

/// Returns what is not settled at the end of a period.
pub fn warnings(
    tx: &mut Tx<'_>,
    entity: &LegalEntity,
    period: Period,
) -> Result<Vec<Warning>, Error> {
    let mut all = Vec::new();
    let end = period.next().first_day().start_in(&entity.zone);
    for (what, code, text) in WAITING {
        if let Some(found) = waiting(tx, *what, end)? {
            let since = found.oldest.day_in(&entity.zone);
            let detail = format!("{} {text}, the oldest since {since}", found.count);
            all.push(Warning { code, detail });
        }
    }
    let within = Within {
        legal_entity: entity.id,
        from: None,
        to: period.last_day(),
        location: None,
        channel: None,
        closings: true,
    };
    let balances = sums(tx, &within, Split::Nothing)?;
    for (account, text) in OPEN {
        let own = balances.iter().filter(|sum| sum.account == *account);
        let amount: i64 = own.map(|sum| sum.debit - sum.credit).sum();
        if amount != 0 {
            let money = Money::new(amount.saturating_abs(), entity.currency);
            all.push(Warning { code: account.code(), detail: format!("{text}: {money}") });
        }
    }
    all.extend(abroad(tx, entity, period)?);
    Ok(all)
}

/// Says where open amounts in other currencies are not at the rates of the period's last day.
fn abroad(tx: &mut Tx<'_>, entity: &LegalEntity, period: Period) -> Result<Option<Warning>, Error> {
    let open = match revalue::open_amounts(tx, entity, period) {
        Ok(open) => open,
        Err(Error::Refused(refusal)) if refusal.code() == Code::RateMissing => {
            let detail = refusal.to_string();
            return Ok(Some(Warning { code: refusal.code().code(), detail }));
        }
        Err(error) => return Err(error),
    };
    let off: i64 = open.iter().map(|one| one.difference().abs()).sum();
    let money = Money::new(off, entity.currency);
    let detail = format!(
        "amounts in other currencies are {money} off the rates of {}; \
         `orderly books revalue {period}` brings them there",
        period.last_day()
    );
    Ok((off != 0).then_some(Warning { code: "not_revalued", detail }))
}

/// Returns what closing a period would warn of; nothing is closed.
pub fn preview(
    app: &App,
    call: &Call,
    code: Option<&str>,
    period: Period,
) -> Result<Vec<Warning>, Error> {
    call.require(Permission::Read, Scope::default())?;
    roll_up(app)?;
    app.store.read(|tx| {
        let entity = entity_called(tx, code)?;
        warnings(tx, &entity, period)
    })
}
