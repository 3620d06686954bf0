//! Which addresses of the outside world Orderly calls: never one of the merchant's own network,
//! unless a setting names it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::settings;
use url::{Host, Url};

use crate::{App, Error};

/// Lets webhooks be called without TLS: `true`.
pub const ALLOW_HTTP: &str = "webhooks.allow_http";
/// Networks of one's own that may be called all the same: `10.1.0.0/16, fd00::/8`.
pub const ALLOW_PRIVATE: &str = "webhooks.allow_private";
/// Ports beside 443 and 8443: `8080, 9000-9100`.
pub const ALLOW_PORTS: &str = "webhooks.allow_ports";

/// The longest address that is taken.
const LONGEST: usize = 2_000;

/// A network: an address and how many of its first bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network(IpAddr, u32);

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Self(address, bits))
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self.0, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(32 - self.1).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(128 - self.1).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// IPv4 networks that are nobody's on the public internet, and the address at which a cloud tells
/// its machines about themselves.
const CLOSED_V4: &[(u32, u32)] = &[
    (0x0000_0000, 8),  // this network
    (0x0a00_0000, 8),  // private
    (0x6440_0000, 10), // shared by a provider's customers
    (0x7f00_0000, 8),  // this machine
    (0xa9fe_0000, 16), // link-local, metadata of clouds
    (0xac10_0000, 12), // private
    (0xc000_0000, 24), // protocol assignments
    (0xc000_0200, 24), // documentation
    (0xc01f_c400, 24), // AS112
    (0xc034_c100, 24), // AMT
    (0xc058_6300, 24), // 6to4 relays
    (0xc0a8_0000, 16), // private
    (0xc0af_3000, 24), // AS112
    (0xc612_0000, 15), // benchmarks
    (0xc633_6400, 24), // documentation
    (0xcb00_7100, 24), // documentation
    (0xa83f_8110, 32), // a cloud's host, from inside
    (0xe000_0000, 4),  // multicast
    (0xf000_0000, 4),  // reserved, broadcast
];

/// What is called and what not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub allow_http: bool,
    networks: Vec<Network>,
    ports: Vec<(u16, u16)>,
}

impl Rules {
    /// The merchant's rules.
    pub fn of(tx: &mut Tx<'_>) -> Result<Self, Error> {
        let http = settings::get(tx, ALLOW_HTTP)?.unwrap_or_default();
        let networks = settings::get(tx, ALLOW_PRIVATE)?.unwrap_or_default();
        let ports = settings::get(tx, ALLOW_PORTS)?.unwrap_or_default();
        Ok(Self::parse(&http, &networks, &ports)?)
    }

    /// The merchant's rules, read on their own.
    pub fn read(app: &App) -> Result<Self, Error> {
        app.store.read(Self::of)
    }

    /// Reads the three settings.
    ///
    /// # Errors
    /// `invalid_field` for what is no network or no port.
    pub fn parse(http: &str, networks: &str, ports: &str) -> Result<Self, Refusal> {
        let parts = |text: &str| -> Vec<String> {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        let wrong = |what: &str, text: &str| {
            Refusal::at(Code::InvalidField, "/value", format!("`{text}` is no {what}"))
        };
        let networks = parts(networks);
        let networks: Result<Vec<Network>, Refusal> = networks
            .iter()
            .map(|part| Network::parse(part).ok_or_else(|| wrong("network", part)))
            .collect();
        let ports = parts(ports);
        let ports: Result<Vec<(u16, u16)>, Refusal> = ports
            .iter()
            .map(|part| {
                let (from, to) = part.split_once('-').unwrap_or((part, part));
                let range = from.trim().parse().ok().zip(to.trim().parse().ok());
                range.ok_or_else(|| wrong("port", part))
            })
            .collect();
        Ok(Self { allow_http: http.trim() == "true", networks: networks?, ports: ports? })
    }

    /// Whether an address may be connected to.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = plain(address);
        if self.networks.iter().any(|network| network.has(address)) {
            return true;
        }
        match address {
            IpAddr::V4(v4) => is_public_v4(v4),
            IpAddr::V6(v6) => is_public_v6(v6),
        }
    }

