//! Statements of account: what they say, and how they flow.

use orderly_docs::{
    AccountStatement, Address, DocError, Paper, Reference, StatementEntry, StatementItem,
};

use crate::tools::Tools;

fn statement(entries: usize) -> AccountStatement {
    let address = |company: &str, town: &str| Address {
        company: company.to_owned(),
        lines: vec!["1 High Street".to_owned()],
        city: town.to_owned(),
        postcode: "LS1 4AP".to_owned(),
        country: "GB".to_owned(),
        ..Address::default()
    };
    let reference =
        |label: &str, value: &str| Reference { label: label.to_owned(), value: value.to_owned() };
    let entry = |number: usize| StatementEntry {
        date: format!("2026-03-{:02}", number % 28 + 1),
        what: if number % 7 == 6 { "Payment" } else { "Invoice" }.to_owned(),
        document: format!("INV-{number:06}"),
        reference: format!("Harrogate Road, plot {number}"),
        amount: "1,204.50".to_owned(),
        balance: format!("{number},000.00"),
    };
    let item = StatementItem {
        date: "2026-03-02".to_owned(),
        due: "2026-03-31".to_owned(),
        document: "INV-000002".to_owned(),
        reference: "Harrogate Road, plot 2".to_owned(),
        late: "30 days".to_owned(),
        total: "1,204.50".to_owned(),
        open: "204.50".to_owned(),
    };
    let ages = ["not due", "1–30 days", "31–60 days", "61–90 days", "over 90 days", "total"];
    AccountStatement {
        paper: Paper::A4,
        seller: address("Brook & Stone Ltd", "LEEDS"),
        recipient: address("Field & Sons Ltd", "YORK"),
        account_number: "T1001".to_owned(),
        references: vec![
            reference("Period", "2026-03-01 to 2026-04-30"),
            reference("Currency", "GBP"),
        ],
        opening: "310.00".to_owned(),
        entries: (1..=entries).map(entry).collect(),
        closing: "99,999.00".to_owned(),
        open: vec![item],
        aged: ages.map(|label| reference(label, "204.50")).to_vec(),
        message: "Please pay to GB33 BUKB 2020 1555 5555 55.".to_owned(),
    }
}

#[test]
fn a_statement_says_what_happened_what_is_open_and_how_late() {
    let Some(tools) = Tools::find("statements") else { return };
    let pdf = statement(9).to_pdf().unwrap();
    let text = tools.text(&pdf);
    for part in [
        "Statement of account",
        "Field & Sons Ltd",
        "Opening balance",
        "Closing balance",
        "99,999.00",
        "INV-000009",
        "Harrogate Road, plot 3",
        "Open items",
        "30 days",
        "OVER 90 DAYS",
        "GB33 BUKB 2020 1555 5555 55",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let pages = tools.render_pdf(&pdf);
    let codes = tools.decode(&pages[0]);
    assert_eq!(codes[0].text, "T1001");
    assert_eq!(pdf, statement(9).to_pdf().unwrap(), "the same statement is the same bytes");
}

#[test]
fn a_long_statement_flows_and_an_empty_one_says_so() {
    let Some(tools) = Tools::find("long statements") else { return };
    let text = tools.text(&statement(120).to_pdf().unwrap());
    let pages: Vec<&str> = text.trim_end_matches('\u{C}').split('\u{C}').collect();
    assert!(pages.len() >= 3 && pages[1].contains("BALANCE"), "{text}");
    assert!(pages[1].contains("Statement of account · T1001"));
    let nothing = AccountStatement { open: Vec::new(), aged: Vec::new(), ..statement(0) };
    let text = tools.text(&nothing.to_pdf().unwrap());
    assert!(text.contains("Nothing is open on this account."), "{text}");
    assert!(!text.contains("Opening balance"));
}

#[test]
fn what_does_not_belong_on_paper_is_refused_by_name() {
    let mut wrong = statement(2);
    wrong.entries[1].reference = "a\u{202E}b".to_owned();
    let field = "entries[1].reference".to_owned();
    let expected = DocError::ControlCharacter { field, code: 0x202E };
    assert_eq!(wrong.to_pdf(), Err(expected));
    let wrong = AccountStatement { account_number: String::new(), ..statement(1) };
    assert!(matches!(wrong.to_pdf(), Err(DocError::Missing { .. })));
    let mut wrong = statement(1);
    wrong.open[0].late = "x".repeat(61);
    assert!(matches!(wrong.to_pdf(), Err(DocError::TooLong { .. })));
}
