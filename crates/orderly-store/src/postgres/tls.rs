//! TLS with verified certificates; there is no mode that encrypts without looking who answers.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// Trusts the certificates of `roots` (a PEM file), or those of the system.
pub(crate) fn connector(roots: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unfit)?
        .with_root_certificates(trusted(roots)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn trusted(roots: Option<&str>) -> Result<RootCertStore, StoreError> {
    let mut store = RootCertStore::empty();
    let found = match roots {
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|error| StoreError::unfit(format_args!("{file}: {error}")))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = store.add_parsable_certificates(found);
    match added {
        0 => Err(StoreError::unfit("no trusted root certificate was found: set sslrootcert")),
        _ => Ok(store),
    }
}
