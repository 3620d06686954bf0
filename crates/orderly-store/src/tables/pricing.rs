//! Price lists with their entries, discounts and floors, and the traces of priced orders.

use orderly_core::id::{AccountId, ChannelId, CustomerGroupId, ItemId, OrderId, PriceListId};
use orderly_core::pricing::{
    AccountPricing, DiscountRule, ItemPricing, PriceEntry, PriceList, Span,
};
use orderly_core::qty::Ratio;
use orderly_core::time::Instant;

use super::{active, state};
use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value, set};

/// Returns every price list by code.
pub fn lists(tx: &mut Tx<'_>) -> Result<Vec<PriceList>, StoreError> {
    tx.query("SELECT * FROM price_list ORDER BY code", &[], list_from_row)
}

/// Adds a list, or brings the one with its id up to date if it is at the version before. Returns
/// whether it was; false also where another list has the code.
pub fn put_list(tx: &mut Tx<'_>, list: &PriceList) -> Result<bool, StoreError> {
    let put = tx.exec(
        "INSERT INTO price_list (id, code, name, currency, scope, subject_id, discount_ppm, whole,
             tax_included, margin_ppm, valid_from, valid_until, state, version, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
          WHERE NOT EXISTS (SELECT 1 FROM price_list WHERE code = $2 AND id <> $1)
         ON CONFLICT (id) DO UPDATE SET
             code = excluded.code, name = excluded.name, scope = excluded.scope,
             subject_id = excluded.subject_id, discount_ppm = excluded.discount_ppm,
             whole = excluded.whole, tax_included = excluded.tax_included,
             margin_ppm = excluded.margin_ppm, valid_from = excluded.valid_from,
             valid_until = excluded.valid_until, state = excluded.state,
             version = excluded.version
          WHERE price_list.version = excluded.version - 1",
        &[
            &list.id,
            &list.code,
            &list.name,
            &list.currency,
            &list.scope,
            &list.subject,
            &list.discount_ppm,
            &list.whole,
            &list.tax_included,
            &list.margin_ppm,
            &list.valid.from,
            &list.valid.until,
            &state(list.active),
            &list.version,
            &list.created_at,
        ],
    )?;
    Ok(put == 1)
}

