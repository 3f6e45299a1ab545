//! The command line's contract, by running the program itself.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Runs the program in a folder of its own, without a display.
pub(super) fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stormline"))
        .args(args)
        .current_dir(folder)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.trim().lines().count(), 1, "exactly one object: {text}");
    serde_json::from_str(&text).unwrap()
}

pub(super) fn ok(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    json(&output)
}

/// Runs a command that cannot be done; gives its words on standard error.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
    assert!(!words.contains("panicked"), "{words}");
    words
}

fn persons(report: &Value) -> Vec<u64> {
    report["steps"].as_array().unwrap().iter().map(|step| step["persons"].as_u64().unwrap()).collect()
}

const FUNNEL: &str = "kind = \"funnel\"\nsteps = [{ event = \"A\" }, { event = \"B\" }]\nwindow = \"1h\"\n";

fn small_log(folder: &Path) {
    let log = "user_id,event,timestamp\nann,A,2026-03-01T10:00:00Z\nann,B,2026-03-01T10:30:00Z\n\
               ben,A,2026-03-01T10:00:00Z\nben,B,2026-03-01T11:00:01Z\ncho,,2026-03-01T10:00:00Z\n";
    std::fs::write(folder.join("log.csv"), log).unwrap();
    std::fs::write(folder.join("funnel.toml"), FUNNEL).unwrap();
}

#[test]
fn a_log_becomes_a_funnel_with_the_fields_of_the_contract() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    small_log(folder);
    ok(folder, &["new", "a.stormline", "--json"]);
    let imported = ok(folder, &["import", "a.stormline", "log.csv", "--json"]);
    let batch = &imported["batches"][0];
    assert_eq!(batch["file"], "log.csv");
    assert_eq!(batch["format"], "csv");
    assert_eq!(
        (batch["read"].as_u64(), batch["imported"].as_u64(), batch["quarantined"].as_u64()),
        (Some(5), Some(4), Some(1))
    );
    assert_eq!(batch["first_time"], "2026-03-01T10:00:00Z");
    assert_eq!(batch["last_time"], "2026-03-01T11:00:01Z");
    assert!(imported["elapsed_ms"].is_number());
    let report = ok(folder, &["query", "a.stormline", "funnel.toml", "--json"]);
    assert_eq!(report["kind"], "funnel");
    assert_eq!(persons(&report), [2, 1]);
    assert_eq!(report["persons_total"], 2);
    assert_eq!(report["as_of"], "2026-03-01T11:00:01Z");
    for key in ["event", "persons", "pending", "from_first", "from_previous", "median_secs", "passed_over"] {
        assert!(report["steps"][1].get(key).is_some(), "{key}");
    }
    assert_eq!(report["steps"][1]["median_secs"], 1800.0);
    let again = ok(folder, &["import", "a.stormline", "log.csv", "--json"]);
    assert_eq!(again["batches"][0]["imported"], 0);
    assert_eq!(again["batches"][0]["duplicates"], 4);
    let words = run(folder, &["import", "a.stormline", "log.csv"]).stdout;
    let words = String::from_utf8(words).unwrap();
    assert!(words.contains("nothing was added: all of it was already there"), "{words}");
}

#[test]
fn the_sample_answers_its_saved_queries_and_draws_itself() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let made = ok(folder, &["new", "a.stormline", "--sample", "--json"]);
    assert_eq!(made["events"], 30_000);
    let report = ok(folder, &["query", "a.stormline", "--name", "Checkout", "--json"]);
    assert_eq!(persons(&report), [2565, 1100, 584, 365, 283]);
    let trend = ok(folder, &["query", "a.stormline", "--name", "Orders per day", "--json"]);
    assert_eq!(trend["kind"], "trend");
    assert!(trend["series"][0]["points"][0]["start"].is_string());
    let sql = ok(folder, &["query", "a.stormline", "--name", "Checkout", "--sql", "--json"]);
    assert!(sql["sql"].as_str().unwrap().contains("FROM events"));
    for (view, picture) in [("funnel", "a.png"), ("timeline", "a.svg")] {
        ok(folder, &["render", "a.stormline", view, "--out", picture, "--size", "640x400", "--json"]);
        assert!(std::fs::metadata(folder.join(picture)).unwrap().len() > 5_000);
    }
    // A clean close leaves one file.
    let names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("a.stormline"))
        .collect();
    assert_eq!(names, ["a.stormline"]);
}

#[test]
fn a_document_without_queries_or_events_is_drawn_and_named_empty() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    ok(folder, &["new", "a.stormline", "--zone", "UTC", "--json"]);
    for view in ["funnel", "breakdown", "retention", "flow", "trend", "timeline"] {
        ok(folder, &["render", "a.stormline", view, "--out", "a.png", "--size", "640x400", "--json"]);
        assert!(std::fs::metadata(folder.join("a.png")).unwrap().len() > 5_000, "{view}");
    }
    std::fs::write(folder.join("f.toml"), "kind='funnel'\nsteps=[{event='A'}]").unwrap();
    std::fs::write(folder.join("t.toml"), "kind='trend'\nevents=[{event='A'}]").unwrap();
    std::fs::write(folder.join("r.toml"), "kind='retention'").unwrap();
    for query in ["f.toml", "r.toml", "t.toml"] {
        let said = String::from_utf8(run(folder, &["query", "a.stormline", query]).stdout).unwrap();
        assert!(said.contains("There are no events yet") && !said.contains("1970"), "{query}: {said}");
    }
}

