//! The kernel's queue of events.

#[cfg(not(target_os = "linux"))]
pub(super) use none::Queue;
#[cfg(target_os = "linux")]
pub(super) use some::Queue;

use std::ffi::OsStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use trireme_core::limits::WATCHES_SHARE;

/// Something that the kernel tells.
pub(super) struct Event<'a> {
    /// What of is told of; none where it is of no watch.
    pub(super) watch: Option<i32>,
    pub(super) what: What<'a>,
}

/// What it tells.
#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    /// Something was done to what is watched.
    Itself,
    /// Something was done to what has a name in a folder that is watched; if it is a folder, to that.
    Name {
        /// The folder's name.
        folder: Option<&'a OsStr>,
    },
    /// The watch is over.
    Ended,
    /// There was more to tell.
    Lost,
}

/// Room for watches, out of those that this person may have; others want some too.
#[derive(Debug)]
pub(super) struct Room(usize);

static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl Room {
    /// Room for so many; none where there is too little left.
    pub(super) fn of(count: usize) -> Option<Self> {
        let fits = |taken: usize| taken.checked_add(count).filter(|sum| *sum <= most());
        TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok().map(|_| Self(count))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// How many watches we may have.
fn most() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let allowed = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").unwrap_or_default();
        allowed.trim().parse::<usize>().unwrap_or(0) / WATCHES_SHARE
    })
}

#[cfg(target_os = "linux")]
mod some {
    use std::ffi::OsStr;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use rustix::io::Errno;

    use super::{Event, What};

    /// Room for this many bytes of events at a time.
    const BUFFER_BYTES: usize = 16 * 1024;

    /// A queue of its own.
    #[derive(Debug)]
    pub(in super::super) struct Queue(OwnedFd);

    impl Queue {
        pub(in super::super) fn new() -> io::Result<Self> {
            Ok(Self(inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?))
        }

        /// Watches a folder: its rights, and the names in it. That it gets another name is not told: we give it some.
        pub(in super::super) fn add_folder(&self, path: &Path) -> io::Result<i32> {
            let names = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
            self.add(path, names | WatchFlags::DELETE_SELF | WatchFlags::ONLYDIR)
        }

        /// Watches a file, by whatever name somebody gets at it.
        pub(in super::super) fn add_file(&self, path: &Path) -> io::Result<i32> {
            self.add(path, WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF)
        }

        fn add(&self, path: &Path, flags: WatchFlags) -> io::Result<i32> {
            let always = WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::CLOSE_WRITE;
            Ok(inotify::add_watch(&self.0, path, flags | always | WatchFlags::DONT_FOLLOW)?)
        }

        /// Takes all events.
        pub(in super::super) fn drain(&self, mut tell: impl FnMut(Event<'_>)) -> io::Result<()> {
            let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
            let mut reader = Reader::new(&self.0, &mut buffer);
            loop {
                let event = match reader.next() {
                    Err(Errno::WOULDBLOCK) => return Ok(()),
                    event => event?,
                };
                let (flags, watch) = (event.events(), event.wd());
                let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                let what = match name {
                    _ if flags.intersects(ReadFlags::QUEUE_OVERFLOW | ReadFlags::UNMOUNT) => What::Lost,
                    _ if flags.contains(ReadFlags::IGNORED) => What::Ended,
                    None => What::Itself,
                    Some(name) => What::Name { folder: flags.contains(ReadFlags::ISDIR).then_some(name) },
                };
                tell(Event { watch: (watch >= 0).then_some(watch), what });
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    use std::io;
    use std::path::Path;

    use super::Event;

    /// There is no such queue here.
    #[derive(Debug)]
    pub(in super::super) struct Queue(std::convert::Infallible);

    impl Queue {
        pub(in super::super) fn new() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn add_folder(&self, _: &Path) -> io::Result<i32> {
            match self.0 {}
        }

        pub(in super::super) fn add_file(&self, _: &Path) -> io::Result<i32> {
            match self.0 {}
        }

        pub(in super::super) fn drain(&self, _: impl FnMut(Event<'_>)) -> io::Result<()> {
            match self.0 {}
        }
    }
}
