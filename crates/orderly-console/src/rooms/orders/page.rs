//! The page of an order: its lines, where it is, why there, its money to the last cent, what
//! happened.

use maud::{Markup, html};
use orderly_core::order::axes::Extent::{Full, Over, Partial};
use orderly_core::order::{Delivery, Hold, Line, Order, OrderState, Settlement, Shipment};
use orderly_core::party::Party;
use orderly_core::refund::RefundState;
use orderly_ops::Error;
use orderly_ops::ops::read::desk::{self, Dossier};

use super::{at, routing, timeline};
use crate::parts::table::{self, figures, words as column};
use crate::parts::timeline::timeline as drawn;
use crate::parts::{self, Meaning, Row, bar, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, effects, show};

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let as_of = cx.query.get("as_of").and_then(|text| text.parse().ok());
    let dossier = desk::order(&cx.app, &cx.call, cx.name("order"), as_of)?;
    let number = &dossier.shown.order.number;
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders"))]))
        div #order data-live {
            (head(cx, &dossier, as_of.is_some()))
            @if as_of.is_some() { (then(cx, &dossier)) } @else { (super::undo_bar(cx, &dossier)) }
            (holds(cx, &dossier))
            (lines(cx, &dossier))
            div.columns {
                div {
                    (goods(cx, &dossier))
                    (crate::rooms::messages::thread(cx, "order", number)?)
                    (happened(cx, &dossier, as_of))
                }
                div {
                    (money(&dossier))
                    (customer(cx, &dossier))
                    (why_here(&dossier))
                    (documents(&dossier))
                }
            }
        }
    };
    Ok(Page::new(words::with("order.title", &[("number", number)]), body).into())
}

fn head(cx: &Cx, dossier: &Dossier, is_past: bool) -> Markup {
    let order = &dossier.shown.order;
    let channel = dossier.channels.iter().enumerate().find(|(_, one)| one.id == order.channel);
    let mut facts = vec![standing(dossier)];
    if let Some((place, channel)) = channel {
        facts.push(parts::channel(&channel.name, place));
    }
    facts.extend(order.external_id.as_ref().map(|id| html! { span.id { (id) } }));
    facts.push(html! { (t("order.placed")) " " (show::time(cx, order.placed_at)) });
    let promised = order.deliveries.iter().filter_map(|one| one.promises.last()).next_back();
    if let Some(promise) = promised {
        let day = show::day(promise.for_on, show::today(cx));
        facts.push(html! { (words::with("order.promised", &[("day", &day)])) });
    }
    facts.extend(order.head.reference.as_ref().map(|text| {
        html! { (words::with("order.reference", &[("text", text)])) }
    }));
    let title = html! { (words::with("order.title", &[("number", &order.number)])) };
    let actions = if is_past {
        html! {}
    } else {
        super::actions(cx, dossier)
    };
    parts::head(&title, &facts, &actions)
}

/// The order's state in a word.
pub fn standing(dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let axes = orderly_core::order::axes::axes(order);
    match order.head.state {
        OrderState::Placed => match (axes.shipped, axes.delivered) {
            (_, Full | Over) => state(Meaning::Good, t("orders.delivered")),
            (Full | Over, _) => state(Meaning::Good, t("orders.shipped")),
            (Partial, _) => state(Meaning::Info, t("order.partly")),
            _ if axes.held => state(Meaning::Attention, t("order.held")),
            _ => state(Meaning::Info, t("orders.open")),
        },
        OrderState::Closed => state(Meaning::Good, &words::of("state", "closed")),
        other => state(Meaning::Plain, &words::of("state", other.code())),
    }
}

fn then(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let at_then = show::full(order.updated_at, &cx.zone);
    html! {
        div.notice role="status" {
            (words::with("order.as_of", &[("at", &at_then)])) " "
            a href=(at(&order.number)) { (t("order.now")) }
        }
    }
}

