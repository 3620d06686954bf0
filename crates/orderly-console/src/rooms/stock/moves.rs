//! Receiving, adjusting and sending goods: scanned or typed, shown before it happens, and done as
//! shown. One column, so that it works with one hand.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_core::item::Item;
use orderly_core::units::Condition;
use orderly_ops::ops::read::stock::supply::{Supply, supply};
use orderly_ops::ops::stock::{adjust as adjusting, receive as receiving, transfer as sending};
use orderly_ops::wire::stock::{
    AdjustmentIn, ReceiptIn, ReceiptLineIn, TransferIn, TransferLineIn,
};
use orderly_ops::{App, Call, Error};

use super::basket::{self, Basket};
use super::{HERE, at, chosen, done_bar, location_field, locations};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{Field, field, select};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::{self, goods, scan};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show};

type Told = Result<Vec<Effect>, Error>;

/// One of the benches: what it is called and what it works with.
struct Bench<'a> {
    /// `receive`, `adjust`, `transfer`.
    name: &'static str,
    basket: &'a Basket,
    fields: &'a Fields,
    inputs: Markup,
    /// What will change; `None` while there is nothing to do yet.
    told: Option<Told>,
    /// What was refused when it was done.
    error: Option<&'a Error>,
}

fn page(cx: &Cx, bench: &Bench<'_>) -> Page {
    let path = format!("{HERE}/{}", bench.name);
    let title = words::of("stock_act", bench.name);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock"))]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        (done_bar(cx))
        div.bench {
            (scan::line(&path, bench.fields, bench.basket.said.as_ref()))
            @if let Some(error) = bench.error { (fault::notice(error)) }
            form.form action=(path) data-preview {
                (bench.inputs)
                div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
            }
            @match &bench.told {
                None => { div #sheet {} }
                Some(Ok(effects)) => {
                    (sheet(cx, &Sheet {
                        title: t("sheet.title"),
                        effects,
                        action: &path,
                        fields: bench.fields,
                        version: None,
                        confirm: &title,
                        is_grave: false,
                        back: HERE,
                    }))
                }
                Some(Err(refusal)) => {
                    div #sheet { @if bench.error.is_none() { (fault::notice(refusal)) } }
                }
            }
        }
    };
    Page::new(title, body).with_status(bench.error.map_or(200, fault::status))
}

/// A call for trying: with a reason, without a key.
fn trial(cx: &Cx) -> Call {
    let mut call = cx.call.clone();
    call.reason = Some(t("sheet.trial").to_owned());
    call
}

/// Answers with the page where an action was refused, else with the way on.
fn answer(
    done: Result<String, Error>,
    refused: impl FnOnce(&Error) -> Result<Page, Error>,
) -> Result<Answer, Error> {
    match done {
        Ok(way) => Ok(Answer::Goto(way)),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(refused(&error)?.into()),
        Err(error) => Err(error),
    }
}

