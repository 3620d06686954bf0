//! Errors for people and programs: what happened, what it means, what to do, the code at the end.

use std::process::ExitCode;

use orderly_core::refusal::{Code, Issue, Refusal};
use serde_json::{Value, json};

use crate::Error;

/// Prints an error on stderr and returns the exit code it stands for: 1 where the command was
/// understood and refused, 2 where it could not be carried out.
pub fn report(error: &Error, as_json: bool) -> ExitCode {
    let text = if as_json { format!("{:#}", problem(error)) } else { told(error) };
    eprintln!("{text}");
    match error {
        Error::NotFound { .. }
        | Error::Refused(_)
        | Error::Forbidden { .. }
        | Error::Unauthenticated(_)
        | Error::Throttled { .. } => ExitCode::from(1),
        Error::Invalid(_) | Error::Unavailable(_) | Error::Internal(_) | Error::Again => {
            ExitCode::from(2)
        }
    }
}

/// The error as JSON.
pub fn problem(error: &Error) -> Value {
    let issues = match error {
        Error::Refused(refusal) => refusal.issues.iter().map(issue_json).collect(),
        _ => Vec::new(),
    };
    let advice = advice(error);
    json!({
        "error": {
            "code": error.code(),
            "detail": error.to_string(),
            "means": advice.means,
            "to_do": advice.to_do,
            "issues": issues,
        }
    })
}

fn issue_json(issue: &Issue) -> Value {
    json!({
        "pointer": issue.pointer,
        "code": issue.code.code(),
        "detail": issue.detail,
        "sku": issue.sku,
        "requested": issue.requested,
        "available": issue.available,
        "allowed": issue.allowed,
    })
}

/// The error as people read it.
pub fn told(error: &Error) -> String {
    let mut lines = vec![match error {
        Error::Refused(refusal) => what_happened(refusal),
        _ => sentence(&error.to_string()),
    }];
    let advice = advice(error);
    if !advice.means.is_empty() {
        lines.push(format!("  What it means: {}", advice.means));
    }
    if !advice.to_do.is_empty() {
        lines.push(format!("  What to do:    {}", advice.to_do));
    }
    lines.push(format!("  [{}]", error.code()));
    lines.join("\n")
}

