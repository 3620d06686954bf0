//! Webhooks, dispatches and messages on both engines.

use orderly_core::actor::ActorKind;
use orderly_core::id::*;
use orderly_core::message::{
    AboutKind, Attachment, Direction, Message, MessageKind, MessageState, Template,
};
use orderly_core::time::Instant;
use orderly_core::webhook::{Attempted, Dispatch, DispatchState, Webhook, WebhookState};
use orderly_store::tables::{dispatches, messages, webhooks};
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::at;

fn webhook(number: u8) -> Webhook {
    Webhook {
        id: WebhookId::from_bytes([number; 16]),
        url: "https://example.com/hook".into(),
        description: "the shop".into(),
        types: vec!["order.*".into()],
        channels: vec![ChannelId::from_bytes([5; 16])],
        locations: vec![LocationId::from_bytes([6; 16])],
        thin: true,
        lanes: 2,
        state: WebhookState::Active,
        disabled_reason: None,
        secret: vec![1, 2, 3],
        previous_secret: None,
        previous_until: None,
        from_position: 4,
        proven_at: None,
        failures: 0,
        paused_until: None,
        version: 1,
        created_at: at(i64::from(number)),
        updated_at: at(1),
    }
}

fn dispatch(number: u8, stream: u8, sequence: i64) -> Dispatch {
    Dispatch {
        id: DispatchId::from_bytes([number; 16]),
        webhook: webhook(1).id,
        position: Some(i64::from(number)),
        event: EventId::from_bytes([number; 16]),
        stream: [stream; 16],
        sequence,
        kind: "order.placed".into(),
        state: DispatchState::Waiting,
        attempts: 0,
        next_at: at(10),
        fence: 0,
        last_status: None,
        last_error: None,
        last_response: None,
        last_at: None,
        created_at: at(10),
        ended_at: None,
    }
}

const ARRIVED: Attempted = Attempted { status: Some(204), error: None, response: None };

fn failed(status: i64) -> Attempted {
    Attempted { status: Some(status), error: Some("no".into()), response: Some("body".into()) }
}

#[test]
fn a_webhook_is_saved_with_its_filters_and_deleted_ones_are_not_listed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let changed = store.write(|tx| {
            let one = webhook(1);
            webhooks::insert(tx, &one)?;
            webhooks::insert(tx, &webhook(2))?;
            assert_eq!(webhooks::get(tx, one.id)?, Some(one.clone()));
            let after = Webhook {
                url: "https://example.org/".into(),
                state: WebhookState::Inactive,
                previous_secret: Some(vec![9]),
                previous_until: Some(at(99)),
                version: 2,
                ..one.clone()
            };
            assert!(webhooks::save(tx, &one, &after)?);
            assert!(!webhooks::save(tx, &one, &after)?, "it is at another version");
            assert_eq!(webhooks::get(tx, one.id)?, Some(after.clone()));
            assert_eq!(webhooks::active(tx)?, vec![webhook(2)]);
            webhooks::proven(tx, one.id, at(7))?;
            webhooks::proven(tx, one.id, at(8))?;
            webhooks::went(tx, webhook(2).id, 3, Some(at(50)), None)?;
            let all = webhooks::all(tx)?;
            assert_eq!(all[0].proven_at, Some(at(7)));
            assert_eq!((all[1].failures, all[1].paused_until), (3, Some(at(50))));
            webhooks::went(tx, webhook(2).id, 4, None, Some("gone"))?;
            let gone = webhooks::get(tx, webhook(2).id)?.unwrap();
            assert_eq!(gone.state, WebhookState::Inactive);
            assert_eq!(gone.disabled_reason.as_deref(), Some("gone"));
            let deleted = Webhook { state: WebhookState::Deleted, version: 2, ..gone.clone() };
            assert!(webhooks::save(tx, &gone, &deleted)?);
            assert_eq!(webhooks::all(tx)?.len(), 1);
            assert_eq!(webhooks::channels_of(tx, &[crate::returns::ORDER])?, Vec::new());
            assert_eq!(webhooks::locations_of(tx, &[crate::returns::ORDER])?, Vec::new());
            Ok::<_, StoreError>(())
        });
        changed.unwrap();
    }
}

