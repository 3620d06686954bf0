//! Trade accounts: their agreements, sites, people, limits and statements.

pub mod money;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::ContactId;
use orderly_core::party::{Account, NewParty, TermsKind, WhenOver};

use super::{Given, Session};
use crate::ops::accounts::people::{ContactEdit, SiteEdit, update_contact, update_site};
use crate::ops::accounts::{self, AccountEdit, NewAccount, NewContact, NewSite};
use crate::{App, Call, Error};

#[derive(Debug, Subcommand)]
pub enum Accounts {
    /// List accounts with what they owe
    List {
        /// Only accounts after this number: the last one of the page before
        #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
        after: String,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one account with its sites, people and what it owes
    Show {
        /// Number or id
        account: String,
    },
    /// Add an account
    Create(Box<Create>),
    /// Change what an account was agreed on
    Edit(Edit),
    /// Add a site to an account, or change one
    Sites(SiteArgs),
    /// Add somebody to an account, or change what he or she may do
    Contacts(ContactArgs),
    /// Set what an account, or one of its sites, may owe
    Limit(LimitArgs),
    /// Stop an account: no new orders on it
    Hold(Which),
    /// Let a stopped account buy again
    Release(Which),
    /// Close an account that owes nothing
    Close(Which),
    /// Open a closed account again
    Reopen(Which),
    /// Draw up the statement of an account
    Statement(money::StatementArgs),
    /// Show what is owed by how late it is
    Aged(money::AgedArgs),
    /// Count again what an account owes, from its orders and documents
    Recount(Which),
}

#[derive(Debug, Args)]
pub struct Which {
    /// Number or id
    account: String,
    #[command(flatten)]
    given: Given,
}

/// A name with its address.
#[derive(Debug, Args)]
struct PartyArgs {
    /// Who it is for, or the person
    #[arg(long)]
    person: Option<String>,
    #[arg(long)]
    company: Option<String>,
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    phone: Option<String>,
    /// A street line; several times for several lines
    #[arg(long = "street", value_name = "LINE")]
    lines: Vec<String>,
    #[arg(long)]
    city: Option<String>,
    #[arg(long)]
    postcode: Option<String>,
    /// Two letters, such as DE
    #[arg(long)]
    country: Option<String>,
}

impl PartyArgs {
    fn party(&self, name: &str) -> NewParty {
        NewParty {
            name: self.person.clone().unwrap_or_else(|| name.to_owned()),
            company: self.company.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            address_lines: self.lines.clone(),
            city: self.city.clone(),
            postcode: self.postcode.clone(),
            country: self.country.clone(),
            ..NewParty::default()
        }
    }
}

/// What is agreed on.
#[derive(Debug, Args)]
struct Agreement {
    /// Days to pay
    #[arg(long, value_name = "DAYS")]
    terms_days: Option<i64>,
    /// What they count from: days (the issue), end_of_month, or days_to_end_of_month
    #[arg(long, value_parser = terms)]
    terms: Option<TermsKind>,
    /// What becomes of an order over the limit: refuse or hold
    #[arg(long, value_parser = when_over)]
    when_over: Option<WhenOver>,
    /// Whether each order names the customer's own reference
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    reference_required: Option<bool>,
    /// Whether orders name who ordered, and hand-overs who collects
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    contact_required: Option<bool>,
}

fn terms(text: &str) -> Result<TermsKind, String> {
    TermsKind::parse(text).ok_or_else(|| "use days, end_of_month or days_to_end_of_month".into())
}

fn when_over(text: &str) -> Result<WhenOver, String> {
    WhenOver::parse(text).ok_or_else(|| "use refuse or hold".into())
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("use yes or no".into()),
    }
}

