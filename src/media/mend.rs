//! A recording whose writer was killed: its head says less than is there. Mended before the next process writes others,
//! it has all that had reached the file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::disk::{SPEC, file_name};

/// The names of the parts of a WAV file, and where the samples begin in those that `disk` writes.
const RIFF: &[u8] = b"RIFF";
const DATA: &[u8] = b"data";
const HEAD: usize = 44;
/// Where the head says how long the file is, and how long the samples are; each without what is before it.
const LENGTH_AT: u64 = 4;
const SAMPLES_AT: u64 = 40;

/// Makes the head of a recording true. One without a whole head becomes an empty one.
///
/// # Errors
/// The file is not there, cannot be written, or is none of ours.
pub fn mend(folder: &Path, name: &str) -> io::Result<()> {
    file_name(name)?;
    let mut file = File::options().read(true).write(true).open(folder.join(name))?;
    let length = file.metadata()?.len();
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    if head.len() < HEAD {
        file.set_len(0)?;
        file.rewind()?;
        let empty = hound::WavWriter::new(io::BufWriter::new(file), SPEC).and_then(hound::WavWriter::finalize);
        return empty.map_err(io::Error::other);
    }
    let (_, samples_at) = head.split_at(HEAD - DATA.len() - size_of::<u32>());
    if !head.starts_with(RIFF) || !samples_at.starts_with(DATA) {
        return Err(io::Error::other("it is no recording of this program"));
    }
    // A sample of one channel alone may be there, or half of one.
    let whole = u64::from(SPEC.channels) * u64::from(SPEC.bits_per_sample / 8);
    let samples = (length - HEAD as u64) / whole * whole;
    file.set_len(HEAD as u64 + samples)?;
    for (at, size) in [(LENGTH_AT, HEAD as u64 + samples - LENGTH_AT - 4), (SAMPLES_AT, samples)] {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes())?;
    }
    Ok(())
}
