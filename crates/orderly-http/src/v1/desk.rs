//! `/v1/exceptions`, what waits for a person, and `/v1/settings`.

use std::collections::BTreeMap;

use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::messages::outbox::SEALED;
use orderly_ops::ops::read::catalog as read;
use orderly_ops::ops::settings;
use orderly_ops::wire::out::catalog::ExceptionOut;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let read = Permission::Read;
    vec![
        get(
            "/v1/exceptions",
            "exceptions.list",
            "List what waits for a person, the oldest first",
            read,
            exceptions,
        ),
        act("/v1/settings/{setting}", "settings.set", "Set a setting", Permission::Configure, set)
            .unversioned(),
        get("/v1/settings", "settings.list", "List the merchant's settings", read, all_settings),
    ]
}

/// How many.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Most {
    /// At most 1,000; 100 where absent.
    limit: Option<i64>,
}

fn exceptions(cx: &Cx, most: Most) -> Result<Done<Page<ExceptionOut>>, Error> {
    let limit = most.limit.unwrap_or(100).clamp(1, 1_000);
    let found = read::exceptions(&cx.app, &cx.call, limit)?;
    Ok(Done::of(Page::new(found.iter().map(ExceptionOut::from).collect(), None)))
}

/// Settings by name.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingsOut {
    /// `settings`
    object: &'static str,
    values: BTreeMap<String, String>,
}

fn all_settings(cx: &Cx, _: Nothing) -> Result<Done<SettingsOut>, Error> {
    let all = settings::all(&cx.app, &cx.call)?;
    let values = all.into_iter().map(|(key, value)| (key, shown(value)));
    Ok(Done::of(SettingsOut { object: "settings", values: values.collect() }))
}

/// A value as it may be seen: not where it is sealed.
fn shown(value: String) -> String {
    if value.starts_with(SEALED) { "•••".into() } else { value }
}

/// A setting's value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValueIn {
    value: String,
}

/// A setting.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingOut {
    /// `setting`
    object: &'static str,
    key: String,
    value: String,
}

fn set(cx: &Cx, body: ValueIn) -> Result<Done<SettingOut>, Error> {
    let set = settings::set(&cx.app, &cx.call, cx.text("setting"), &body.value)?;
    Ok(Done::of(SettingOut { object: "setting", key: set.key, value: shown(set.value) }))
}
