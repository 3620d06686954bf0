//! `/v1/stock/counts`: what lies there, counted by people.

use orderly_core::actor::Permission;
use orderly_core::stock::Count;
use orderly_ops::Error;
use orderly_ops::ops::read::names::names;
use orderly_ops::ops::stock::count;
use orderly_ops::wire::out::stock::{CountOut, DueOut};
use orderly_ops::wire::stock::{CountIn, RoundIn};
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::Read;
    let step = |path, id, summary, f| act(path, id, summary, Permission::Count, f);
    vec![
        get("/v1/stock/counts", "counts.list", "List counts, the latest first", Read, list),
        create(
            "/v1/stock/counts",
            "counts.open",
            "Open a count at a location; sales go on",
            Permission::Count,
            open,
        ),
        get("/v1/stock/counts/{count}", "counts.get", "Show a count", Read, show),
        act(
            "/v1/stock/counts/{count}/record",
            "counts.record",
            "Record what was counted; the same goods again are another round",
            Permission::Count,
            record,
        ),
        step("/v1/stock/counts/{count}/post", "counts.post", "Post the differences", post),
        step("/v1/stock/counts/{count}/cancel", "counts.cancel", "Give an open count up", cancel),
        step(
            "/v1/stock/counts/{count}/undo",
            "counts.undo",
            "Take the differences of a posted count back",
            undo,
        ),
        get(
            "/v1/stock/counts/plan",
            "counts.plan",
            "List what is to be counted next at a location",
            Read,
            plan,
        ),
    ]
}

/// Which page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list(cx: &Cx, pages: Pages) -> Result<Done<Page<CountOut>>, Error> {
    let limit = paging::limit(pages.limit);
    let before = paging::cursor(pages.after.as_deref())?;
    let found = count::list(&cx.app, &cx.call, before, limit)?;
    Ok(paging::read_page(&found, limit, |one| one.id.to_string(), |one| out(cx, one))?.into())
}

fn out(cx: &Cx, one: &Count) -> Result<CountOut, Error> {
    Ok(CountOut::new(one, &names(&cx.app, &CountOut::ids(one))?))
}

fn shown(cx: &Cx, one: &Count) -> Result<Done<CountOut>, Error> {
    Ok(Done::of(out(cx, one)?).version(one.version))
}

fn open(cx: &Cx, new: CountIn) -> Result<Done<CountOut>, Error> {
    let made = count::open(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/stock/counts/{}", made.id);
    Ok(shown(cx, &made)?.at(at))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<CountOut>, Error> {
    shown(cx, &count::called(&cx.app, &cx.call, cx.text("count"))?)
}

fn record(cx: &Cx, round: RoundIn) -> Result<Done<CountOut>, Error> {
    let done = count::record(&cx.app, &cx.call, cx.id("count")?, &round.lines);
    let done = done.map_err(|error| match error {
        Error::Refused(refusal) if refusal.issues.iter().any(|one| !one.pointer.is_empty()) => {
            refusal.under("/lines").into()
        }
        other => other,
    })?;
    shown(cx, &done)
}

fn post(cx: &Cx, _: Nothing) -> Result<Done<CountOut>, Error> {
    shown(cx, &count::finish(&cx.app, &cx.call, cx.id("count")?)?)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<CountOut>, Error> {
    shown(cx, &count::cancel(&cx.app, &cx.call, cx.id("count")?)?)
}

fn undo(cx: &Cx, _: Nothing) -> Result<Done<CountOut>, Error> {
    shown(cx, &count::reverse(&cx.app, &cx.call, cx.id("count")?)?)
}

/// Where, and how many.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// A location's code.
    location: String,
    /// At most 250; 50 where absent.
    #[serde(default)]
    limit: Option<u32>,
}

fn plan(cx: &Cx, there: Where) -> Result<Done<Page<DueOut>>, Error> {
    let limit = paging::limit(there.limit) as usize;
    let found = count::plan(&cx.app, &cx.call, &there.location, limit)?;
    Ok(Page::new(found.iter().map(DueOut::from).collect(), None).into())
}
