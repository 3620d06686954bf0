//! Events over HTTP: pages of the feed, and streams that are resumed, slow, stopped and bounded.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use orderly::ops::events::sequence;
use orderly::ops::orders::place::place;
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::id::{ChannelId, UserId};
use orderly_store::tables::channels;
use orderly_web::{Caller, Limits};
use serde_json::{Value, json};

use crate::fixture::{Shop, order};
use crate::server::Server;

/// A reader of a stream: an HTTP/1.0 connection, whose answer has no frames of its own.
struct Reader {
    lines: BufReader<TcpStream>,
    pub status: u16,
}

/// One event, or a sign of life, which has an id only.
#[derive(Debug)]
struct Seen {
    id: i64,
    data: Value,
}

impl Reader {
    fn open(server: &Server, path: &str, key: &str, last: Option<i64>) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let head = format!("GET {path} HTTP/1.0\r\nauthorization: Bearer {key}\r\n{last}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
        while !line.trim().is_empty() {
            line.clear();
            lines.read_line(&mut line).unwrap();
        }
        Self { lines, status }
    }

    /// The next event or sign of life; `None` at the end of the stream.
    fn next(&mut self) -> Option<Seen> {
        let (mut id, mut data) = (None, Value::Null);
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.trim().parse().ok();
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = serde_json::from_str(text).unwrap();
            } else if line.trim().is_empty()
                && let Some(id) = id
            {
                return Some(Seen { id, data });
            }
        }
    }

    fn events(&mut self, count: usize) -> Vec<Seen> {
        let mut seen = Vec::new();
        while seen.len() < count {
            let one = self.next().expect("the stream goes on");
            if !one.data.is_null() {
                seen.push(one);
            }
        }
        seen
    }
}

/// Places orders and brings them into the feed.
fn happen(shop: &Shop, channel: &str, count: usize) {
    for _ in 0..count {
        let mut one = order(channel, &[("NAIL", "1")]);
        one.customer =
            serde_json::from_value(json!({ "name": "Zoe Reed", "email": "z@x.org" })).unwrap();
        place(&shop.app, &shop.call(), &one).unwrap();
    }
    sequence(&shop.app, "test", shop.call().now).unwrap();
}

fn shops() -> Vec<Shop> {
    let all = Shop::each();
    all.iter().for_each(|shop| shop.stock("NAIL", "depot", 100_000, None));
    all
}

fn one_shop() -> Shop {
    shops().remove(0)
}

const STREAM: &str = "/v1/events/stream";

