//! Who asks, and what they may do: permissions by verb × location × channel × amount.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, LocationId, UserId};

/// What kind of caller an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    ApiKey,
    Channel,
    Task,
    Agent,
    /// The person at the machine, on the command line.
    Owner,
}

impl ActorKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Channel => "channel",
            Self::Task => "task",
            Self::Agent => "agent",
            Self::Owner => "owner",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        [Self::User, Self::ApiKey, Self::Channel, Self::Task, Self::Agent, Self::Owner]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

macro_rules! permissions {
    ($($name:ident $code:literal)+) => {
        /// A verb an actor may be granted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Permission { $(#[serde(rename = $code)] $name),+ }
        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|permission| permission.code() == code)
            }
        }
    };
}

permissions! {
    Read "read"
    ReadPii "pii.read"
    ReadCost "cost.read"
    ReadAudit "audit.read"
    ReadMetrics "metrics.read"
    ManageUsers "users.manage"
    ManageKeys "keys.manage"
    ManageWebhooks "webhooks.manage"
    Configure "configure"
    Place "order.place"
    Price "order.price"
    PriceBelowFloor "order.price_below_floor"
    Cancel "order.cancel"
    Edit "order.edit"
    Hold "order.hold"
    ReleaseHold "order.release_hold"
    Release "fulfillment.release"
    Reject "fulfillment.reject"
    Pick "fulfillment.pick"
    Pack "fulfillment.pack"
    Ship "fulfillment.ship"
    Deliver "shipment.deliver"
    Undo "undo"
    AcceptShort "order.accept_short"
    OverrideHold "order.override_hold"
    OverrideTolerance "order.override_tolerance"
    OverrideCredit "order.override_credit"
    Credit "account.credit"
    Receive "stock.receive"
    Adjust "stock.adjust"
    Transfer "stock.transfer"
    Count "stock.count"
    Work "stock.work"
    Return "return.request"
    ApproveReturn "return.approve"
    ReceiveReturn "return.receive"
    InspectReturn "return.inspect"
    ReturnBlind "return.blind"
    TakePayment "payment.take"
    WriteOff "payment.write_off"
    GiveStoreCredit "store_credit.give"
    WorkTill "till.work"
    MoveCash "till.move_cash"
    MatchBank "bank.match"
    Refund "refund.make"
    RefundGoodwill "refund.goodwill"
    WaiveFee "refund.waive_fee"
    Approve "approve"
    Import "import"
    Export "export"
    Invoice "invoice.issue"
    CreditInvoice "invoice.credit"
    Purchase "purchase"
    ApprovePurchase "purchase.approve"
    PaySupplier "purchase.pay"
    KeepBooks "books.post"
    ClosePeriod "books.close"
    ReopenPeriod "books.reopen"
    SetRates "books.rates"
    Quote "quote"
    OverrideQuote "quote.override_price"
    Load "load"
    OverrideLoad "load.override_capacity"
    Message "message"
}

impl Permission {
    /// Whether needs of this right come with an amount, so that a grant may limit it.
    pub const fn has_amount(self) -> bool {
        matches!(
            self,
            Self::OverrideCredit
                | Self::Credit
                | Self::ReturnBlind
                | Self::TakePayment
                | Self::WriteOff
                | Self::GiveStoreCredit
                | Self::MoveCash
                | Self::Refund
                | Self::RefundGoodwill
                | Self::Approve
                | Self::CreditInvoice
                | Self::ApprovePurchase
                | Self::PaySupplier
        )
    }
}

/// What a need is about; `None` where that does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    pub location: Option<LocationId>,
    pub channel: Option<ChannelId>,
    /// In minor units of the object's currency.
    pub amount_minor: Option<i64>,
}

/// One right of an actor. Empty lists mean every location or channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub permission: Permission,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<LocationId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_minor: Option<i64>,
}

impl Grant {
    /// A right everywhere and without a limit.
    pub const fn everywhere(permission: Permission) -> Self {
        Self { permission, locations: Vec::new(), channels: Vec::new(), limit_minor: None }
    }

    /// Whether the right covers the need. One bounded to locations or channels covers only what
    /// says where it is: what is everywhere, or nowhere in particular, needs a right everywhere.
    /// A need without an amount asks whether there is any right at all.
    pub fn covers(&self, permission: Permission, scope: Scope) -> bool {
        self.permission == permission
            && (self.locations.is_empty()
                || scope.location.is_some_and(|location| self.locations.contains(&location)))
            && (self.channels.is_empty()
                || scope.channel.is_some_and(|channel| self.channels.contains(&channel)))
            && self.limit_minor.is_none_or(|limit| scope.amount_minor.is_none_or(|a| a <= limit))
    }

    /// The same right in parts, each at no more than one location and one channel.
    fn parts(&self) -> Vec<(Option<LocationId>, Option<ChannelId>)> {
        let locations = each_or_none(&self.locations);
        let channels = each_or_none(&self.channels);
        let pair = |location: &Option<LocationId>| {
            let location = *location;
            channels.iter().map(move |channel| (location, *channel)).collect::<Vec<_>>()
        };
        locations.iter().flat_map(pair).collect()
    }
}

