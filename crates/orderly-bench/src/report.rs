//! A placement's figures as one page to keep or to send: a table and bars, nothing from outside.

use std::fmt::Write;

use crate::figures::Figures;
use crate::placement::Placement;

/// The width of the longest bar, in pixels.
const WIDTH: f64 = 420.0;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Orderly: placement</title>\
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;\
margin:3rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:right;padding:.4rem .6rem;border-bottom:1px solid #8884}\
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto;margin-top:2rem}\
text{font:13px system-ui,sans-serif;fill:currentColor}</style>";

/// The page.
pub fn html(placement: &Placement) -> String {
    let mut page = String::from(HEAD);
    let ways = ways(placement);
    let _ = write!(
        page,
        "<h1>Orders placed on {}</h1><table><tr><th>way<th>orders/s<th>p50 ms<th>p99 ms\
         <th>share of the floor</tr>",
        placement.engine
    );
    for (name, figures) in &ways {
        let share = figures.floor_share.map_or("–".into(), |share| format!("{share:.2}"));
        let Figures { orders_per_s, p50_ms, p99_ms, .. } = figures;
        let _ = write!(
            page,
            "<tr><td>{name}<td>{orders_per_s:.0}<td>{p50_ms:.1}<td>{p99_ms:.1}<td>{share}</tr>"
        );
    }
    let _ = write!(
        page,
        "</table><p>The floor writes the same rows and decides nothing: {:.0} orders/s. The guard \
         of credit limits costs {:.1} %.</p>",
        placement.floor_per_s,
        placement.credit_guard * 100.0
    );
    page.push_str(&bars(placement, &ways));
    page
}

fn ways(placement: &Placement) -> Vec<(&'static str, Figures)> {
    let http = placement.http.map(|figures| ("one per request", figures));
    std::iter::once(("in bulk", placement.bulk)).chain(http).collect()
}

fn bars(placement: &Placement, ways: &[(&'static str, Figures)]) -> String {
    let rates = ways.iter().map(|(name, figures)| (*name, figures.orders_per_s));
    let rates: Vec<(&str, f64)> = rates.chain([("floor", placement.floor_per_s)]).collect();
    let most = rates.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let height = rates.len() * 34;
    let mut svg = format!(
        "<svg viewBox=\"0 0 640 {height}\" role=\"img\" aria-label=\"Orders a second of each \
         way\">"
    );
    for (row, (name, rate)) in rates.iter().enumerate() {
        let (y, width) = (row * 34, rate / most * WIDTH);
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{}\">{name}</text><rect x=\"120\" y=\"{y}\" width=\"{width:.0}\" \
             height=\"22\" rx=\"3\" fill=\"#3b6fb5\"/><text x=\"{:.0}\" y=\"{}\">{rate:.0}</text>",
            y + 16,
            128.0 + width,
            y + 16
        );
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_every_way() {
        let figures = |rate: f64| Figures {
            orders_per_s: rate,
            p50_ms: 1.0,
            p99_ms: 2.0,
            floor_share: Some(0.5),
        };
        let placement = Placement {
            engine: "sqlite",
            bulk: figures(4_000.0),
            http: Some(figures(2_000.0)),
            floor_per_s: 8_000.0,
            credit_guard: 0.03,
            resident: None,
        };
        let page = html(&placement);
        for part in ["in bulk<td>4000", "one per request<td>2000", "width=\"210\"", ">8000<"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
