//! The command line as a person and a program use it: the binary is run, nothing is mocked.

mod trade;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a database of its own, in which commands are run.
struct Shop {
    folder: TempDir,
}

/// What a command answered.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Shop {
    fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A merchant with one item, of which there are a hundred.
    fn open() -> Self {
        let shop = Self::empty();
        let init = "init --name Shop --country GB --currency GBP --street Lane --city Leeds";
        shop.done(init);
        shop.done("items add NAIL nail --price 0.12 --cost 0.05");
        shop.done("stock receive --location MAIN NAIL 100");
        shop
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run_with(&self, args: &str, input: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_orderly"))
            .args(args.split_whitespace())
            .current_dir(self.path())
            .env_remove("ORDERLY_DATABASE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, args: &str) -> Ran {
        self.run_with(args, "")
    }

    /// Runs a command that must be done.
    fn done(&self, args: &str) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "orderly {args}: {}", ran.err);
        ran.out
    }

    fn json(&self, args: &str) -> Value {
        serde_json::from_str(&self.done(&format!("{args} --json"))).unwrap()
    }

    /// Places an order of nails on the web.
    fn order(&self, external: &str, quantity: &str) -> Value {
        let ran = self.run_with("orders place - --json", &nails(external, quantity));
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }
}

fn nails(external: &str, quantity: &str) -> String {
    let ship_to = serde_json::json!({
        "name": "Ada", "lines": ["1 High St"], "city": "York", "postcode": "YO1 1AA",
        "country": "GB",
    });
    let order = serde_json::json!({
        "channel": "WEB",
        "external_id": external,
        "lines": [{ "sku": "NAIL", "quantity": quantity }],
        "deliveries": { "method": "parcel", "ship_to": ship_to },
    });
    order.to_string()
}

#[test]
fn the_help_names_every_verb_and_ends_well() {
    let shop = Shop::empty();
    let help = shop.done("--help");
    assert!(help.starts_with("Take orders, know every unit, keep the books that prove it\n"));
    for verb in [
        "init",
        "demo",
        "orders",
        "stock",
        "items",
        "customers",
        "channels",
        "locations",
        "exceptions",
        "import",
        "export",
        "label",
        "slip",
        "pick-list",
        "verify",
        "backup",
        "restore",
        "tasks",
        "events",
        "config",
    ] {
        let named = help.lines().any(|line| line.trim_start().starts_with(verb));
        assert!(named, "the help does not name {verb}");
        assert!(shop.done(&format!("{verb} --help")).contains("--json"), "{verb}");
    }
    let orders = shop.done("orders --help");
    for verb in [
        "list",
        "show",
        "place",
        "cancel",
        "hold",
        "release-hold",
        "release",
        "reject",
        "pick",
        "pack",
        "ship",
        "hand-over",
        "deliver",
        "return",
        "pay",
        "capture",
        "refund",
        "undo",
        "events",
    ] {
        let named = orders.lines().any(|line| line.trim_start().starts_with(verb));
        assert!(named, "orders has no {verb}");
    }
}

#[test]
fn a_wrong_word_is_two_and_says_what_there_is() {
    let ran = Shop::empty().run("order list");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a similar subcommand exists: 'orders'"), "{}", ran.err);
}

#[test]
fn reading_never_creates_a_database() {
    let shop = Shop::empty();
    let ran = shop.run("orders list");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("orderly init"), "{}", ran.err);
    assert!(ran.err.ends_with("[invalid]\n"), "{}", ran.err);
    assert!(!shop.path().join("orderly.db").exists());
}

#[test]
fn settings_say_where_they_come_from() {
    let shop = Shop::empty();
    let source = |args: &str| shop.json(args)["database"]["source"].as_str().unwrap().to_owned();
    assert_eq!(source("config show"), "the default");
    shop.file("orderly.toml", "database = \"other.db\"\n");
    assert_eq!(source("config show"), "the file orderly.toml");
    assert_eq!(source("config show --database mine.db"), "the flag --database");
    shop.file("orderly.toml", "\ndatabse = \"other.db\"\n");
    let ran = shop.run("config show");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("orderly.toml line 2"), "{}", ran.err);
    shop.file("orderly.toml", "[serve]\nlisten = \"127.0.0.1:7000\"\nstreams = 12\n");
    let shown = shop.json("config show --streams 40 --public-url https://orders.example.com/");
    let from = |name: &str| {
        let setting = &shown["serve"][name];
        let text = |of: &str| setting[of].as_str().unwrap_or_default().to_owned();
        (text("value"), text("source"))
    };
    assert_eq!(from("listen"), ("127.0.0.1:7000".into(), "the file orderly.toml".into()));
    assert_eq!(from("streams"), ("40".into(), "the flag --streams".into()));
    assert_eq!(from("waiting"), ("1024".into(), "the default".into()));
    let wrong = shop.run("config show --listen nowhere");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("`nowhere` (from the flag --listen)"), "{}", wrong.err);
    assert_eq!(shop.run("config show --running 0").code, 2);
}

