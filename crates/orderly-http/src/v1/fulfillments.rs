//! `/v1/fulfillments`: the work of one location for one delivery.
//!
//! A fulfillment is a part of its order: its version is the order's.

use orderly_core::actor::Permission;
use orderly_core::id::{BinId, ContactId, FulfillmentId, LotId, OrderId};
use orderly_core::order::pack::Pack;
use orderly_core::order::pick::Pick;
use orderly_core::order::reject::RejectReason;
use orderly_core::order::unpick::Unpick;
use orderly_core::order::{Order, Work};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_ops::Error;
use orderly_ops::ops::fulfillments::shipments::{self, NewBox, Shipping};
use orderly_ops::ops::fulfillments::{self as work};
use orderly_ops::ops::read::orders::{self as read, Shown};
use orderly_ops::wire::out::{FulfillmentOut, OrderOut};
use orderly_ops::wire::parts::{self, PartIn};
use schemars::JsonSchema;
use serde::Deserialize;

use super::documents;
use crate::input::Nothing;
use crate::operation::{act, get};
use crate::{Cx, Done, Operation, Page};

macro_rules! steps {
    ($($name:literal $right:ident $summary:literal $handler:ident;)+) => {
        vec![$(act(
            concat!("/v1/fulfillments/{fulfillment}/", $name),
            concat!("fulfillments.", $name),
            $summary,
            Permission::$right,
            $handler,
        )),+]
    };
}

pub fn operations() -> Vec<Operation> {
    let reads = vec![
        get(
            "/v1/fulfillments",
            "fulfillments.list",
            "List fulfillments with work, the oldest first",
            Permission::Read,
            list,
        ),
        get(
            "/v1/fulfillments/{fulfillment}",
            "fulfillments.get",
            "Show a fulfillment",
            Permission::Read,
            show,
        ),
        documents::pick_list(),
    ];
    let steps = steps! {
        "accept" Release "Take the work on at its location" accept;
        "recall" Release "Call the work back from its location" recall;
        "reject" Reject "Refuse work: it is sourced elsewhere" reject;
        "pick" Pick "Record that goods were picked" pick;
        "unpick" Pick "Put picked goods back" unpick;
        "pack" Pack "Record that goods were packed" pack;
        "unpack" Pack "Unpack goods" unpack;
        "ship" Ship "Hand packed goods to the carrier" ship;
        "hand_over" Ship "Hand goods over at the counter, every step at once" hand_over;
    };
    [reads, steps].concat()
}

/// Which fulfillments to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// A location's code.
    location: Option<String>,
    /// `open` or `released`; both where absent.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 100; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<FulfillmentOut>>, Error> {
    if let Some(state) = wanted.state.as_deref().filter(|one| !["open", "released"].contains(one)) {
        let shown: String = state.chars().take(40).collect();
        let detail = format!("`{shown}` is no state of work");
        let refusal = Refusal::at(Code::InvalidField, "/state", detail);
        return Err(refusal.allowed("open, released").into());
    }
    let limit = wanted.limit.unwrap_or(50).clamp(1, 100);
    let after = wanted.after.as_deref().map(cursor).transpose()?;
    let (location, state) = (wanted.location.as_deref(), wanted.state.as_deref());
    let found = read::at_work(&cx.app, &cx.call, location, state, after, limit + 1)?;
    let end = |(one, _): &(read::Waiting, Shown)| {
        format!("{}.{}", one.created_at.micros(), one.fulfillment)
    };
    let page = Page::cut(found, limit, end, |(one, shown)| (one.fulfillment, shown.clone()));
    let mut rows = Vec::with_capacity(page.data.len());
    for (id, shown) in &page.data {
        rows.push(fulfillment(shown, *id)?);
    }
    Ok(Done::of(Page::new(rows, page.next)))
}

fn cursor(text: &str) -> Result<(Instant, FulfillmentId), Refusal> {
    let read = text.split_once('.').and_then(|(at, id)| {
        Some((Instant::from_micros(at.parse().ok()?), id.parse::<FulfillmentId>().ok()?))
    });
    read.ok_or_else(|| Refusal::at(Code::InvalidField, "/after", "this is no cursor of a page"))
}

fn fulfillment(shown: &Shown, id: FulfillmentId) -> Result<FulfillmentOut, Error> {
    let out = OrderOut::from(shown);
    let own = out.fulfillments.into_iter().find(|one| one.id == id.to_string());
    let mut own = own.ok_or_else(|| Error::not_found(format!("fulfillment {id}")))?;
    own.expand(&out.shipments);
    Ok(own)
}

