//! Purchase orders: rows, prices and the number as text and barcode.

use orderly_docs::{Address, DocError, Paper, PurchaseDocument, PurchaseRow, Reference};

use crate::tools::Tools;

fn order(rows: usize) -> PurchaseDocument {
    let row = |number: usize| PurchaseRow {
        position: number.to_string(),
        supplier_sku: format!("HIS-{number:03}"),
        sku: format!("OUR-{number:03}"),
        description: "Façade brick, red, 240 × 115 × 71 mm".to_owned(),
        quantity: "2.5 thousand".to_owned(),
        price: "420.00 / thousand".to_owned(),
        amount: "1050.00".to_owned(),
        expected: "2026-12-01".to_owned(),
        direct: number == 2,
    };
    let place = |company: &str, city: &str| Address {
        company: company.to_owned(),
        lines: vec!["Hafenstraße 7".to_owned()],
        city: city.to_owned(),
        postcode: "20457".to_owned(),
        country: "DE".to_owned(),
        ..Address::default()
    };
    let value = "2026-11-24".to_owned();
    PurchaseDocument {
        paper: Paper::A4,
        buyer: place("Brook & Stone", "Hamburg"),
        supplier: Address { company: "Ziegelei Nord".to_owned(), ..Address::default() },
        ship_to: place("Brook & Stone, depot", "Hamburg"),
        number: "P1001".to_owned(),
        references: vec![Reference { label: "Date".to_owned(), value }],
        rows: (1..=rows).map(row).collect(),
        total: "2,100.00 EUR".to_owned(),
        message: "Please call before you deliver.".to_owned(),
    }
}

#[test]
fn a_purchase_order_says_what_to_deliver_where_and_at_what_price() {
    let Some(tools) = Tools::find("purchase orders") else { return };
    let pdf = order(2).to_pdf().unwrap();
    let text = tools.text(&pdf);
    for part in [
        "Purchase order",
        "SUPPLIER",
        "Ziegelei Nord",
        "DELIVER TO",
        "Brook & Stone, depot",
        "HIS-001",
        "Our number OUR-002",
        "Please send it straight to our",
        "Total without tax: 2,100.00 EUR",
        "Please call before you deliver.",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let pages = tools.render_pdf(&pdf);
    assert_eq!(tools.decode(&pages[0])[0].text, "P1001");
}

#[test]
fn a_long_purchase_order_flows_over_pages() {
    let Some(tools) = Tools::find("long purchase orders") else { return };
    let text = tools.text(&order(120).to_pdf().unwrap());
    let skus = text.split_whitespace().filter(|word| word.starts_with("HIS-")).count();
    assert_eq!(skus, 120);
    assert!(text.matches('\u{C}').count() >= 3);
}

#[test]
fn a_purchase_order_without_rows_is_refused() {
    let error = order(0).to_pdf().unwrap_err();
    assert_eq!(error, DocError::Missing { field: "lines".to_owned() });
}
