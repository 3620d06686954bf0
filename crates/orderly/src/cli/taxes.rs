//! Taxes: codes, rules with dates, exemptions.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::pricing::new::{NewExemption, NewTaxCode, NewTaxRule};
use orderly_core::pricing::tax::TaxRule;
use orderly_core::time::Day;
use rust_decimal::Decimal;
use serde_json::json;

use super::output::table;
use super::prices::{InForce, days};
use super::{Given, Session};
use crate::Error;
use crate::ops::prices::explain::{self, Question};
use crate::ops::taxes;
use crate::wire::out::taxes::{ExemptionOut, TaxCodeOut, TaxRuleOut, TaxesOut};

#[derive(Debug, Subcommand)]
pub enum Taxes {
    /// List tax codes, rules and exemptions
    List,
    /// Add a tax code, or change its name and note
    Code(CodeArgs),
    /// Add a rule: which code and rate apply from a day on; one of the same case ends before it
    Set(RuleArgs),
    /// End a rule
    End {
        /// The rule's id
        rule: String,
        /// Its last day
        #[arg(long, value_name = "DAY")]
        until: String,
        #[command(flatten)]
        given: Given,
    },
    /// Record an account's exemption
    Exempt(ExemptArgs),
    /// Find the taxes of lines that come without, from now on
    On {
        #[command(flatten)]
        given: Given,
    },
    /// Take taxes only as they come with each line
    Off {
        #[command(flatten)]
        given: Given,
    },
    /// Explain which taxes an item bears
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
pub struct CodeArgs {
    /// The code that postings and reports name
    code: String,
    #[arg(long)]
    name: Option<String>,
    /// standard, `zero_rated`, exempt or `reverse_charge`
    #[arg(long)]
    kind: Option<String>,
    /// What documents say with it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct RuleArgs {
    /// The tax code
    code: String,
    /// Per cent
    #[arg(long, value_name = "PERCENT")]
    rate: String,
    /// Taxes of different layers add up
    #[arg(long)]
    layer: Option<i64>,
    /// Where it is sold from; anywhere where absent, as with all that follow
    #[arg(long, value_name = "COUNTRY")]
    seller: Option<String>,
    /// Where the goods go
    #[arg(long)]
    country: Option<String>,
    #[arg(long)]
    region: Option<String>,
    /// The items' tax class, or the kind of a charge
    #[arg(long)]
    class: Option<String>,
    /// business or consumer
    #[arg(long)]
    buyer: Option<String>,
    #[command(flatten)]
    in_force: InForce,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ExemptArgs {
    /// The account's number
    account: String,
    /// The tax code its purchases are posted with
    #[arg(long)]
    code: String,
    /// The certificate's number
    #[arg(long)]
    certificate: String,
    #[arg(long)]
    country: Option<String>,
    #[command(flatten)]
    in_force: InForce,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// SKU, GTIN or id
    item: String,
    /// The channel that sells
    #[arg(long, value_name = "CODE")]
    channel: String,
    /// The account that buys
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    #[arg(long)]
    country: Option<String>,
    #[arg(long)]
    region: Option<String>,
    /// On this day; today where absent
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
}

fn day(text: &str) -> Result<Day, Error> {
    Day::parse(text).map_err(|error| Error::Invalid(error.to_string()))
}

fn rate(rule: &TaxRule) -> String {
    format!("{} %", (rule.rate * Decimal::from(100)).normalize())
}

impl Taxes {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List => list(session),
            Self::Code(code) => code.run(session),
            Self::Set(rule) => rule.run(session),
            Self::End { rule, until, given } => {
                let call = session.changing(given, self)?;
                let id = rule.parse()?;
                let ended = taxes::end(&session.open()?, &call, id, day(until)?)?;
                session.out.answer(&TaxRuleOut::from(&ended), || {
                    format!("{} {}.", ended.code, days(ended.valid))
                })
            }
            Self::Exempt(exempt) => exempt.run(session),
            Self::On { given } => switch(session, given, true),
            Self::Off { given } => switch(session, given, false),
            Self::Explain(explain) => explain.run(session),
        }
    }
}

