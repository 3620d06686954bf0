//! The steps of a return: approved or refused, received, inspected, closed.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::{Fate, Return, ReturnLine, ReturnState};
use orderly_ops::ops::read::{self, catalog};
use orderly_ops::ops::returns::{self, ArrivalIn, VerdictIn};
use orderly_ops::{App, Call, Error};

use super::{at, page};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, field, select};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault};

/// A step of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Approve,
    Receive,
    Inspect,
    Close,
    Refuse,
    Cancel,
    Reopen,
}

impl Step {
    pub const ALL: [Self; 7] = [
        Self::Approve,
        Self::Receive,
        Self::Inspect,
        Self::Close,
        Self::Refuse,
        Self::Cancel,
        Self::Reopen,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Receive => "receive",
            Self::Inspect => "inspect",
            Self::Close => "close",
            Self::Refuse => "refuse",
            Self::Cancel => "cancel",
            Self::Reopen => "reopen",
        }
    }

    pub const fn needs(self) -> Permission {
        match self {
            Self::Approve | Self::Refuse => Permission::ApproveReturn,
            Self::Receive => Permission::ReceiveReturn,
            Self::Inspect | Self::Close => Permission::InspectReturn,
            Self::Cancel | Self::Reopen => Permission::Return,
        }
    }

    /// Whether the return is such that the step may do something: the operation decides.
    pub fn is_open(self, found: &Return) -> bool {
        let came = found.lines.iter().any(|line| !line.received.is_zero());
        let waits = found.lines.iter().any(|line| !line.fates.awaiting_inspection.is_zero());
        match (self, found.head.state) {
            (Self::Approve | Self::Refuse, ReturnState::Requested) => true,
            (Self::Receive, ReturnState::Approved | ReturnState::Received) => {
                found.lines.iter().any(|line| !line.outstanding().is_zero())
            }
            (Self::Inspect, ReturnState::Received) => waits,
            (Self::Close, ReturnState::Received) => !waits,
            (Self::Cancel, ReturnState::Requested | ReturnState::Approved) => !came,
            (Self::Reopen, ReturnState::Closed) => true,
            _ => false,
        }
    }
}

/// The address of a step of a return.
pub fn address_of(number: &str, step: Step, fields: &[(&str, &str)]) -> String {
    address(&format!("{}/do/{}", at(number), step.code()), fields)
}

fn asked(cx: &Cx) -> Result<(Step, Return), Error> {
    let step = Step::ALL.into_iter().find(|step| step.code() == cx.name("step"));
    let step = step.ok_or_else(|| Error::not_found("such step"))?;
    if !cx.may(step.needs()) {
        return Err(Error::Forbidden { permission: step.needs() });
    }
    Ok((step, read::returns::one(&cx.app, &cx.call, cx.name("return"))?))
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let (step, found) = asked(cx)?;
    shown(cx, step, &found, &cx.query, None)
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let (step, found) = asked(cx)?;
    let done = cx.command().and_then(|call| run(&cx.app, &call, step, &found, &cx.form));
    match done {
        Ok(after) => Ok(Answer::Goto(page::done(&after.number, step.code()))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            shown(cx, step, &found, &cx.form, Some(&error))
        }
        Err(error) => Err(error),
    }
}

fn run(
    app: &App,
    call: &Call,
    step: Step,
    found: &Return,
    fields: &Fields,
) -> Result<Return, Error> {
    match step {
        Step::Approve => returns::approve(app, call, found.id),
        Step::Refuse => returns::refuse(app, call, found.id, fields.text("reason")),
        Step::Cancel => returns::cancel(app, call, found.id),
        Step::Close => returns::close(app, call, found.id),
        Step::Reopen => returns::reopen(app, call, found.id),
        Step::Receive => {
            let code = fields.text("location");
            let place =
                catalog::location(app, call, code).map_err(|error| under(error, "/location"))?;
            returns::receive(app, call, found.id, place, &arrivals(found, fields)?)
        }
        Step::Inspect => returns::inspect(app, call, found.id, &verdict(found, fields)?),
    }
}