fn holds(cx: &Cx, dossier: &Dossier) -> Markup {
    let open: Vec<&Hold> =
        dossier.shown.order.holds.iter().filter(|hold| hold.released_at.is_none()).collect();
    html! {
        @for hold in open {
            div.notice.attention {
                strong { (state(Meaning::Attention, &words::of("hold", &hold.kind))) } " "
                (hold.reason)
                p.facts.small {
                    span { (words::with("hold.blocks", &[("steps", &steps(hold))])) }
                    span { (t("hold.since")) " " (show::time(cx, hold.placed_at)) }
                    @if let Some(owner) = &hold.owner {
                        span { (words::with("hold.owner", &[("owner", owner)])) }
                    }
                    @if let Some(due) = hold.due_at {
                        span { (words::with("hold.until", &[("at", &show::full(due, &cx.zone))])) }
                    }
                    span { (super::release_hold_link(cx, dossier, hold)) }
                }
            }
        }
    }
}

fn steps(hold: &Hold) -> String {
    let all: Vec<String> = hold.blocks.iter().map(|step| words::of("step", step.code())).collect();
    all.join(", ")
}

fn lines(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let columns = [
        column(t("order.item")),
        figures(t("order.quantity")),
        column(t("order.where")),
        figures(t("order.price")).rank(3),
        figures(t("order.amount")),
    ];
    let rows: Vec<table::Line> = order.lines.iter().map(|line| row(dossier, line)).collect();
    let count = i64::try_from(order.lines.len()).unwrap_or(0);
    let count = html! {
        span.count { (words::counted("unit.line.one", "unit.line.many", count)) }
    };
    let _ = cx;
    parts::section_with(t("order.lines"), &count, &table::table(t("order.lines"), &columns, &rows))
}

fn row(dossier: &Dossier, line: &Line) -> table::Line {
    let order = &dossier.shown.order;
    let item = line.item.and_then(|id| dossier.shown.catalog.get(id));
    let what = html! {
        div { (line.description) }
        div.small.muted {
            @if let Some(item) = item { span.id { (item.sku) } }
            @if let Some(piece) = line.piece {
                " · " (words::with("order.piece", &[("mm", &show::count(piece.get()))]))
            }
            @for discount in &line.discounts {
                " · " (discount.code) " −" (show::figure(discount.amount, order.currency))
            }
        }
    };
    let is_part = line.parent.is_some();
    let money = |minor: i64| html! { @if !is_part { (show::figure(minor, order.currency)) } };
    table::Line {
        is_part,
        ..table::Line::new(vec![
            what,
            html! { (line.entered) " " span.muted { (line.unit) } },
            html! { @if line.is_goods() || line.has_work() {
                (bar::bar(&line.quantities, line.unit_ratio))
            } },
            html! { @if !is_part { (show::price(line.price, order.currency)) } },
            money(line.amounts.due()),
        ])
    }
}

/// Where the goods are: work by location, shipments with their parcels.
fn goods(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let body = html! {
        @for of in &order.fulfillments {
            @let work: Vec<_> = order.work.iter()
                .filter(|work| work.fulfillment == of.id && !work.qty.is_zero()).collect();
            @if !work.is_empty() {
                ul.needs { li {
                    div.what {
                        span { (place(dossier, of.location)) " "
                            (state(Meaning::Info, &words::of("fulfillment", of.state.code()))) }
                        @for one in &work { @if let Ok(line) = order.line(one.line) {
                            span.small { (effects::in_unit(one.qty.get(), line)) " "
                                (line.description) }
                        } }
                    }
                    span.age {}
                    div.actions { (super::work_actions(cx, dossier, of)) }
                } }
            }
        }
        @for backorder in &order.backorders {
            @if let Ok(line) = order.line(backorder.line) {
                ul.needs { li {
                    div.what {
                        span { (place(dossier, backorder.location)) " "
                            (state(Meaning::Attention, t("qty.backordered"))) }
                        span.small { (effects::in_unit(backorder.qty.get(), line)) " "
                            (line.description) }
                    }
                    span.age.small { (show::time(cx, backorder.since)) }
                } }
            }
        }
        @for shipment in &order.shipments { (shipped(cx, dossier, shipment)) }
        @if order.fulfillments.is_empty() && order.backorders.is_empty() {
            p.muted { (t("order.no_goods")) }
        }
    };
    parts::section(t("order.where_it_is"), &body)
}

