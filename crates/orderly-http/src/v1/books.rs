//! `/v1/books`: reports, journals, periods, the chart and rates of exchange.

use orderly_core::actor::Permission;
use orderly_core::books::chart::Chart as Template;
use orderly_core::books::period::Period;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::books::entries::EntryIn;
use orderly_ops::ops::books::journals::{self, Wanted};
use orderly_ops::ops::books::reports::{self, Ask, Columns, Statement, TaxReport, Trial};
use orderly_ops::ops::books::revalue::{self, OpenAmount, Revaluation};
use orderly_ops::ops::books::stock_value::StockValue;
use orderly_ops::ops::books::{
    Clock, LateCostIn, chart, enter_late_cost, entries, periods, rates, ready, stock_value,
};
use orderly_ops::wire::out::books::{JournalOut, RateOut};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, KeepBooks, Read, SetRates};
    let mut all = vec![
        get(
            "/v1/books/profit_and_loss",
            "books.profit_and_loss",
            "Report profit and loss",
            Read,
            profit_and_loss,
        ),
        get("/v1/books/balance_sheet", "books.balance_sheet", "Report the balance", Read, balance),
        get("/v1/books/trial_balance", "books.trial_balance", "Report all accounts", Read, trial),
        get("/v1/books/tax", "books.tax", "Report taxes", Read, tax),
        get("/v1/books/stock_value", "books.stock_value", "Value stock as of a day", Read, value),
        get("/v1/books/journals", "books.journals", "List journals by number", Read, list),
        get("/v1/books/journals/{journal}", "books.journal", "Show a journal", Read, show),
        create("/v1/books/journals", "books.enter", "Enter a journal by hand", KeepBooks, enter),
        act(
            "/v1/books/journals/{journal}/reverse",
            "books.reverse",
            "Take a journal back by its opposite",
            KeepBooks,
            reverse,
        )
        .unversioned(),
        create(
            "/v1/books/late_costs",
            "books.late_cost",
            "Post a cost of goods that came in before, such as freight",
            KeepBooks,
            late_cost,
        ),
    ];
    all.extend(periods_of());
    all.extend([
        get("/v1/books/chart", "books.chart", "Show the chart of accounts", Read, the_chart),
        act(
            "/v1/books/chart",
            "books.use_chart",
            "Call the accounts what a template calls them",
            Configure,
            use_chart,
        )
        .unversioned(),
        get("/v1/books/rates", "books.rates", "List rates of exchange", Read, all_rates),
        create("/v1/books/rates", "books.set_rates", "Set rates of exchange", SetRates, set_rates),
    ]);
    all
}

/// Accounting periods, and what closes them.
fn periods_of() -> Vec<Operation> {
    use Permission::{ClosePeriod, Read, ReopenPeriod};
    vec![
        get("/v1/books/periods", "books.periods", "List accounting periods", Read, all_periods),
        get(
            "/v1/books/periods/{period}/warnings",
            "books.warnings",
            "Say what to look at before closing",
            Read,
            warnings,
        ),
        act(
            "/v1/books/periods/{period}/close",
            "books.close",
            "Close a period",
            ClosePeriod,
            close,
        )
        .unversioned(),
        get(
            "/v1/books/periods/{period}/revaluation",
            "books.open_amounts",
            "Say what amounts in other currencies are worth at the period's end",
            Read,
            open_amounts,
        ),
        act(
            "/v1/books/periods/{period}/revalue",
            "books.revalue",
            "Bring amounts in other currencies to the rates of the period's end",
            ClosePeriod,
            revalue,
        )
        .unversioned(),
        act(
            "/v1/books/periods/{period}/reopen",
            "books.reopen",
            "Open the last closed period again",
            ReopenPeriod,
            reopen,
        )
        .unversioned(),
        act(
            "/v1/books/years/{year}/close",
            "books.close_year",
            "Close a year: its result goes to retained earnings",
            ClosePeriod,
            close_year,
        )
        .unversioned(),
    ]
}

/// What a report covers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportQuery {
    /// A legal entity's code; the first where absent.
    entity: Option<String>,
    /// The first month, such as 2026-10; this month where absent.
    from: Option<String>,
    /// The last month; the first where absent.
    to: Option<String>,
    /// Only until the end of this day.
    as_of: Option<String>,
    /// A location's code.
    location: Option<String>,
    /// A channel's code.
    channel: Option<String>,
    /// Figures beside each other.
    columns: Option<Columns>,
}