#[test]
fn the_feed_is_read_page_by_page_with_what_is_wanted() {
    for shop in shops() {
        happen(&shop, "web", 5);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let all = owner.get("/v1/events").json;
        let last = all["next"].as_i64().unwrap();
        let count = all["data"].as_array().unwrap().len();
        assert_eq!((i64::try_from(count).unwrap(), &all["has_more"]), (last, &json!(false)));
        let (mut after, mut positions) = (0, Vec::new());
        loop {
            let page = owner.get(&format!("/v1/events?after={after}&limit=2&thin=true")).json;
            let data = page["data"].as_array().unwrap();
            positions.extend(data.iter().map(|one| one["position"].as_i64().unwrap()));
            after = page["next"].as_i64().unwrap();
            if page["has_more"] == false {
                break;
            }
        }
        assert_eq!(positions, (1..=last).collect::<Vec<_>>());
        let placed = owner.get("/v1/events?types=order.placed&types=order.canceled").json;
        let placed = placed["data"].as_array().unwrap();
        assert_eq!(placed.len(), 5);
        assert_eq!(placed[0]["data"]["object"], "order");
        let number = placed[0]["data"]["number"].as_str().unwrap();
        let link = owner.get(&format!("/v1/orders/{number}")).json["links"]["events"].clone();
        let own = owner.get(link.as_str().unwrap()).json;
        assert_eq!(own["data"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_range_that_is_none_is_refused() {
    let shop = one_shop();
    happen(&shop, "web", 1);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    for (query, code) in [
        ("after=-1", "invalid_field"),
        ("after=99999", "invalid_field"),
        ("types=order.payed", "unknown_event_type"),
        ("order=x&subject=y", "invalid_field"),
        ("kinds=order.placed", "unknown_field"),
    ] {
        for path in ["/v1/events", STREAM] {
            let came = owner.get(&format!("{path}?{query}"));
            assert_eq!((came.status, came.code()), (422, code), "{path}?{query}: {}", came.text);
        }
    }
    let seen = [("last-event-id", "yesterday")];
    assert_eq!(owner.send("GET", STREAM, &seen, b"").status, 422);
    assert_eq!(owner.get("/v1/events?order=nowhere").status, 404);
}

#[test]
fn who_comes_back_goes_on_where_he_was_without_gap_or_double() {
    for shop in shops() {
        happen(&shop, "web", 3);
        let first = Server::start(shop.app.clone());
        let mut reader = Reader::open(&first, &format!("{STREAM}?after=0"), "owner", None);
        let mut ids: Vec<i64> = reader.events(2).iter().map(|one| one.id).collect();
        drop(reader);
        happen(&shop, "web", 30);
        let mut again = Reader::open(&first, STREAM, "owner", ids.last().copied());
        ids.extend(again.events(10).iter().map(|one| one.id));
        // A server that stops ends its streams at once, and does not wait for their readers.
        let began = Instant::now();
        drop(first);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let rest = std::iter::from_fn(|| again.next()).filter(|one| !one.data.is_null());
        ids.extend(rest.map(|one| one.id));
        happen(&shop, "web", 3);
        let second = Server::start(shop.app.clone());
        let mut again = Reader::open(&second, STREAM, "owner", ids.last().copied());
        let all = usize::try_from(feed_end(&shop)).unwrap();
        ids.extend(again.events(all - ids.len()).iter().map(|one| one.id));
        // What happens while he listens comes without being asked for.
        happen(&shop, "web", 1);
        ids.extend(again.events(1).iter().map(|one| one.id));
        let last = feed_end(&shop);
        assert_eq!(ids, (1..=last).collect::<Vec<_>>());
    }
}

fn feed_end(shop: &Shop) -> i64 {
    orderly::ops::events::position(&shop.app).unwrap()
}

#[test]
fn a_reader_who_takes_nothing_slows_nobody_and_loses_his_place() {
    let shop = one_shop();
    let limits = Limits { streams: 2, stuck: Duration::from_secs(1), ..Limits::default() };
    let server = Server::with(shop.app.clone(), limits);
    let stuck = Reader::open(&server, &format!("{STREAM}?after=0"), "owner", None);
    let mut quick = Reader::open(&server, &format!("{STREAM}?after=0"), "owner", None);
    let third = Reader::open(&server, STREAM, "owner", None);
    assert_eq!((stuck.status, quick.status, third.status), (200, 200, 503));
    for _ in 0..200 {
        let lines = [("NAIL", "1"); 60];
        place(&shop.app, &shop.call(), &order("web", &lines)).unwrap();
    }
    sequence(&shop.app, "test", shop.call().now).unwrap();
    let began = Instant::now();
    let seen = quick.events(usize::try_from(feed_end(&shop)).unwrap());
    let bytes: usize = seen.iter().map(|one| one.data.to_string().len()).sum();
    assert!(bytes > 8_000_000, "{bytes} bytes would fit into the buffers of a connection");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let freed = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Reader::open(&server, STREAM, "owner", None).status == 200
    });
    assert!(freed, "the place of who takes nothing is given to others");
    drop(stuck);
}

#[test]
fn a_sign_of_life_moves_on_where_to_resume() {
    let shop = one_shop();
    let limits = Limits { beat: Duration::from_millis(200), ..Limits::default() };
    let server = Server::with(shop.app.clone(), limits);
    let path = format!("{STREAM}?after=0&types=order.canceled");
    let mut reader = Reader::open(&server, &path, "owner", None);
    happen(&shop, "web", 4);
    let last = feed_end(&shop);
    let beats = std::iter::from_fn(|| reader.next()).take(40);
    let mut beats = beats.inspect(|one| assert!(one.data.is_null()));
    assert!(beats.any(|one| one.id == last), "the place moves on without an event");
}

#[test]
fn a_reader_sees_what_he_may_see_and_nothing_once_his_key_is_revoked() {
    let shop = one_shop();
    let web = shop.app.store.read(|tx| channels::by_code(tx, "web")).unwrap().unwrap().id;
    let revoked = Arc::new(AtomicBool::new(false));
    let known = Arc::clone(&revoked);
    let server = Server::knowing(
        shop.app.clone(),
        Limits::default(),
        Arc::new(move |_, _, _| {
            let actor = reader_of(web);
            let caller = Caller::new(actor, "key:web", "web");
            Ok(Some(caller).filter(|_| !known.load(Ordering::SeqCst)))
        }),
    );
    let mut reader = Reader::open(&server, &format!("{STREAM}?after=0"), "any", None);
    happen(&shop, "phone", 2);
    happen(&shop, "web", 2);
    let seen = reader.events(2);
    for one in &seen {
        assert_eq!(one.data["data"]["channel"], "web");
        let text = one.data.to_string();
        assert!(!text.contains("Zoe Reed") && !text.contains("z@x.org"), "{text}");
        assert!(text.contains("•••"));
    }
    revoked.store(true, Ordering::SeqCst);
    let began = Instant::now();
    happen(&shop, "web", 1);
    let after: Vec<Seen> = std::iter::from_fn(|| reader.next()).collect();
    assert!(after.is_empty(), "{after:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

fn reader_of(channel: ChannelId) -> Actor {
    let channels = vec![channel];
    let grant = Grant { channels, ..Grant::everywhere(Permission::Read) };
    Actor { kind: ActorKind::ApiKey, id: UserId::NONE, all: false, grants: vec![grant] }
}
