//! The corruptions: what is done past the store, and what verify must say of it.

/// Where the first cause must be found.
#[derive(Debug, Clone, Copy)]
pub enum Blamed {
    /// A row of this kind, whose id this query gives before anything is planted.
    Row(&'static str, &'static str),
    /// An event of the order that was sold, with this sequence.
    Sold(i64),
    /// An event of the order that waits.
    Waiting(i64),
    /// Nothing is left that could be blamed, or nothing in particular.
    Nobody,
}

/// One corruption.
#[derive(Debug, Clone, Copy)]
pub struct Plant {
    pub name: &'static str,
    /// The tables it changes.
    pub tables: &'static [&'static str],
    pub sql: &'static str,
    /// Every invariant that no longer holds; the first is the one the cause is checked on.
    pub broken: &'static [&'static str],
    pub blamed: Blamed,
    /// A CHECK of PostgreSQL cannot be switched off.
    pub only_sqlite: bool,
}

macro_rules! plants {
    ($($name:literal in $($table:literal),+: $sql:literal
        => $($id:literal)+, $blamed:expr $(, $only:ident)?;)+) => {
        pub const PLANTS: &[Plant] = &[$(Plant {
            name: $name,
            tables: &[$($table),+],
            sql: $sql,
            broken: &[$($id),+],
            blamed: $blamed,
            only_sqlite: plants!(@only $($only)?),
        }),+];
    };
    (@only) => { false };
    (@only sqlite) => { true };
}

use Blamed::{Nobody, Row, Sold, Waiting};

const BOLTS_RECEIVED: &str = "SELECT id FROM movement WHERE kind = 'receive' AND value_minor = 533";
const BOLTS_SHIPPED: &str = "SELECT id FROM movement WHERE kind = 'ship' AND qty = 10";
const ADJUSTED: &str = "SELECT id FROM movement WHERE kind = 'adjust'";

