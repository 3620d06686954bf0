//! Books: results, balances and taxes by month, every figure down to its journals; closing; the
//! bank.

mod bank;
mod journals;
mod periods;
mod reports;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::money::{Currency, Money};

use super::{Route, get, post};
use crate::parts::list::{View, views};
use crate::show;
use crate::words;

const P_READ: Permission = Permission::ReadCost;

pub const ROUTES: &[Route] = &[
    get("/console/books", P_READ, reports::result),
    get("/console/books/balance", P_READ, reports::balance),
    get("/console/books/trial", P_READ, reports::trial),
    get("/console/books/tax", P_READ, reports::tax),
    get("/console/books/journals", P_READ, journals::list),
    get("/console/books/journals/{journal}", P_READ, journals::page),
    get("/console/books/periods", P_READ, periods::list),
    get("/console/books/periods/{period}/close", Permission::ClosePeriod, periods::show_close),
    post("/console/books/periods/{period}/close", Permission::ClosePeriod, periods::close),
    get("/console/books/periods/{period}/reopen", Permission::ReopenPeriod, periods::show_reopen),
    post("/console/books/periods/{period}/reopen", Permission::ReopenPeriod, periods::reopen),
    get("/console/books/bank", P_READ, bank::list),
    get("/console/books/bank/{entry}", P_READ, bank::page),
    post("/console/books/bank/{entry}/match", Permission::MatchBank, bank::take),
    post("/console/books/bank/{entry}/unmatch", Permission::MatchBank, bank::unmatch),
];

const HERE: &str = "/console/books";

/// The pages of the books, side by side.
const PAGES: [(&str, &str); 8] = [
    ("result", "/console/books"),
    ("balance", "/console/books/balance"),
    ("trial", "/console/books/trial"),
    ("tax", "/console/books/tax"),
    ("journals", "/console/books/journals"),
    ("periods", "/console/books/periods"),
    ("bank", "/console/books/bank"),
    ("aged", "/console/invoices/aged"),
];

/// The way to the other pages of the books.
fn tabs(own: &str) -> Markup {
    let one = |(name, href): (&str, &str)| View {
        href: href.to_owned(),
        name: words::of("books", name),
        is_current: name == own,
    };
    html! { (views(&PAGES.map(one))) }
}

/// A decimal of the books as people read it.
fn figure(text: &str, currency: Currency) -> String {
    let plain = text.strip_prefix('-').unwrap_or(text);
    match Money::parse(plain, currency) {
        Ok(money) if plain.len() < text.len() => show::figure(-money.minor(), currency),
        Ok(money) => show::figure(money.minor(), currency),
        Err(_) => text.to_owned(),
    }
}
