//! How findings are told: ids as people see them, beside the names people know.

use orderly_core::id::*;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::verify::cause::{self, Details};
use orderly_store::verify::{self as store, Check, Finding, Key, Suspect};

use super::report::{Cause, Violation};
use crate::Error;

macro_rules! nouns {
    ($($noun:literal $id:ident;)+) => {
        /// An id as people see it, by the word for its object.
        pub(super) fn id_text(noun: &str, id: [u8; 16]) -> String {
            match noun {
                $($noun => $id::from_bytes(id).to_string(),)+
                _ => store::hex(&id),
            }
        }
    };
}

nouns! {
    "account" AccountId;
    "application" ApplicationId;
    "audit" AuditId;
    "bin" BinId;
    "channel" ChannelId;
    "charge" ChargeId;
    "claim" ClaimId;
    "customer" CustomerId;
    "delivery" DeliveryId;
    "disposition" DispositionId;
    "fulfillment" FulfillmentId;
    "item" ItemId;
    "journal" JournalId;
    "legal_entity" LegalEntityId;
    "line" LineId;
    "location" LocationId;
    "lot" LotId;
    "movement" MovementId;
    "order" OrderId;
    "payment" PaymentId;
    "payment_transaction" TransactionId;
    "place" PlaceId;
    "receipt" ReceiptId;
    "receipt_line" ReceiptLineId;
    "refund" RefundId;
    "return" ReturnId;
    "return_line" ReturnLineId;
    "shipment" ShipmentId;
    "shipment_line" ShipmentLineId;
    "site" SiteId;
    "transfer" TransferId;
    "transfer_line" TransferLineId;
}

/// The word for what a column names: `original_movement_id` is a movement.
fn noun<'a>(column: &'a str, keys: &'a [(String, Key)]) -> &'a str {
    let kind = |name: &str| {
        keys.iter().find_map(|(other, key)| match key {
            Key::Text(text) if other == name => Some(text.as_str()),
            _ => None,
        })
    };
    let word = column.strip_suffix("_id").unwrap_or(column);
    match word {
        "stream" => kind("stream_kind").unwrap_or(word),
        "object" => kind("object_kind").unwrap_or(word),
        "orders" => "order",
        "order_line" => "line",
        "returns" => "return",
        "lot_class" => "lot",
        "original_movement" => "movement",
        "original_journal" => "journal",
        _ => word,
    }
}

/// The keys of a finding for people. Zero ids are left out: they name nothing.
pub(super) fn keys(
    tx: &mut Tx<'_>,
    keys: &[(String, Key)],
) -> Result<Vec<(String, String)>, Error> {
    let mut shown = Vec::with_capacity(keys.len());
    for (column, key) in keys {
        let text = match key {
            Key::Id(id) if *id == [0; 16] => continue,
            Key::Id(id) => {
                let word = noun(column, keys);
                let id_text = id_text(word, *id);
                match store::name(tx, word, *id)? {
                    Some(name) => format!("{name} ({id_text})"),
                    None => id_text,
                }
            }
            Key::Text(text) => text.clone(),
            Key::Int(int) => int.to_string(),
        };
        let name = column.strip_suffix("_id").unwrap_or(column).replace('_', " ");
        shown.push((name, text));
    }
    Ok(shown)
}

/// A finding of a check, as it is reported.
pub(super) fn violation(
    tx: &mut Tx<'_>,
    check: &Check,
    finding: &Finding,
    cause: Option<Cause>,
) -> Result<Violation, Error> {
    let what = match &finding.what {
        Some(what) => format!("{} ({what})", check.title),
        None => check.title.to_owned(),
    };
    Ok(Violation {
        invariant: check.invariant,
        what,
        keys: keys(tx, &finding.keys)?,
        expected: finding.expected.clone(),
        actual: finding.actual.clone(),
        cause,
        remedy: check.remedy.to_owned(),
    })
}

/// The cause a finding names; else the last event of its stream or order.
pub(super) fn suspect(tx: &mut Tx<'_>, finding: &Finding) -> Result<Option<Cause>, Error> {
    if let Some(suspect) = &finding.suspect {
        return row(tx, suspect).map(Some);
    }
    let streams = ["order_id", "return_id", "payment_id", "stream_id", "object_id"];
    for (column, key) in &finding.keys {
        if let (true, Key::Id(id)) = (streams.contains(&column.as_str()), key) {
            return event(tx, noun(column, &finding.keys), *id, None);
        }
    }
    Ok(None)
}

/// The row to blame with what it says of itself.
pub(super) fn row(tx: &mut Tx<'_>, suspect: &Suspect) -> Result<Cause, Error> {
    let details = cause::details(tx, suspect)?.unwrap_or_default();
    let id = id_text(noun(&suspect.row, &[]), suspect.id);
    Ok(told(suspect.row.clone(), id, details))
}

/// The last event of a stream that names a part, else its last.
pub(super) fn event(
    tx: &mut Tx<'_>,
    noun: &str,
    stream: [u8; 16],
    part: Option<&str>,
) -> Result<Option<Cause>, Error> {
    let blamed = cause::event(tx, stream, part)?;
    Ok(blamed.map(|blamed| {
        let id = format!("{}#{}", id_text(noun, stream), blamed.sequence);
        told("event".into(), id, blamed.details)
    }))
}

/// A cause from what its row says of itself.
pub(super) fn told(row: String, id: String, details: Details) -> Cause {
    let actor = match (details.actor_kind, details.actor) {
        (Some(kind), Some(id)) => Some(format!("{kind} {}", UserId::from_bytes(id))),
        (kind, _) => kind,
    };
    let at = details.at.map(|micros| Instant::from_micros(micros).to_string());
    Cause { row, id, kind: details.kind, actor, at }
}