fn place(dossier: &Dossier, id: orderly_core::id::LocationId) -> String {
    dossier.shown.locations.get(&id).map_or_else(|| "?".into(), |place| place.name.clone())
}

fn shipped(cx: &Cx, dossier: &Dossier, shipment: &Shipment) -> Markup {
    let order = &dossier.shown.order;
    let parcels: Vec<_> = order.parcels.iter().filter(|one| one.shipment == shipment.id).collect();
    let meaning = match shipment.state.code() {
        "done" => Meaning::Good,
        "failed" => Meaning::Attention,
        "shipped" => Meaning::Info,
        _ => Meaning::Plain,
    };
    html! {
        ul.needs { li {
            div.what {
                span { (effects::named(shipment)) " "
                    (state(meaning, &words::of("shipment", shipment.state.code()))) }
                span.small { (t("order.from")) " " (place(dossier, shipment.location)) " · "
                    (show::time(cx, shipment.shipped_at)) }
                @for parcel in &parcels {
                    span.small { span.id { (parcel.sscc) }
                        @if let Some(grams) = parcel.weight_g { " · " (kilos(grams)) } }
                }
            }
            span.age {}
            div.actions { (super::shipment_actions(cx, dossier, shipment)) }
        } }
    }
}

/// A weight in kilograms: `12.4 kg`.
fn kilos(grams: i64) -> String {
    let kilos = rust_decimal::Decimal::new(grams, 3).normalize();
    format!("{kilos} kg")
}

/// What an order comes to, to the last cent.
pub fn sum(order: &Order) -> Markup {
    parts::money(&sum_rows(order))
}

fn sum_rows(order: &Order) -> Vec<(Row, String, String)> {
    let totals = order.head.totals;
    let shown = |minor: i64| show::figure(minor, order.currency);
    let mut rows = vec![(Row::Added, t("money.lines").to_owned(), shown(totals.lines))];
    if totals.discounts != 0 {
        rows.push((Row::Added, t("money.discounts").into(), shown(-totals.discounts)));
    }
    for charge in &order.charges {
        rows.push((Row::Added, charge.description.clone(), shown(charge.amount)));
    }
    if totals.tax_added != 0 {
        rows.push((Row::Added, t("money.tax").into(), shown(totals.tax_added)));
    }
    rows.push((Row::Sum, t("money.total").into(), show::money(totals.total, order.currency)));
    if totals.tax_included != 0 {
        rows.push((Row::Part, t("money.tax_included").into(), shown(totals.tax_included)));
    }
    rows
}

/// The order's money: every cent of the total, what was paid, and what is left.
fn money(dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let totals = order.head.totals;
    let shown = |minor: i64| show::figure(minor, order.currency);
    let mut rows = sum_rows(order);
    let paid = order.head.paid;
    for (key, amount) in [
        ("money.authorized", paid.authorized),
        ("money.captured", paid.captured),
        ("money.refunded", -paid.refunded),
    ] {
        if amount != 0 {
            rows.push((Row::Added, t(key).into(), shown(amount)));
        }
    }
    if order.head.settlement == Settlement::Account {
        rows.push((Row::Part, t("money.on_account").into(), String::new()));
    } else {
        // What was given back is not owed again; what was paid too much is, until it is back.
        let left = match totals.total - paid.captured {
            open if open >= 0 => open,
            above => (above + paid.refunded).min(0),
        };
        rows.push((Row::Sum, t("money.left").into(), show::money(left, order.currency)));
    }
    let body = html! { (parts::money(&rows)) (payments(dossier)) (refunds(dossier)) };
    parts::section(t("order.money"), &body)
}

fn payments(dossier: &Dossier) -> Markup {
    html! {
        @for payment in &dossier.payments {
            p.facts.small {
                span { (words::of("method", &payment.method)) }
                @if let Some(reference) = &payment.reference { span.id { (reference) } }
                span { (words::with("money.took", &[
                    ("amount", &show::money(payment.amounts.captured, payment.currency)),
                ])) }
                @if payment.amounts.capturable() > 0 {
                    span { (words::with("money.may_take", &[
                        ("amount", &show::money(payment.amounts.capturable(), payment.currency)),
                    ])) }
                }
            }
        }
    }
}

