//! Which command takes which back, and which cannot be taken back.

use super::*;

macro_rules! commands {
    ($($name:ident $code:literal $event:literal)+) => {
        codes! {
            /// The commands on an order that its events record.
            Command { $($name $code),+ }
        }
        impl Command {
            /// The kind of the event that records it.
            pub const fn event(self) -> &'static str {
                match self { $(Self::$name => $event),+ }
            }
            /// The command that an event records.
            pub fn of_event(kind: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|command| command.event() == kind)
            }
        }
    };
}

commands! {
    Place "place" "order.placed"
    Cancel "cancel" "order.canceled"
    Uncancel "uncancel" "order.cancellation_undone"
    Hold "hold" "order.held"
    ReleaseHold "release_hold" "order.hold_released"
    HoldAgain "hold_again" "order.held_again"
    Source "source" "order.sourced"
    Release "release" "fulfillment.released"
    Recall "recall" "fulfillment.recalled"
    Reject "reject" "fulfillment.rejected"
    Serve "serve" "order.backorders_served"
    Displace "displace" "order.displaced"
    Pick "pick" "fulfillment.picked"
    Unpick "unpick" "fulfillment.unpicked"
    Pack "pack" "fulfillment.packed"
    Unpack "unpack" "fulfillment.unpacked"
    Ship "ship" "shipment.shipped"
    VoidShipment "void_shipment" "shipment.voided"
    Deliver "deliver" "shipment.delivered"
    Undeliver "undeliver" "shipment.delivery_undone"
    Fail "fail" "shipment.failed"
    Retry "retry" "shipment.retried"
    Lose "lose" "shipment.lost"
    Find "find" "shipment.found"
    BringBack "bring_back" "shipment.brought_back"
    DecideBack "decide_back" "order.brought_back_decided"
    HandOver "hand_over" "fulfillment.handed_over"
    TakeOver "take_over" "fulfillment.taken_over"
    CloseShort "close_short" "order.closed_short"
    ReopenShort "reopen_short" "order.short_reopened"
    Perform "perform" "order.performed"
    Unperform "unperform" "order.performance_undone"
    Edit "edit" "order.edited"
    Close "close" "order.closed"
    Reopen "reopen" "order.reopened"
}

/// Returns the command that takes `done` back.
///
/// # Errors
/// `not_reversible` with the command to go on with in `allowed`: what a location said, goods that
/// physically came back and stock that was promised anew are facts, followed by new decisions.
pub fn inverse(done: Command) -> Result<Command, Refusal> {
    let next = match done {
        Command::Place => return Ok(Command::Cancel),
        Command::Cancel => return Ok(Command::Uncancel),
        Command::Uncancel => return Ok(Command::Cancel),
        Command::Hold | Command::HoldAgain => return Ok(Command::ReleaseHold),
        Command::ReleaseHold => return Ok(Command::HoldAgain),
        Command::Release => return Ok(Command::Recall),
        Command::Recall => return Ok(Command::Release),
        Command::Pick => return Ok(Command::Unpick),
        Command::Unpick => return Ok(Command::Pick),
        Command::Pack => return Ok(Command::Unpack),
        Command::Unpack => return Ok(Command::Pack),
        Command::Ship => return Ok(Command::VoidShipment),
        Command::VoidShipment => return Ok(Command::Ship),
        Command::Deliver => return Ok(Command::Undeliver),
        Command::Undeliver => return Ok(Command::Deliver),
        Command::Fail => return Ok(Command::Retry),
        Command::Retry => return Ok(Command::Fail),
        Command::Lose => return Ok(Command::Find),
        Command::Find => return Ok(Command::Lose),
        Command::HandOver => return Ok(Command::TakeOver),
        Command::TakeOver => return Ok(Command::HandOver),
        Command::CloseShort => return Ok(Command::ReopenShort),
        Command::ReopenShort => return Ok(Command::CloseShort),
        Command::Perform => return Ok(Command::Unperform),
        Command::Unperform => return Ok(Command::Perform),
        Command::Close => return Ok(Command::Reopen),
        Command::Reopen => return Ok(Command::Close),
        Command::Serve => Command::Displace,
        Command::Displace => Command::Serve,
        Command::Source | Command::Reject => Command::Source,
        Command::BringBack => Command::DecideBack,
        Command::DecideBack => Command::Cancel,
        Command::Edit => Command::Edit,
    };
    let detail = format!("`{}` cannot be taken back", done.code());
    Err(Refusal::new(Code::NotReversible, detail).allowed(next.code()))
}
