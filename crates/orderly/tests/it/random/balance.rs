//! What a command and its inverse must restore: quantities, goods with their value, balances.

use std::collections::BTreeMap;

use orderly::{App, Error};
use orderly_core::order::{Order, Quantities};
use orderly_core::qty::Qty;

/// Quantities of lines, goods and value per item and location, balances per account.
#[derive(Debug, PartialEq, Eq)]
pub struct Balance {
    pub lines: Vec<(i64, Quantities)>,
    pub goods: BTreeMap<([u8; 16], [u8; 16]), (i64, i64, i64)>,
    pub ledger: BTreeMap<(String, String), i64>,
}

impl Balance {
    /// `loosely` sees what is open of a line, not how far its work is: canceled goods are sourced
    /// anew when they come back.
    pub fn of(app: &App, order: Option<&Order>, loosely: bool) -> Self {
        let lines = order.map(|order| {
            let lines = order.lines.iter().map(|line| {
                let mut quantities = line.quantities;
                if loosely {
                    let unallocated = quantities.open();
                    let none = Quantities::new(Qty::ZERO);
                    let Quantities { allocated, backordered, released, picked, packed, .. } = none;
                    quantities = Quantities {
                        unallocated,
                        allocated,
                        backordered,
                        released,
                        picked,
                        packed,
                        ..quantities
                    };
                }
                (line.position, quantities)
            });
            lines.collect()
        });
        let (goods, ledger) =
            app.store.read(|tx| Ok::<_, Error>((goods(tx)?, ledger(tx)?))).unwrap();
        Self { lines: lines.unwrap_or_default(), goods, ledger }
    }
}

type Goods = BTreeMap<([u8; 16], [u8; 16]), (i64, i64, i64)>;

fn goods(tx: &mut orderly_store::Tx<'_>) -> Result<Goods, Error> {
    let sql = "SELECT item_id, location_id, CAST(SUM(on_hand) AS BIGINT) AS on_hand,
                      CAST(SUM(held) AS BIGINT) AS held, CAST(SUM(value_minor) AS BIGINT) AS value
                 FROM stock_level GROUP BY item_id, location_id";
    let rows = tx.query(sql, &[], |row| {
        let of = |column| row.get::<i64>(column);
        let key = (row.get::<[u8; 16]>("item_id")?, row.get::<[u8; 16]>("location_id")?);
        Ok((key, (of("on_hand")?, of("held")?, of("value")?)))
    })?;
    Ok(rows.into_iter().filter(|(_, sums)| *sums != (0, 0, 0)).collect())
}

fn ledger(tx: &mut orderly_store::Tx<'_>) -> Result<BTreeMap<(String, String), i64>, Error> {
    let sql = "SELECT p.account, j.currency, CAST(SUM(p.amount_minor) AS BIGINT) AS balance
                 FROM posting p JOIN journal j ON j.id = p.journal_id
                GROUP BY p.account, j.currency";
    let rows = tx.query(sql, &[], |row| {
        let key = (row.get::<String>("account")?, row.get::<String>("currency")?);
        Ok((key, row.get::<i64>("balance")?))
    })?;
    Ok(rows.into_iter().filter(|(_, balance)| *balance != 0).collect())
}
