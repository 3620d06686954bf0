//! What a line would cost, or why one costs what it costs.

use orderly_core::actor::{Permission, Scope};
use orderly_core::money::Currency;
use orderly_core::pricing::tax::{Case, TaxTrace};
use orderly_core::pricing::{Asking, Chosen, Considered, Trace};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{accounts, catalog, channels, pricing};

use super::rules::Rules;
use crate::ops::read::catalog::item_called;
use crate::ops::read::orders::find;
use crate::{App, Call, Error};

/// What is asked: the price of an item for somebody.
#[derive(Debug, Clone, Default)]
pub struct Question {
    pub item: String,
    /// In the sale unit; 1 where absent.
    pub quantity: Option<String>,
    pub channel: String,
    pub account: Option<String>,
    pub site: Option<String>,
    pub currency: Option<String>,
    /// Today where absent.
    pub on: Option<Day>,
    /// Where the goods go; the seller's country where absent.
    pub country: Option<String>,
    pub region: Option<String>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub sku: String,
    pub quantity: Qty,
    pub currency: Currency,
    pub on: Day,
    pub chosen: Option<Chosen>,
    pub considered: Vec<Considered>,
    /// Whether tax rules are in force.
    pub by_rule: bool,
    pub taxes: Vec<TaxTrace>,
    /// Why there are no taxes, where rules are in force and none fits.
    pub no_tax: Option<String>,
}

/// Returns the price and the taxes of an item by the rules, and every price considered.
///
/// # Errors
/// `not_found`, `unknown_channel`, `unknown_account`, `unknown_site`, `unknown_currency`,
/// `quantity_…`.
pub fn item(app: &App, call: &Call, question: &Question) -> Result<Answer, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let item = item_called(tx, &question.item)?;
        let known = catalog::load_ids(tx, &[item.id])?;
        let mut rules = Rules::load(tx, &known)?;
        let merchant = rules.merchant(tx)?;
        let channel = channels::by_code(tx, question.channel.trim())?;
        let channel = channel.ok_or_else(|| unknown(Code::UnknownChannel, &question.channel))?;
        let (account, site) = buyer(tx, question)?;
        if let Some(account) = account {
            rules.know(tx, account)?;
        }
        let currency = match question.currency.as_deref() {
            None => channel.currency,
            Some(text) => {
                Currency::parse(text).ok_or_else(|| unknown(Code::UnknownCurrency, text))?
            }
        };
        let on = question.on.unwrap_or_else(|| call.now.day_in(&merchant.zone));
        rules.exchange(tx, &known, (currency, merchant.currency), on)?;
        let text = question.quantity.as_deref().unwrap_or("1");
        let (quantity, _) = item.quantity(text, &item.sale_unit)?;
        let place = [(question.country.clone(), question.region.clone())];
        let asking = Asking {
            channel: channel.id,
            account,
            site,
            day: on,
            currency,
            books: merchant.currency,
            seller: &merchant.country,
            business: account.is_some(),
            person: false,
            reason: false,
            destinations: &place,
        };
        let (chosen, considered) = rules.pricing().choose(&asking, &item, quantity);
        let mut answer = Answer {
            sku: item.sku.clone(),
            quantity,
            currency,
            on,
            chosen,
            considered,
            by_rule: false,
            taxes: Vec::new(),
            no_tax: None,
        };
        taxes(&rules, &asking, &item, &mut answer);
        Ok(answer)
    })
}

fn taxes(rules: &Rules, asking: &Asking<'_>, item: &orderly_core::item::Item, answer: &mut Answer) {
    let pricing = rules.pricing();
    let Some(known) = &pricing.taxes else { return };
    answer.by_rule = true;
    let own = asking.account.and_then(|id| pricing.accounts.get(&id));
    let terms = pricing.items.get(&item.id);
    let (country, region) = &asking.destinations[0];
    let case = Case {
        seller: asking.seller,
        country: country.as_deref(),
        region: region.as_deref(),
        class: terms.and_then(|terms| terms.tax_class.as_deref()),
        business: asking.business,
        tax_number: own.and_then(|own| own.tax_number.as_deref()),
        account: asking.account,
        day: asking.day,
    };
    let by_list = answer.chosen.as_ref().and_then(|chosen| chosen.tax_included);
    let of_channel = pricing.channels.get(&asking.channel).copied().unwrap_or(false);
    match known.of(&case, by_list.unwrap_or(of_channel)) {
        Ok(found) => answer.taxes = found,
        Err(refusal) => answer.no_tax = Some(refusal.to_string()),
    }
}

fn unknown(code: Code, text: &str) -> Refusal {
    let shown: String = text.chars().take(60).collect();
    Refusal::new(code, format!("there is no `{shown}`"))
}

type Buyer = (Option<orderly_core::id::AccountId>, Option<orderly_core::id::SiteId>);

fn buyer(tx: &mut Tx<'_>, question: &Question) -> Result<Buyer, Error> {
    let Some(number) = question.account.as_deref() else { return Ok((None, None)) };
    let account = accounts::by_number(tx, number.trim())?;
    let account = account.ok_or_else(|| unknown(Code::UnknownAccount, number))?;
    let site = match question.site.as_deref() {
        None => None,
        Some(code) => {
            let sites = accounts::sites(tx, account.id)?;
            let site = sites.into_iter().find(|site| site.code == code.trim());
            Some(site.ok_or_else(|| unknown(Code::UnknownSite, code))?.id)
        }
    };
    Ok((Some(account.id), site))
}

/// Returns why the lines of a placed order cost what they cost; empty where no rules were in force
/// when it was placed: its prices came with it or are the items' own.
///
/// # Errors
/// `not_found`.
pub fn order(app: &App, call: &Call, text: &str) -> Result<Vec<Trace>, Error> {
    app.store.read(|tx| {
        call.require(Permission::Read, Scope::default())?;
        let id = find(tx, text)?;
        let Some(stored) = pricing::trace(tx, id)? else { return Ok(Vec::new()) };
        serde_json::from_str(&stored).map_err(|error| Error::Internal(error.to_string()))
    })
}
