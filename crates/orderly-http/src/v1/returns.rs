//! `/v1/returns`: goods that come back, from announced to credited.

use orderly_core::actor::Permission;
use orderly_core::id::{ItemId, LotId, ReturnId, ReturnLineId};
use orderly_core::refund::RefundSettlement;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::{Fate, Return, ReturnLine, ReturnState};
use orderly_core::time::Instant;
use orderly_ops::ops::read::{catalog, orders, parties, returns as read};
use orderly_ops::ops::refunds::{BlindIn, make_blind};
use orderly_ops::ops::returns::{self as ops, ArrivalIn, ReturnIn, ReturnLineIn, VerdictIn};
use orderly_ops::wire::out::back::{RefundOut, ReturnOut};
use orderly_ops::wire::parts::{self, PartIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

macro_rules! steps {
    ($($name:literal $right:ident $summary:literal $handler:ident;)+) => {
        vec![$(act(
            concat!("/v1/returns/{return}/", $name),
            concat!("returns.", $name),
            $summary,
            Permission::$right,
            $handler,
        )),+]
    };
}

pub fn operations() -> Vec<Operation> {
    let own = vec![
        get(
            "/v1/returns",
            "returns.list",
            "List returns, the latest first",
            Permission::Read,
            list,
        ),
        get("/v1/returns/{return}", "returns.get", "Show a return", Permission::Read, show),
        create(
            "/v1/returns",
            "returns.request",
            "Announce goods that come back: of an order, or without a receipt",
            Permission::Return,
            request,
        ),
        create(
            "/v1/returns/take_back",
            "returns.take_back",
            "Take goods back over the counter: announced, approved and received at once",
            Permission::ReceiveReturn,
            take_back,
        ),
        create(
            "/v1/returns/{return}/credit",
            "returns.credit",
            "Give credit for goods without a receipt, at the lowest price",
            Permission::ReturnBlind,
            credit,
        ),
    ];
    let steps = steps! {
        "approve" ApproveReturn "Let announced goods come" approve;
        "refuse" ApproveReturn "Decline announced goods" refuse;
        "cancel" Return "Withdraw a return of which nothing came" cancel;
        "receive" ReceiveReturn "Record that goods came" receive;
        "inspect" InspectReturn "Decide what becomes of goods that came, or decide anew" inspect;
        "close" InspectReturn "End a return whose goods are all inspected" close;
        "reopen" InspectReturn "Open a return again" reopen;
    };
    [own, steps].concat()
}

fn invalid(pointer: impl Into<String>, detail: &str) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, detail)
}

/// Which returns to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// `requested`, `approved`, `received`, `closed`, `refused` or `canceled`.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<ReturnOut>>, Error> {
    let state = wanted.state.as_deref().map(|text| {
        let known: Vec<&str> = ReturnState::ALL.iter().map(|state| state.code()).collect();
        let unknown = || invalid("/state", "this is no state of a return");
        ReturnState::parse(text).ok_or_else(|| unknown().allowed(known.join(", ")))
    });
    let limit = wanted.limit.unwrap_or(50).clamp(1, 250);
    let after = wanted.after.as_deref().map(cursor::<ReturnId>).transpose()?;
    let found = read::list(&cx.app, &cx.call, state.transpose()?, after, limit + 1)?;
    let end = |one: &Return| format!("{}.{}", one.created_at.micros(), one.id);
    Ok(Done::of(Page::cut(found, limit, end, row)))
}

/// Reads where a page of what is listed by its time began.
pub(super) fn cursor<T: std::str::FromStr>(text: &str) -> Result<(Instant, T), Refusal> {
    let read = text
        .split_once('.')
        .and_then(|(at, id)| Some((Instant::from_micros(at.parse().ok()?), id.parse::<T>().ok()?)));
    read.ok_or_else(|| invalid("/after", "this is no cursor of a page"))
}

fn row(returned: &Return) -> ReturnOut {
    ReturnOut::from(returned)
}

fn named(cx: &Cx) -> Result<Return, Error> {
    read::one(&cx.app, &cx.finding(), cx.text("return"))
}

