//! Which font draws what: the bundled fonts, and those of the system for other scripts.
//!
//! Not for sizes, which are named in `theme`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use egui::epaint::text::{FallbackRequest, FontInsert};
use egui::{FontData, FontDefinitions, FontFamily};
use skrifa::MetadataProvider;

/// Family name of the medium weight.
pub(super) const MEDIUM: &str = "medium";
/// Family name of the semibold weight.
pub(super) const SEMIBOLD: &str = "semibold";
/// Family name of the icons.
pub(super) const ICONS: &str = "icons";

/// Inter with tabular figures, regular.
pub const STORMLINE_INTER_REGULAR: &[u8] =
    include_bytes!("../../../assets/fonts/Stormline-Inter-Regular.otf");
/// Inter with tabular figures, medium.
pub const STORMLINE_INTER_MEDIUM: &[u8] = include_bytes!("../../../assets/fonts/Stormline-Inter-Medium.otf");
/// Inter with tabular figures, semibold.
pub const STORMLINE_INTER_SEMIBOLD: &[u8] =
    include_bytes!("../../../assets/fonts/Stormline-Inter-SemiBold.otf");
/// JetBrains Mono, regular.
pub const JETBRAINS_MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
/// The icons.
pub const PHOSPHOR: &[u8] = include_bytes!("../../../assets/fonts/Phosphor.ttf");
/// Emoji in one color, as names of events may have them.
const NOTO_EMOJI: &[u8] = include_bytes!("../../../assets/fonts/NotoEmoji-Regular.ttf");

/// Asked last: it has digits of its own.
const EMOJI: &str = "Noto Emoji";

/// Installs the bundled fonts, and looks for others on the system when a character needs one.
pub(super) fn install(ctx: &egui::Context) {
    ctx.set_fonts(bundled());
    ctx.add_font_provider(Arc::new(system_font));
}

fn bundled() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 6] = [
        ("Stormline Inter", STORMLINE_INTER_REGULAR),
        ("Stormline Inter Medium", STORMLINE_INTER_MEDIUM),
        ("Stormline Inter SemiBold", STORMLINE_INTER_SEMIBOLD),
        ("JetBrains Mono", JETBRAINS_MONO),
        ("Phosphor", PHOSPHOR),
        (EMOJI, NOTO_EMOJI),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    let families: [(FontFamily, &[&str]); 5] = [
        (FontFamily::Proportional, &["Stormline Inter", "Phosphor", "JetBrains Mono", EMOJI]),
        (FontFamily::Monospace, &["JetBrains Mono", "Phosphor", "Stormline Inter", EMOJI]),
        (FontFamily::Name(MEDIUM.into()), &["Stormline Inter Medium", "Phosphor", "JetBrains Mono", EMOJI]),
        (
            FontFamily::Name(SEMIBOLD.into()),
            &["Stormline Inter SemiBold", "Phosphor", "JetBrains Mono", EMOJI],
        ),
        (FontFamily::Name(ICONS.into()), &["Phosphor", "Stormline Inter"]),
    ];
    for (family, names) in families {
        fonts.families.insert(family, names.iter().map(|name| (*name).to_owned()).collect());
    }
    fonts
}

/// Finds a font of the system that has the first character of the request; read only when it is needed.
fn system_font(request: &FallbackRequest<'_>) -> Option<FontInsert> {
    let wanted = request.cluster.chars().next()?;
    candidates(wanted).iter().find_map(|name| {
        let path = system_files().iter().find(|file| is_named(file, name))?;
        let bytes = std::fs::read(path).ok()?;
        has_glyph(&bytes, wanted).then(|| FontInsert {
            name: (*name).to_owned(),
            data: FontData::from_owned(bytes),
            families: Vec::new(),
        })
    })
}

fn has_glyph(font: &[u8], wanted: char) -> bool {
    skrifa::FontRef::from_index(font, 0).is_ok_and(|font| font.charmap().map(wanted).is_some())
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|file| file.eq_ignore_ascii_case(name))
}

