//! A server for one test, and a browser without scripts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use orderly_console::router;
use orderly_core::actor::Actor;
use orderly_core::time::Instant;
use orderly_ops::ops::access::{Secret, users};
use orderly_ops::{App, Call};
use orderly_web::{Limits, Rim, serve};
use tokio::sync::oneshot;

/// A running server; it ends when dropped.
pub struct Server {
    pub app: App,
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub const PASSWORD: &str = "nine geese ate my lunch";

impl Server {
    pub fn start(app: App) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let own = app.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async move {
                let rim = Rim::new(app, Limits::default());
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let pages = router(rim.clone());
                let stop = async { stopped.await.unwrap_or(()) };
                serve::serve(rim, pages, listener, stop).await.unwrap();
            });
        });
        Self { app: own, address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Makes a user with this role.
    pub fn user(&self, role: &str) -> String {
        let email = format!("{role}@example.com");
        let now = Instant::from_micros(jiff_now());
        let call = Call::new(Actor::owner(), "test", now, now.micros().unsigned_abs());
        let new = users::NewUser {
            email: email.clone(),
            name: format!("Ann {role}"),
            roles: vec![role.into()],
            password: Secret::new(PASSWORD),
        };
        users::create(&self.app, &call, &new).unwrap();
        email
    }

    /// Somebody with this role who has signed in.
    pub fn signed_in(&self, role: &str) -> Browser {
        let email = self.user(role);
        let browser = Browser::new(self.address);
        let page = browser.get("/console/sign-in");
        let came =
            browser.send(&page, "/console/sign-in", &[("email", &email), ("password", PASSWORD)]);
        assert_eq!((came.status, came.to()), (303, "/console"), "{}", came.text);
        browser
    }
}

/// The time of the machine.
pub fn jiff_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A browser: keeps cookies, follows nothing by itself.
pub struct Browser {
    agent: ureq::Agent,
    base: String,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub struct Came {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it sends on to.
    pub fn to(&self) -> &str {
        self.header("location")
    }

    /// The value of a hidden field: the last one of that name.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.text.rfind(&mark).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        let rest = &self.text[at + mark.len()..];
        rest[..rest.find('"').unwrap()].to_owned()
    }

    /// The hidden fields of the last form that is posted to a path.
    pub fn form(&self, path: &str) -> Vec<(String, String)> {
        let mark = format!("method=\"post\" action=\"{path}\"");
        let at = self.text.rfind(&mark).unwrap_or_else(|| panic!("no {mark} in {}", self.text));
        let form = self.text[at..].split("</form>").next().unwrap();
        let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
        let one = |text: &str| {
            let (name, rest) = text.split_once("\" value=\"").unwrap();
            (name.to_owned(), unescaped(rest.split('"').next().unwrap()))
        };
        fields.map(one).collect()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self {
            agent: config.into(),
            base: format!("http://{address}"),
            cookies: RefCell::default(),
        }
    }

    pub fn get(&self, path: &str) -> Came {
        let request = ureq::http::Request::builder().method("GET").uri(self.url(path));
        let request = request.header("cookie", self.jar()).body(()).unwrap();
        self.kept(self.agent.run(request).unwrap())
    }

    /// Sends a form of a page with its proof, and its key and version where it has them.
    pub fn send(&self, page: &Came, path: &str, fields: &[(&str, &str)]) -> Came {
        let mut all = vec![("csrf".to_owned(), page.hidden("csrf"))];
        for name in ["key", "version"] {
            if page.has(&format!("name=\"{name}\" value=")) {
                all.push((name.to_owned(), page.hidden(name)));
            }
        }
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(path, &all, &[("origin", &self.base)])
    }

    /// Sends the last form of a page that is posted to a path, as it stands there.
    pub fn confirm(&self, page: &Came, path: &str) -> Came {
        self.post(path, &page.form(path), &[("origin", &self.base)])
    }

    pub fn post(&self, path: &str, fields: &[(String, String)], headers: &[(&str, &str)]) -> Came {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", plain(name), plain(value)))
            .collect();
        let mut request = ureq::http::Request::builder()
            .method("POST")
            .uri(self.url(path))
            .header("cookie", self.jar())
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.kept(self.agent.run(request.body(body.join("&")).unwrap()).unwrap())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn jar(&self) -> String {
        let cookies = self.cookies.borrow();
        let all: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        all.join("; ")
    }

    fn kept(&self, mut response: ureq::http::Response<ureq::Body>) -> Came {
        for cookie in response.headers().get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        let bytes = response.body_mut().read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Came { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

/// Percent-encodes a text.
fn plain(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