plants! {
    "an account owes more than its order counts" in "exposure":
        "UPDATE exposure SET open_minor = open_minor + 1 WHERE open_minor > 0"
        => "C1", Nobody;
    "an account has no counter" in "exposure":
        "DELETE FROM exposure"
        => "C1", Nobody;
    "a holding gains a unit" in "holding":
        "UPDATE holding SET qty = qty + 100 WHERE qty = (SELECT MAX(qty) FROM holding)"
        => "S1", Nobody;
    "a received movement grows" in "movement":
        "UPDATE movement SET qty = qty + 1 WHERE kind = 'receive' AND value_minor = 533"
        => "S1", Row("movement", BOLTS_RECEIVED);
    "a level's on hand and held grow" in "stock_level":
        "UPDATE stock_level SET on_hand = on_hand + 1, held = held + 1 WHERE value_minor > 400"
        => "S1", Nobody;
    "an adjustment of one unit is not held" in "stock_level":
        "UPDATE stock_level SET on_hand = on_hand + 1, held = held + 1
          WHERE value_minor BETWEEN 200 AND 400"
        => "S1", Row("movement", ADJUSTED);
    "a movement is gone" in "movement", "journal", "posting":
        "DELETE FROM posting WHERE journal_id = (SELECT id FROM movement WHERE kind = 'adjust');
         DELETE FROM journal WHERE id = (SELECT id FROM movement WHERE kind = 'adjust');
         DELETE FROM movement WHERE kind = 'adjust'"
        => "S1" "V1", Nobody;
    "allocated counts too much" in "stock_level":
        "UPDATE stock_level SET allocated = allocated + 4 WHERE value_minor > 400"
        => "S2", Row("claim", "SELECT id FROM claim WHERE qty = 4 AND state = 'allocated'
            ORDER BY created_at DESC, id DESC LIMIT 1");
    "backordered counts too little" in "stock_level":
        "UPDATE stock_level SET backordered = backordered - 5 WHERE backordered = 5"
        => "S2", Row("claim", "SELECT id FROM claim WHERE state = 'backordered'");
    "a claim is gone" in "claim":
        "DELETE FROM claim WHERE state = 'backordered'"
        => "S2" "E1", Waiting(1);
    "a claim grows" in "claim":
        "UPDATE claim SET qty = 6 WHERE state = 'backordered'"
        => "S2" "E1", Row("claim", "SELECT id FROM claim WHERE state = 'backordered'");
    "an allocated claim belongs to nothing" in "claim":
        "UPDATE claim SET qty = 5 WHERE id = (SELECT id FROM claim WHERE qty = 4
            AND state = 'allocated' ORDER BY id LIMIT 1)"
        => "S2", Row("claim", "SELECT id FROM claim WHERE qty = 4 AND state = 'allocated'
            ORDER BY id LIMIT 1");
    "work takes more than its claim" in "fulfillment_line":
        "UPDATE fulfillment_line SET takes = takes + 1
          WHERE claim_id = (SELECT id FROM claim WHERE qty = 7)"
        => "S2" "E1", Row("claim", "SELECT id FROM claim WHERE qty = 7");
    "more is allocated than on hand" in "stock_level":
        "UPDATE stock_level SET allocated = on_hand + 1 WHERE value_minor > 400"
        => "S3" "S2" "D1", Nobody, sqlite;
    "a movement goes nowhere" in "movement":
        "UPDATE movement SET to_place = from_place WHERE kind = 'adjust'"
        => "S4" "S1" "V1" "D1", Row("movement", ADJUSTED), sqlite;
    "a movement goes to no place" in "movement":
        "UPDATE movement SET to_place = (SELECT id FROM item WHERE sku = 'NAIL')
          WHERE kind = 'adjust'"
        => "S4" "S1" "V1", Row("movement", ADJUSTED);
    "a reversal gives back other value" in "movement":
        "UPDATE movement SET value_minor = value_minor + 1 WHERE reverses IS NOT NULL"
        => "S5" "V1", Row("movement", "SELECT id FROM movement WHERE reverses IS NOT NULL");
    "a shipment line ships other than its movement" in "shipment_line":
        "UPDATE shipment_line SET qty = 9, delivered = 9 WHERE qty = 10"
        => "S6" "E1", Row("movement", BOLTS_SHIPPED);
    "a line counts more shipped" in "order_line":
        "UPDATE order_line SET shipped = 9, unallocated = 1, delivered = 9
          WHERE ordered = 10"
        => "S6" "E1", Sold(8);
    "a line's counters do not add up" in "order_line":
        "UPDATE order_line SET unallocated = 1 WHERE ordered = 10"
        => "O1" "E1" "D1", Sold(8), sqlite;
    "a kit counts other than its components" in "order_line":
        "UPDATE order_line SET delivered = 1 WHERE kind = 'kit' AND delivered = 2"
        => "O1" "E1", Sold(6);
    "an order is canceled with goods out" in "orders":
        "UPDATE orders SET state = 'canceled' WHERE external_id = 'W-1'"
        => "O3" "E1", Sold(7);
    "an order skips a version" in "orders":
        "UPDATE orders SET version = version + 1 WHERE external_id = 'W-1'"
        => "O4", Sold(8);
    "an order counts an event that is not there" in "orders":
        "UPDATE orders SET sequence = sequence + 1 WHERE external_id = 'W-1'"
        => "O4", Sold(8);
    "a parcel hangs from another order's shipment" in "parcel":
        "UPDATE parcel SET shipment_id = (SELECT shipment_id FROM parcel
            WHERE sscc = '340123450000000021') WHERE sscc = '340123450000000014'"
        => "O5" "E1", Sold(5);
    "a total is a penny more" in "orders":
        "UPDATE orders SET total_minor = total_minor + 1, charges_minor = charges_minor + 1
          WHERE external_id = 'W-1'"
        => "O6" "E1", Sold(7);
    "a tax is a penny less" in "order_line":
        "UPDATE order_line SET tax_included_minor = tax_included_minor - 1 WHERE ordered = 10"
        => "O6" "E1", Sold(8);
    "a return line counts restocked twice" in "return_line":
        "UPDATE return_line SET restocked = 2, awaiting_inspection = 0"
        => "O9", Row("disposition", "SELECT id FROM disposition
            ORDER BY decided_at DESC, id DESC LIMIT 1");
    "more came back than the order says" in "return_line", "disposition":
        "UPDATE return_line SET received = 3, awaiting_inspection = 2, requested = 3;
         UPDATE disposition SET qty = 3 WHERE from_disposition = 'customer'"
        => "O9", Row("return_line", "SELECT id FROM return_line");
    "a journal neither has a number nor waits" in "journal_pending":
        "DELETE FROM journal_pending WHERE journal_id =
            (SELECT id FROM movement WHERE kind = 'adjust')"
        => "B1", Row("journal", ADJUSTED);
    "a number of a journal is missing" in "journal_number", "journal_pending", "turnover":
        "INSERT INTO journal_number (legal_entity_id, number, journal_id)
            SELECT legal_entity_id, 7, id FROM journal WHERE id =
                (SELECT id FROM movement WHERE kind = 'adjust');
         DELETE FROM journal_pending WHERE journal_id =
            (SELECT id FROM movement WHERE kind = 'adjust')"
        => "B1" "B2", Nobody;
    "a turnover comes from nowhere" in "turnover":
        "INSERT INTO turnover (legal_entity_id, accounting_on, account, location_id, channel_id,
                currency, tax_code, kind, debit_minor, credit_minor, tax_base_minor,
                posting_count)
            SELECT legal_entity_id, accounting_on, 'bank', legal_entity_id, legal_entity_id,
                   currency, '', kind, 500, 0, 0, 1
              FROM journal WHERE id = (SELECT id FROM movement WHERE kind = 'adjust')"
        => "B2", Nobody;
    "a period was closed before its journals came" in "accounting_period":
        "INSERT INTO accounting_period (legal_entity_id, period, state, closed_at, closed_number)
            SELECT DISTINCT legal_entity_id, period, 'closed', 0, 0 FROM journal"
        => "B3", Nobody;
    "a late cost comes from nowhere" in "late_cost":
        "INSERT INTO late_cost (id, journal_id, item_id, location_id, lot_class, cause_kind,
                cause_id, inventory_minor, cost_minor, actor_kind, actor_id, effective_at,
                recorded_at)
            SELECT m.id, m.id, l.item_id, l.location_id, l.lot_class, 'receipt_line', m.cause_id,
                   7, 0, m.actor_kind, m.actor_id, 0, 0
              FROM movement m JOIN stock_level l ON l.item_id = m.item_id AND l.value_minor > 0
             WHERE m.kind = 'adjust'"
        => "V1", Nobody;
    "a posting grows" in "posting":
        "UPDATE posting SET amount_minor = amount_minor + 1
          WHERE account = 'inventory' AND amount_minor = 533"
        => "M1" "V1", Row("journal", BOLTS_RECEIVED);
    "a posting is gone" in "posting":
        "DELETE FROM posting WHERE account <> 'inventory' AND amount_minor = -533"
        => "M1", Row("journal", BOLTS_RECEIVED);
    "a payment captured more than its transactions" in "payment":
        "UPDATE payment SET captured_minor = 700"
        => "M2", Row("payment_transaction", "SELECT id FROM payment_transaction
            ORDER BY created_at DESC, id DESC LIMIT 1");
    "an application is gone" in "application":
        "DELETE FROM application WHERE kind = 'captured'"
        => "M2", Row("application", "SELECT id FROM application WHERE kind <> 'captured'
            ORDER BY applied_at DESC, id DESC LIMIT 1");
    "an order counts as paid" in "orders":
        "UPDATE orders SET captured_minor = 900 WHERE external_id = 'W-1'"
        => "M2" "E1" "I12", Row("application", "SELECT id FROM application
            ORDER BY applied_at DESC, id DESC LIMIT 1");
    "a refund line gives more than the line cost" in "refund_line", "refund":
        "UPDATE refund_line SET amount_minor = 5000; UPDATE refund SET amount_minor = 5000"
        => "M5", Row("refund_line", "SELECT id FROM refund_line");
    "a refund is not the sum of its lines" in "refund":
        "UPDATE refund SET amount_minor = 51"
        => "M5", Row("refund", "SELECT id FROM refund");
    "a refund gives credit that it does not come to" in "refund":
        "UPDATE refund SET credited_minor = amount_minor + 1"
        => "M5" "I8", Row("refund", "SELECT id FROM refund");
    "a charge counts as kept from a refund" in "charge":
        "UPDATE charge SET kind = 'restocking_fee' WHERE order_id =
            (SELECT id FROM orders WHERE external_id = 'W-1')"
        => "M5" "E1", Nobody;
    "an exchange carries what nobody gave" in "exchange":
        "INSERT INTO exchange (id, number, return_id, order_id, replacement_id, payment_id, ships,
             rest, state, waives_fee, reason, version, created_at)
         SELECT r.id, 'EX-9', r.id, o.id, o.id, p.id, 'first', 'refund', 'open', 0, 'size', 1, 0
           FROM returns r JOIN orders o ON o.external_id = 'W-1'
           JOIN payment p ON p.captured_minor > p.refunded_minor"
        => "M5", Nobody;
    "an event is changed" in "event":
        "UPDATE event SET reason = 'because' WHERE kind = 'fulfillment.packed' AND stream_id =
            (SELECT id FROM orders WHERE external_id = 'W-1')"
        => "E1", Sold(4);
    "an event is gone" in "event":
        "DELETE FROM event WHERE sequence = 4 AND stream_id =
            (SELECT id FROM orders WHERE external_id = 'W-1')"
        => "E1", Sold(8);
    "the feed has a gap" in "feed":
        "DELETE FROM feed WHERE position = 3"
        => "E1", Nobody;
    "an event waits though it is in the feed" in "pending":
        "INSERT INTO pending SELECT stream_id, sequence, 0 FROM feed WHERE position = 2"
        => "E1", Nobody;
    "an order's field is changed" in "orders":
        "UPDATE orders SET reference = 'PO-7' WHERE external_id = 'W-1'"
        => "E1", Sold(7);
    "a key points to nothing" in "idempotency":
        "UPDATE idempotency SET sequence = 99 WHERE key = 'W-1'"
        => "I1", Sold(8);
    "an item is gone" in "item":
        "DELETE FROM item WHERE sku = 'PAINT'"
        => "D1", Nobody;
    "a step of the schema is another" in "schema_step":
        "UPDATE schema_step SET hash = 'other' WHERE step = 1 AND file = '0003_orders'"
        => "D1", Nobody;
    "a level is worth more" in "stock_level":
        "UPDATE stock_level SET value_minor = value_minor + 9 WHERE value_minor > 400"
        => "V1", Nobody;
    "a movement of value has no journal" in "journal", "posting":
        "DELETE FROM posting WHERE journal_id = (SELECT id FROM movement WHERE kind = 'adjust');
         DELETE FROM journal WHERE id = (SELECT id FROM movement WHERE kind = 'adjust')"
        => "V1", Row("movement", ADJUSTED);
    "imported goods leave a bin" in "movement":
        "UPDATE movement SET from_place = (SELECT from_place FROM movement WHERE kind = 'adjust')
          WHERE kind = 'history'"
        => "H1" "S1", Row("movement", "SELECT id FROM movement WHERE kind = 'history'");
}
