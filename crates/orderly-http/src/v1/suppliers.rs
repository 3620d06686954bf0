//! `/v1/suppliers`: what was agreed with them, what they sell, and what we owe them.

use orderly_core::actor::Permission;
use orderly_core::party::Supplier;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::read::names::{Ids, names};
use orderly_ops::ops::suppliers::{self, NewSupplier, NewSupplierItem};
use orderly_ops::wire::out::purchases::{AgedPayableOut, SupplierItemOut, SupplierOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Purchase, Read};
    vec![
        get("/v1/suppliers", "suppliers.list", "List suppliers by code", Read, list),
        create("/v1/suppliers", "suppliers.create", "Add a supplier", Purchase, add),
        get(
            "/v1/suppliers/{supplier}",
            "suppliers.get",
            "Show a supplier with what he sells",
            Read,
            show,
        ),
        act(
            "/v1/suppliers/{supplier}/agree",
            "suppliers.agree",
            "Replace what was agreed with a supplier",
            Purchase,
            agree,
        ),
        act(
            "/v1/suppliers/{supplier}/items",
            "suppliers.set_item",
            "Record how a supplier sells an item",
            Purchase,
            set_item,
        )
        .unversioned(),
        get(
            "/v1/payables/aged",
            "payables.aged",
            "Show what we owe suppliers by how late it is",
            Read,
            aged,
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

fn list(cx: &Cx, pages: Pages) -> Result<Done<Page<SupplierOut>>, Error> {
    let limit = paging::limit(pages.limit);
    let after = pages.after.unwrap_or_default();
    let found = suppliers::list(&cx.app, &cx.call, &after, i64::from(limit))?;
    let code = |one: &Supplier| one.code.clone();
    Ok(paging::page(&found, limit, code, |one| SupplierOut::from(one)).into())
}

fn shown(supplier: &Supplier) -> Done<SupplierOut> {
    Done::of(SupplierOut::from(supplier)).version(supplier.version)
}

fn add(cx: &Cx, new: NewSupplier) -> Result<Done<SupplierOut>, Error> {
    let made = suppliers::create(&cx.app, &cx.call, &new)?;
    Ok(shown(&made).at(format!("/v1/suppliers/{}", made.code)))
}

/// A supplier with what he sells.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KnownOut {
    #[serde(flatten)]
    pub supplier: SupplierOut,
    pub items: Vec<SupplierItemOut>,
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<KnownOut>, Error> {
    let known = suppliers::show(&cx.app, &cx.call, cx.text("supplier"))?;
    let items = known.items.iter().map(|(item, sold)| SupplierItemOut::new(item, sold));
    let out = KnownOut { supplier: SupplierOut::from(&known.supplier), items: items.collect() };
    Ok(Done::of(out).version(known.supplier.version))
}

/// The supplier of the path; the body may repeat him.
fn named(cx: &Cx, said: &str, pointer: &str) -> Result<String, Error> {
    let code = cx.text("supplier");
    ensure(said.is_empty() || said == code, || {
        Refusal::at(Code::InvalidField, pointer, format!("the address says `{code}`"))
    })?;
    Ok(code.to_owned())
}

fn agree(cx: &Cx, new: NewSupplier) -> Result<Done<SupplierOut>, Error> {
    let new = NewSupplier { code: named(cx, &new.code, "/code")?, ..new };
    Ok(shown(&suppliers::agree(&cx.app, &cx.call, &new)?))
}

fn set_item(cx: &Cx, new: NewSupplierItem) -> Result<Done<SupplierItemOut>, Error> {
    let new = NewSupplierItem { supplier: named(cx, &new.supplier, "/supplier")?, ..new };
    let set = suppliers::set_item(&cx.app, &cx.call, &new)?;
    let names = names(&cx.app, &Ids { items: vec![set.item], ..Ids::default() })?;
    Ok(SupplierItemOut::of(names.sku(set.item), &set).into())
}

/// As of when.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AsOf {
    /// The end of this day; today where absent.
    as_of: Option<String>,
}

fn aged(cx: &Cx, wanted: AsOf) -> Result<Done<Page<AgedPayableOut>>, Error> {
    let as_of = wanted.as_of.as_deref().map(Day::parse).transpose()?;
    let found = suppliers::aged(&cx.app, &cx.call, as_of)?;
    Ok(Page::new(found.iter().map(AgedPayableOut::from).collect(), None).into())
}
