//! Bank statements, what their movements pay, and money against invoices, on both engines.

use orderly::ops::accounts::{self, NewAccount};
use orderly::ops::bank::*;
use orderly::ops::payments::allocate::{self, AllocateIn};
use orderly::ops::payments::{self, PaymentIn};
use orderly::ops::{books, settings};
use orderly::{App, Call, Error};
use orderly_core::books::Account;
use orderly_core::id::{BankEntryId, CustomerId, InvoiceId};
use orderly_core::invoice::{Effect, Invoice, InvoiceKind, InvoiceLine, post};
use orderly_core::money::Currency;
use orderly_core::party::NewParty;
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_store::tables::{channels, invoices};

use crate::fixture::Shop;
use crate::sold::{code, refused};

fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

/// Issues a plain invoice of an amount, without an order.
fn invoiced(shop: &Shop, customer: CustomerId, number: i64, total: i64) -> InvoiceId {
    let call = shop.call();
    let done: Result<InvoiceId, Error> = shop.app.store.write(|tx| {
        let mut ids = call.ids();
        let channel = channels::by_code(tx, "phone")?.unwrap();
        let line = InvoiceLine {
            id: ids.draw(),
            position: 1,
            order: None,
            order_line: None,
            charge: None,
            delivery: None,
            location: None,
            credits: None,
            effect: Effect::Invoiced,
            sku: None,
            description: "Work".into(),
            qty: Qty::new(0).unwrap(),
            quantity: String::new(),
            unit: String::new(),
            price: String::new(),
            net: total,
            tax: 0,
            taxes: vec![],
        };
        let own = books::books_of(tx, channel.legal_entity)?;
        let invoice = Invoice {
            id: ids.draw(),
            legal_entity: channel.legal_entity,
            series: "INV".into(),
            number,
            kind: InvoiceKind::Invoice,
            corrects: None,
            replaces: None,
            refund: None,
            order: None,
            channel: Some(channel.id),
            customer: Some(customer),
            account: None,
            site: None,
            bill_to: None,
            reference: None,
            reason: None,
            currency: gbp(),
            net: total,
            tax: 0,
            total,
            settled: 0,
            issued_at: call.now,
            issued_on: own.day(call.now),
            due_on: Some(own.day(call.now)),
            version: 1,
            lines: vec![line],
        };
        invoices::insert(tx, &[&invoice])?;
        let known = std::collections::HashMap::new();
        if let Some(journal) = post::issued(&invoice, &own, ids.draw(), &known) {
            books::post(tx, &call, &[journal])?;
        }
        Ok(invoice.id)
    });
    done.unwrap()
}

fn open_of(shop: &Shop, id: InvoiceId) -> i64 {
    let found = shop.app.store.read(|tx| invoices::get(tx, id, false)).unwrap();
    found.unwrap().open()
}

fn customer(shop: &Shop) -> CustomerId {
    shop.stock("PAINT", "leeds", 10, None);
    shop.ordered(&[("PAINT", "1")]).head.customer.unwrap()
}

fn transfer(shop: &Shop, customer: CustomerId, amount: &str) -> payments::PaymentIn {
    let channel = shop.app.store.read(|tx| channels::by_code(tx, "phone")).unwrap().unwrap();
    PaymentIn {
        customer: Some(customer),
        channel: Some(channel.id),
        method: "transfer".into(),
        amount: Some(amount.into()),
        ..PaymentIn::default()
    }
}

