//! Roles: sets of rights with a name. Some are built in; the others are the merchant's own.

use crate::actor::{Actor, ActorKind, Grant, Permission};
use crate::id::UserId;
use crate::refusal::{Code, Refusal, ensure};

/// The code of the role that may do everything.
pub const OWNER: &str = "owner";

/// A set of rights with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub code: String,
    pub name: String,
    /// Everything, whatever the grants say.
    pub all: bool,
    pub grants: Vec<Grant>,
    /// Whether its users must have an authenticator.
    pub second_factor: bool,
    pub built_in: bool,
    pub version: i64,
}

use Permission as P;

/// What a clerk sells, takes and takes back.
const CLERK: &[P] = &[
    P::Read,
    P::ReadPii,
    P::Message,
    P::Place,
    P::Price,
    P::Cancel,
    P::Edit,
    P::Hold,
    P::ReleaseHold,
    P::Release,
    P::Deliver,
    P::Return,
    P::ReceiveReturn,
    P::TakePayment,
    P::WorkTill,
    P::Refund,
    P::Invoice,
    P::Quote,
];
/// What the hands in a warehouse do.
const WAREHOUSE: &[P] = &[
    P::Read,
    P::ReadPii,
    P::Release,
    P::Reject,
    P::Pick,
    P::Pack,
    P::Ship,
    P::Deliver,
    P::Undo,
    P::Receive,
    P::Adjust,
    P::Transfer,
    P::Count,
    P::Work,
    P::ReceiveReturn,
    P::InspectReturn,
    P::Load,
];
/// What keeps the money and the books right.
const ACCOUNTANT: &[P] = &[
    P::Read,
    P::ReadPii,
    P::ReadCost,
    P::ReadAudit,
    P::Message,
    P::Credit,
    P::TakePayment,
    P::WriteOff,
    P::GiveStoreCredit,
    P::MatchBank,
    P::Refund,
    P::Approve,
    P::Export,
    P::Invoice,
    P::CreditInvoice,
    P::ApprovePurchase,
    P::PaySupplier,
    P::KeepBooks,
    P::ClosePeriod,
    P::SetRates,
];
/// What a manager leaves to the owner: who comes in, and closed books.
const OWNERS_OWN: &[P] = &[P::ManageUsers, P::ManageKeys, P::ReopenPeriod];
/// What a clerk gives back without asking, in minor units.
const CLERK_REFUND_MINOR: i64 = 10_000;

/// The roles that every database has. A new permission reaches owners and managers by itself.
pub fn built_in() -> Vec<Role> {
    let everywhere = |list: &[P]| list.iter().copied().map(Grant::everywhere).collect::<Vec<_>>();
    let manager: Vec<P> = P::ALL.iter().copied().filter(|one| !OWNERS_OWN.contains(one)).collect();
    let mut clerk = everywhere(CLERK);
    for grant in clerk.iter_mut().filter(|grant| grant.permission == P::Refund) {
        grant.limit_minor = Some(CLERK_REFUND_MINOR);
    }
    [
        (OWNER, "Owner", Vec::new()),
        ("manager", "Manager", everywhere(&manager)),
        ("clerk", "Clerk", clerk),
        ("warehouse", "Warehouse", everywhere(WAREHOUSE)),
        ("accountant", "Accountant", everywhere(ACCOUNTANT)),
        ("read_only", "Read only", everywhere(&[P::Read])),
    ]
    .into_iter()
    .map(|(code, name, grants)| Role {
        code: code.into(),
        name: name.into(),
        all: code == OWNER,
        grants,
        second_factor: false,
        built_in: true,
        version: 1,
    })
    .collect()
}

/// The actor that a user with these roles is.
pub fn actor(user: UserId, roles: &[Role]) -> Actor {
    let all = roles.iter().any(|role| role.all);
    let grants = match all {
        true => Vec::new(),
        false => roles.iter().flat_map(|role| role.grants.iter().cloned()).collect(),
    };
    Actor { kind: ActorKind::User, id: user, all, grants }
}

/// Refuses grants that say nothing, and more than the actor has himself.
///
/// # Errors
/// `invalid_field` for a limit on what has no amount, `above_own_rights`.
pub fn check_given(actor: &Actor, grants: &[Grant]) -> Result<(), Refusal> {
    for (index, grant) in grants.iter().enumerate() {
        let code = grant.permission.code();
        let pointer = format!("/grants/{index}");
        let amount_known = grant.limit_minor.is_none() || grant.permission.has_amount();
        ensure(amount_known && grant.limit_minor.is_none_or(|limit| limit >= 0), || {
            let detail = format!("the right `{code}` is not limited by that amount");
            Refusal::at(Code::InvalidField, format!("{pointer}/limit_minor"), detail)
        })?;
        ensure(actor.has_all_of(grant), || {
            let detail = format!("you do not have all of `{code}`, so you cannot give it");
            Refusal::at(Code::AboveOwnRights, pointer, detail)
        })?;
    }
    Ok(())
}

/// Refuses to give a role that has more than the actor.
///
/// # Errors
/// `above_own_rights`.
pub fn check_role(actor: &Actor, role: &Role) -> Result<(), Refusal> {
    let may = actor.all || (!role.all && role.grants.iter().all(|one| actor.has_all_of(one)));
    ensure(may, || {
        let detail = format!("the role {} has rights that you do not have", role.code);
        Refusal::at(Code::AboveOwnRights, "/roles", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Role {
        built_in().into_iter().find(|role| role.code == code).unwrap()
    }

    #[test]
    fn roles_are_given_only_by_those_who_have_as_much() {
        let actor = |code: &str| actor(UserId::from_bytes([1; 16]), &[of(code)]);
        assert!(check_role(&actor(OWNER), &of(OWNER)).is_ok());
        assert!(check_role(&actor("manager"), &of("accountant")).is_ok());
        for (own, given) in [("manager", OWNER), ("clerk", "manager"), ("read_only", "clerk")] {
            let refused = check_role(&actor(own), &of(given)).unwrap_err();
            assert_eq!(refused.code(), Code::AboveOwnRights, "{own} gave {given}");
        }
    }

    #[test]
    fn a_limit_stands_only_where_amounts_are() {
        let owner = Actor::owner();
        let limited = |permission, limit| {
            [Grant { limit_minor: Some(limit), ..Grant::everywhere(permission) }]
        };
        assert!(check_given(&owner, &limited(P::Refund, 0)).is_ok());
        for bad in [limited(P::Pick, 1), limited(P::Refund, -1)] {
            assert_eq!(check_given(&owner, &bad).unwrap_err().code(), Code::InvalidField);
        }
    }
}
