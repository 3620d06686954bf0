//! `/v1/loads`: runs of own vehicles, their stops, and what shows that goods were handed over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orderly_core::actor::Permission;
use orderly_core::catalog::Coordinates;
use orderly_core::id::{LoadId, StopId};
use orderly_core::load::{Load, ProofKind};
use orderly_core::order::deliver::Then;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::ops::loads::road::{self, Back, Drop};
use orderly_ops::ops::loads::{self, NewLoad, NewStop, documents, read};
use orderly_ops::ops::read::orders;
use orderly_ops::wire::out::loads::{LoadOut, ProofOut};
use orderly_ops::wire::parts::{self, PartIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::documents::Sheet;
use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, file, get};
use crate::{Cx, Done, File, Operation, Page};

const PDF: &[&str] = &["application/pdf"];
/// What a proof may be.
const PROOFS: &[&str] = &["image/png", "image/jpeg", "image/webp", "application/pdf"];

pub fn operations() -> Vec<Operation> {
    [runs(), stops()].into_iter().flatten().collect()
}

fn runs() -> Vec<Operation> {
    use Permission::{Load, Read};
    vec![
        get("/v1/loads", "loads.list", "List loads, the latest first", Read, list),
        create("/v1/loads", "loads.plan", "Plan a run of a vehicle on a day", Load, plan),
        get("/v1/loads/{load}", "loads.get", "Show a load with its stops", Read, show),
        file("/v1/loads/{load}/pdf", "loads.pdf", "The driver's list as a PDF", Read, PDF, sheet),
        file(
            "/v1/loads/{load}/stops/{stop}/note",
            "loads.note",
            "The delivery note of a stop as a PDF",
            Read,
            PDF,
            note,
        ),
        act("/v1/loads/{load}/add", "loads.add", "Add a stop for an order", Load, add),
        act(
            "/v1/loads/{load}/depart",
            "loads.depart",
            "Leave with everything packed for the stops",
            Load,
            depart,
        ),
        act("/v1/loads/{load}/cancel", "loads.cancel", "Give a planned load up", Load, cancel),
        act(
            "/v1/loads/{load}/return",
            "loads.return",
            "End the run: what is still aboard comes back to stock",
            Load,
            give_back,
        ),
    ]
}

fn stops() -> Vec<Operation> {
    use Permission::{Load, Read};
    let step = |path, id, summary, f| act(path, id, summary, Load, f);
    vec![
        step(
            "/v1/loads/{load}/stops/{stop}/remove",
            "loads.remove",
            "Take a stop off a planned load",
            remove,
        ),
        act(
            "/v1/loads/{load}/stops/{stop}/drop",
            "loads.drop",
            "Hand goods over at a stop, with proof and the money due",
            Load,
            drop_at,
        )
        .heavy(),
        step(
            "/v1/loads/{load}/stops/{stop}/undrop",
            "loads.undrop",
            "Take a drop recorded by mistake back: its goods are aboard again",
            undrop,
        ),
        act(
            "/v1/loads/{load}/stops/{stop}/fail",
            "loads.fail",
            "Record that a stop was reached in vain",
            Load,
            fail,
        ),
        act(
            "/v1/loads/{load}/stops/{stop}/go_on",
            "loads.go_on",
            "Let what is aboard for a stop go on with another load",
            Load,
            go_on,
        ),
        get(
            "/v1/loads/{load}/stops/{stop}/proofs",
            "loads.proofs",
            "List the signatures and photos of a stop",
            Read,
            proofs,
        ),
        file(
            "/v1/loads/{load}/stops/{stop}/proofs/{document}",
            "loads.proof",
            "Get a signature or a photo of a stop",
            Read,
            PROOFS,
            proof,
        ),
    ]
}

/// Which to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// Only those of this day.
    day: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<LoadOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let day = wanted.day.as_deref().map(Day::parse).transpose()?;
    let after = wanted.after.as_deref().map(cursor).transpose()?;
    let found = read::list(&cx.app, &cx.call, day, after, i64::from(limit))?;
    let end = |(load, _): &(Load, _)| format!("{}.{}", load.day, load.id);
    let row = |(load, vehicle): &(Load, Option<_>)| LoadOut::row(load, vehicle.as_ref());
    Ok(paging::page(&found, limit, end, row).into())
}

fn cursor(text: &str) -> Result<(Day, LoadId), Refusal> {
    let read = text.split_once('.');
    let read = read.and_then(|(day, id)| Some((Day::parse(day).ok()?, id.parse().ok()?)));
    read.ok_or_else(|| Refusal::at(Code::InvalidField, "/after", "this is no cursor of a page"))
}

fn page(shown: &read::Shown) -> Done<LoadOut> {
    Done::of(LoadOut::from(shown)).version(shown.load.version)
}

