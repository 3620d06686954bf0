//! The money of an order: every total from its rows, every amount from its price.

use orderly_core::order::price;
use orderly_core::order::{Charge, Order, Tax};
use orderly_core::pricing::Trace;

use super::{Rule, Sink};

pub(super) fn check(order: &Order, deep: bool, sink: &mut Sink<'_>) {
    let of = |taxes: &[Tax], included: bool| {
        let own = taxes.iter().filter(|tax| tax.included == included);
        own.map(|tax| tax.amount).sum::<i64>()
    };
    for line in &order.lines {
        let discounts = line.discounts.iter().map(|discount| discount.amount).sum::<i64>();
        for (what, expected, actual) in [
            ("discount", discounts, line.amounts.discount),
            ("tax included", of(&line.taxes, true), line.amounts.tax_included),
            ("tax added", of(&line.taxes, false), line.amounts.tax_added),
        ] {
            let part = Some(("line", line.id.to_string()));
            sink.same(Rule::Totals, part, what, [expected, actual]);
        }
    }
    for charge in &order.charges {
        for (what, expected, actual) in [
            ("tax included", of(&charge.taxes, true), charge.tax_included),
            ("tax added", of(&charge.taxes, false), charge.tax_added),
        ] {
            let part = Some(("charge", charge.id.to_string()));
            sink.same(Rule::Totals, part, what, [expected, actual]);
        }
    }
    totals(order, sink);
    if deep && !order.history {
        prices(order, sink);
    }
}

fn totals(order: &Order, sink: &mut Sink<'_>) {
    let stored = order.head.totals;
    let sums = match price::totals(order) {
        Ok(sums) => sums,
        Err(refusal) => {
            let values = ["a total of at least 0".to_owned(), refusal.to_string()];
            return sink.whole(Rule::Totals, "total", values);
        }
    };
    for (what, expected, actual) in [
        ("lines", sums.lines, stored.lines),
        ("discounts", sums.discounts, stored.discounts),
        ("charges", sums.charges, stored.charges),
        ("tax included", sums.tax_included, stored.tax_included),
        ("tax added", sums.tax_added, stored.tax_added),
        ("total", sums.total, stored.total),
    ] {
        sink.same(Rule::Totals, None, what, [expected, actual]);
    }
}

/// Prices the order again, with the discounts its lines have.
fn prices(order: &Order, sink: &mut Sink<'_>) {
    let mut again = order.clone();
    if let Err(refusal) = price::total(&mut again, &[]) {
        let values = ["amounts that can be computed".to_owned(), refusal.to_string()];
        return sink.whole(Rule::Prices, "amounts", values);
    }
    for (new, old) in again.lines.iter().zip(&order.lines) {
        for (what, expected, actual) in [
            ("amount", new.amounts.gross, old.amounts.gross),
            ("tax included", new.amounts.tax_included, old.amounts.tax_included),
            ("tax added", new.amounts.tax_added, old.amounts.tax_added),
        ] {
            let part = Some(("line", old.id.to_string()));
            sink.same(Rule::Prices, part, what, [expected, actual]);
        }
    }
    for (new, old) in again.charges.iter().zip(&order.charges) {
        for (what, expected, actual) in [
            ("tax included", new.tax_included, old.tax_included),
            ("tax added", new.tax_added, old.tax_added),
        ] {
            let part = Some(("charge", old.id.to_string()));
            sink.same(Rule::Prices, part, what, [expected, actual]);
        }
    }
}

/// Each line's price is the one its trace ends with.
pub(super) fn traces(order: &Order, text: &str, sink: &mut Sink<'_>) {
    let Ok(traces) = serde_json::from_str::<Vec<Trace>>(text) else {
        let values = ["reasons that can be read".to_owned(), "others".to_owned()];
        return sink.whole(Rule::Traces, "price", values);
    };
    for trace in traces {
        if let Some(id) = trace.charge {
            let charge = order.charges.iter().find(|charge| charge.id == id);
            let named = |charge: &Charge| charge.taxes.iter().map(|tax| tax.name.clone()).collect();
            let actual: Option<Vec<String>> = charge.map(named);
            let wanted: Vec<String> = trace.taxes.iter().map(|tax| tax.code.clone()).collect();
            if actual.as_ref() != Some(&wanted) {
                let actual = actual.map_or_else(|| "no charge".to_owned(), |own| own.join(", "));
                let part = ("charge", id.to_string());
                sink.part(Rule::Traces, part, "taxes", [wanted.join(", "), actual]);
            }
            continue;
        }
        let line = order.lines.iter().find(|line| line.id == trace.line);
        let price = line.map(|line| (line.price, line.price_ratio));
        if price == Some((trace.price, trace.ratio)) {
            continue;
        }
        let actual = line.map_or_else(|| "no line".to_owned(), |line| line.price.to_string());
        let part = ("line", trace.line.to_string());
        sink.part(Rule::Traces, part, "price", [trace.price.to_string(), actual]);
    }
}
