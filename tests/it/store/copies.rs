//! Saving copies: what goes with them, and what does not.

use stormline::base::Progress;
use stormline::model::item::ItemId;
use stormline::model::operations::settings;
use stormline::store::{CopyContents, CopyOptions, Document, StoreError};

use super::{Place, bytes, count, event, import, info, integrity};

const DEFINITIONS: CopyOptions = CopyOptions { contents: CopyContents::Definitions, overwrite: false };
const EVERYTHING: CopyOptions = CopyOptions { contents: CopyContents::Everything, overwrite: false };

fn filled(place: &Place) -> Document {
    let mut document = place.create();
    document.record(&settings::set_title(&Default::default(), "Former Title")).unwrap();
    let workspace = document.load_workspace().unwrap().0;
    document.record(&settings::set_title(&workspace, "Coffee Gear")).unwrap();
    document.set_last_answer(ItemId(1), "secret answer").unwrap();
    import(&mut document, "log", &(0..200).map(event).collect::<Vec<_>>());
    let mut importer = document.import(info("broken")).unwrap();
    importer.quarantine(1, "not-json", "", b"secret line").unwrap();
    importer.commit(1).unwrap();
    importer.finish(true).unwrap();
    document.rebuild_cache(&Progress::new()).unwrap();
    document
}

#[test]
fn definitions_carry_items_and_no_trace_of_anything_else() {
    let place = Place::new();
    let document = filled(&place);
    let path = place.file("copy.stormline");
    document.save_copy(&path, DEFINITIONS, &Progress::new()).unwrap();
    let copy = Document::open(&path).unwrap();
    assert_eq!(copy.load_workspace().unwrap(), document.load_workspace().unwrap());
    for table in [
        "event",
        "event_text",
        "context",
        "identifier",
        "batch",
        "quarantine",
        "edit_log",
        "cache_blob",
        "last_answer",
    ] {
        assert_eq!(count(&copy, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    copy.close().unwrap();
    let content = bytes(&path);
    for word in ["Former Title", "secret", "device-1", "192.0.2.7", "Product Viewed"] {
        assert!(!content.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn everything_is_the_same_document_again() {
    let place = Place::new();
    let mut document = filled(&place);
    let path = place.file("copy.stormline");
    document.save_copy(&path, EVERYTHING, &Progress::new()).unwrap();
    let mut copy = Document::open_for_writing(&path).unwrap();
    assert_eq!(integrity(&copy), "ok");
    assert_eq!(copy.counts().unwrap(), document.counts().unwrap());
    assert_eq!(copy.history(9).unwrap(), document.history(9).unwrap());
    assert!(copy.cache_is_current().unwrap());
    let progress = Progress::new();
    let (ours, theirs) = (document.load_table(&progress).unwrap(), copy.load_table(&progress).unwrap());
    assert_eq!(ours.table.rows(), theirs.table.rows());
    copy.close().unwrap();
    document.close().unwrap();
    assert_eq!(place.files(), ["copy.stormline", "shop.stormline"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn nothing_is_replaced_unasked_and_never_an_open_document() {
    let place = Place::new();
    let document = filled(&place);
    let path = place.file("copy.stormline");
    std::fs::write(&path, "mine").unwrap();
    let refused = document.save_copy(&path, DEFINITIONS, &Progress::new());
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    assert_eq!(bytes(&path), b"mine");
    let replace = CopyOptions { overwrite: true, ..DEFINITIONS };
    document.save_copy(&path, replace, &Progress::new()).unwrap();
    let copy = Document::open(&path).unwrap();
    let refused = document.save_copy(&path, replace, &Progress::new());
    assert!(matches!(refused, Err(StoreError::Locked { .. })));
    let itself = document.save_copy(&place.path(), replace, &Progress::new());
    assert!(matches!(itself, Err(StoreError::Exists { .. })));
    let folder = document.save_copy(place.folder.path(), replace, &Progress::new());
    assert!(matches!(folder, Err(StoreError::Directory { .. })));
    assert_eq!(integrity(&document), "ok");
    drop(copy);
}

#[test]
fn a_stopped_copy_leaves_nothing() {
    let place = Place::new();
    let document = filled(&place);
    let before = place.files();
    for options in [DEFINITIONS, EVERYTHING] {
        let path = place.file("copy.stormline");
        for call in 1.. {
            match document.save_copy(&path, options, &Progress::cancelling_at(call)) {
                Err(error) => {
                    assert!(error.is_cancelled(), "{error}");
                    assert_eq!(place.files(), before);
                }
                Ok(()) => {
                    assert!(call > 1);
                    std::fs::remove_file(&path).unwrap();
                    break;
                }
            }
        }
    }
}

#[test]
fn what_a_former_file_left_behind_does_not_get_into_the_new_one() {
    let place = Place::new();
    let mut former = place.create();
    former.set_meta("former", "yes").unwrap();
    let log = bytes(&place.file("shop.stormline-wal"));
    assert!(!log.is_empty());
    former.close().unwrap();
    std::fs::remove_file(place.path()).unwrap();
    std::fs::write(place.file("shop.stormline-wal"), &log).unwrap();
    let document = place.create();
    assert_eq!(document.meta("former").unwrap(), None);
    assert_eq!(integrity(&document), "ok");

    std::fs::write(place.file("copy.stormline"), "mine").unwrap();
    std::fs::write(place.file("copy.stormline-wal"), &log).unwrap();
    let replace = CopyOptions { overwrite: true, ..DEFINITIONS };
    document.save_copy(&place.file("copy.stormline"), replace, &Progress::new()).unwrap();
    let copy = Document::open(&place.file("copy.stormline")).unwrap();
    assert_eq!(copy.meta("former").unwrap(), None);
    assert_eq!(integrity(&copy), "ok");
}

#[test]
fn where_the_logs_lay_stays_at_home() {
    let place = Place::new();
    let mut document = filled(&place);
    let home = "/home/somebody/secret-folder/log.ndjson";
    document.set_meta("import.path.1", home).unwrap();
    let path = place.file("copy.stormline");
    document.save_copy(&path, EVERYTHING, &Progress::new()).unwrap();
    let file = bytes(&path);
    assert!(!file.windows(home.len()).any(|part| part == home.as_bytes()));
    assert_eq!(document.meta("import.path.1").unwrap().as_deref(), Some(home));
    let batch = document.batches().unwrap()[0].id;
    document.set_meta(&format!("import.path.{batch}"), home).unwrap();
    document.remove_batch(batch, &Progress::new()).unwrap();
    assert_eq!(document.meta(&format!("import.path.{batch}")).unwrap(), None);
}
