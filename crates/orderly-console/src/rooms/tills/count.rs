//! Counting a drawer blind: pieces of each coin and note, and whatever else by its value.

use maud::{Markup, html};
use orderly_core::money::Currency;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::till::Drawer;
use orderly_ops::Error;

use super::at;
use crate::parts::form;
use crate::words::{self, t};
use crate::{Cx, Fields, show};

/// Notes and coins that are in use, in minor units; the great ones first.
fn denominations(currency: Currency) -> Vec<i64> {
    let all: &[i64] = match currency.code() {
        "EUR" => &[20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        "GBP" => &[5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        "CHF" => &[100_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5],
        "USD" => &[10_000, 5_000, 2_000, 1_000, 500, 100, 50, 25, 10, 5, 1],
        _ if currency.exponent() == 0 => &[10_000, 5_000, 1_000, 500, 100, 50, 10, 5, 1],
        _ => &[50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
    };
    all.to_vec()
}

/// The form of the count.
pub fn form(cx: &Cx, drawer: &Drawer, version: &str) -> Markup {
    html! {
        form.form.gap method="post" action=(format!("{}/count", at(drawer))) data-enter="next" {
            (form::key(cx))
            (form::hidden("version", version))
            p.small.muted { (t("tills.blind")) }
            div.pieces {
                @for minor in denominations(drawer.currency) {
                    @let value = show::figure(minor, drawer.currency).replace(',', "");
                    @let name = format!("pieces.{value}");
                    label for=(format!("f-{minor}")) { (show::figure(minor, drawer.currency)) }
                    span aria-hidden="true" { "×" }
                    input.num id=(format!("f-{minor}")) name=(name) value=(cx.form.text(&name))
                        inputmode="numeric" autocomplete="off"
                        aria-label=(words::with("tills.pieces", &[("value", &value)]));
                }
            }
            (form::send(t("tills.count_it"), None))
        }
    }
}

/// What was counted.
///
/// # Errors
/// `invalid_field` for what is no whole number.
pub fn read(fields: &Fields) -> Result<Vec<(String, i64)>, Error> {
    let one = |(value, text): (&str, &str)| {
        let wrong = || {
            let detail = format!("how many of {value} are there? a whole number");
            Error::from(Refusal::at(Code::InvalidField, format!("/pieces.{value}"), detail))
        };
        let count: i64 = text.parse().map_err(|_| wrong())?;
        if count < 0 { Err(wrong()) } else { Ok((value.to_owned(), count)) }
    };
    fields.under("pieces.").map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_numbers_of_values() {
        let form = Fields::parse(b"pieces.5.00=3&pieces.0.10=&pieces.2.00=1");
        let read_so = [("5.00".to_owned(), 3), ("2.00".to_owned(), 1)];
        assert_eq!(read(&form).unwrap(), read_so);
        for bad in ["-1", "1.5", "many"] {
            let form = Fields::parse(format!("pieces.5.00={bad}").as_bytes());
            assert!(read(&form).is_err(), "{bad}");
        }
    }
}
