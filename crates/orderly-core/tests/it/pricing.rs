//! Which price and which taxes, by the rules: the precedence, breaks, dates, floors, layers.

use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::item::new::NewItem;
use orderly_core::pricing::new::{NewEntry, NewList, NewTaxCode, NewTaxRule, percent, span};
use orderly_core::pricing::tax::{Case, Exemption, TaxOrigin, Taxes};
use orderly_core::pricing::{Asking, ListScope, Pricing, Source, Span, Verdict};
use orderly_core::refusal::Code;
use orderly_core::time::{Day, Instant};

use crate::sample::*;

const NOW: Instant = Instant::from_micros(1_772_438_400_000_000);

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn nail() -> Item {
    let new = NewItem {
        sku: "NAIL".into(),
        name: "Nail".into(),
        price: Some("0.10".into()),
        ..NewItem::default()
    };
    new.check(item(1), &orderly_core::catalog::Catalog::default(), currency("GBP")).unwrap()
}

fn asking() -> Asking<'static> {
    Asking {
        channel: ChannelId::from_bytes([1; 16]),
        account: Some(AccountId::from_bytes([2; 16])),
        site: Some(SiteId::from_bytes([3; 16])),
        day: day("2026-03-02"),
        currency: currency("GBP"),
        books: currency("GBP"),
        seller: "GB",
        business: true,
        person: false,
        reason: false,
        destinations: &[],
    }
}

/// Adds a list of one price of the nail.
fn with(pricing: &mut Pricing, number: u8, scope: ListScope, new: &NewList, entries: &[NewEntry]) {
    let subject = match scope {
        ListScope::Base => [0; 16],
        ListScope::Channel => [1; 16],
        ListScope::CustomerGroup => [9; 16],
        ListScope::Account => [2; 16],
        ListScope::Site => [3; 16],
    };
    let new =
        NewList { code: format!("L{number}"), scope: Some(scope.code().into()), ..new.clone() };
    let id = PriceListId::from_bytes([number; 16]);
    let list = new.check(id, subject, currency("GBP"), NOW).unwrap();
    let own = entries
        .iter()
        .map(|entry| entry.check(PriceEntryId::from_bytes([number; 16]), id, &nail()).unwrap());
    pricing.entries.entry(item(1)).or_default().extend(own);
    pricing.lists.push(list);
}

fn price(price: &str, from: &str) -> NewEntry {
    NewEntry {
        sku: "NAIL".into(),
        price: price.into(),
        from_quantity: Some(from.into()),
        ..NewEntry::default()
    }
}

fn chosen(pricing: &Pricing, count: i64) -> (String, Source) {
    let (chosen, _) = pricing.choose(&asking(), &nail(), qty(count));
    let chosen = chosen.unwrap();
    (chosen.price.to_string(), chosen.source)
}

#[test]
fn the_nearer_list_wins_and_every_other_one_is_told() {
    let mut pricing = Pricing::default();
    assert_eq!(chosen(&pricing, 1), ("0.1".into(), Source::Item));
    let steps = [
        (ListScope::Base, Source::BaseList),
        (ListScope::Channel, Source::ChannelList),
        (ListScope::CustomerGroup, Source::GroupList),
        (ListScope::Account, Source::AccountList),
        (ListScope::Site, Source::SiteList),
    ];
    let own = orderly_core::pricing::AccountPricing {
        group: Some(CustomerGroupId::from_bytes([9; 16])),
        tax_number: None,
    };
    pricing.accounts.insert(AccountId::from_bytes([2; 16]), own);
    for (number, (scope, source)) in (1_u8..).zip(steps) {
        let text = format!("0.0{number}");
        with(&mut pricing, number, scope, &NewList::default(), &[price(&text, "0")]);
        assert_eq!(chosen(&pricing, 1), (text, source));
    }
    let (_, considered) = pricing.choose(&asking(), &nail(), qty(1));
    let verdicts: Vec<Verdict> = considered.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts[0], Verdict::Chosen);
    assert_eq!(verdicts.len(), 6);
    assert!(verdicts[1..].iter().all(|verdict| *verdict == Verdict::Outranked));
}

