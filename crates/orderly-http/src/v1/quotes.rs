//! `/v1/quotes` and `/v1/agreements`: written, sent, revised, drawn on.

use orderly_core::actor::Permission;
use orderly_core::id::QuoteId;
use orderly_core::quote::{Quote, QuoteKind};
use orderly_docs::Paper;
use orderly_ops::ops::quotes::{self, convert, documents, read};
use orderly_ops::wire::out::OrderOut;
use orderly_ops::wire::out::quotes::{QuoteOut, QuotePageOut};
use orderly_ops::wire::quotes::{ConvertIn, QuoteIn, TermsIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::documents::Sheet;
use super::{orders, paging};
use crate::input::Nothing;
use crate::operation::{act, create, file, get};
use crate::{Cx, Done, File, Operation, Page};

const PDF: &[&str] = &["application/pdf"];

pub fn operations() -> Vec<Operation> {
    [offers(), agreed()].into_iter().flatten().collect()
}

fn offers() -> Vec<Operation> {
    use Permission::{Place, Quote, Read};
    let step = |path, id, summary, f| act(path, id, summary, Quote, f);
    vec![
        get("/v1/quotes", "quotes.list", "List quotes, the latest first", Read, list::<OFFER>),
        create("/v1/quotes", "quotes.create", "Write a quote as a draft", Quote, draft::<OFFER>),
        get("/v1/quotes/{quote}", "quotes.get", "Show a quote", Read, show::<OFFER>),
        file(
            "/v1/quotes/{quote}/pdf",
            "quotes.pdf",
            "The revision sent as a PDF",
            Read,
            PDF,
            pdf::<OFFER>,
        ),
        act(
            "/v1/quotes/{quote}/revise",
            "quotes.revise",
            "Write the next revision as a draft",
            Quote,
            revise::<OFFER>,
        ),
        act(
            "/v1/quotes/{quote}/reprice",
            "quotes.reprice",
            "Write the next revision with the list prices of now and a new last day",
            Quote,
            reprice::<OFFER>,
        ),
        step("/v1/quotes/{quote}/send", "quotes.send", "Freeze the draft and send it", send),
        step("/v1/quotes/{quote}/accept", "quotes.accept", "The customer says yes", accept),
        step("/v1/quotes/{quote}/decline", "quotes.decline", "The customer says no", decline),
        step(
            "/v1/quotes/{quote}/close",
            "quotes.close",
            "Let nothing more be drawn",
            close::<OFFER>,
        ),
        create(
            "/v1/quotes/{quote}/convert",
            "quotes.convert",
            "Make an order of a quote, of all that is left or of a part",
            Place,
            converted::<OFFER>,
        ),
    ]
}

fn agreed() -> Vec<Operation> {
    use Permission::{Place, Quote, Read};
    vec![
        get(
            "/v1/agreements",
            "agreements.list",
            "List agreements, the latest first",
            Read,
            list::<DEAL>,
        ),
        create(
            "/v1/agreements",
            "agreements.create",
            "Write an agreement with an account: it is in force at once",
            Quote,
            draft::<DEAL>,
        ),
        get(
            "/v1/agreements/{agreement}",
            "agreements.get",
            "Show an agreement",
            Read,
            show::<DEAL>,
        ),
        file(
            "/v1/agreements/{agreement}/pdf",
            "agreements.pdf",
            "The latest revision as a PDF",
            Read,
            PDF,
            pdf::<DEAL>,
        ),
        act(
            "/v1/agreements/{agreement}/revise",
            "agreements.revise",
            "Write the next revision: it is in force at once",
            Quote,
            revise::<DEAL>,
        ),
        act(
            "/v1/agreements/{agreement}/reprice",
            "agreements.reprice",
            "Put the list prices of now in force, with a new last day",
            Quote,
            reprice::<DEAL>,
        ),
        act(
            "/v1/agreements/{agreement}/close",
            "agreements.close",
            "Let nothing more be called off",
            Quote,
            close::<DEAL>,
        ),
        create(
            "/v1/agreements/{agreement}/call_off",
            "agreements.call_off",
            "Make an order that draws on an agreement",
            Place,
            converted::<DEAL>,
        ),
    ]
}

/// The two kinds, as handlers are told them.
const OFFER: bool = false;
const DEAL: bool = true;

const fn kind(deal: bool) -> QuoteKind {
    if deal { QuoteKind::Agreement } else { QuoteKind::Quote }
}

/// The quote's name in the path.
fn name<const K: bool>(cx: &Cx) -> &str {
    cx.text(kind(K).code())
}

/// The id of the quote that a command's path names.
fn named<const K: bool>(cx: &Cx) -> Result<QuoteId, Error> {
    Ok(read::show(&cx.app, &cx.finding(), kind(K), name::<K>(cx))?.quote.id)
}

/// Which to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// An account's number.
    account: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list<const K: bool>(cx: &Cx, wanted: Wanted) -> Result<Done<Page<QuoteOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let account = wanted.account.as_deref();
    let found = read::list(&cx.app, &cx.call, kind(K), account, before, i64::from(limit))?;
    let id = |one: &(Quote, _, _)| one.0.id.to_string();
    let show =
        |(quote, today, name): &(_, _, Option<String>)| QuoteOut::new(quote, *today, name.clone());
    Ok(paging::page(&found, limit, id, show).into())
}

