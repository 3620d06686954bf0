//! Price lists and tax rules on both engines.

use orderly_core::catalog::{Channel, ChannelKind, WhenShort};
use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::item::new::NewItem;
use orderly_core::money::Currency;
use orderly_core::order::Rounding;
use orderly_core::party::{
    Account, AccountState, Customer, CustomerKind, NewParty, SubjectKind, Terms, TermsKind,
    WhenOver,
};
use orderly_core::pricing::new::{NewExemption, NewList, NewTaxCode, NewTaxRule, span};
use orderly_core::pricing::{AccountPricing, DiscountRule, ItemPricing, PriceEntry, Span};
use orderly_core::qty::{Qty, Ratio};
use orderly_core::time::{Day, Instant};
use orderly_store::tables::pricing::Group;
use orderly_store::tables::{accounts, customers, parties, pricing, taxes};
use orderly_store::{Store, StoreError, Tx};
use rust_decimal::Decimal;

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        Store::open(db.location()).unwrap().write(&test).unwrap();
    }
}

fn entry(number: u8, from: i64, valid: Span) -> PriceEntry {
    PriceEntry {
        id: PriceEntryId::from_bytes([number; 16]),
        list: PriceListId::from_bytes([1; 16]),
        item: ItemId::from_bytes([7; 16]),
        from: Qty::new(from).unwrap(),
        price: Decimal::new(1_234, 3),
        unit: "each".into(),
        ratio: Ratio::ONE,
        valid,
    }
}

#[test]
fn lists_and_entries_are_read_back() {
    on_each(|tx| {
        let new = NewList { code: "TRADE".into(), margin: Some("5".into()), ..NewList::default() };
        let id = PriceListId::from_bytes([1; 16]);
        let mut list = new.check(id, [0; 16], Currency::parse("GBP").unwrap(), NOW).unwrap();
        assert!(pricing::put_list(tx, &list)?);
        assert_eq!(pricing::lists(tx)?, std::slice::from_ref(&list));
        let other = PriceListId::from_bytes([2; 16]);
        let same = orderly_core::pricing::PriceList { id: other, ..list.clone() };
        assert!(!pricing::put_list(tx, &same)?, "the code is taken");
        list.version = 2;
        list.discount_ppm = 10_000;
        assert!(pricing::put_list(tx, &list)?);
        assert!(!pricing::put_list(tx, &list)?, "it is at this version already");
        assert_eq!(pricing::lists(tx)?, [list]);
        let from = span(Some("2026-01-01"), None).unwrap();
        let (one, dated) = (entry(1, 0, Span::default()), entry(2, 0, from));
        pricing::put_entries(tx, &[one.clone(), dated.clone()])?;
        let newer = PriceEntry { price: Decimal::ONE, ..entry(3, 0, Span::default()) };
        pricing::put_entries(tx, std::slice::from_ref(&newer))?;
        assert_eq!(pricing::entries_of_list(tx, id)?.len(), 2);
        let mut found = pricing::entries(tx, &[one.item])?;
        found.sort_by_key(|entry| entry.id);
        assert_eq!(found, [dated.clone(), newer]);
        assert!(pricing::remove_entry(tx, &dated)?);
        assert!(!pricing::remove_entry(tx, &dated)?);
        Ok(())
    });
}

fn account(tx: &mut Tx<'_>) -> Result<AccountId, StoreError> {
    let new = NewParty { name: "Ada".into(), ..NewParty::default() };
    let subject = (SubjectKind::Customer, [1; 16]);
    let party = new.check(PartyId::from_bytes([1; 16]), subject, 1, NOW).unwrap();
    let customer = Customer {
        id: CustomerId::from_bytes([1; 16]),
        number: "C1".into(),
        kind: CustomerKind::Company,
        party: party.id,
        account: None,
        active: true,
        version: 1,
        created_at: NOW,
    };
    let account = Account {
        id: AccountId::from_bytes([1; 16]),
        number: "A1".into(),
        name: "Ada".into(),
        customer: customer.id,
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        currency: Currency::parse("GBP").unwrap(),
        terms: Terms { kind: TermsKind::EndOfMonth, days: 30 },
        when_over: WhenOver::Hold,
        reference_required: false,
        contact_required: false,
        state: AccountState::Active,
        version: 1,
        created_at: NOW,
    };
    parties::insert_many(tx, &[party])?;
    customers::insert_many(tx, &[customer])?;
    assert!(accounts::insert(tx, &account)?);
    Ok(account.id)
}

