//! Choosing rights: each a box, those of one kind together; where, through which channels and up
//! to which amount they hold.

use maud::{Markup, html};
use orderly_core::actor::{Grant, Permission};
use orderly_core::catalog::{Channel, Location};
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;

use crate::words::{self, t};
use crate::{Cx, Fields, parts};

/// Where rights may be bounded to.
pub struct Places {
    pub locations: Vec<Location>,
    pub channels: Vec<Channel>,
}

pub fn places(cx: &Cx) -> Result<Places, Error> {
    Ok(Places {
        locations: catalog::locations(&cx.app, &cx.call)?,
        channels: catalog::channels(&cx.app, &cx.call)?,
    })
}

/// The rights by what they are about: what stands before the dot.
fn groups() -> Vec<(&'static str, Vec<Permission>)> {
    let mut all: Vec<(&str, Vec<Permission>)> = Vec::new();
    for permission in Permission::ALL {
        let code = permission.code();
        let group = code.split_once('.').map_or("general", |(group, _)| group);
        match all.iter_mut().find(|(own, _)| *own == group) {
            Some((_, own)) => own.push(*permission),
            None => all.push((group, vec![*permission])),
        }
    }
    all
}

/// Whether all grants hold at the same places, so that one choice of places says it.
pub fn is_even(grants: &[Grant]) -> bool {
    let at = |grant: &Grant| (grant.locations.clone(), grant.channels.clone());
    let first = grants.first().map(at);
    grants.iter().all(|grant| Some(at(grant)) == first)
}

/// The grants as fields of the form.
pub fn fields(grants: &[Grant], minor: impl Fn(i64) -> String) -> Fields {
    let mut out = Fields::default();
    for grant in grants {
        out.0.push(("right".into(), grant.permission.code().into()));
        if let Some(limit) = grant.limit_minor {
            out.0.push((format!("limit.{}", grant.permission.code()), minor(limit)));
        }
    }
    if let Some(first) = grants.first() {
        out.0.extend(first.locations.iter().map(|id| ("at".to_owned(), id.to_string())));
        out.0.extend(first.channels.iter().map(|id| ("through".to_owned(), id.to_string())));
    }
    out
}

/// The grants that the form says.
///
/// # Errors
/// `invalid_field` for a limit that is no amount.
pub fn read(form: &Fields) -> Result<Vec<Grant>, Error> {
    let locations: Vec<_> = form.all("at").filter_map(|id| id.parse().ok()).collect();
    let channels: Vec<_> = form.all("through").filter_map(|id| id.parse().ok()).collect();
    let mut grants = Vec::new();
    for permission in form.all("right").filter_map(Permission::parse) {
        let limit_minor = match form.get(&format!("limit.{}", permission.code())) {
            None => None,
            Some(text) => Some(minor(text)?),
        };
        grants.push(Grant {
            permission,
            locations: locations.clone(),
            channels: channels.clone(),
            limit_minor,
        });
    }
    Ok(grants)
}

/// Limits are in hundredths of whatever currency is at hand.
fn minor(text: &str) -> Result<i64, Error> {
    let wrong = || {
        let detail = format!("`{}` is no amount", text.chars().take(20).collect::<String>());
        Error::from(Refusal::at(Code::InvalidField, "/limit", detail))
    };
    let amount = orderly_core::money::parse_decimal(text).map_err(|_| wrong())?;
    let minor = (amount * rust_decimal::Decimal::ONE_HUNDRED).normalize();
    let whole = Some(minor).filter(|one| one.is_integer() && !one.is_sign_negative());
    whole.and_then(|one| i64::try_from(one).ok()).ok_or_else(wrong)
}

/// A limit as the form shows it.
pub fn limit(minor: i64) -> String {
    rust_decimal::Decimal::new(minor, 2).to_string()
}

