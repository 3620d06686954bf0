//! Addresses as the post of each country wants them.

use orderly_docs::{Address, DocError};

use crate::sample::{address, athens, berlin};

/// Names, street, postcode, city, region, country, and the last lines for mail from Norway.
const TAILS: &[(&str, [&str; 3], &[&str])] = &[
    ("AT", ["1010", "Wien", ""], &["1010 Wien", "AUSTRIA"]),
    ("AU", ["2000", "Sydney", "NSW"], &["SYDNEY NSW 2000", "AUSTRALIA"]),
    ("BE", ["1000", "Bruxelles", ""], &["1000 BRUXELLES", "BELGIUM"]),
    ("BR", ["13035-680", "Campinas", "SP"], &["13035-680 CAMPINAS - SP", "BRAZIL"]),
    ("CA", ["K1A 0B1", "Ottawa", "ON"], &["OTTAWA ON  K1A 0B1", "CANADA"]),
    ("CH", ["3003", "Bern", ""], &["3003 Bern", "SWITZERLAND"]),
    ("CZ", ["110 00", "Praha 1", ""], &["110 00 Praha 1", "CZECHIA"]),
    ("DE", ["10115", "Berlin", "Berlin"], &["10115 Berlin", "GERMANY"]),
    ("DK", ["2100", "København Ø", ""], &["2100 København Ø", "DENMARK"]),
    ("ES", ["28001", "Madrid", "Madrid"], &["28001 MADRID", "SPAIN"]),
    ("ES", ["08830", "Sant Boi", "Barcelona"], &["08830 SANT BOI", "BARCELONA", "SPAIN"]),
    ("FI", ["00100", "Helsinki", ""], &["00100 HELSINKI", "FINLAND"]),
    ("FR", ["75008", "Paris", ""], &["75008 PARIS", "FRANCE"]),
    ("GB", ["SW1A 1AA", "London", "Greater London"], &["LONDON", "SW1A 1AA", "UNITED KINGDOM"]),
    ("GR", ["114 71", "Αθήνα", ""], &["114 71 ΑΘΗΝΑ", "GREECE"]),
    ("HK", ["", "Wan Chai", "Hong Kong Island"], &["Wan Chai", "Hong Kong Island", "HONG KONG"]),
    ("IE", ["D02 AF30", "Dublin 2", ""], &["Dublin 2", "D02 AF30", "IRELAND"]),
    ("IN", ["110001", "New Delhi", "Delhi"], &["New Delhi 110001", "Delhi", "INDIA"]),
    ("IT", ["00144", "Roma", "RM"], &["00144 ROMA RM", "ITALY"]),
    ("JP", ["100-8111", "Chiyoda-ku", "Tokyo"], &["CHIYODA-KU, TOKYO 100-8111", "JAPAN"]),
    ("LV", ["LV-1050", "Rīga", ""], &["Rīga, LV-1050", "LATVIA"]),
    ("MX", ["06000", "Cuauhtémoc", "CDMX"], &["06000 CUAUHTÉMOC, CDMX", "MEXICO"]),
    ("NL", ["1011 AB", "Amsterdam", ""], &["1011 AB  AMSTERDAM", "NETHERLANDS"]),
    ("NO", ["0150", "Oslo", ""], &["0150 OSLO"]),
    ("NZ", ["6011", "Wellington", ""], &["Wellington 6011", "NEW ZEALAND"]),
    ("PL", ["00-950", "Warszawa", ""], &["00-950 WARSZAWA", "POLAND"]),
    ("PT", ["1100-148", "Lisboa", ""], &["1100-148 LISBOA", "PORTUGAL"]),
    ("SE", ["113 27", "Stockholm", ""], &["113 27 STOCKHOLM", "SWEDEN"]),
    ("SG", ["018956", "Singapore", ""], &["SINGAPORE 018956", "SINGAPORE"]),
    ("TR", ["34433", "Sarıyer", "İstanbul"], &["34433 Sarıyer/İstanbul", "TÜRKIYE"]),
    ("US", ["97475", "Springfield", "OR"], &["SPRINGFIELD OR 97475", "UNITED STATES"]),
    ("ZA", ["0001", "Pretoria", ""], &["Pretoria", "0001", "SOUTH AFRICA"]),
];

#[test]
fn the_last_lines_follow_the_destination_country() {
    for (country, place, tail) in TAILS {
        let lines =
            address(["Kim Lee", ""], &["Street 1"], *place, country).postal_lines("NO").unwrap();
        assert_eq!(&lines[..2], ["Kim Lee", "Street 1"], "{country}");
        assert_eq!(&lines[2..], *tail, "{country}");
    }
}

#[test]
fn hungary_writes_the_city_above_the_street() {
    let place = ["1011", "Budapest", ""];
    let lines = address(["Kiss János", ""], &["Fő utca 1."], place, "HU").postal_lines("DE");
    let expected = ["Kiss János", "BUDAPEST", "Fő utca 1.", "1011", "HUNGARY"];
    assert_eq!(lines.unwrap(), expected);
}

#[test]
fn the_country_line_is_left_out_at_home_and_the_code_may_be_in_small_letters() {
    let mut home = berlin();
    home.country = "de".to_owned();
    assert_eq!(home.postal_lines("DE").unwrap().last().unwrap(), "10115 Berlin");
    assert_eq!(home.postal_lines("AT").unwrap().last().unwrap(), "GERMANY");
    assert_eq!(athens().postal_lines("gr").unwrap().last().unwrap(), "114 71 ΑΘΗΝΑ");
}

#[test]
fn the_company_stands_first_where_that_is_the_custom() {
    let both = |country| {
        address(["Ann Roe", "Acme"], &["1 Road"], ["1", "Town", ""], country)
            .postal_lines(country)
            .unwrap()
    };
    assert_eq!(&both("FR")[..2], ["Acme", "Ann Roe"]);
    assert_eq!(&both("US")[..2], ["Ann Roe", "Acme"]);
}

#[test]
fn missing_parts_leave_no_stray_separators() {
    let of = |place, country| {
        address(["A", ""], &[], place, country).postal_lines(country).unwrap()[1..].to_vec()
    };
    assert_eq!(of(["", "Campinas", "SP"], "BR"), ["CAMPINAS - SP"]);
    assert_eq!(of(["13035-680", "Campinas", ""], "BR"), ["13035-680 CAMPINAS"]);
    assert_eq!(of(["100-8111", "", ""], "JP"), ["100-8111"]);
    assert_eq!(of(["", "", ""], "US"), Vec::<String>::new());
}

#[test]
fn bad_fields_are_named() {
    let unknown = Address { country: "XX".to_owned(), ..berlin() };
    let error = unknown.postal_lines("DE").unwrap_err();
    let field = "address.country".to_owned();
    assert_eq!(error, DocError::UnknownCountry { field, code: "XX".to_owned() });

    let long = Address { city: "x".repeat(101), ..berlin() };
    let error = long.postal_lines("DE").unwrap_err();
    let field = "address.city".to_owned();
    assert_eq!(error, DocError::TooLong { field, length: 101, max: 100 });

    for (bad, code) in [("a\nb", 0x0A), ("a\u{202E}b", 0x202E), ("\u{0}", 0)] {
        let control = Address { lines: vec!["x".to_owned(), bad.to_owned()], ..berlin() };
        let error = control.postal_lines("DE").unwrap_err();
        let field = "address.lines[1]".to_owned();
        assert_eq!(error, DocError::ControlCharacter { field, code });
    }
}
