//! Users, roles, sessions, keys and attempts on both engines.

use orderly_core::access::{ApiKey, Role, Session, User};
use orderly_core::actor::{ActorKind, Grant, Permission};
use orderly_core::id::*;
use orderly_core::time::Instant;
use orderly_store::tables::audit::{self, Entry};
use orderly_store::tables::sign_ins::{self, Failures};
use orderly_store::tables::users::{self, Factor};
use orderly_store::tables::{api_keys, roles, sessions};
use orderly_store::{Store, StoreError, Tx};

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn on_each(test: impl Fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    for db in TestDb::each() {
        Store::open(db.location()).unwrap().write(&test).unwrap();
    }
}

fn user(number: u8) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        email: format!("u{number}@example.com"),
        name: format!("User {number}"),
        active: true,
        roles: vec!["clerk".into(), "owner".into()],
        second_factor: false,
        version: 1,
        created_at: NOW,
    }
}

fn session(number: u8, user: &User) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        user: user.id,
        created_at: NOW,
        seen_at: NOW,
        confirmed_at: NOW,
        revoked_at: None,
        ip: Some("192.0.2.1".into()),
        user_agent: None,
    }
}

#[test]
fn users_are_added_once_and_saved_by_version_with_their_roles() {
    on_each(|tx| {
        let (first, second) = (user(1), user(2));
        assert!(users::insert(tx, &first, "hash one")?);
        assert!(users::insert(tx, &second, "hash two")?);
        assert!(!users::insert(tx, &User { id: UserId::from_bytes([3; 16]), ..user(1) }, "x")?);
        assert_eq!(users::get(tx, first.id)?.as_ref(), Some(&first));
        assert_eq!(users::by_email(tx, "u2@example.com")?.as_ref(), Some(&second));
        assert_eq!(users::list(tx, "u1@example.com", 9)?, std::slice::from_ref(&second));
        assert_eq!(users::count(tx)?, 2);
        users::lock(tx, NOW)?;
        assert_eq!(users::others_with_role(tx, "owner", first.id)?, 1);
        let after =
            User { active: false, roles: vec!["owner".into()], version: 2, ..second.clone() };
        assert!(users::save(tx, &second, &after)?);
        assert!(!users::save(tx, &second, &after)?);
        assert_eq!(users::get(tx, second.id)?, Some(after));
        assert_eq!(users::others_with_role(tx, "owner", first.id)?, 0);
        assert_eq!((users::with_role(tx, "owner")?, users::with_role(tx, "clerk")?), (2, 1));
        Ok(())
    });
}

#[test]
fn secrets_are_replaced_and_codes_taken_once() {
    on_each(|tx| {
        let one = user(1);
        users::insert(tx, &one, "old")?;
        users::set_password(tx, one.id, "new", NOW)?;
        let found = users::secrets(tx, one.id)?.unwrap();
        assert_eq!((found.password_hash.as_str(), found.factor.is_none()), ("new", true));
        assert!(!format!("{found:?}").contains("new"));
        let factor = Factor { secret: vec![1, 2], confirmed_at: Some(NOW), step: None };
        users::set_factor(tx, one.id, Some(&factor))?;
        assert!(users::secrets(tx, one.id)?.unwrap().factor == Some(factor));
        assert!(users::get(tx, one.id)?.unwrap().second_factor);
        assert!(users::take_step(tx, one.id, 7)?);
        assert!(!users::take_step(tx, one.id, 7)? && !users::take_step(tx, one.id, 6)?);
        users::set_recovery_codes(tx, one.id, &[[1; 32], [2; 32]])?;
        assert!(users::take_recovery_code(tx, one.id, [1; 32], NOW)?);
        assert!(!users::take_recovery_code(tx, one.id, [1; 32], NOW)?);
        users::set_factor(tx, one.id, None)?;
        assert!(!users::take_recovery_code(tx, one.id, [2; 32], NOW)?);
        Ok(())
    });
}