fn switch(session: &Session, given: &Given, on: bool) -> Result<ExitCode, Error> {
    let call = session.changing(given, &on)?;
    let set = taxes::switch(&session.open()?, &call, on)?;
    session.out.answer(&json!({ set.key.clone(): set.value }), || {
        let how = if on { "are found by rule" } else { "come with each line" };
        format!("Taxes {how}.")
    })
}

fn list(session: &Session) -> Result<ExitCode, Error> {
    let known = taxes::all(&session.open()?, &session.reading())?;
    session.out.answer(&TaxesOut::from(&known), || {
        let codes = known.codes.iter().map(|code| {
            let note = code.note.clone().unwrap_or_default();
            vec![code.code.clone(), code.name.clone(), code.kind.code().into(), note]
        });
        let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".into());
        let rules = known.rules.iter().map(|rule| {
            let buyer = rule.buyer.map_or("any", |buyer| buyer.code());
            vec![
                rule.code.clone(),
                rate(rule),
                any(&rule.seller),
                any(&rule.country),
                any(&rule.region),
                any(&rule.class),
                buyer.into(),
                rule.layer.to_string(),
                days(rule.valid),
                rule.id.to_string(),
            ]
        });
        let exempt = known.exemptions.iter().map(|(one, account)| {
            vec![account.clone(), one.code.clone(), one.certificate.clone(), days(one.valid)]
        });
        let head =
            ["code", "rate>", "from", "to", "region", "class", "buyer", "layer>", "days", "id"];
        let on = if known.on { "found by rule" } else { "taken as they come with each line" };
        format!(
            "Taxes are {on}.\n\n{}\n\n{}\n\n{}",
            table(&["code", "name", "kind", "note"], codes),
            table(&head, rules),
            table(&["account", "code", "certificate", "days"], exempt)
        )
    })
}

impl CodeArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewTaxCode {
            code: self.code.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            note: self.note.clone(),
        };
        let app = session.open()?;
        let code = taxes::code(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&TaxCodeOut::from(&code), || format!("Tax code {} is set.", code.code))
    }
}

impl RuleArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewTaxRule {
            code: self.code.clone(),
            layer: self.layer,
            seller: self.seller.clone(),
            country: self.country.clone(),
            region: self.region.clone(),
            class: self.class.clone(),
            buyer: self.buyer.clone(),
            rate: self.rate.clone(),
            from: self.in_force.from.clone(),
            until: self.in_force.until.clone(),
        };
        let app = session.open()?;
        let rule = taxes::rule(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&TaxRuleOut::from(&rule), || {
            format!("{} is {} {}.", rule.code, rate(&rule), days(rule.valid))
        })
    }
}

impl ExemptArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = NewExemption {
            account: self.account.clone(),
            code: self.code.clone(),
            certificate: self.certificate.clone(),
            country: self.country.clone(),
            from: self.in_force.from.clone(),
            until: self.in_force.until.clone(),
        };
        let app = session.open()?;
        let set = taxes::exempt(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&ExemptionOut::new(&set, &self.account), || {
            format!("Account {} is exempt by {}.", self.account, set.certificate)
        })
    }
}

impl ExplainArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let question = Question {
            item: self.item.clone(),
            channel: self.channel.clone(),
            account: self.account.clone(),
            country: self.country.clone(),
            region: self.region.clone(),
            on: self.on.as_deref().map(day).transpose()?,
            ..Question::default()
        };
        let answer = explain::item(&session.open()?, &session.reading(), &question)?;
        let object = json!({
            "sku": answer.sku, "by_rule": answer.by_rule, "taxes": answer.taxes,
            "no_tax": answer.no_tax,
        });
        session.out.answer(&object, || {
            if !answer.by_rule {
                return "Taxes come with each line: switch rules on with `orderly taxes on`."
                    .into();
            }
            let rows = answer.taxes.iter().map(|tax| {
                let rate = (tax.rate * Decimal::from(100)).normalize();
                vec![
                    tax.code.clone(),
                    format!("{rate} %"),
                    if tax.included { "included" } else { "added" }.into(),
                    tax.origin.code().into(),
                    tax.note.clone().unwrap_or_default(),
                ]
            });
            let found = table(&["code", "rate>", "how", "by", "note"], rows);
            answer.no_tax.clone().unwrap_or(found)
        })
    }
}
