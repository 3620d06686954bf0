//! Own vehicles and their loads.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::catalog::Coordinates;
use orderly_core::id::{LoadId, StopId};
use orderly_core::load::{Limits, Load, ProofKind, StopState, Vehicle};
use orderly_core::order::deliver::Then;
use orderly_core::time::Day;
use serde_json::{Value, json};

use super::documents::{Sheet, refused, write_pages};
use super::orders::pick;
use super::output::table;
use super::{Given, Session};
use crate::ops::loads::road::{self, Back, Drop};
use crate::ops::loads::vehicles::{self, NewVehicle};
use crate::ops::loads::{self, NewLoad, NewStop, documents, read};
use crate::ops::read::orders;
use crate::wire::out::loads::{LoadOut, VehicleOut};
use crate::wire::parts;
use crate::{App, Call, Error};

#[derive(Debug, Args)]
pub struct VehicleArgs {
    /// A short code, such as VAN-1
    code: String,
    #[arg(long)]
    name: Option<String>,
    /// What it may carry in kilograms; no limit where absent
    #[arg(long, value_name = "KG")]
    max_kg: Option<i64>,
    /// Its room in liters; no limit where absent
    #[arg(long, value_name = "LITERS")]
    max_liters: Option<i64>,
    /// The longest piece in millimeters; no limit where absent
    #[arg(long, value_name = "MM")]
    max_mm: Option<i64>,
    /// What it is or has, such as tail_lift; once for each
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    /// Take it out of use
    #[arg(long)]
    retired: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Subcommand)]
pub enum Vehicles {
    /// List vehicles
    List,
    /// Add a vehicle
    Add(VehicleArgs),
    /// Say anew what a vehicle may carry
    Set(VehicleArgs),
}

impl Vehicles {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let (args, create) = match self {
            Self::List => {
                let all = vehicles::list(&app, &session.reading())?;
                let objects: Vec<VehicleOut> = all.iter().map(VehicleOut::from).collect();
                return session.out.answer(&json!({ "vehicles": objects }), || vehicle_table(&all));
            }
            Self::Add(args) => (args, true),
            Self::Set(args) => (args, false),
        };
        let thousand = |units: i64| units.saturating_mul(1_000);
        let new = NewVehicle {
            code: args.code.clone(),
            name: args.name.clone(),
            limits: Limits {
                weight_g: args.max_kg.map(thousand),
                volume_ml: args.max_liters.map(thousand),
                length_mm: args.max_mm,
            },
            tags: args.tags.clone(),
            active: !args.retired,
        };
        let call = session.changing(&args.given, &new)?;
        let run = if create { vehicles::create } else { vehicles::update };
        let vehicle = run(&app, &call, &new)?;
        session
            .out
            .answer(&VehicleOut::from(&vehicle), || vehicle_table(std::slice::from_ref(&vehicle)))
    }
}

fn vehicle_table(all: &[Vehicle]) -> String {
    let shown = |limit: Option<i64>, scale: u32| {
        limit.map_or_else(String::new, |limit| {
            rust_decimal::Decimal::new(limit, scale).normalize().to_string()
        })
    };
    let rows = all.iter().map(|one| {
        vec![
            one.code.clone(),
            one.name.clone(),
            shown(one.limits.weight_g, 3),
            shown(one.limits.volume_ml, 3),
            shown(one.limits.length_mm, 0),
            one.tags.join(", "),
            if one.active { String::new() } else { "retired".into() },
        ]
    });
    table(&["code", "name", "kg>", "liters>", "mm>", "tags", ""], rows)
}

