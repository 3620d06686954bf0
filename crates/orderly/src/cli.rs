//! The command line: parses, calls one operation, renders.
//!
//! Data goes to stdout, progress and errors to stderr. Exit codes: 0 done, 1 refused (or
//! violations found), 2 could not.

mod access;
mod accounts;
mod advice;
mod bank;
mod bench;
mod books;
mod config;
mod customers;
mod demo;
mod documents;
mod events;
mod export;
mod import;
mod invoices;
mod items;
mod loads;
mod messages;
mod migrate;
mod orders;
mod output;
mod payments;
mod plan;
mod prices;
mod purchases;
mod quotes;
mod refunds;
mod returns;
mod serve;
mod setup;
mod stock;
mod suppliers;
mod taxes;
mod tills;
mod webhooks;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use orderly_core::actor::Actor;
use orderly_core::refusal::Code;
use orderly_core::time::Instant;

use crate::{App, Call, Error};
use config::{Config, Setting};
use output::Output;

/// Take orders, know every unit, keep the books that prove it
///
/// Every order, every unit and every penny is accounted for; `orderly verify` proves it on your
/// own data. Start with `orderly demo`, or with `orderly init` for a database of your own.
#[derive(Debug, Parser)]
#[command(name = "orderly", version, max_term_width = 100, propagate_version = false)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// Use this database: a file, or a postgres:// address
    ///
    /// Without it, the environment's ORDERLY_DATABASE, the file orderly.toml in this folder, and
    /// then orderly.db in this folder are used, in this order.
    #[arg(long, global = true, value_name = "FILE|URL", help_heading = "Everywhere")]
    database: Option<String>,
    /// Answer as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
}

