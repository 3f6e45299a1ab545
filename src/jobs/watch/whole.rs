//! Whether a file has the end that its kind ends with: a program may pause in the middle of writing it. Not for what is in
//! it; nor for whether it still changes: see `watch`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::formats::log::compression::{Packing, unpack_named};
use crate::jobs::import::Source;

/// How much of the end is looked at for the last record; a longer one is taken for cut off.
const TAIL: u64 = 1 << 20;

/// False for a file that breaks off: packed, and the packing has no end; JSON or XML that is still open; a table whose last
/// row does not end; a columnar file or an archive without its directory. True where that cannot be told, since an import
/// then says why.
pub(super) fn is_whole(path: &Path, stop: &AtomicBool) -> bool {
    looked(path, stop).unwrap_or(true)
}

fn looked(path: &Path, stop: &AtomicBool) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut head)?;
    match head.as_slice() {
        [b'P', b'K', 3 | 5, ..] => return Ok(Source::find(path).is_ok()),
        [b'P', b'A', b'R', b'1', ..] => return Ok(tail(path, 4)?.0 == b"PAR1" && path.metadata()?.len() > 8),
        _ => {}
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (packing, unpacked) = unpack_named(Box::new(File::open(path)?), &name)?;
    if packing != Packing::Plain {
        return ends(unpacked, stop);
    }
    let (tail, is_all) = tail(path, TAIL)?;
    Ok(ends_as_begun(&head, &tail, is_all))
}

/// Reads to the end, which a packing that is cut off does not have.
fn ends(mut unpacked: impl Read, stop: &AtomicBool) -> io::Result<bool> {
    let mut buffer = vec![0; 64 << 10];
    while !stop.load(Ordering::Relaxed) {
        match unpacked.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Damaged rather than cut off: no waiting mends that.
            Err(_) => return Ok(true),
        }
    }
    Ok(false)
}

/// The last bytes, at most so many, and whether they are all.
fn tail(path: &Path, most: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    Ok((tail, from == 0))
}

/// Of a text: what its first character opens is closed, or its last line has an end.
fn ends_as_begun(head: &[u8], tail: &[u8], is_all: bool) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let trimmed = tail.trim_ascii_end();
    let has_line_end = trimmed.len() < tail.len() && tail[trimmed.len()..].contains(&b'\n');
    let last_line = match trimmed.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => &trimmed[at + 1..],
        // The beginning of the line is not seen.
        None if !is_all => {
            return has_line_end || matches!(head.first(), Some(b'[')) && trimmed.ends_with(b"]");
        }
        None => trimmed,
    };
    match head.first() {
        Some(b'[') => trimmed.ends_with(b"]"),
        // Lines of objects, or one object over many lines, whose own brace is not indented.
        Some(b'{') => last_line == b"}" || is_json(last_line.trim_ascii_start()),
        Some(b'<') => trimmed.ends_with(b"</log>"),
        Some(_) => has_line_end,
        None => true,
    }
}

fn is_json(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_when_what_it_began_has_an_end() {
        let whole = |text: &str| ends_as_begun(text.as_bytes(), text.as_bytes(), true);
        for text in [
            "a,b\n1,2\n",
            "a,b\r\n1,2\r\n",
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":1}\n{\"a\":2}",
            "{\n \"a\": [\n  1\n ]\n}\n",
            "\u{feff}[{\"a\":1},{\"a\":2}]",
            "[\n {\"a\":1}\n]\n",
            "<?xml version=\"1.0\"?>\n<log><trace></trace></log>\n",
            "",
        ] {
            assert!(whole(text), "{text}");
            // Cut anywhere before the last sign of its end, it is not; but after a line of lines.
            let lines = text.starts_with("a,b") || text.contains("}\n{");
            for cut in (1..text.trim_end().len()).filter(|cut| text.is_char_boundary(*cut)) {
                let part = &text[..cut];
                let at_line_end = lines && (part.ends_with('\n') || part.ends_with('}'));
                let nested = part.ends_with(']') || part.trim_start_matches('\u{feff}').is_empty();
                if !at_line_end && !nested {
                    assert!(!whole(part), "{part}");
                }
            }
        }
    }

    #[test]
    fn packed_and_columnar_files_are_whole_with_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            is_whole(&path, &AtomicBool::new(false))
        };
        let text = b"one\ntwo".repeat(500);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        io::Write::write_all(&mut packer, &text).unwrap();
        let gzip = packer.finish().unwrap();
        let zstd = zstd::encode_all(text.as_slice(), 3).unwrap();
        for packed in [gzip, zstd] {
            assert!(check("log", &packed));
            for cut in 5..packed.len() {
                assert!(!check("log", &packed[..cut]), "{cut} of {}", packed.len());
            }
        }
        assert!(check("a.parquet", b"PAR1....PAR1") && !check("a.parquet", b"PAR1....PAR"));
        assert!(!check("a.parquet", b"PAR1") && !check("a.zip", b"PK\x03\x04...."));
        assert!(is_whole(&folder.path().join("missing"), &AtomicBool::new(false)), "its import says why");
    }
}
