//! Reads that only turn a name into an object, documents and figures: who has no right gets none.

use orderly::ops::orders::place::place;
use orderly::ops::read::{catalog, orders as read, parties};
use orderly::ops::{documents, import, invoices, payments::allocate, tills};
use orderly::{Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::id::{ImportId, InvoiceId, PartyId, UserId};
use orderly_docs::Paper;
use serde_json::json;

use crate::fixture::{Shop, TestDb, order};
use crate::server::{Client, Server};

fn is_forbidden<T>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Forbidden { .. }))
}

/// Somebody who may read in one place only.
fn in_leeds(shop: &Shop) -> Call {
    let locations = vec![shop.location("leeds")];
    let grant = Grant { locations, ..Grant::everywhere(Permission::Read) };
    let (kind, id) = (ActorKind::User, UserId::from_bytes([8; 16]));
    shop.call_of(Actor { kind, id, all: false, grants: vec![grant] })
}

#[test]
fn looking_up_asks_for_the_right_to_read_there() {
    for shop in Shop::each() {
        let (app, stranger, leeds) = (&shop.app, shop.stranger(), in_leeds(&shop));
        assert!(catalog::location(app, &leeds, "leeds").is_ok());
        assert!(is_forbidden(catalog::location(app, &leeds, "york")));
        assert!(is_forbidden(catalog::location(app, &stranger, "leeds")));
        assert!(is_forbidden(catalog::channel(app, &stranger, "web")));
        assert!(is_forbidden(parties::party(app, &leeds, PartyId::NONE)));
        assert!(is_forbidden(invoices::find(app, &stranger, "INV-000001")));
        assert!(is_forbidden(allocate::invoice(app, &stranger, "INV-000001")));
        let file = ImportId::NONE.to_string();
        assert!(is_forbidden(import::rejected(app, &stranger, &file, 0, 10)));
        assert!(matches!(tills::drawer(app, &stranger, "none"), Err(Error::NotFound { .. })));
        let missing = invoices::print(app, &stranger, InvoiceId::NONE, Paper::A4);
        assert!(matches!(missing, Err(Error::NotFound { .. })));
        shop.stock("NAIL", "depot", 10, None);
        let placed = place(app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
        let shown = read::show(app, &shop.call(), &placed.number).unwrap();
        assert!(documents::pick_lists(app, &shop.call(), &shown, None, Paper::A4).is_ok());
        assert!(is_forbidden(documents::pick_lists(app, &stranger, &shown, None, Paper::A4)));
    }
}

#[test]
fn a_document_with_people_in_it_is_shown_whole_or_not_at_all() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 10, None);
    let server = Server::start(shop.app.clone());
    let placed = server.owner().post(
        "/v1/orders",
        &json!({ "channel": "web", "lines": [{ "sku": "NAIL", "quantity": "1" }],
            "customer": { "name": "Ann Field", "email": "ann@example.com" } }),
    );
    let work = placed.json["fulfillments"][0]["id"].as_str().unwrap();
    let list = format!("/v1/fulfillments/{work}/pick_list");
    assert_eq!(server.with_rights("read").get(&list).status, 200, "a pick list names nobody");
    for path in ["/v1/invoices/x/pdf", "/v1/shipments/x/label", "/v1/shipments/x/slip"] {
        let blind = server.with_rights("read").get(path);
        assert_eq!(blind.status, 403, "{path}: {}", blind.text);
        assert!(blind.text.contains("pii.read"), "{}", blind.text);
        assert_eq!(server.with_rights("read,pii.read").get(path).status, 404, "{path}");
    }
    let buyer = server.with_rights("read,pii.read").get("/v1/purchases/x/document");
    assert!(buyer.status == 403 && buyer.text.contains("cost.read"), "{}", buyer.text);
}

#[test]
fn figures_are_told_to_who_may_read_them() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    assert_eq!(Client::nobody(&server).get("/livez").status, 200);
    assert_eq!(Client::nobody(&server).get("/readyz").status, 200);
    assert_eq!(Client::nobody(&server).get("/metrics").status, 401);
    assert_eq!(server.with_rights("read").get("/metrics").status, 403);
    let told = server.with_rights("metrics.read").get("/metrics");
    assert_eq!(told.status, 200);
    assert!(told.text.contains("orderly_streams_open 0"), "{}", told.text);
}

#[test]
fn a_number_without_a_value_is_refused() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let came = server.owner().get("/v1/items?limit=");
    assert_eq!((came.status, came.code()), (422, "invalid_field"), "{}", came.text);
    assert_eq!(server.owner().get("/v1/items?after=").status, 200);
}
