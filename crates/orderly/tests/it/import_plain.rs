//! Items and opening stock from files.

use std::path::PathBuf;

use orderly::import::map::Map;
use orderly::import::{self, Report};
use orderly::{App, Call, Error};
use orderly_core::actor::Actor;
use orderly_core::books::Account;
use orderly_core::qty::Ratio;
use orderly_core::time::Instant;
use orderly_store::tables::books::balance_of;
use orderly_store::tables::{self, catalog, levels};
use orderly_store::{StoreError, Tx};
use tempfile::TempDir;

use crate::fixture::{START, Shop};
use crate::import::{counts, rejects};

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn call(number: u64) -> Call {
    let now = Instant::from_micros(START + 3_600_000_000 * i64::try_from(number).unwrap());
    Call::new(Actor::owner(), "test", now, 900 + number)
}

fn items(app: &App, number: u64, file: PathBuf) -> Report {
    let map = Map::open("items").unwrap();
    import::items(app, &call(number), &[file], &map, &mut |_| {}).unwrap()
}

const ITEMS: &str = "sku,name,base_unit,units,sale_unit,price,price_unit,components,gtin
X-BRICK,Brick,,,,412.50,thousand,,4006381333931
X-TILE,Tile,cm2,box=14400!,box,31.90,m2,,
X-BOLT,Bolt,,,,0.12,,,
X-SET,Fixing set,,,,1.99,,X-BOLT:4; X-BRICK:1,
X-BAD,Bad,,,,1,,,4006381333932
X-LOST,Lost,,,,1,,NOWHERE:1,
X-DEAR,Dear,,,,abc,,,
";

#[test]
fn items_are_added_and_brought_to_what_the_file_says() {
    for shop in Shop::each() {
        let (app, folder) = (&shop.app, TempDir::new().unwrap());
        let report = items(app, 1, file(&folder, "items.csv", ITEMS));
        assert_eq!((report.rows, report.taken, report.rejected), (7, 4, 3));
        let bad = rejects(app, &report);
        assert!(bad[0].starts_with("6: ") && bad[0].contains("GTIN"), "{bad:?}");
        assert!(bad[1].starts_with("7: ") && bad[1].contains("NOWHERE"), "{bad:?}");
        assert!(bad[2].starts_with("8: price: `abc`"), "{bad:?}");
        app.store
            .read(|tx| {
                let known = catalog::load(tx, &["X-BRICK", "X-TILE", "X-SET"])?;
                let brick = known.by_sku("X-BRICK").unwrap();
                assert_eq!(brick.price_ratio, Ratio { num: 1_000, den: 1 });
                assert!(known.by_sku("X-TILE").unwrap().quantity("1", "m2").is_err());
                assert_eq!(known.by_sku("X-SET").unwrap().components[0].qty.get(), 4);
                Ok::<_, Error>(())
            })
            .unwrap();
        // The same again adds nothing; another file changes what it says otherwise.
        let before = counts(app);
        items(app, 2, file(&folder, "again.csv", ITEMS));
        assert_eq!(counts(app), before);
        let text = "sku,name,price,base_unit\nX-BOLT,Bolt M8,0.13,\nX-BOLT,Bolt,0.13,mm\n";
        let report = items(app, 3, file(&folder, "more.csv", text));
        assert_eq!((report.taken, report.rejected), (1, 1));
        let bolt = app.store.read(|tx| catalog::by_sku(tx, "X-BOLT")).unwrap().unwrap();
        assert_eq!((bolt.name.as_str(), bolt.version), ("Bolt M8", 2));
    }
}

#[test]
fn opening_stock_is_received_once_with_its_value() {
    for shop in Shop::each() {
        let (app, folder) = (&shop.app, TempDir::new().unwrap());
        items(app, 1, file(&folder, "items.csv", ITEMS));
        let location = app.store.read(tables::locations::all).unwrap().remove(0);
        let code = &location.code;
        let text = format!(
            "location,sku,quantity,cost\n{code},X-BOLT,100,0.05\n{code},NOWHERE,1,1\n\
             {code},X-BRICK,2000,0.20\nMOON,X-BOLT,1,1\n{code},X-BOLT,-3,1\n"
        );
        let path = file(&folder, "stock.csv", &text);
        let map = Map::open("stock").unwrap();
        let run = |number, path: &PathBuf| {
            let files = [path.clone()];
            import::stock(app, &call(number), &files, &map, &mut |_| {}).unwrap()
        };
        let balance = || {
            let sum = |tx: &mut Tx<'_>| balance_of(tx, Account::OpeningBalance, None);
            app.store.read(sum).unwrap()
        };
        let opening = balance();
        let report = run(5, &path);
        assert_eq!((report.rows, report.taken, report.rejected), (5, 2, 3));
        let bad = rejects(app, &report);
        let starts: Vec<&str> = bad.iter().map(|bad| &bad[..3]).collect();
        assert_eq!(starts, ["3: ", "5: ", "6: "], "{bad:?}");
        let bolt = app.store.read(|tx| catalog::by_sku(tx, "X-BOLT")).unwrap().unwrap();
        let on_hand = || {
            let levels: Result<_, StoreError> = app.store.read(|tx| levels::of_item(tx, bolt.id));
            levels
                .unwrap()
                .iter()
                .map(|level| (level.on_hand.get(), level.value))
                .collect::<Vec<_>>()
        };
        assert_eq!(on_hand(), [(100, 500)]);
        assert_eq!(balance() - opening, -(500 + 40_000));
        let before = counts(app);
        assert_eq!(run(6, &path).new_rows, 0);
        assert_eq!(counts(app), before);
        assert_eq!(on_hand(), [(100, 500)]);
    }
}
