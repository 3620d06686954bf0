//! `/v1/tills`: drawers of cash, and the sessions in which somebody works with one.

use orderly_core::actor::Permission;
use orderly_core::books::Account;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::till::{EntryKind, Session};
use orderly_ops::Error;
use orderly_ops::ops::read::names::{Ids, names};
use orderly_ops::ops::tills::{self, CollectIn, DrawerIn, MoveIn};
use orderly_ops::wire::out::tills::{DrawerOut, ReportOut};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, Read, WorkTill};
    vec![
        get("/v1/tills", "tills.list", "List drawers, each with its latest session", Read, list),
        create("/v1/tills", "tills.create", "Add a drawer to a location", Configure, add),
        get("/v1/tills/{till}", "tills.get", "Show a drawer and its latest session", Read, show),
        get(
            "/v1/tills/{till}/report",
            "tills.report",
            "Report a session of a drawer; what should be there shows once it is counted",
            Read,
            report,
        ),
        create(
            "/v1/tills/{till}/open",
            "tills.open",
            "Open a session with a float from the safe",
            WorkTill,
            open,
        ),
        step("/v1/tills/{till}/pay_in", "tills.pay_in", "Put cash into a drawer", pay_in),
        step("/v1/tills/{till}/pay_out", "tills.pay_out", "Pay something in cash", pay_out),
        step(
            "/v1/tills/{till}/drop",
            "tills.drop",
            "Take cash to the safe or on its way to the bank",
            drop_cash,
        ),
        step(
            "/v1/tills/{till}/collect",
            "tills.collect",
            "Take in cash that was collected on delivery",
            collect,
        ),
        step(
            "/v1/tills/{till}/hand_back",
            "tills.hand_back",
            "Give such cash back in the same session: it is owed again",
            hand_back,
        ),
        act(
            "/v1/tills/{till}/count",
            "tills.count",
            "Count a drawer without knowing what should be there",
            WorkTill,
            count,
        ),
        step("/v1/tills/{till}/resume", "tills.resume", "Go on with a counted session", resume),
        step(
            "/v1/tills/{till}/close",
            "tills.close",
            "Close a counted session: what is over or short is posted",
            close,
        ),
    ]
}

/// A step of the session.
fn step<B>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    f: fn(&Cx, B) -> Result<Done<DrawerOut>, Error>,
) -> Operation
where
    B: serde::de::DeserializeOwned + JsonSchema + 'static,
{
    act(path, id, summary, Permission::WorkTill, f)
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<DrawerOut>>, Error> {
    let all = tills::list(&cx.app, &cx.call)?;
    let names = names(&cx.app, &Ids::default())?;
    let rows = all.iter().map(|(drawer, last)| DrawerOut {
        session: last.as_ref().map(orderly_ops::wire::out::tills::SessionOut::from),
        ..DrawerOut::new(drawer, names.location(drawer.location))
    });
    Ok(Page::new(rows.collect(), None).into())
}

/// A drawer as the caller states it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TillIn {
    code: String,
    /// The code where absent.
    name: Option<String>,
    /// The code of the location it stands at.
    location: String,
    /// That of the location's company where absent.
    currency: Option<String>,
}

fn add(cx: &Cx, new: TillIn) -> Result<Done<DrawerOut>, Error> {
    let name = new.name.unwrap_or_else(|| new.code.clone());
    let new = DrawerIn { code: new.code, name, location: new.location, currency: new.currency };
    let made = tills::create_drawer(&cx.app, &cx.call, &new)?;
    let names = names(&cx.app, &Ids::default())?;
    let at = format!("/v1/tills/{}", made.code);
    Ok(Done::of(DrawerOut::new(&made, names.location(made.location))).at(at))
}

fn shown(standing: &tills::Standing) -> Done<DrawerOut> {
    let done = Done::of(DrawerOut::from(standing));
    match &standing.session {
        None => done,
        Some(session) => done.version(session.version),
    }
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<DrawerOut>, Error> {
    Ok(shown(&tills::show(&cx.app, &cx.call, cx.text("till"))?))
}

/// The drawer as a command left its session.
fn done(cx: &Cx, session: Session) -> Result<Done<DrawerOut>, Error> {
    Ok(shown(&tills::show_as(&cx.app, &cx.call, session)?))
}

/// Which session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Which {
    /// Its number; the last one where absent.
    session: Option<i64>,
}