#[test]
fn roles_are_added_once_saved_by_version_and_deleted() {
    on_each(|tx| {
        let role = Role {
            code: "leeds".into(),
            name: "Leeds".into(),
            all: false,
            grants: vec![Grant {
                locations: vec![LocationId::from_bytes([1; 16])],
                limit_minor: Some(500),
                ..Grant::everywhere(Permission::Refund)
            }],
            second_factor: true,
            built_in: false,
            version: 1,
        };
        assert!(roles::insert(tx, RoleId::from_bytes([1; 16]), &role, NOW)?);
        assert!(!roles::insert(tx, RoleId::from_bytes([2; 16]), &role, NOW)?);
        let after = Role { grants: vec![], version: 2, ..role.clone() };
        assert!(roles::save(tx, &role, &after)? && !roles::save(tx, &role, &after)?);
        assert_eq!(roles::get(tx, "leeds")?.as_ref(), Some(&after));
        assert_eq!(roles::list(tx)?, [after]);
        assert!(roles::delete(tx, "leeds")? && !roles::delete(tx, "leeds")?);
        Ok(())
    });
}

#[test]
fn sessions_are_found_by_hash_and_end_once() {
    on_each(|tx| {
        let one = user(1);
        users::insert(tx, &one, "x")?;
        for number in 1..=4 {
            sessions::insert(tx, &session(number, &one), [number; 32])?;
        }
        let later = NOW.plus_micros(5);
        let id = SessionId::from_bytes([1; 16]);
        sessions::see(tx, id, later)?;
        sessions::confirm(tx, id, later)?;
        let found = sessions::by_token(tx, [1; 32])?.unwrap();
        assert_eq!(found, Session { seen_at: later, confirmed_at: later, ..session(1, &one) });
        assert_eq!(sessions::by_token(tx, [9; 32])?, None);
        assert_eq!(sessions::get(tx, id)?, Some(found));
        assert!(sessions::revoke(tx, id, later)? && !sessions::revoke(tx, id, later)?);
        assert_eq!(sessions::of_user(tx, one.id)?.len(), 3);
        assert_eq!(sessions::revoke_all(tx, one.id, SessionId::from_bytes([2; 16]), later)?, 2);
        assert_eq!(sessions::of_user(tx, one.id)?, [session(2, &one)]);
        assert_eq!(sessions::revoke_of_role(tx, "warehouse", later)?, 0);
        assert_eq!(sessions::revoke_of_role(tx, "clerk", later)?, 1);
        assert_eq!(sessions::delete_before(tx, NOW)?, 0);
        assert_eq!(sessions::delete_before(tx, later)?, 4);
        Ok(())
    });
}

#[test]
fn keys_are_found_by_hash_used_once_a_minute_and_revoked_once() {
    on_each(|tx| {
        let key = |number: u8| ApiKey {
            id: ApiKeyId::from_bytes([number; 16]),
            name: "shop".into(),
            start: "ok_abcd".into(),
            grants: vec![Grant::everywhere(Permission::Place)],
            created_by: UserId::from_bytes([7; 16]),
            created_at: NOW,
            expires_at: Some(NOW.plus_days(1)),
            used_at: None,
            revoked_at: None,
            allowed_ips: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            version: 1,
        };
        for number in 1..=3 {
            api_keys::insert(tx, &key(number), [number; 32])?;
        }
        assert_eq!(api_keys::get(tx, key(1).id)?, Some(key(1)));
        assert_eq!(api_keys::by_token(tx, [2; 32])?, Some(key(2)));
        assert_eq!(api_keys::list(tx, key(1).id, 1)?, [key(2)]);
        let at = |seconds: i64| NOW.plus_micros(seconds * 1_000_000);
        assert!(api_keys::use_now(tx, key(1).id, at(0))?);
        assert!(!api_keys::use_now(tx, key(1).id, at(59))?);
        assert!(api_keys::use_now(tx, key(1).id, at(60))?);
        assert!(api_keys::revoke(tx, key(1).id, NOW)? && !api_keys::revoke(tx, key(1).id, NOW)?);
        assert_eq!(api_keys::revoke_made_by(tx, UserId::from_bytes([7; 16]), NOW)?, 2);
        Ok(())
    });
}

