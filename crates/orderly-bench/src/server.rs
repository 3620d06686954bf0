//! A server of its own process, as a user runs it: it can be killed.

use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a server may take to say that it listens.
const START: Duration = Duration::from_secs(60);

/// A running `orderly serve`; it is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Such as `http://127.0.0.1:8080`.
    pub base: String,
    child: Child,
}

impl Server {
    /// Starts `program serve` on a database and on a free port of this machine.
    ///
    /// # Errors
    /// Where it ends, or does not say within a minute where it listens.
    pub fn start(program: &Path, database: &str) -> Result<Self, String> {
        let child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--database", database])
            // A few callers stand for many.
            .args(["--requests-per-minute", "100000000"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let child = child.map_err(|error| format!("{}: {error}", program.display()))?;
        let mut this = Self { base: String::new(), child };
        this.base = this.address()?;
        Ok(this)
    }

    fn address(&mut self) -> Result<String, String> {
        let stdout = self.child.stdout.take().ok_or("the server has no output")?;
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let said = serde_json::Deserializer::from_reader(BufReader::new(stdout));
            let greeting: Option<Value> = said.into_iter().next().and_then(Result::ok);
            let _ = tell.send(greeting);
        });
        let greeting = told.recv_timeout(START).ok().flatten();
        let api = greeting.as_ref().and_then(|greeting| greeting["api"].as_str());
        let base = api.and_then(|api| api.strip_suffix("/docs"));
        base.map(str::to_owned).ok_or_else(|| "the server did not start".into())
    }

    /// The server's resident memory, in bytes, where the system tells.
    pub fn resident(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
    }

    /// Kills it at once, as a crash does.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and waits for it.
    ///
    /// # Errors
    /// Where it does not end well within half a minute.
    pub fn stop(mut self) -> Result<(), String> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        told.map_err(|error| format!("kill: {error}"))?;
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("the server ended with {status}")),
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the server did not stop".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