#[derive(Debug, Args)]
pub struct Create {
    number: String,
    name: String,
    /// What may be owed; no limit where absent
    #[arg(long)]
    limit: Option<String>,
    /// The merchant's own where absent
    #[arg(long)]
    currency: Option<String>,
    #[command(flatten)]
    agreement: Agreement,
    #[command(flatten)]
    party: PartyArgs,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Edit {
    /// Number or id
    account: String,
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    agreement: Agreement,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct SiteArgs {
    /// Number or id of the account
    account: String,
    /// The code of the site
    site: String,
    /// Needed for a new site
    #[arg(long)]
    name: Option<String>,
    /// The customer's own reference for the site; empty takes it away
    #[arg(long)]
    reference: Option<String>,
    /// What may be owed for a new site; no limit of its own where absent
    #[arg(long)]
    limit: Option<String>,
    /// Whether orders may be for it
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    active: Option<bool>,
    #[command(flatten)]
    party: PartyArgs,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ContactArgs {
    /// Number or id of the account
    account: String,
    /// The id of a contact to change; a new one where absent
    #[arg(long, value_name = "ID")]
    id: Option<ContactId>,
    /// Only for this site
    #[arg(long)]
    site: Option<String>,
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    may_order: Option<bool>,
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    may_collect: Option<bool>,
    #[arg(long, value_name = "YES|NO", value_parser = yes)]
    active: Option<bool>,
    #[command(flatten)]
    party: PartyArgs,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Number or id
    account: String,
    /// What may be owed, or `none`
    amount: String,
    /// Only for this site
    #[arg(long)]
    site: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Accounts {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { after, limit } => show::list(session, after, *limit),
            Self::Show { account } => show::show(&session.open()?, session, account),
            Self::Create(create) => create.run(session),
            Self::Edit(edit) => edit.run(session),
            Self::Sites(site) => site.run(session),
            Self::Contacts(contact) => contact.run(session),
            Self::Limit(limit) => limit.run(session),
            Self::Hold(which) => {
                which.run(session, |app, call, one| accounts::hold(app, call, one.id))
            }
            Self::Release(which) => {
                which.run(session, |app, call, one| accounts::release(app, call, one.id))
            }
            Self::Close(which) => {
                which.run(session, |app, call, one| accounts::close(app, call, one.id))
            }
            Self::Reopen(which) => {
                which.run(session, |app, call, one| accounts::reopen(app, call, one.id))
            }
            Self::Recount(which) => {
                which.run(session, |app, call, one| accounts::recount(app, call, one.id))
            }
            Self::Statement(statement) => statement.run(session),
            Self::Aged(aged) => aged.run(session),
        }
    }
}

impl Which {
    fn run(
        &self,
        session: &Session,
        f: impl FnOnce(&App, &Call, &Account) -> Result<Account, Error>,
    ) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let account = accounts::find(&app, &session.reading(), &self.account)?;
        f(&app, &session.changing(&self.given, self)?, &account)?;
        show::show(&app, session, &account.number)
    }
}

impl Create {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let new = NewAccount {
            number: self.number.clone(),
            name: self.name.clone(),
            party: self.party.party(&self.name),
            terms: self.agreement.terms,
            terms_days: self.agreement.terms_days.unwrap_or(0),
            limit: self.limit.clone(),
            currency: self.currency.clone(),
            when_over: self.agreement.when_over,
            reference_required: self.agreement.reference_required.unwrap_or(false),
            contact_required: self.agreement.contact_required.unwrap_or(false),
        };
        let call = session.changing(&self.given, self)?;
        let account = accounts::create_account(&app, &call, &new)?;
        show::show(&app, session, &account.number)
    }
}

impl Edit {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let account = accounts::find(&app, &session.reading(), &self.account)?;
        let edit = AccountEdit {
            name: self.name.clone(),
            terms: self.agreement.terms,
            terms_days: self.agreement.terms_days,
            when_over: self.agreement.when_over,
            reference_required: self.agreement.reference_required,
            contact_required: self.agreement.contact_required,
        };
        let call = session.changing(&self.given, self)?;
        accounts::update_account(&app, &call, account.id, &edit)?;
        show::show(&app, session, &account.number)
    }
}

impl SiteArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let account = accounts::find(&app, &session.reading(), &self.account)?;
        let call = session.changing(&self.given, self)?;
        match accounts::site(&app, &session.reading(), account.id, &self.site) {
            Ok(site) => {
                let edit = SiteEdit {
                    name: self.name.clone(),
                    reference: self.reference.clone(),
                    active: self.active,
                };
                update_site(&app, &call, site.id, &edit)?;
            }
            Err(Error::NotFound { .. }) => {
                let missing = || Error::Invalid("a new site needs a --name".into());
                let name = self.name.clone().ok_or_else(missing)?;
                let new = NewSite {
                    code: self.site.clone(),
                    party: self.party.party(&name),
                    name,
                    reference: self.reference.clone(),
                    limit: self.limit.clone(),
                };
                accounts::create_site(&app, &call, account.id, &new)?;
            }
            Err(error) => return Err(error),
        }
        show::show(&app, session, &account.number)
    }
}

impl ContactArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let account = accounts::find(&app, &session.reading(), &self.account)?;
        let call = session.changing(&self.given, self)?;
        if let Some(id) = self.id {
            let edit = ContactEdit {
                may_order: self.may_order,
                may_collect: self.may_collect,
                active: self.active,
            };
            update_contact(&app, &call, id, edit)?;
        } else {
            let site = self.site.as_deref();
            let found = site.map(|code| accounts::site(&app, &session.reading(), account.id, code));
            let missing = || Error::Invalid("say who it is with --person".into());
            let person = self.party.person.as_deref().ok_or_else(missing)?;
            let new = NewContact {
                party: self.party.party(person),
                site: found.transpose()?.map(|site| site.id),
                may_order: self.may_order.unwrap_or(false),
                may_collect: self.may_collect.unwrap_or(false),
            };
            accounts::create_contact(&app, &call, account.id, &new)?;
        }
        show::show(&app, session, &account.number)
    }
}

impl LimitArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let account = accounts::find(&app, &session.reading(), &self.account)?;
        let site = self.site.as_deref();
        let site = site.map(|code| accounts::site(&app, &session.reading(), account.id, code));
        let site = site.transpose()?.map(|site| site.id);
        let amount = Some(self.amount.as_str()).filter(|amount| *amount != "none");
        let call = session.changing(&self.given, self)?;
        accounts::set_limit(&app, &call, account.id, site, amount)?;
        show::show(&app, session, &account.number)
    }
}