#[test]
fn a_dispatch_is_claimed_in_order_per_stream_and_ends_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let hook = webhook(1).id;
        let ran = store.write(|tx| {
            webhooks::insert(tx, &webhook(1))?;
            let all = [dispatch(1, 1, 1), dispatch(2, 1, 2), dispatch(3, 2, 1)];
            assert_eq!(dispatches::insert(tx, &all)?, 3);
            assert_eq!(dispatches::insert(tx, &all[..1])?, 0, "one of a position is enough");
            assert_eq!(dispatches::due(tx, at(9))?, Vec::new());
            assert_eq!(dispatches::due(tx, at(10))?, vec![hook]);
            assert_eq!(dispatches::next_due(tx, at(5))?, Some(at(10)));
            let mut claim = |now: Instant, width| {
                dispatches::claim(tx, hook, "me", now, now.plus_micros(60_000_000), width)
            };
            let first = claim(at(10), 2)?.unwrap();
            assert_eq!((first.id, first.attempts, first.fence), (all[0].id, 1, 1));
            assert_eq!(claim(at(10), 1)?, None, "one is on its way");
            let other = claim(at(10), 9)?.unwrap();
            assert_eq!(other.id, all[2].id, "the second of the stream waits for the first");
            assert_eq!(claim(at(10), 9)?, None);
            assert_eq!(dispatches::on_their_way(tx, at(11))?, 2);
            assert!(dispatches::finish(tx, &first, &failed(500), Some(at(40)), at(12))?);
            assert!(dispatches::finish(tx, &other, &ARRIVED, None, at(12))?);
            let second = dispatches::get(tx, all[1].id)?.unwrap();
            assert_eq!(second.next_at, at(40), "it waits with the one before");
            // The lease ran out: another claims it, and what the first says late is not believed.
            let again = dispatches::claim(tx, hook, "me", at(40), at(41), 9)?.unwrap();
            let newer = dispatches::claim(tx, hook, "you", at(42), at(100), 9)?.unwrap();
            assert_eq!((again.fence, newer.fence, newer.attempts), (2, 3, 3));
            assert!(!dispatches::finish(tx, &again, &ARRIVED, None, at(43))?);
            assert!(dispatches::finish(tx, &newer, &ARRIVED, None, at(43))?);
            let next = dispatches::claim(tx, hook, "me", at(43), at(99), 9)?.unwrap();
            assert_eq!(next.id, all[1].id);
            Ok::<_, StoreError>(())
        });
        ran.unwrap();
    }
}

#[test]
fn a_dead_dispatch_stops_its_stream_until_it_is_sent_again_or_skipped() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let hook = webhook(1).id;
        let ran = store.write(|tx| {
            webhooks::insert(tx, &webhook(1))?;
            let all = [dispatch(1, 1, 1), dispatch(2, 1, 2), dispatch(3, 2, 1)];
            dispatches::insert(tx, &all)?;
            let first = dispatches::claim(tx, hook, "me", at(10), at(70), 9)?.unwrap();
            assert!(!dispatches::skip(tx, &first, at(11))?, "it is on its way");
            assert!(dispatches::finish(tx, &first, &failed(400), None, at(11))?);
            let dead = dispatches::get(tx, first.id)?.unwrap();
            assert_eq!((dead.state, dead.ended_at), (DispatchState::Dead, Some(at(11))));
            assert_eq!(dead.last_response.as_deref(), Some("body"));
            let next = dispatches::claim(tx, hook, "me", at(12), at(70), 9)?.unwrap();
            assert_eq!(next.id, all[2].id, "another stream goes on");
            assert_eq!(dispatches::claim(tx, hook, "me", at(12), at(70), 9)?, None);
            assert!(dispatches::replay(tx, &dead, at(13))?);
            assert!(!dispatches::replay(tx, &dead, at(13))?);
            let again = dispatches::claim(tx, hook, "me", at(13), at(70), 9)?.unwrap();
            assert_eq!((again.id, again.attempts), (first.id, 1));
            assert!(dispatches::finish(tx, &again, &failed(400), None, at(14))?);
            assert!(dispatches::skip(tx, &again, at(15))?);
            assert!(!dispatches::skip(tx, &again, at(15))?);
            let after = dispatches::claim(tx, hook, "me", at(15), at(70), 9)?.unwrap();
            assert_eq!(after.id, all[1].id);
            assert_eq!(
                dispatches::counts(tx, hook)?,
                vec![(DispatchState::Skipped, 1), (DispatchState::Waiting, 2)]
            );
            let wanted =
                dispatches::Wanted { state: Some(DispatchState::Skipped), ..Default::default() };
            assert_eq!(dispatches::list(tx, &wanted, 10)?.len(), 1);
            assert_eq!(dispatches::replay_after(tx, hook, 0, false, at(16))?, 1);
            assert!(dispatches::finish(tx, &after, &ARRIVED, None, at(16))?);
            assert_eq!(dispatches::replay_after(tx, hook, 1, true, at(16))?, 1);
            assert_eq!(dispatches::skip_all(tx, hook, at(17))?, 3);
            Ok::<_, StoreError>(())
        });
        ran.unwrap();
    }
}