/// What surrounds a command that changes something.
#[derive(Debug, Clone, Default, Args)]
pub struct Given {
    /// Say why; it is kept on the event and in the audit
    #[arg(long, value_name = "TEXT", help_heading = "Every change")]
    reason: Option<String>,
    /// Do it once: the same key again gets the same answer
    #[arg(long, value_name = "KEY", help_heading = "Every change")]
    key: Option<String>,
    /// Pass a refusal with this code, where you have the right; needs --reason
    #[arg(long = "override", value_name = "CODE", help_heading = "Every change")]
    overrides: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a new database for a merchant
    Init(setup::Init),
    /// Create a builders' merchant, let it trade for a month, and serve it
    Demo(demo::Demo),
    /// Serve the console and the API until stopped
    Serve(serve::Serve),
    /// Measure this machine and engine on a scratch database beside the configured one
    #[command(subcommand)]
    Bench(bench::Bench),
    Prove(bench::Prove),
    Migrate(migrate::Migrate),
    /// Place, list and show orders, and take each step with them
    #[command(subcommand)]
    Orders(orders::Orders),
    /// Announce, receive and inspect goods that come back, and credit them without a receipt
    #[command(subcommand)]
    Returns(returns::Returns),
    /// List, approve, retry and cancel refunds; `orders refund` makes one
    #[command(subcommand)]
    Refunds(refunds::Refunds),
    /// Show and cancel exchanges; `orders exchange` opens one
    #[command(subcommand)]
    Exchanges(orders::Exchanges),
    /// See, receive, correct, send and count goods
    #[command(subcommand)]
    Stock(stock::Stock),
    /// List and show suppliers, and say what they sell
    #[command(subcommand)]
    Suppliers(suppliers::Suppliers),
    /// Order from suppliers, receive, match invoices, pay and send back
    #[command(subcommand)]
    Purchases(purchases::Purchases),
    /// List, show and add items
    #[command(subcommand)]
    Items(items::Items),
    /// Plan and do work that turns items into others: cutting, assembling, taking apart
    #[command(subcommand)]
    Work(work::Work),
    /// Set price lists, discounts and floors, and explain prices
    #[command(subcommand)]
    Prices(prices::Prices),
    /// Set tax codes, rules and exemptions, and explain taxes
    #[command(subcommand)]
    Taxes(taxes::Taxes),
    /// Write, send, revise and convert quotes
    #[command(subcommand)]
    Quotes(quotes::Quotes),
    /// Write, revise and call off agreements with accounts
    #[command(subcommand)]
    Agreements(quotes::Agreements),
    /// List, add and change own vehicles
    #[command(subcommand)]
    Vehicles(loads::Vehicles),
    /// Plan loads of own vehicles and follow them on the road
    #[command(subcommand)]
    Loads(loads::Loads),
    /// List and show customers and their trade accounts
    #[command(subcommand)]
    Customers(customers::Customers),
    /// Trade accounts: limits, sites, people, holds, statements and aged debt
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// List, issue, correct and print invoices, receipts and credit notes
    #[command(subcommand)]
    Invoices(invoices::Invoices),
    /// Take payments, let them pay orders and invoices, give them back
    #[command(subcommand)]
    Payments(payments::Payments),
    /// Open, count and close the drawers of cash
    #[command(subcommand)]
    Tills(tills::Tills),
    /// Take in bank statements and say what their movements are
    #[command(subcommand)]
    Bank(bank::Bank),
    /// List the channels that orders come from
    Channels,
    /// List the locations that hold and send goods
    Locations,
    /// Read the books, close periods, keep the chart and rates of exchange
    #[command(subcommand)]
    Books(books::Books),
    /// Forecast, order, source and pack from plain CSV files
    Plan(plan::Plan),
    /// List what only a person can settle
    Exceptions(items::Exceptions),
    /// Import history, items or stock from CSV files
    #[command(subcommand)]
    Import(import::Import),
    /// Write orders, items, stock, events, journals, invoices or statements as CSV or NDJSON
    Export(export::Export),
    /// Print the shipping labels of an order's parcels
    Label(documents::Labels),
    /// Print the packing slips of an order's shipments
    Slip(documents::Slips),
    /// Print the pick lists of an order, a list for each location
    PickList(documents::PickLists),
    /// List, add, change and stop the people who may sign in
    #[command(subcommand)]
    Users(access::Users),
    /// List and show roles, and make your own
    #[command(subcommand)]
    Roles(access::Roles),
    /// List, make and revoke the API keys of programs
    #[command(subcommand)]
    Keys(access::Keys),
    /// Read who did or tried what
    #[command(subcommand)]
    Audit(access::Audit),
    /// Prove that every order, every unit and every penny is accounted for
    Verify(setup::Verify),
    /// Run background tasks
    #[command(subcommand)]
    Tasks(setup::Tasks),
    /// Copy the database to a new file while work goes on
    Backup(setup::Backup),
    /// Put a backup in the place of a database that does not exist
    Restore(setup::Restore),
    /// Read and bring on the feed of events
    #[command(subcommand)]
    Events(events::Events),
    /// Tell other systems of events: add, test, replay
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Keep notes and calls, write mail, tell partners what is missing
    #[command(subcommand)]
    Messages(messages::Messages),
    /// Show which settings are used and where they come from
    #[command(subcommand)]
    Config(setup::ConfigCommand),
}

/// What every command works with.
pub struct Session {
    config: Config,
    out: Output,
}

impl Session {
    /// Opens the database that is configured.
    ///
    /// # Errors
    /// `Invalid` where there is no such file: reading never creates one.
    fn open(&self) -> Result<App, Error> {
        let Setting { value, source } = &self.config.database;
        if !config::is_server(value) && !config::path_of(value).exists() {
            let detail = format!(
                "there is no database {value} (from {source}): run `orderly init` to set one up, \
                 `orderly demo` to try one out, or name another with --database"
            );
            return Err(Error::Invalid(detail));
        }
        self.open_or_create()
    }

    fn open_or_create(&self) -> Result<App, Error> {
        let app = App::open(&self.config.database.value)?;
        for warning in app.store.warnings() {
            eprintln!("orderly: {warning}");
        }
        Ok(app)
    }

    /// A call that only reads.
    fn reading(&self) -> Call {
        Call::new(Actor::owner(), "cli", now(), fresh_seed())
    }

