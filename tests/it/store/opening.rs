//! Making, opening and closing, also of what is no document.

use std::path::Path;

#[cfg(target_os = "linux")]
use stormline::store::handles::looks_like_document;
use stormline::store::{Access, CopyContents, CopyOptions, Document, StoreError};

use super::{Place, bytes, count, event, import, integrity};

#[test]
fn a_new_document_is_one_private_file_again_after_closing() {
    let place = Place::new();
    let document = place.create();
    assert_eq!(document.access(), &Access::Writer);
    assert_eq!(integrity(&document), "ok");
    assert!(place.files().contains(&"shop.stormline.lock".to_owned()));
    document.close().unwrap();
    assert_eq!(place.files(), ["shop.stormline"]);
    let header = bytes(&place.path());
    assert_eq!(&header[68..72], b"StLn");
    assert!(header[63] > 0, "the schema's version");
    // File format 1 is the rollback journal: no write-ahead log belongs to it.
    assert_eq!(&header[18..20], [1, 1]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(place.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(place.open());
    assert_eq!(place.files(), ["shop.stormline"]);
}

#[test]
fn making_over_an_existing_file_is_refused() {
    let place = Place::new();
    std::fs::write(place.path(), "mine").unwrap();
    assert!(matches!(Document::create(&place.path()), Err(StoreError::Exists { .. })));
    assert_eq!(bytes(&place.path()), b"mine");
    assert!(matches!(Document::create(&place.file("none/x.stormline")), Err(StoreError::Io { .. })));
    assert_eq!(place.files(), ["shop.stormline"]);
}

/// Opens in every way; all fail with `code`, and neither the file nor its folder changes.
fn refuses(place: &Place, path: &Path, code: &str) {
    let before = path.is_file().then(|| bytes(path));
    let files = place.files();
    for opened in [Document::open(path), Document::open_for_writing(path), Document::open_read_only(path)] {
        let error = opened.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let told = error.diagnostic();
        assert!(told.hint.is_some() && told.message.len() > 10, "{told}");
    }
    assert_eq!(path.is_file().then(|| bytes(path)), before);
    assert_eq!(place.files(), files);
}

#[test]
fn what_is_no_readable_document_is_named_and_not_touched() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "a", &(0..500).map(event).collect::<Vec<_>>());
    document.close().unwrap();
    let good = bytes(&place.path());

    refuses(&place, &place.file("nothing.stormline"), "document-missing");
    std::fs::create_dir(place.file("folder")).unwrap();
    refuses(&place, &place.file("folder"), "document-is-folder");

    let write = |name: &str, content: &[u8]| {
        std::fs::write(place.file(name), content).unwrap();
        place.file(name)
    };
    refuses(&place, &write("empty", b""), "document-empty");
    refuses(&place, &write("text", b"{\"type\":\"track\"}\n"), "document-foreign");
    refuses(&place, &write("long-text", "storm ".repeat(9000).as_bytes()), "document-foreign");
    let other = place.file("other.db");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (a); PRAGMA user_version = 1")
        .unwrap();
    refuses(&place, &other, "document-foreign");

    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    refuses(&place, &write("newer", &newer), "document-newer");
    let mut versionless = good.clone();
    versionless[60..64].copy_from_slice(&0_u32.to_be_bytes());
    refuses(&place, &write("versionless", &versionless), "document-damaged");

    for length in [1, 15, 16, 99, 100, 101, 4096, good.len() / 2, good.len() - 1] {
        refuses(&place, &write("cut", &good[..length]), "document-truncated");
    }
    let mut scrambled = good.clone();
    for byte in &mut scrambled[100..8192] {
        *byte ^= 0x5A;
    }
    refuses(&place, &write("scrambled", &scrambled), "document-damaged");
}

#[test]
fn a_write_protected_document_opens_for_reading_only_and_stays_as_it_is() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "a", &(0..10).map(event).collect::<Vec<_>>());
    document.close().unwrap();
    let mut permissions = std::fs::metadata(place.path()).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(place.path(), permissions).unwrap();
    let before = bytes(&place.path());
    let mut document = Document::open(&place.path()).unwrap();
    assert!(matches!(document.access(), Access::ReadOnly { reason } if reason.contains("write-protected")));
    assert_eq!(count(&document, "SELECT count(*) FROM events"), 10);
    assert!(matches!(document.set_meta("a", "b"), Err(StoreError::ReadOnly { .. })));
    let table = document.load_table(&Default::default()).unwrap();
    assert!(document.load_columns(&table.layout, &["country"], &Default::default()).is_ok());
    drop(document);
    assert_eq!(bytes(&place.path()), before);
    assert_eq!(place.files(), ["shop.stormline"]);
}

#[test]
fn a_second_window_reads_only_and_names_the_first() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "a", &(0..10).map(event).collect::<Vec<_>>());
    let second = Document::open(&place.path()).unwrap();
    let holder = format!("process {}", std::process::id());
    assert!(matches!(second.access(), Access::ReadOnly { reason } if reason.contains(&holder)));
    assert_eq!(count(&second, "SELECT count(*) FROM events"), 10);
    match Document::open_for_writing(&place.path()) {
        Err(StoreError::Locked { holder: named, .. }) => assert!(named.contains(&holder), "{named}"),
        other => panic!("{:?}", other.map(|_| ())),
    }
    drop(second);
    document.set_meta("still", "writable").unwrap();
    document.close().unwrap();
    assert_eq!(place.files(), ["shop.stormline"]);
    assert_eq!(place.open().meta("still").unwrap().as_deref(), Some("writable"));
}