#[test]
fn what_groups_accounts_and_categories_add_is_read_back() {
    on_each(|tx| {
        let account = account(tx)?;
        let group = Group {
            id: CustomerGroupId::from_bytes([3; 16]),
            code: "builders".into(),
            name: "Builders".into(),
        };
        pricing::put_group(tx, &group)?;
        pricing::put_group(tx, &Group { name: "All builders".into(), ..group.clone() })?;
        assert_eq!(pricing::groups(tx)?[0].name, "All builders");
        let own = AccountPricing { group: Some(group.id), tax_number: Some("GB1".into()) };
        pricing::put_account(tx, account, &own)?;
        assert_eq!(pricing::accounts(tx, &[account])?, [(account, own)]);
        let rule = DiscountRule {
            id: DiscountRuleId::from_bytes([4; 16]),
            code: "B10".into(),
            group: group.id,
            item: None,
            category: Some("wood".into()),
            discount_ppm: 100_000,
            valid: Span::default(),
        };
        pricing::put_discount(tx, &rule)?;
        pricing::put_discount(tx, &rule)?;
        assert_eq!(pricing::discounts(tx)?, [rule]);
        pricing::put_category(tx, "wood", Some(50_000))?;
        pricing::put_category(tx, "wood", None)?;
        assert_eq!(pricing::categories(tx)?, [("wood".to_owned(), None)]);
        let order = OrderId::from_bytes([5; 16]);
        pricing::insert_traces(tx, &[(order, NOW, "[]".into())])?;
        assert_eq!(pricing::trace(tx, order)?.as_deref(), Some("[]"));
        for trace in ["[1]", "[2]"] {
            pricing::put_trace(tx, order, NOW, trace)?;
            assert_eq!(pricing::trace(tx, order)?.as_deref(), Some(trace));
        }
        Ok(())
    });
}

#[test]
fn tax_codes_rules_and_exemptions_are_read_back() {
    on_each(|tx| {
        let account = account(tx)?;
        let new =
            NewTaxCode { code: "Z".into(), kind: Some("exempt".into()), ..Default::default() };
        let code = new.check().unwrap();
        assert!(taxes::put_code(tx, &code)?);
        let other = NewTaxCode { kind: None, ..new }.check().unwrap();
        assert!(!taxes::put_code(tx, &other)?, "a code stays of its kind");
        assert_eq!(taxes::codes(tx)?, std::slice::from_ref(&code));
        let rule = NewTaxRule { code: "Z".into(), rate: "0".into(), ..NewTaxRule::default() };
        let mut rule = rule.check(TaxRuleId::from_bytes([1; 16]), &code).unwrap();
        taxes::insert_rule(tx, &rule)?;
        let last = Day::parse("2026-12-31").unwrap();
        assert!(taxes::end_rule(tx, rule.id, last)?);
        assert!(!taxes::end_rule(tx, TaxRuleId::NONE, last)?);
        rule.valid.until = Some(last);
        assert_eq!(taxes::rules(tx)?, [rule]);
        let new = NewExemption { certificate: "C-1".into(), ..NewExemption::default() };
        let exemption = new.check(TaxExemptionId::from_bytes([1; 16]), account, &code).unwrap();
        taxes::put_exemption(tx, &exemption)?;
        taxes::put_exemption(tx, &exemption)?;
        assert_eq!(taxes::exemptions(tx, &[account])?, [exemption]);
        Ok(())
    });
}

fn item() -> Item {
    let new = NewItem { sku: "NAIL".into(), name: "Nail".into(), ..NewItem::default() };
    let gbp = Currency::parse("GBP").unwrap();
    new.check(ItemId::from_bytes([7; 16]), &Default::default(), gbp).unwrap()
}

fn channel() -> Channel {
    Channel {
        id: ChannelId::from_bytes([1; 16]),
        code: "web".into(),
        name: "Web".into(),
        kind: ChannelKind::Web,
        when_short: WhenShort::Refuse,
        rounding: Rounding::Line,
        currency: Currency::parse("GBP").unwrap(),
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        location: None,
        priority: 0,
        active: true,
        version: 1,
    }
}

#[test]
fn what_items_and_channels_add_is_read_back() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store
            .write(|tx| {
                let item = item();
                orderly_store::tables::catalog::insert_many(tx, std::slice::from_ref(&item), NOW)?;
                let own = ItemPricing {
                    category: Some("wood".into()),
                    tax_class: None,
                    margin_ppm: Some(1),
                };
                pricing::put_item(tx, item.id, &own)?;
                assert_eq!(pricing::items(tx, &[item.id])?, [(item.id, own)]);
                let channel = channel();
                orderly_store::tables::channels::insert(tx, &channel)?;
                pricing::put_channel(tx, channel.id, true)?;
                assert_eq!(pricing::channels(tx)?, [(channel.id, true)]);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