fn done(cx: &Cx, returned: &Return) -> Result<Done<ReturnOut>, Error> {
    let allowed_actions = read::allowed(&cx.app, &cx.call, returned)?;
    let out = ReturnOut { allowed_actions, ..ReturnOut::from(returned) };
    Ok(Done::of(out).version(returned.version))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    done(cx, &read::one(&cx.app, &cx.call, cx.text("return"))?)
}

/// Goods that come back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BackIn {
    /// The order: number, id, the channel's id, tracking number or SSCC. Goods without a receipt
    /// where absent: then the channel is needed, and items in the place of lines.
    order: Option<String>,
    /// A channel's code.
    channel: Option<String>,
    external_id: Option<String>,
    /// A customer's number, id or e-mail address, where no order says who it is.
    customer: Option<String>,
    /// The code of the location where the goods are expected.
    location: Option<String>,
    lines: Vec<BackLineIn>,
}

/// Goods of a line.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BackLineIn {
    /// The order's line: id, position or SKU.
    line: Option<String>,
    /// An item's SKU, GTIN or id, where no order is known.
    item: Option<String>,
    /// A decimal in the line's unit, or base units of the item; all that may come where absent.
    quantity: Option<String>,
    /// A lot's id.
    lot: Option<String>,
    reason: Option<String>,
}

impl BackIn {
    fn read(&self, cx: &Cx) -> Result<ReturnIn, Error> {
        let reading = |code: &str| catalog::location(&cx.app, &cx.finding(), code);
        let reason = cx.call.reason.clone();
        let mut new = ReturnIn {
            external_id: self.external_id.clone(),
            location: self.location.as_deref().map(reading).transpose()?,
            reason: reason.clone(),
            ..ReturnIn::default()
        };
        if let Some(text) = &self.customer {
            new.customer = Some(parties::show(&cx.app, &cx.finding(), text)?.customer.id);
        }
        if let Some(code) = &self.channel {
            let unknown =
                |_| Refusal::at(Code::UnknownChannel, "/channel", "there is no such channel");
            new.channel = Some(catalog::channel(&cx.app, &cx.finding(), code).map_err(unknown)?);
        }
        let shown = self.order.as_deref().map(|text| orders::show(&cx.app, &cx.finding(), text));
        let shown = shown.transpose()?;
        new.order = shown.as_ref().map(|shown| shown.order.id);
        for (index, one) in self.lines.iter().enumerate() {
            let under = format!("/lines/{index}");
            let mut line = match &shown {
                Some(shown) => one.of_order(shown, &under)?,
                None => one.blind(cx, &under)?,
            };
            line.reason = one.reason.clone().or(reason.clone());
            if let Some(lot) = &one.lot {
                let wrong = |_| invalid(format!("{under}/lot"), "this is no id of a lot");
                line.lot = Some(lot.parse::<LotId>().map_err(wrong)?);
            }
            new.lines.push(line);
        }
        Ok(new)
    }
}

impl BackLineIn {
    fn of_order(&self, shown: &orders::Shown, under: &str) -> Result<ReturnLineIn, Error> {
        let name = self.line.clone().or(self.item.clone());
        let name = name.ok_or_else(|| invalid(format!("{under}/line"), "say which line"))?;
        let part = PartIn { line: name, quantity: self.quantity.clone() };
        let known = parts::of(shown, &[part], |line| line.quantities.returnable());
        let known = known.map_err(|error| match error {
            Error::Refused(mut refusal) => {
                for issue in &mut refusal.issues {
                    issue.pointer = issue.pointer.replacen("/lines/0", under, 1);
                }
                refusal.into()
            }
            other => other,
        })?;
        let (line, qty) = known[0];
        Ok(ReturnLineIn { line: Some(line), qty: qty.get(), ..ReturnLineIn::default() })
    }

