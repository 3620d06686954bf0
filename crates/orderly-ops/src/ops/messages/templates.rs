//! Templates: per code, channel and language, checked before they are saved.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::{ChannelId, TemplateId};
use orderly_core::message::Template;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{channels, messages as rows};

use super::blanks::{self, Blanks};
use crate::ops::catalog::{found_again, ids};
use crate::ops::command::{Object, Reference, command};
use crate::wire::messages::TemplateIn;
use crate::{App, Call, Error};

found_again! {
    Template, TemplateId, "template", |template| template.version, rows::template;
}

/// Adds a template, or changes the one of its code, channel and language.
///
/// # Errors
/// `unknown_variable`, `invalid_template`, `unknown_channel`, `invalid_field`.
pub fn put(app: &App, call: &Call, new: &TemplateIn) -> Result<Template, Error> {
    command(app, call, "template.put", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let code = code(&new.code).map_err(|refusal| refusal.under("/code"))?;
        let language = language(new.language.as_deref().unwrap_or("en"))?;
        let channel = new.channel.as_deref().map(|one| channel(tx, one)).transpose()?;
        for (pointer, words) in [("/subject", &new.subject), ("/body", &new.body)] {
            blanks::check(words).map_err(|refusal| refusal.under(pointer))?;
        }
        let known = rows::templates(tx)?
            .into_iter()
            .find(|one| (&one.code, one.channel, &one.language) == (&code, channel, &language));
        let template = Template {
            id: known.as_ref().map_or_else(|| ids(call).draw(), |one| one.id),
            name: text::short(new.name.as_deref().unwrap_or(&code))?,
            subject: text::short(&new.subject).map_err(|refusal| refusal.under("/subject"))?,
            body: text::long(&new.body).map_err(|refusal| refusal.under("/body"))?,
            active: new.active.unwrap_or(true),
            version: known.map_or(1, |one| one.version + 1),
            updated_at: call.now,
            code,
            channel,
            language,
        };
        rows::put_template(tx, &template)?;
        Ok(template)
    })
}

fn language(text: &str) -> Result<String, Refusal> {
    let formed = text.len() == 2 && text.chars().all(|c| c.is_ascii_lowercase());
    ensure(formed, || {
        Refusal::at(Code::InvalidField, "/language", "a language is two letters, such as en")
    })?;
    Ok(text.to_owned())
}

fn channel(tx: &mut Tx<'_>, code: &str) -> Result<ChannelId, Error> {
    let found = channels::by_code(tx, code)?.ok_or_else(|| {
        let detail = format!("there is no channel `{code}`");
        Refusal::at(Code::UnknownChannel, "/channel", detail)
    })?;
    Ok(found.id)
}

/// Returns every template, by code.
pub fn list(app: &App, call: &Call) -> Result<Vec<Template>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(rows::templates)?)
}

/// Fills the template of a code: the channel's own before everybody's, the language before English.
///
/// # Errors
/// `unknown_template`; those of [`blanks::fill`].
pub(super) fn filled(
    tx: &mut Tx<'_>,
    code: &str,
    channel: Option<ChannelId>,
    language: &str,
    blanks: &Blanks,
) -> Result<(String, String), Error> {
    let fits = |one: &Template| {
        one.active
            && one.code == code
            && (one.channel.is_none() || one.channel == channel)
            && (one.language == language || one.language == "en")
    };
    let all = rows::templates(tx)?.into_iter().filter(fits);
    let best = all.max_by_key(|one| (one.channel.is_some(), one.language == language));
    let template = best.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no template `{shown}`");
        Refusal::at(Code::UnknownTemplate, "/template", detail)
    })?;
    let subject = blanks::fill(&template.subject, blanks)?;
    let one_line = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = one_line.chars().take(200).collect();
    Ok((short, blanks::fill(&template.body, blanks)?))
}