fn under(error: Error, pointer: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(refusal.under(pointer)),
        other => other,
    }
}

fn wrong(field: &str, detail: &str) -> Error {
    Refusal::at(Code::InvalidField, format!("/{field}"), detail).into()
}

fn units(field: &str, text: &str) -> Result<i64, Error> {
    let units = text.parse().ok().filter(|units| *units >= 0);
    units.ok_or_else(|| wrong(field, "a number of units such as 2"))
}

fn arrivals(found: &Return, fields: &Fields) -> Result<Vec<ArrivalIn>, Error> {
    let to = fields.get("to").and_then(Fate::parse);
    let mut all = Vec::new();
    for line in &found.lines {
        let name = format!("line.{}", line.position);
        let qty = match fields.get(&name) {
            Some(text) => units(&name, text)?,
            None => 0,
        };
        if qty > 0 {
            all.push(ArrivalIn { line: line.id, qty, lot: None, to, bin: None });
        }
    }
    Ok(all)
}

/// The line that is inspected: the one named, or the first that waits.
fn inspected<'a>(found: &'a Return, fields: &Fields) -> Result<&'a ReturnLine, Error> {
    let named = fields.get("line");
    let own = |line: &&ReturnLine| match named {
        Some(position) => line.position.to_string() == position,
        None => !line.fates.awaiting_inspection.is_zero(),
    };
    found.lines.iter().find(own).ok_or_else(|| wrong("line", "the return has no such line"))
}

fn verdict(found: &Return, fields: &Fields) -> Result<VerdictIn, Error> {
    let line = inspected(found, fields)?;
    let to = fields.get("to").and_then(Fate::parse).unwrap_or(Fate::Restocked);
    let qty = match fields.get("qty") {
        Some(text) => units("qty", text)?,
        None => line.fates.awaiting_inspection.get(),
    };
    Ok(VerdictIn {
        line: line.id,
        from: None,
        to,
        qty,
        lot: None,
        from_bin: None,
        to_bin: None,
        refurbished: None,
        note: fields.owned("note"),
    })
}

/// The fields with what is taken where nothing was said.
fn filled(cx: &Cx, step: Step, found: &Return, fields: &Fields) -> Result<Fields, Error> {
    let mut out = fields.clone();
    let mut add = |name: &str, value: String| out.0.push((name.to_owned(), value));
    match step {
        Step::Receive => {
            if fields.get("location").is_none() {
                let all = catalog::locations(&cx.app, &cx.call)?;
                let own = all.iter().find(|one| Some(one.id) == found.head.location);
                let first = own.or(all.first()).map_or("", |one| one.code.as_str());
                add("location", first.to_owned());
            }
            if fields.under("line.").next().is_none() {
                for line in &found.lines {
                    add(&format!("line.{}", line.position), line.outstanding().to_string());
                }
            }
        }
        Step::Inspect => {
            let line = inspected(found, fields)?;
            if fields.get("line").is_none() {
                add("line", line.position.to_string());
            }
            if fields.get("qty").is_none() {
                add("qty", line.fates.awaiting_inspection.to_string());
            }
            if fields.get("to").is_none() {
                add("to", Fate::Restocked.code().to_owned());
            }
        }
        _ => {}
    }
    Ok(out)
}