#[test]
fn an_order_walks_from_the_web_to_the_customer_and_partly_back() {
    let shop = Shop::open();
    let placed = shop.order("W1", "12");
    assert_eq!(placed["number"], "10001");
    assert_eq!(placed["totals"]["total"], "1.44");
    assert_eq!(placed["axes"]["returned"], "none");
    shop.done("orders release W1");
    shop.done("orders pick W1");
    shop.done("orders pack 10001");
    shop.done("orders ship W1 --carrier Post --tracking T1 --parcel 300");
    let paid = shop.json("orders pay W1 --method card");
    assert_eq!(paid["captured"], "1.44");
    let delivered = shop.json("orders deliver T1");
    assert_eq!(delivered["axes"]["delivered"], "full");
    shop.done("orders return W1 --line 1=2 --at MAIN --to restocked --reason surplus");
    let refund = shop.json("orders refund W1 --line NAIL=2 --cause returned --reason surplus");
    assert_eq!(refund["amount"], "0.24");
    let shown = shop.done("orders show T1");
    assert!(shown.contains("shipped 12, delivered 12, returned 2, refunded 2"), "{shown}");
    assert!(shop.done("verify").contains("Everything adds up"));
}

#[test]
fn goods_come_back_step_by_step_and_are_exchanged() {
    let shop = Shop::open();
    shop.order("W1", "12");
    for step in ["release", "pick", "pack", "ship"] {
        shop.done(&format!("orders {step} W1"));
    }
    shop.done("orders pay W1 --method card");
    shop.done("orders deliver W1");
    shop.done("returns request --order W1 --line NAIL=3 --reason surplus");
    let asked = shop.json("returns list --state requested");
    let number = asked["returns"][0]["number"].as_str().unwrap().to_owned();
    shop.done(&format!("returns approve {number}"));
    let came = shop.json(&format!("returns receive {number} --at MAIN"));
    assert_eq!(came["lines"][0]["fates"]["awaiting_inspection"], 3);
    let seen = shop.json(&format!("returns inspect {number} --line 1=2 --to restocked"));
    assert_eq!(seen["lines"][0]["fates"]["restocked"], 2);
    shop.done("config set refund.restocking_fees [{\"percent\":\"50\"}]");
    let made = shop.json("orders refund W1 --line NAIL=2 --cause returned --reason surplus");
    assert_eq!((made["amount"].as_str(), made["state"].as_str()), (Some("0.12"), Some("settled")));
    let refund = made["number"].as_str().unwrap();
    assert!(shop.done("refunds list").contains(refund));
    assert!(shop.done(&format!("refunds show {refund}")).contains("restocking fee"));
    let late = shop.run(&format!("refunds cancel {refund}"));
    assert!(late.err.ends_with("[invalid_transition]\n"), "{}", late.err);
    let swap = "orders exchange W1 --line NAIL=4 --for NAIL=6 --at MAIN --waive-fee --reason size";
    let open = shop.json(swap);
    assert_eq!((open["reserved"].as_str(), open["to_pay"].as_str()), (Some("0.48"), Some("0.24")));
    let exchange = open["number"].as_str().unwrap().to_owned();
    assert!(shop.done(&format!("exchanges show {exchange}")).contains("To be paid: 0.24 GBP"));
    let gone = shop.json(&format!("exchanges cancel {exchange} --reason kept"));
    assert_eq!(gone["state"], "canceled");
    let mut known: Value = serde_json::from_str(&nails("W2", "1")).unwrap();
    known["customer"] = serde_json::json!({ "name": "Ada", "email": "ada@example.org" });
    assert_eq!(shop.run_with("orders place - --json", &known.to_string()).code, 0);
    let known = shop.json("customers list");
    let customer = known["customers"][0]["number"].as_str().unwrap().to_owned();
    let of = format!("--channel STORE --customer {customer}");
    shop.done(&format!("returns request {of} --line NAIL=1 --reason found"));
    let blind = shop.json("returns list --state approved");
    let number = blind["returns"][0]["number"].as_str().unwrap().to_owned();
    shop.done(&format!("returns receive {number} --at MAIN --to restocked"));
    let none = shop.run(&format!("returns credit {number} --reason found"));
    assert!(none.err.ends_with("[not_sold]\n"), "{}", none.err);
    shop.done("config set returns.blind_prices any");
    let credit = shop.json(&format!("returns credit {number} --reason found"));
    assert_eq!(credit["amount"], "0.12");
    assert!(shop.done("verify").contains("Everything adds up"));
}