#[test]
fn breaks_dates_and_percentages_are_followed() {
    let mut pricing = Pricing::default();
    let breaks = [price("0.09", "100"), price("0.08", "1000")];
    with(&mut pricing, 1, ListScope::Base, &NewList::default(), &breaks);
    assert_eq!(chosen(&pricing, 99), ("0.1".into(), Source::Item));
    assert_eq!(chosen(&pricing, 100), ("0.09".into(), Source::BaseList));
    assert_eq!(chosen(&pricing, 1_000), ("0.08".into(), Source::BaseList));
    let later = NewList { from: Some("2026-03-03".into()), ..NewList::default() };
    with(&mut pricing, 2, ListScope::Account, &later, &[price("0.01", "0")]);
    let past = NewList { until: Some("2026-03-01".into()), ..NewList::default() };
    with(&mut pricing, 3, ListScope::Channel, &past, &[price("0.02", "0")]);
    let (_, considered) = pricing.choose(&asking(), &nail(), qty(100));
    let of = |list: &str| {
        let found = considered.iter().find(|one| one.list.as_deref() == Some(list));
        found.unwrap().verdict
    };
    assert_eq!(
        (of("L2"), of("L3"), of("L1")),
        (Verdict::NotYet, Verdict::Expired, Verdict::Chosen)
    );
    let off = NewList { discount: Some("12.5".into()), whole: true, ..NewList::default() };
    with(&mut pricing, 4, ListScope::Site, &off, &[]);
    let (found, considered) = pricing.choose(&asking(), &nail(), qty(100));
    let found = found.unwrap();
    assert_eq!((found.price.to_string(), found.source), ("0.07875".into(), Source::SiteList));
    assert_eq!(found.steps[0].discount_ppm, 125_000);
    assert!(considered.iter().any(|one| one.verdict == Verdict::Basis));
}

#[test]
fn another_currency_needs_a_stored_rate() {
    let mut pricing = Pricing::default();
    let euro = NewList { currency: Some("EUR".into()), ..NewList::default() };
    with(&mut pricing, 1, ListScope::Base, &euro, &[price("0.20", "0")]);
    let (found, considered) = pricing.choose(&asking(), &nail(), qty(1));
    assert_eq!(found.unwrap().source, Source::Item);
    assert_eq!(considered[0].verdict, Verdict::NoRate);
    pricing.rates.insert((currency("EUR"), currency("GBP")), decimal("0.85"));
    assert_eq!(chosen(&pricing, 1), ("0.17".into(), Source::BaseList));
}

#[test]
fn a_price_unit_may_differ_from_the_stock_unit() {
    let dear = NewEntry { price_unit: Some("thousand".into()), ..price("42", "0") };
    let entry = dear.check(PriceEntryId::NONE, PriceListId::NONE, &nail()).unwrap();
    assert_eq!((entry.ratio.num, entry.ratio.den), (1_000, 1));
    let wrong = NewEntry { price_unit: Some("kg".into()), ..price("42", "0") };
    let refused = wrong.check(PriceEntryId::NONE, PriceListId::NONE, &nail()).unwrap_err();
    assert_eq!(refused.code(), Code::UnitMismatch);
}

#[test]
fn percents_and_days_are_read_exactly() {
    assert_eq!(percent("12.5", 100, "").unwrap(), 125_000);
    assert_eq!(percent("0.0001 %", 100, "").unwrap(), 1);
    for text in ["-1", "101", "0.00001", "x", ""] {
        assert_eq!(percent(text, 100, "").unwrap_err().code(), Code::InvalidField, "{text}");
    }
    assert!(span(Some("2026-02-01"), Some("2026-01-01")).is_err());
    let valid = span(Some("2026-01-01"), Some("2026-01-31")).unwrap();
    assert!(valid.contains(day("2026-01-31")) && !valid.contains(day("2026-02-01")));
}

/// German rules: 19 and 7 per cent, 16 and 5 in the second half of 2020, reverse charge for
/// businesses in Austria, nothing on exports.
fn rules() -> Taxes {
    let mut taxes = Taxes::default();
    let codes = [
        ("DE19", "standard"),
        ("DE7", "standard"),
        ("RC", "reverse_charge"),
        ("EX", "zero_rated"),
        ("FREE", "exempt"),
    ];
    for (code, kind) in codes {
        let new = NewTaxCode {
            code: code.into(),
            kind: Some(kind.into()),
            note: (code == "RC").then(|| "Reverse charge".into()),
            ..NewTaxCode::default()
        };
        taxes.codes.insert(code.into(), new.check().unwrap());
    }
    let mut add = |code: &str, rate: &str, new: NewTaxRule| {
        let id = TaxRuleId::from_bytes([u8::try_from(taxes.rules.len()).unwrap() + 1; 16]);
        let new = NewTaxRule { code: code.into(), rate: rate.into(), ..new };
        taxes.rules.push(new.check(id, &taxes.codes[code]).unwrap());
    };
    let text = |text: &str| Some(text.to_owned());
    let germany = NewTaxRule { country: text("DE"), ..NewTaxRule::default() };
    let cut = (text("2020-07-01"), text("2020-12-31"));
    let cheap = NewTaxRule { class: text("food"), ..germany.clone() };
    add("DE19", "19", NewTaxRule { until: text("2020-06-30"), ..germany.clone() });
    add("DE19", "16", NewTaxRule { from: cut.0.clone(), until: cut.1.clone(), ..germany.clone() });
    add("DE19", "19", NewTaxRule { from: text("2021-01-01"), ..germany });
    add("DE7", "7", NewTaxRule { from: text("2021-01-01"), ..cheap.clone() });
    add("DE7", "5", NewTaxRule { from: cut.0, until: cut.1, ..cheap });
    let business =
        NewTaxRule { country: text("AT"), buyer: text("business"), ..NewTaxRule::default() };
    add("RC", "0", business);
    add("EX", "0", NewTaxRule { country: text("US"), ..NewTaxRule::default() });
    taxes
}