#[test]
fn one_transfer_pays_fourteen_invoices_and_the_rest_stays_unapplied() {
    for shop in Shop::each() {
        let (app, customer) = (&shop.app, customer(&shop));
        let all: Vec<InvoiceId> =
            (1..=14).map(|number| invoiced(&shop, customer, number, number * 100)).collect();
        let paid = payments::take(app, &shop.call(), &transfer(&shop, customer, "106.00")).unwrap();
        let over = AllocateIn { invoices: vec![(all[0], Some("1.01".into()))], oldest: false };
        let refusal = shop.unchanged(|| allocate::allocate(app, &shop.call(), paid.id, &over));
        assert_eq!(refusal.code(), Code::AboveOpen);
        let much = AllocateIn { invoices: vec![(all[13], Some("107".into()))], oldest: false };
        let refusal = shop.unchanged(|| allocate::allocate(app, &shop.call(), paid.id, &much));
        assert_eq!(refusal.code(), Code::AboveUnapplied);
        let new = AllocateIn { invoices: vec![], oldest: true };
        let after = allocate::allocate(app, &shop.call(), paid.id, &new).unwrap();
        assert_eq!((after.amounts.applied, after.unapplied()), (10_500, 100));
        assert!(all.iter().all(|id| open_of(&shop, *id) == 0));
        assert_eq!(shop.booked(Account::Receivables), 0);
        assert_eq!(shop.booked(Account::UnappliedReceipts), -100);
        assert_eq!(code(allocate::allocate(app, &shop.call(), paid.id, &new)), Code::NothingToDo);
        let part = allocate::deallocate(app, &shop.call(), paid.id, all[13], Some("4")).unwrap();
        assert_eq!((part.unapplied(), open_of(&shop, all[13])), (500, 400));
        let stored = app.store.read(|tx| payments::folded(tx, paid.id, i64::MAX)).unwrap().unwrap();
        assert_eq!(Some(stored), payments::get(app, paid.id).unwrap());
    }
}

#[test]
fn a_statement_tells_what_was_paid_and_pays_nothing_yet() {
    for shop in Shop::each() {
        let (app, customer) = (&shop.app, customer(&shop));
        let new = NewAccount {
            number: "T1".into(),
            name: "Field".into(),
            party: NewParty { name: "Field".into(), ..NewParty::default() },
            ..NewAccount::default()
        };
        let account = accounts::create_account(app, &shop.call(), &new).unwrap();
        let of = || accounts::statements::of_account(app, &shop.call(), "T1", None, <_>::default());
        payments::take(app, &shop.call(), &transfer(&shop, customer, "7.00")).unwrap();
        assert_eq!(of().unwrap().unapplied, 0, "another customer's");
        let own = transfer(&shop, account.customer, "10.00");
        let paid = payments::take(app, &shop.call(), &own).unwrap();
        assert_eq!(of().unwrap().unapplied, 1_000);
        let step = payments::StepIn { amount: Some("4".into()), ..payments::StepIn::default() };
        payments::give_back(app, &shop.call(), paid.id, &step).unwrap();
        assert_eq!(of().unwrap().unapplied, 600);
        let one = invoiced(&shop, account.customer, 1, 500);
        let all = AllocateIn { invoices: vec![(one, None)], oldest: false };
        allocate::allocate(app, &shop.call(), paid.id, &all).unwrap();
        let drawn = of().unwrap();
        assert_eq!(drawn.unapplied, 100);
        let paper = accounts::print(&drawn, orderly_docs::Paper::A4, false);
        assert!(paper.aged.iter().any(|one| one.value == "-1.00"), "{:?}", paper.aged);
    }
}

#[test]
fn a_small_difference_is_given_up_within_the_limit() {
    for shop in Shop::each() {
        let (app, customer) = (&shop.app, customer(&shop));
        let id = invoiced(&shop, customer, 1, 1_000);
        settings::set(app, &shop.call(), "write_off.limit", "0.50").unwrap();
        let call = || shop.call().with_reason("bank charges");
        let refusal = shop.unchanged(|| allocate::write_off(app, &call(), id, Some("0.51")));
        assert_eq!(refusal.code(), Code::AboveWriteOff);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("0.50 GBP"));
        let mute = shop.unchanged(|| allocate::write_off(app, &shop.call(), id, Some("0.10")));
        assert_eq!(mute.code(), Code::ReasonRequired);
        allocate::write_off(app, &call(), id, Some("0.50")).unwrap();
        assert_eq!((open_of(&shop, id), shop.booked(Account::BadDebt)), (950, 50));
        let passed = Call { overrides: vec![Code::AboveWriteOff], ..call() };
        allocate::write_off(app, &passed, id, None).unwrap();
        assert_eq!((open_of(&shop, id), shop.booked(Account::BadDebt)), (0, 1_000));
    }
}

pub(crate) const CAMT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>S-1</Id><ElctrncSeqNb>1</ElctrncSeqNb>
<Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Ccy>GBP</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">100.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">125.50</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>
<Ntry><Amt Ccy="GBP">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls>
<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>Ann Field</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>GB94BARC10201530093459</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>INV-000001 and INV-000002</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="GBP">4.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>B-2</AcctSvcrRef>
<AddtlNtryInf>Charges</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>"#;