#[test]
fn without_a_display_the_sample_is_answered_in_words_and_pictures() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["--sample"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("there is no display") && text.contains("5 Order Completed"), "{text}");
    let pictures = folder.path().join("data/stormline/samples/Coffee gear shop.pictures");
    assert!(std::fs::read_dir(pictures).unwrap().count() >= 10);
    // An edited sample is never overwritten: an untouched one may be.
    let again = run(folder.path(), &["--sample"]);
    assert_eq!(again.status.code(), Some(0));
    assert!(refused(folder.path(), &["nothing.stormline"]).contains("display"));
}

#[test]
fn generated_logs_are_the_same_for_the_same_seed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    for (seed, out) in [("5", "a.ndjson"), ("5", "b.ndjson"), ("6", "c.ndjson")] {
        ok(
            folder,
            &["generate", "--events", "500", "--persons", "50", "--seed", seed, "--out", out, "--json"],
        );
    }
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("a.ndjson"), read("b.ndjson"));
    assert_ne!(read("a.ndjson"), read("c.ndjson"));
}

#[test]
fn what_cannot_be_done_says_what_why_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    small_log(folder);
    ok(folder, &["new", "a.stormline", "--json"]);
    std::fs::write(folder.join("wrong.toml"), "kind = \"funnel\"\nsteps = [{ evnt = \"A\" }]\n").unwrap();
    std::fs::write(folder.join("mapping.toml"), "evnt = \"event\"\n").unwrap();
    std::fs::write(folder.join("empty.ndjson"), "").unwrap();
    let cases: [(&[&str], &str); 9] = [
        (&["new", "a.stormline"], "already"),
        (&["query", "b.stormline", "funnel.toml"], "no document"),
        (&["query", "log.csv", "funnel.toml"], "not"),
        (&["query", "a.stormline", "wrong.toml"], "Did you mean “event”"),
        (&["query", "a.stormline", "--name", "Checkout"], "No saved query"),
        (&["import", "a.stormline", "missing.csv"], "no such file"),
        (&["import", "a.stormline", "empty.ndjson"], "file is empty"),
        (&["import", "a.stormline", "log.csv", "--mapping", "mapping.toml"], "event"),
        (&["render", "a.stormline", "funnle", "--out", "x.png"], "Did you mean “funnel”"),
    ];
    for (args, words) in cases {
        let said = refused(folder, args);
        assert!(said.contains(words), "{args:?}: {said}");
    }
    let output = run(folder, &["query", "a.stormline", "wrong.toml", "--json"]);
    assert_eq!(json(&output)["error"]["code"], "unknown-key");
}

#[test]
fn help_shows_the_complete_text_form_of_each_kind() {
    let folder = TempDir::new().unwrap();
    for kind in ["funnel", "retention", "flow", "trend"] {
        let output = run(folder.path(), &["query", "--help", kind]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text.contains(&format!("kind = \"{kind}\"")), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_watched_folder_is_imported_as_files_land_until_it_is_interrupted() {
    use std::io::{BufRead, BufReader};
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    ok(folder, &["new", "a.stormline", "--json"]);
    let landing = folder.join("landing");
    std::fs::create_dir(&landing).unwrap();
    let row = |person: &str| format!("user_id,event,timestamp\n{person},A,2026-03-01T10:00:00Z\n");
    std::fs::write(landing.join("1.csv"), row("ann")).unwrap();
    let mut watching = Command::new(env!("CARGO_BIN_EXE_stormline"))
        .args(["import", "a.stormline", "landing", "--watch"])
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "1.csv (csv): 1 read, 1 imported, 0 duplicates, 0 quarantined");
    std::fs::write(landing.join("2.csv"), row("ben")).unwrap();
    let second = lines.find(|line| line.starts_with("2.csv")).unwrap();
    assert!(second.contains("1 imported"), "{second}");
    let interrupted = Command::new("kill").args(["-INT", &watching.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(watching.wait().unwrap().code(), Some(0));
    assert!(
        refused(folder, &["import", "a.stormline", "landing/1.csv", "--watch"]).contains("Only a folder")
    );
    let again = ok(folder, &["import", "a.stormline", "landing", "--json"]);
    assert_eq!(
        (&again["batches"][0]["imported"], &again["batches"][0]["duplicates"]),
        (&0.into(), &2.into())
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_says_what_is_in_and_goes_on_while_another_program_reads() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    ok(folder, &["new", "a.stormline", "--json"]);
    ok(
        folder,
        &["generate", "--events", "60000", "--persons", "500", "--out", "log.ndjson", "--clean", "--json"],
    );
    let importing = Command::new(env!("CARGO_BIN_EXE_stormline"))
        .args(["import", "a.stormline", "log.ndjson"])
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let reading = rusqlite::Connection::open_with_flags(
        folder.join("a.stormline"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .unwrap();
    let chunks =
        || reading.query_row("SELECT count(*) FROM chunk", [], |row| row.get::<_, i64>(0)).unwrap_or(0);
    while chunks() == 0 {
        std::thread::yield_now();
    }
    Command::new("kill").args(["-INT", &importing.id().to_string()]).status().unwrap();
    let stopped = importing.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&stopped.stderr);
    assert_eq!(stopped.status.code(), Some(2), "{words}");
    assert!(words.contains("The import was stopped; whole chunks of it are kept"), "{words}");
    assert!(words.contains("Import the same file again to go on"), "{words}");
    assert!(String::from_utf8_lossy(&stopped.stdout).contains("imported"), "what is in is told");

    let again = run(folder, &["import", "a.stormline", "log.ndjson"]);
    let words = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(0), "{words}");
    assert!(words.contains("Went on where an earlier import"), "{words}");
    assert_eq!(
        reading.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, i64>(0)).unwrap(),
        60_000
    );
}