fn each_or_none<T: Copy>(all: &[T]) -> Vec<Option<T>> {
    match all {
        [] => vec![None],
        some => some.iter().copied().map(Some).collect(),
    }
}

/// Who asks. `all` is the owner of the data, who may do everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: UserId,
    pub all: bool,
    pub grants: Vec<Grant>,
}

impl Actor {
    /// The person at the machine, who owns the database file.
    pub const fn owner() -> Self {
        Self { kind: ActorKind::Owner, id: UserId::NONE, all: true, grants: Vec::new() }
    }
    /// A background job of Orderly itself.
    pub const fn task() -> Self {
        Self { kind: ActorKind::Task, id: UserId::NONE, all: true, grants: Vec::new() }
    }
    pub fn may(&self, permission: Permission, scope: Scope) -> bool {
        self.all || self.grants.iter().any(|grant| grant.covers(permission, scope))
    }
    /// Whether the actor has all that the grant gives, and so may give it to others.
    pub fn has_all_of(&self, grant: &Grant) -> bool {
        let amount_minor = Some(grant.limit_minor.unwrap_or(i64::MAX));
        let may = |(location, channel)| {
            self.may(grant.permission, Scope { location, channel, amount_minor })
        };
        grant.parts().into_iter().all(may)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_grant_is_bounded_by_location_and_amount() {
        let (leeds, york) = (LocationId::from_bytes([1; 16]), LocationId::from_bytes([2; 16]));
        let grant = Grant {
            permission: Permission::Refund,
            locations: vec![leeds],
            channels: vec![],
            limit_minor: Some(5_000),
        };
        let clerk =
            Actor { kind: ActorKind::User, id: UserId::NONE, all: false, grants: vec![grant] };
        let at = |location, amount| Scope {
            location: Some(location),
            channel: None,
            amount_minor: Some(amount),
        };
        assert!(clerk.may(Permission::Refund, at(leeds, 5_000)));
        assert!(!clerk.may(Permission::Refund, at(leeds, 5_001)));
        assert!(!clerk.may(Permission::Refund, at(york, 1)));
        assert!(!clerk.may(Permission::Ship, Scope::default()));
        // What is everywhere is more than what is in Leeds.
        assert!(!clerk.may(Permission::Refund, Scope::default()));
    }

    fn grants() -> impl Strategy<Value = Vec<Grant>> {
        let permission = prop::sample::select(&Permission::ALL[..3]);
        let places = prop::collection::vec(0_u8..3, 0..3);
        let limit = prop::option::of(prop::sample::select(&[0, 10, 100, i64::MAX][..]));
        let grant = (permission, places.clone(), places, limit).prop_map(
            |(permission, locations, channels, limit_minor)| Grant {
                permission,
                locations: locations.iter().map(|n| LocationId::from_bytes([*n; 16])).collect(),
                channels: channels.iter().map(|n| ChannelId::from_bytes([*n; 16])).collect(),
                limit_minor,
            },
        );
        prop::collection::vec(grant, 0..5)
    }

    fn scopes() -> impl Strategy<Value = Scope> {
        let place = prop::option::of(0_u8..3);
        let amount = prop::option::of(prop::sample::select(&[0_i64, 10, 11, 101, i64::MAX][..]));
        (place.clone(), place, amount).prop_map(|(location, channel, amount_minor)| Scope {
            location: location.map(|n| LocationId::from_bytes([n; 16])),
            channel: channel.map(|n| ChannelId::from_bytes([n; 16])),
            amount_minor,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// An actor may do what one of his grants covers, and nothing else.
        #[test]
        fn nobody_may_what_no_grant_covers(
            own in grants(),
            permission in prop::sample::select(&Permission::ALL[..3]),
            scope in scopes(),
        ) {
            let covered = own.iter().any(|grant| {
                let place = |listed: bool, any: bool| any || listed;
                grant.permission == permission
                    && place(
                        grant.locations.iter().any(|one| Some(*one) == scope.location),
                        grant.locations.is_empty(),
                    )
                    && place(
                        grant.channels.iter().any(|one| Some(*one) == scope.channel),
                        grant.channels.is_empty(),
                    )
                    && !matches!((grant.limit_minor, scope.amount_minor),
                        (Some(limit), Some(amount)) if amount > limit)
            });
            let actor =
                Actor { kind: ActorKind::User, id: UserId::NONE, all: false, grants: own };
            prop_assert_eq!(actor.may(permission, scope), covered);
        }

        /// Who may give a grant may do everything that the grant allows.
        #[test]
        fn what_may_be_given_is_had(own in grants(), given in grants(), scope in scopes()) {
            let actor =
                Actor { kind: ActorKind::User, id: UserId::NONE, all: false, grants: own };
            for grant in given.iter().filter(|grant| actor.has_all_of(grant)) {
                if grant.covers(grant.permission, scope) {
                    prop_assert!(actor.may(grant.permission, scope), "{grant:?}");
                }
            }
            for grant in &actor.grants {
                prop_assert!(actor.has_all_of(grant));
            }
        }
    }
}
