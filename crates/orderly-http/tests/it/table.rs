//! What holds for the table of operations as a whole: rights, names, addresses, the document.

use std::collections::HashSet;

use orderly_core::actor::Permission;
use orderly_http::operation::{Answers, Body, Operation};
use orderly_http::{openapi, v1};

use crate::fixture::{Shop, TestDb};
use crate::server::{Came, Client, Server};

/// The document that is kept in the repository, so that what integrators meet changes knowingly.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

fn ask(client: &Client, operation: &Operation) -> Came {
    let mut path = operation.path.to_owned();
    for name in operation.parameters() {
        path = path.replace(&format!("{{{name}}}"), "nothing");
    }
    if let Answers::Stream(_) = operation.answers {
        // A stream has no end; one from nowhere has no beginning.
        path.push_str("?after=-1");
    }
    if !operation.is_command() {
        return client.send("GET", &path, &[], b"");
    }
    let media = match operation.body {
        Body::Raw(media) => media[0],
        Body::Json(_) | Body::None => "application/json",
    };
    let verb = operation.verb.name().to_uppercase();
    let headers = [("idempotency-key", "k"), ("if-match", "\"v1\""), ("content-type", media)];
    client.send(&verb, &path, &headers, b"{}")
}

#[test]
fn nobody_and_the_wrong_right_get_nothing_and_the_right_one_gets_an_answer() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let nobody = Client::nobody(&server);
    let (mut wrong, mut open) = (Vec::new(), Vec::new());
    for operation in v1::operations() {
        let none = ask(&nobody, &operation);
        if operation.open {
            open.push(operation.id);
            continue;
        }
        if none.status != 401 {
            wrong.push(format!("{} without a key: {}", operation.id, none.status));
        }
        let other = Permission::ALL.iter().filter(|right| **right != operation.needs);
        let other: Vec<&str> = other.map(|right| right.code()).collect();
        let refused = ask(&server.with_rights(&other.join(",")), &operation);
        if refused.status != 403 || !refused.text.contains(operation.needs.code()) {
            wrong.push(format!("{} with every other right: {}", operation.id, refused.text));
        }
        // An account or a customer named in the path is found by whoever may read.
        let also: Vec<&str> = operation.also.iter().map(|right| right.code()).collect();
        let rights = format!("{},read,{}", operation.needs.code(), also.join(","));
        if !also.is_empty() {
            let without = format!("{},read", operation.needs.code());
            let blind = ask(&server.with_rights(&without), &operation);
            if blind.status != 403 || !also.iter().any(|right| blind.text.contains(right)) {
                wrong.push(format!("{} without {also:?}: {}", operation.id, blind.text));
            }
        }
        let right = ask(&server.with_rights(&rights), &operation);
        if [401, 403].contains(&right.status) || right.status >= 500 {
            wrong.push(format!("{} with its right: {}", operation.id, right.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(open, ["sessions.create"], "what needs no key is named here");
}

#[test]
fn every_operation_has_a_name_and_an_address_of_its_own() {
    let operations = v1::operations();
    let ids: HashSet<&str> = operations.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), operations.len());
    let routes: HashSet<_> = operations.iter().map(|one| (one.verb.name(), one.path)).collect();
    assert_eq!(routes.len(), operations.len());
    for one in &operations {
        assert!(one.path.starts_with("/v1/"), "{}", one.path);
        assert!(!one.summary.ends_with('.'), "{}", one.summary);
        let places = one.path.matches('{').count();
        assert_eq!(one.parameters().len(), places, "{}: every brace is a name", one.path);
        let noun = one.id.split('.').next().unwrap();
        assert!(one.path.split('/').any(|part| part == noun), "{} at {}", one.id, one.path);
    }
}

#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let served = openapi::document(&v1::operations());
    let served = serde_json::to_string_pretty(&served).unwrap() + "\n";
    if std::env::var("ORDERLY_GOLDEN").is_ok_and(|what| what == "accept") {
        std::fs::write(DOCUMENT, &served).unwrap();
    }
    let kept = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    let first = kept.lines().zip(served.lines()).position(|(kept, served)| kept != served);
    assert!(
        kept == served,
        "docs/openapi.json differs from line {} on: read what changed, then renew it by \
         `ORDERLY_GOLDEN=accept cargo test -p orderly-http document`",
        first.unwrap_or_default() + 1
    );
}
