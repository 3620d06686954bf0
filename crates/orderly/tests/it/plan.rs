//! `orderly plan` on small files: answers, faults by line, and orders that cannot be served.

use std::path::PathBuf;
use std::process::{Command, Output};

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn plan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_orderly")).arg("plan").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Ninety days of two items: one sells three a day, the other two on Saturdays.
fn sales() -> String {
    let start = jiff::civil::date(2026, 1, 1);
    let mut rows = String::from("item,date,units\n");
    for day in 0..90 {
        let date = start.checked_add(jiff::Span::new().days(day)).unwrap();
        rows += &format!("bolt,{date},3\n");
        if date.weekday() == jiff::civil::Weekday::Saturday {
            rows += &format!("anvil,{date},2\n");
        }
    }
    rows
}

#[test]
fn a_forecast_has_a_row_for_every_item_and_day() {
    let folder = tempfile::tempdir().unwrap();
    let sales = file(&folder, "sales.csv", &sales());
    let plot = folder.path().join("plot.svg");
    let done = plan(&[
        "forecast",
        sales.to_str().unwrap(),
        "--horizon",
        "14",
        "--svg",
        plot.to_str().unwrap(),
    ]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let answer = text(&done.stdout);
    let mut lines = answer.lines();
    assert_eq!(lines.next(), Some("item,step,date,mean,q0.5,q0.9,q0.98"));
    assert_eq!(lines.clone().count(), 28);
    let bolt: Vec<&str> =
        lines.find(|line| line.starts_with("bolt,1,")).unwrap().split(',').collect();
    assert_eq!(bolt[2], "2026-04-01");
    let mean: f64 = bolt[3].parse().unwrap();
    assert!((mean - 3.0).abs() < 0.3, "{mean}");
    assert!(std::fs::read_to_string(plot).unwrap().starts_with("<svg"));
}

#[test]
fn faulty_rows_are_told_with_their_lines_and_can_be_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let rows = sales() + "bolt,2026-02-30,1\nbolt,2026-02-01,many\n,2026-02-01,1\n";
    let sales = file(&folder, "sales.csv", &rows);
    let path = sales.to_str().unwrap();
    let refused = plan(&["forecast", path]);
    assert_eq!(refused.status.code(), Some(2));
    let told = text(&refused.stderr);
    let lines = rows.lines().count();
    for (line, what) in [(lines - 2, "date"), (lines - 1, "number"), (lines, "empty")] {
        assert!(told.contains(&format!("line {line}:")), "{told}");
        assert!(told.contains(what), "{told}");
    }
    assert!(plan(&["forecast", path, "--skip-bad-rows", "--horizon", "1"]).status.success());
    let missing = plan(&["forecast", path, "--units-column", "pieces"]);
    assert!(text(&missing.stderr).contains("no column `pieces`"));
    let empty = file(&folder, "empty.csv", "item,date,units\n");
    assert_eq!(plan(&["policy", empty.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn a_policy_orders_up_to_its_level_and_a_backtest_scores_it() {
    let folder = tempfile::tempdir().unwrap();
    let sales = file(&folder, "sales.csv", &sales());
    let position = file(&folder, "position.csv", "item,on_hand\nbolt,10\nanvil,100\n");
    let path = sales.to_str().unwrap();
    let done = plan(&["policy", path, "--position", position.to_str().unwrap(), "--pack", "6"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let answer = text(&done.stdout);
    let bolt: Vec<f64> = answer
        .lines()
        .find(|line| line.starts_with("bolt,"))
        .unwrap()
        .split(',')
        .skip(1)
        .map(|cell| cell.parse().unwrap())
        .collect();
    let [_, mean, point, safety, level, position, order] = bolt[..] else { panic!("{answer}") };
    assert!((mean - 21.0).abs() < 2.0 && (point - mean - safety).abs() < 0.01);
    assert!(level > point && position + order >= level && order % 6.0 < 1e-9);
    assert!(answer.lines().any(|line| line.starts_with("anvil,") && line.ends_with(",0")));
    let done = plan(&["backtest", path, "--days", "28", "--json"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let rows: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(rows[1]["fill_rate"].as_f64().unwrap() > 0.95, "{rows}");
}

#[test]
fn orders_are_routed_within_stock_and_unfilled_lines_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let orders = file(&folder, "orders.csv", "order,item,units\n1,a,1\n1,b,1\n2,a,5\n2,z,1\n");
    let stock =
        file(&folder, "stock.csv", "location,item,units\nnear,a,1\nfar,a,5\nfar,b,1\nnear,b,0\n");
    let rates = file(
        &folder,
        "rates.csv",
        "location,base,per_line,per_kg\nnear,4,0.5,0.2\nfar,6,0.5,0.2\n",
    );
    let paths = [&orders, &stock, &rates].map(|path| path.to_str().unwrap().to_owned());
    let [orders, stock, rates] = paths;
    let done = plan(&["route", &orders, "--stock", &stock, "--rates", &rates]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let answer = text(&done.stdout);
    // Both lines from far (7.2) beat a split (11); then far has four of item a left.
    assert!(answer.contains("1,a,1,far,1,7.2,11,yes"), "{answer}");
    assert!(answer.contains("1,b,1,far,1,7.2,11,yes"), "{answer}");
    assert!(answer.contains("2,a,5,,0,2000000,,yes"), "{answer}");
}

#[test]
fn units_are_packed_or_told_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let head = "order,item,length_mm,width_mm,height_mm,weight_g,units\n";
    let units = file(&folder, "units.csv", &format!("{head}1,mug,100,100,100,300,8\n"));
    let cartons = file(
        &folder,
        "cartons.csv",
        "carton,length_mm,width_mm,height_mm,max_weight_g,tare_g,price\n\
         S,200,200,200,5000,80,0.5\n",
    );
    let (units, cartons) = (units.to_str().unwrap(), cartons.to_str().unwrap());
    let done = plan(&["pack", units, "--cartons", cartons]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let answer = text(&done.stdout);
    assert_eq!(answer.lines().count(), 9);
    assert!(answer.lines().skip(1).all(|line| line.starts_with("1,1,S,0.5,1,mug,")), "{answer}");
    let long = file(&folder, "long.csv", &format!("{head}7,pole,900,10,10,300,1\n"));
    let refused = plan(&["pack", long.to_str().unwrap(), "--cartons", cartons]);
    assert!(text(&refused.stderr).contains("too large"), "{}", text(&refused.stderr));
}

#[test]
fn totals_of_a_planner_are_met_and_what_is_csv_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sales = file(&folder, "sales.csv", &sales());
    let totals = file(&folder, "totals.csv", "group,units\n*,200\n");
    let sales = sales.to_str().unwrap();
    let rest = ["--csv", "--horizon", "28", "--totals", totals.to_str().unwrap()];
    let done = plan(&[&["forecast", sales], &rest[..]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    let answer = text(&done.stdout);
    let mean = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    let sum: f64 = answer.lines().skip(1).map(mean).sum();
    assert!((sum - 200.0).abs() < 0.1, "{sum}");
    let wrong = file(&folder, "wrong.csv", "group,units\nnails,5\n");
    let refused = plan(&["forecast", sales, "--totals", wrong.to_str().unwrap()]);
    assert!(text(&refused.stderr).contains("line 2: there is no group `nails`"));
    assert_eq!(plan(&["forecast", sales, "--csv", "--json"]).status.code(), Some(2));
}

#[test]
fn a_promotion_lifts_the_days_on_which_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let start = jiff::civil::date(2026, 1, 1);
    let (mut sales, mut effects) = (String::from("item,date,units\n"), String::new());
    effects += "item,date,promotion\n";
    for day in 0..190_i64 {
        let date = start.checked_add(jiff::Span::new().days(day)).unwrap();
        let promoted = day % 11 < 3;
        effects += &format!("paint,{date},{}\n", i32::from(promoted));
        if day < 180 {
            let units = if promoted { 24 + day % 5 } else { 7 + day % 3 };
            sales += &format!("paint,{date},{units}\n");
        }
    }
    let (sales, effects) =
        (file(&folder, "sales.csv", &sales), file(&folder, "effects.csv", &effects));
    let arguments = ["forecast", sales.to_str().unwrap(), "--effects", effects.to_str().unwrap()];
    let done = plan(&[&arguments[..], &["--horizon", "10", "--level", "0.5"]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("effects are used for 1 of 1 items"));
    let answer = text(&done.stdout);
    let mean = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    let means: Vec<f64> = answer.lines().skip(1).map(mean).collect();
    for (step, mean) in means.iter().enumerate() {
        let promoted = (180 + step) % 11 < 3;
        assert_eq!(*mean > 15.0, promoted, "step {step}: {mean}");
    }
}

#[test]
fn a_suite_of_cartons_is_advised() {
    let folder = tempfile::tempdir().unwrap();
    let head = "order,item,length_mm,width_mm,height_mm,weight_g,units\n";
    let rows = "1,mug,100,100,100,300,8\n2,pin,20,20,20,10,1\n3,mug,100,100,100,300,1\n";
    let units = file(&folder, "units.csv", &format!("{head}{rows}"));
    let cartons = file(
        &folder,
        "cartons.csv",
        "carton,length_mm,width_mm,height_mm,max_weight_g,tare_g,price\n\
         S,120,120,120,5000,40,0.3\nL,200,200,200,5000,80,0.9\nXL,400,400,400,9000,200,2\n",
    );
    let done = plan(&[
        "pack",
        units.to_str().unwrap(),
        "--cartons",
        cartons.to_str().unwrap(),
        "--suite",
        "2",
    ]);
    let answer = text(&done.stdout);
    assert!(answer.starts_with("kinds,cartons,cost,fill,unserved\n1,L,2.7,"), "{answer}");
    assert!(answer.contains("\n2,S L,1.5,"), "{answer}");
}
