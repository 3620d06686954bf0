//! Endpoints for webhooks that answer as they are told to.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// How a sink answers one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Taken,
    Refused(u16),
    /// Takes the request and says nothing.
    Hangs,
    Redirects,
    /// Closes the line without having taken anything.
    BreaksOff,
    /// Takes it, and closes the line before it says so.
    TakenAndBreaksOff,
    /// Takes it, with an answer that does not end soon.
    Floods,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Got {
    pub id: String,
    pub order: String,
    pub sequence: i64,
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    ambiguous: Mutex<HashSet<String>>,
    asked: AtomicUsize,
    stop: AtomicBool,
}

/// A server on a port of its own.
pub struct Sink {
    port: u16,
    shared: Arc<Shared>,
}

impl Sink {
    /// Answers one after the other in these ways, again and again.
    pub fn new(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let (own, answers) = (Arc::clone(&shared), answers.to_vec());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own.stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (own, answers) = (Arc::clone(&own), answers.clone());
                std::thread::spawn(move || {
                    let _ = serve(&stream, &own, &answers);
                });
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in", self.port)
    }

    /// What was taken, in the order it was.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    /// Whether the sender could not know that this one was taken.
    pub fn was_ambiguous(&self, id: &str) -> bool {
        self.shared.ambiguous.lock().unwrap().contains(id)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(stream: &TcpStream, shared: &Shared, answers: &[Answer]) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => value.trim().clone_into(&mut id),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if id.is_empty() {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let got = Got {
        id: id.clone(),
        order: body["data"]["order"].as_str().unwrap_or_default().to_owned(),
        sequence: body["data"]["sequence"].as_i64().unwrap_or_default(),
    };
    let turn = shared.asked.fetch_add(1, Ordering::Relaxed);
    answer(stream, shared, answers[turn % answers.len()], got)
}

fn answer(mut stream: &TcpStream, shared: &Shared, how: Answer, got: Got) -> std::io::Result<()> {
    let take = |lost: bool| {
        if lost {
            shared.ambiguous.lock().unwrap().insert(got.id.clone());
        }
        shared.got.lock().unwrap().push(got.clone());
    };
    match how {
        Answer::Taken => {
            take(false);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        }
        Answer::Refused(status) => {
            let text = format!("HTTP/1.1 {status} No\r\ncontent-length: 2\r\n\r\nno");
            stream.write_all(text.as_bytes())
        }
        Answer::Hangs => {
            std::thread::sleep(Duration::from_secs(6));
            Ok(())
        }
        Answer::Redirects => stream.write_all(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
        ),
        Answer::BreaksOff => Ok(()),
        Answer::TakenAndBreaksOff => {
            take(true);
            Ok(())
        }
        Answer::Floods => {
            take(false);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n")?;
            stream.write_all(&vec![b'x'; 1_000_000])
        }
    }
}
