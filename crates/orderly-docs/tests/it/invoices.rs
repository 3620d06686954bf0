//! Invoices as another reader sees them: every number on paper, over as many pages as it takes.

use orderly_docs::{DocError, InvoiceDoc, InvoiceDocLine, Paper};

use crate::sample::{berlin, hamburg, reference};
use crate::tools::Tools;

fn lines(count: usize) -> Vec<InvoiceDocLine> {
    let line = |n: usize| InvoiceDocLine {
        group: match n % 12 {
            1 => format!("Order SO-{n} of 2026-11-03, your reference PO 7, delivered 2026-11-05"),
            _ => String::new(),
        },
        sku: format!("SKU-{n:04}"),
        description: "Construction timber C24, planed, chamfered edges".to_owned(),
        quantity: "12 pcs".to_owned(),
        price: "4.35".to_owned(),
        tax: "19%".to_owned(),
        amount: "62.12 EUR".to_owned(),
    };
    (1..=count).map(line).collect()
}

fn invoice(count: usize) -> InvoiceDoc {
    InvoiceDoc {
        paper: Paper::A4,
        title: "Invoice".to_owned(),
        number: "INV-2026-000041".to_owned(),
        seller: hamburg(),
        tax_number: "DE 123456789".to_owned(),
        buyer: Some(berlin()),
        references: vec![
            reference("Date", "2026-11-30"),
            reference("Due", "2026-12-30"),
            reference("Your reference", "PO 7"),
        ],
        lines: lines(count),
        taxes: vec![
            ["VAT 19%".to_owned(), "2,610.00 EUR".to_owned(), "495.90 EUR".to_owned()],
            ["VAT 7%".to_owned(), "10.00 EUR".to_owned(), "0.70 EUR".to_owned()],
        ],
        sums: vec![
            reference("Net", "2,620.00 EUR"),
            reference("Tax", "496.60 EUR"),
            reference("Total", "3,116.60 EUR"),
            reference("Paid", "100.00 EUR"),
            reference("To pay", "3,016.60 EUR"),
        ],
        message: "Please pay to the account that you know.".to_owned(),
    }
}

#[test]
fn an_invoice_says_who_what_and_how_much() {
    let Some(tools) = Tools::find("invoices") else { return };
    let pdf = invoice(14).to_pdf().unwrap();
    let text = tools.text(&pdf);
    let words = [
        "Invoice",
        "INV-2026-000041",
        "DE 123456789",
        "BILL TO",
        "Jürgen Groß",
        "2026-12-30",
        "PO 7",
        "SKU-0014",
        "VAT 19%",
        "495.90 EUR",
        "3,116.60 EUR",
        "3,016.60 EUR",
        "Total",
        "Order SO-13 of 2026-11-03",
        "Please pay",
    ];
    for word in words {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    let codes = tools.decode(&tools.render_pdf(&pdf)[0]);
    assert_eq!(codes[0].text, "INV-2026-000041");
}

#[test]
fn a_long_invoice_flows_and_keeps_its_sums_together() {
    let Some(tools) = Tools::find("long invoices") else { return };
    for count in [22, 26, 27, 28, 29, 30, 120] {
        let text = tools.text(&invoice(count).to_pdf().unwrap());
        let pages: Vec<&str> = text.trim_end_matches('\u{C}').split('\u{C}').collect();
        let skus = text.split_whitespace().filter(|word| word.starts_with("SKU-")).count();
        assert_eq!(skus, count);
        let with_total: Vec<&&str> = pages.iter().filter(|page| page.contains("Total")).collect();
        assert_eq!(with_total.len(), 1, "{count} lines");
        assert!(with_total[0].contains("To pay"), "the sums of {count} lines stand together");
    }
}

#[test]
fn an_invoice_without_lines_is_refused_and_a_receipt_names_nobody() {
    assert!(matches!(invoice(0).to_pdf(), Err(DocError::Missing { .. })));
    let receipt = InvoiceDoc { title: "Receipt".to_owned(), buyer: None, ..invoice(1) };
    assert!(receipt.to_pdf().unwrap().starts_with(b"%PDF-1.7"));
    if let Ok(file) = std::env::var("ORDERLY_SHOW_INVOICE") {
        std::fs::write(file, invoice(20).to_pdf().unwrap()).unwrap();
    }
}
