//! The document's secret, under which addresses are hashed. Not for hashing: see `formats::log::access_log`.
//!
//! It is drawn once, and stays in the document so that the next log gives the same visitors. A copy does not get it: who
//! has a copy alone cannot find out addresses by trying them.

use crate::jobs::clock;
use crate::store::{Document, StoreError};

/// Where it is kept; `store::copy` leaves it out of copies.
const KEY: &str = "import.salt";

/// The secret, drawn when there is none.
///
/// # Errors
/// What SQLite says, or that the document is read only.
pub(super) fn salt(document: &mut Document) -> Result<[u8; 16], StoreError> {
    let salt = match read(document)? {
        Some(salt) => salt,
        None => {
            let salt = clock::secret();
            document.set_meta(KEY, &format!("{salt:032x}"))?;
            salt
        }
    };
    Ok(salt.to_be_bytes())
}

/// The secret, if it was drawn and can be read.
pub(super) fn kept(document: &Document) -> Option<[u8; 16]> {
    read(document).ok().flatten().map(u128::to_be_bytes)
}

fn read(document: &Document) -> Result<Option<u128>, StoreError> {
    Ok(document.meta(KEY)?.and_then(|text| u128::from_str_radix(&text, 16).ok()))
}
