//! No text makes a document panic: what cannot be printed is an error or a replacement box.

use orderly_docs::{Address, Cut, DocLine, Dpi, Label, PackingSlip, Paper, PickLine, PickList};
use proptest::prelude::*;

use crate::sample::{label, reference, slip};
use crate::tools::Tools;

/// Mostly letters of all scripts, marks, emoji and private use; sometimes really any character.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        16 => "\\PC{0,24}",
        8 => "[a-zА-яα-ω ]{0,40}",
        4 => "[\u{5D0}-\u{5EA}\u{627}-\u{64A} 0-9]{0,20}",
        4 => "[a\u{300}-\u{36F}\u{200D}\u{FE0F}\u{1F300}-\u{1F6FF}]{0,20}",
        1 => any::<String>(),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    let country = prop_oneof![20 => "DE|US|GR|HU|JP|BR|TR|HK", 1 => text()];
    let lines = prop::collection::vec(text(), 0..6);
    (text(), text(), lines, text(), text(), text(), country).prop_map(
        |(name, company, lines, city, region, postcode, country)| Address {
            name,
            company,
            lines,
            city,
            region,
            postcode,
            country,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_label_of_any_text_is_made_or_refused(
        sender in address(),
        recipient in address(),
        service in text(),
        order_number in prop_oneof!["[ -~]{1,40}", text()],
        value in text(),
        weight_g in any::<u32>(),
    ) {
        let label = Label {
            sender,
            recipient: recipient.clone(),
            service,
            order_number,
            weight_g,
            references: vec![reference(&value, &value)],
            date: value,
            ..label(recipient)
        };
        let pdf = label.to_pdf();
        let zpl = label.to_zpl(Dpi::Dpi203);
        prop_assert_eq!(pdf.is_ok(), zpl.is_ok());
    }

    #[test]
    fn a_slip_of_any_text_is_made_or_refused(
        recipient in address(),
        order_number in prop_oneof!["[ -~]{1,40}", text()],
        texts in prop::collection::vec(text(), 12),
    ) {
        let at = |index: usize| texts[index].clone();
        let cut = Cut { pieces: 2, length: at(4), from: at(5), offcut: at(6) };
        let line = DocLine {
            quantity: at(0),
            sku: at(1),
            description: at(2),
            cuts: vec![cut],
            notes: vec![at(3)],
        };
        let slip = PackingSlip {
            recipient,
            order_number: order_number.clone(),
            references: vec![reference(&texts[7], &texts[8])],
            message: at(9),
            ..slip(Paper::A4, vec![line.clone(); 3])
        };
        let _ = slip.to_pdf();
        let list = PickList {
            order_number,
            location: at(10),
            lines: vec![PickLine { bin: at(11), line }],
            ..PickList::default()
        };
        let _ = list.to_pdf();
    }
}

#[test]
fn a_character_without_a_glyph_leaves_the_rest_readable() {
    let Some(tools) = Tools::find("missing glyphs") else { return };
    let mut order = slip(Paper::A4, Vec::new());
    order.lines.push(DocLine {
        quantity: "1".to_owned(),
        description: "Fish 魚 and 🐟 sticks, שלום, გამარჯობა".to_owned(),
        ..DocLine::default()
    });
    let text = tools.text(&order.to_pdf().unwrap());
    for part in ["Fish", "and", "sticks", "გამარჯობა"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