pub(crate) fn giro(shop: &Shop) {
    let new = BankAccountIn {
        code: "GIRO".into(),
        name: "Giro".into(),
        iban: Some("GB33 BUKB 2020 1555 5555 55".into()),
        currency: None,
    };
    create_account(&shop.app, &shop.call(), &new).unwrap();
}

pub(crate) fn take_in(app: &App, call: &Call, text: &str) -> Imported {
    import(app, call, "GIRO", text.as_bytes(), None).unwrap()
}

/// The open movement with this amount.
pub(crate) fn line(shop: &Shop, amount: i64) -> BankEntryId {
    let all = lines(&shop.app, &shop.call(), Some("GIRO"), true, 99).unwrap();
    all.iter().find(|one| one.line.amount == amount).unwrap().id
}

#[test]
fn a_statement_is_taken_in_once_and_its_movements_pay_invoices() {
    for shop in Shop::each() {
        let (app, customer) = (&shop.app, customer(&shop));
        giro(&shop);
        let (one, two) = (invoiced(&shop, customer, 1, 1_000), invoiced(&shop, customer, 2, 2_000));
        let first = take_in(app, &shop.call(), CAMT);
        assert_eq!((first.statements[0].0.added, first.matched.len()), (2, 0));
        let again = take_in(app, &shop.call(), CAMT);
        assert_eq!((again.statements[0].0.added, again.statements[0].1), (0, true));
        let renamed = CAMT.replace("<ElctrncSeqNb>1<", "<ElctrncSeqNb>9<");
        assert_eq!(take_in(app, &shop.call(), &renamed).statements[0].0.added, 0);
        assert_eq!(lines(app, &shop.call(), None, false, 99).unwrap().len(), 2);
        assert_eq!(shop.booked(Account::Bank), 0);
        let id = line(&shop, 3_000);
        let all = proposals(app, &shop.call(), id).unwrap();
        assert!(all[0].is_exact() && all[0].parts.len() == 2, "{all:?}");
        let chosen = MatchIn { proposal: Some(1), ..MatchIn::default() };
        let done = match_entry(app, &shop.call(), id, &chosen).unwrap();
        assert_eq!(done.payment.unwrap().unapplied(), 0);
        assert_eq!((open_of(&shop, one), open_of(&shop, two)), (0, 0));
        assert_eq!((shop.booked(Account::Bank), shop.booked(Account::Receivables)), (3_000, 0));
        let refusal = shop.unchanged(|| match_entry(app, &shop.call(), id, &chosen));
        assert_eq!(refusal.code(), Code::AlreadyMatched);
        let plain = MatchIn { customer: Some(customer), ..MatchIn::default() };
        let refusal = shop.unchanged(|| match_entry(app, &shop.call(), id, &plain));
        assert_eq!(refusal.code(), Code::AlreadyMatched);
        unmatch(app, &shop.call(), id).unwrap();
        assert_eq!((open_of(&shop, one), shop.booked(Account::Bank)), (1_000, 0));
        let part = MatchIn {
            invoices: vec![(one, None), (two, Some("20.01".into()))],
            ..MatchIn::default()
        };
        let refusal = shop.unchanged(|| match_entry(app, &shop.call(), id, &part));
        assert_eq!(refusal.code(), Code::AboveEntry);
        let fees = MatchIn {
            invoices: vec![(two, None)],
            fees: Some("0.25".into()),
            ..MatchIn::default()
        };
        let done = match_entry(app, &shop.call(), id, &fees).unwrap();
        assert_eq!(done.payment.unwrap().unapplied(), 1_025);
        assert_eq!((shop.booked(Account::Bank), shop.booked(Account::ProviderFees)), (3_000, 25));
        unmatch(app, &shop.call(), id).unwrap();
        assert_eq!((shop.booked(Account::Bank), shop.booked(Account::ProviderFees)), (0, 0));
        let costs = MatchIn { clear: Some(Account::BankFees), ..MatchIn::default() };
        match_entry(app, &shop.call(), line(&shop, -450), &costs).unwrap();
        assert_eq!((shop.booked(Account::Bank), shop.booked(Account::BankFees)), (-450, 450));
    }
}