/// What there is of an item at a location.
fn there(cx: &Cx, item: &Item, location: &str) -> Result<Supply, Error> {
    let (_, found) = supply(&cx.app, &cx.call, &item.sku, Some(location))?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// `Nail: 12 → 17 on hand at Leeds`.
fn changes(cx: &Cx, item: &Item, location: &str, delta: i64) -> Result<Effect, Error> {
    let now = there(cx, item, location)?.on_hand;
    let figures: [(&str, &dyn std::fmt::Display); 4] = [
        ("item", &item.name),
        ("place", &location),
        ("was", &goods::number(item, now)),
        ("is", &goods::number(item, now + delta)),
    ];
    let sign = if delta < 0 { '−' } else { '+' };
    let figure = format!("{} {}", goods::signed(item, delta), item.sale_unit);
    Ok(Effect::new(sign, words::with("effect.stock", &figures), figure))
}

// ---- Receiving -------------------------------------------------------------------------------

pub fn show_receive(cx: &Cx) -> Result<Answer, Error> {
    Ok(receive_page(cx, &cx.query, None)?.into())
}

pub fn receive(cx: &Cx) -> Result<Answer, Error> {
    let basket = basket::read(cx, &cx.form)?;
    let new = receipt(&basket);
    let done = cx.command().and_then(|call| receiving::receive(&cx.app, &call, &new));
    let way = done.map(|receipt| {
        let undo = format!("receipt.{}", receipt.id);
        let fields = [("location", new.location.as_str()), ("done", "received"), ("undo", &undo)];
        address("/console/stock/receive", &fields)
    });
    answer(way, |error| receive_page(cx, &cx.form, Some(error)))
}

fn receipt(basket: &Basket) -> ReceiptIn {
    let line = |entry: &basket::Entry| {
        let item = &*entry.item;
        ReceiptLineIn {
            sku: item.sku.clone(),
            quantity: entry.quantity.clone(),
            length: basket.of("length", item),
            lot: basket.of("lot", item),
            expires_on: basket.of("expires", item),
            serials: basket.serials(item),
            cost: basket.of("cost", item),
            ..ReceiptLineIn::default()
        }
    };
    ReceiptIn {
        location: basket.fields.text("location").to_owned(),
        kind: basket.fields.owned("kind"),
        reference: basket.fields.owned("reference"),
        lines: basket.entries.iter().map(line).collect(),
        ..ReceiptIn::default()
    }
}

fn receive_page(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Page, Error> {
    let places = locations(cx)?;
    let basket = basket::read(cx, fields)?;
    let basket = placed(basket, "location", &places);
    let place = basket.fields.text("location").to_owned();
    let told = (!basket.entries.is_empty()).then(|| told_of_receipt(cx, &basket, &place));
    let refused = error.or(told.as_ref().and_then(|told| told.as_ref().err()));
    let kinds: Vec<(String, String)> = ["purchase", "opening", "other"]
        .iter()
        .map(|kind| ((*kind).to_owned(), words::of("receipt_kind", kind)))
        .collect();
    let inputs = html! {
        (location_field("location", t("stock.location"), &places, &place))
        (basket.inputs(refused, &["expires", "serials", "cost"]))
        details.more {
            summary { (t("stock.more")) }
            (select("kind", t("stock.receipt_kind"), basket.fields.text("kind"), &kinds))
            (field(&Field {
                name: "reference", label: t("stock.note"), value: basket.fields.text("reference"),
                error: wrong_at(refused, "reference"), ..Field::default()
            }))
        }
    };
    let fields = &basket.fields;
    Ok(page(cx, &Bench { name: "receive", basket: &basket, fields, inputs, told, error }))
}

/// The fields with the location that is meant where none was named.
fn placed(mut basket: Basket, name: &str, places: &[Location]) -> Basket {
    let code = chosen(places, basket.fields.text(name)).map(|one| one.code.clone());
    if basket.fields.get(name).is_none() {
        basket.fields.0.push((name.to_owned(), code.unwrap_or_default()));
    }
    basket
}

fn told_of_receipt(cx: &Cx, basket: &Basket, place: &str) -> Told {
    let receipt = receiving::receive(&cx.app.rehearsal(), &trial(cx), &receipt(basket))?;
    let mut effects = Vec::new();
    for entry in &basket.entries {
        let item = &*entry.item;
        let own = receipt.lines.iter().filter(|line| line.spot.item == item.id);
        let sum = own.map(|line| line.qty.get()).sum();
        effects.push(changes(cx, item, place, sum)?);
        let owed = there(cx, item, place)?.backordered;
        if owed > 0 {
            let text = words::with("effect.serves", &[("item", &item.name)]);
            effects.push(Effect::new('→', text, goods::text(item, owed.min(sum))));
        }
    }
    if cx.may(Permission::ReadCost) {
        let worth = receipt.lines.iter().map(|line| line.value).sum();
        effects.push(Effect::new('·', t("effect.worth"), show::money(worth, receipt.currency)));
    }
    Ok(effects)
}

// ---- Adjusting -------------------------------------------------------------------------------

pub fn show_adjust(cx: &Cx) -> Result<Answer, Error> {
    Ok(adjust_page(cx, &cx.query, None)?.into())
}

pub fn adjust(cx: &Cx) -> Result<Answer, Error> {
    let basket = one_only(basket::read(cx, &cx.form)?);
    let new = adjustment(&basket);
    let done = cx.command().and_then(|call| adjusting::adjust(&cx.app, &call, &new));
    let way = done.map(|adjustment| {
        let undo = format!("adjustment.{}", adjustment.id);
        let fields = [("location", new.location.as_str()), ("done", "adjusted"), ("undo", &undo)];
        address(&at(&new.sku), &fields)
    });
    answer(way, |error| adjust_page(cx, &cx.form, Some(error)))
}

/// One item is adjusted at a time: the last that was scanned.
fn one_only(mut basket: Basket) -> Basket {
    if basket.entries.len() > 1 {
        basket.entries.drain(..basket.entries.len() - 1);
        let own = format!("line.{}", basket.entries[0].item.sku);
        basket.fields.0.retain(|(name, _)| !name.starts_with("line.") || *name == own);
    }
    basket
}

fn adjustment(basket: &Basket) -> AdjustmentIn {
    let fields = &basket.fields;
    let Some(entry) = basket.entries.first() else { return AdjustmentIn::default() };
    let item = &*entry.item;
    let is_less = fields.text("way") != "found";
    let size = entry.quantity.trim_start_matches(['-', '+']);
    AdjustmentIn {
        location: fields.text("location").to_owned(),
        sku: item.sku.clone(),
        quantity: if is_less { format!("-{size}") } else { size.to_owned() },
        length: basket.of("length", item),
        lot: basket.of("lot", item),
        condition: fields.owned("condition"),
        to: is_less.then(|| fields.get("way").unwrap_or("lost").to_owned()),
        reason: fields.text("reason").to_owned(),
        ..AdjustmentIn::default()
    }
}

fn adjust_page(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Page, Error> {
    let places = locations(cx)?;
    let basket = placed(one_only(basket::read(cx, fields)?), "location", &places);
    let place = basket.fields.text("location").to_owned();
    let told = (!basket.entries.is_empty()).then(|| told_of_adjustment(cx, &basket, &place));
    let refused = error.or(told.as_ref().and_then(|told| told.as_ref().err()));
    let ways: Vec<(String, String)> = ["lost", "scrap", "own_use", "found"]
        .iter()
        .map(|way| ((*way).to_owned(), words::of("way", way)))
        .collect();
    let conditions: Vec<(String, String)> = Condition::ALL
        .iter()
        .map(|one| (one.code().to_owned(), words::of("condition", one.code())))
        .collect();
    let inputs = html! {
        (location_field("location", t("stock.location"), &places, &place))
        (basket.inputs(refused, &[]))
        (select("way", t("stock.way"), basket.fields.text("way"), &ways))
        (field(&Field {
            name: "reason", label: t("stock.reason"), value: basket.fields.text("reason"),
            error: wrong_at(error, "reason"), required: true, ..Field::default()
        }))
        (select(
            "condition", t("stock.condition"), basket.fields.text("condition"),
            &conditions,
        ))
    };
    let fields = &basket.fields;
    Ok(page(cx, &Bench { name: "adjust", basket: &basket, fields, inputs, told, error }))
}

fn told_of_adjustment(cx: &Cx, basket: &Basket, place: &str) -> Told {
    let mut new = adjustment(basket);
    if new.reason.is_empty() {
        new.reason = t("sheet.trial").to_owned();
    }
    let made = adjusting::adjust(&cx.app.rehearsal(), &trial(cx), &new)?;
    let Some(entry) = basket.entries.first() else { return Ok(Vec::new()) };
    let (item, delta) = (&*entry.item, made.delta.0);
    let mut effects = Vec::new();
    if made.spot.condition == Condition::Sellable {
        effects.push(changes(cx, item, place, delta)?);
        let now = there(cx, item, place)?;
        let short = (now.allocated - (now.on_hand + delta)).clamp(0, now.allocated);
        if delta < 0 && short > 0 {
            effects.push(Effect::new('!', t("effect.owes"), goods::text(item, short)));
        }
    } else {
        let word = words::of("condition", made.spot.condition.code());
        let text = format!("{}: {word}", item.name);
        let figure = format!("{} {}", goods::signed(item, delta), item.sale_unit);
        effects.push(Effect::new(if delta < 0 { '−' } else { '+' }, text, figure));
    }
    let way = basket.fields.get("way").unwrap_or("lost");
    effects.push(Effect::new('·', words::of("effect_way", way), ""));
    Ok(effects)
}

// ---- Sending to another location -------------------------------------------------------------

pub fn show_transfer(cx: &Cx) -> Result<Answer, Error> {
    Ok(transfer_page(cx, &cx.query, None)?.into())
}

pub fn transfer(cx: &Cx) -> Result<Answer, Error> {
    let basket = basket::read(cx, &cx.form)?;
    let new = transfer_in(&basket);
    let done = cx.command().and_then(|call| sending::ship(&cx.app, &call, &new));
    let way = done.map(|transfer| {
        let undo = format!("transfer.{}", transfer.id);
        let fields = [("done", "sent"), ("undo", undo.as_str())];
        address(&super::transfers::at(&transfer.number), &fields)
    });
    answer(way, |error| transfer_page(cx, &cx.form, Some(error)))
}

fn transfer_in(basket: &Basket) -> TransferIn {
    let line = |entry: &basket::Entry| TransferLineIn {
        sku: entry.item.sku.clone(),
        quantity: entry.quantity.clone(),
        length: basket.of("length", &entry.item),
        lot: basket.of("lot", &entry.item),
        ..TransferLineIn::default()
    };
    TransferIn {
        from: basket.fields.text("location").to_owned(),
        to: basket.fields.text("to").to_owned(),
        expected_on: basket.fields.owned("expected_on"),
        lines: basket.entries.iter().map(line).collect(),
    }
}

fn transfer_page(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Page, Error> {
    let places = locations(cx)?;
    let mut basket = placed(basket::read(cx, fields)?, "location", &places);
    let from = basket.fields.text("location").to_owned();
    if basket.fields.get("to").is_none() {
        let other = places.iter().find(|one| one.code != from).map(|one| one.code.clone());
        basket.fields.0.push(("to".into(), other.unwrap_or_default()));
    }
    let told =
        (!basket.entries.is_empty()).then(|| told_of_transfer(&cx.app.rehearsal(), cx, &basket));
    let refused = error.or(told.as_ref().and_then(|told| told.as_ref().err()));
    let inputs = html! {
        (location_field("location", t("stock.from"), &places, &from))
        (location_field("to", t("stock.to"), &places, basket.fields.text("to")))
        (basket.inputs(refused, &[]))
        (field(&Field {
            name: "expected_on", label: t("stock.expected_on"), kind: "date", is_short: true,
            value: basket.fields.text("expected_on"),
            error: wrong_at(refused, "expected_on"), ..Field::default()
        }))
    };
    let fields = &basket.fields;
    Ok(page(cx, &Bench { name: "transfer", basket: &basket, fields, inputs, told, error }))
}

fn told_of_transfer(rehearsal: &App, cx: &Cx, basket: &Basket) -> Told {
    let new = transfer_in(basket);
    let made = sending::ship(rehearsal, &trial(cx), &new)?;
    let mut effects = Vec::new();
    for entry in &basket.entries {
        let item = &*entry.item;
        let own = made.lines.iter().filter(|line| line.item == item.id);
        let sum: i64 = own.map(|line| line.sent.get()).sum();
        effects.push(changes(cx, item, &new.from, -sum)?);
        let text = words::with("effect.on_the_way", &[("item", &item.name), ("place", &new.to)]);
        effects.push(Effect::new('→', text, goods::text(item, sum)));
    }
    Ok(effects)
}