fn report(cx: &Cx, which: Which) -> Result<Done<ReportOut>, Error> {
    let report = tills::report(&cx.app, &cx.call, cx.text("till"), which.session)?;
    Ok(Done::of(ReportOut::from(&report)).version(report.session.version))
}

/// How a session begins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OpenIn {
    /// The cash it begins with, from the safe.
    float: String,
}

fn open(cx: &Cx, body: OpenIn) -> Result<Done<DrawerOut>, Error> {
    let opened = tills::open(&cx.app, &cx.call, cx.text("till"), &body.float)?;
    Ok(done(cx, opened)?.at(format!("/v1/tills/{}", cx.text("till"))))
}

/// Cash that is moved by hand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CashIn {
    /// In the drawer's currency.
    amount: String,
    /// The ledger account it comes from or goes to, such as `cash_in_transit`; the safe where
    /// absent.
    account: Option<String>,
}

fn moved(cx: &Cx, body: CashIn, kind: EntryKind) -> Result<Done<DrawerOut>, Error> {
    let account = body.account.as_deref().map(ledger).transpose()?;
    let new = MoveIn { kind, amount: body.amount, account };
    done(cx, tills::move_cash(&cx.app, &cx.call, cx.text("till"), &new)?)
}

/// A ledger account by its code.
pub(super) fn ledger(code: &str) -> Result<Account, Refusal> {
    Account::parse(code).ok_or_else(|| {
        let code: String = code.chars().take(40).collect();
        let detail = format!("there is no ledger account `{code}`");
        Refusal::at(Code::InvalidField, "/account", detail)
    })
}

fn pay_in(cx: &Cx, body: CashIn) -> Result<Done<DrawerOut>, Error> {
    moved(cx, body, EntryKind::PayIn)
}

fn pay_out(cx: &Cx, body: CashIn) -> Result<Done<DrawerOut>, Error> {
    moved(cx, body, EntryKind::PayOut)
}

fn drop_cash(cx: &Cx, body: CashIn) -> Result<Done<DrawerOut>, Error> {
    moved(cx, body, EntryKind::Drop)
}

/// Cash that somebody took on delivery.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CollectBody {
    /// The carrier's code; `own` for our own drivers.
    carrier: String,
    /// In the drawer's currency; all there is where absent.
    amount: Option<String>,
}

fn collect(cx: &Cx, body: CollectBody) -> Result<Done<DrawerOut>, Error> {
    let new = CollectIn { carrier: body.carrier, amount: body.amount };
    done(cx, tills::collect(&cx.app, &cx.call, cx.text("till"), &new)?)
}

fn hand_back(cx: &Cx, body: CollectBody) -> Result<Done<DrawerOut>, Error> {
    let new = CollectIn { carrier: body.carrier, amount: body.amount };
    done(cx, tills::hand_back(&cx.app, &cx.call, cx.text("till"), &new)?)
}

/// What was counted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CountIn {
    pieces: Vec<PiecesIn>,
}

/// Coins or notes of one value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PiecesIn {
    /// Of one piece, such as `0.50`.
    value: String,
    pieces: i64,
}

fn count(cx: &Cx, body: CountIn) -> Result<Done<DrawerOut>, Error> {
    let pieces: Vec<(String, i64)> =
        body.pieces.into_iter().map(|one| (one.value, one.pieces)).collect();
    done(cx, tills::count(&cx.app, &cx.call, cx.text("till"), &pieces)?)
}

fn resume(cx: &Cx, _: Nothing) -> Result<Done<DrawerOut>, Error> {
    done(cx, tills::resume(&cx.app, &cx.call, cx.text("till"))?)
}

fn close(cx: &Cx, _: Nothing) -> Result<Done<DrawerOut>, Error> {
    done(cx, tills::close(&cx.app, &cx.call, cx.text("till"))?)
}