    fn blind(&self, cx: &Cx, under: &str) -> Result<ReturnLineIn, Error> {
        let name = self.item.as_deref();
        let name = name.ok_or_else(|| invalid(format!("{under}/item"), "say which item"))?;
        let unknown =
            |_| Refusal::at(Code::UnknownItem, format!("{under}/item"), "there is no such item");
        let item: ItemId = catalog::item(&cx.app, &cx.finding(), name).map_err(unknown)?.0.id;
        let units = self.quantity.as_deref().map(str::trim).and_then(|text| text.parse().ok());
        let wrong = || invalid(format!("{under}/quantity"), "say how many base units");
        let qty = units.ok_or_else(wrong)?;
        Ok(ReturnLineIn { item: Some(item), qty, ..ReturnLineIn::default() })
    }
}

fn request(cx: &Cx, body: BackIn) -> Result<Done<ReturnOut>, Error> {
    let returned = ops::request(&cx.app, &cx.call, &body.read(cx)?)?;
    let at = format!("/v1/returns/{}", returned.id);
    Ok(done(cx, &returned)?.at(at))
}

fn fate(text: &str, pointer: &str) -> Result<Fate, Refusal> {
    Fate::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Fate::ALL.iter().map(|fate| fate.code()).collect();
        invalid(pointer, "this is nothing that happens to goods").allowed(known.join(", "))
    })
}

/// Goods taken back over the counter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OverIn {
    /// The order: number, id, the channel's id, tracking number or SSCC.
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    customer: Option<String>,
    /// The code of the location that takes them.
    at: String,
    /// What becomes of them: `restocked`, `quarantined`, `scrapped`, `awaiting_inspection` …
    to: String,
    lines: Vec<BackLineIn>,
}

fn take_back(cx: &Cx, body: OverIn) -> Result<Done<ReturnOut>, Error> {
    let at = catalog::location(&cx.app, &cx.finding(), &body.at)?;
    let to = fate(&body.to, "/to")?;
    let back = BackIn {
        order: body.order,
        channel: body.channel,
        customer: body.customer,
        location: Some(body.at),
        external_id: None,
        lines: body.lines,
    };
    let returned = ops::take_back(&cx.app, &cx.call, &back.read(cx)?, at, to)?;
    let at = format!("/v1/returns/{}", returned.id);
    Ok(done(cx, &returned)?.at(at))
}

fn step(
    cx: &Cx,
    step: fn(&App, &Call, ReturnId) -> Result<Return, Error>,
) -> Result<Done<ReturnOut>, Error> {
    let id = named(cx)?.id;
    done(cx, &step(&cx.app, &cx.call, id)?)
}

fn approve(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    step(cx, ops::approve)
}

fn refuse(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    let (id, reason) = (named(cx)?.id, cx.call.reason.clone().unwrap_or_default());
    done(cx, &ops::refuse(&cx.app, &cx.call, id, &reason)?)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    step(cx, ops::cancel)
}

fn close(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    step(cx, ops::close)
}

fn reopen(cx: &Cx, _: Nothing) -> Result<Done<ReturnOut>, Error> {
    step(cx, ops::reopen)
}

/// The line of a return with this id or position.
fn line_called<'a>(
    returned: &'a Return,
    name: &str,
    pointer: String,
) -> Result<&'a ReturnLine, Refusal> {
    let called = |line: &&ReturnLine| {
        line.position.to_string() == name.trim() || line.id.to_string() == name.trim()
    };
    let unknown = || Refusal::at(Code::UnknownLine, pointer, "the return has no such line");
    returned.lines.iter().find(called).ok_or_else(unknown)
}

/// Goods that came.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReceiveIn {
    /// The code of the location that takes them.
    at: String,
    /// All that is expected where absent.
    #[serde(default)]
    lines: Vec<CameIn>,
    /// `awaiting_inspection` (where absent), `restocked` or `quarantined`.
    #[serde(default)]
    to: Option<String>,
}

/// Units of a line that came.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CameIn {
    /// The return's line: id or position.
    line: String,
    /// Base units; all that are expected where absent.
    #[serde(default)]
    quantity: Option<i64>,
    /// A lot's id.
    #[serde(default)]
    lot: Option<String>,
    /// What becomes of these.
    #[serde(default)]
    to: Option<String>,
    /// The id of the bin they are put into.
    #[serde(default)]
    bin: Option<String>,
}

