//! The label as ZPL: rendered by an independent renderer, decoded, and never open to commands.

use orderly_docs::{Dpi, Label};
use proptest::prelude::*;

use crate::labels::codes;
use crate::sample::{athens, berlin, crowded, label};
use crate::tools::Tools;

#[test]
fn a_scanner_reads_the_same_from_zpl_at_both_densities() {
    let Some(tools) = Tools::find("labels as ZPL") else { return };
    for recipient in [berlin(), athens(), crowded()] {
        let label = label(recipient);
        for (dpi, density) in [(Dpi::Dpi203, 8), (Dpi::Dpi300, 12)] {
            let picture = tools.render_zpl(&label.to_zpl(dpi).unwrap(), density);
            let (sscc, order) = codes(&tools.decode(&picture));
            assert_eq!(sscc.text, format!("(00){}", label.sscc), "{dpi:?}");
            assert_eq!(sscc.symbology, "]C1", "{dpi:?}");
            assert_eq!(order.text, label.order_number, "{dpi:?}");
        }
    }
}

#[test]
fn the_order_number_survives_every_character_that_means_something_to_a_printer() {
    let Some(tools) = Tools::find("ZPL escapes") else { return };
    let order_number = "^XZ~JA_5E,\\&>;>8:(1)".to_owned();
    let label = Label { order_number, ..label(berlin()) };
    let picture = tools.render_zpl(&label.to_zpl(Dpi::Dpi203).unwrap(), 8);
    let (_, order) = codes(&tools.decode(&picture));
    assert_eq!(order.text, label.order_number);
}

#[test]
fn text_outside_the_printers_own_font_is_sent_as_a_picture() {
    let latin = label(berlin()).to_zpl(Dpi::Dpi203).unwrap();
    assert!(!latin.contains("^GFA"), "{latin}");
    assert!(latin.contains("^FDJ_C3_BCrgen Gro_C3_9F^FS"), "{latin}");
    let greek = label(athens()).to_zpl(Dpi::Dpi203).unwrap();
    // The name, the street and the city; the country and the rest stay text.
    assert_eq!(greek.matches("^GFA").count(), 3);
}

#[test]
fn the_sscc_is_printed_with_fnc1_in_code_set_c() {
    let label = label(berlin());
    let zpl = label.to_zpl(Dpi::Dpi203).unwrap();
    assert!(zpl.contains(&format!("^FD>;>800{}^FS", label.sscc)), "{zpl}");
    assert!(zpl.starts_with("^XA\n^CI28\n"));
    assert!(zpl.contains("^PW812^LL1218"));
    assert!(label.to_zpl(Dpi::Dpi300).unwrap().contains("^PW1200^LL1800"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is typed, the label starts once, ends once, and no byte of it is a command.
    #[test]
    fn no_text_becomes_a_command(name in "[\\^~_\\\\XZAJF, a-zé]{1,40}", service in "\\PC{0,30}") {
        let mut label = label(berlin());
        label.recipient.name = format!("N{name}");
        label.recipient.lines = vec![name.clone()];
        label.service = service;
        label.references[0].value = name;
        if let Ok(zpl) = label.to_zpl(Dpi::Dpi203) {
            prop_assert_eq!(zpl.matches("^XA").count(), 1);
            prop_assert_eq!(zpl.matches("^XZ").count(), 1);
            prop_assert_eq!(zpl.matches('~').count(), 0);
            for field in zpl.split("^FD").skip(1) {
                let data = field.split("^FS").next().unwrap();
                prop_assert!(!data.contains(['^', '~']), "{}", data);
            }
            prop_assert!(zpl.is_ascii());
        }
    }
}
