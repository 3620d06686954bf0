//! Price lists, discounts and floors, and what a line would cost and why.

pub mod explain;
pub mod lists;
pub mod rules;
pub mod sheet;
pub mod terms;

use orderly_core::actor::{Permission, Scope};
use orderly_store::Tx;
use orderly_store::tables::settings;

use crate::{Call, Error};

/// The setting that says that there are rules: without it placement reads none.
pub const IN_USE: &str = "pricing.in_use";
/// The setting that switches tax rules on.
pub const TAX_RULES: &str = "tax.rules";

/// Requires the right to configure, and notes that there are rules.
pub fn configure(tx: &mut Tx<'_>, call: &Call) -> Result<(), Error> {
    call.require(Permission::Configure, Scope::default())?;
    Ok(settings::set(tx, IN_USE, "yes")?)
}