    /// A call that changes something; `content` tells a repeat from another request.
    ///
    /// # Errors
    /// `Invalid` for an override that is no code.
    fn changing(&self, given: &Given, content: &impl std::fmt::Debug) -> Result<Call, Error> {
        let mut call = self.reading();
        if let Some(key) = &given.key {
            call = call.with_key(key.clone(), format!("{content:?}").as_bytes());
        }
        call.reason.clone_from(&given.reason);
        for text in &given.overrides {
            let code = Code::ALL.iter().copied().find(|code| code.code() == text);
            call.overrides.push(
                code.ok_or_else(|| {
                    Error::Invalid(format!("`{text}` is not the code of a refusal"))
                })?,
            );
        }
        Ok(call)
    }
}

/// The machine's clock.
fn now() -> Instant {
    Instant::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// Fresh randomness for ids.
fn fresh_seed() -> u64 {
    let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
    high.rotate_left(17) ^ low
}

/// Runs the command line and returns the exit code of the process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Cli::command().try_get_matches_from(args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let out = Output::new(cli.global.json);
    let result = Config::read(cli.global.database)
        .and_then(|config| dispatch(&Session { config, out }, &cli.command));
    match result {
        Ok(code) => code,
        Err(error) => advice::report(&error, out.json),
    }
}

fn dispatch(session: &Session, command: &Command) -> Result<ExitCode, Error> {
    match command {
        Command::Init(init) => init.run(session),
        Command::Demo(demo) => demo.run(session),
        Command::Serve(serve) => serve.run(session),
        Command::Bench(bench) => bench.run(session),
        Command::Prove(prove) => prove.run(session),
        Command::Migrate(migrate) => migrate.run(session),
        Command::Orders(orders) => orders.run(session),
        Command::Returns(returns) => returns.run(session),
        Command::Refunds(refunds) => refunds.run(session),
        Command::Exchanges(exchanges) => exchanges.run(session),
        Command::Stock(stock) => stock.run(session),
        Command::Suppliers(suppliers) => suppliers.run(session),
        Command::Purchases(purchases) => purchases.run(session),
        Command::Items(items) => items.run(session),
        Command::Work(work) => work.run(session),
        Command::Prices(prices) => prices.run(session),
        Command::Taxes(taxes) => taxes.run(session),
        Command::Quotes(quotes) => quotes.run(session),
        Command::Agreements(agreements) => agreements.run(session),
        Command::Vehicles(vehicles) => vehicles.run(session),
        Command::Loads(loads) => loads.run(session),
        Command::Customers(customers) => customers.run(session),
        Command::Accounts(accounts) => accounts.run(session),
        Command::Invoices(invoices) => invoices.run(session),
        Command::Payments(payments) => payments.run(session),
        Command::Tills(tills) => tills.run(session),
        Command::Bank(bank) => bank.run(session),
        Command::Channels => items::channels(session),
        Command::Locations => items::locations(session),
        Command::Books(books) => books.run(session),
        Command::Plan(plan) => plan.run(session.out),
        Command::Exceptions(exceptions) => exceptions.run(session),
        Command::Import(import) => import.run(session),
        Command::Export(export) => export.run(session),
        Command::Label(labels) => labels.run(session),
        Command::Slip(slips) => slips.run(session),
        Command::PickList(lists) => lists.run(session),
        Command::Users(users) => users.run(session),
        Command::Roles(roles) => roles.run(session),
        Command::Keys(keys) => keys.run(session),
        Command::Audit(audit) => audit.run(session),
        Command::Verify(verify) => verify.run(session),
        Command::Tasks(tasks) => tasks.run(session),
        Command::Backup(backup) => backup.run(session),
        Command::Restore(restore) => restore.run(session),
        Command::Events(events) => events.run(session),
        Command::Webhooks(webhooks) => webhooks.run(session),
        Command::Messages(messages) => messages.run(session),
        Command::Config(config) => config.run(session),
    }
}
