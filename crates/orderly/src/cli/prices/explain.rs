//! Why something costs what it costs.

use std::process::ExitCode;

use clap::Args;
use orderly_core::pricing::{Considered, Trace};
use orderly_core::time::Day;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::Session;
use super::super::output::table;
use super::per_cent;
use crate::Error;
use crate::ops::prices::explain::{self, Answer, Question};
use crate::wire::out::prices::{PriceAnswerOut, PriceTraceOut};

#[derive(Debug, Args)]
pub struct Explain {
    /// An item, or an order with --order
    #[arg(required_unless_present = "order")]
    item: Option<String>,
    /// Explain a placed order instead: number, id or the channel's id
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// The channel that sells
    #[arg(long, value_name = "CODE", required_unless_present = "order")]
    channel: Option<String>,
    /// How many, in the item's sale unit
    #[arg(long, value_name = "QUANTITY")]
    quantity: Option<String>,
    /// The account that buys
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// The site of the account
    #[arg(long, value_name = "CODE")]
    site: Option<String>,
    #[arg(long)]
    currency: Option<String>,
    /// On this day; today where absent
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// The country the goods go to
    #[arg(long)]
    country: Option<String>,
    #[arg(long)]
    region: Option<String>,
}

impl Explain {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.reading();
        if let Some(order) = &self.order {
            let traces = explain::order(&app, &call, order)?;
            let objects: Vec<PriceTraceOut> = traces.iter().map(PriceTraceOut::from).collect();
            return session.out.answer(&json!({ "lines": objects }), || lines(&traces));
        }
        let on = self.on.as_deref().map(Day::parse).transpose();
        let question = Question {
            item: self.item.clone().unwrap_or_default(),
            quantity: self.quantity.clone(),
            channel: self.channel.clone().unwrap_or_default(),
            account: self.account.clone(),
            site: self.site.clone(),
            currency: self.currency.clone(),
            on: on.map_err(|error| Error::Invalid(error.to_string()))?,
            country: self.country.clone(),
            region: self.region.clone(),
        };
        let answer = explain::item(&app, &call, &question)?;
        session.out.answer(&PriceAnswerOut::from(&answer), || answer_text(&answer))
    }
}

fn answer_text(answer: &Answer) -> String {
    let mut text = match &answer.chosen {
        None => format!("{} has no price in {} on {}.", answer.sku, answer.currency, answer.on),
        Some(chosen) => {
            let list = chosen.list.clone().unwrap_or_else(|| "the item itself".into());
            let (price, unit) = (chosen.price, &chosen.unit);
            format!("{}: {price} {} per {unit}, from {list}.", answer.sku, answer.currency)
        }
    };
    text.push('\n');
    text.push_str(&considered(&answer.considered));
    for tax in &answer.taxes {
        let rate = (tax.rate * Decimal::from(100)).normalize();
        let how = if tax.included { "included" } else { "added" };
        text.push_str(&format!("\nTax {}: {rate} % {how}, by {}.", tax.code, tax.origin.code()));
    }
    if let Some(why) = &answer.no_tax {
        text.push_str(&format!("\nNo tax: {why}."));
    }
    text
}

fn considered(all: &[Considered]) -> String {
    let rows = all.iter().map(|one| {
        vec![
            one.source.code().replace('_', " "),
            one.list.clone().unwrap_or_default(),
            one.from.map(|from| from.to_string()).unwrap_or_default(),
            one.price.map(|price| price.to_string()).unwrap_or_default(),
            one.unit.clone().unwrap_or_default(),
            one.verdict.code().replace('_', " "),
        ]
    });
    table(&["price of", "list", "from>", "price>", "per", "what became of it"], rows)
}

/// Why the lines of an order cost what they cost, for people.
pub fn lines(traces: &[Trace]) -> String {
    if traces.is_empty() {
        return "No rules were in force: its prices came with it or are the items' own.".into();
    }
    let one = |trace: &Trace| {
        let sku = trace.sku.clone().unwrap_or_else(|| "text".into());
        let list = trace.list.as_ref().map(|list| format!(" {list}")).unwrap_or_default();
        let source = trace.source.code().replace('_', " ");
        let mut text = match trace.charge {
            None => {
                format!("Line {}: {sku} at {} from {source}{list}", trace.position, trace.price)
            }
            Some(_) => format!("Charge {}: {}", trace.position, trace.price),
        };
        for step in &trace.steps {
            text.push_str(&format!(", {} off by {}", per_cent(step.discount_ppm), step.code));
        }
        if let Some(listed) = trace.listed {
            text.push_str(&format!(", listed at {listed}"));
        }
        if let Some(floor) = &trace.floor {
            text.push_str(&format!(", floor {}", floor.price));
        }
        for tax in &trace.taxes {
            let rate = (tax.rate * Decimal::from(100)).normalize();
            let note = tax.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            text.push_str(&format!(", {} {rate} %{note}", tax.code));
        }
        match trace.charge {
            None => format!("{text}\n{}", considered(&trace.considered)),
            Some(_) => text,
        }
    };
    traces.iter().map(one).collect::<Vec<_>>().join("\n")
}