fn what_happened(refusal: &Refusal) -> String {
    let mut lines = Vec::new();
    for issue in &refusal.issues {
        let place = if issue.pointer.is_empty() {
            String::new()
        } else {
            format!(" (at {})", issue.pointer)
        };
        let mut line = sentence(&format!("{}{place}", issue.detail.trim_end_matches('.')));
        if let Some(available) = &issue.available {
            line.push_str(&format!(" Available: {available}."));
        }
        if let Some(allowed) = &issue.allowed {
            line.push_str(&format!(" Allowed: {allowed}."));
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The text with a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    // The name of a file stays as it is.
    let word = text.split_whitespace().next().unwrap_or_default();
    let named = word.trim_end_matches(['.', ':', ',']).contains(['.', '/', '\\']);
    let first: String = if named {
        chars.next().into_iter().collect()
    } else {
        chars.next().into_iter().flat_map(char::to_uppercase).collect()
    };
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

/// What an error means for the person, and what helps.
struct Advice {
    means: &'static str,
    to_do: String,
}

fn advice(error: &Error) -> Advice {
    let (means, to_do) = match error {
        Error::NotFound { what } => (
            "nothing here has this number, id, channel id or tracking number",
            format!("list what there is (`orderly {}`) and copy one", listing(what)),
        ),
        Error::Refused(refusal) => refused(refusal.code()),
        Error::Forbidden { permission } => (
            "your rights do not cover it",
            format!("ask for the right `{}`, or let somebody who has it do it", permission.code()),
        ),
        Error::Unauthenticated(_) => ("nobody is let in on this", String::new()),
        Error::Throttled { .. } => ("guessing is slowed down", "wait, then try again".into()),
        Error::Invalid(_) => ("nothing was done", String::new()),
        Error::Unavailable(_) => (
            "nothing was done: the database could not be reached or used",
            "look at `orderly config show`; is it the right file or address, and is it running?"
                .into(),
        ),
        Error::Internal(_) => (
            "Orderly met something it does not expect; nothing was half done",
            "run `orderly verify`, and report what it says with this message".into(),
        ),
        Error::Again => ("another change came first", "run the same command again".into()),
    };
    Advice { means, to_do }
}

/// The command that lists things of the kind that was not found, by how its name begins.
fn listing(what: &str) -> &'static str {
    const LISTS: [(&str, &str); 20] = [
        ("account", "accounts list"),
        ("bank account", "bank accounts"),
        ("bank", "bank lines"),
        ("channel", "channels"),
        ("customer", "customers list"),
        ("drawer", "tills list"),
        ("exchange", "exchanges list"),
        ("invoice R", "purchases invoices"),
        ("invoice", "invoices list"),
        ("item", "items list"),
        ("journal", "books journals"),
        ("load", "loads list"),
        ("location", "locations"),
        ("payment", "payments list"),
        ("purchase", "purchases list"),
        ("quote", "quotes list"),
        ("refund", "refunds list"),
        ("return", "returns list"),
        ("supplier", "suppliers list"),
        ("work", "work list"),
    ];
    let of = LISTS.iter().find(|(word, _)| what.starts_with(word));
    of.map_or("orders list", |(_, list)| list)
}

/// What a refusal means and what helps, by its code.
fn refused(code: Code) -> (&'static str, String) {
    let (means, to_do) = of_goods(code)
        .or_else(|| of_money(code))
        .unwrap_or(("nothing was changed", "correct what is named and run it again"));
    let to_do = match code.overridden_by() {
        Some(_) => format!("{to_do}, or pass it with --override {} --reason WHY", code.code()),
        None => to_do.into(),
    };
    (means, to_do)
}

type Helps = Option<(&'static str, &'static str)>;

/// About orders, goods and names.
fn of_goods(code: Code) -> Helps {
    Some(match code {
        Code::InsufficientStock | Code::NoPieceServes | Code::BackorderLimit => (
            "the channel does not sell what is not there",
            "order what is available, receive stock (`orderly stock receive`)",
        ),
        Code::ExternalOrderChanged => (
            "the channel sent this order before, with other content",
            "show the order by its channel id, and change it instead of placing it again",
        ),
        Code::IdempotencyMismatch => (
            "this key has been used for another request",
            "use a new --key, or repeat the request as it was",
        ),
        Code::StaleVersion => ("somebody else changed it just now", "look at it, then try again"),
        Code::OnHold => (
            "a hold blocks this step",
            "release the hold (`orderly orders release-hold ORDER HOLD`)",
        ),
        Code::InvalidTransition | Code::NothingToDo => (
            "it is not at a stage where this can be done",
            "show it to see where it stands, and take the step that comes first",
        ),
        Code::NotReversible => (
            "the step has left the house and cannot be taken back",
            "take the next step instead: a return, a refund or a correction",
        ),
        Code::UnknownChannel => ("orders come through a channel", "see `orderly channels`"),
        Code::UnknownLocation => ("no location has this code", "see `orderly locations`"),
        Code::UnknownItem => ("no item has this SKU", "see `orderly items list`"),
        Code::UnknownCustomer | Code::UnknownAccount | Code::UnknownSite | Code::UnknownContact => {
            ("nobody known has this number", "see `orderly customers list`")
        }
        Code::QuantityPrecision => {
            ("the item is not sold in such parts", "ask for the quantity that is proposed")
        }
        Code::UnknownUnit | Code::UnitMismatch => {
            ("the item is not sold by this unit", "see its units: `orderly items show SKU`")
        }
        Code::UnknownSupplier => ("no supplier has this code", "see `orderly suppliers list`"),
        Code::UnknownVehicle => ("no vehicle has this code", "see `orderly vehicles list`"),
        Code::UnknownPriceList => ("no price list has this code", "see `orderly prices list`"),
        Code::UnknownTaxCode => (
            "no tax code is called so",
            "see `orderly taxes list`, or add it: `orderly taxes code`",
        ),
        Code::UnknownLedgerAccount => ("no account is called so", "see `orderly books chart`"),
        Code::KitEmpty => (
            "nothing says what it is made of",
            "name what goes in with --component SKU=QTY, or a kit with --recipe",
        ),
        _ => return None,
    })
}

/// About money, books and everything that happens once.
fn of_money(code: Code) -> Helps {
    Some(match code {
        Code::NoOpenSession => (
            "cash belongs to a session of its drawer",
            "open one: `orderly tills open DRAWER --float AMOUNT`",
        ),
        Code::SessionOpen => (
            "a drawer has one session at a time",
            "count and close it: `orderly tills count`, then `orderly tills close`",
        ),
        Code::AboveDrawer => ("there is less cash than that", "take what there is, or count it"),
        Code::AbovePayable | Code::AboveUnapplied | Code::AboveOpen | Code::AboveEntry => {
            ("less is open than that", "name an amount up to what is allowed")
        }
        Code::AboveTolerance => {
            ("more came than was ordered and is tolerated", "receive what is allowed")
        }
        Code::PeriodClosed => {
            ("its books are closed", "use a day from the first open one on, or reopen the period")
        }
        Code::PeriodNotOver | Code::PeriodNotNext => (
            "periods are closed one after the other, once they are over",
            "see `orderly books periods`",
        ),
        Code::RateMissing => {
            ("there is no rate of exchange for that day", "set one: `orderly books rates set`")
        }
        Code::QuoteExpired => {
            ("its last day has passed", "price it again (`orderly quotes re-price`) and send it")
        }
        Code::AlreadyMatched => {
            ("a movement is matched once", "undo that first: `orderly bank unmatch LINE`")
        }
        Code::AlreadyExists => ("it is there already", "show it, or choose another code"),
        Code::ReasonRequired => ("this is kept with its reason", "say why with --reason"),
        _ => return None,
    })
}