/// The load as a command left it.
fn done(cx: &Cx, load: Load) -> Result<Done<LoadOut>, Error> {
    Ok(page(&read::show_as(&cx.app, &cx.call, load)?))
}

/// The load that a command's path names.
fn named(cx: &Cx) -> Result<read::Shown, Error> {
    read::show(&cx.app, &cx.finding(), cx.text("load"))
}

/// The stop that stands in the path: by its id or its position.
fn stop(cx: &Cx, load: &Load) -> Result<StopId, Error> {
    let text = cx.text("stop");
    let is = |position: i64, id: StopId| position.to_string() == text || id.to_string() == text;
    let found = load.kept().find(|stop| is(stop.position, stop.id));
    let shown: String = text.chars().take(60).collect();
    let missing = || Error::not_found(format!("stop `{shown}` of load {}", load.number));
    Ok(found.ok_or_else(missing)?.id)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<LoadOut>, Error> {
    Ok(page(&read::show(&cx.app, &cx.call, cx.text("load"))?))
}

fn sheet(cx: &Cx, wanted: Sheet) -> Result<File, Error> {
    let shown = read::show(&cx.app, &cx.call, cx.text("load"))?;
    let drawn = documents::list(&shown, wanted.paper()?)?;
    super::pdf(drawn.to_pdf(), &format!("load-{}", shown.load.number))
}

fn note(cx: &Cx, wanted: Sheet) -> Result<File, Error> {
    let shown = read::show(&cx.app, &cx.call, cx.text("load"))?;
    let own = stop(cx, &shown.load)?;
    let notes = documents::notes(&shown, wanted.paper()?)?;
    let at = shown.load.kept().position(|one| one.id == own);
    let one = at.and_then(|at| notes.get(at)).ok_or_else(|| Error::not_found("delivery note"))?;
    let position = shown.load.stop(own)?.position;
    super::pdf(one.to_pdf(), &format!("delivery-note-{}-{position}", shown.load.number))
}

/// A run to plan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LoadIn {
    /// The vehicle's code.
    vehicle: String,
    /// The code of the location it leaves.
    location: String,
    day: String,
    driver: Option<String>,
}

fn plan(cx: &Cx, new: LoadIn) -> Result<Done<LoadOut>, Error> {
    let LoadIn { vehicle, location, day, driver } = new;
    let new = NewLoad { vehicle, location, day, driver };
    let made = loads::plan(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/loads/{}", made.id);
    Ok(done(cx, made)?.at(at))
}

/// A stop to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StopIn {
    /// The order's number or id.
    order: String,
    /// The delivery's id or the order's name of it; the only one by van where absent.
    delivery: Option<String>,
    /// All that the location has for it and no other stop takes where absent.
    #[serde(default)]
    lines: Vec<PartIn>,
    /// The time window, such as `08:00` and `10:30`.
    slot_from: Option<String>,
    slot_until: Option<String>,
    /// A word to the driver.
    note: Option<String>,
    /// Its place in the run; the last where absent.
    position: Option<i64>,
}

fn add(cx: &Cx, new: StopIn) -> Result<Done<LoadOut>, Error> {
    let load = named(cx)?.load.id;
    let order = orders::show(&cx.app, &cx.finding(), &new.order)?;
    let delivery = match new.delivery.as_deref() {
        None => None,
        Some(name) => Some(parts::delivery(&order, name)?),
    };
    let slot = match (new.slot_from, new.slot_until) {
        (None, None) => None,
        (from, until) => Some((from.unwrap_or_default(), until.unwrap_or_default())),
    };
    let lines = parts::of(&order, &new.lines, |line| line.quantities.allocated)?;
    let (order, note, position) = (order.order.id, new.note, new.position);
    let stop = NewStop { order, delivery, lines, slot, note, position };
    done(cx, loads::add(&cx.app, &cx.call, load, &stop)?)
}

fn depart(cx: &Cx, _: Nothing) -> Result<Done<LoadOut>, Error> {
    done(cx, road::depart(&cx.app, &cx.call, named(cx)?.load.id)?)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<LoadOut>, Error> {
    done(cx, loads::cancel(&cx.app, &cx.call, named(cx)?.load.id)?)
}

/// What becomes of goods that come back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ReturnIn {
    /// `reopen` (where absent: they are shipped again), `cancel` or `later`.
    then: Option<String>,
    /// They are inspected before they go on sale.
    inspect: bool,
}

fn give_back(cx: &Cx, body: ReturnIn) -> Result<Done<LoadOut>, Error> {
    let then = match body.then.as_deref() {
        None => Then::Reopen,
        Some(text) => Then::parse(text).ok_or_else(|| {
            Refusal::at(Code::InvalidField, "/then", "there is no such choice")
                .allowed("reopen, cancel, later")
        })?,
    };
    let back = Back { then, sellable: !body.inspect };
    done(cx, road::give_back(&cx.app, &cx.call, named(cx)?.load.id, back)?)
}

