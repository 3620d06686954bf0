//! Reads the demand series that the benchmarks are measured on.

use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A series with the periods that a forecast is judged by.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub train: Vec<f64>,
    pub test: Vec<f64>,
}

/// Series by name.
pub type Named = Vec<(String, Vec<f64>)>;

/// Returns the folder of the demand series, when it is there.
///
/// `ORDERLY_DATA` names the data folder; otherwise it is `../shared/data` beside the workspace.
pub fn folder() -> Option<PathBuf> {
    let root = match std::env::var_os("ORDERLY_DATA") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    let folder = root.join("03-demand-series");
    let beside = || {
        // A second worktree lies one folder deeper than the first.
        let deeper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
        Some(deeper.join("03-demand-series")).filter(|path| path.is_dir())
    };
    if folder.is_dir() { Some(folder) } else { beside() }
}

/// Returns the text of a file, unpacked when its name ends in `.gz`.
fn text(path: &Path) -> Result<String, Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut text = String::new();
    if path.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(bytes)?;
    }
    Ok(text)
}

/// Returns the M3 series of one kind: `MONTHLY`, `QUARTERLY` or `YEARLY`.
pub fn m3(folder: &Path, kind: &str) -> Result<Vec<Case>, Box<dyn Error>> {
    let text = text(&folder.join("mcomp-m1-m3/DERIVED-csv/M3.csv.gz"))?;
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().skip(1) {
        // Descriptions may hold commas: the last three columns are counted from the right.
        let mut right = line.rsplitn(4, ',');
        let (value, _, part, left) = (right.next(), right.next(), right.next(), right.next());
        let (Some(value), Some(part), Some(left)) = (value, part, left) else { continue };
        let mut left = left.split(',');
        let (name, period) = (left.next().unwrap_or_default(), left.nth(1).unwrap_or_default());
        if period != kind {
            continue;
        }
        if cases.last().is_none_or(|case| case.name != name) {
            cases.push(Case { name: name.to_owned(), train: Vec::new(), test: Vec::new() });
        }
        if let Some(case) = cases.last_mut() {
            let side = if part == "train" { &mut case.train } else { &mut case.test };
            side.push(value.parse()?);
        }
    }
    Ok(cases)
}

/// Returns the columns of a table whose first column counts periods; empty cells are not numbers.
fn columns(path: &Path) -> Result<Named, Box<dyn Error>> {
    let text = text(path)?;
    let mut lines = text.lines();
    let header = lines.next().ok_or("the file is empty")?;
    let mut columns: Named =
        header.split(',').skip(1).map(|name| (name.to_owned(), Vec::new())).collect();
    for line in lines {
        for ((_, values), cell) in columns.iter_mut().zip(line.split(',').skip(1)) {
            values.push(cell.trim().parse().unwrap_or(f64::NAN));
        }
    }
    Ok(columns)
}

/// Returns complete series with any sales in the history, the last `horizon` periods set apart.
pub fn counts(folder: &Path, name: &str, horizon: usize) -> Result<Vec<Case>, Box<dyn Error>> {
    let path = folder.join(format!("expsmooth-carparts/DERIVED-csv/{name}.csv"));
    let complete = |values: &[f64]| values.iter().all(|value| value.is_finite());
    let mut cases = Vec::new();
    for (name, values) in columns(&path)? {
        if !complete(&values) || values.len() <= horizon {
            continue;
        }
        let (train, test) = values.split_at(values.len() - horizon);
        if train.iter().any(|value| *value > 0.0) {
            cases.push(Case { name, train: train.to_vec(), test: test.to_vec() });
        }
    }
    Ok(cases)
}

/// Returns the M5 sample: 447 days from 2015-03-03 (a Tuesday) on, not a number before launch.
pub fn m5(folder: &Path) -> Result<Named, Box<dyn Error>> {
    let text = text(&folder.join("m5-walmart-daily/m5_sample2000.csv.gz"))?;
    let mut all = Vec::new();
    for line in text.lines() {
        let (name, values) = line.split_once(',').ok_or("a line without values")?;
        let values = values.split([',', '|']).map(|cell| cell.parse().unwrap_or(f64::NAN));
        all.push((name.to_owned(), values.collect()));
    }
    Ok(all)
}