#[test]
fn the_same_order_again_is_the_same_order_and_another_is_refused() {
    let shop = Shop::open();
    let first = shop.order("W1", "3");
    assert_eq!(shop.order("W1", "3")["id"], first["id"]);
    let ran = shop.run_with("orders place -", &nails("W1", "4"));
    assert_eq!(ran.code, 1);
    assert!(ran.err.ends_with("[external_order_changed]\n"), "{}", ran.err);
    let with_key =
        |quantity: &str| shop.run_with("orders place - --key K --json", &nails("W2", quantity));
    let (once, again) = (with_key("1"), with_key("1"));
    assert_eq!((once.code, &once.out), (0, &again.out));
    let other = with_key("2");
    assert_eq!(other.code, 1);
    assert!(other.err.contains("idempotency_mismatch"), "{}", other.err);
}

#[test]
fn a_refusal_says_what_is_available_what_to_do_and_its_code() {
    let shop = Shop::open();
    let ran = shop.run_with("orders place -", &nails("W1", "500"));
    assert_eq!(ran.code, 1);
    let expected = "NAIL is short: 500 each needed for line 1 (at /lines/0). Available: 100 each.
  What it means: the channel does not sell what is not there
  What to do:    order what is available, receive stock (`orderly stock receive`), or pass it \
with --override insufficient_stock --reason WHY
  [insufficient_stock]
";
    assert_eq!(ran.err, expected);
    let json = shop.run_with("orders place - --json", &nails("W1", "500"));
    let problem: Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(problem["error"]["code"], "insufficient_stock");
    assert_eq!(problem["error"]["issues"][0]["available"], "100 each");
    let passed = "orders place - --json --override insufficient_stock --reason promised";
    let passed = shop.run_with(passed, &nails("W1", "500"));
    assert_eq!(passed.code, 0, "{}", passed.err);
}

#[test]
fn unknown_things_and_wrong_stages_are_one() {
    let shop = Shop::open();
    shop.order("W1", "1");
    for (args, code) in [
        ("orders show nobody", "not_found"),
        ("items show nothing", "not_found"),
        ("customers show nobody", "not_found"),
        ("orders list --channel NOPE", "unknown_channel"),
        ("orders list --state shipped", "invalid_field"),
        ("orders ship W1", "nothing_to_do"),
        ("orders release W1 --at NOWHERE", "nothing_to_do"),
        ("orders cancel W1 --line 9 --reason x", "unknown_line"),
        ("orders cancel W1", "reason_required"),
        ("orders release-hold W1", "not_found"),
        ("stock history nothing", "not_found"),
        ("stock receive --location NOWHERE NAIL 1", "unknown_location"),
        ("stock adjust --location MAIN NAIL -1", "reason_required"),
    ] {
        let ran = shop.run(args);
        assert_eq!(ran.code, 1, "orderly {args}: {}{}", ran.out, ran.err);
        assert!(ran.err.ends_with(&format!("[{code}]\n")), "orderly {args}: {}", ran.err);
    }
}

