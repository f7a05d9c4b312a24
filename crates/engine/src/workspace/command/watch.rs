//! What a command uses up while it runs: CPU time, and room on the disk.
//!
//! Free space is looked at often, since that costs nothing. The folders are counted only where it has shrunk, and now and
//! then, because somebody else may have made room meanwhile. What counts is what has changed since the command began.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;
use trireme_core::Millis;
use trireme_core::limits::{DISK_COUNT_MS, WATCH_MS};

use super::Stopped;
use crate::clock;
use crate::sandbox::{CommandLimits, Meter, Started};

/// Watches one command.
pub(super) struct Watch {
    meter: Option<Meter>,
    limits: CommandLimits,
    folders: Vec<PathBuf>,
    began: Millis,
    /// How much was free when it was last counted, in bytes.
    free: Option<u64>,
    counted: Instant,
}

impl Watch {
    pub(super) fn new(started: &Started, folders: [&Path; 3], limits: CommandLimits) -> Self {
        Self {
            meter: started.meter(),
            limits,
            free: free(folders[0]),
            folders: folders.map(Path::to_owned).to_vec(),
            began: clock::now(),
            counted: Instant::now(),
        }
    }

    /// Waits until it has used up too much of something. May be dropped and called again.
    pub(super) async fn until_over(&mut self) -> Stopped {
        loop {
            tokio::time::sleep(Duration::from_millis(WATCH_MS)).await;
            let CommandLimits { cpu_s, disk_mb, .. } = self.limits;
            if self.meter.as_ref().and_then(Meter::cpu_s).is_some_and(|used| used >= cpu_s) {
                return Stopped::Cpu(cpu_s);
            }
            if self.has_filled_disk().await {
                return Stopped::Disk(disk_mb);
            }
        }
    }

    async fn has_filled_disk(&mut self) -> bool {
        let limit = self.limits.disk_mb.saturating_mul(1_024 * 1_024);
        let now = self.folders.first().and_then(|folder| free(folder));
        let gone = self.free.zip(now).map_or(0, |(before, now)| before.saturating_sub(now));
        let is_time = self.counted.elapsed() >= Duration::from_millis(DISK_COUNT_MS);
        if gone < limit / 4 && !is_time {
            return false;
        }
        let (folders, began) = (self.folders.clone(), self.began);
        let written =
            tokio::task::spawn_blocking(move || folders.iter().map(|folder| written(folder, began)).sum());
        let written: u64 = written.await.unwrap_or(0);
        (self.counted, self.free) = (Instant::now(), now);
        written > limit
    }
}

/// How much is free where the folder is, in bytes.
fn free(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(disk.blocks_available().saturating_mul(disk.fragment_size()))
}

/// What a name takes, and what is known of its file, in bytes: enough of them fill a disk too.
const NAME_BYTES: u64 = 256;

/// How much of what is in a folder was written since, in bytes on the disk.
fn written(folder: &Path, since: Millis) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => own(&found, since) + written(&entry.path(), since),
        Ok(found) => own(&found, since),
        Err(_) => 0,
    });
    sizes.sum()
}

/// What a file takes that was changed since; the time of that is the kernel's, which nobody can set back, and which goes
/// in ticks.
fn own(found: &Metadata, since: Millis) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    const TICK_MS: i64 = 10;
    let changed_ms = found.ctime() * 1_000 + found.ctime_nsec() / 1_000_000 + TICK_MS;
    let is_new = u64::try_from(changed_ms).is_ok_and(|changed| changed >= since.0);
    if is_new { found.blocks() * 512 + NAME_BYTES } else { 0 }
}
