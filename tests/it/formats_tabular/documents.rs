//! Tables in a document: files read out of order, traits beside events, the secret of addresses.

use std::path::PathBuf;

use stormline::base::Progress;
use stormline::formats::log::fix::{Change, Fix};
use stormline::jobs::import::{ImportOptions, ImportReport, import, preview};
use stormline::jobs::replay::{Replay, replay};
use stormline::store::{CopyContents, CopyOptions, Document};

use super::*;

struct Desk {
    folder: tempfile::TempDir,
    document: Document,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("a.stormline")).unwrap();
        Desk { folder, document }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&mut self, name: &str, bytes: &[u8]) -> ImportReport {
        let path = self.file(name, bytes);
        import(&mut self.document, &path, &import_options(), &Progress::new()).unwrap()
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.document.sql_rows(sql).unwrap().rows;
        let text = |cell: Option<String>| cell.unwrap_or_default();
        rows.into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }
}

fn import_options() -> ImportOptions<'static> {
    ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
        zone: Zone::named("Europe/Berlin").unwrap(),
    }
}

#[test]
fn files_read_out_of_order_are_imported_like_others() {
    let mut desk = Desk::new();
    let report = desk.import("log.data", &parquet::log_of_all_types());
    assert_eq!((report.format, report.imported, report.quarantined), ("parquet", 2, 1));
    let again = desk.import("again.data", &parquet::log_of_all_types());
    assert_eq!((again.imported, again.batch), (0, None));
    let report = desk.import("orders", &xlsx::orders());
    assert_eq!((report.format, report.imported, report.quarantined), ("xlsx", 2, 1));
    assert_eq!(report.diagnostics[0].code, "sheet-chosen");
    let path = desk.file("seen", &xlsx::orders());
    let seen = preview(&path, &import_options()).unwrap();
    assert_eq!((seen.format, seen.events), ("xlsx", 2));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn tables_in_archives_and_folders_are_read_like_others() {
    let mut desk = Desk::new();
    let report = desk.import("log.parquet.gz", &gzip(&parquet::log_of_all_types()));
    assert_eq!((report.format, report.imported, report.quarantined), ("parquet", 2, 1));
    let seen = preview(&desk.folder.path().join("log.parquet.gz"), &import_options()).unwrap();
    assert_eq!((seen.format, seen.events), ("parquet", 2));
    assert!(seen.columns.iter().any(|column| column.name == "place.city"), "{:?}", seen.columns);

    let files = [
        ("access.log", access_log::LOG.to_vec()),
        ("log.parquet", parquet::log_of_all_types()),
        ("orders.xlsx", xlsx::orders()),
        ("persons.csv", csv::PERSONS.to_vec()),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let folder = desk.folder.path().join("logs");
    std::fs::create_dir(&folder).unwrap();
    for (name, bytes) in &files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, bytes).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let archive = archive.finish().unwrap().into_inner();
    let mut other = Desk::new();
    let report = other.import("logs.zip", &archive);
    assert_eq!((report.imported, report.traits, report.quarantined), (9, 3, 5), "{report:?}");
    for code in ["addresses-hashed", "sheet-chosen", "table-of-persons"] {
        let said = report.diagnostics.iter().filter(|note| note.code == code).count();
        assert_eq!(said, 1, "{code}: {:?}", report.diagnostics);
    }
    let visitors = "SELECT DISTINCT anonymous_id FROM events WHERE anonymous_id LIKE 'ip-%' ORDER BY 1";
    let first = other.texts(visitors);
    let more = b"203.0.113.7 - - [05/Jan/2026:11:00:00 +0100] \"GET /new HTTP/2.0\" 200 1\n";
    assert_eq!(other.import("more", more).imported, 1);
    assert_eq!(other.texts(visitors), first, "parts have the document's secret too");

    let report = import(&mut desk.document, &folder, &import_options(), &Progress::new()).unwrap();
    assert_eq!((report.imported, report.duplicates, report.traits, report.quarantined), (7, 2, 3, 5));
    let seen = preview(&folder, &import_options()).unwrap();
    assert_eq!((seen.format, seen.events), ("access-log", 12));
}

#[test]
fn persons_of_a_table_stay_when_events_come_later() {
    let mut desk = Desk::new();
    desk.import("persons.csv", csv::PERSONS);
    assert_eq!(desk.document.counts().unwrap().persons, 3);
    let log = b"user_id,device_id,event,timestamp\n,d9,Viewed,2026-01-05T10:00:00Z\nu4,,Viewed,2026-01-06T10:00:00Z\n";
    let report = desk.import("log.csv", log);
    assert_eq!((report.imported, desk.document.counts().unwrap().persons), (2, 4));
    let person = desk.document.find_person("u1", 10).unwrap()[0].person_id;
    assert_eq!(desk.document.find_person("d9", 10).unwrap()[0].person_id, person);
    desk.document.remove_batch(report.batch.unwrap(), &Progress::new()).unwrap();
    assert_eq!(desk.document.counts().unwrap().persons, 3);
    assert_eq!(desk.document.find_person("u3", 10).unwrap().len(), 1);
}

#[test]
fn rows_in_quarantine_are_read_again_as_they_were() {
    let mut desk = Desk::new();
    let report = desk.import("log.parquet", &parquet::log_of_all_types());
    let again = |report: &ImportReport, fixes: &[Fix]| Replay {
        batches: vec![report.batch.unwrap()],
        reason: None,
        fixes: fixes.to_vec(),
    };
    let zone = import_options().zone;
    let kept = "SELECT reason, detail FROM quarantine ORDER BY id";
    let before = desk.texts(kept);
    assert_eq!(before, ["no-identifier "]);
    let mended = replay(&mut desk.document, &again(&report, &[]), zone, &Progress::new()).unwrap();
    assert_eq!((mended.read, mended.imported), (1, 0));
    assert_eq!(desk.texts(kept), before);
    let user = Fix { field: "user_id".to_owned(), change: Change::Default("u9".to_owned()) };
    let mended = replay(&mut desk.document, &again(&report, &[user]), zone, &Progress::new()).unwrap();
    assert_eq!((mended.read, mended.imported), (1, 1), "{mended:?}");
    assert_eq!(desk.texts("SELECT event_name FROM events WHERE user_id = 'u9'"), ["Of Nobody"]);

    let report = desk.import("access", access_log::LOG);
    let before = desk.texts(kept);
    let mended = replay(&mut desk.document, &again(&report, &[]), zone, &Progress::new()).unwrap();
    assert_eq!((mended.read, mended.imported), (2, 0));
    assert_eq!(desk.texts(kept), before, "for the same reasons");

    let report = desk.import("claims", xes::LOG);
    let refused = replay(&mut desk.document, &again(&report, &[]), zone, &Progress::new());
    assert_eq!(refused.unwrap_err().diagnostic().code, "no-replay");
}

#[test]
fn packed_process_logs_are_imported() {
    let report = Desk::new().import("claims", &gzip(xes::LOG));
    assert_eq!((report.format, report.imported, report.quarantined), ("xes", 3, 4));
}

#[test]
fn traits_of_persons_are_no_events() {
    let mut desk = Desk::new();
    let log = b"user_id,device_id,event,timestamp\n,d9,Viewed,2026-01-05T10:00:00Z\nu2,,Viewed,2026-01-06T10:00:00Z\n";
    desk.import("log.csv", log);
    let before = desk.document.default_as_of().unwrap();
    let report = desk.import("persons.csv", csv::PERSONS);
    assert_eq!((report.imported, report.traits, report.quarantined, report.read), (0, 3, 1, 4));
    assert_eq!((report.first_time, report.complete), (None, true));
    assert!(report.diagnostics.iter().any(|note| note.code == "table-of-persons"));

    let counts = desk.document.counts().unwrap();
    assert_eq!((counts.events, counts.persons, counts.batches), (2, 3, 2));
    assert_eq!(desk.document.default_as_of().unwrap(), before, "as-of does not move");
    assert_eq!(desk.texts("SELECT DISTINCT event_name FROM events"), ["Viewed"]);
    assert_eq!(
        desk.texts("SELECT user_id, traits ->> 'plan' FROM person_traits ORDER BY seq"),
        ["u1 pro", "u2 free", "u3 pro"]
    );
    // The device of the log is the account of the table.
    let person = desk.document.find_person("u1", 10).unwrap()[0].person_id;
    assert_eq!(desk.document.find_person("d9", 10).unwrap()[0].person_id, person);
    let traits = desk.document.person_traits(person).unwrap();
    assert_eq!((traits.len(), traits[0].line), (1, 2));
    assert!(traits[0].traits.contains("Ann Example"));

    let again = desk.import("persons again.csv", csv::PERSONS);
    assert_eq!((again.traits, again.batch), (0, None));
    assert!(again.diagnostics.iter().any(|note| note.code == "already-imported"));
    let batch = report.batch.unwrap();
    desk.document.remove_batch(batch, &Progress::new()).unwrap();
    assert!(desk.document.find_person("u3", 10).unwrap().is_empty());
    assert!(desk.texts("SELECT user_id FROM person_traits").is_empty());
    assert_eq!(desk.document.counts().unwrap().persons, 2, "the device and the account part again");
}

#[test]
fn addresses_have_the_documents_secret_and_copies_do_not() {
    let mut desk = Desk::new();
    let report = desk.import("access", access_log::LOG);
    assert_eq!((report.imported, report.quarantined), (5, 2));
    let visitors = "SELECT DISTINCT anonymous_id FROM events ORDER BY 1";
    let first = desk.texts(visitors);
    assert_eq!(first.len(), 4);
    let more =
        [access_log::LOG, b"203.0.113.7 - - [05/Jan/2026:11:00:00 +0100] \"GET /new HTTP/2.0\" 200 1\n"]
            .concat();
    assert_eq!(desk.import("more", &more).imported, 1);
    assert_eq!(desk.texts(visitors), first, "the visitor is known again");

    let mut other = Desk::new();
    other.import("access", access_log::LOG);
    assert_ne!(other.texts(visitors), first);

    let secret = "SELECT count(*) FROM meta WHERE key = 'import.salt'";
    assert_eq!(desk.texts(secret), ["1"]);
    let copy = desk.folder.path().join("copy.stormline");
    let options = CopyOptions { contents: CopyContents::Everything, overwrite: false };
    desk.document.save_copy(&copy, options, &Progress::new()).unwrap();
    let copied = Desk { folder: tempfile::tempdir().unwrap(), document: Document::open(&copy).unwrap() };
    assert_eq!(copied.texts(secret), ["0"]);
}