fn month(text: &str, at: &str) -> Result<Period, Error> {
    let wrong = |_| Refusal::at(Code::InvalidField, at, format!("`{text}` is not a month"));
    Ok(Period::parse(text).map_err(wrong)?)
}

fn ask(cx: &Cx, asked: ReportQuery) -> Result<Ask, Error> {
    let today = Period::of(cx.call.now.day_in("UTC"));
    let from = asked.from.as_deref().map(|text| month(text, "from")).transpose()?;
    let to = asked.to.as_deref().map(|text| month(text, "to")).transpose()?;
    let from = from.unwrap_or(today);
    Ok(Ask {
        entity: asked.entity,
        from,
        to: to.unwrap_or(from),
        until: asked.as_of.as_deref().map(Day::parse).transpose()?,
        location: asked.location,
        channel: asked.channel,
        columns: asked.columns.unwrap_or_default(),
    })
}

fn profit_and_loss(cx: &Cx, asked: ReportQuery) -> Result<Done<Statement>, Error> {
    let report = reports::profit_and_loss(&cx.app, &cx.call, &ask(cx, asked)?)?;
    Ok(Done::of(report))
}
fn balance(cx: &Cx, asked: ReportQuery) -> Result<Done<Statement>, Error> {
    Ok(Done::of(reports::balance(&cx.app, &cx.call, &ask(cx, asked)?)?))
}
fn trial(cx: &Cx, asked: ReportQuery) -> Result<Done<Trial>, Error> {
    Ok(Done::of(reports::trial_balance(&cx.app, &cx.call, &ask(cx, asked)?)?))
}
fn tax(cx: &Cx, asked: ReportQuery) -> Result<Done<TaxReport>, Error> {
    Ok(Done::of(reports::tax(&cx.app, &cx.call, &ask(cx, asked)?)?))
}

/// As of when stock is valued.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ValueQuery {
    entity: Option<String>,
    /// The end of this day; today where absent.
    as_of: Option<String>,
    clock: ByClock,
}

/// Which day of a movement counts.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByClock {
    /// The day of its journal.
    #[default]
    Accounting,
    /// The day it happened.
    Effective,
    /// The day it became known.
    Recorded,
}

fn value(cx: &Cx, asked: ValueQuery) -> Result<Done<StockValue>, Error> {
    let clock = match asked.clock {
        ByClock::Accounting => Clock::Accounting,
        ByClock::Effective => Clock::Effective,
        ByClock::Recorded => Clock::Recorded,
    };
    let day = asked.as_of.as_deref().map(Day::parse).transpose()?;
    let day = day.unwrap_or_else(|| cx.call.now.day_in("UTC"));
    let value = stock_value(&cx.app, &cx.call, asked.entity.as_deref(), clock, day)?;
    Ok(Done::of(value))
}

/// Which journals to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalsQuery {
    entity: Option<String>,
    from: Option<String>,
    to: Option<String>,
    account: Option<String>,
    location: Option<String>,
    channel: Option<String>,
    /// The number after which the page starts.
    after: Option<i64>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, asked: JournalsQuery) -> Result<Done<Page<JournalOut>>, Error> {
    let day = |text: Option<String>| text.as_deref().map(Day::parse).transpose();
    let wanted = Wanted {
        entity: asked.entity,
        from: day(asked.from)?,
        to: day(asked.to)?,
        account: asked.account,
        location: asked.location,
        channel: asked.channel,
        party: None,
        document: None,
    };
    let limit = asked.limit.unwrap_or(50).clamp(1, 250);
    let after = asked.after.unwrap_or(0);
    let found = journals::list(&cx.app, &cx.call, &wanted, after, limit)?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found.last().filter(|_| full).map(|one| one.number.to_string());
    Ok(Done::of(Page::new(found.iter().map(JournalOut::from).collect(), next)))
}

/// Of which company.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EntityQuery {
    /// A legal entity's code; the first where absent.
    entity: Option<String>,
}

fn show(cx: &Cx, asked: EntityQuery) -> Result<Done<JournalOut>, Error> {
    let name = cx.text("journal");
    let one = journals::show(&cx.app, &cx.call, asked.entity.as_deref(), name)?;
    Ok(Done::of(JournalOut::from(&one)))
}

