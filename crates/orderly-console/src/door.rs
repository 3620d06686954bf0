//! The guard at the door: cookies, and whether a form comes from one of our own pages.

use axum::http::{HeaderMap, header};
use orderly_ops::ops::access::Secret;
use orderly_ops::ops::access::secret::is_csrf;

use crate::cx::Look;

/// The session's token. The name binds it to this host, to HTTPS and to every path.
pub const SESSION: &str = "__Host-orderly";
/// What stands in for a session before anybody signed in, so that forms of the door are proved.
pub const VISITOR: &str = "__Host-orderly_door";
/// How pages look: theme and rail.
pub const LOOK: &str = "orderly_look";

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(own, _)| own.trim() == name).map(|(_, value)| value.trim())
}

/// The `Set-Cookie` of a secret that scripts do not see; it ends with the browser.
pub fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

/// The `Set-Cookie` that removes a cookie.
pub fn gone(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// A token of 256 random bits for a visitor.
pub fn visitor() -> Option<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a form was sent by a page of this very host: browsers say so, and nobody else does.
pub fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site");
    let origin = text("origin").map(|origin| {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        Some(host) == text("host")
    });
    match (site, origin) {
        (None, None) => false,
        (site, origin) => site.is_none_or(|site| site == "same-origin") && origin != Some(false),
    }
}

/// Whether a form carries the proof of its session.
pub fn is_proved(session: &Secret, proof: &str) -> bool {
    is_csrf(session, proof)
}

/// How the browser wants pages to look.
pub fn look(headers: &HeaderMap) -> Look {
    let text = cookie(headers, LOOK).unwrap_or_default();
    let theme = ["light", "dark"].into_iter().find(|theme| text.contains(theme));
    Look { theme, narrow: text.contains("narrow") }
}

/// The `Set-Cookie` that keeps a look for a year.
pub fn keep(look: Look) -> String {
    let theme = look.theme.unwrap_or("system");
    let rail = if look.narrow { "narrow" } else { "wide" };
    format!("{LOOK}={theme}.{rail}; Path=/console; SameSite=Lax; Max-Age=31536000")
}

/// A place of the console to go on to, if that is what the text is.
pub fn inside(text: &str) -> Option<&str> {
    let plain = text.len() < 2_000 && !text.contains(['\\', '\r', '\n']) && !text.contains("//");
    let ours = text == "/console" || text.starts_with("/console/") || text.starts_with("/console?");
    (plain && ours && text.is_ascii()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_own_pages_send_forms() {
        let host = ("host", "127.0.0.1:8080");
        let own = ("origin", "http://127.0.0.1:8080");
        assert!(is_own(&headers(&[host, own])));
        assert!(is_own(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        assert!(!is_own(&headers(&[host])));
        assert!(!is_own(&headers(&[host, ("origin", "null")])));
        assert!(!is_own(&headers(&[host, ("origin", "http://127.0.0.1:8081")])));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!is_own(&headers(&[host, own, ("sec-fetch-site", site)])), "{site}");
        }
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for good in ["/console", "/console/orders?q=1", "/console?x=1"] {
            assert_eq!(inside(good), Some(good));
        }
        for bad in ["//evil", "/consolex", "https://evil", "/console//x", "/console/\\x", "/v1"] {
            assert_eq!(inside(bad), None, "{bad}");
        }
    }

    #[test]
    fn cookies_are_told_apart() {
        let headers = headers(&[("cookie", "a=1; orderly_look=dark.narrow; __Host-orderly=os_x")]);
        assert_eq!(cookie(&headers, SESSION), Some("os_x"));
        assert_eq!(cookie(&headers, VISITOR), None);
        assert_eq!(look(&headers), Look { theme: Some("dark"), narrow: true });
        assert!(keep(look(&headers)).starts_with("orderly_look=dark.narrow;"));
    }
}
