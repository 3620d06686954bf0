//! Which command takes which back, and which cannot be taken back.

use super::*;

codes! {
    /// The commands on an order that are recorded as its events.
    Command {
        Place "place", Cancel "cancel", Uncancel "uncancel", Hold "hold",
        ReleaseHold "release_hold", HoldAgain "hold_again", Source "source", Release "release",
        Recall "recall", Reject "reject", Serve "serve", Displace "displace", Pick "pick",
        Unpick "unpick", Pack "pack", Unpack "unpack", Ship "ship",
        VoidShipment "void_shipment", Deliver "deliver", Undeliver "undeliver", Fail "fail",
        Retry "retry", Lose "lose", Find "find", BringBack "bring_back",
        DecideBack "decide_back", HandOver "hand_over", TakeOver "take_over",
        CloseShort "close_short", ReopenShort "reopen_short", Perform "perform",
        Unperform "unperform", Close "close", Reopen "reopen",
    }
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
    };
    let detail = format!("`{}` cannot be taken back", done.code());
    Err(Refusal::new(Code::NotReversible, detail).allowed(next.code()))
}
