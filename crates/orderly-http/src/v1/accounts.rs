//! `/v1/accounts`: trade accounts with their sites, people, limits, statements and aged debt.

use orderly_core::actor::Permission;
use orderly_core::party::Account;
use orderly_core::time::Day;
use orderly_docs::Paper;
use orderly_ops::ops::accounts::people::{ContactEdit, SiteEdit, update_contact as change_contact};
use orderly_ops::ops::accounts::statements::{self, By, Period};
use orderly_ops::ops::accounts::{self, AccountEdit, NewAccount, NewContact, NewSite};
use orderly_ops::ops::read;
use orderly_ops::wire::out::accounts::{AccountOut, AccountShownOut, AgedOut, StatementOut};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, file, get};
use crate::{Cx, Done, File, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, Credit, Read};
    let mut all = vec![
        get("/v1/accounts", "accounts.list", "List accounts by number", Read, list),
        get("/v1/accounts/aged", "accounts.aged", "Sum what is owed by how late it is", Read, aged),
        get("/v1/accounts/{account}", "accounts.get", "Show an account", Read, show),
        get(
            "/v1/accounts/{account}/statement",
            "accounts.statement",
            "Show what happened in a period and what is open",
            Read,
            statement,
        ),
        file(
            "/v1/accounts/{account}/statement/pdf",
            "accounts.statement_pdf",
            "Print a statement",
            Read,
            &["application/pdf"],
            statement_pdf,
        ),
        create("/v1/accounts", "accounts.create", "Open an account", Configure, open),
        command(
            Verb::Patch,
            "/v1/accounts/{account}",
            "accounts.update",
            "Change what is agreed on",
            Configure,
            update,
        ),
        act(
            "/v1/accounts/{account}/limit",
            "accounts.limit",
            "Set what may be owed, in all or for a site",
            Credit,
            limit,
        ),
        act("/v1/accounts/{account}/hold", "accounts.hold", "Stop new orders", Credit, hold),
        act("/v1/accounts/{account}/release", "accounts.release", "End a stop", Credit, release),
        act(
            "/v1/accounts/{account}/recount",
            "accounts.recount",
            "Set what is owed to what orders and documents count",
            Credit,
            recount,
        ),
        act("/v1/accounts/{account}/close", "accounts.close", "Close an account", Credit, close),
        act("/v1/accounts/{account}/reopen", "accounts.reopen", "Open it again", Credit, reopen),
    ];
    all.extend(people());
    all
}

fn people() -> Vec<Operation> {
    use Permission::Configure;
    vec![
        create(
            "/v1/accounts/{account}/sites",
            "accounts.add_site",
            "Add a site",
            Configure,
            add_site,
        ),
        command(
            Verb::Patch,
            "/v1/accounts/{account}/sites/{site}",
            "accounts.update_site",
            "Change a site",
            Configure,
            update_site,
        )
        .unversioned(),
        create(
            "/v1/accounts/{account}/contacts",
            "accounts.add_contact",
            "Add somebody who may order or collect",
            Configure,
            add_contact,
        ),
        command(
            Verb::Patch,
            "/v1/accounts/{account}/contacts/{contact}",
            "accounts.update_contact",
            "Change what somebody may do",
            Configure,
            update_contact,
        )
        .unversioned(),
    ]
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// The number after which the page starts.
    after: String,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<AccountOut>>, Error> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 250);
    let found = accounts::list(&cx.app, &cx.call, &wanted.after, limit)?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found.last().filter(|_| full).map(|(account, _)| account.number.clone());
    let rows = found.iter().map(|(account, owed)| AccountOut::of(account, owed, |_| None));
    Ok(Done::of(Page::new(rows.collect(), next)))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<AccountShownOut>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    let known = read::parties::show(&cx.app, &cx.call, &account.number)?;
    Ok(Done::of(AccountShownOut::of(&account, &known)).version(account.version))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StatementQuery {
    /// Only this site.
    site: Option<String>,
    /// The first day; the first of the month where absent.
    from: Option<String>,
    /// The last day; today where absent.
    as_of: Option<String>,
}

fn drawn(cx: &Cx, asked: &StatementQuery) -> Result<statements::AccountStatement, Error> {
    let day = |text: &Option<String>| text.as_deref().map(Day::parse).transpose();
    let period = Period { from: day(&asked.from)?, as_of: day(&asked.as_of)? };
    statements::of_account(&cx.app, &cx.call, cx.text("account"), asked.site.as_deref(), period)
}

fn statement(cx: &Cx, asked: StatementQuery) -> Result<Done<StatementOut>, Error> {
    Ok(Done::of(StatementOut::from(&drawn(cx, &asked)?)))
}

fn statement_pdf(cx: &Cx, asked: StatementQuery) -> Result<File, Error> {
    let drawn = drawn(cx, &asked)?;
    let pdf = accounts::print(&drawn, Paper::A4, false).to_pdf();
    super::pdf(pdf, &format!("statement-{}", drawn.account.number))
}

