//! Keeps the layer rule and the house's habits: reads `src/` as text, needs nothing else.

use std::fs;
use std::path::{Path, PathBuf};

/// What a layer may name of the crate, besides itself.
const LAYERS: [(&str, &[&str]); 9] = [
    ("base", &[]),
    ("model", &["base"]),
    ("engine", &["base", "model"]),
    ("sql", &["base", "model"]),
    ("formats", &["base", "model"]),
    ("store", &["base", "model", "engine"]),
    ("jobs", &["base", "model", "engine", "sql", "formats", "store"]),
    ("cli", &["base", "model", "engine", "sql", "formats", "store", "jobs", "app"]),
    ("app", &["base", "model", "engine", "sql", "formats", "store", "jobs"]),
];

/// Words that only some layers may use, with what they stand for.
const RESERVED: [(&str, &[&str], &str); 11] = [
    ("rusqlite", &["store"], "the document's file format"),
    ("egui", &["app"], "the window"),
    ("eframe", &["app"], "the window"),
    ("thread::spawn", &["jobs"], "threads"),
    ("thread::scope", &["jobs"], "threads"),
    ("thread::Builder", &["jobs"], "threads"),
    ("std::net::Tcp", &[], "sockets"),
    ("SystemTime::now", &["store", "jobs"], "the clock"),
    ("Utc::now", &[], "the clock"),
    ("Local::now", &[], "the clock"),
    ("RandomState", &["jobs"], "chance"),
];

struct Source {
    path: PathBuf,
    layer: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let inside = path.strip_prefix(&root).expect("below src");
                let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
                let layer = first.trim_end_matches(".rs").to_owned();
                found.push(Source { text: fs::read_to_string(&path).expect("readable"), layer, path });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the walk found only {} files", found.len());
    found
}

/// Lines of code: comments and what follows a comment mark are left out.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
        .filter(|(_, line)| !line.trim().is_empty())
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn layers_use_only_those_before_them() {
    let mut problems = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == source.layer) else { continue };
        for (line, code) in code_lines(&source.text) {
            for (layer, _) in LAYERS {
                let named =
                    code.contains(&format!("crate::{layer}::")) || code.contains(&format!("crate::{layer};"));
                if named && layer != source.layer && !allowed.contains(&layer) {
                    problems.push(format!(
                        "{}:{line} {} may not use {layer}",
                        source.path.display(),
                        source.layer
                    ));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn the_command_line_uses_only_pictures_of_the_window() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.layer == "cli") {
        for (line, code) in code_lines(&source.text) {
            if code.contains("crate::app::") && !code.contains("crate::app::picture") {
                problems
                    .push(format!("{}:{line} names more of app than its pictures", source.path.display()));
            }
        }
    }
    report(&problems);
}

#[test]
fn views_do_not_know_each_other() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path.to_string_lossy().contains("app/views/")) {
        let inside = source.path.to_string_lossy().split("app/views/").nth(1).unwrap_or_default().to_owned();
        let own = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        for (line, code) in code_lines(&source.text) {
            let other = code.split("views::").nth(1).map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
            });
            if let Some(other) = other
                && own != "mod"
                && other != own
            {
                problems.push(format!("{}:{line} imports the view {other}", source.path.display()));
            }
        }
    }
    report(&problems);
}

#[test]
fn reserved_words_stay_in_their_layers() {
    let mut problems = Vec::new();
    for source in sources() {
        for (line, code) in code_lines(&source.text) {
            for (word, layers, what) in RESERVED {
                if code.contains(word) && !layers.contains(&source.layer.as_str()) {
                    let path = source.path.display();
                    problems.push(format!("{path}:{line} {} may not name {word} ({what})", source.layer));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn every_file_has_a_header_and_a_screenful_of_size() {
    let mut problems = Vec::new();
    for source in sources() {
        let path = source.path.display();
        if !source.text.starts_with("//! ") {
            problems.push(format!("{path} does not begin with what it is for (//!)"));
        }
        let lines = source.text.lines().count();
        if lines > 800 {
            problems.push(format!("{path} has {lines} lines, at most 800 are allowed"));
        }
        let is_main = source.path.ends_with("src/main.rs");
        if is_main && lines > 60 {
            problems.push(format!("{path} has {lines} lines, at most 60 are allowed"));
        }
    }
    report(&problems);
}

#[test]
fn colors_live_in_the_theme() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path.to_string_lossy().contains("app/views/")) {
        for (line, code) in code_lines(&source.text) {
            if code.contains("Color32::from_") || code.contains("hex_color!") {
                problems.push(format!("{}:{line} has a color of its own", source.path.display()));
            }
        }
    }
    report(&problems);
}
