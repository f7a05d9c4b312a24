//! The file `log.jsonl` in the hands of its one writer: lines are only ever added. What stands after the anchor is not
//! vouched for, so it has to be what the journal says, byte for byte, or it goes: that mends a tail that a crash tore.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use trireme_core::Digest;

use super::line;

/// How the log of a run is called in its folder.
pub(crate) fn file_in(dir: &Path) -> PathBuf {
    dir.join("log.jsonl")
}

/// The file up to its last line.
pub(super) struct LogFile {
    file: File,
    /// What is there already behind the last line, to be compared with what comes.
    there: Option<BufReader<File>>,
    /// The link of the last line.
    pub(super) last: Digest,
    /// Where the last line ends.
    pub(super) bytes: u64,
    /// Lines that are not in the file yet.
    waiting: Vec<u8>,
}

impl LogFile {
    /// The file with its writer behind `bytes`, where a line ends whose link is `last`. `None` where it has not so many.
    pub(super) fn open(dir: &Path, bytes: u64, last: Digest) -> io::Result<Option<Self>> {
        let path = file_in(dir);
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
        if file.seek(SeekFrom::End(0))? < bytes {
            return Ok(None);
        }
        let mut there = File::open(&path)?;
        there.seek(SeekFrom::Start(bytes))?;
        file.seek(SeekFrom::Start(bytes))?;
        let there = Some(BufReader::new(there));
        Ok(Some(Self { file, there, last, bytes, waiting: Vec::new() }))
    }

    /// Adds a line.
    pub(super) fn add(&mut self, body: &str) -> io::Result<()> {
        self.last = line::link(&self.last, body);
        let line = line::linked(body, &self.last);
        if !self.is_there(line.as_bytes())? {
            self.waiting.extend_from_slice(line.as_bytes());
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Whether the line stands where it belongs. Where another one does, that goes, and all after it.
    fn is_there(&mut self, line: &[u8]) -> io::Result<bool> {
        let Some(there) = &mut self.there else { return Ok(false) };
        let mut found = vec![0; line.len()];
        match there.read_exact(&mut found) {
            Ok(()) if found == line => {
                self.file.seek_relative(i64::try_from(line.len()).unwrap_or(i64::MAX))?;
                return Ok(true);
            }
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.there = None;
        self.file.set_len(self.bytes)?;
        Ok(false)
    }

    /// Hands the lines to the system: whoever reads the file sees them.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// All that was flushed is on the disk; of what stood behind the last line, nothing is left.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.there.take().is_some() {
            self.file.set_len(self.bytes)?;
        }
        self.file.sync_data()
    }
}
