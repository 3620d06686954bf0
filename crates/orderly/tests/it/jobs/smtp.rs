//! A real mail server for tests: `aiosmtpd` of the tools' folder, as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Refuses one address for good, another for now, and keeps what it takes as files.
const SCRIPT: &str = r#"
import asyncio, itertools, os, sys
from aiosmtpd.smtp import SMTP
folder, number = sys.argv[1], itertools.count()
class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("later@"):
            return "451 4.3.0 busy, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        name = os.path.join(folder, "%06d" % next(number))
        with open(name + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(name + ".part", name + ".eml")
        return "250 OK"
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keep()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)
asyncio.run(main())
"#;

pub struct Server {
    pub port: u16,
    child: Child,
    folder: TempDir,
}

impl Server {
    /// Starts the server; `None`, said on stderr, without the tools.
    pub fn start() -> Option<Self> {
        let tools = std::env::var("ORDERLY_TOOLS").ok()?;
        let python = std::path::Path::new(&tools).join("venv/bin/python");
        let has = Command::new(&python).args(["-c", "import aiosmtpd"]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED (SMTP): there is no aiosmtpd in ORDERLY_TOOLS; run scripts/tools");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(python)
            .arg("-c")
            .arg(SCRIPT)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Some(Self { port, child, folder })
    }

    /// Every mail it took, in the order it did.
    pub fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
        paths.sort();
        let read = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        paths.into_iter().map(read).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
