//! Taxes: what the lines of documents state of each is what the tax account holds of it.

use std::collections::BTreeMap;

use orderly_core::id::LegalEntityId;
use orderly_core::invoice::InvoiceKind;
use orderly_store::Tx;
use orderly_store::verify::{Check, Finding, Key, posted_taxes, taxed_lines};

use super::{Report, render};
use crate::Error;

const CHECK: Check = Check {
    invariant: "I13",
    title: "the taxes of documents are what the tax report says of sales",
    table: "invoice_line",
    sql: "",
    remedy: "have somebody look at the documents with this tax",
};

pub(super) fn run(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), Error> {
    let mut sums: BTreeMap<(LegalEntityId, String), [i64; 2]> = BTreeMap::new();
    let mut rows = 0;
    taxed_lines(tx, |entity, kind, taxes| {
        rows += 1;
        let sign = if kind == InvoiceKind::CreditNote { 1 } else { -1 };
        for tax in taxes {
            sums.entry((entity, tax.code())).or_default()[0] += sign * tax.amount;
        }
        Ok(())
    })?;
    for (entity, code, amount) in posted_taxes(tx)? {
        sums.entry((entity, code)).or_default()[1] += amount;
    }
    let begun = report.check(CHECK.invariant, CHECK.title, rows);
    for ((entity, code), [stated, posted]) in sums {
        if stated == posted {
            continue;
        }
        let finding = Finding {
            keys: vec![
                ("legal_entity_id".into(), Key::Id(entity.as_bytes())),
                ("tax_code".into(), Key::Text(code)),
            ],
            what: None,
            expected: stated.to_string(),
            actual: posted.to_string(),
            suspect: None,
        };
        let violation = render::violation(tx, &CHECK, &finding, None)?;
        report.add(begun, violation);
    }
    Ok(())
}
