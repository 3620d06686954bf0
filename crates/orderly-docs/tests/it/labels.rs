//! The label as PDF: what a scanner reads from it, and what a person reads.

use orderly_docs::{Address, DocError, Label};

use crate::sample::{address, athens, berlin, crowded, label, reference};
use crate::tools::{Code, Tools, Word};

fn recipients() -> Vec<Address> {
    let astana = address(
        ["Дмитрий Щербаков", "ООО «Северный лес»"],
        &["ул. Большая Морская, д. 18"],
        ["010000", "Астана", ""],
        "KZ",
    );
    vec![berlin(), athens(), crowded(), astana]
}

/// The one SSCC and the one QR code of a label.
pub fn codes(read: &[Code]) -> (Code, Code) {
    assert_eq!(read.len(), 2, "{read:?}");
    let sscc = read.iter().find(|code| code.format == "Code 128").unwrap();
    let order = read.iter().find(|code| code.format == "QR Code").unwrap();
    (sscc.clone(), order.clone())
}

#[test]
fn a_scanner_reads_the_sscc_and_the_order_number_from_the_pdf() {
    let Some(tools) = Tools::find("labels as PDF") else { return };
    for recipient in recipients() {
        let label = label(recipient);
        let pages = tools.render_pdf(&label.to_pdf().unwrap());
        assert_eq!(pages.len(), 1);
        let (sscc, order) = codes(&tools.decode(&pages[0]));
        assert_eq!(sscc.text, format!("(00){}", label.sscc));
        assert_eq!(sscc.symbology, "]C1", "GS1-128 starts with FNC1");
        assert_eq!(order.text, label.order_number);
        // 812 × 1218 dots; ten modules of four dots are quiet on either side.
        assert!(sscc.edges[0] >= 40 && sscc.edges[2] <= 812 - 40, "{:?}", sscc.edges);
        assert!(sscc.edges[3] - sscc.edges[1] >= 250, "at least 31.75 mm high");
    }
}

#[test]
fn the_longest_order_number_still_scans() {
    let Some(tools) = Tools::find("the longest order number") else { return };
    let order_number = "Order/2026-11-23/(0123456789)/~^_\\>#0001".to_owned();
    assert_eq!(order_number.len(), 40);
    let label = Label { order_number, ..label(berlin()) };
    let pages = tools.render_pdf(&label.to_pdf().unwrap());
    let (_, order) = codes(&tools.decode(&pages[0]));
    assert_eq!(order.text, label.order_number);
}

#[test]
fn the_text_of_the_pdf_can_be_searched_in_any_script() {
    let Some(tools) = Tools::find("text of labels") else { return };
    for recipient in recipients() {
        let text = tools.text(&label(recipient.clone()).to_pdf().unwrap());
        let words: Vec<&str> = text.split_whitespace().collect();
        for line in recipient.postal_lines("DE").unwrap() {
            for word in line.split_whitespace() {
                assert!(words.contains(&word), "{word} of {line} in {text}");
            }
        }
    }
}

#[test]
fn no_word_overlaps_another_or_leaves_the_label() {
    let Some(tools) = Tools::find("overlaps") else { return };
    let mut crowded = label(crowded());
    crowded.service = "Express Worldwide Saturday before noon, signature required".to_owned();
    crowded.references = ["Purchase order", "Cost center", "Building site"]
        .map(|l| reference(l, &"W".repeat(30)))
        .into();
    crowded.order_number = "SO-2026-104233-000000000000000000001".to_owned();
    for label in [label(berlin()), crowded] {
        let words = tools.words(&label.to_pdf().unwrap());
        assert!(words.len() > 20);
        for (index, word) in words.iter().enumerate() {
            let [left, top, right, bottom] = letters(word);
            assert!(left >= 12.0 && right <= 288.0 - 12.0, "{word:?} leaves the label");
            assert!(top >= 8.0 && bottom <= 432.0 - 8.0, "{word:?} leaves the label");
            for other in &words[index + 1..] {
                let [l, t, r, b] = letters(other);
                let apart = right <= l || r <= left || bottom <= t || b <= top;
                assert!(apart, "{word:?} overlaps {other:?}");
            }
        }
    }
}

/// The box of a word without the room that the face keeps above capitals and below letters.
pub fn letters(word: &Word) -> [f32; 4] {
    let [left, top, right, bottom] = word.edges;
    let height = bottom - top;
    [left + 0.1, top + 0.27 * height, right - 0.1, bottom - 0.2 * height]
}

#[test]
fn a_label_that_cannot_be_made_says_why() {
    let error = |change: &dyn Fn(&mut Label)| {
        let mut label = label(berlin());
        change(&mut label);
        let error = label.to_pdf().unwrap_err();
        assert_eq!(label.to_zpl(orderly_docs::Dpi::Dpi203).unwrap_err(), error);
        error
    };
    let nobody = error(&|label| label.recipient.name = " ".to_owned());
    assert_eq!(nobody, DocError::EmptyRecipient);
    let nowhere = error(&|label| {
        label.recipient.lines.clear();
        label.recipient.city.clear();
    });
    assert_eq!(nowhere, DocError::EmptyRecipient);
    assert_eq!(error(&|label| label.parcel = 4), DocError::ParcelNumber { number: 4, total: 3 });
    assert_eq!(
        error(&|label| label.order_number = "Заказ 1".to_owned()),
        DocError::NotEncodable { field: "order_number".to_owned(), character: 'З' }
    );
    assert_eq!(
        error(&|label| label.order_number.clear()),
        DocError::Missing { field: "order_number".to_owned() }
    );
    assert_eq!(
        error(&|label| label.service = "a\tb".to_owned()),
        DocError::ControlCharacter { field: "service".to_owned(), code: 9 }
    );
    assert_eq!(
        error(&|label| label.recipient.country = "ZZ".to_owned()),
        DocError::UnknownCountry { field: "recipient.country".to_owned(), code: "ZZ".to_owned() }
    );
    let wide = error(&|label| label.recipient.lines = vec!["W".repeat(100); 5]);
    assert_eq!(wide, DocError::DoesNotFit { field: "recipient".to_owned() });
    let many = error(&|label| label.references = vec![reference("a", "b"); 4]);
    assert_eq!(many, DocError::TooLong { field: "references".to_owned(), length: 4, max: 3 });
}

#[test]
fn the_weight_is_in_kilograms_and_for_the_us_in_pounds_too() {
    let Some(tools) = Tools::find("weights") else { return };
    let mut parcel = label(berlin());
    for (weight_g, text) in [(2350, "2.35 kg"), (12_000, "12 kg"), (5, "0.005 kg")] {
        parcel.weight_g = weight_g;
        assert!(tools.text(&parcel.to_pdf().unwrap()).contains(text), "{text}");
    }
    parcel.sender.country = "US".to_owned();
    parcel.weight_g = 2350;
    assert!(tools.text(&parcel.to_pdf().unwrap()).contains("5.2 lb · 2.35 kg"));
}

#[test]
fn the_same_label_gives_the_same_bytes() {
    let label = label(athens());
    assert_eq!(label.to_pdf().unwrap(), label.to_pdf().unwrap());
}