/// The boxes.
pub fn boxes(form: &Fields, places: &Places) -> Markup {
    let chosen: Vec<&str> = form.all("right").collect();
    let at: Vec<&str> = form.all("at").collect();
    let through: Vec<&str> = form.all("through").collect();
    let locations = places.locations.iter().map(|one| (one.id.to_string(), one.name.as_str()));
    let channels = places.channels.iter().map(|one| (one.id.to_string(), one.name.as_str()));
    html! {
        div.rights {
            @for (group, rights) in groups() {
                fieldset {
                    legend { (words::of("right_group", group)) }
                    @for right in rights {
                        (one(right, chosen.contains(&right.code()), form))
                    }
                }
            }
        }
        (bound("at", t("settings.only_at"), &locations.collect::<Vec<_>>(), &at))
        (bound("through", t("settings.only_through"), &channels.collect::<Vec<_>>(), &through))
    }
}

fn one(right: Permission, is_on: bool, form: &Fields) -> Markup {
    let name = format!("limit.{}", right.code());
    html! {
        div.right {
            label.check {
                input type="checkbox" name="right" value=(right.code()) checked[is_on];
                (words::of("right", right.code()))
            }
            @if right.has_amount() {
                input.num name=(name) value=(form.text(&name)) inputmode="decimal"
                    placeholder=(t("settings.up_to")) autocomplete="off"
                    aria-label=(words::with("settings.limit_of", &[
                        ("right", &words::of("right", right.code())),
                    ]));
            }
        }
    }
}

fn bound(name: &str, label: &str, all: &[(String, &str)], chosen: &[&str]) -> Markup {
    html! {
        fieldset {
            legend { (label) }
            div.choices {
                @for (id, text) in all {
                    label.check {
                        input type="checkbox" name=(name) value=(id)
                            checked[chosen.contains(&id.as_str())];
                        (text)
                    }
                }
            }
        }
    }
}

/// The rights as a list to read.
pub fn listed(grants: &[Grant], places: &Places) -> Markup {
    let named = |grant: &Grant| {
        let at = places.locations.iter().filter(|one| grant.locations.contains(&one.id));
        let through = places.channels.iter().filter(|one| grant.channels.contains(&one.id));
        let all = at.map(|one| one.name.as_str()).chain(through.map(|one| one.name.as_str()));
        all.collect::<Vec<_>>().join(", ")
    };
    html! {
        div.rights {
            @for (group, rights) in groups() {
                @let own: Vec<&Grant> =
                    grants.iter().filter(|one| rights.contains(&one.permission)).collect();
                @if !own.is_empty() {
                    div {
                        h3 { (words::of("right_group", group)) }
                        ul { @for grant in own { li {
                            (words::of("right", grant.permission.code()))
                            @if let Some(most) = grant.limit_minor {
                                " " span.muted.small { (words::with("settings.at_most", &[
                                    ("most", &limit(most)),
                                ])) }
                            }
                            @let at = named(grant);
                            @if !at.is_empty() { " " span.muted.small { (at) } }
                        } } }
                    }
                }
            }
        }
    }
}

/// How many rights there are, as a fact.
pub fn counted(grants: &[Grant]) -> String {
    let count = i64::try_from(grants.len()).unwrap_or(0);
    words::counted("settings.right.one", "settings.right.many", count)
}

/// The rights, and a way to choose them, as a section.
pub fn section(body: &Markup) -> Markup {
    parts::section(t("settings.rights"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_says_is_what_it_was_made_of() {
        let mut grants = vec![Grant::everywhere(Permission::Refund)];
        grants[0].limit_minor = Some(12_050);
        grants.push(Grant::everywhere(Permission::Read));
        let form = fields(&grants, limit);
        assert_eq!(read(&form).unwrap(), grants);
        assert!(is_even(&grants));
        grants[0].locations.push(orderly_core::id::LocationId::from_bytes([1; 16]));
        assert!(!is_even(&grants));
        for bad in ["-1", "x", "0.001"] {
            let form = Fields(vec![
                ("right".into(), Permission::Refund.code().into()),
                (format!("limit.{}", Permission::Refund.code()), bad.into()),
            ]);
            assert!(read(&form).is_err(), "{bad}");
        }
    }
}