fn refunds(dossier: &Dossier) -> Markup {
    html! {
        @for refund in &dossier.refunds {
            p.facts.small {
                span { (words::with("money.refund", &[("number", &refund.number)])) }
                span { (show::money(refund.amount, refund.currency)) }
                @let waits = refund.awaits_approval;
                @let meaning = match refund.state {
                    RefundState::Settled => Meaning::Good,
                    _ if waits => Meaning::Attention,
                    _ => Meaning::Plain,
                };
                span { @if waits { (state(meaning, t("money.awaits"))) }
                    @else { (state(meaning, &words::of("refund", refund.state.code()))) } }
                span { "“" (refund.reason) "”" }
            }
        }
    }
}

fn customer(cx: &Cx, dossier: &Dossier) -> Markup {
    let shown = &dossier.shown;
    let order = &shown.order;
    let party = |id: Option<orderly_core::id::PartyId>| id.and_then(|id| shown.parties.get(&id));
    let hidden = !cx.may_see_people();
    let body = html! {
        @if let Some(customer) = &shown.customer {
            p.facts {
                span.id { (customer.number) }
                @if let Some(account) = &shown.account {
                    span { (words::with("order.account", &[("number", &account.number)])) }
                }
                @if let Some(site) = &shown.site { span { (site.code) } }
            }
        } @else { p.muted { (t("order.nobody")) } }
        @if hidden { p.muted { (t("people.hidden")) } } @else {
            @if let Some(billed) = party(order.head.bill_to) { (address_of(billed)) }
            @for delivery in &order.deliveries { (ship_to(dossier, delivery, &party)) }
        }
    };
    parts::section(t("order.customer"), &body)
}

fn ship_to<'a>(
    dossier: &Dossier,
    delivery: &Delivery,
    party: &impl Fn(Option<orderly_core::id::PartyId>) -> Option<&'a Party>,
) -> Markup {
    let to = party(delivery.ship_to);
    let is_billed = delivery.ship_to == dossier.shown.order.head.bill_to;
    html! {
        h3 { (words::of("method", delivery.method.code())) }
        @if let Some(location) = delivery.location { p { (place(dossier, location)) } }
        @if let Some(to) = to.filter(|_| !is_billed) { (address_of(to)) }
    }
}

fn address_of(party: &Party) -> Markup {
    let town: Vec<&str> = [&party.postcode, &party.city, &party.country]
        .into_iter()
        .filter_map(|one| one.as_deref())
        .collect();
    html! {
        p {
            @if let Some(company) = &party.company { (company) br; }
            (party.name)
            @for line in &party.address_lines { br; (line) }
            @if !town.is_empty() { br; (town.join(" ")) }
        }
        p.small.muted {
            @if let Some(email) = &party.email {
                a href=(format!("mailto:{email}")) { (email) } " "
            }
            @if let Some(phone) = &party.phone { (phone) }
        }
    }
}

fn why_here(dossier: &Dossier) -> Markup {
    if dossier.routing.is_empty() {
        return html! {};
    }
    parts::section(t("order.why_here"), &routing::card(dossier))
}

fn documents(dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let all = html! {
        div.actions {
            a href=(crate::rooms::documents::of(&order.number)) { (t("order.all_documents")) }
        }
    };
    let body = html! {
        @for invoice in &dossier.invoices {
            @let name = invoice.name();
            p.facts { a.id href=(crate::rooms::invoices::at(&name)) { (name) }
                span { (show::money(invoice.total, order.currency)) } }
        }
        @for one in &dossier.returns {
            p.facts { a.id href=(crate::rooms::returns::at(&one.number)) { (one.number) }
                span { (crate::rooms::returns::standing(one)) } }
        }
    };
    parts::section_with(t("order.documents"), &all, &body)
}

fn happened(cx: &Cx, dossier: &Dossier, as_of: Option<i64>) -> Markup {
    parts::section(t("order.timeline"), &drawn(cx, &timeline::entries(dossier, as_of)))
}