/// By what debt is summed.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SumBy {
    #[default]
    Account,
    /// Where the goods left from.
    Branch,
    Entity,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgedQuery {
    /// As of the end of this day; today where absent.
    as_of: Option<String>,
    by: SumBy,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct AgedRow {
    pub object: &'static str,
    pub entity: String,
    pub currency: String,
    pub code: String,
    pub name: String,
    pub aged: AgedOut,
}

fn aged(cx: &Cx, asked: AgedQuery) -> Result<Done<Page<AgedRow>>, Error> {
    let by = match asked.by {
        SumBy::Account => By::Account,
        SumBy::Branch => By::Branch,
        SumBy::Entity => By::Entity,
    };
    let as_of = asked.as_of.as_deref().map(Day::parse).transpose()?;
    let found = statements::aged(&cx.app, &cx.call, as_of, by)?;
    let rows = found.iter().map(|line| AgedRow {
        object: "aged_debt",
        entity: line.entity.clone(),
        currency: line.currency.to_string(),
        code: line.code.clone(),
        name: line.name.clone(),
        aged: AgedOut::of(&line.aged, line.currency),
    });
    Ok(Done::of(Page::new(rows.collect(), None)))
}

fn answered(account: &Account) -> Done<AccountOut> {
    let at = format!("/v1/accounts/{}", account.number);
    Done::of(AccountOut::of(account, &[], |_| None)).version(account.version).at(at)
}

fn open(cx: &Cx, new: NewAccount) -> Result<Done<AccountOut>, Error> {
    Ok(answered(&accounts::create_account(&cx.app, &cx.call, &new)?))
}

fn update(cx: &Cx, edit: AccountEdit) -> Result<Done<AccountOut>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    Ok(answered(&accounts::update_account(&cx.app, &cx.call, account.id, &edit)?))
}

/// What may be owed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitIn {
    /// A decimal; no limit where absent.
    amount: Option<String>,
    /// Only for this site: its code.
    site: Option<String>,
}

fn limit(cx: &Cx, body: LimitIn) -> Result<Done<AccountOut>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    let site = body.site.map(|code| accounts::site(&cx.app, &cx.call, account.id, &code));
    let site = site.transpose()?.map(|site| site.id);
    let amount = body.amount.as_deref();
    Ok(answered(&accounts::set_limit(&cx.app, &cx.call, account.id, site, amount)?))
}

type Step = fn(&App, &Call, orderly_core::id::AccountId) -> Result<Account, Error>;

fn step(cx: &Cx, step: Step) -> Result<Done<AccountOut>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    Ok(answered(&step(&cx.app, &cx.call, account.id)?))
}

fn hold(cx: &Cx, _: Nothing) -> Result<Done<AccountOut>, Error> {
    step(cx, accounts::hold)
}
fn release(cx: &Cx, _: Nothing) -> Result<Done<AccountOut>, Error> {
    step(cx, accounts::release)
}
fn close(cx: &Cx, _: Nothing) -> Result<Done<AccountOut>, Error> {
    step(cx, accounts::close)
}
fn recount(cx: &Cx, _: Nothing) -> Result<Done<AccountOut>, Error> {
    step(cx, accounts::recount)
}
fn reopen(cx: &Cx, _: Nothing) -> Result<Done<AccountOut>, Error> {
    step(cx, accounts::reopen)
}

/// A part of an account after it was added or changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Added {
    pub object: &'static str,
    pub id: String,
}

fn add_site(cx: &Cx, new: NewSite) -> Result<Done<Added>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    let site = accounts::create_site(&cx.app, &cx.call, account.id, &new)?;
    Ok(Done::of(Added { object: "site", id: site.id.to_string() }))
}

fn update_site(cx: &Cx, edit: SiteEdit) -> Result<Done<Added>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    let site = accounts::site(&cx.app, &cx.call, account.id, cx.text("site"))?;
    let site = accounts::people::update_site(&cx.app, &cx.call, site.id, &edit)?;
    Ok(Done::of(Added { object: "site", id: site.id.to_string() }))
}

fn add_contact(cx: &Cx, new: NewContact) -> Result<Done<Added>, Error> {
    let account = accounts::find(&cx.app, &cx.call, cx.text("account"))?;
    let contact = accounts::create_contact(&cx.app, &cx.call, account.id, &new)?;
    Ok(Done::of(Added { object: "contact", id: contact.id.to_string() }))
}

fn update_contact(cx: &Cx, edit: ContactEdit) -> Result<Done<Added>, Error> {
    let contact = change_contact(&cx.app, &cx.call, cx.id("contact")?, edit)?;
    Ok(Done::of(Added { object: "contact", id: contact.id.to_string() }))
}
