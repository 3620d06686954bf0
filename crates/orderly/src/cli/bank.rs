//! The bank: accounts, statements taken in, and what their movements are.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::bank::propose::Proposal;
use orderly_core::books::Account;
use orderly_core::id::{BankEntryId, PaymentId};
use serde_json::json;

use super::output::table;
use super::payments::{customer_of, invoices_of, payment_text};
use super::{Given, Session};
use crate::Error;
use crate::ops::bank::{self, BankAccountIn, CsvMap, MatchIn, Matched};
use crate::wire::out::amount;
use crate::wire::out::bank::{BankAccountOut, BankLineOut, ImportedOut, MatchedOut, ProposalOut};

#[derive(Debug, Subcommand)]
pub enum Bank {
    /// List our bank accounts
    Accounts,
    /// Add a bank account of ours
    Add {
        /// The account's code
        account: String,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// Its IBAN
        #[arg(long)]
        iban: Option<String>,
        /// Its currency; the merchant's where absent
        #[arg(long)]
        currency: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Take in a bank's file: CAMT.053, MT940, or CSV with --map; each movement once
    Import {
        /// The account's code
        account: String,
        /// The file
        file: PathBuf,
        /// How a CSV file is laid out, such as maps/bank.toml
        #[arg(long, value_name = "FILE")]
        map: Option<PathBuf>,
        #[command(flatten)]
        given: Given,
    },
    /// List movements, the latest first
    Lines {
        /// Only of this account
        #[arg(long)]
        account: Option<String>,
        /// Only those that nothing explains yet
        #[arg(long)]
        open: bool,
        /// How many, at most 10,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show what a movement may pay, and why
    Proposals {
        /// The movement's id
        line: String,
    },
    /// Say what a movement is
    Match(Match),
    /// Undo what a movement was said to be
    Unmatch {
        /// The movement's id
        line: String,
        #[command(flatten)]
        given: Given,
    },
}

#[derive(Debug, Args)]
pub struct Match {
    /// The movement's id
    line: String,
    /// Take the proposal of this place
    #[arg(long, value_name = "PLACE")]
    proposal: Option<usize>,
    /// An invoice it pays, with how much of it
    #[arg(long = "invoice", value_name = "NUMBER[=AMOUNT]")]
    invoices: Vec<String>,
    /// Whose money it is: number, e-mail address or id
    #[arg(long)]
    customer: Option<String>,
    /// No payment: the end of what was on its way, or a cost, as cash_in_transit or bank_fees
    #[arg(long, value_name = "ACCOUNT")]
    clear: Option<String>,
    /// A payment that the carrier collected and remits
    #[arg(long = "remits", value_name = "PAYMENT")]
    remits: Vec<String>,
    /// The carrier that remits what it took on delivery, the oldest first
    #[arg(long, value_name = "CODE")]
    carrier: Option<String>,
    /// What was kept back on the way
    #[arg(long)]
    fees: Option<String>,
    #[command(flatten)]
    given: Given,
}

fn line_of(text: &str) -> Result<BankEntryId, Error> {
    text.parse().map_err(|error| Error::Invalid(format!("{error}")))
}

impl Bank {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        match self {
            Self::Accounts => {
                let found = bank::accounts(&app, &session.reading())?;
                let objects = found.iter().map(BankAccountOut::from);
                session.out.answer(&json!({ "accounts": objects.collect::<Vec<_>>() }), || {
                    let rows = found.iter().map(|one| {
                        let iban = one.iban.clone().unwrap_or_default();
                        vec![one.code.clone(), one.name.clone(), iban, one.currency.to_string()]
                    });
                    table(&["account", "name", "IBAN", "cur"], rows)
                })
            }
            Self::Add { account, name, iban, currency, given } => {
                let new = BankAccountIn {
                    code: account.clone(),
                    name: name.clone().unwrap_or_else(|| account.clone()),
                    iban: iban.clone(),
                    currency: currency.clone(),
                };
                let made = bank::create_account(&app, &session.changing(given, self)?, &new)?;
                let object = json!({ "id": made.id.to_string(), "code": made.code });
                session.out.answer(&object, || format!("Bank account {} is there", made.code))
            }
            Self::Import { account, file, map, given } => {
                self.import(session, (account, file, map.as_ref()), given)
            }
            Self::Lines { account, open, limit } => {
                lines(session, account.as_deref(), *open, *limit)
            }
            Self::Proposals { line } => {
                let (line, reading) = (line_of(line)?, session.reading());
                let all = bank::proposals(&app, &reading, line)?;
                let currency = bank::show(&app, &reading, line)?.entry.currency;
                let places = (1..).zip(&all);
                let objects: Vec<ProposalOut> =
                    places.map(|(place, one)| ProposalOut::new(place, one, currency)).collect();
                session.out.answer(&json!({ "proposals": objects }), || proposals_text(&all))
            }
            Self::Match(given) => given.run(session),
            Self::Unmatch { line, given } => {
                let call = session.changing(given, self)?;
                answer(session, &bank::unmatch(&app, &call, line_of(line)?)?)
            }
        }
    }

    fn import(
        &self,
        session: &Session,
        (account, file, map): (&str, &PathBuf, Option<&PathBuf>),
        given: &Given,
    ) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let unreadable = |path: &PathBuf, error: std::io::Error| {
            Error::Invalid(format!("{} cannot be read: {error}", path.display()))
        };
        let content = std::fs::read(file).map_err(|error| unreadable(file, error))?;
        let map = match map {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, e))?;
                Some(CsvMap::parse(&text)?)
            }
        };
        let call = session.changing(given, self)?;
        let done = bank::import(&app, &call, account, &content, map.as_ref())?;
        session.out.answer(&ImportedOut::from(&done), || {
            let mut out: Vec<String> = Vec::new();
            for (kept, known) in &done.statements {
                let seen = if *known { ", known already" } else { "" };
                out.push(format!(
                    "Statement {}: {} movements, {} new{seen}",
                    kept.number, kept.entries, kept.added
                ));
            }
            out.extend(done.gaps.iter().map(|gap| format!("A gap {gap}")));
            if !done.matched.is_empty() {
                out.push(format!("{} matched", done.matched.len()));
            }
            out.join("\n")
        })
    }
}