#[test]
fn exact_movements_match_themselves_where_the_setting_says_so() {
    for shop in Shop::each() {
        let (app, customer) = (&shop.app, customer(&shop));
        giro(&shop);
        settings::set(app, &shop.call(), "bank.match_exact", "yes").unwrap();
        let one = invoiced(&shop, customer, 1, 1_000);
        invoiced(&shop, customer, 2, 2_000);
        assert_eq!(take_in(app, &shop.call(), CAMT).matched.len(), 1);
        assert_eq!(open_of(&shop, one), 0);
    }
}

#[test]
fn a_carrier_remits_what_it_collected_and_what_is_missing_is_told() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        giro(&shop);
        let app = &shop.app;
        let order = shop.ordered(&[("PAINT", "1")]);
        let expected = PaymentIn {
            order: Some(order.id),
            provider: Some("cod".into()),
            method: "cod".into(),
            ..PaymentIn::default()
        };
        let held = payments::authorize(app, &shop.call(), &expected).unwrap();
        assert_eq!(shop.booked(Account::CodClearing), 0);
        let step = payments::StepIn { order: Some(order.id), ..payments::StepIn::default() };
        payments::capture(app, &shop.call(), held.id, &step).unwrap();
        assert_eq!(shop.booked(Account::CodClearing), 2_999);
        take_in(app, &shop.call(), &CAMT.replace("30.00", "29.00").replace("125.50", "124.50"));
        let remits = MatchIn { remits: vec![held.id], ..MatchIn::default() };
        let done = match_entry(app, &shop.call(), line(&shop, 2_900), &remits).unwrap();
        assert_eq!(done.difference, 99);
        assert_eq!((shop.booked(Account::CodClearing), shop.booked(Account::Bank)), (99, 2_900));
        shop.verified(order.id);
    }
}

#[test]
fn files_that_contradict_themselves_or_are_not_ours_are_refused() {
    for shop in Shop::each() {
        giro(&shop);
        let app = &shop.app;
        let wrong = [
            CAMT.replace("125.50", "125.51"),
            CAMT.replace("Ccy=\"GBP\">30", "Ccy=\"EUR\">30"),
            "neither".to_owned(),
            "<a/>".to_owned(),
        ];
        for text in wrong {
            let read = || import(app, &shop.call(), "GIRO", text.as_bytes(), None);
            assert_eq!(shop.unchanged(read).code(), Code::InvalidStatement, "{text}");
        }
        let other = CAMT.replace("GB33BUKB20201555555555", "GB94BARC10201530093459");
        let read = import(app, &shop.call(), "GIRO", other.as_bytes(), None);
        assert_eq!(refused(read).code(), Code::InvalidField);
        assert!(import(app, &shop.stranger(), "GIRO", CAMT.as_bytes(), None).is_err());
    }
}

const MT940: &str = "\
:20:STARTUMSE
:25:20201555/55555555
:28C:00001/001
:60F:C260302GBP100,00
:61:2603020302CR30,NTRFNONREF//B-1
:86:166?00TRANSFER?20SVWZ+INV-000001 and?21 INV-000002?31GB94BARC10201530093459
?32Ann Field
:61:2603020302DR4,50NCHGNONREF//B-2
:86:Charges
:62F:C260302GBP125,50
-
";

#[test]
fn mt940_and_csv_say_the_same_as_camt() {
    for shop in Shop::each() {
        giro(&shop);
        let app = &shop.app;
        take_in(app, &shop.call(), CAMT);
        // The bank's references tell that they are the same movements.
        assert_eq!(take_in(app, &shop.call(), MT940).statements[0].0.added, 0);
        let map = CsvMap::parse(include_str!("../../../../maps/bank.toml")).unwrap();
        let csv = "Booking date;Value date;Amount;Balance;Purpose;Name;IBAN\n\
                   04.03.2026;04.03.2026;-1.004,50;-849,00;Rent;House;\n\
                   03.03.2026;03.03.2026;30,00;155,50;INV-000003;Ann;GB94\n";
        let read = import(app, &shop.call(), "GIRO", csv.as_bytes(), Some(&map)).unwrap();
        assert_eq!((read.statements[0].0.added, read.gaps.len()), (2, 0), "{:?}", read.gaps);
        let later = csv.replace("849,00", "848,00").replace("155,50", "156,50");
        let later = later.replace("2026", "2027");
        let read = import(app, &shop.call(), "GIRO", later.as_bytes(), Some(&map)).unwrap();
        assert_eq!((read.statements[0].0.added, read.gaps.len()), (2, 1));
    }
}
