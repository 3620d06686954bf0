//! What a batch has met already: the same order twice in one batch is one order.

use std::collections::HashMap;

use orderly_core::id::ChannelId;
use orderly_core::refusal::{Code, Refusal};

use crate::Call;

/// The keys and external ids a batch has met.
#[derive(Default)]
pub struct Seen<'a> {
    keys: HashMap<(&'a str, &'a str), (usize, [u8; 16])>,
    external: HashMap<(ChannelId, &'a str), (usize, [u8; 16])>,
}

impl<'a> Seen<'a> {
    /// The index of the same order earlier in the batch.
    pub fn earlier(
        &self,
        call: &Call,
        channel: ChannelId,
        external: Option<&str>,
        hash: [u8; 16],
    ) -> Result<Option<usize>, Refusal> {
        if let Some(key) = &call.key
            && let Some((index, request)) = self.keys.get(&(call.source.as_str(), key.as_str()))
        {
            if *request != call.request_hash {
                let detail = format!("the key `{key}` came with another request");
                return Err(Refusal::new(Code::IdempotencyMismatch, detail));
            }
            return Ok(Some(*index));
        }
        let Some(external) = external else { return Ok(None) };
        match self.external.get(&(channel, external)) {
            None => Ok(None),
            Some((index, content)) if *content == hash => Ok(Some(*index)),
            Some(_) => {
                let detail = format!("the channel sent two different orders as {external}");
                Err(Refusal::at(Code::ExternalOrderChanged, "/external_id", detail))
            }
        }
    }

    pub fn add(
        &mut self,
        index: usize,
        call: &'a Call,
        channel: ChannelId,
        external: Option<&'a str>,
        hash: [u8; 16],
    ) {
        if let Some(key) = &call.key {
            self.keys.insert((&call.source, key), (index, call.request_hash));
        }
        if let Some(external) = external {
            self.external.insert((channel, external), (index, hash));
        }
    }
}