#[test]
fn many_orders_have_one_outcome_each_and_errors_name_file_and_line() {
    let shop = Shop::open();
    let lines = [
        nails("A", "1"),
        String::new(),
        nails("B", "900"),
        r#"{"channel":"WEB","lins":[]}"#.to_owned(),
        nails("C", "2"),
    ];
    shop.file("orders.ndjson", &(lines.join("\n") + "\n"));
    let ran = shop.run("orders place orders.ndjson --json");
    assert_eq!(ran.code, 1);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((answer["placed"].as_u64(), answer["refused"].as_u64()), (Some(2), Some(2)));
    let outcomes = answer["outcomes"].as_array().unwrap();
    let lines: Vec<u64> = outcomes.iter().map(|one| one["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 3, 4, 5]);
    assert_eq!(outcomes[1]["error"]["code"], "insufficient_stock");
    let detail = outcomes[2]["error"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("orders.ndjson line 4"), "{detail}");
    assert!(detail.contains("lins"), "{detail}");
    shop.file("broken.json", "{\n  \"channel\": \"WEB\",\n  \"lines\": [}\n");
    let ran = shop.run("orders place broken.json");
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("broken.json line 3"), "{}", ran.err);
    let ran = shop.run("orders place nowhere.json");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nowhere.json"), "{}", ran.err);
}

#[test]
fn a_hold_blocks_the_release_until_it_is_released_and_a_step_is_undone() {
    let shop = Shop::open();
    shop.order("W1", "2");
    shop.done("orders hold W1 --kind fraud --reason odd");
    let held = shop.run("orders release W1");
    assert_eq!(held.code, 1);
    assert!(held.err.ends_with("[on_hold]\n"), "{}", held.err);
    shop.done("orders release-hold W1");
    shop.done("orders release W1");
    let undone = shop.json("orders undo W1");
    let kinds: Vec<&str> = undone["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let canceled = shop.json("orders cancel W1 --line 1=1 --reason changed");
    assert_eq!(canceled["lines"][0]["quantities"]["canceled"], 1);
}

#[test]
fn every_answer_as_json_parses() {
    let shop = Shop::open();
    shop.order("W1", "1");
    for args in [
        "orders list",
        "orders show W1",
        "orders events W1",
        "items list",
        "items show NAIL",
        "customers list",
        "channels",
        "locations",
        "exceptions",
        "stock list",
        "stock history NAIL",
        "verify",
        "tasks run",
        "events sequence",
        "config show",
        "stock adjust --location MAIN NAIL 2 --reason found",
        "stock count --location MAIN --item NAIL=101",
        "orders release W1",
        "orders pick W1",
        "backup copy.db",
    ] {
        assert!(shop.json(args).is_object(), "orderly {args}");
    }
}

#[test]
fn a_backup_is_restored_and_never_over_another_database() {
    let shop = Shop::open();
    shop.order("W1", "1");
    shop.done("backup copy.db");
    assert_eq!(shop.run("backup copy.db").code, 2);
    assert_eq!(shop.run("restore copy.db").code, 2);
    shop.done("restore copy.db --database again.db");
    assert_eq!(shop.json("orders show W1 --database again.db")["number"], "10001");
    let server = "--database postgres://me:secret@nowhere/x";
    let ran = shop.run(&format!("backup copy2.db {server}"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("pg_dump") && !ran.err.contains("secret"), "{}", ran.err);
}

#[test]
fn a_quote_becomes_an_order_that_leaves_with_a_van() {
    let shop = Shop::open();
    let quote = serde_json::json!({
        "channel": "WEB",
        "customer": { "name": "Ada Lane", "address": {
            "lines": ["1 High St"], "city": "York", "postcode": "YO1 1AA", "country": "GB" } },
        "terms": { "valid_until": "2999-12-31",
                   "lines": [{ "sku": "NAIL", "quantity": "60", "unit_price": "0.10" }] },
    });
    let made = shop.run_with("quotes create - --json", &quote.to_string());
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(shop.run("quotes convert Q1001").err.contains("not sent yet"));
    shop.done("quotes send Q1001");
    assert!(shop.done("quotes list").contains("Ada Lane"));
    shop.file("van.json", r#"{ "deliveries": { "method": "van", "due": "6.00" } }"#);
    let order = shop.json("quotes convert Q1001 --file van.json");
    assert_eq!(order["totals"]["total"], "6.00");
    assert_eq!(shop.json("quotes show Q1001")["state"], "converted");
    shop.done("quotes pdf Q1001 --out quote.pdf");
    assert!(std::fs::read(shop.path().join("quote.pdf")).unwrap().starts_with(b"%PDF"));
    shop.done("vehicles add VAN-1 --max-kg 800 --max-mm 4000 --tag tail_lift");
    assert!(shop.done("vehicles list").contains("tail_lift"));
    let plan = "loads plan --vehicle VAN-1 --from MAIN --day 2026-03-03 --driver Jo";
    let load = shop.json(plan)["number"].as_str().unwrap().to_owned();
    let number = order["number"].as_str().unwrap();
    shop.done(&format!("loads add {load} {number} --line NAIL=40 --slot 08:00-10:30"));
    let early = shop.run(&format!("loads depart {load}"));
    assert!(early.err.contains("packed"), "{}", early.err);
    for step in ["release", "pick", "pack"] {
        shop.done(&format!("orders {step} {number}"));
    }
    shop.done(&format!("loads depart {load}"));
    std::fs::write(shop.path().join("sign.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let drop = format!(
        "loads drop {load} 1 --by Ada --line NAIL=30 --refused wet --signature sign.png \
         --position 53.96,-1.08 --collected 6.00"
    );
    assert_eq!(shop.json(&drop)["stops"][0]["received_by"], "Ada");
    let owed = shop.json("payments on-delivery --carrier own");
    assert_eq!(owed["on_delivery"][0]["open"], "6.00");
    let proofs = shop.json(&format!("loads proofs {load} 1 --out ."));
    assert_eq!(proofs["proofs"][0]["media_type"], "image/png");
    let home = shop.json(&format!("loads return {load}"));
    assert_eq!(home["state"], "returned");
    assert!(shop.done("loads list --day 2026-03-03").contains(&load));
    shop.done(&format!("loads pdf {load} --out list.pdf"));
    shop.done(&format!("loads pdf {load} --notes --out note.pdf"));
    assert!(shop.done("verify").contains("Everything adds up"));
}
