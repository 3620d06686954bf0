//! `/v1/locations` and their bins.

use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_ops::Error;
use orderly_ops::ops::catalog as ops;
use orderly_ops::ops::read::catalog as read;
use orderly_ops::wire::catalog::{self as wire, BinIn, LocationIn};
use orderly_ops::wire::out::catalog::{BinOut, LocationOut};

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (read, configure) = (Permission::Read, Permission::Configure);
    vec![
        get("/v1/locations", "locations.list", "List the locations", read, list),
        get("/v1/locations/{location}", "locations.get", "Show a location", read, show),
        create(
            "/v1/locations",
            "locations.create",
            "Add a location with its address and bins",
            configure,
            add,
        ),
        act(
            "/v1/locations/{location}/retire",
            "locations.retire",
            "Take a location out of service",
            configure,
            retire,
        ),
        act(
            "/v1/locations/{location}/restore",
            "locations.restore",
            "Take a location into service again",
            configure,
            restore,
        ),
        get(
            "/v1/locations/{location}/bins",
            "locations.bins",
            "List the bins of a location in walking order",
            read,
            bins,
        ),
        create(
            "/v1/locations/{location}/bins",
            "locations.add_bin",
            "Add a bin to a location",
            configure,
            add_bin,
        ),
    ]
}

fn done(location: &Location) -> Done<LocationOut> {
    Done::of(LocationOut::from(location)).version(location.version)
}

fn named(cx: &Cx) -> Result<Location, Error> {
    read::location_named(&cx.app, &cx.finding(), cx.text("location"))
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<LocationOut>>, Error> {
    let found = read::locations(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(found.iter().map(LocationOut::from).collect(), None)))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<LocationOut>, Error> {
    Ok(done(&read::location_named(&cx.app, &cx.call, cx.text("location"))?))
}

fn add(cx: &Cx, body: LocationIn) -> Result<Done<LocationOut>, Error> {
    let location = ops::create_location(&cx.app, &cx.call, &wire::read(&body)?)?;
    let at = format!("/v1/locations/{}", location.id);
    Ok(done(&location).at(at))
}

fn retire(cx: &Cx, _: Nothing) -> Result<Done<LocationOut>, Error> {
    Ok(done(&ops::set_location_active(&cx.app, &cx.call, named(cx)?.id, false)?))
}

fn restore(cx: &Cx, _: Nothing) -> Result<Done<LocationOut>, Error> {
    Ok(done(&ops::set_location_active(&cx.app, &cx.call, named(cx)?.id, true)?))
}

fn bins(cx: &Cx, _: Nothing) -> Result<Done<Page<BinOut>>, Error> {
    let found = read::bins(&cx.app, &cx.call, named(cx)?.id)?;
    Ok(Done::of(Page::new(found.iter().map(BinOut::from).collect(), None)))
}

fn add_bin(cx: &Cx, body: BinIn) -> Result<Done<BinOut>, Error> {
    let bin = ops::create_bin(&cx.app, &cx.call, named(cx)?.id, &wire::read(&body)?)?;
    Ok(Done::of(BinOut::from(&bin)))
}
