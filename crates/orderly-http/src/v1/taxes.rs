//! `/v1/taxes`: codes, rules and exemptions.

use orderly_core::actor::Permission;
use orderly_core::pricing::new::{NewExemption, NewTaxCode, NewTaxRule};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::taxes;
use orderly_ops::wire::out::taxes::{ExemptionOut, TaxCodeOut, TaxRuleOut, TaxesOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation};

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, Read};
    vec![
        get("/v1/taxes", "taxes.get", "Show tax codes, rules and exemptions", Read, all),
        create(
            "/v1/taxes/codes",
            "taxes.set_code",
            "Add a tax code, or change the name and the note of one",
            Configure,
            code,
        ),
        create(
            "/v1/taxes/rules",
            "taxes.add_rule",
            "Add a tax rule; one of the same case ends the day before",
            Configure,
            rule,
        ),
        act("/v1/taxes/rules/{rule}/end", "taxes.end_rule", "End a tax rule", Configure, end)
            .unversioned(),
        create(
            "/v1/taxes/exemptions",
            "taxes.exempt",
            "Record an account's exemption",
            Configure,
            exempt,
        ),
        act(
            "/v1/taxes/switch",
            "taxes.switch",
            "Say whether taxes are found by rule or come with each line",
            Configure,
            switch,
        )
        .unversioned(),
    ]
}

fn all(cx: &Cx, _: Nothing) -> Result<Done<TaxesOut>, Error> {
    Ok(TaxesOut::from(&taxes::all(&cx.app, &cx.call)?).into())
}

fn code(cx: &Cx, new: NewTaxCode) -> Result<Done<TaxCodeOut>, Error> {
    Ok(TaxCodeOut::from(&taxes::code(&cx.app, &cx.call, &new)?).into())
}

fn rule(cx: &Cx, new: NewTaxRule) -> Result<Done<TaxRuleOut>, Error> {
    Ok(TaxRuleOut::from(&taxes::rule(&cx.app, &cx.call, &new)?).into())
}

/// When a rule ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EndIn {
    /// Its last day.
    until: String,
}

fn end(cx: &Cx, body: EndIn) -> Result<Done<TaxRuleOut>, Error> {
    let until = Day::parse(&body.until)?;
    Ok(TaxRuleOut::from(&taxes::end(&cx.app, &cx.call, cx.id("rule")?, until)?).into())
}

fn exempt(cx: &Cx, new: NewExemption) -> Result<Done<ExemptionOut>, Error> {
    let set = taxes::exempt(&cx.app, &cx.call, &new)?;
    Ok(ExemptionOut::new(&set, new.account.trim()).into())
}

/// Where taxes come from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchIn {
    /// True: by rule, for lines that bring none. False: with each line.
    on: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SwitchOut {
    /// `tax_switch`
    object: &'static str,
    on: bool,
}

fn switch(cx: &Cx, body: SwitchIn) -> Result<Done<SwitchOut>, Error> {
    let set = taxes::switch(&cx.app, &cx.call, body.on)?;
    Ok(SwitchOut { object: "tax_switch", on: set.value == "on" }.into())
}