/// The fulfillment that a command's path names, with its order.
fn named(cx: &Cx) -> Result<(FulfillmentId, Shown), Error> {
    let id = cx.id("fulfillment")?;
    Ok((id, read::show_fulfillment(&cx.app, &cx.finding(), id)?))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<FulfillmentOut>, Error> {
    let id = cx.id("fulfillment")?;
    let shown = read::show_fulfillment(&cx.app, &cx.call, id)?;
    Ok(Done::of(fulfillment(&shown, id)?).version(shown.order.version))
}

/// The fulfillment as a command left it.
fn done(cx: &Cx, id: FulfillmentId, order: Order) -> Result<Done<FulfillmentOut>, Error> {
    let shown = read::show_as(&cx.app, &cx.call, order)?;
    Ok(Done::of(fulfillment(&shown, id)?).version(shown.order.version))
}

fn accept(cx: &Cx, _: Nothing) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    done(cx, id, work::release(&cx.app, &cx.call, (shown.order.id, id))?)
}

fn recall(cx: &Cx, _: Nothing) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    done(cx, id, work::recall(&cx.app, &cx.call, (shown.order.id, id))?)
}

/// Work that is refused.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RejectIn {
    /// Why: `not_found`, `damaged`, `no_capacity`, `closed` or `too_late`.
    because: String,
    /// Everything unpicked where absent.
    #[serde(default)]
    lines: Vec<PartIn>,
}

fn reject(cx: &Cx, body: RejectIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let unknown = || {
        let known: Vec<&str> = RejectReason::ALL.iter().map(|one| one.code()).collect();
        let detail = "this is no reason to refuse work";
        Refusal::at(Code::InvalidField, "/because", detail).allowed(known.join(", "))
    };
    let because = RejectReason::parse(&body.because).ok_or_else(unknown)?;
    let lines =
        parts::of(&shown, &body.lines, |line| sum(&shown.order, id, line.id, Work::unpicked))?;
    let of = (shown.order.id, id);
    done(cx, id, work::reject(&cx.app, &cx.call, of, &lines, because)?)
}

/// A quantity of a line's work at a fulfillment.
fn sum(
    order: &Order,
    fulfillment: FulfillmentId,
    line: orderly_core::id::LineId,
    of: fn(&Work) -> Qty,
) -> Qty {
    Qty::sum(order.work_at(fulfillment, line).map(of)).unwrap_or_default()
}

/// Goods of a line, from the shelves in their order or from where the caller says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PickIn {
    /// The line's id, its position or its SKU.
    line: String,
    /// A decimal in the line's unit; all that is released where absent.
    #[serde(default)]
    quantity: Option<String>,
    /// Where the goods lie; the shelves in their order where absent.
    #[serde(default)]
    from: Vec<FromIn>,
}

/// A part of a pick.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FromIn {
    /// A bin's id.
    bin: String,
    /// A lot's id, where the goods have lots, serial numbers or lengths.
    #[serde(default)]
    lot: Option<String>,
    /// In base units.
    quantity: i64,
}

/// What is picked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PicksIn {
    /// Everything released where absent.
    lines: Vec<PickIn>,
}

fn id_at<T: std::str::FromStr>(text: &str, pointer: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::at(Code::InvalidField, pointer, "this is no such id"))
}

fn picks(shown: &Shown, id: FulfillmentId, lines: &[PickIn]) -> Result<Vec<Pick>, Error> {
    let mut out = Vec::new();
    for (index, one) in lines.iter().enumerate() {
        let part = PartIn { line: one.line.clone(), quantity: one.quantity.clone() };
        let line = parts::of(shown, &[part], |line| {
            sum(&shown.order, id, line.id, |work| work.released.less(work.picked))
        })?;
        let claims = parts::claims(&shown.order, id, &line, |work| work.released.less(work.picked));
        let mut from = Vec::with_capacity(one.from.len());
        for (at, part) in one.from.iter().enumerate() {
            let under = format!("/lines/{index}/from/{at}");
            let bin: BinId = id_at(&part.bin, &format!("{under}/bin"))?;
            let lot = part.lot.as_deref().map(|lot| id_at(lot, &format!("{under}/lot")));
            let qty = Qty::new(part.quantity).map_err(|error| {
                let pointer = format!("{under}/quantity");
                Refusal::at(Code::QuantityInvalid, pointer, error.to_string())
            })?;
            from.push((bin, lot.transpose()?.unwrap_or(LotId::NONE), qty));
        }
        if claims.len() > 1 && !from.is_empty() {
            let pointer = format!("/lines/{index}/from");
            let detail = "the line is served by several claims: pick them one by one";
            return Err(Refusal::at(Code::InvalidField, pointer, detail).into());
        }
        out.extend(claims.into_iter().map(|(claim, qty)| Pick { claim, qty, from: from.clone() }));
    }
    Ok(out)
}

fn pick(cx: &Cx, body: PicksIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let picks = picks(&shown, id, &body.lines)?;
    done(cx, id, work::pick(&cx.app, &cx.call, (shown.order.id, id), &picks)?)
}

/// What is put back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct UnpicksIn {
    /// Everything picked and not packed where absent.
    lines: Vec<PartIn>,
    /// Pieces that were cut for the order go to storage as they are.
    keep_cut: bool,
}

