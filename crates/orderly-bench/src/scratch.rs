//! Databases that are used once: files in a folder of their own, or schemas of a server.

use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use orderly_store::Store;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    /// What `--database` takes.
    pub location: String,
    folder: Option<PathBuf>,
}

impl Scratch {
    /// A new database on the engine of `like`: a file beside it in a folder of its own, or a
    /// schema of the same server. Nothing of `like` itself is touched.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn beside(like: &str) -> Result<Self, String> {
        let name = format!("scratch_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        if like.starts_with("postgres://") || like.starts_with("postgresql://") {
            let (server, query) = like.split_once('?').unwrap_or((like, ""));
            let kept = query.split('&').filter(|one| !one.is_empty());
            let kept = kept.filter(|one| !one.starts_with("schema=")).map(|one| format!("{one}&"));
            let query: String = kept.collect();
            let location = format!("{server}?{query}schema={name}");
            return Ok(Self { location, folder: None });
        }
        let path = PathBuf::from(like.strip_prefix("sqlite://").unwrap_or(like));
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder =
            parent.map_or_else(PathBuf::new, PathBuf::from).join(format!("orderly_{name}"));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let location = folder.join("scratch.db").to_string_lossy().into_owned();
        Ok(Self { location, folder: Some(folder) })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let gone = match &self.folder {
            Some(folder) => std::fs::remove_dir_all(folder).map_err(|error| error.to_string()),
            None => Store::drop_schema(&self.location).map_err(|error| error.to_string()),
        };
        if let Err(error) = gone {
            eprintln!("the scratch database {} is left: {error}", self.location);
        }
    }
}
