//! The quantity bar: one line of an order as a stacked bar over its ordered quantity.

use maud::{Markup, html};
use orderly_core::order::Quantities;
use orderly_core::qty::{Qty, Ratio};
use orderly_ops::wire::out::quantity;

use crate::words;

/// The words of the steps, in the order in which goods pass them.
pub const WORDS: [&str; 12] = [
    "unallocated",
    "backordered",
    "allocated",
    "released",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "returned",
    "brought_back",
    "lost",
    "canceled",
];

/// The steps of the bar in their order: the class of its hue, its word, its share in base units.
pub fn steps(q: &Quantities) -> Vec<(&'static str, &'static str, i64)> {
    let less = |a: Qty, b: Qty| a.less(b).get();
    let came = q.delivered.max(q.returned);
    let all = [
        ("q0", "canceled", q.canceled.get() + q.closed_short.get()),
        ("q9", "unallocated", q.unallocated.get()),
        ("q1", "backordered", q.backordered.get()),
        ("q2", "allocated", less(q.allocated, q.released)),
        ("q3", "released", less(q.released, q.picked)),
        ("q4", "picked", less(q.picked, q.packed)),
        ("q5", "packed", q.packed.get()),
        ("q6", "shipped", q.shipped.less(came).less(q.lost).less(q.brought_back).get()),
        ("q7", "delivered", less(q.delivered, q.returned)),
        ("q8", "returned", q.returned.get()),
        ("q8", "brought_back", q.brought_back.get()),
        ("q0", "lost", q.lost.get()),
    ];
    all.into_iter().filter(|(.., share)| *share > 0).collect()
}

/// The bar of a line, with its numbers in the line's unit.
pub fn bar(q: &Quantities, ratio: Ratio) -> Markup {
    let steps = steps(q);
    let shown =
        |share: i64| Qty::new(share).map_or_else(|_| String::new(), |qty| quantity(qty, ratio));
    html! {
        div.qty {
            (drawn(&steps))
            ul {
                @for (hue, word, share) in &steps {
                    li class=(hue) { strong { (shown(*share)) } " " (words::of("qty", word)) }
                }
            }
        }
    }
}

/// A thin bar for lists; its words are beside it.
pub fn slim(steps: &[(&'static str, &'static str, i64)]) -> Markup {
    html! { div.qty.slim { (drawn(steps)) } }
}

fn drawn(steps: &[(&'static str, &'static str, i64)]) -> Markup {
    let whole: i64 = steps.iter().map(|(.., share)| share).sum::<i64>().max(1);
    let mut from = 0;
    let mut rects = Vec::with_capacity(steps.len());
    for (hue, _, share) in steps {
        let at = |part: i64| part * 1_000 / whole;
        let (x, end) = (at(from), at(from + share));
        rects.push((*hue, x, (end - x - 3).max(2)));
        from += share;
    }
    html! {
        svg viewBox="0 0 997 10" preserveAspectRatio="none" aria-hidden="true" {
            @for (hue, x, width) in rects {
                rect class=(hue) x=(x) y="0" width=(width) height="10" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_add_up_to_what_was_ordered() {
        let qty = |n: i64| Qty::new(n).unwrap();
        let mut q = Quantities::new(qty(20));
        q.canceled = qty(1);
        q.unallocated = qty(0);
        q.backordered = qty(2);
        q.allocated = qty(9);
        q.released = qty(7);
        q.picked = qty(4);
        q.packed = qty(3);
        q.shipped = qty(8);
        q.delivered = qty(5);
        q.returned = qty(2);
        assert_eq!(q.broken(qty(0), qty(0)), None);
        let steps = steps(&q);
        assert_eq!(steps.iter().map(|(.., share)| share).sum::<i64>(), 20);
        let words: Vec<&str> = steps.iter().map(|(_, word, _)| *word).collect();
        let wanted = [
            "canceled",
            "backordered",
            "allocated",
            "released",
            "picked",
            "packed",
            "shipped",
            "delivered",
            "returned",
        ];
        assert_eq!(words, wanted);
        let html = bar(&q, Ratio::ONE).into_string();
        assert!(html.contains("<strong>3</strong> delivered") && !html.contains("style="));
    }
}