/// A step of one stop.
type Step = fn(&App, &Call, LoadId, StopId) -> Result<Load, Error>;

fn step(cx: &Cx, step: Step) -> Result<Done<LoadOut>, Error> {
    let shown = named(cx)?;
    let stop = stop(cx, &shown.load)?;
    done(cx, step(&cx.app, &cx.call, shown.load.id, stop)?)
}

fn remove(cx: &Cx, _: Nothing) -> Result<Done<LoadOut>, Error> {
    step(cx, loads::remove)
}

fn undrop(cx: &Cx, _: Nothing) -> Result<Done<LoadOut>, Error> {
    step(cx, road::undrop)
}

/// What is handed over at a stop.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DropIn {
    /// Who took the goods.
    received_by: String,
    /// Everything aboard for the stop where absent.
    #[serde(default)]
    lines: Vec<PartIn>,
    /// Why not everything was taken.
    refused: Option<String>,
    /// Where it was.
    at: Option<Coordinates>,
    #[serde(default)]
    proofs: Vec<ProofIn>,
    /// Money that was taken, in the order's currency.
    collected: Option<String>,
    /// How it was paid; `cash` where absent.
    method: Option<String>,
}

/// A signature or a photo.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProofIn {
    /// `signature` or `photo`.
    kind: String,
    /// A PNG, JPEG, WebP or PDF file in base64.
    content: String,
}

impl ProofIn {
    fn read(&self, index: usize) -> Result<(ProofKind, Vec<u8>), Refusal> {
        let wrong = |field: &str, detail: &str| {
            Refusal::at(Code::InvalidField, format!("/proofs/{index}/{field}"), detail)
        };
        let kind = ProofKind::parse(&self.kind)
            .ok_or_else(|| wrong("kind", "there is no such kind").allowed("signature, photo"))?;
        let content = STANDARD.decode(self.content.trim());
        Ok((kind, content.map_err(|_| wrong("content", "this is no base64"))?))
    }
}

fn drop_at(cx: &Cx, body: DropIn) -> Result<Done<LoadOut>, Error> {
    let shown = named(cx)?;
    let stop = stop(cx, &shown.load)?;
    let order = shown.orders.get(&shown.load.stop(stop)?.order);
    let order = order.ok_or_else(|| Error::Internal("a stop has no order".into()))?;
    let proofs = body.proofs.iter().enumerate().map(|(index, one)| one.read(index));
    let what = Drop {
        lines: parts::of(order, &body.lines, |line| line.quantities.in_transit())?,
        received_by: body.received_by,
        at: body.at,
        proofs: proofs.collect::<Result<_, _>>()?,
        refused: body.refused,
        collected: body.collected,
        method: body.method,
    };
    done(cx, road::drop_at(&cx.app, &cx.call, shown.load.id, stop, &what)?)
}

/// Why a stop was reached in vain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FailIn {
    reason: String,
}

fn fail(cx: &Cx, body: FailIn) -> Result<Done<LoadOut>, Error> {
    let shown = named(cx)?;
    let stop = stop(cx, &shown.load)?;
    done(cx, road::fail(&cx.app, &cx.call, shown.load.id, stop, &body.reason)?)
}

/// Which load takes the goods on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GoOnIn {
    /// The number or id of the other load.
    to: String,
}

fn go_on(cx: &Cx, body: GoOnIn) -> Result<Done<LoadOut>, Error> {
    let shown = named(cx)?;
    let stop = stop(cx, &shown.load)?;
    let to = read::show(&cx.app, &cx.finding(), &body.to)?.load.id;
    done(cx, road::go_on(&cx.app, &cx.call, shown.load.id, stop, to)?)
}

fn proven(cx: &Cx) -> Result<Vec<read::Proof>, Error> {
    let shown = read::show(&cx.app, &cx.call, cx.text("load"))?;
    let stop = stop(cx, &shown.load)?;
    read::proofs(&cx.app, &cx.call, cx.text("load"), stop)
}

fn proofs(cx: &Cx, _: Nothing) -> Result<Done<Page<ProofOut>>, Error> {
    Ok(Page::new(proven(cx)?.iter().map(ProofOut::from).collect(), None).into())
}

fn proof(cx: &Cx, _: Nothing) -> Result<File, Error> {
    let name = cx.text("document");
    let found = proven(cx)?.into_iter().find(|one| one.document.to_string() == name);
    let found = found.ok_or_else(|| Error::not_found("proof"))?;
    let media = PROOFS.iter().copied().find(|media| *media == found.media_type);
    let media = media.unwrap_or("application/octet-stream");
    let end = media.rsplit('/').next().unwrap_or("bin");
    let name = Some(format!("{}-{name}.{end}", found.kind.code()));
    Ok(File { media, name, bytes: found.content })
}
