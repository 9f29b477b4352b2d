//! `Blob`: a file of a simulated disk as one process has opened it.

use std::future::pending;
use std::sync::Arc;

use bytes::BufMut as _;
use commonware_runtime::{
    Clock as _, Error, Handle, IoBufs, IoBufsMut, ReadOptions, Spawner as _, Supervisor as _, WriteOptions,
    deterministic,
};
use commonware_utils::channel::oneshot;
use parking_lot::Mutex;

use super::Disk;
use super::file::File;

/// See the head of this file.
pub struct Blob {
    disk: Disk,
    context: deterministic::Context,
    file: Arc<Mutex<File>>,
    generation: u64,
}

impl Blob {
    pub(super) fn new(
        disk: Disk,
        context: deterministic::Context,
        file: Arc<Mutex<File>>,
        generation: u64,
    ) -> Blob {
        Blob { disk, context, file, generation }
    }

    /// Goes on if the process is alive and the disk does as it is told; otherwise never.
    async fn change(&self) {
        drop(self.disk.alive(self.generation).await);
        if !self.disk.may_change() {
            pending().await
        }
    }

    /// Begins a sync of what is there; it ends when what this gives has ended.
    fn begin_sync(&self) -> impl Future<Output = ()> + Send + use<> {
        let (disk, file, generation) = (self.disk.clone(), self.file.clone(), self.generation);
        let changes = file.lock().changes();
        let passes = self.context.sleep(disk.sync_time());
        async move {
            passes.await;
            if disk.is_gone(generation) || !disk.may_change() {
                return pending().await;
            }
            if !disk.forgets() {
                file.lock().sync(changes);
            }
        }
    }
}

impl commonware_runtime::Blob for Blob {
    async fn read_at_buf(
        &self,
        offset: u64,
        len: usize,
        bufs: impl Into<IoBufsMut> + Send,
        _options: ReadOptions,
    ) -> Result<IoBufsMut, Error> {
        drop(self.disk.alive(self.generation).await);
        let mut bufs = bufs.into();
        let file = self.file.lock();
        let tail = file.bytes().get(offset as usize..).unwrap_or_default();
        let bytes = tail.get(..len).ok_or(Error::BlobInsufficientLength)?;
        match bufs.len() {
            filled if filled == len => bufs.copy_from_slice(bytes),
            0 => bufs.put_slice(bytes),
            _ => bufs = bytes.to_vec().into(),
        }
        Ok(bufs)
    }

    async fn read_at(&self, offset: u64, len: usize, _options: ReadOptions) -> Result<IoBufsMut, Error> {
        drop(self.disk.alive(self.generation).await);
        let file = self.file.lock();
        let tail = file.bytes().get(offset as usize..).unwrap_or_default();
        let bytes = tail.get(..len).ok_or(Error::BlobInsufficientLength)?;
        Ok(bytes.to_vec().into())
    }

    async fn write_at(
        &self,
        offset: u64,
        bufs: impl Into<IoBufs> + Send,
        options: WriteOptions,
    ) -> Result<(), Error> {
        let bytes = bufs.into().coalesce();
        self.change().await;
        self.file.lock().write(offset as usize, bytes.as_ref().to_vec());
        // One that is to be durable makes all before it durable too: more than is asked for.
        if options.contains(WriteOptions::SYNC) {
            self.begin_sync().await;
        }
        Ok(())
    }

    async fn resize(&self, len: u64) -> Result<(), Error> {
        self.change().await;
        self.file.lock().resize(len as usize);
        Ok(())
    }

    async fn sync(&self) -> Result<(), Error> {
        self.change().await;
        self.begin_sync().await;
        Ok(())
    }

    async fn start_sync(&self) -> Handle<()> {
        self.change().await;
        let (sender, receiver) = oneshot::channel();
        let passes = self.begin_sync();
        // It ends with the file, not with who waits for it.
        self.context.child("sync").spawn(|_| async move {
            passes.await;
            // Nobody need wait.
            let _ = sender.send(Ok(()));
        });
        Handle::from_receiver(receiver)
    }
}