fn lines(
    session: &Session,
    account: Option<&str>,
    open: bool,
    limit: i64,
) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = bank::lines(&app, &session.reading(), account, open, limit)?;
    let objects = found.iter().map(BankLineOut::from);
    session.out.answer(&json!({ "lines": objects.collect::<Vec<_>>() }), || {
        let rows = found.iter().map(|one| {
            vec![
                one.id.to_string(),
                one.booked_on.to_string(),
                amount(one.line.amount, one.currency),
                one.line.payer.clone().unwrap_or_default(),
                one.line.purpose.chars().take(60).collect(),
            ]
        });
        table(&["line", "day", "amount>", "payer", "purpose"], rows)
    })
}

fn proposals_text(all: &[Proposal]) -> String {
    if all.is_empty() {
        return "Nothing that is open fits; name an invoice with --invoice, or --customer".into();
    }
    let rows = (1..).zip(all).map(|(place, one): (usize, &Proposal)| {
        let names: Vec<&str> = one.parts.iter().map(|(one, _)| one.name.as_str()).collect();
        vec![place.to_string(), one.score.to_string(), names.join(", "), one.why.join(", ")]
    });
    table(&["place>", "score>", "pays", "because of"], rows)
}

impl Match {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let clear = self.clear.as_deref().map(|code| {
            let unknown = || Error::Invalid(format!("`{code}` is no ledger account"));
            Account::parse(code).ok_or_else(unknown)
        });
        let customer = self.customer.as_deref().map(|text| customer_of(&app, session, text));
        let remits = self.remits.iter().map(|text| text.parse::<PaymentId>());
        let remits = remits.collect::<Result<Vec<_>, _>>();
        let new = MatchIn {
            carrier: self.carrier.clone(),
            proposal: self.proposal,
            invoices: invoices_of(&app, session, &self.invoices)?,
            customer: customer.transpose()?,
            clear: clear.transpose()?,
            remits: remits.map_err(|error| Error::Invalid(error.to_string()))?,
            fees: self.fees.clone(),
        };
        let call = session.changing(&self.given, self)?;
        answer(session, &bank::match_entry(&app, &call, line_of(&self.line)?, &new)?)
    }
}

fn answer(session: &Session, done: &Matched) -> Result<ExitCode, Error> {
    let currency = done.entry.currency;
    session.out.answer(&MatchedOut::from(done), || {
        let mut text = match (&done.found, &done.payment) {
            (None, _) => "The movement is open again".to_owned(),
            (Some(_), Some(payment)) => payment_text(payment),
            (Some(one), None) => format!("Cleared {}", one.account.name()),
        };
        if done.difference != 0 {
            text.push_str(&format!("; {} {currency} missing", amount(done.difference, currency)));
        }
        text
    })
}
