//! What a server may say between two things that it is asked: so much, and no more.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;
use trireme_core::limits::SERVER_BYTES;

/// How much a server may still say. Cheap to clone; all clones share it.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<Left>);

#[derive(Debug)]
struct Left {
    bytes: AtomicU64,
    used_up: Notify,
}

impl Allowance {
    pub(super) fn new() -> Self {
        Self(Arc::new(Left { bytes: AtomicU64::new(SERVER_BYTES), used_up: Notify::new() }))
    }

    /// It is asked something, and may say as much again.
    pub(super) fn renew(&self) {
        self.0.bytes.store(SERVER_BYTES, Ordering::Relaxed);
    }

    /// It says so many bytes.
    pub(super) fn take(&self, bytes: usize) -> io::Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let bytes_left = &self.0.bytes;
        let less = |left: u64| left.checked_sub(bytes);
        match bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(_) => Ok(()),
            Err(_) => {
                // Nothing more is listened to until it is asked again.
                bytes_left.store(0, Ordering::Relaxed);
                self.0.used_up.notify_waiters();
                Err(io::Error::other("it says more than it may"))
            }
        }
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) == 0
    }

    /// Waits until it has said more than it may, which it may.
    pub(super) async fn until_used_up(&self) {
        loop {
            let told = self.0.used_up.notified();
            if self.is_used_up() {
                return;
            }
            told.await;
        }
    }
}

/// A reader that ends where the allowance does.
pub(super) struct Bounded<R> {
    inner: R,
    allowance: Allowance,
}

impl<R> Bounded<R> {
    pub(super) const fn new(inner: R, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        Poll::Ready(self.allowance.take(buffer.filled().len().saturating_sub(before)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn whoever_says_more_than_it_may_is_not_heard_to_the_end() {
        let allowance = Allowance::new();
        let mut endless = Bounded::new(tokio::io::repeat(b'x'), allowance.clone());
        let heard = tokio::io::copy(&mut endless, &mut tokio::io::sink()).await;
        assert!(heard.unwrap_err().to_string().contains("more than it may") && allowance.is_used_up());
        allowance.renew();
        assert_eq!(endless.read_u8().await.unwrap(), b'x');
    }
}