fn receive(cx: &Cx, body: ReceiveIn) -> Result<Done<ReturnOut>, Error> {
    let returned = named(cx)?;
    let at = catalog::location(&cx.app, &cx.finding(), &body.at)?;
    let whole = body.to.as_deref().map(|text| fate(text, "/to")).transpose()?;
    let mut arrivals = Vec::new();
    for (index, one) in body.lines.iter().enumerate() {
        let under = format!("/lines/{index}");
        let line = line_called(&returned, &one.line, format!("{under}/line"))?;
        let own = one.to.as_deref().map(|text| fate(text, &format!("{under}/to"))).transpose()?;
        let wrong = |field: &'static str| invalid(format!("{under}/{field}"), "this is no such id");
        arrivals.push(ArrivalIn {
            line: line.id,
            qty: one.quantity.unwrap_or_else(|| line.outstanding().get()),
            lot: one.lot.as_deref().map(str::parse).transpose().map_err(|_| wrong("lot"))?,
            to: own.or(whole),
            bin: one.bin.as_deref().map(str::parse).transpose().map_err(|_| wrong("bin"))?,
        });
    }
    if body.lines.is_empty() {
        let open = returned.lines.iter().filter(|line| !line.outstanding().is_zero());
        arrivals.extend(open.map(|line| ArrivalIn {
            line: line.id,
            qty: line.outstanding().get(),
            lot: None,
            to: whole,
            bin: None,
        }));
    }
    done(cx, &ops::receive(&cx.app, &cx.call, returned.id, at, &arrivals)?)
}

/// What becomes of goods that came. The shared field `reason` is kept as a note.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InspectIn {
    /// The return's line: id or position.
    line: String,
    /// What was decided before; `awaiting_inspection` where absent.
    #[serde(default)]
    from: Option<String>,
    /// `restocked`, `quarantined`, `repaired`, `refurbished`, `scrapped`, `to_vendor` or
    /// `sent_back`.
    to: String,
    /// Base units; all of them where absent.
    #[serde(default)]
    quantity: Option<i64>,
    /// A lot's id.
    #[serde(default)]
    lot: Option<String>,
}

fn inspect(cx: &Cx, body: InspectIn) -> Result<Done<ReturnOut>, Error> {
    let returned = named(cx)?;
    let line = line_called(&returned, &body.line, "/line".into())?;
    let line_id: ReturnLineId = line.id;
    let from = fate(body.from.as_deref().unwrap_or("awaiting_inspection"), "/from")?;
    let lot = body.lot.as_deref().map(str::parse).transpose();
    let verdict = VerdictIn {
        line: line_id,
        from: Some(from),
        to: fate(&body.to, "/to")?,
        qty: body.quantity.unwrap_or_else(|| line.fates.of(from).get()),
        lot: lot.map_err(|_| invalid("/lot", "this is no id of a lot"))?,
        from_bin: None,
        to_bin: None,
        refurbished: None,
        note: cx.call.reason.clone(),
    };
    done(cx, &ops::inspect(&cx.app, &cx.call, returned.id, &verdict)?)
}

/// How goods without a receipt are credited.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct CreditIn {
    /// `store_credit` where absent.
    into: Option<String>,
}

fn credit(cx: &Cx, body: CreditIn) -> Result<Done<RefundOut>, Error> {
    let id = named(cx)?.id;
    let settlement = body.into.as_deref().map(super::refunds::settlement).transpose()?;
    let settlement = Some(settlement.unwrap_or(RefundSettlement::StoreCredit));
    let reason = cx.call.reason.clone().unwrap_or_default();
    let made = make_blind(&cx.app, &cx.call, id, &BlindIn { settlement, reason })?;
    let at = format!("/v1/refunds/{}", made.id);
    Ok(Done::of(RefundOut::from(&made)).version(made.version).at(at))
}