fn unpick(cx: &Cx, body: UnpicksIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let room: fn(&Work) -> Qty = |work| work.picked.less(work.packed);
    let lines = parts::of(&shown, &body.lines, |line| sum(&shown.order, id, line.id, room))?;
    let claims = parts::claims(&shown.order, id, &lines, room).into_iter();
    let keep_cut = body.keep_cut;
    let back: Vec<Unpick> = claims.map(|(claim, qty)| Unpick { claim, qty, keep_cut }).collect();
    let of = (shown.order.id, id);
    done(cx, id, work::unpick(&cx.app, &cx.call, of, &back, keep_cut)?)
}

/// Goods of a line.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PackIn {
    /// The line's id, its position or its SKU.
    line: String,
    /// A decimal in the line's unit; all there is where absent.
    #[serde(default)]
    quantity: Option<String>,
    /// Catch weight: what was measured, in the line's unit.
    #[serde(default)]
    measured: Option<String>,
}

/// What is packed or unpacked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PacksIn {
    /// Everything picked where absent.
    lines: Vec<PackIn>,
}

fn packs(
    shown: &Shown,
    id: FulfillmentId,
    lines: &[PackIn],
    room: fn(&Work) -> Qty,
) -> Result<Vec<Pack>, Error> {
    let mut out = Vec::new();
    for one in lines {
        let part = PartIn { line: one.line.clone(), quantity: one.quantity.clone() };
        let line = parts::of(shown, &[part], |line| sum(&shown.order, id, line.id, room))?;
        let mut measured = None;
        if let (Some(text), [(line, _)]) = (one.measured.as_deref(), line.as_slice()) {
            let line = shown.order.line(*line)?;
            let wrong = |error| Error::from(orderly_core::item::qty_refusal(error));
            let entered = Entered::parse(text).map_err(wrong)?;
            measured = Some(entered.to_base(line.unit_ratio, &line.unit).map_err(wrong)?);
        }
        // A measure goes with the line's first claim.
        for (claim, qty) in parts::claims(&shown.order, id, &line, room) {
            out.push(Pack { claim, qty, measured: measured.take() });
        }
    }
    Ok(out)
}

fn pack(cx: &Cx, body: PacksIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let packs = packs(&shown, id, &body.lines, |work| work.picked.less(work.packed))?;
    done(cx, id, work::pack(&cx.app, &cx.call, (shown.order.id, id), &packs)?)
}

fn unpack(cx: &Cx, body: PacksIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let mut packs = packs(&shown, id, &body.lines, |work| work.packed)?;
    if body.lines.is_empty() {
        let own = shown.order.work.iter().filter(|work| work.fulfillment == id);
        let packed = own.filter(|work| !work.packed.is_zero());
        packs = packed
            .map(|work| Pack { claim: work.claim, qty: work.packed, measured: None })
            .collect();
    }
    done(cx, id, work::unpack(&cx.app, &cx.call, (shown.order.id, id), &packs)?)
}

/// A parcel.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ParcelIn {
    weight_g: Option<i64>,
    tracking: Option<String>,
}

/// What leaves together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ShipIn {
    /// Everything packed where absent.
    lines: Vec<PartIn>,
    carrier: Option<String>,
    service: Option<String>,
    tracking: Option<String>,
    /// One parcel where absent and the delivery is sent by parcel.
    parcels: Vec<ParcelIn>,
    /// The id of the account's contact who collects.
    collected_by: Option<String>,
}

fn contact(text: Option<&str>) -> Result<Option<ContactId>, Refusal> {
    text.map(|text| id_at(text, "/collected_by")).transpose()
}

fn ship(cx: &Cx, body: ShipIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let packed: fn(&Work) -> Qty = |work| work.packed;
    let lines = parts::of(&shown, &body.lines, |line| sum(&shown.order, id, line.id, packed))?;
    let parcels = body.parcels.into_iter();
    let shipping = Shipping {
        lines: parts::claims(&shown.order, id, &lines, packed),
        carrier: body.carrier,
        service: body.service,
        tracking: body.tracking,
        parcels: parcels
            .map(|one| NewBox { weight_g: one.weight_g, tracking: one.tracking })
            .collect(),
        collected_by: contact(body.collected_by.as_deref())?,
    };
    done(cx, id, shipments::ship(&cx.app, &cx.call, (shown.order.id, id), &shipping)?)
}

/// Goods handed over at the counter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct HandIn {
    /// Everything where absent.
    lines: Vec<PickIn>,
    /// The id of the account's contact who collects.
    collected_by: Option<String>,
}

fn hand_over(cx: &Cx, body: HandIn) -> Result<Done<FulfillmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let picks = picks(&shown, id, &body.lines)?;
    let contact = contact(body.collected_by.as_deref())?;
    let of: (OrderId, FulfillmentId) = (shown.order.id, id);
    done(cx, id, work::hand_over_to(&cx.app, &cx.call, of, &picks, contact)?)
}