fn shown(
    cx: &Cx,
    step: Step,
    found: &Return,
    fields: &Fields,
    error: Option<&Error>,
) -> Result<Answer, Error> {
    let title = words::of("step_return", step.code());
    let fields = filled(cx, step, found, fields)?;
    let mut call = cx.call.clone();
    call.reason = fields.owned("reason");
    let tried = run(&cx.app.rehearsal(), &call, step, found, &fields);
    let refused = tried.as_ref().err().or(error);
    let name = words::with("returns.title", &[("number", &found.number)]);
    let body = html! {
        (parts::crumbs(&[("/console/returns", t("room.returns")), (&at(&found.number), &name)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        (inputs(cx, step, found, &fields, refused)?)
        @match &tried {
            Ok(after) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &between(found, after),
                action: &address_of(&found.number, step, &[]),
                fields: &fields,
                version: Some(found.version),
                confirm: &title,
                is_grave: matches!(step, Step::Refuse | Step::Cancel),
                back: &at(&found.number),
            })),
            Err(refusal) => {
                @if error.is_none() { div #sheet { (fault::notice(refusal)) } }
                p { a.button href=(at(&found.number)) { (t("form.back")) } }
            }
        }
    };
    let status = error.map_or(200, fault::status);
    Ok(Page::new(format!("{title} · {}", found.number), body).with_status(status).into())
}

fn inputs(
    cx: &Cx,
    step: Step,
    found: &Return,
    fields: &Fields,
    error: Option<&Error>,
) -> Result<Markup, Error> {
    let own = match step {
        Step::Receive => received(cx, found, fields, error)?,
        Step::Inspect => html! {
            (form::hidden("line", fields.text("line")))
            p { strong { (inspected(found, fields)?.description) } }
            (number("qty", t("order.quantity"), fields, error, ""))
            (select("to", t("returns.becomes"), fields.text("to"), &fates(&[
                Fate::Restocked, Fate::Quarantined, Fate::Repaired, Fate::Refurbished,
                Fate::Scrapped, Fate::ToVendor, Fate::SentBack,
            ])))
            (field(&Field {
                name: "note", label: t("returns.note"), value: fields.text("note"),
                ..Field::default()
            }))
        },
        Step::Refuse => field(&Field {
            name: "reason",
            label: t("field.reason"),
            value: fields.text("reason"),
            error: wrong_at(error, "reason"),
            ..Field::default()
        }),
        Step::Approve | Step::Close | Step::Cancel | Step::Reopen => return Ok(html! {}),
    };
    Ok(html! {
        form.form action=(address_of(&found.number, step, &[])) data-preview {
            (own)
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
    })
}

fn fates(all: &[Fate]) -> Vec<(String, String)> {
    all.iter().map(|fate| (fate.code().to_owned(), words::of("fate", fate.code()))).collect()
}

fn number(name: &str, label: &str, fields: &Fields, error: Option<&Error>, hint: &str) -> Markup {
    field(&Field {
        name,
        label,
        value: fields.text(name),
        error: wrong_at(error, name),
        hint,
        is_short: true,
        mode: "numeric",
        ..Field::default()
    })
}

fn received(
    cx: &Cx,
    found: &Return,
    fields: &Fields,
    error: Option<&Error>,
) -> Result<Markup, Error> {
    let places = catalog::locations(&cx.app, &cx.call)?;
    let places: Vec<(String, String)> =
        places.into_iter().map(|one| (one.code, one.name)).collect();
    let to = fates(&[Fate::AwaitingInspection, Fate::Restocked, Fate::Quarantined]);
    Ok(html! {
        (select("location", t("home.location"), fields.text("location"), &places))
        @for line in &found.lines {
            @let most = words::with("returns.expected", &[("n", &line.outstanding())]);
            (number(&format!("line.{}", line.position), &line.description, fields, error, &most))
        }
        (select("to", t("returns.becomes"), fields.text("to"), &to))
    })
}

/// What changes from one value of a return to another.
pub fn between(before: &Return, after: &Return) -> Vec<Effect> {
    let mut effects = Vec::new();
    if before.head.state != after.head.state {
        let word = words::of("return", after.head.state.code());
        effects.push(Effect::new('·', words::with("returns.is", &[("state", &word)]), ""));
    }
    for line in &after.lines {
        let Some(old) = before.lines.iter().find(|old| old.id == line.id) else { continue };
        for fate in Fate::ALL {
            let delta = line.fates.of(*fate).get() - old.fates.of(*fate).get();
            if delta != 0 {
                let text = format!("{}: {}", line.description, words::of("fate", fate.code()));
                let sign = if delta > 0 { '+' } else { '−' };
                effects.push(Effect::new(sign, text, delta.abs().to_string()));
            }
        }
    }
    effects
}
