//! Packing slips and pick lists: pages, columns, barcodes and text.

use orderly_docs::{DocError, DocLine, PackingSlip, Paper, PickLine, PickList};

use crate::labels::letters;
use crate::sample::{crowded, line, reference, slip, timber};
use crate::tools::Tools;

fn lines(count: usize) -> Vec<DocLine> {
    let description = "Construction timber C24, planed, chamfered edges, kiln dried, certified";
    (1..=count).map(|n| line("12 pcs", &format!("SKU-{n:04}"), description)).collect()
}

fn pick_list(order_number: &str, lines: Vec<PickLine>) -> PickList {
    PickList {
        paper: Paper::Letter,
        location: "Hamburg-Harburg DC".to_owned(),
        order_number: order_number.to_owned(),
        references: Vec::new(),
        lines,
    }
}

#[test]
fn a_long_slip_flows_over_pages_with_head_and_numbers_on_each() {
    let Some(tools) = Tools::find("long slips") else { return };
    for paper in [Paper::A4, Paper::Letter] {
        let text = tools.text(&slip(paper, lines(100)).to_pdf().unwrap());
        let pages: Vec<&str> = text.trim_end_matches('\u{C}').split('\u{C}').collect();
        assert!(pages.len() >= 3, "{}", pages.len());
        for (index, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("Page {} of {}", index + 1, pages.len())), "{page}");
            assert!(page.contains("QUANTITY") && page.contains("DESCRIPTION"), "{page}");
            assert!(page.contains("Packing slip · SO-2026-104233"), "{page}");
        }
        let skus: Vec<&str> = text.split_whitespace().filter(|w| w.starts_with("SKU-")).collect();
        let expected: Vec<String> = (1..=100).map(|n| format!("SKU-{n:04}")).collect();
        assert_eq!(skus, expected);
        assert!(pages.last().unwrap().contains("Thank you for your order."));
    }
}

#[test]
fn the_order_number_of_a_slip_is_code_128_or_qr_where_that_is_too_long() {
    let Some(tools) = Tools::find("barcodes of slips") else { return };
    let cases = [
        ("SO-2026-104233", "Code 128"),
        ("100045", "Code 128"),
        ("1", "Code 128"),
        ("A1234567B12345", "Code 128"),
        ("~ {x}`12", "Code 128"),
        ("SO-2026-104233-A-VERY-LONG-NUMBER-00001", "QR Code"),
    ];
    for (order_number, format) in cases {
        let slip =
            PackingSlip { order_number: order_number.to_owned(), ..slip(Paper::A4, lines(1)) };
        let pages = tools.render_pdf(&slip.to_pdf().unwrap());
        let codes = tools.decode(&pages[0]);
        assert_eq!(codes.len(), 1, "{order_number}: {codes:?}");
        assert_eq!((codes[0].text.as_str(), codes[0].format.as_str()), (order_number, format));
    }
}

