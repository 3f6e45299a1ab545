//! Packed logs unpacked while they are read, recognized by their first bytes. Not for archives of many files: see
//! `jobs::import`.

use std::io::{self, Cursor, Read};

use super::Input;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
    /// Brotli, which has no mark of its own and is known by the file's name alone.
    Brotli,
}

impl Packing {
    /// The packing of a file that starts with `head`; its name does not matter.
    pub fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }

    /// The word for people; empty for plain files.
    pub fn word(self) -> &'static str {
        match self {
            Packing::Plain => "",
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
            Packing::Brotli => "brotli",
        }
    }
}

/// The unpacked bytes of `input`, and how it was packed.
///
/// # Errors
/// When the first bytes cannot be read, or the decompressor cannot be set up. Damage further on is met when reading.
pub fn unpack(input: Input<'_>) -> io::Result<(Packing, Input<'_>)> {
    unpack_named(input, "")
}

/// The same for a file of this name, which matters for `.br` alone.
///
/// # Errors
/// As [`unpack`].
pub fn unpack_named<'a>(mut input: Input<'a>, name: &str) -> io::Result<(Packing, Input<'a>)> {
    let mut head = Vec::with_capacity(4);
    Read::take(&mut input, 4).read_to_end(&mut head)?;
    let packing = match Packing::of(&head) {
        Packing::Plain if named_brotli(name) && !is_text(&head) => Packing::Brotli,
        packing => packing,
    };
    let whole = Cursor::new(head).chain(input);
    let unpacked: Input<'_> = match packing {
        Packing::Plain => Box::new(whole),
        Packing::Gzip => {
            let buffered = io::BufReader::with_capacity(64 << 10, whole);
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        }
        Packing::Zstd => Box::new(zstd::Decoder::new(whole)?),
        Packing::Brotli => Box::new(brotli_decompressor::Decompressor::new(whole, 64 << 10)),
    };
    Ok((packing, unpacked))
}

fn named_brotli(name: &str) -> bool {
    name.len() > 3 && name.as_bytes()[name.len() - 3..].eq_ignore_ascii_case(b".br")
}

/// A file that starts like JSON is no brotli, whatever its name.
fn is_text(head: &[u8]) -> bool {
    matches!(
        head.trim_ascii_start(),
        [b'{', b'"' | b' ' | b'\n' | b'\r' | b'}', ..] | [b'[', b'{' | b' ' | b'\n' | b'\r' | b']', ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> (Packing, Vec<u8>, Option<io::Error>) {
        let (packing, mut unpacked) = unpack(Box::new(Cursor::new(bytes))).unwrap();
        let mut out = Vec::new();
        let error = unpacked.read_to_end(&mut out).err();
        (packing, out, error)
    }

    #[test]
    fn gzip_members_and_zstd_frames_are_joined() {
        let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
        let (packing, text, error) = read(&two);
        assert_eq!(
            (packing, text.as_slice(), error.is_none()),
            (Packing::Gzip, b"one\ntwo\n".as_slice(), true)
        );

        let two = [zstd::encode_all(&b"one\n"[..], 1).unwrap(), zstd::encode_all(&b"two\n"[..], 1).unwrap()];
        let (packing, text, error) = read(&two.concat());
        assert_eq!(
            (packing, text.as_slice(), error.is_none()),
            (Packing::Zstd, b"one\ntwo\n".as_slice(), true)
        );
    }

    #[test]
    fn a_truncated_archive_ends_in_an_error_after_what_was_there() {
        let text: Vec<u8> =
            (0..20_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for packed in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
            let (_, out, error) = read(&packed[..packed.len() / 2]);
            assert!(error.is_some());
            assert!(!out.is_empty() && text.starts_with(&out));
        }
    }

    #[test]
    fn short_and_empty_files_are_plain() {
        for bytes in [&b""[..], b"a", b"{}\n"] {
            assert_eq!(read(bytes).0, Packing::Plain);
        }
    }
}