#[test]
fn a_left_over_lock_file_without_its_holder_is_no_obstacle() {
    let place = Place::new();
    place.create().close().unwrap();
    std::fs::write(place.file("shop.stormline.lock"), "process 1 on moon since long ago").unwrap();
    place.open().close().unwrap();
    assert_eq!(place.files(), ["shop.stormline"]);
}

#[test]
fn a_crash_leaves_sidecars_that_belong_to_the_document() {
    let place = Place::new();
    let mut document = place.create();
    document.set_meta("before", "1").unwrap();
    import(&mut document, "a", &(0..3000).map(event).collect::<Vec<_>>());
    // What a killed process leaves: the files as they are, without any closing.
    let crashed = Place::new();
    for name in place.files().iter().filter(|name| !name.ends_with(".lock")) {
        std::fs::copy(place.file(name), crashed.file(name)).unwrap();
    }
    assert!(crashed.files().contains(&"shop.stormline-wal".to_owned()));
    let document = crashed.open();
    assert_eq!(document.meta("before").unwrap().as_deref(), Some("1"));
    assert_eq!(count(&document, "SELECT count(*) FROM events"), 3000);
    assert_eq!(integrity(&document), "ok");
    document.close().unwrap();
    assert_eq!(crashed.files(), ["shop.stormline"]);
}

#[test]
fn the_last_handle_to_close_tidies_up() {
    let place = Place::new();
    let document = place.create();
    let mut reader = document.another_reader().unwrap();
    assert_eq!(reader.access(), &Access::Reader);
    assert!(matches!(reader.set_meta("a", "b"), Err(StoreError::ReadOnly { .. })));
    let on_a_thread = std::thread::spawn(move || {
        assert!(reader.load_table(&Default::default()).is_ok());
        reader
    });
    document.close().unwrap();
    drop(on_a_thread.join().unwrap());
    assert_eq!(place.files(), ["shop.stormline"]);
}

/// The system's locks on the database file, as the kernel lists them: SQLite's shared one, while it is open.
#[cfg(target_os = "linux")]
fn is_locked(place: &Place) -> bool {
    let inode = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(place.path()).unwrap());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| line.contains("POSIX") && line.contains(&format!(":{inode} 1073741826 ")))
}

#[cfg(target_os = "linux")]
#[test]
fn looking_at_a_document_that_is_open_keeps_its_locks() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "a", &(0..10).map(event).collect::<Vec<_>>());
    assert!(is_locked(&place));
    assert!(looks_like_document(&place.path()));
    assert!(is_locked(&place));
    let second = Document::open(&place.path()).unwrap();
    let third = second.another_reader().unwrap();
    assert!(matches!(third.access(), Access::ReadOnly { .. }));
    drop((second, third));
    assert!(is_locked(&place));
    assert!(matches!(Document::open_for_writing(&place.path()), Err(StoreError::Locked { .. })));
    std::fs::hard_link(place.path(), place.file("other-name")).unwrap();
    assert!(looks_like_document(&place.file("other-name")));
    assert!(is_locked(&place));
    document.close().unwrap();
    assert!(!is_locked(&place));
    // Closed, it is looked into again.
    std::fs::write(place.path(), "something else").unwrap();
    assert!(matches!(Document::open(&place.path()), Err(StoreError::Foreign { .. })));
}

#[test]
fn another_programs_lock_file_is_neither_written_nor_removed() {
    let place = Place::new();
    let document = place.create();
    std::fs::write(place.file("flake"), "inputs").unwrap();
    std::fs::write(place.file("flake.lock"), "pinned").unwrap();
    assert!(Document::open(&place.file("flake")).is_err());
    let options = CopyOptions { contents: CopyContents::Everything, overwrite: true };
    let copied = document.save_copy(&place.file("flake"), options, &Default::default());
    assert!(matches!(copied, Err(StoreError::Exists { path }) if path == place.file("flake.lock")));
    assert_eq!(
        (bytes(&place.file("flake")), bytes(&place.file("flake.lock"))),
        (b"inputs".into(), b"pinned".into())
    );
}

#[cfg(unix)]
#[test]
fn changes_in_a_log_that_cannot_be_read_are_not_left_out_in_silence() {
    let place = Place::new();
    let mut document = place.create();
    import(&mut document, "a", &(0..10).map(event).collect::<Vec<_>>());
    let crashed = Place::new();
    for name in ["shop.stormline", "shop.stormline-wal"] {
        std::fs::copy(place.file(name), crashed.file(name)).unwrap();
    }
    // What SQLite meets in a folder where it can make no index of the log.
    std::os::unix::fs::symlink("nowhere/at-all", crashed.file("shop.stormline-shm")).unwrap();
    let error = Document::open_read_only(&crashed.path()).unwrap_err();
    assert_eq!(error.code(), "document-unfolded", "{error}");
    std::fs::write(crashed.file("shop.stormline-wal"), "").unwrap();
    assert!(Document::open_read_only(&crashed.path()).is_ok());
}