#[derive(Debug, Args)]
pub struct Plan {
    /// The vehicle's code
    #[arg(long)]
    vehicle: String,
    /// The location it leaves
    #[arg(long, value_name = "LOCATION")]
    from: String,
    #[arg(long)]
    day: String,
    #[arg(long)]
    driver: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Add {
    /// Number or id of the load
    load: String,
    /// Number or id of the order
    order: String,
    /// The order's name of the delivery, where several go by van
    #[arg(long, value_name = "REF")]
    delivery: Option<String>,
    /// A line by number or SKU, with a quantity in its unit; all that is there where absent
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// The time window, such as 08:00-10:30
    #[arg(long, value_name = "FROM-UNTIL")]
    slot: Option<String>,
    /// A word to the driver
    #[arg(long)]
    note: Option<String>,
    /// Its place in the run; the last where absent
    #[arg(long)]
    position: Option<i64>,
    #[command(flatten)]
    given: Given,
}

/// A step of a whole load.
#[derive(Debug, Args)]
pub struct Whole {
    /// Number or id of the load
    load: String,
    #[command(flatten)]
    given: Given,
}

/// A step of one stop.
#[derive(Debug, Args)]
pub struct AtStop {
    /// Number or id of the load
    load: String,
    /// Position or id of the stop
    stop: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct DropArgs {
    #[command(flatten)]
    at: AtStop,
    /// Who took the goods
    #[arg(long, value_name = "NAME")]
    by: String,
    /// A line by number or SKU, with what was taken of it; everything aboard where absent
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// Why not everything was taken
    #[arg(long, value_name = "WHY")]
    refused: Option<String>,
    /// A picture or PDF of the signature
    #[arg(long, value_name = "FILE")]
    signature: Vec<PathBuf>,
    /// A photo of the goods where they were left
    #[arg(long, value_name = "FILE")]
    photo: Vec<PathBuf>,
    /// Where it was, in degrees
    #[arg(long, value_name = "LAT,LON")]
    position: Option<String>,
    /// Money that was taken, in the order's currency
    #[arg(long, value_name = "AMOUNT")]
    collected: Option<String>,
    /// How it was paid
    #[arg(long, default_value = "cash")]
    method: String,
}

#[derive(Debug, Args)]
pub struct Next {
    #[command(flatten)]
    at: AtStop,
    /// Number or id of the load that takes the goods on
    #[arg(long, value_name = "LOAD")]
    to: String,
}

#[derive(Debug, Args)]
pub struct Return {
    #[command(flatten)]
    whole: Whole,
    /// What becomes of what comes back: reopen (ship it again), cancel or later
    #[arg(long, default_value = "reopen")]
    then: String,
    /// Have it inspected before it goes on sale
    #[arg(long)]
    inspect: bool,
}

#[derive(Debug, Args)]
pub struct Pdf {
    /// Number or id of the load
    load: String,
    /// Write the delivery notes of its stops instead of the driver's list
    #[arg(long)]
    notes: bool,
    /// Write to this file instead of one named after the load; `-` is stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Sheet::A4)]
    paper: Sheet,
}

#[derive(Debug, Args)]
pub struct Proofs {
    /// Number or id of the load
    load: String,
    /// Position or id of the stop
    stop: String,
    /// Write them to this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Loads {
    /// Plan a run of a vehicle on a day
    Plan(Plan),
    /// Add a stop for an order, or a part of it
    Add(Add),
    /// Take a stop off a planned load
    Remove(AtStop),
    /// Give a planned load up
    Cancel(Whole),
    /// Leave with everything packed for the stops
    Depart(Whole),
    /// Hand goods over at a stop, with proof
    Drop(DropArgs),
    /// Take a drop recorded by mistake back: its goods are aboard again
    Undrop(AtStop),
    /// Show the signatures and photos of a stop, and write them to files
    Proofs(Proofs),
    /// Record that a stop was reached in vain; needs --reason
    Fail(AtStop),
    /// Let what is aboard for a stop go on with another load
    Next(Next),
    /// End the run: what is still aboard comes back to stock
    Return(Return),
    /// List loads, the latest first
    List {
        /// Only those of this day
        #[arg(long)]
        day: Option<String>,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one load with its stops
    Show {
        /// Number or id of the load
        load: String,
    },
    /// Write the driver's list or the delivery notes as PDF
    Pdf(Pdf),
}

impl Loads {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Plan(plan) => plan.run(session),
            Self::Add(add) => add.run(session),
            Self::Remove(at) => at.run(session, at, loads::remove),
            Self::Cancel(whole) => whole.run(session, "", loads::cancel),
            Self::Depart(whole) => whole.run(session, "", road::depart),
            Self::Drop(drop) => drop.run(session),
            Self::Undrop(at) => at.run(session, at, road::undrop),
            Self::Proofs(proofs) => proofs.run(session),
            Self::Fail(at) => {
                let reason = at.given.reason.clone().unwrap_or_default();
                at.run(session, at, |app, call, load, stop| {
                    road::fail(app, call, load, stop, &reason)
                })
            }
            Self::Next(next) => {
                let app = session.open()?;
                let to = read::show(&app, &session.reading(), &next.to)?.load.id;
                next.at.run(session, next, |app, call, load, stop| {
                    road::go_on(app, call, load, stop, to)
                })
            }
            Self::Return(back) => back.run(session),
            Self::List { day, limit } => list(session, day.as_deref(), *limit),
            Self::Show { load } => {
                let shown = read::show(&session.open()?, &session.reading(), load)?;
                answer(session, &shown)
            }
            Self::Pdf(pdf) => pdf.run(session),
        }
    }
}

impl Proofs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, reading) = (session.open()?, session.reading());
        let load = read::show(&app, &reading, &self.load)?.load;
        let stop = stop_of(&load, &self.stop)?;
        let position = load.stop(stop)?.position;
        let mut objects = Vec::new();
        for (index, one) in read::proofs(&app, &reading, &self.load, stop)?.iter().enumerate() {
            let end = one.media_type.rsplit('/').next().unwrap_or("bin");
            let (number, kind) = (index + 1, one.kind.code());
            let name = format!("{}-{position}-{number}-{kind}.{end}", load.number);
            if let Some(folder) = &self.out {
                let file = folder.join(&name);
                let unwritten = |error| Error::Invalid(format!("{}: {error}", file.display()));
                std::fs::write(&file, &one.content).map_err(unwritten)?;
            }
            objects.push(json!({
                "kind": kind, "document": one.document.to_string(), "file": name,
                "media_type": one.media_type, "bytes": one.content.len(),
            }));
        }
        session.out.answer(&json!({ "proofs": objects }), || {
            let text = |one: &Value, key: &str| match &one[key] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let rows = objects.iter().map(|one| {
                ["kind", "media_type", "bytes", "file"].map(|key| text(one, key)).to_vec()
            });
            table(&["kind", "type", "bytes>", "file"], rows)
        })
    }
}

