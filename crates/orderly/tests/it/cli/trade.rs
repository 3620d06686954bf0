//! Accounts, money, tills, banks, prices, taxes, work, purchases, books, quotes and loads as a
//! clerk uses them: done, again, unknown, refused; an error says what to do, and JSON parses.

use super::Shop;

/// Runs commands that are refused: each names its code, and what to do with a word of the help.
fn refused(shop: &Shop, all: &[(&str, &str, &str)]) {
    for (args, code, help) in all {
        let ran = shop.run(args);
        assert_eq!(ran.code, 1, "orderly {args}: {}{}", ran.out, ran.err);
        assert!(ran.err.ends_with(&format!("[{code}]\n")), "orderly {args}: {}", ran.err);
        assert!(ran.err.contains(help), "orderly {args} does not say {help}: {}", ran.err);
        let json = shop.run(&format!("{args} --json"));
        let problem: serde_json::Value = serde_json::from_str(&json.err).unwrap();
        assert_eq!(problem["error"]["code"], *code, "orderly {args} --json");
    }
}

#[test]
fn a_drawer_is_opened_counted_and_closed() {
    let shop = Shop::open();
    assert!(shop.done("tills add K1 --location MAIN").contains("K1"));
    refused(
        &shop,
        &[
            ("tills add K1 --location MAIN", "already_exists", "choose another code"),
            ("tills add K2 --location NOPE", "unknown_location", "orderly locations"),
            ("tills open K9 --float 1", "not_found", "tills list"),
            ("tills count K1 5=3", "no_open_session", "orderly tills open"),
        ],
    );
    assert!(shop.done("tills open K1 --float 50").contains("open"));
    refused(
        &shop,
        &[
            ("tills open K1 --float 50", "session_open", "close it first"),
            ("tills drop K1 60", "above_drawer", "Available: 50.00 GBP"),
            ("tills pay-in K1 3", "reason_required", "--reason"),
            ("tills close K1", "nothing_to_do", "Count the drawer first"),
        ],
    );
    shop.done("tills drop K1 20");
    let counted = shop.done("tills count K1 20=1 5=1");
    assert!(counted.contains("expected 30.00 GBP, counted 25.00 GBP, 5.00 GBP short"), "{counted}");
    refused(
        &shop,
        &[
            ("tills count K1 10=3", "invalid_transition", "orderly tills resume"),
            ("tills close K1", "reason_required", "5.00 GBP short"),
        ],
    );
    shop.done("tills resume K1");
    shop.done("tills count K1 20=1 10=1");
    shop.done("tills close K1");
    assert!(shop.json("tills report K1 --session 1").is_object());
    assert!(shop.done("verify").contains("Everything adds up"));
}

#[test]
fn an_account_owes_pays_and_is_asked_for_its_number() {
    let shop = Shop::open();
    let made = shop.done("accounts create T1 Field --limit 50 --terms-days 30");
    assert!(made.contains("50.00"), "{made}");
    refused(
        &shop,
        &[
            ("accounts create T1 Field", "already_exists", "choose another code"),
            ("accounts show T9", "not_found", "accounts list"),
            ("accounts limit T9 5", "not_found", "accounts list"),
            ("payments take --amount 12", "unknown_channel", "orderly channels"),
            ("payments take --amount 12 --channel NOPE", "not_found", "orderly channels"),
        ],
    );
    for args in ["accounts list", "accounts show T1", "payments list", "accounts aged"] {
        assert!(shop.json(args).is_object(), "orderly {args}");
    }
    shop.order("W1", "12");
    assert!(shop.done("payments take --order W1 --method card").contains("1.44"));
    assert!(shop.done("payments list").contains("1.44"));
    let again = shop.run("payments take --order W1 --method card");
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(shop.done("verify").contains("Everything adds up"));
}