fn case(country: &'static str, on: &str) -> Case<'static> {
    Case {
        seller: "DE",
        country: Some(country),
        region: None,
        class: None,
        business: true,
        tax_number: None,
        account: Some(AccountId::from_bytes([2; 16])),
        day: day(on),
    }
}

fn found(taxes: &Taxes, case: &Case<'_>) -> Vec<(String, String)> {
    let all = taxes.of(case, false).unwrap();
    all.into_iter().map(|tax| (tax.code, tax.rate.to_string())).collect()
}

#[test]
fn the_rate_is_that_of_the_day_the_class_and_the_place() {
    let taxes = rules();
    let one = |code: &str, rate: &str| vec![(code.to_owned(), rate.to_owned())];
    assert_eq!(found(&taxes, &case("DE", "2020-06-30")), one("DE19", "0.19"));
    assert_eq!(found(&taxes, &case("DE", "2020-07-01")), one("DE19", "0.16"));
    assert_eq!(found(&taxes, &case("DE", "2021-01-01")), one("DE19", "0.19"));
    let food = Case { class: Some("food"), ..case("DE", "2021-01-01") };
    assert_eq!(found(&taxes, &food), one("DE7", "0.07"));
    assert_eq!(found(&taxes, &Case { day: day("2020-08-01"), ..food }), one("DE7", "0.05"));
    assert_eq!(found(&taxes, &case("US", "2026-01-01")), one("EX", "0"));
    let unknown = Case { country: None, ..case("DE", "2026-01-01") };
    assert_eq!(found(&taxes, &unknown), one("DE19", "0.19"));
}

#[test]
fn reverse_charge_needs_the_buyers_tax_number() {
    let taxes = rules();
    let austria = case("AT", "2026-01-01");
    let refused = taxes.of(&austria, false).unwrap_err();
    assert_eq!(refused.code(), Code::NoTaxRule);
    assert!(refused.issues[0].allowed.as_ref().unwrap().contains("tax number"));
    let known = Case { tax_number: Some("ATU123"), ..austria };
    let tax = &taxes.of(&known, false).unwrap()[0];
    assert_eq!((tax.code.as_str(), tax.note.as_deref()), ("RC", Some("Reverse charge")));
    assert_eq!(taxes.of(&case("FR", "2026-01-01"), true).unwrap_err().code(), Code::NoTaxRule);
}

#[test]
fn an_exemption_holds_within_its_days_and_country() {
    let mut taxes = rules();
    let account = AccountId::from_bytes([2; 16]);
    let exemption = Exemption {
        id: TaxExemptionId::NONE,
        account,
        code: "FREE".into(),
        certificate: "NATO-7".into(),
        country: Some("DE".into()),
        valid: Span { from: Some(day("2026-01-01")), until: Some(day("2026-12-31")) },
    };
    taxes.exemptions.insert(account, vec![exemption]);
    let tax = &taxes.of(&case("DE", "2026-05-01"), false).unwrap()[0];
    assert_eq!((tax.origin, tax.certificate.as_deref()), (TaxOrigin::Exemption, Some("NATO-7")));
    assert_eq!(found(&taxes, &case("DE", "2027-01-01"))[0].0, "DE19");
    assert_eq!(found(&taxes, &case("US", "2026-05-01"))[0].0, "EX");
}

#[test]
fn layers_add_up() {
    let mut taxes = rules();
    for (layer, code, rate) in [(1, "GST", "5"), (2, "PST", "7")] {
        let new = NewTaxCode { code: code.into(), ..NewTaxCode::default() };
        let checked = new.check().unwrap();
        let rule = NewTaxRule {
            code: code.into(),
            rate: rate.into(),
            layer: Some(layer),
            country: Some("CA".into()),
            region: (layer == 2).then(|| "BC".into()),
            ..NewTaxRule::default()
        };
        let id = TaxRuleId::from_bytes([100; 16]);
        taxes.rules.push(rule.check(id, &checked).unwrap());
        taxes.codes.insert(code.into(), checked);
    }
    let west = Case { region: Some("BC"), ..case("CA", "2026-01-01") };
    assert_eq!(found(&taxes, &west).len(), 2);
    assert_eq!(found(&taxes, &case("CA", "2026-01-01")).len(), 1);
}

#[test]
fn a_code_that_is_not_taxed_has_no_rate() {
    let code =
        NewTaxCode { code: "RC".into(), kind: Some("reverse_charge".into()), ..Default::default() };
    let rule = NewTaxRule { code: "RC".into(), rate: "19".into(), ..NewTaxRule::default() };
    let refused = rule.check(TaxRuleId::NONE, &code.check().unwrap()).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidField);
}