/// File names of fonts with the script of `c`, the best first, over Linux, macOS and Windows.
fn candidates(c: char) -> &'static [&'static str] {
    match u32::from(c) {
        0x0590..=0x05FF => &["NotoSansHebrew-Regular.ttf", "DejaVuSans.ttf", "ArialHB.ttc", "segoeui.ttf"],
        0x0600..=0x077F | 0x08A0..=0x08FF | 0xFB50..=0xFEFF => {
            &["NotoSansArabic-Regular.ttf", "DejaVuSans.ttf", "GeezaPro.ttc", "segoeui.ttf"]
        }
        0x0900..=0x0DFF => &["NotoSansDevanagari-Regular.ttf", "Kohinoor.ttc", "Nirmala.ttc", "Nirmala.ttf"],
        0x0E00..=0x0E7F => &["NotoSansThai-Regular.ttf", "Thonburi.ttc", "LeelawUI.ttf"],
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => {
            &["NotoSansCJK-Regular.ttc", "NotoSansKR-Regular.otf", "AppleSDGothicNeo.ttc", "malgun.ttf"]
        }
        0x2E80..=0x312F | 0x3190..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF => &[
            "NotoSansCJK-Regular.ttc",
            "NotoSansSC-Regular.otf",
            "wqy-microhei.ttc",
            "wqy-zenhei.ttc",
            "DroidSansFallbackFull.ttf",
            "PingFang.ttc",
            "Hiragino Sans GB.ttc",
            "msyh.ttc",
            "YuGothR.ttc",
        ],
        0x1F000..=0x1FAFF => &["NotoEmoji-Regular.ttf", "Symbola.ttf", "seguiemj.ttf", "DejaVuSans.ttf"],
        _ => &["DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "seguisym.ttf", "segoeui.ttf"],
    }
}

/// Font files of the usual folders, sorted, found once.
fn system_files() -> &'static [PathBuf] {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        for folder in folders() {
            collect(&folder, FOLDER_DEPTH, &mut files);
        }
        files.sort();
        files
    })
}

const FOLDER_DEPTH: usize = 4;

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        "C:\\Windows\\Fonts",
    ]
    .map(PathBuf::from)
    .to_vec();
    if let Some(dirs) = directories::BaseDirs::new() {
        let home = dirs.home_dir();
        folders.extend([".fonts", ".local/share/fonts", "Library/Fonts"].map(|end| home.join(end)));
    }
    folders
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else if path
            .extension()
            .is_some_and(|end| ["ttf", "ttc", "otf"].iter().any(|e| end.eq_ignore_ascii_case(e)))
        {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::icon::Icon;

    #[test]
    fn every_icon_is_in_the_bundled_font() {
        let ctx = egui::Context::default();
        crate::app::theme::install(&ctx);
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let plain = ui
                .fonts_mut(|fonts| fonts.has_glyphs(&crate::app::theme::body(), "1\u{2009}234 – → − ≥ × ·"));
            assert!(plain);
            for font in [crate::app::theme::body(), crate::app::theme::mono(), crate::app::theme::strong()] {
                assert!(ui.fonts_mut(|fonts| fonts.has_glyphs(&font, "😀🎉🚀📦🫠🫨🪿🛜")), "emoji");
            }
            for (name, icon) in Icon::ALL {
                let found = ui.fonts_mut(|fonts| fonts.has_glyphs(&crate::app::theme::icon(), icon.as_str()));
                assert!(found, "{name}");
            }
        });
        output.drop_without_applying_deltas();
    }

    #[test]
    fn a_font_is_asked_for_the_character_before_it_is_taken() {
        assert!(has_glyph(JETBRAINS_MONO, 'a'));
        assert!(!has_glyph(JETBRAINS_MONO, '漢'));
        assert!(!has_glyph(b"no font", 'a'));
    }

    #[test]
    fn each_script_has_candidates_on_three_systems() {
        for c in ['ש', 'ع', 'अ', 'ไ', '한', '漢', 'か', '😀', 'ꙮ'] {
            assert!(candidates(c).len() >= 3, "{c}");
        }
    }
}
