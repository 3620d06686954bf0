//! The stylesheet, the script and the icons: embedded, named by their content, kept for a year.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// One embedded file.
pub struct Asset {
    /// Its name with eight letters of its content's hash.
    pub name: String,
    pub media: &'static str,
    pub text: &'static str,
}

/// Every embedded file: stylesheet, script, icons.
pub static ALL: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("css", "text/css; charset=utf-8", include_str!("assets/console.css")),
        asset("js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
        asset("svg", "image/svg+xml", include_str!("assets/icons.svg")),
    ]
});

fn asset(kind: &str, media: &'static str, text: &'static str) -> Asset {
    let hash = Sha256::digest(text.as_bytes());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Asset { name: format!("console.{hash}.{kind}"), media, text }
}

/// The address of the stylesheet.
pub fn stylesheet() -> String {
    at(0)
}

/// The address of the script.
pub fn script() -> String {
    at(1)
}

/// The address of the icons.
pub fn icons() -> String {
    at(2)
}

fn at(index: usize) -> String {
    format!("/console/assets/{}", ALL[index].name)
}

/// Answers with an embedded file.
pub fn answer(name: &str) -> Response {
    let Some(found) = ALL.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = found.text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(found.media));
    let year = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, year);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_small_and_named_by_their_content() {
        let most = [30 << 10, 20 << 10, 8 << 10];
        for (asset, most) in ALL.iter().zip(most) {
            assert!(asset.text.len() <= most, "{} has {} bytes", asset.name, asset.text.len());
        }
        assert!(stylesheet().ends_with(".css") && script().ends_with(".js"));
        assert_eq!(answer("console.css").status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(&ALL[0].name).status(), StatusCode::OK);
    }
}
