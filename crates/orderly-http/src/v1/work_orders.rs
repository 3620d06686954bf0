//! `/v1/work_orders`: cutting, assembling, taking apart.

use orderly_core::actor::Permission;
use orderly_core::time::Day;
use orderly_core::work::{WorkOrder, WorkState};
use orderly_ops::Error;
use orderly_ops::ops::read::names::names;
use orderly_ops::ops::stock::work::{self, Component, Making, NewWork};
use orderly_ops::wire::out::moving::WorkOrderOut;
use orderly_ops::wire::stock::{MakingIn, WorkIn};

use super::paging::{self, ByState};
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{Read, Work};
    vec![
        get("/v1/work_orders", "work_orders.list", "List work, the latest first", Read, list),
        create("/v1/work_orders", "work_orders.create", "Plan work", Work, plan),
        get("/v1/work_orders/{work}", "work_orders.get", "Show a work order", Read, show),
        act(
            "/v1/work_orders/{work}/release",
            "work_orders.release",
            "Claim what it takes, or have it wait for what is short",
            Work,
            release,
        ),
        act(
            "/v1/work_orders/{work}/make",
            "work_orders.make",
            "Cut, assemble or take apart: some, or all that is left",
            Work,
            make,
        ),
        act(
            "/v1/work_orders/{work}/undo",
            "work_orders.undo",
            "Take the last step back",
            Work,
            undo,
        ),
        act(
            "/v1/work_orders/{work}/cancel",
            "work_orders.cancel",
            "End it: what it claims is free again",
            Work,
            cancel,
        ),
    ]
}

fn list(cx: &Cx, wanted: ByState) -> Result<Done<Page<WorkOrderOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let state = paging::word("state", wanted.state.as_deref(), WorkState::parse)?;
    let found = work::list(&cx.app, &cx.call, state, before, limit)?;
    Ok(paging::read_page(&found, limit, |one| one.id.to_string(), |one| out(cx, one))?.into())
}

fn out(cx: &Cx, one: &WorkOrder) -> Result<WorkOrderOut, Error> {
    Ok(WorkOrderOut::new(one, &names(&cx.app, &WorkOrderOut::ids(one))?))
}

fn shown(cx: &Cx, one: &WorkOrder) -> Result<Done<WorkOrderOut>, Error> {
    Ok(Done::of(out(cx, one)?).version(one.version))
}

fn plan(cx: &Cx, new: WorkIn) -> Result<Done<WorkOrderOut>, Error> {
    let component = |one: &orderly_ops::wire::stock::ComponentIn| Component {
        sku: one.sku.clone(),
        quantity: one.quantity.clone(),
    };
    let new = NewWork {
        components: new.components.iter().map(component).collect(),
        order: new.order.zip(new.line),
        due_on: new.due_on.as_deref().map(Day::parse).transpose()?,
        kind: new.kind,
        location: new.location,
        item: new.item,
        quantity: new.quantity,
        length: new.length,
        recipe: new.recipe,
        priority: new.priority,
    };
    let made = work::create(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/work_orders/{}", made.id);
    Ok(shown(cx, &made)?.at(at))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<WorkOrderOut>, Error> {
    shown(cx, &work::get(&cx.app, &cx.call, cx.text("work"))?)
}

fn release(cx: &Cx, _: Nothing) -> Result<Done<WorkOrderOut>, Error> {
    shown(cx, &work::release(&cx.app, &cx.call, cx.id("work")?)?)
}

fn make(cx: &Cx, what: MakingIn) -> Result<Done<WorkOrderOut>, Error> {
    let MakingIn { quantity, scrap, lot } = what;
    let making = Making { quantity, scrap, lot };
    shown(cx, &work::make(&cx.app, &cx.call, cx.id("work")?, &making)?)
}

fn undo(cx: &Cx, _: Nothing) -> Result<Done<WorkOrderOut>, Error> {
    shown(cx, &work::undo(&cx.app, &cx.call, cx.id("work")?)?)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<WorkOrderOut>, Error> {
    shown(cx, &work::cancel(&cx.app, &cx.call, cx.id("work")?)?)
}
