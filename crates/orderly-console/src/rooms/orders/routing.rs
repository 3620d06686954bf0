//! The routing card: which locations were chosen, and why the others were not.

use maud::{Markup, html};
use orderly_core::sourcing::{Considered, Explanation, Verdict};
use orderly_ops::ops::read::desk::Dossier;

use crate::parts::{Meaning, state};
use crate::show;
use crate::words::{self, t};

/// Every decision about where the goods come from.
pub fn card(dossier: &Dossier) -> Markup {
    let several = dossier.routing.len() > 1;
    html! {
        @for decision in &dossier.routing {
            div.routing {
                @if several { (delivery(dossier, decision)) }
                ul { @for one in &decision.considered { (considered(dossier, one)) } }
                p.small.muted { (decision.rule) }
            }
        }
    }
}

fn delivery(dossier: &Dossier, decision: &Explanation) -> Markup {
    let deliveries = &dossier.shown.order.deliveries;
    let own = deliveries.iter().find(|one| one.id == decision.delivery);
    html! { @if let Some(own) = own {
        h3 { (words::with("order.delivery", &[("name", &own.reference)])) }
    } }
}

fn considered(dossier: &Dossier, one: &Considered) -> Markup {
    let place = dossier.shown.locations.get(&one.location);
    let chosen = one.verdict == Verdict::Chosen;
    let meaning = if chosen { Meaning::Good } else { Meaning::Plain };
    let figures: [(&str, &dyn std::fmt::Display); 3] =
        [("filled", &one.filled), ("could", &one.could_fill), ("wanted", &one.wanted)];
    let facts = if chosen { "routing.filled" } else { "routing.could" };
    html! {
        li.rejected[!chosen] {
            div.place {
                (state(meaning, place.map_or("?", |place| place.name.as_str())))
                span.num.small { @if let Some(km) = one.distance_km {
                    (words::with("routing.km", &[("n", &show::count(km))]))
                } @else { (t("routing.near")) } }
            }
            p.small.muted {
                (words::of("verdict", one.verdict.code())) " · " (words::with(facts, &figures))
            }
        }
    }
}