#[test]
fn goods_are_bought_invoiced_and_paid() {
    let shop = Shop::open();
    shop.done("suppliers create ACME Acme");
    let from = "purchases create --location MAIN --item NAIL=5@0.04 --supplier";
    refused(&shop, &[(&format!("{from} NOPE"), "unknown_supplier", "orderly suppliers list")]);
    assert!(shop.done(&format!("{from} ACME")).contains("P1001"));
    refused(
        &shop,
        &[
            ("purchases receive P1001", "invalid_transition", "Allowed: send"),
            ("purchases show P9", "not_found", "purchases list"),
        ],
    );
    shop.done("purchases send P1001");
    refused(
        &shop,
        &[("purchases receive P1001 --line 1=7", "above_tolerance", "--override above_tolerance")],
    );
    shop.done("purchases receive P1001 --line 1=5");
    let day = "--supplier ACME --number R1 --on 2026-03-02 --purchase P1001";
    assert!(shop.done(&format!("purchases invoice {day}")).contains("0.20 GBP"));
    refused(
        &shop,
        &[
            (&format!("purchases invoice {day}"), "no_lines", "Nothing is received"),
            ("purchases pay --supplier ACME --invoice R1=9", "above_payable", "Allowed: 0.20"),
            ("purchases pay --supplier ACME --invoice R9", "not_found", "purchases invoices"),
        ],
    );
    assert!(shop.done("purchases pay --supplier ACME --invoice R1").contains("0.20 GBP"));
    for args in ["purchases list", "purchases show P1001", "purchases invoices", "suppliers list"] {
        assert!(shop.json(args).is_object(), "orderly {args}");
    }
    let owed = shop.done("books trial-balance");
    assert!(owed.contains("Payables"), "{owed}");
    assert!(shop.done("verify").contains("Everything adds up"));
}

#[test]
fn prices_taxes_and_work_tell_what_is_missing() {
    let shop = Shop::open();
    shop.done("prices list-set BASE");
    shop.done("prices set BASE NAIL 0.10");
    let why = shop.done("prices explain NAIL --channel WEB");
    assert!(why.contains("from BASE") && why.contains("outranked"), "{why}");
    refused(
        &shop,
        &[
            ("prices set BASE NOPE 0.10", "unknown_item", "orderly items list"),
            ("prices show NOPE", "unknown_price_list", "prices list"),
            ("prices explain NAIL --channel NOPE", "unknown_channel", "orderly channels"),
            ("taxes set std --rate 20", "unknown_tax_code", "orderly taxes code"),
            ("work show W9", "not_found", "work list"),
            ("work create assembly NAIL 2 --location MAIN", "kit_empty", "--component"),
        ],
    );
    shop.done("taxes code std");
    shop.done("taxes set std --rate 20");
    shop.done("taxes on");
    assert!(shop.done("taxes explain NAIL --channel WEB").contains("20"));
    for args in ["prices list", "prices show BASE", "taxes list", "work list"] {
        assert!(shop.json(args).is_object(), "orderly {args}");
    }
}

#[test]
fn books_banks_quotes_and_loads_tell_what_is_missing() {
    let shop = Shop::open();
    assert!(shop.done("bank add GIRO --name Giro").contains("GIRO"));
    let unbalanced = "books enter --on 2026-03-02 --debit bank_fees=5 --credit bank=4";
    refused(
        &shop,
        &[
            ("bank add GIRO --name Giro", "already_exists", "choose another code"),
            ("bank lines --account NOPE", "not_found", "bank accounts"),
            (unbalanced, "reason_required", "--reason"),
            ("books close 2999-01", "period_not_next", "books periods"),
            ("books journals --account nope", "unknown_ledger_account", "orderly books chart"),
            ("quotes show Q9", "not_found", "quotes list"),
            ("quotes convert Q9", "not_found", "quotes list"),
            ("loads show L9", "not_found", "loads list"),
            ("loads plan --vehicle V --from MAIN --day 2026-03-03", "unknown_vehicle", "vehicles"),
        ],
    );
    shop.done("books enter --on 2026-03-02 --debit bank_fees=5 --credit bank=5 --reason fees");
    for args in ["bank accounts", "bank lines", "books periods", "books journals", "quotes list"] {
        let told = shop.json(args);
        assert!(told.is_object() || told.is_array(), "orderly {args}");
    }
    assert!(shop.done("verify").contains("Everything adds up"));
}