fn page(shown: &read::Shown) -> Done<QuotePageOut> {
    Done::of(QuotePageOut::from(shown)).version(shown.quote.version)
}

/// The quote as a command left it.
fn done(cx: &Cx, quote: Quote) -> Result<Done<QuotePageOut>, Error> {
    Ok(page(&read::show_as(&cx.app, &cx.call, quote)?))
}

fn show<const K: bool>(cx: &Cx, _: Nothing) -> Result<Done<QuotePageOut>, Error> {
    Ok(page(&read::show(&cx.app, &cx.call, kind(K), name::<K>(cx))?))
}

fn pdf<const K: bool>(cx: &Cx, sheet: Sheet) -> Result<File, Error> {
    let shown = read::show(&cx.app, &cx.call, kind(K), name::<K>(cx))?;
    let paper: Paper = sheet.paper()?;
    let drawn = documents::sheet(&cx.app, &cx.call, &shown, paper)?;
    super::pdf(drawn.to_pdf(), &format!("{}-{}", kind(K).code(), shown.quote.number))
}

fn draft<const K: bool>(cx: &Cx, new: QuoteIn) -> Result<Done<QuotePageOut>, Error> {
    let made = quotes::create(&cx.app, &cx.call, kind(K), &new)?;
    let at = format!("/v1/{}s/{}", kind(K).code(), made.id);
    Ok(done(cx, made)?.at(at))
}

fn revise<const K: bool>(cx: &Cx, new: TermsIn) -> Result<Done<QuotePageOut>, Error> {
    done(cx, quotes::revise(&cx.app, &cx.call, named::<K>(cx)?, &new)?)
}

/// A quote with the prices of now.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RepriceIn {
    /// The new last day.
    valid_until: String,
}

fn reprice<const K: bool>(cx: &Cx, new: RepriceIn) -> Result<Done<QuotePageOut>, Error> {
    done(cx, quotes::reprice(&cx.app, &cx.call, named::<K>(cx)?, &new.valid_until)?)
}

/// A step of a quote or an agreement.
type Step = fn(&App, &Call, QuoteId) -> Result<Quote, Error>;

fn step<const K: bool>(cx: &Cx, step: Step) -> Result<Done<QuotePageOut>, Error> {
    done(cx, step(&cx.app, &cx.call, named::<K>(cx)?)?)
}

fn send(cx: &Cx, _: Nothing) -> Result<Done<QuotePageOut>, Error> {
    step::<OFFER>(cx, quotes::send)
}

fn accept(cx: &Cx, _: Nothing) -> Result<Done<QuotePageOut>, Error> {
    step::<OFFER>(cx, quotes::accept)
}

fn decline(cx: &Cx, _: Nothing) -> Result<Done<QuotePageOut>, Error> {
    step::<OFFER>(cx, quotes::decline)
}

fn close<const K: bool>(cx: &Cx, _: Nothing) -> Result<Done<QuotePageOut>, Error> {
    step::<K>(cx, quotes::close)
}

fn converted<const K: bool>(cx: &Cx, what: ConvertIn) -> Result<Done<OrderOut>, Error> {
    let order = convert::convert(&cx.app, &cx.call, named::<K>(cx)?, &what)?;
    let at = format!("/v1/orders/{}", order.id);
    Ok(orders::done(cx, order)?.at(at))
}
