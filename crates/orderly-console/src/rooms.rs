//! The rooms of the console: each has an address, a right, and pages in a file of its own.

mod books;
mod channels;
mod customers;
mod documents;
mod entry;
mod home;
mod invoices;
mod messages;
mod orders;
mod purchasing;
mod quotes;
mod returns;
mod settings;
mod sign_in;
mod stock;
mod style;
mod tills;

use orderly_core::actor::Permission;
use orderly_ops::Error;

pub use sign_in::{router as door, set_up_address};

use crate::{Answer, Cx};

/// Whether a page is looked at or a form is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// One page: where it is, the right it takes, what it answers.
#[derive(Clone, Copy)]
pub struct Route {
    pub verb: Verb,
    /// A path with names in braces.
    pub path: &'static str,
    pub needs: Permission,
    pub page: fn(&Cx) -> Result<Answer, Error>,
}

/// A page to look at.
const fn get(
    path: &'static str,
    needs: Permission,
    page: fn(&Cx) -> Result<Answer, Error>,
) -> Route {
    Route { verb: Verb::Get, path, needs, page }
}

/// A form that is sent.
const fn post(
    path: &'static str,
    needs: Permission,
    page: fn(&Cx) -> Result<Answer, Error>,
) -> Route {
    Route { verb: Verb::Post, path, needs, page }
}

/// One room.
pub struct Room {
    /// Names its icon and, as `room.…`, its title.
    pub name: &'static str,
    pub path: &'static str,
    /// With `g` before it, the key that goes there.
    pub key: &'static str,
    /// Who has it sees the room in the rail.
    pub needs: Permission,
    /// Whether the rail shows it.
    pub in_rail: bool,
    pub routes: &'static [Route],
}

/// Every room, in the order of the rail.
pub const ROOMS: &[Room] = &[
    Room {
        name: "home",
        path: "/console",
        key: "h",
        needs: Permission::Read,
        in_rail: true,
        routes: home::ROUTES,
    },
    Room {
        name: "orders",
        path: "/console/orders",
        key: "o",
        needs: Permission::Read,
        in_rail: true,
        routes: orders::ROUTES,
    },
    Room {
        name: "returns",
        path: "/console/returns",
        key: "r",
        needs: Permission::Read,
        in_rail: true,
        routes: returns::ROUTES,
    },
    Room {
        name: "entry",
        path: "/console/orders/new",
        key: "",
        needs: Permission::Place,
        in_rail: false,
        routes: entry::ROUTES,
    },
    Room {
        name: "stock",
        path: "/console/stock",
        key: "s",
        needs: Permission::Read,
        in_rail: true,
        routes: stock::ROUTES,
    },
    Room {
        name: "customers",
        path: "/console/customers",
        key: "c",
        needs: Permission::Read,
        in_rail: true,
        routes: customers::ROUTES,
    },
    Room {
        name: "channels",
        path: "/console/channels",
        key: "l",
        needs: Permission::Read,
        in_rail: true,
        routes: channels::ROUTES,
    },
    Room {
        name: "invoices",
        path: "/console/invoices",
        key: "i",
        needs: Permission::Read,
        in_rail: true,
        routes: invoices::ROUTES,
    },
    Room {
        name: "purchasing",
        path: "/console/purchasing",
        key: "p",
        needs: Permission::Read,
        in_rail: true,
        routes: purchasing::ROUTES,
    },
    Room {
        name: "quotes",
        path: "/console/quotes",
        key: "q",
        needs: Permission::Read,
        in_rail: true,
        routes: quotes::ROUTES,
    },
    Room {
        name: "tills",
        path: "/console/tills",
        key: "t",
        needs: Permission::WorkTill,
        in_rail: true,
        routes: tills::ROUTES,
    },
    Room {
        name: "books",
        path: "/console/books",
        key: "b",
        needs: Permission::ReadCost,
        in_rail: true,
        routes: books::ROUTES,
    },
    Room {
        name: "messages",
        path: "/console/messages",
        key: "m",
        needs: Permission::ReadPii,
        in_rail: true,
        routes: messages::ROUTES,
    },
    Room {
        name: "settings",
        path: "/console/settings",
        key: "e",
        needs: Permission::Read,
        in_rail: true,
        routes: settings::ROUTES,
    },
    Room {
        name: "documents",
        path: "/console/orders",
        key: "",
        needs: Permission::Read,
        in_rail: false,
        routes: documents::ROUTES,
    },
    Room {
        name: "style",
        path: "/console/style",
        key: "",
        needs: Permission::Read,
        in_rail: false,
        routes: style::ROUTES,
    },
];
