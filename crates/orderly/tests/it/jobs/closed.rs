//! Addresses that Orderly does not call: no connection is ever opened to any of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use orderly::ops::outbound::Rules;
use orderly_jobs::client::Client;

/// Addresses of no public host, in their usual form.
const V4: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "0.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.10.10.10",
    "10.255.255.255",
    "100.64.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.0.1.1",
    "127.1.2.3",
    "127.255.255.254",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.20.10.2",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.2.1",
    "192.0.2.255",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.1.254",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.7",
    "168.63.129.16",
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "250.1.2.3",
    "255.255.255.255",
];

const V6: &[&str] = &[
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c:0:7fff:fb9a:1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff02::fb",
    "ff05::2",
    "ffff::1",
    "4000::1",
    "1000::1",
];

/// Loopback and its like in the forms that parsers differ about.
const FORMS: &[&str] = &[
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0x0",
    "00",
    "0x7f.1",
    "0177.1",
    "127.0.0.1.",
    "3232235521",
    "0xc0a80001",
    "10.1",
    "0xa.0.0.1",
    "167772161",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "0xA9.0xFE.0xA9.0xFE",
    "192.168.1",
    "0300.0250.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "127.0.0.1%2e",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "0000.0000.0000.0000",
    "0x7F000001",
];

fn client_of(addresses: Vec<SocketAddr>) -> Client {
    let lookup = move |_: &str, _: u16| Ok(addresses.clone());
    Client::with(Arc::new(lookup)).patient_for(Duration::from_secs(1), Duration::from_secs(2))
}

/// Listens where every case would arrive, if it did.
struct Trap {
    port: u16,
    connected: Arc<AtomicUsize>,
}

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connected = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connected);
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connected }
    }

    fn rules(&self) -> Rules {
        Rules::parse("true", "", &self.port.to_string()).unwrap()
    }
}

#[test]
fn no_form_of_a_closed_address_is_ever_connected_to() {
    let trap = Trap::new();
    let (rules, port) = (trap.rules(), trap.port);
    let system = Client::default().patient_for(Duration::from_secs(1), Duration::from_secs(2));
    let mut cases = 0;
    let mut refused = |client: &Client, url: &str| {
        let result = client.post_to(&rules, url, &[], "{}");
        assert!(result.status.is_none() && result.error.is_some(), "{url} was called");
        cases += 1;
    };
    for host in V4.iter().chain(FORMS) {
        refused(&system, &format!("http://{host}:{port}/"));
    }
    for host in V6 {
        refused(&system, &format!("http://[{host}]:{port}/"));
    }
    // The same by a name that stands for it, alone and behind a public one.
    let public = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34)), port);
    for text in V4.iter().chain(V6) {
        let own = SocketAddr::new(text.parse().unwrap(), port);
        refused(&client_of(vec![own]), &format!("http://sink.example:{port}/"));
        refused(&client_of(vec![public, own]), &format!("http://sink.example:{port}/"));
    }
    for (scheme, rest) in [
        ("file", "/etc/passwd"),
        ("gopher", "127.0.0.1/x"),
        ("ftp", "example.com/"),
        ("javascript", "alert(1)"),
        ("data", "text/plain,x"),
        ("unix", "/run/x"),
        ("http", "user:pw@example.com/"),
        ("http", "example.com:22/"),
        ("https", "example.com:25/"),
        ("https", "example.com/#f"),
        ("http", ""),
        ("https", ":443/"),
    ] {
        refused(&system, &format!("{scheme}://{rest}"));
    }
    assert!(cases >= 200, "only {cases} cases");
    assert_eq!(trap.connected.load(Ordering::SeqCst), 0, "something was connected to");
}

#[test]
fn a_name_that_turns_to_a_closed_address_after_it_was_checked_is_not_called() {
    let trap = Trap::new();
    let (rules, port) = (trap.rules(), trap.port);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // First a public address that takes no connection, then our own: as a rebinding server would.
    let lookup = move |_: &str, port: u16| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let address = match turn % 2 {
            0 => IpAddr::V6(Ipv6Addr::new(0x2600, 0, 0, 0, 0, 0, 0, 1)),
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        Ok(vec![SocketAddr::new(address, port)])
    };
    let client = Client::with(Arc::new(lookup));
    let client = client.patient_for(Duration::from_millis(200), Duration::from_millis(300));
    for attempt in 1..=10 {
        let result = client.post_to(&rules, &format!("http://turn.example:{port}/"), &[], "{}");
        assert!(result.status.is_none() && result.error.is_some());
        assert_eq!(asked.load(Ordering::SeqCst), attempt, "one look-up per attempt");
    }
    assert_eq!(trap.connected.load(Ordering::SeqCst), 0);
}
