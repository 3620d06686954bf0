//! A plot of one item: what was, and the fan of what may come.

use std::fmt::Write;
use std::path::Path;

use crate::Error;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 44.0;

/// What is drawn.
pub struct Plot<'a> {
    pub title: &'a str,
    pub history: &'a [f64],
    /// The mean after the history.
    pub mean: &'a [f64],
    /// Bands around the mean, widest first: low and high by step.
    pub bands: Vec<(Vec<f64>, Vec<f64>)>,
    /// Units in stock beside the history, where a policy was played.
    pub stock: &'a [f64],
}

impl Plot<'_> {
    /// Writes the plot as an SVG file.
    ///
    /// # Errors
    /// `Invalid` when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        std::fs::write(path, self.draw())
            .map_err(|error| Error::Invalid(format!("{}: {error}", path.display())))
    }

    fn draw(&self) -> String {
        let steps = (self.history.len() + self.mean.len()).max(self.stock.len()).max(2);
        let bands = self.bands.iter().flat_map(|(_, high)| high);
        let all = self.history.iter().chain(self.mean).chain(self.stock).chain(bands);
        let top = all.copied().filter(|y| y.is_finite()).fold(1.0, f64::max);
        let x = |step: usize| MARGIN + (WIDTH - 2.0 * MARGIN) * step as f64 / (steps - 1) as f64;
        let y = |units: f64| HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * units.max(0.0) / top;
        let line = |from: usize, values: &[f64]| {
            let mut path = String::new();
            for (step, units) in values.iter().enumerate() {
                let start = if step == 0 { 'M' } else { 'L' };
                let _ = write!(path, "{start}{:.1} {:.1}", x(from + step), y(*units));
            }
            path
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"{MARGIN}\" y=\"22\" font-size=\"15\">{}</text>\n\
             <text x=\"4\" y=\"{:.1}\">{top:.0}</text><text x=\"4\" y=\"{:.1}\">0</text>\n",
            escape(self.title),
            y(top) + 4.0,
            y(0.0) + 4.0,
        );
        let begin = self.history.len();
        for (low, high) in &self.bands {
            let mut area = line(begin, high);
            for (step, units) in low.iter().enumerate().rev() {
                let _ = write!(area, "L{:.1} {:.1}", x(begin + step), y(*units));
            }
            let _ = writeln!(svg, "<path d=\"{area}Z\" fill=\"#1769aa\" fill-opacity=\"0.2\"/>");
        }
        for (from, values, color) in [
            (0, self.history, "#333333"),
            (begin, self.mean, "#1769aa"),
            (0, self.stock, "#c0561a"),
        ] {
            if !values.is_empty() {
                let path = line(from, values);
                let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\"/>");
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
