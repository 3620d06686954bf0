//! Labels and documents: plain data in, PDF and ZPL bytes out. No IO, no clock: the same input
//! gives the same bytes.
//!
//! - [`Label`]: a 4 × 6 inch shipping label as PDF, or as ZPL for 203 and 300 dpi printers: the
//!   address as the destination's post wants it, the SSCC as GS1-128, the order number as QR.
//! - [`PackingSlip`], [`PickList`] and [`PurchaseDocument`]: tables that flow over A4 or US letter
//!   pages, as PDF.
//! - [`QuoteSheet`], [`LoadList`] and [`DeliveryNote`]: offers with prices, what goes with a van.
//! - [`AccountStatement`]: what happened on an account, what is open and how late, as PDF.
//! - [`Sscc`] and [`Gtin`]: GS1 numbers with their check digits.
//!
//! Text may be in Latin, Greek, Cyrillic and most other alphabets; a character that the embedded
//! faces lack is printed as a box. Text that cannot be printed at all is a [`DocError`].
//!
//! ```
//! use orderly_docs::{Address, Dpi, Label, Sscc};
//!
//! let warehouse = Address {
//!     company: "Ridgeline Supply Co.".to_owned(),
//!     lines: vec!["1200 Harbor Blvd".to_owned()],
//!     city: "Oakland".to_owned(),
//!     region: "CA".to_owned(),
//!     postcode: "94607".to_owned(),
//!     country: "US".to_owned(),
//!     ..Address::default()
//! };
//! let customer = Address {
//!     name: "Jürgen Groß".to_owned(),
//!     lines: vec!["Am Kleistpark 7".to_owned()],
//!     city: "Berlin".to_owned(),
//!     postcode: "10115".to_owned(),
//!     country: "DE".to_owned(),
//!     ..Address::default()
//! };
//! assert_eq!(
//!     customer.postal_lines("US")?,
//!     ["Jürgen Groß", "Am Kleistpark 7", "10115 Berlin", "GERMANY"],
//! );
//!
//! let label = Label {
//!     sender: warehouse,
//!     recipient: customer,
//!     service: "International Priority".to_owned(),
//!     order_number: "SO-2026-104233".to_owned(),
//!     parcel: 1,
//!     parcels: 2,
//!     weight_g: 2350,
//!     sscc: Sscc::build(3, "0614141", 1_234_567)?,
//!     references: Vec::new(),
//!     date: "2026-11-23".to_owned(),
//! };
//! assert!(label.to_pdf()?.starts_with(b"%PDF-1.7"));
//! assert!(label.to_zpl(Dpi::Dpi203)?.contains("^FD>;>800306141410012345676^FS"));
//! # Ok::<(), orderly_docs::DocError>(())
//! ```

mod address;
mod barcode;
mod countries;
mod error;
mod fonts;
mod gtin;
mod invoice;
mod label;
mod note;
mod page;
mod paper;
mod pdf;
mod purchase_order;
mod quote;
mod raster;
mod reference;
mod slip;
mod sscc;
mod statement;
mod table;
mod zpl;

pub use address::Address;
pub use error::DocError;
pub use gtin::{Gtin, GtinError};
pub use invoice::{InvoiceDoc, InvoiceDocLine};
pub use label::Label;
pub use note::{DeliveryNote, LoadList, LoadStop};
pub use paper::Paper;
pub use purchase_order::{PurchaseDocument, PurchaseRow};
pub use quote::{PricedLine, QuoteSheet};
pub use reference::Reference;
pub use slip::{Cut, DocLine, PackingSlip, PickLine, PickList};
pub use sscc::{Sscc, SsccError};
pub use statement::{AccountStatement, StatementEntry, StatementItem};
pub use zpl::Dpi;