#[test]
fn a_slip_shows_cuts_notes_and_any_script() {
    let Some(tools) = Tools::find("text of slips") else { return };
    let mut rope = line("3 m", "КАБ-3х2.5", "Кабель ВВГнг 3×2,5 мм²");
    rope.notes.push("Партия 2026-44-Б".to_owned());
    let tile = line("7 boxes = 10.08 m²", "ΠΛΑΚ-77", "Πλακάκι δαπέδου κεραμικό");
    let text = tools.text(&slip(Paper::A4, vec![timber(), rope, tile]).to_pdf().unwrap());
    for part in [
        "Cut 2 × 2.4 m from 5 m, offcut 0.2 m",
        "Кабель ВВГнг 3×2,5 мм²",
        "Партия 2026-44-Б",
        "7 boxes = 10.08 m²",
        "Πλακάκι δαπέδου κεραμικό",
        "Jürgen Groß",
        "10115 Berlin",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_pick_list_keeps_the_order_of_the_walk() {
    let Some(tools) = Tools::find("pick lists") else { return };
    let bins = ["C-07-2", "A-01-1", "B-03-4"];
    let lines = bins.iter().map(|bin| PickLine { bin: bin.to_string(), line: timber() }).collect();
    let text = tools.text(&pick_list("SO-1", lines).to_pdf().unwrap());
    let found: Vec<&str> = text.split_whitespace().filter(|w| bins.contains(w)).collect();
    assert_eq!(found, bins);
    assert_eq!(text.matches("Cut 2 × 2.4 m from 5 m, offcut 0.2 m").count(), 3);
    assert!(text.contains("Hamburg-Harburg DC") && text.contains("BIN"));
}

#[test]
fn a_row_higher_than_a_page_goes_on_the_next() {
    let Some(tools) = Tools::find("high rows") else { return };
    let mut line = line("1 pc", "SET-1", "Screw set");
    line.notes = (1..=200).map(|n| format!("Serial-{n:03}")).collect();
    let text = tools.text(&slip(Paper::A4, vec![line]).to_pdf().unwrap());
    let serials = text.split_whitespace().filter(|word| word.starts_with("Serial-"));
    let expected: Vec<String> = (1..=200).map(|n| format!("Serial-{n:03}")).collect();
    assert_eq!(serials.collect::<Vec<_>>(), expected);
    assert!(text.matches('\u{C}').count() >= 4);
}

#[test]
fn text_never_runs_into_the_next_column_or_off_the_paper() {
    let Some(tools) = Tools::find("columns") else { return };
    let mut wide = line(&"W".repeat(40), &"M".repeat(80), &"Donaudampfschiff".repeat(20));
    wide.notes.push("x".repeat(500));
    let lines = vec![PickLine { bin: "Q".repeat(40), line: wide }];
    for word in tools.words(&pick_list("SO-1", lines).to_pdf().unwrap()) {
        let [left, _, right, _] = word.edges;
        assert!(left >= 41.0 && right <= 612.0 - 41.0, "{word:?}");
        assert!(right - left <= 330.0, "{word:?} is wider than any column");
    }
}

#[test]
fn a_crowded_head_stays_within_the_paper_and_nothing_overlaps() {
    let Some(tools) = Tools::find("crowded heads") else { return };
    let mut slip = slip(Paper::Letter, lines(60));
    slip.order_number = "ORDER/2026/11/23-0000000001".to_owned();
    slip.seller = crowded();
    slip.recipient = crowded();
    let value = "A value that is much longer than its place on the slip, really";
    slip.references = (1..=8).map(|n| reference(&format!("A long caption {n}"), value)).collect();
    let pdf = slip.to_pdf().unwrap();
    let first = tools.text(&pdf).split('\u{C}').next().unwrap().split_whitespace().count();
    let words = tools.words(&pdf);
    for (index, word) in words[..first].iter().enumerate() {
        let [left, top, right, bottom] = letters(word);
        assert!(left >= 41.0 && right <= 612.0 - 41.0, "{word:?} leaves the paper");
        for other in &words[index + 1..first] {
            let [l, t, r, b] = letters(other);
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{word:?} overlaps {other:?}");
        }
    }
    let pages = tools.render_pdf(&pdf);
    assert_eq!(tools.decode(&pages[0])[0].text, slip.order_number);

    slip.references.iter_mut().for_each(|reference| reference.value = "W".repeat(100));
    let error = slip.to_pdf().unwrap_err();
    assert_eq!(error, DocError::DoesNotFit { field: "references".to_owned() });
}

#[test]
fn a_slip_that_cannot_be_made_says_why() {
    let empty = slip(Paper::A4, Vec::new()).to_pdf().unwrap_err();
    assert_eq!(empty, DocError::Missing { field: "lines".to_owned() });
    let mut bad = lines(3);
    bad[2].sku = "a\u{7}".to_owned();
    let error = slip(Paper::A4, bad.clone()).to_pdf().unwrap_err();
    assert_eq!(error, DocError::ControlCharacter { field: "lines[2].sku".to_owned(), code: 7 });
    bad[2].sku = "x".repeat(81);
    let error = slip(Paper::A4, bad).to_pdf().unwrap_err();
    assert_eq!(error, DocError::TooLong { field: "lines[2].sku".to_owned(), length: 81, max: 80 });
}
