//! Charts: lines and bars as SVG from a zero baseline, labels at the lines, the figures in a table.

use maud::{Markup, html};

use crate::show;
use crate::words::t;

/// One line of a chart.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    pub name: &'a str,
    /// The position of its channel, which gives its hue.
    pub hue: usize,
    pub values: &'a [i64],
    /// The period before, dotted.
    pub before: Option<&'a [i64]>,
}

/// The drawn width and height, and what is kept free at the right for the names of lines.
const WIDTH: i64 = 640;
const HEIGHT: i64 = 140;
const RIGHT: i64 = 110;

/// A chart of lines over the same days. `shown` writes a value; `most` fixes the scale where
/// several charts stand side by side.
pub fn lines(
    caption: &str,
    days: &[String],
    series: &[Series<'_>],
    most: Option<i64>,
    shown: &dyn Fn(i64) -> String,
) -> Markup {
    let values = series.iter().flat_map(|one| one.values.iter().chain(one.before.unwrap_or(&[])));
    let most = most.unwrap_or_else(|| values.copied().max().unwrap_or(0)).max(1);
    let x = |index: usize| position(index, days.len());
    let y = |value: i64| HEIGHT - value.clamp(0, most) * (HEIGHT - 16) / most;
    let path = |values: &[i64]| {
        let points = values.iter().enumerate();
        let points = points.map(|(index, value)| format!("{},{}", x(index), y(*value)));
        points.collect::<Vec<_>>().join(" ")
    };
    let ends = ends(series, &y);
    html! {
        figure.chart {
            figcaption { (caption) }
            svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 20)) role="img" tabindex="0"
                aria-label=(caption) data-from="0" data-to=(WIDTH - RIGHT) {
                line.axis x1="0" x2=(WIDTH - RIGHT) y1=(HEIGHT) y2=(HEIGHT) {}
                line.axis x1="0" x2=(WIDTH - RIGHT) y1="16" y2="16" {}
                text x="0" y="11" { (shown(most)) }
                line.cursor x1="0" x2="0" y1="12" y2=(HEIGHT) {}
                @for one in series {
                    @let hue = one.hue % 8;
                    @if let Some(before) = one.before {
                        polyline class=(format!("line before h{hue}")) points=(path(before)) {}
                    }
                    polyline class=(format!("line h{hue}")) points=(path(one.values)) {}
                }
                @for (name, at) in &ends {
                    text.strong x=(WIDTH - RIGHT + 8) y=(at + 4) { (name) }
                }
                @if let (Some(first), Some(last)) = (days.first(), days.last()) {
                    text x="0" y=(HEIGHT + 14) { (first) }
                    text x=(WIDTH - RIGHT) y=(HEIGHT + 14) text-anchor="end" { (last) }
                }
            }
            output {}
            (data(days, series, shown))
        }
    }
}

fn position(index: usize, count: usize) -> i64 {
    let index = i64::try_from(index).unwrap_or(0);
    let last = i64::try_from(count).unwrap_or(1).saturating_sub(1).max(1);
    index * (WIDTH - RIGHT) / last
}

/// Where the names of the lines stand: at their ends, moved apart where they would meet.
fn ends<'a>(series: &[Series<'a>], y: &dyn Fn(i64) -> i64) -> Vec<(&'a str, i64)> {
    let mut ends: Vec<(&str, i64)> = series
        .iter()
        .map(|one| (one.name, y(one.values.last().copied().unwrap_or_default())))
        .collect();
    ends.sort_by_key(|(_, at)| *at);
    for index in 1..ends.len() {
        ends[index].1 = ends[index].1.max(ends[index - 1].1 + 13);
    }
    let over = ends.last().map_or(0, |(_, at)| (at - HEIGHT).max(0));
    ends.iter_mut().for_each(|(_, at)| *at -= over);
    ends
}

fn data(days: &[String], series: &[Series<'_>], shown: &dyn Fn(i64) -> String) -> Markup {
    html! {
        details {
            summary { (t("chart.data")) }
            table.data {
                thead {
                    tr {
                        th scope="col" { (t("chart.day")) }
                        @for one in series { th.num scope="col" { (one.name) } }
                    }
                }
                tbody {
                    @for (index, day) in days.iter().enumerate() {
                        tr {
                            td { (day) }
                            @for one in series {
                                td.num { @if let Some(value) = one.values.get(index) {
                                    (shown(*value))
                                } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A bar with its figure, for a column of a table; `most` is the column's largest.
pub fn bar(value: i64, most: i64, hue: usize) -> Markup {
    let width = value.clamp(0, most.max(1)) * 100 / most.max(1);
    html! {
        svg width="100" height="10" viewBox="0 0 100 10" aria-hidden="true" {
            rect class=(format!("h{}", hue % 8)) x="0" y="0" width=(width.max(i64::from(value > 0)))
                height="10" {}
        }
    }
}

/// A figure and its change from the period before, in percent.
pub fn change(now: i64, before: i64) -> String {
    if before == 0 {
        return String::new();
    }
    let percent = (now - before) * 100 / before;
    format!("{}{} %", if percent > 0 { "+" } else { "" }, show::count(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lines_do_not_meet_and_stay_inside() {
        let series = |values: &'static [i64], name| Series { name, hue: 0, values, before: None };
        let all = [series(&[5, 0], "a"), series(&[5, 0], "b"), series(&[5, 10], "c")];
        let ends = ends(&all, &|value| HEIGHT - value * 12);
        assert_eq!(ends.iter().map(|(name, _)| *name).collect::<String>(), "cab");
        assert!(ends.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 13));
        assert!(ends.iter().all(|(_, at)| *at <= HEIGHT));
        assert_eq!(change(150, 100), "+50 %");
        assert_eq!(change(50, 100), "−50 %");
        assert_eq!(change(50, 0), "");
    }
}