fn message(number: u8) -> Message {
    Message {
        id: MessageId::from_bytes([number; 16]),
        about_kind: AboutKind::Order,
        about: [7; 16],
        kind: MessageKind::Email,
        direction: Direction::Out,
        recipient: Some("ann@example.com".into()),
        subject: "Your order".into(),
        body: "is on its way".into(),
        template: None,
        attachments: vec![Attachment { kind: "slip".into(), of: "10001".into() }],
        state: MessageState::Queued,
        attempts: 0,
        next_at: Some(at(10)),
        last_error: None,
        actor_kind: ActorKind::Owner,
        actor: UserId::NONE,
        happened_at: at(10),
        created_at: at(10),
        sent_at: None,
        version: 1,
    }
}

#[test]
fn a_mail_is_claimed_by_one_sender_and_sent_once() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let ran = store.write(|tx| {
            let one = message(1);
            messages::insert(tx, &[one.clone(), message(2)])?;
            assert_eq!(messages::get(tx, one.id)?, Some(one.clone()));
            assert_eq!(messages::next_due(tx)?, Some(at(10)));
            assert_eq!(messages::claim(tx, "me", at(9), at(69))?, None);
            let mine = messages::claim(tx, "me", at(10), at(70))?.unwrap();
            assert_eq!((mine.id, mine.attempts), (one.id, 1));
            let canceled = Message { state: MessageState::Canceled, version: 2, ..one.clone() };
            assert!(!messages::save(tx, &one, &canceled, at(11))?, "it is being sent");
            assert_eq!(messages::claim(tx, "you", at(10), at(70))?.unwrap().id, message(2).id);
            assert!(!messages::finish(tx, &mine, "you", None, None, at(11))?);
            assert!(messages::finish(tx, &mine, "me", Some("busy"), Some(at(20)), at(11))?);
            let again = messages::claim(tx, "me", at(20), at(80))?.unwrap();
            assert_eq!((again.attempts, again.last_error.as_deref()), (2, Some("busy")));
            assert!(messages::finish(tx, &again, "me", None, None, at(21))?);
            assert!(!messages::finish(tx, &again, "me", None, None, at(21))?);
            let sent = messages::get(tx, one.id)?.unwrap();
            assert_eq!((sent.state, sent.sent_at), (MessageState::Sent, Some(at(21))));
            let wanted = messages::Wanted { about: Some([7; 16]), ..Default::default() };
            assert_eq!(messages::list(tx, &wanted, 10)?.len(), 2);
            let thread = CustomerId::from_bytes([7; 16]);
            let wanted = messages::Wanted { customer: Some(thread), ..Default::default() };
            assert_eq!(messages::list(tx, &wanted, 10)?.len(), 2);
            let nobody = CustomerId::from_bytes([9; 16]);
            let wanted = messages::Wanted { customer: Some(nobody), ..Default::default() };
            assert_eq!(messages::list(tx, &wanted, 10)?, []);
            let after =
                Message { subject: "Again".into(), version: sent.version + 1, ..sent.clone() };
            assert!(messages::save(tx, &sent, &after, at(30))?);
            Ok::<_, StoreError>(())
        });
        ran.unwrap();
    }
}

#[test]
fn a_template_is_one_per_code_channel_and_language() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let ran = store.write(|tx| {
            let one = Template {
                id: TemplateId::from_bytes([1; 16]),
                code: "order_shipped".into(),
                channel: None,
                language: "en".into(),
                name: "Shipped".into(),
                subject: "Order {{ order.number }}".into(),
                body: "…".into(),
                active: true,
                version: 1,
                updated_at: at(1),
            };
            messages::put_template(tx, &one)?;
            let newer = Template {
                id: TemplateId::from_bytes([2; 16]),
                name: "Sent".into(),
                active: false,
                ..one.clone()
            };
            messages::put_template(tx, &newer)?;
            let kept = Template { id: one.id, version: 2, ..newer };
            assert_eq!(messages::templates(tx)?, vec![kept.clone()]);
            assert_eq!(messages::template(tx, one.id)?, Some(kept));
            Ok::<_, StoreError>(())
        });
        ran.unwrap();
    }
}
