//! Inputs that several tests start from.

use orderly_docs::{Address, Cut, DocLine, Label, PackingSlip, Paper, Reference, Sscc};

pub fn address(
    names: [&str; 2],
    lines: &[&str],
    [postcode, city, region]: [&str; 3],
    country: &str,
) -> Address {
    Address {
        name: names[0].to_owned(),
        company: names[1].to_owned(),
        lines: lines.iter().map(ToString::to_string).collect(),
        city: city.to_owned(),
        region: region.to_owned(),
        postcode: postcode.to_owned(),
        country: country.to_owned(),
    }
}

pub fn hamburg() -> Address {
    let lines = ["Industriestraße 14–18"];
    address(["", "Nordholz Baustoffe GmbH"], &lines, ["21079", "Hamburg", ""], "DE")
}

pub fn berlin() -> Address {
    let lines = ["Am Kleistpark 7", "Hinterhof, 3. OG"];
    address(["Jürgen Groß", ""], &lines, ["10115", "Berlin", ""], "DE")
}

pub fn athens() -> Address {
    let lines = ["Λεωφόρος Αλεξάνδρας 123"];
    address(["Γιώργος Παπαδόπουλος", ""], &lines, ["114 71", "Αθήνα", ""], "GR")
}

/// Every field long, wide letters, five street lines.
pub fn crowded() -> Address {
    let lines = [
        "Donaudampfschifffahrtsgesellschaftsstraße 1234567 Gebäude C",
        "Abteilung Wareneingang, Tor 17, Rampe 3 links, bitte klingeln",
        "c/o Hausmeister",
        "Zweiter Hof",
        "WWWWWWWWWW MMMMMMMMMM",
    ];
    let names = [
        "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine Senior Maximilian",
        "Ministerium für Infrastruktur, Landwirtschaft und nachhaltige Entwicklung GmbH & Co. KG",
    ];
    address(names, &lines, ["1010", "Wien Innere Stadt an der schönen blauen Donau", ""], "AT")
}

pub fn label(recipient: Address) -> Label {
    Label {
        sender: hamburg(),
        recipient,
        service: "Express 24".to_owned(),
        order_number: "SO-2026-104233".to_owned(),
        parcel: 1,
        parcels: 3,
        weight_g: 2350,
        sscc: Sscc::build(3, "4012345", 1_234_567).unwrap(),
        references: vec![reference("PO", "4500012345"), reference("Site", "Baustelle Nord")],
        date: "2026-11-23".to_owned(),
    }
}

pub fn reference(label: &str, value: &str) -> Reference {
    Reference { label: label.to_owned(), value: value.to_owned() }
}

pub fn line(quantity: &str, sku: &str, description: &str) -> DocLine {
    DocLine {
        quantity: quantity.to_owned(),
        sku: sku.to_owned(),
        description: description.to_owned(),
        ..DocLine::default()
    }
}

pub fn timber() -> DocLine {
    let cut = Cut {
        pieces: 2,
        length: "2.4 m".to_owned(),
        from: "5 m".to_owned(),
        offcut: "0.2 m".to_owned(),
    };
    DocLine { cuts: vec![cut], ..line("2 × 2.4 m", "TIM-4718", "Construction timber C24") }
}

pub fn slip(paper: Paper, lines: Vec<DocLine>) -> PackingSlip {
    PackingSlip {
        paper,
        seller: hamburg(),
        recipient: berlin(),
        order_number: "SO-2026-104233".to_owned(),
        references: vec![reference("Order date", "23 November 2026")],
        lines,
        message: "Thank you for your order.".to_owned(),
    }
}