    /// Reads an address to call: its form, scheme, port, and the host where it is a number. What a
    /// name stands for is looked up when it is called, every time.
    ///
    /// # Errors
    /// `address_not_allowed`; `invalid_field` where it is no address at all.
    pub fn check(&self, text: &str) -> Result<Url, Refusal> {
        let invalid = |detail: &str| Refusal::at(Code::InvalidField, "/url", detail);
        let closed = |detail: String| Refusal::at(Code::AddressNotAllowed, "/url", detail);
        let text = text.trim();
        ensure(text.len() <= LONGEST, || invalid("the address is too long"))?;
        let url = Url::parse(text).map_err(|_| invalid("this is no address of the web"))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => {
                let detail = format!("only https is called; the setting {ALLOW_HTTP} allows http");
                return Err(closed(detail));
            }
            other => return Err(closed(format!("{other} is not called"))),
        }
        ensure(url.username().is_empty() && url.password().is_none(), || {
            invalid("an address has no user and no password")
        })?;
        ensure(url.fragment().is_none(), || invalid("an address has no #fragment"))?;
        let port = url.port_or_known_default().unwrap_or(0);
        let known = matches!(port, 443 | 8443) || (port == 80 && self.allow_http);
        let own = self.ports.iter().any(|(from, to)| (*from..=*to).contains(&port));
        ensure(known || own, || {
            closed(format!("port {port} is not called; the setting {ALLOW_PORTS} allows it"))
        })?;
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let local = name == "localhost" || name.ends_with(".localhost");
                local.then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))
            }
            None => return Err(invalid("the address names no host")),
        };
        if let Some(address) = address.filter(|address| !self.allows(*address)) {
            return Err(closed(closed_address(address)));
        }
        Ok(url)
    }
}

/// Checks a setting's value where it is one of this module's.
///
/// # Errors
/// `invalid_field`.
pub fn check_setting(key: &str, value: &str) -> Result<(), Refusal> {
    match key {
        ALLOW_PRIVATE => Rules::parse("", value, "").map(|_| ()),
        ALLOW_PORTS => Rules::parse("", "", value).map(|_| ()),
        ALLOW_HTTP => ensure(matches!(value, "true" | "false"), || {
            Refusal::at(Code::InvalidField, "/value", "say `true` or `false`")
        }),
        _ => Ok(()),
    }
}

/// Says that an address is not called.
pub fn closed_address(address: IpAddr) -> String {
    format!("{address} is not on the public internet; the setting {ALLOW_PRIVATE} allows it")
}

/// The IPv4 address that an IPv6 one stands for: mapped, or through a translator's well-known
/// prefix; else the address.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let bits = v6.to_bits();
    let translated = bits >> 32 == 0x0064_ff9b_0000_0000_0000_0000;
    let mapped = bits >> 32 == 0xffff;
    if translated || mapped {
        let low = u32::try_from(bits & 0xffff_ffff).unwrap_or(0);
        return IpAddr::V4(Ipv4Addr::from_bits(low));
    }
    address
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !CLOSED_V4.iter().any(|(network, width)| (bits ^ network) >> (32 - width) == 0)
}

/// Only what is handed out as global: no tunnels, nothing reserved, nothing for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let starts = |with: u128, width: u32| (bits ^ (with << (128 - width))) >> (128 - width) == 0;
    starts(0b001, 3)
        && !starts(0x2001 << 7, 23) // protocol assignments, tunnels
        && !starts(0x2001_0db8, 32) // documentation
        && !starts(0x2002, 16) // 6to4
        && !starts(0x3fff << 4, 20) // documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_ports_are_read() {
        let rules = Rules::parse("true", "10.1.0.0/16, ::1", "9000-9100").unwrap();
        assert!(rules.allows("10.1.2.3".parse().unwrap()));
        assert!(rules.allows("::1".parse().unwrap()));
        assert!(!rules.allows("10.2.0.1".parse().unwrap()));
        assert!(rules.check("http://10.1.0.1:9050/a").is_ok());
        assert_eq!(Rules::parse("", "10.0.0.0/40", "").unwrap_err().code(), Code::InvalidField);
        assert_eq!(Rules::parse("", "", "http").unwrap_err().code(), Code::InvalidField);
    }

    #[test]
    fn public_addresses_are_public() {
        let rules = Rules::default();
        for one in ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(rules.allows(one.parse().unwrap()), "{one}");
        }
        assert!(rules.check("https://example.com/hook?a=b").is_ok());
        assert!(rules.check("https://example.com:8443/").is_ok());
    }
}