fn list_from_row(row: &Row<'_>) -> Result<PriceList, StoreError> {
    Ok(PriceList {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        currency: row.get("currency")?,
        scope: row.get("scope")?,
        subject: row.get("subject_id")?,
        discount_ppm: row.get("discount_ppm")?,
        whole: row.get("whole")?,
        tax_included: row.get("tax_included")?,
        margin_ppm: row.get("margin_ppm")?,
        valid: span_from_row(row)?,
        active: active(row)?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

pub(super) fn span_from_row(row: &Row<'_>) -> Result<Span, StoreError> {
    Ok(Span { from: row.get("valid_from")?, until: row.get("valid_until")? })
}

const ENTRY: &str = "SELECT * FROM price_entry";

/// Returns the entries of these items in every list.
pub fn entries(tx: &mut Tx<'_>, items: &[ItemId]) -> Result<Vec<PriceEntry>, StoreError> {
    set::query_in(tx, ENTRY, "item_id", items, entry_from_row)
}

/// Returns the entries of one list, by item and quantity.
pub fn entries_of_list(tx: &mut Tx<'_>, list: PriceListId) -> Result<Vec<PriceEntry>, StoreError> {
    let sql = "SELECT * FROM price_entry WHERE price_list_id = $1
                ORDER BY item_id, from_qty, id";
    tx.query(sql, &[&list], entry_from_row)
}

/// Adds entries to their list; each takes the place of one of the same item, quantity and first
/// day.
pub fn put_entries(tx: &mut Tx<'_>, entries: &[PriceEntry]) -> Result<(), StoreError> {
    for entry in entries {
        remove_entry(tx, entry)?;
    }
    let rows: Vec<Vec<Value>> = entries
        .iter()
        .map(|entry| {
            vec![
                v(&entry.id),
                v(&entry.list),
                v(&entry.item),
                v(&entry.from),
                v(&entry.price),
                v(&entry.unit),
                v(&entry.ratio.num),
                v(&entry.ratio.den),
                v(&entry.valid.from),
                v(&entry.valid.until),
            ]
        })
        .collect();
    tx.insert_many("price_entry", ENTRY_COLUMNS, &rows, "")?;
    Ok(())
}

/// Takes the entry of the same item, quantity and first day off its list; whether there was one.
pub fn remove_entry(tx: &mut Tx<'_>, entry: &PriceEntry) -> Result<bool, StoreError> {
    let none = i32::MIN;
    let from = entry.valid.from.map_or(none, orderly_core::time::Day::number);
    let removed = tx.exec(
        "DELETE FROM price_entry
          WHERE price_list_id = $1 AND item_id = $2 AND from_qty = $3
            AND COALESCE(valid_from, $5) = $4",
        &[&entry.list, &entry.item, &entry.from, &from, &none],
    )?;
    Ok(removed > 0)
}

const ENTRY_COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("price_list_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("from_qty", Kind::Int),
    Column::new("price", Kind::Text),
    Column::new("price_unit", Kind::Text),
    Column::new("price_num", Kind::Int),
    Column::new("price_den", Kind::Int),
    Column::new("valid_from", Kind::Int),
    Column::new("valid_until", Kind::Int),
];

fn entry_from_row(row: &Row<'_>) -> Result<PriceEntry, StoreError> {
    Ok(PriceEntry {
        id: row.get("id")?,
        list: row.get("price_list_id")?,
        item: row.get("item_id")?,
        from: row.get("from_qty")?,
        price: row.get("price")?,
        unit: row.get("price_unit")?,
        ratio: Ratio { num: row.get("price_num")?, den: row.get("price_den")? },
        valid: span_from_row(row)?,
    })
}

/// A customer group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub id: CustomerGroupId,
    pub code: String,
    pub name: String,
}

/// Returns every customer group by code.
pub fn groups(tx: &mut Tx<'_>) -> Result<Vec<Group>, StoreError> {
    tx.query("SELECT id, code, name FROM customer_group ORDER BY code", &[], |row| {
        Ok(Group { id: row.get("id")?, code: row.get("code")?, name: row.get("name")? })
    })
}

/// Adds a group, or renames the one with its code.
pub fn put_group(tx: &mut Tx<'_>, group: &Group) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO customer_group (id, code, name) VALUES ($1, $2, $3)
         ON CONFLICT (code) DO UPDATE SET name = excluded.name",
        &[&group.id, &group.code, &group.name],
    )?;
    Ok(())
}

/// Returns every discount rule by code.
pub fn discounts(tx: &mut Tx<'_>) -> Result<Vec<DiscountRule>, StoreError> {
    tx.query("SELECT * FROM discount_rule ORDER BY code", &[], |row| {
        Ok(DiscountRule {
            id: row.get("id")?,
            code: row.get("code")?,
            group: row.get("customer_group_id")?,
            item: row.get("item_id")?,
            category: row.get("category")?,
            discount_ppm: row.get("discount_ppm")?,
            valid: span_from_row(row)?,
        })
    })
}

/// Adds a discount rule, or takes the place of the one with its code.
pub fn put_discount(tx: &mut Tx<'_>, rule: &DiscountRule) -> Result<(), StoreError> {
    tx.exec("DELETE FROM discount_rule WHERE code = $1", &[&rule.code])?;
    tx.exec(
        "INSERT INTO discount_rule (id, code, customer_group_id, item_id, category, discount_ppm,
             valid_from, valid_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &rule.id,
            &rule.code,
            &rule.group,
            &rule.item,
            &rule.category,
            &rule.discount_ppm,
            &rule.valid.from,
            &rule.valid.until,
        ],
    )?;
    Ok(())
}

/// Returns the categories with their floors.
pub fn categories(tx: &mut Tx<'_>) -> Result<Vec<(String, Option<i64>)>, StoreError> {
    let sql = "SELECT code, margin_ppm FROM category ORDER BY code";
    tx.query(sql, &[], |row| Ok((row.get("code")?, row.get("margin_ppm")?)))
}

