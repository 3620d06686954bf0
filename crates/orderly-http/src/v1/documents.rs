//! Labels, packing slips and pick lists as files.

use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal};
use orderly_docs::{DocError, Dpi, Paper};
use orderly_ops::Error;
use orderly_ops::ops::documents;
use orderly_ops::ops::read::orders as read;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::operation::file;
use crate::{Cx, File, Operation};

/// How a label is drawn.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct LabelFormat {
    /// `pdf` (where absent) for paper, 4 × 6 in, or `zpl` for a label printer.
    format: Option<String>,
    /// Which parcel, from 1; `zpl` has all of them in one file where absent, `pdf` the first.
    parcel: Option<usize>,
    /// The printer's dots per inch, 203 (where absent) or 300.
    dpi: Option<u16>,
}

/// The paper a document is printed on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Sheet {
    /// `a4` (where absent) or `letter`.
    paper: Option<String>,
}

impl Sheet {
    pub(super) fn paper(&self) -> Result<Paper, Refusal> {
        match self.paper.as_deref() {
            None | Some("a4") => Ok(Paper::A4),
            Some("letter") => Ok(Paper::Letter),
            Some(_) => Err(wrong("/paper", "a4, letter")),
        }
    }
}

fn wrong(pointer: &str, known: &str) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, "there is no such choice").allowed(known)
}

fn undrawn(error: &DocError) -> Error {
    Error::Invalid(format!("the document cannot be printed: {error}"))
}

pub fn labels() -> Operation {
    file(
        "/v1/shipments/{shipment}/label",
        "shipments.label",
        "Print the labels of a shipment's parcels",
        Permission::Read,
        &["application/pdf", "application/zpl"],
        label,
    )
}

fn label(cx: &Cx, wanted: LabelFormat) -> Result<File, Error> {
    let id = cx.id("shipment")?;
    let shown = read::show_shipment(&cx.app, &cx.call, id)?;
    let all = documents::labels(&shown, Some(id))?;
    let number = wanted.parcel.unwrap_or(1);
    let one = number.checked_sub(1).and_then(|index| all.get(index));
    let one = one.ok_or_else(|| Error::not_found(format!("parcel {number}")))?;
    let name = format!("label-{}-{number}", shown.order.number);
    match wanted.format.as_deref() {
        None | Some("pdf") => {
            let bytes = one.to_pdf().map_err(|error| undrawn(&error))?;
            Ok(File { media: "application/pdf", name: Some(name + ".pdf"), bytes })
        }
        Some("zpl") => {
            let dpi = match wanted.dpi {
                None | Some(203) => Dpi::Dpi203,
                Some(300) => Dpi::Dpi300,
                Some(_) => return Err(wrong("/dpi", "203, 300").into()),
            };
            let those = if wanted.parcel.is_some() { std::slice::from_ref(one) } else { &all };
            let texts = those.iter().map(|label| label.to_zpl(dpi));
            let texts = texts.collect::<Result<Vec<_>, _>>().map_err(|error| undrawn(&error))?;
            let bytes = texts.concat().into_bytes();
            Ok(File { media: "application/zpl", name: Some(name + ".zpl"), bytes })
        }
        Some(_) => Err(wrong("/format", "pdf, zpl").into()),
    }
}

pub fn slip() -> Operation {
    file(
        "/v1/shipments/{shipment}/slip",
        "shipments.slip",
        "Print the packing slip of a shipment",
        Permission::Read,
        &["application/pdf"],
        packing_slip,
    )
}

fn packing_slip(cx: &Cx, wanted: Sheet) -> Result<File, Error> {
    let id = cx.id("shipment")?;
    let shown = read::show_shipment(&cx.app, &cx.call, id)?;
    let all = documents::slips(&shown, Some(id), wanted.paper()?)?;
    let one = all.first().ok_or_else(|| Error::not_found("packing slip"))?;
    let bytes = one.to_pdf().map_err(|error| undrawn(&error))?;
    let name = Some(format!("slip-{}.pdf", shown.order.number));
    Ok(File { media: "application/pdf", name, bytes })
}

pub fn pick_list() -> Operation {
    file(
        "/v1/fulfillments/{fulfillment}/pick_list",
        "fulfillments.pick_list",
        "Print what is to be picked",
        Permission::Read,
        &["application/pdf"],
        to_pick,
    )
    .also(&[])
}

fn to_pick(cx: &Cx, wanted: Sheet) -> Result<File, Error> {
    let id = cx.id("fulfillment")?;
    let shown = read::show_fulfillment(&cx.app, &cx.call, id)?;
    let all = documents::pick_lists(&cx.app, &cx.call, &shown, Some(id), wanted.paper()?)?;
    let one = all.first().ok_or_else(|| Error::not_found("pick list"))?;
    let bytes = one.to_pdf().map_err(|error| undrawn(&error))?;
    let name = Some(format!("pick-list-{}.pdf", shown.order.number));
    Ok(File { media: "application/pdf", name, bytes })
}