impl Plan {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewLoad {
            vehicle: self.vehicle.clone(),
            location: self.from.clone(),
            day: self.day.clone(),
            driver: self.driver.clone(),
        };
        let app = session.open()?;
        let call = session.changing(&self.given, &new)?;
        let load = loads::plan(&app, &call, &new)?;
        page(session, &app, load.id)
    }
}

impl Add {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let load = read::show(&app, &session.reading(), &self.load)?.load.id;
        let shown = orders::show(&app, &session.reading(), &self.order)?;
        let delivery = match &self.delivery {
            None => None,
            Some(name) => Some(parts::delivery(&shown, name)?),
        };
        let slot = match self.slot.as_deref().map(|slot| slot.split_once('-')) {
            None => None,
            Some(Some((from, until))) => Some((from.to_owned(), until.to_owned())),
            Some(None) => {
                return Err(Error::Invalid("write a time window as 08:00-10:30".into()));
            }
        };
        let new = NewStop {
            delivery,
            lines: pick::lines(&shown, &self.lines, |line| line.quantities.allocated)?,
            slot,
            note: self.note.clone(),
            position: self.position,
            ..NewStop::all_of(shown.order.id)
        };
        let call = session.changing(&self.given, &(load, &new))?;
        let load = loads::add(&app, &call, load, &new)?;
        page(session, &app, load.id)
    }
}

impl Whole {
    fn run(
        &self,
        session: &Session,
        content: impl std::fmt::Debug,
        step: impl Fn(&App, &Call, LoadId) -> Result<Load, Error>,
    ) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = read::show(&app, &session.reading(), &self.load)?.load.id;
        let call = session.changing(&self.given, &(id, content))?;
        let load = step(&app, &call, id)?;
        page(session, &app, load.id)
    }
}

impl AtStop {
    fn run(
        &self,
        session: &Session,
        content: impl std::fmt::Debug,
        step: impl Fn(&App, &Call, LoadId, StopId) -> Result<Load, Error>,
    ) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = read::show(&app, &session.reading(), &self.load)?;
        let stop = stop_of(&shown.load, &self.stop)?;
        let call = session.changing(&self.given, &(shown.load.id, stop, content))?;
        let load = step(&app, &call, shown.load.id, stop)?;
        page(session, &app, load.id)
    }
}

fn stop_of(load: &Load, text: &str) -> Result<StopId, Error> {
    let named = |position: i64, id: StopId| position.to_string() == text || id.to_string() == text;
    let found = load.kept().find(|stop| named(stop.position, stop.id));
    let missing = || Error::not_found(format!("stop `{text}` of load {}", load.number));
    Ok(found.ok_or_else(missing)?.id)
}

impl DropArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = read::show(&app, &session.reading(), &self.at.load)?;
        let stop = stop_of(&shown.load, &self.at.stop)?;
        let order = shown.load.stop(stop)?.order;
        let order = shown.orders.get(&order);
        let order = order.ok_or_else(|| Error::Internal("a stop has no order".into()))?;
        let mut proofs = Vec::new();
        for (kind, files) in
            [(ProofKind::Signature, &self.signature), (ProofKind::Photo, &self.photo)]
        {
            for file in files {
                let unread = |error| Error::Invalid(format!("{}: {error}", file.display()));
                proofs.push((kind, std::fs::read(file).map_err(unread)?));
            }
        }
        let what = Drop {
            lines: pick::lines(order, &self.lines, |line| line.quantities.in_transit())?,
            received_by: self.by.clone(),
            at: self.position.as_deref().map(degrees).transpose()?,
            proofs,
            refused: self.refused.clone(),
            collected: self.collected.clone(),
            method: Some(self.method.clone()),
        };
        self.at.run(session, &what, |app, call, load, stop| {
            road::drop_at(app, call, load, stop, &what)
        })
    }
}