/// Sets the floor of a category.
pub fn put_category(tx: &mut Tx<'_>, code: &str, margin: Option<i64>) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO category (code, margin_ppm) VALUES ($1, $2)
         ON CONFLICT (code) DO UPDATE SET margin_ppm = excluded.margin_ppm",
        &[&code, &margin],
    )?;
    Ok(())
}

/// Returns what these items add to the choice of prices and taxes.
pub fn items(tx: &mut Tx<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, ItemPricing)>, StoreError> {
    let select = "SELECT item_id, category, tax_class, margin_ppm FROM item_pricing";
    set::query_in(tx, select, "item_id", items, |row| {
        let pricing = ItemPricing {
            category: row.get("category")?,
            tax_class: row.get("tax_class")?,
            margin_ppm: row.get("margin_ppm")?,
        };
        Ok((row.get("item_id")?, pricing))
    })
}

/// Sets what an item adds.
pub fn put_item(tx: &mut Tx<'_>, item: ItemId, pricing: &ItemPricing) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO item_pricing (item_id, category, tax_class, margin_ppm)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (item_id) DO UPDATE SET category = excluded.category,
             tax_class = excluded.tax_class, margin_ppm = excluded.margin_ppm",
        &[&item, &pricing.category, &pricing.tax_class, &pricing.margin_ppm],
    )?;
    Ok(())
}

/// Returns whether the prices of channels include tax.
pub fn channels(tx: &mut Tx<'_>) -> Result<Vec<(ChannelId, bool)>, StoreError> {
    let sql = "SELECT channel_id, tax_included FROM channel_pricing ORDER BY channel_id";
    tx.query(sql, &[], |row| Ok((row.get("channel_id")?, row.get("tax_included")?)))
}

/// Sets whether a channel's prices include tax.
pub fn put_channel(tx: &mut Tx<'_>, channel: ChannelId, included: bool) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO channel_pricing (channel_id, tax_included) VALUES ($1, $2)
         ON CONFLICT (channel_id) DO UPDATE SET tax_included = excluded.tax_included",
        &[&channel, &included],
    )?;
    Ok(())
}

/// Returns what these accounts add.
pub fn accounts(
    tx: &mut Tx<'_>,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, AccountPricing)>, StoreError> {
    let select = "SELECT account_id, customer_group_id, tax_number FROM account_pricing";
    set::query_in(tx, select, "account_id", accounts, |row| {
        let pricing = AccountPricing {
            group: row.get("customer_group_id")?,
            tax_number: row.get("tax_number")?,
        };
        Ok((row.get("account_id")?, pricing))
    })
}

/// Sets what an account adds.
pub fn put_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    pricing: &AccountPricing,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO account_pricing (account_id, customer_group_id, tax_number)
         VALUES ($1, $2, $3)
         ON CONFLICT (account_id) DO UPDATE SET customer_group_id = excluded.customer_group_id,
             tax_number = excluded.tax_number",
        &[&account, &pricing.group, &pricing.tax_number],
    )?;
    Ok(())
}

const TRACE: &[Column] = &[
    Column::new("order_id", Kind::Bytes),
    Column::new("decided_at", Kind::Int),
    Column::new("trace", Kind::Text),
];

/// Stores why orders cost what they cost, as JSON.
pub fn insert_traces(
    tx: &mut Tx<'_>,
    traces: &[(OrderId, Instant, String)],
) -> Result<(), StoreError> {
    let row = |(order, at, trace): &(OrderId, Instant, String)| vec![v(order), v(at), v(trace)];
    let rows: Vec<Vec<Value>> = traces.iter().map(row).collect();
    tx.insert_many("price_trace", TRACE, &rows, "")?;
    Ok(())
}

/// Stores why an order costs what it costs, in the place of what was known.
pub fn put_trace(
    tx: &mut Tx<'_>,
    order: OrderId,
    at: Instant,
    trace: &str,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO price_trace (order_id, decided_at, trace) VALUES ($1, $2, $3)
         ON CONFLICT (order_id) DO UPDATE SET
             decided_at = excluded.decided_at, trace = excluded.trace",
        &[&order, &at, &trace],
    )?;
    Ok(())
}

/// Returns why an order costs what it costs, as JSON.
pub fn trace(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT trace FROM price_trace WHERE order_id = $1";
    tx.query_one(sql, &[&order], |row| row.get("trace"))
}