fn enter(cx: &Cx, body: EntryIn) -> Result<Done<JournalOut>, Error> {
    let journal = entries::enter(&cx.app, &cx.call, &body)?;
    let at = format!("/v1/books/journals/{}", journal.head.id);
    Ok(Done::of(JournalOut::of(&journal, cx.call.now)).at(at))
}

fn late_cost(cx: &Cx, body: LateCostIn) -> Result<Done<JournalOut>, Error> {
    let journal = enter_late_cost(&cx.app, &cx.call, &body)?;
    let at = format!("/v1/books/journals/{}", journal.head.id);
    Ok(Done::of(JournalOut::of(&journal, cx.call.now)).at(at))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReverseIn {
    /// The day of the opposite; today where absent.
    on: Option<String>,
}

fn reverse(cx: &Cx, body: ReverseIn) -> Result<Done<JournalOut>, Error> {
    let on = body.on.as_deref().map(Day::parse).transpose()?;
    let on = on.unwrap_or_else(|| cx.call.now.day_in("UTC"));
    let journal = entries::reverse(&cx.app, &cx.call, cx.id("journal")?, on)?;
    Ok(Done::of(JournalOut::of(&journal, cx.call.now)))
}

fn all_periods(cx: &Cx, asked: EntityQuery) -> Result<Done<Page<periods::Listed>>, Error> {
    let all = periods::list(&cx.app, &cx.call, asked.entity.as_deref())?;
    Ok(Done::of(Page::new(all, None)))
}

fn warnings(cx: &Cx, asked: EntityQuery) -> Result<Done<Page<ready::Warning>>, Error> {
    let period = month(cx.text("period"), "period")?;
    let all = ready::preview(&cx.app, &cx.call, asked.entity.as_deref(), period)?;
    Ok(Done::of(Page::new(all, None)))
}

fn close(cx: &Cx, asked: EntityQuery) -> Result<Done<periods::Changed>, Error> {
    let period = month(cx.text("period"), "period")?;
    let code = asked.entity.as_deref();
    Ok(Done::of(periods::close(&cx.app, &cx.call, code, Some(period))?))
}

fn open_amounts(cx: &Cx, asked: EntityQuery) -> Result<Done<Page<OpenAmount>>, Error> {
    let period = month(cx.text("period"), "period")?;
    let all = revalue::preview(&cx.app, &cx.call, asked.entity.as_deref(), period)?;
    Ok(Done::of(Page::new(all, None)))
}

fn revalue(cx: &Cx, asked: EntityQuery) -> Result<Done<Revaluation>, Error> {
    let period = month(cx.text("period"), "period")?;
    Ok(Done::of(revalue::revalue(&cx.app, &cx.call, asked.entity.as_deref(), period)?))
}

fn reopen(cx: &Cx, asked: EntityQuery) -> Result<Done<periods::Changed>, Error> {
    let period = month(cx.text("period"), "period")?;
    Ok(Done::of(periods::reopen(&cx.app, &cx.call, asked.entity.as_deref(), period)?))
}

fn close_year(cx: &Cx, asked: EntityQuery) -> Result<Done<periods::Changed>, Error> {
    let year = cx.text("year").parse::<i32>().ok().filter(|year| (1..=9_999).contains(year));
    let year = year.ok_or_else(|| Error::not_found("year"))?;
    let code = asked.entity.as_deref();
    Ok(Done::of(periods::close_year(&cx.app, &cx.call, code, year)?))
}

fn use_chart(cx: &Cx, body: Template) -> Result<Done<Page<chart::Listed>>, Error> {
    let all = chart::use_chart(&cx.app, &cx.call, &body)?;
    Ok(Done::of(Page::new(all.0, None)))
}

fn the_chart(cx: &Cx, _: Nothing) -> Result<Done<Page<chart::Listed>>, Error> {
    let all = chart::chart(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(all.0, None)))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RatesQuery {
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn all_rates(cx: &Cx, asked: RatesQuery) -> Result<Done<Page<RateOut>>, Error> {
    let all = rates::list_rates(&cx.app, &cx.call, asked.limit.unwrap_or(50).clamp(1, 250))?;
    Ok(Done::of(Page::new(all.iter().map(RateOut::from).collect(), None)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatesIn {
    rates: Vec<rates::RateIn>,
}

fn set_rates(cx: &Cx, body: RatesIn) -> Result<Done<rates::RatesSet>, Error> {
    Ok(Done::of(rates::set_rates(&cx.app, &cx.call, &body.rates)?))
}
