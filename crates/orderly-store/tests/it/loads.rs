//! Vehicles, loads with stops, and documents on both engines.

use orderly_core::catalog::Coordinates;
use orderly_core::id::*;
use orderly_core::load::{Limits, Load, LoadState, ProofKind, Size, Stop, StopState, Vehicle};
use orderly_core::time::Day;
use orderly_store::tables::loads;
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{ORDER, at, qty};

const FULFILLMENT: FulfillmentId = FulfillmentId::from_bytes([5; 16]);

fn vehicle() -> Vehicle {
    Vehicle {
        id: VehicleId::from_bytes([1; 16]),
        code: "VAN-1".into(),
        name: "Van".into(),
        limits: Limits { weight_g: Some(1_000_000), volume_ml: None, length_mm: Some(4_000) },
        tags: vec!["tail_lift".into()],
        active: true,
        version: 1,
        created_at: at(1),
    }
}

fn sample() -> Load {
    Load {
        id: LoadId::from_bytes([2; 16]),
        number: "L1".into(),
        vehicle: vehicle().id,
        location: LocationId::from_bytes([3; 16]),
        day: Day::from_number(20_000),
        driver: Some("Jo".into()),
        state: LoadState::Planned,
        limits: vehicle().limits,
        size: Size::default(),
        overridden: false,
        version: 1,
        created_at: at(1),
        departed_at: None,
        returned_at: None,
        stops: Vec::new(),
    }
}

fn stop() -> Stop {
    Stop {
        id: StopId::from_bytes([4; 16]),
        position: 1,
        order: ORDER,
        delivery: DeliveryId::from_bytes([6; 16]),
        fulfillment: FULFILLMENT,
        shipment: None,
        state: StopState::Planned,
        from: None,
        slot_from: Some("08:00".into()),
        slot_until: Some("10:00".into()),
        note: None,
        size: Size { weight_g: 10, volume_ml: 20, length_mm: 30 },
        lines: vec![(LineId::from_bytes([7; 16]), qty(5))],
        reason: None,
        received_by: None,
        attempted_at: None,
        at: None,
        proofs: Vec::new(),
    }
}

#[test]
fn a_load_is_saved_with_its_stops_lines_and_proofs() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        store
            .write(|tx| {
                let van = vehicle();
                assert!(loads::insert_vehicle(tx, &van)?);
                assert!(!loads::insert_vehicle(tx, &van)?);
                let retired = Vehicle { active: false, version: 2, ..van.clone() };
                assert!(loads::save_vehicle(tx, &van, &retired)?);
                assert!(!loads::save_vehicle(tx, &van, &retired)?);
                assert_eq!(loads::vehicle(tx, van.id)?, Some(retired.clone()));
                assert_eq!(loads::vehicles(tx)?, [retired]);
                let load = sample();
                loads::insert(tx, &load)?;
                assert_eq!(loads::get(tx, load.id, true)?, Some(load.clone()));
                let size = stop().size;
                let planned = Load { version: 2, size, stops: vec![stop()], ..load.clone() };
                assert!(loads::save(tx, &load, &planned)?);
                assert!(!loads::save(tx, &load, &planned)?);
                assert_eq!(loads::planned(tx, FULFILLMENT)?, stop().lines);
                let document = DocumentId::from_bytes([9; 16]);
                loads::keep_document(tx, document, "image/png", b"png", at(2))?;
                loads::keep_document(tx, document, "image/png", b"png", at(3))?;
                let kept = loads::document(tx, document)?;
                assert_eq!(kept, Some(("image/png".into(), b"png".to_vec())));
                let shipment = ShipmentId::from_bytes([8; 16]);
                let done = Stop {
                    shipment: Some(shipment),
                    state: StopState::Delivered,
                    received_by: Some("A. Field".into()),
                    attempted_at: Some(at(2)),
                    at: Some(Coordinates { latitude_e6: 53_800_000, longitude_e6: -1_550_000 }),
                    lines: vec![(LineId::from_bytes([7; 16]), qty(4))],
                    proofs: vec![(ProofKind::Signature, document)],
                    ..stop()
                };
                let state = LoadState::Departed;
                let away = Load { version: 3, state, stops: vec![done], ..planned.clone() };
                assert!(loads::save(tx, &planned, &away)?);
                assert_eq!(loads::get(tx, load.id, false)?, Some(away.clone()));
                assert!(loads::planned(tx, FULFILLMENT)?.is_empty());
                let carrier = loads::carrier_of(tx, shipment)?;
                assert_eq!(carrier, Some((stop().id, "L1".into(), state)));
                let brief = loads::stop_of(tx, stop().id)?;
                let own = away.stops[0].clone();
                assert_eq!(brief, Some((load.id, own.delivery, own.state)));
                assert_eq!(loads::stop_of(tx, StopId::from_bytes([99; 16]))?, None);
                assert_eq!(loads::by_number(tx, "L1")?, Some(load.id));
                assert_eq!(loads::list(tx, Some(load.day), None, 10)?, std::slice::from_ref(&away));
                let end = Some((away.day, away.id));
                assert_eq!(loads::list(tx, None, None, 10)?, [away]);
                assert!(loads::list(tx, None, end, 10)?.is_empty());
                assert!(loads::list(tx, Some(load.day.plus_days(1)), None, 10)?.is_empty());
                Ok::<(), StoreError>(())
            })
            .unwrap();
    }
}
