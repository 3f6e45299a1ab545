//! Folders and archives of logs as one import. Not for single files: see `import`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stormline::base::Progress;
use stormline::formats::log::Reason;
use stormline::jobs::import::{
    ImportError, ImportOptions, ImportReport, batch_path, batch_paths, import, preview,
};
use stormline::jobs::watch::{Landing, Taken, Watched, keep_watched, watched};
use stormline::model::time::{Time, Zone};
use stormline::store::{CopyContents, CopyOptions, Document};
use zip::write::SimpleFileOptions;

struct Desk {
    folder: tempfile::TempDir,
    document: Document,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let document = Document::create(&folder.path().join("a.stormline")).unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        Desk { folder, document }
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.logs().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn archive(&self, name: &str, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, zipped(entries)).unwrap();
        path
    }

    fn import(&mut self, path: &Path) -> ImportReport {
        import(&mut self.document, path, &options(), &Progress::new()).unwrap()
    }
}

fn options() -> ImportOptions<'static> {
    ImportOptions {
        format: None,
        mapping: None,
        source: "shop".to_owned(),
        imported_at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
        zone: Zone::default(),
    }
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// An hour of an Amplitude export; of every fifth event the time is missing, and every third has no insert id.
fn hour(hour: usize, count: usize) -> Vec<u8> {
    let mut text = String::new();
    for n in 0..count {
        let id = if n % 3 == 0 { String::new() } else { format!(r#""$insert_id":"h{hour}-{n}","#) };
        let time = if n % 5 == 4 {
            String::new()
        } else {
            format!(r#""event_time":"2026-03-02 {hour:02}:{:02}:{:02}.000000","#, n / 60 % 60, n % 60)
        };
        writeln!(
            text,
            r#"{{{id}{time}"amplitude_id":{},"device_id":"d{}","event_type":"Step {}","event_properties":{{"n":{n}}}}}"#,
            n % 50,
            n % 50,
            n % 7
        )
        .unwrap();
    }
    text.into_bytes()
}

fn codes(report: &ImportReport) -> Vec<&'static str> {
    report.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn note(report: &ImportReport, code: &str) -> String {
    report.diagnostics.iter().find(|note| note.code == code).unwrap().to_string()
}

#[test]
fn an_archive_is_one_import_whose_parts_are_named() {
    let mut desk = Desk::new();
    let inner = zipped(&[("x.json", &hour(9, 5))]);
    let path = desk.archive(
        "export.zip",
        &[
            ("700/2026-03-02_01.json.gz", &gzip(&hour(1, 10))),
            ("700/2026-03-02_00.json.gz", &gzip(&hour(0, 10))),
            ("700/2026-03-02_02.json", &hour(2, 10)),
            ("700/2026-03-02_03.json.zst", &zstd::encode_all(&hour(3, 10)[..], 1).unwrap()),
            ("manifest.json", br#"{"files":["a","b"],"rows":40}"#),
            ("README.md", b"# An export, of events\nSee below.\n"),
            ("nested.zip", &inner),
            ("empty.json", b""),
            ("__MACOSX/700/._2026.json", b"\0\0"),
            (".DS_Store", b"\0\0Bud1"),
        ],
    );
    let seen = preview(&path, &options()).unwrap();
    assert_eq!((seen.format, seen.read, seen.events, seen.whole), ("amplitude", 40, 32, true));
    assert!(seen.diagnostics.iter().any(|note| note.code == "parts-no-log"));

    let report = desk.import(&path);
    assert_eq!((report.file.as_str(), report.format, report.complete), ("export.zip", "amplitude", true));
    assert_eq!((report.read, report.imported, report.duplicates, report.quarantined), (40, 32, 0, 8));
    assert_eq!(codes(&report), ["parts-no-log", "parts-left-out"]);
    let no_log = note(&report, "parts-no-log");
    for name in ["manifest.json", "README.md", "nested.zip", "empty.json"] {
        assert!(no_log.contains(name), "{no_log}");
    }
    let left_out = note(&report, "parts-left-out");
    assert!(left_out.contains("__MACOSX/700/._2026.json (hidden)") && left_out.contains(".DS_Store"));

    let batch = report.batch.unwrap();
    let kept = desk.document.quarantine(Some(batch), None, 0, 100).unwrap();
    let places: Vec<(&str, u64)> = kept.iter().map(|row| (row.part.as_str(), row.line)).collect();
    assert_eq!(places[..2], [("700/2026-03-02_00.json.gz", 5), ("700/2026-03-02_00.json.gz", 10)]);
    assert_eq!(places[7], ("700/2026-03-02_03.json.zst", 10));
    let rows = desk.document.event_rows(&[1, 9]).unwrap();
    assert_eq!((rows[0].part.as_str(), rows[0].line), ("700/2026-03-02_00.json.gz", 1));
    assert_eq!((rows[1].part.as_str(), rows[1].line), ("700/2026-03-02_01.json.gz", 1));

    let again = desk.import(&path);
    assert_eq!((again.imported, again.duplicates, again.batch), (0, 32, None));
    assert!(codes(&again).contains(&"already-imported"));
    assert_eq!(desk.document.batches().unwrap().len(), 1);

    desk.document.remove_batch(batch, &Progress::new()).unwrap();
    assert_eq!(desk.document.counts().unwrap().events, 0);
    assert_eq!(desk.document.meta(&format!("import.part.{batch}.1")).unwrap(), None);
}

#[test]
fn a_folder_is_read_with_the_folders_in_it_and_later_only_for_what_is_new() {
    let mut desk = Desk::new();
    desk.file("b/2.json", &hour(2, 10));
    desk.file("a/1.json.gz", &gzip(&hour(1, 10)));
    desk.file("b/more.zip", &zipped(&[("3.json", &hour(3, 10))]));
    desk.file(".git/config.json", &hour(7, 10));
    desk.file("notes.txt", b"nothing to see");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.logs(), desk.logs().join("b/up")).unwrap();
        std::os::unix::fs::symlink(desk.logs().join("gone"), desk.logs().join("b/dangling")).unwrap();
    }
    let logs = desk.logs();
    let report = desk.import(&logs);
    assert_eq!((report.file.as_str(), report.read, report.imported), ("logs", 30, 24));
    let rows = desk.document.event_rows(&[1, 9, 17]).unwrap();
    let parts: Vec<&str> = rows.iter().map(|row| row.part.as_str()).collect();
    assert_eq!(parts, ["a/1.json.gz", "b/2.json", "b/more.zip › 3.json"]);
    assert!(note(&report, "parts-left-out").contains(".git (hidden)"));
    assert!(note(&report, "parts-no-log").contains("notes.txt"));
    #[cfg(unix)]
    assert!(note(&report, "parts-left-out").contains("b/up/"));

    assert_eq!(desk.import(&logs).imported, 0);
    desk.file("a/0.json", &hour(5, 10));
    let more = desk.import(&logs);
    assert_eq!((more.imported, more.duplicates), (8, 24));
    assert_eq!(desk.document.batches().unwrap().len(), 2);
}

#[test]
fn damage_of_a_part_is_set_aside_and_the_rest_goes_on() {
    let mut desk = Desk::new();
    let whole = gzip(&hour(1, 2000));
    desk.file("1.json.gz", &whole[..whole.len() / 2]);
    desk.file("2.json.gz", &hour(2, 10));
    desk.file("3.json.gz", &gzip(&hour(3, 10))[..5]);
    let mut packed = zipped(&[("4.json", &hour(4, 400)), ("5.json", &hour(5, 10))]);
    // Within the packed bytes of the first entry.
    packed[400] ^= 0xff;
    desk.file("more.zip", &packed);
    desk.file("cut.zip", &zipped(&[("6.json", &hour(6, 10))])[..150]);
    let logs = desk.logs();
    let report = desk.import(&logs);
    assert!(report.complete);
    let damaged: Vec<String> = desk
        .document
        .quarantine(None, None, 0, 10_000)
        .unwrap()
        .into_iter()
        .filter(|row| row.reason == Reason::DamagedPart.code())
        .map(|row| row.part)
        .collect();
    assert_eq!(damaged, ["1.json.gz", "3.json.gz", "cut.zip", "more.zip › 4.json"]);
    let rows = desk.document.event_rows(&[1]).unwrap();
    assert_eq!(rows[0].part, "1.json.gz", "what came before the damage is in");
    assert!(report.last_time.unwrap().iso().starts_with("2026-03-02T05:"), "what comes after it too");
    assert!(note(&report, "parts-damaged").contains("more.zip › 4.json"));
    assert_eq!(report.read, report.imported + report.duplicates + report.quarantined);
}

#[test]
fn nothing_is_written_when_no_part_is_a_log() {
    let mut desk = Desk::new();
    let refused = |desk: &mut Desk, path: &Path| {
        let result = import(&mut desk.document, path, &options(), &Progress::new());
        let Err(ImportError::Log(problem)) = result else { panic!("{result:?}") };
        assert!(problem.is_error() && problem.hint.is_some() && problem.at.is_some());
        assert_eq!(desk.document.counts().unwrap().batches, 0);
        problem
    };
    let logs = desk.logs();
    assert_eq!(refused(&mut desk, &logs).code, "no-log-in-parts");
    desk.file("photo.png", b"\x89PNG\r\n\x1a\n");
    assert!(refused(&mut desk, &logs).message.contains("photo.png"));
    let empty = desk.archive("empty.zip", &[]);
    assert_eq!(refused(&mut desk, &empty).code, "no-log-in-parts");
    let cut = desk.folder.path().join("cut.zip");
    fs::write(&cut, &zipped(&[("a.json", &hour(1, 10))])[..100]).unwrap();
    assert_eq!(refused(&mut desk, &cut).code, "log-broken-off");
}

#[test]
fn a_packed_bomb_takes_little_memory_and_names_of_entries_are_only_labels() {
    let mut desk = Desk::new();
    let bomb = [br#"{"event_type":""#.to_vec(), vec![b'x'; 64 << 20]].concat();
    let path = desk.archive("bomb.zip", &[("../../evil.json", &hour(1, 10)), ("/etc/z.json", &bomb)]);
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    let report = desk.import(&path);
    assert_eq!((report.imported, report.quarantined), (8, 3));
    assert!(report.reasons.contains(&(Reason::TooLong, 1)));
    let kept = desk.document.quarantine(None, None, 0, 10).unwrap();
    assert!(kept.iter().all(|row| row.raw.len() <= 64 << 10));
    assert!(!desk.folder.path().join("../../evil.json").exists());
}

#[test]
fn brotli_is_known_by_name() {
    let mut desk = Desk::new();
    // An uncompressed block of brotli around the text.
    let text = hour(1, 10);
    let mut packed = Vec::new();
    let length = (text.len() - 1) as u32;
    let header = (length << 4) | (1 << 20);
    packed.extend_from_slice(&header.to_le_bytes()[..3]);
    packed.extend_from_slice(&text);
    packed.push(0b11);
    desk.file("1.jsonl.br", &packed);
    desk.file("2.jsonl.br", &hour(2, 10));
    desk.file("3.jsonl.br", b"\xff\xff\xff\xff no brotli");
    let logs = desk.logs();
    let report = desk.import(&logs);
    assert_eq!(report.imported, 16, "{:?}", report.diagnostics);
    let kept = desk.document.quarantine(None, None, 0, 100).unwrap();
    assert!(kept.iter().any(|row| row.part == "3.jsonl.br" && row.reason == "damaged-part"));
}

#[test]
fn stopped_anywhere_it_goes_on_in_the_middle_of_the_parts() {
    let entries: Vec<(String, Vec<u8>)> =
        (0..6).map(|n| (format!("{n}.json.gz"), gzip(&hour(n, 4000)))).collect();
    let mut entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let fourth = entries[3].1;
    entries[3].1 = &fourth[..fourth.len() / 2];
    let mut whole = Desk::new();
    let path = whole.archive("a.zip", &entries);
    let undisturbed = whole.import(&path);
    assert!(undisturbed.imported > 15_000);
    let fingerprint = |desk: &Desk| {
        let last = desk.document.counts().unwrap().events as i64;
        let ids: Vec<i64> = (1..=last).step_by(97).collect();
        desk.document.event_rows(&ids).unwrap()
    };
    let mut resumed = 0;
    for n in [1, 2, 5, 9, 12, 14, 17, 20, 23, 26] {
        let mut desk = Desk::new();
        let path = desk.archive("a.zip", &entries);
        let _ = import(&mut desk.document, &path, &options(), &Progress::cancelling_at(n));
        let kept = desk.document.counts().unwrap().events;
        assert!(kept <= undisturbed.imported);
        let report = desk.import(&path);
        resumed += u64::from(codes(&report).contains(&"import-resumed"));
        let counts = desk.document.counts().unwrap();
        assert_eq!(counts.events, undisturbed.imported, "stopped at {n} with {kept}");
        assert_eq!(counts.quarantined, undisturbed.quarantined, "stopped at {n}");
        assert_eq!(fingerprint(&desk), fingerprint(&whole));
    }
    assert!(resumed >= 2, "the import was never stopped in the middle");
}

#[test]
fn watched_folders_stay_with_the_document_and_leave_copies() {
    let mut desk = Desk::new();
    assert!(watched(&desk.document).unwrap().is_empty());
    let folder = Watched { folder: desk.logs(), source: "shop".to_owned(), ..Watched::default() };
    keep_watched(&mut desk.document, std::slice::from_ref(&folder)).unwrap();
    assert_eq!(watched(&desk.document).unwrap(), [folder]);
    let copy = desk.folder.path().join("copy.stormline");
    let all = CopyOptions { contents: CopyContents::Everything, overwrite: false };
    desk.document.save_copy(&copy, all, &Progress::new()).unwrap();
    assert!(watched(&Document::open(&copy).unwrap()).unwrap().is_empty());
    keep_watched(&mut desk.document, &[]).unwrap();
    assert!(watched(&desk.document).unwrap().is_empty());
}

#[test]
fn a_removed_import_stays_away_until_it_is_made_by_hand() {
    let mut desk = Desk::new();
    let logs = [desk.logs().join("1.json"), desk.logs().join("2.json")];
    desk.file("1.json", &hour(1, 10));
    desk.file("2.json", &hour(2, 10));
    let batches: Vec<i64> = logs.iter().map(|log| desk.import(log).batch.unwrap()).collect();
    let known = batch_paths(&desk.document, &desk.document.batches().unwrap()).unwrap();
    assert_eq!(known.len(), 2);
    for batch in desk.document.batches().unwrap() {
        let one = batch_path(&desk.document, batch.id, &batch.file).unwrap();
        assert_eq!(known.get(&batch.id), one.as_ref());
    }
    desk.document.remove_batch(batches[0], &Progress::new()).unwrap();
    assert!(Taken::of(&desk.document).unwrap().has(&logs[0]), "it is known, though no import is left");
    assert_eq!(desk.document.removed_imports().unwrap().len(), 1);
    let copy = desk.folder.path().join("copy.stormline");
    let all = CopyOptions { contents: CopyContents::Everything, overwrite: false };
    desk.document.save_copy(&copy, all, &Progress::new()).unwrap();
    assert!(Document::open(&copy).unwrap().removed_imports().unwrap().is_empty());
    desk.file("3.json", &hour(3, 10));
    let taken = Taken::of(&desk.document).unwrap();
    let landed = Landing::new(desk.logs(), taken, Duration::ZERO).look().unwrap();
    assert_eq!(landed, [desk.logs().join("3.json")]);
    desk.import(&logs[0]);
    assert!(desk.document.removed_imports().unwrap().is_empty());
    assert!(Taken::of(&desk.document).unwrap().has(&logs[0]), "as an import that is there");
    let batch = desk.document.batches().unwrap().pop().unwrap();
    // Stopped in the middle, too, and once more.
    for _ in 0..2 {
        let _ = desk.document.remove_batch(batch.id, &Progress::cancelling_at(2));
        assert!(Taken::of(&desk.document).unwrap().has(&logs[0]));
    }
}

#[test]
fn a_file_that_is_a_pipe_or_vanishes_is_no_part() {
    let desk = Desk::new();
    desk.file("1.json", &hour(1, 10));
    File::create(desk.logs().join("empty.json")).unwrap();
    let seen = preview(&desk.logs(), &options()).unwrap();
    assert_eq!((seen.read, seen.events), (10, 8));
}
