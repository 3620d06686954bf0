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
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($name),+ }
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

/// Where a grant or a need applies; `None` means everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    pub location: Option<LocationId>,
    pub channel: Option<ChannelId>,
    /// In minor units of the object's currency.
    pub amount_minor: Option<i64>,
}

/// One right of an actor. Empty lists mean every location or channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub permission: Permission,
    pub locations: Vec<LocationId>,
    pub channels: Vec<ChannelId>,
    pub limit_minor: Option<i64>,
}

impl Grant {
    fn covers(&self, permission: Permission, scope: Scope) -> bool {
        self.permission == permission
            && (self.locations.is_empty()
                || scope.location.is_none_or(|location| self.locations.contains(&location)))
            && (self.channels.is_empty()
                || scope.channel.is_none_or(|channel| self.channels.contains(&channel)))
            && self.limit_minor.is_none_or(|limit| scope.amount_minor.is_none_or(|a| a <= limit))
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