/// Degrees as a map shows them, to a millionth.
fn degrees(text: &str) -> Result<Coordinates, Error> {
    let wrong = || Error::Invalid(format!("`{text}` is no position such as 53.8,-1.55"));
    let read = |part: &str| {
        let degrees: rust_decimal::Decimal = part.trim().parse().ok()?;
        let millionths = (degrees * rust_decimal::Decimal::from(1_000_000)).round();
        i64::try_from(millionths).ok()
    };
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let latitude_e6 = read(latitude).ok_or_else(wrong)?;
    let longitude_e6 = read(longitude).ok_or_else(wrong)?;
    Ok(Coordinates { latitude_e6, longitude_e6 })
}

impl Return {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let then = Then::parse(&self.then).ok_or_else(|| {
            Error::Invalid(format!("`{}` is none of reopen, cancel, later", self.then))
        })?;
        let back = Back { then, sellable: !self.inspect };
        self.whole.run(session, back, |app, call, load| road::give_back(app, call, load, back))
    }
}

impl Pdf {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let shown = read::show(&session.open()?, &session.reading(), &self.load)?;
        let paper = self.paper.paper();
        let number = &shown.load.number;
        let (name, pages) = if self.notes {
            let notes = documents::notes(&shown, paper)?;
            let pages = notes.iter().map(orderly_docs::DeliveryNote::to_pdf).collect();
            (format!("delivery-note-{number}"), pages)
        } else {
            (format!("load-{number}"), vec![documents::list(&shown, paper)?.to_pdf()])
        };
        let pages: Result<Vec<_>, _> = pages.into_iter().collect();
        let pages = pages.map_err(|error| refused(&error))?;
        write_pages(session, self.out.as_deref(), &name, "pdf", &pages)
    }
}

fn list(session: &Session, day: Option<&str>, limit: i64) -> Result<ExitCode, Error> {
    let day = day.map(Day::parse).transpose()?;
    let found = read::list(&session.open()?, &session.reading(), day, None, limit)?;
    let objects: Vec<LoadOut> =
        found.iter().map(|(load, vehicle)| LoadOut::row(load, vehicle.as_ref())).collect();
    session.out.answer(&json!({ "loads": objects }), || {
        let rows = found.iter().map(|(load, vehicle)| {
            vec![
                load.number.clone(),
                load.day.to_string(),
                vehicle.as_ref().map(|one| one.code.clone()).unwrap_or_default(),
                load.driver.clone().unwrap_or_default(),
                load.kept().count().to_string(),
                kilograms(load.size.weight_g),
                load.state.code().to_owned(),
            ]
        });
        table(&["load", "day", "vehicle", "driver", "stops>", "kg>", "state"], rows)
    })
}

fn kilograms(grams: i64) -> String {
    rust_decimal::Decimal::new(grams, 3).normalize().to_string()
}

fn page(session: &Session, app: &App, id: LoadId) -> Result<ExitCode, Error> {
    answer(session, &read::show(app, &session.reading(), &id.to_string())?)
}

fn answer(session: &Session, shown: &read::Shown) -> Result<ExitCode, Error> {
    let number = |order| shown.orders.get(&order).map(|own| own.order.number.clone());
    session.out.answer(&LoadOut::from(shown), || {
        let load = &shown.load;
        let vehicle = shown.vehicle.as_ref().map(|one| one.code.clone()).unwrap_or_default();
        let head = format!(
            "Load {} · {} · {} with {vehicle} · {} kg",
            load.number,
            load.state.code(),
            load.day,
            kilograms(load.size.weight_g)
        );
        let rows = load.stops.iter().filter(|one| one.state != StopState::Removed).map(|stop| {
            let slot = stop.slot_from.as_deref().zip(stop.slot_until.as_deref());
            vec![
                stop.position.to_string(),
                number(stop.order).unwrap_or_default(),
                slot.map(|(from, until)| format!("{from}-{until}")).unwrap_or_default(),
                kilograms(stop.size.weight_g),
                stop.state.code().to_owned(),
                stop.received_by.clone().or(stop.reason.clone()).unwrap_or_default(),
            ]
        });
        let rows = table(&["stop>", "order", "time", "kg>", "state", "by / why"], rows);
        format!("{head}\n\n{rows}")
    })
}
