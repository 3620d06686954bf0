//! `/v1/customers`: who buys.

use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::parties as ops;
use orderly_ops::ops::read::parties as read;
use orderly_ops::wire::catalog::{self as wire, NewCustomerIn, PartyIn};
use orderly_ops::wire::out::catalog::CustomerOut;

use super::items::ByName;
use crate::input::Nothing;
use crate::operation::{Verb, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (read, configure) = (Permission::Read, Permission::Configure);
    vec![
        get("/v1/customers", "customers.list", "List customers by number", read, list),
        get(
            "/v1/customers/{customer}",
            "customers.get",
            "Show a customer by number, id, e-mail address or account number",
            read,
            show,
        ),
        create("/v1/customers", "customers.create", "Add a customer", configure, add),
        command(
            Verb::Put,
            "/v1/customers/{customer}/party",
            "customers.rename",
            "Give a customer another name or address: orders keep theirs",
            configure,
            rename,
        ),
    ]
}

fn list(cx: &Cx, wanted: ByName) -> Result<Done<Page<CustomerOut>>, Error> {
    let (after, limit) = wanted.read();
    let found = read::list(&cx.app, &cx.call, after, limit + 1)?;
    Ok(Done::of(Page::cut(
        found,
        limit,
        |(customer, _)| customer.number.clone(),
        |(customer, party)| CustomerOut::of(customer, party.as_ref()),
    )))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<CustomerOut>, Error> {
    let known = read::show(&cx.app, &cx.call, cx.text("customer"))?;
    Ok(Done::of(CustomerOut::from(&known)).version(known.customer.version))
}

fn add(cx: &Cx, body: NewCustomerIn) -> Result<Done<CustomerOut>, Error> {
    let new: ops::NewCustomer = wire::read(&body)?;
    let customer = ops::create_customer(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/customers/{}", customer.id);
    let party = read::party(&cx.app, &cx.finding(), customer.party)?;
    let out = CustomerOut::of(&customer, party.as_ref());
    Ok(Done::of(out).version(customer.version).at(at))
}

fn rename(cx: &Cx, body: PartyIn) -> Result<Done<CustomerOut>, Error> {
    let id = read::show(&cx.app, &cx.finding(), cx.text("customer"))?.customer.id;
    let customer = ops::update_customer(&cx.app, &cx.call, id, &wire::read(&body)?)?;
    let party = read::party(&cx.app, &cx.finding(), customer.party)?;
    Ok(Done::of(CustomerOut::of(&customer, party.as_ref())).version(customer.version))
}
