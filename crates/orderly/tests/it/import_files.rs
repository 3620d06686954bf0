//! Files, rows and maps that are wrong: named, reported, never half taken.

use orderly::Error;
use orderly::import::map::Map;
use tempfile::TempDir;

use crate::fixture::TestDb;
use crate::import::{HEADER, KINDS, counts, file, import, rejects};

#[test]
fn bad_rows_are_reported_with_their_line_and_stop_nothing() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        let mut text = format!("{HEADER}\r\n").into_bytes();
        let lines: &[&[u8]] = &[
            b"1,A,Good,1,2010-12-01 08:26:00,2.50,,Germany",
            b"2,A,Ragged,1,2010-12-01 08:26:00",
            b"3,A,Latin \xe9,1,2010-12-01 08:26:00,2.50,,Germany",
            b"4,A,N\x00UL,1,2010-12-01 08:26:00,2.50,,Germany",
            b"5,A,Words,one,2010-12-01 08:26:00,2.50,,Germany",
            b"6,A,Huge,2000000000000000,2010-12-01 08:26:00,2.50,,Germany",
            b"7,A,Dear,1,2010-12-01 08:26:00,9999999999999,,Germany",
            b"8,A,Precise,1,2010-12-01 08:26:00,0.0000000000001,,Germany",
            b"9,A,Half,0.5,2010-12-01 08:26:00,2.50,,Germany",
            b"10,A,Minus,-1,2010-12-01 08:26:00,2.50,,Germany",
            b"11,A,Nothing,0,2010-12-01 08:26:00,2.50,,Germany",
            b"12,A,When,1,yesterday,2.50,,Germany",
            b"13,A,Where,1,2010-12-01 08:26:00,2.50,,Atlantis",
            b"14,,What,1,2010-12-01 08:26:00,2.50,,Germany",
            b"15,A,\"Quoted\"x,1,2010-12-01 08:26:00,2.50,,Germany",
            b"16,A,Wide,99999999999999999999999999,2010-12-01 08:26:00,2.50,,Germany",
            b"17,A,=SUM(A1:A9),1,2010-12-01 08:26:00,2.50,,Germany",
            b"18,A,Cut off,1,2010-12-01 08:2",
        ];
        text.extend_from_slice(&lines.join(&b"\r\n"[..]));
        let path = folder.path().join("bad.csv");
        std::fs::write(&path, text).unwrap();
        let report = import(&app, 1, &[path]).unwrap();
        assert_eq!((report.rows, report.taken, report.rejected), (18, 2, 16));
        assert_eq!(report.amount_taken, "5");
        let found = rejects(&app, &report);
        let expected = [
            "3: it has 5 fields",
            "4: `Description` is not UTF-8",
            "5: `Description` has a NUL",
            "6: `one` is not a number",
            "7: its quantity is too large",
            "8: its amount is too large",
            "9: its price has more than 12",
            "10: its quantity 0.5 is not a whole number",
            "11: no rule of the map takes this row",
            "12: no rule of the map takes this row",
            "13: `yesterday` is not a time",
            "14: the map does not say which country `Atlantis`",
            "15: the sku is missing",
            "16: there is text after a closing quote",
            "17: its amount has too many digits",
            "19: it has 5 fields",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_nothing_is_written() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        let before = counts(&app);
        let refused = |name: &str, content: &[u8], reason: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let good = file(&folder, "good.csv", KINDS);
            let error = import(&app, 1, &[good, path]).unwrap_err();
            let told = error.to_string();
            assert!(matches!(error, Error::Invalid(_)), "{told}");
            assert!(told.contains(name) && told.contains(reason), "{told}");
        };
        refused("empty.csv", b"", "it is empty");
        refused("image.csv", b"\x89PNG\r\n\x1a\n\0\0", "is it CSV?");
        refused("other.csv", b"a,b\n1,2\n", "`InvoiceNo`, ");
        refused("quote.csv", b"\"InvoiceNo,StockCode", "a quote is opened and never closed");
        let missing = import(&app, 1, &[folder.path().join("missing.csv")]).unwrap_err();
        assert!(missing.to_string().contains("missing.csv"));
        assert_eq!(counts(&app), before);
    }
}

#[test]
fn a_map_that_is_wrong_says_where() {
    let refused = |text: &str| Map::parse("m", text).unwrap_err().to_string();
    let base = "[source]\nname = 'x'\n";
    assert!(refused("[source").contains("cannot be read"));
    assert!(refused(&format!("{base}colour = 'red'\n[columns]\n")).contains("colour"));
    assert!(refused(&format!("{base}currency = 'QQQ'\n[columns]\n")).contains("`QQQ`"));
    assert!(refused(&format!("{base}zone = 'Mars/North'\n[columns]\n")).contains("`Mars/North`"));
    let rule = "[columns]\n[[rule]]\ntake = 'reject'\n";
    assert!(refused(&format!("{base}{rule}")).contains("rule 1 rejects without a reason"));
    assert!(refused(&format!("{base}[columns]\nkey = {{ upper = true }}\n")).contains("`key`"));
    let country = "[columns]\n[countries]\nAtlantis = 'AT1'\n";
    assert!(refused(&format!("{base}{country}")).contains("`AT1`"));
}
