//! Quotes, load lists and delivery notes, read back by independent readers.

use orderly_docs::{
    DeliveryNote, DocError, DocLine, LoadList, LoadStop, Paper, PricedLine, QuoteSheet,
};

use crate::sample::{line, reference, slip};
use crate::tools::Tools;

fn quote(lines: usize) -> QuoteSheet {
    let own = slip(Paper::A4, Vec::<DocLine>::new());
    let priced = |n: usize| PricedLine {
        line: line("1,500 each", &format!("BRICK-{n:03}"), "Facing brick, red, sanded"),
        price: "420.00 / thousand".into(),
        amount: "630.00".into(),
    };
    QuoteSheet {
        paper: Paper::A4,
        title: "Quote".into(),
        seller: own.seller,
        recipient: own.recipient,
        number: "Q1001".into(),
        references: vec![reference("Valid until", "2026-03-31"), reference("Revision", "2")],
        lines: (1..=lines).map(priced).collect(),
        totals: vec![reference("Tax included", "105.00"), reference("Total EUR", "630.00")],
        message: "Prices hold until the day above.".into(),
    }
}

#[test]
fn a_quote_shows_prices_totals_and_its_number_as_a_barcode() {
    let Some(tools) = Tools::find("quotes") else { return };
    let pdf = quote(60).to_pdf().unwrap();
    assert_eq!(pdf, quote(60).to_pdf().unwrap(), "the same input gives the same bytes");
    let text = tools.text(&pdf);
    for wanted in ["Quote", "Valid until", "420.00 / thousand", "Total EUR", "Prices hold"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(text.matches("BRICK-").count(), 60);
    let pages = tools.render_pdf(&pdf);
    assert!(pages.len() > 1, "{}", pages.len());
    let codes = tools.decode(&pages[0]);
    assert_eq!((codes[0].text.as_str(), codes[0].format.as_str()), ("Q1001", "Code 128"));
    let empty = QuoteSheet { lines: Vec::new(), ..quote(1) };
    assert!(matches!(empty.to_pdf(), Err(DocError::Missing { .. })));
}

#[test]
fn a_load_list_and_its_notes_say_where_what_and_how_much_to_take() {
    let Some(tools) = Tools::find("load lists") else { return };
    let own = slip(Paper::A4, Vec::<DocLine>::new());
    let stop = |position| LoadStop {
        position,
        slot: "08:00–10:30".into(),
        address: vec!["Jürgen Groß".into(), "Am Kleistpark 7".into(), "10115 Berlin".into()],
        goods: vec!["12 each SLAB Slab".into(), "Behind the barn".into()],
        due: "30.00 EUR".into(),
    };
    let list = LoadList {
        paper: Paper::A4,
        from: "Depot · VAN-1".into(),
        number: "L1001".into(),
        references: vec![reference("Day", "2026-03-03"), reference("Driver", "Jo")],
        stops: (1..=30).map(stop).collect(),
    };
    let pdf = list.to_pdf().unwrap();
    let text = tools.text(&pdf);
    for wanted in ["Load list", "Jürgen Groß", "12 each SLAB", "30.00 EUR", "Behind the barn"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(tools.decode(&tools.render_pdf(&pdf)[0])[0].text, "L1001");
    let note = DeliveryNote {
        paper: Paper::Letter,
        seller: own.seller,
        recipient: own.recipient,
        number: "L1001-1".into(),
        references: vec![reference("Order", "10001")],
        lines: vec![line("12 each", "SLAB", "Slab")],
        received: String::new(),
    };
    let text = tools.text(&note.to_pdf().unwrap());
    assert!(text.contains("Delivery note") && text.contains("Signature:"), "{text}");
    let signed = DeliveryNote { received: "Received by A. Field".into(), ..note };
    let text = tools.text(&signed.to_pdf().unwrap());
    assert!(text.contains("Received by A. Field") && !text.contains("Signature:"), "{text}");
}
