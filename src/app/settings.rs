//! What the program remembers of a person on this machine: recent documents, theme, sizes. Not for a document's settings.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::widgets::sizes::{Sizes, lenient};

/// How many recent documents are kept.
const RECENT: usize = 12;
/// Of how many documents the watched folders are kept.
const WATCHES: usize = 100;

/// Remembered between runs, in the user's configuration folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserSettings {
    /// Paths opened last, latest first.
    #[serde(deserialize_with = "lenient")]
    pub recent: Vec<PathBuf>,
    /// Dark theme; `None` follows the system.
    #[serde(deserialize_with = "lenient")]
    pub dark: Option<bool>,
    /// The author's name, for the history.
    #[serde(deserialize_with = "lenient")]
    pub author: String,
    /// The inspector is hidden.
    #[serde(deserialize_with = "lenient")]
    pub inspector_hidden: bool,
    /// The window, its panels and columns.
    #[serde(deserialize_with = "lenient")]
    pub sizes: Sizes,
    /// The folders that documents may watch on this computer; those that changed last at the end.
    #[serde(deserialize_with = "lenient")]
    pub watches: Vec<Watches>,
    /// Where they are kept; `None` keeps nothing.
    #[serde(skip)]
    file: Option<PathBuf>,
}

/// The folders that a document may watch on this computer. A document that names others comes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watches {
    /// The document, by its real path.
    pub document: PathBuf,
    /// The folders.
    pub folders: Vec<PathBuf>,
}

impl UserSettings {
    /// Read from the user's configuration folder; the defaults when there are none or they cannot be read.
    pub fn load() -> UserSettings {
        let Some(folders) = directories::ProjectDirs::from("", "", "stormline") else {
            return UserSettings::default();
        };
        UserSettings::kept_in(folders.config_dir().join("settings.json"))
    }

    /// Read from this file and written to it; of a damaged one, what can be read.
    pub fn kept_in(file: PathBuf) -> UserSettings {
        let read = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
        let mut settings: UserSettings = read.unwrap_or_default();
        settings.file = Some(file);
        if settings.author.is_empty() {
            // The system's name for the person, until she writes another into the history.
            settings.author =
                ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        }
        settings
    }

    /// For pictures and tests: nothing is written.
    pub fn unsaved(dark: bool, recent: Vec<PathBuf>) -> UserSettings {
        UserSettings { dark: Some(dark), recent, ..UserSettings::default() }
    }

    /// Puts a document at the head of the recent ones.
    pub fn remember(&mut self, document: &Path) {
        let path = real(document);
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
        self.save();
    }

    /// The folders that a document may watch on this computer.
    pub fn allowed_watches(&self, document: &Path) -> Vec<PathBuf> {
        let document = real(document);
        let known = self.watches.iter().find(|known| known.document == document);
        known.map(|known| known.folders.clone()).unwrap_or_default()
    }

    /// Remembers which folders a document may watch on this computer. A path that is no text is not remembered.
    pub fn allow_watches(&mut self, document: &Path, mut folders: Vec<PathBuf>) {
        let document = real(document);
        self.watches.retain(|known| known.document != document);
        folders.retain(|folder| folder.to_str().is_some());
        if !folders.is_empty() && document.to_str().is_some() {
            self.watches.push(Watches { document, folders });
        }
        let more = self.watches.len().saturating_sub(WATCHES);
        self.watches.drain(..more);
        self.save();
    }

    /// Writes them, whole or not at all. A failure loses only conveniences and is not worth a message.
    pub fn save(&self) {
        let Some(file) = &self.file else { return };
        let write = || -> std::io::Result<()> {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            let draft = file.with_extension("json.new");
            fs::write(&draft, serde_json::to_string_pretty(self)?)?;
            fs::rename(draft, file)
        };
        let _ = write();
    }
}

fn real(document: &Path) -> PathBuf {
    fs::canonicalize(document).unwrap_or_else(|_| document.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_damaged_file_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        let text = r#"{"recent": 7, "dark": true, "author": ["x"], "sizes": {"window": "big"}, "later": 1}"#;
        fs::write(&file, text).unwrap();
        let settings = UserSettings::kept_in(file.clone());
        assert_eq!((settings.dark, settings.recent.len(), settings.sizes.window), (Some(true), 0, None));
        fs::write(&file, &text[..text.len() / 2]).unwrap();
        let mut settings = UserSettings::kept_in(file.clone());
        assert_eq!(settings.dark, None);
        settings.dark = Some(false);
        settings.save();
        assert_eq!(UserSettings::kept_in(file).dark, Some(false));
    }

    #[test]
    fn each_document_has_its_own_watched_folders() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        let mut settings = UserSettings::kept_in(file.clone());
        let (a, b) = (Path::new("/nowhere/a.stormline"), Path::new("/nowhere/b.stormline"));
        settings.allow_watches(a, vec!["/logs".into(), "/more".into()]);
        settings.allow_watches(b, vec!["/logs".into()]);
        settings.allow_watches(a, vec!["/more".into()]);
        let mut settings = UserSettings::kept_in(file);
        assert_eq!(settings.allowed_watches(a), [Path::new("/more")]);
        assert_eq!(settings.allowed_watches(b), [Path::new("/logs")]);
        settings.allow_watches(b, Vec::new());
        assert!(settings.allowed_watches(b).is_empty() && settings.watches.len() == 1);
        for n in 0..WATCHES {
            settings.allow_watches(Path::new(&format!("/nowhere/{n}")), vec!["/logs".into()]);
        }
        assert!(settings.allowed_watches(a).is_empty() && settings.watches.len() == WATCHES);
    }

    #[test]
    fn recent_documents_are_distinct_latest_first_and_bounded() {
        let mut settings = UserSettings::default();
        for n in 0..20 {
            settings.remember(Path::new(&format!("/nowhere/{n}.stormline")));
        }
        settings.remember(Path::new("/nowhere/15.stormline"));
        assert_eq!(settings.recent.len(), RECENT);
        assert_eq!(settings.recent[0], Path::new("/nowhere/15.stormline"));
        assert_eq!(settings.recent[1], Path::new("/nowhere/19.stormline"));
    }
}