#[test]
fn failures_are_counted_forgiven_and_forgotten() {
    on_each(|tx| {
        let subject = [1; 32];
        assert_eq!(sign_ins::failures(tx, subject)?, None);
        sign_ins::open(tx, subject, NOW)?;
        let failures = Failures { count: 2, last_at: NOW, blocked_until: NOW };
        sign_ins::put(tx, subject, &failures)?;
        sign_ins::open(tx, subject, NOW)?;
        sign_ins::forgive(tx, subject)?;
        assert_eq!(sign_ins::failures(tx, subject)?, Some(Failures { count: 1, ..failures }));
        assert_eq!(sign_ins::clear_before(tx, NOW)?, 0);
        assert_eq!(sign_ins::clear_before(tx, NOW.plus_micros(1))?, 1);
        sign_ins::put(tx, subject, &failures)?;
        sign_ins::clear(tx, subject)?;
        assert_eq!(sign_ins::failures(tx, subject)?, None);
        Ok(())
    });
}

#[test]
fn the_audit_is_found_by_actor_object_verb_and_outcome() {
    on_each(|tx| {
        let entry = |number: u8, verb: &str, refused: bool| Entry {
            id: AuditId::from_bytes([number; 16]),
            at: NOW,
            actor_kind: ActorKind::User,
            actor: UserId::from_bytes([number % 2; 16]),
            verb: verb.into(),
            object_kind: None,
            object: Some([number; 16]),
            key: None,
            refused: refused.then(|| "forbidden".into()),
            reason: None,
            approved_by: None,
            detail: None,
        };
        let all = [
            entry(1, "order.place", false),
            entry(2, "order.cancel", true),
            entry(3, "stock.adjust", false),
            entry(4, "order.place", true),
        ];
        audit::insert(tx, &all)?;
        let ends = (AuditId::from_bytes([9; 16]), AuditId::NONE);
        let mut ids = |filter: audit::Filter, ends, limit| {
            let found = audit::find(tx, &filter, ends, limit)?;
            let ids: Vec<u8> = found.entries.iter().map(|one| one.id.as_bytes()[0]).collect();
            Ok::<_, StoreError>((ids, found.before.map(|id| id.as_bytes()[0])))
        };
        let any = audit::Filter::default;
        assert_eq!(ids(any(), ends, 9)?, (vec![4, 3, 2, 1], None));
        assert_eq!(ids(any(), ends, 2)?, (vec![4, 3], Some(3)));
        assert_eq!(ids(any(), (AuditId::from_bytes([3; 16]), ends.1), 9)?.0, [2, 1]);
        assert_eq!(ids(any(), (ends.0, AuditId::from_bytes([3; 16])), 9)?.0, [4, 3]);
        let refused = audit::Filter { refused: Some(true), ..any() };
        assert_eq!(ids(refused, ends, 9)?.0, [4, 2]);
        let placed = audit::Filter { verb: Some("order.".into()), ..any() };
        assert_eq!(ids(placed, ends, 9)?.0, [4, 2, 1]);
        let done = audit::Filter {
            actor: Some(UserId::from_bytes([1; 16])),
            object: Some([3; 16]),
            refused: Some(false),
            ..any()
        };
        assert_eq!(ids(done, ends, 9)?.0, [3]);
        Ok(())
    });
}

#[test]
fn the_token_of_the_first_set_up_is_taken_once_in_time() {
    on_each(|tx| {
        sign_ins::set_token(tx, [1; 32], NOW)?;
        sign_ins::set_token(tx, [2; 32], NOW)?;
        assert!(!sign_ins::take_token(tx, [1; 32], NOW, NOW)?);
        assert!(!sign_ins::take_token(tx, [2; 32], NOW.plus_micros(1), NOW)?);
        assert!(sign_ins::take_token(tx, [2; 32], NOW, NOW)?);
        assert!(!sign_ins::take_token(tx, [2; 32], NOW, NOW)?);
        Ok(())
    });
}
