//! Pages for people.
//!
//! Each page is a document with an address: a title, a line of facts, sections. It is rendered
//! here and whole without scripts; the console's one script swaps pages in place and refreshes
//! what says it is live. A page is a function from [`Cx`] to [`Answer`]; it calls one operation.

pub mod assets;
mod cx;
mod door;
mod effects;
mod fault;
mod fields;
mod frame;
mod live;
pub mod parts;
mod rooms;
mod router;
mod show;
mod words;

pub use cx::{Answer, Cx, Page};
pub use fields::Fields;
pub use rooms::{ROOMS, Room, Route, Verb, set_up_address};
pub use router::router;
