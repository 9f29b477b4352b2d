//! What the core of a validator keeps on disk: final blocks, and the certificates that made them so.

use std::collections::VecDeque;
use std::num::{NonZeroU16, NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use commonware_codec::Codec;
use commonware_consensus::marshal;
use commonware_consensus::types::{Epoch, FixedEpocher, ViewDelta};
use commonware_cryptography::certificate::ConstantProvider;
use commonware_parallel::Sequential;
use commonware_runtime::buffer::paged::CacheRef;
use commonware_storage::archive::{Archive as _, Identifier, immutable};
use commonware_utils::channel::oneshot;

use super::envelope::{Digest, Envelope, Format};
use super::{Runtime, VIEWS_KEPT, Voting, floor};
use crate::application::{Application, Done};
use crate::catch_up::Floor;

pub(super) const BUFFER: NonZeroUsize = NonZeroUsize::new(1 << 20).expect("it is not zero");
const SMALL_BUFFER: NonZeroUsize = NonZeroUsize::new(1 << 16).expect("it is not zero");
/// Entries of one file.
const SECTION: NonZeroU64 = NonZeroU64::new(64).expect("it is not zero");
/// Pages of the cache, of 4 KiB each.
const PAGES: NonZeroUsize = NonZeroUsize::new(512).expect("it is not zero");
const PAGE_BYTES: NonZeroU16 = NonZeroU16::new(4_084).expect("it is not zero");
/// Final blocks told and not done with.
const TOLD_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("it is not zero");
/// Missing blocks asked for at a time.
const REPAIRS_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("it is not zero");
const MAILBOX: NonZeroUsize = NonZeroUsize::new(1_024).expect("it is not zero");
/// Blocks of the one committee that there is.
pub(super) const EPOCH_BLOCKS: NonZeroU64 = NonZeroU64::new(1 << 40).expect("it is not zero");

/// Where files are, and what is remembered of them.
pub(super) struct Disk {
    pub partition: String,
    pub cache: CacheRef,
}

impl Disk {
    pub fn new(partition: &str) -> Disk {
        Disk { partition: partition.to_owned(), cache: CacheRef::new(PAGE_BYTES, PAGES) }
    }

    /// Opens an archive of final things by height.
    ///
    /// # Panics
    /// If the disk fails, or what is on it was written by something else: a validator that has forgotten its votes must
    /// not vote.
    pub async fn archive<E: Runtime, V: Codec + Send + Sync>(
        &self,
        context: E,
        name: &str,
        codec_config: V::Cfg,
    ) -> immutable::Archive<E, Digest, V> {
        let partition = |part: &str| format!("{}-{name}-{part}", self.partition);
        let config = immutable::Config {
            metadata_partition: partition("metadata"),
            freezer_table_partition: partition("table"),
            freezer_table_initial_size: 1 << 10,
            freezer_table_resize_frequency: 4,
            freezer_table_resize_chunk_size: 1 << 10,
            freezer_key_partition: partition("keys"),
            freezer_key_page_cache: self.cache.clone(),
            freezer_value_partition: partition("values"),
            freezer_value_target_size: 1 << 28,
            freezer_value_compression: None,
            ordinal_partition: partition("heights"),
            items_per_section: SECTION,
            codec_config,
            replay_buffer: BUFFER,
            freezer_key_write_buffer: SMALL_BUFFER,
            freezer_value_write_buffer: BUFFER,
            ordinal_write_buffer: SMALL_BUFFER,
        };
        immutable::Archive::init(context, config).await.expect("the validator's files can be read")
    }

    /// How marshal keeps blocks.
    pub fn marshal<V: Voting>(
        &self,
        scheme: &V::Scheme,
        format: &Format,
        floor: Option<&Floor>,
        epocher: FixedEpocher,
    ) -> marshal::Config<
        ConstantProvider<V::Scheme, Epoch>,
        FixedEpocher,
        Sequential,
        Envelope,
        commonware_cryptography::Digested<Envelope>,
    > {
        marshal::Config {
            provider: ConstantProvider::new(scheme.clone()),
            epocher,
            start: floor::of_blocks::<V>(floor, format),
            partition_prefix: format!("{}-marshal", self.partition),
            mailbox_size: MAILBOX,
            view_retention: ViewDelta::new(VIEWS_KEPT),
            prunable_items_per_section: SECTION,
            page_cache: self.cache.clone(),
            replay_buffer: BUFFER,
            key_write_buffer: SMALL_BUFFER,
            value_write_buffer: BUFFER,
            block_codec_config: format.clone(),
            max_repair: REPAIRS_MAX,
            max_pending_acks: TOLD_MAX,
            strategy: Sequential,
        }
    }
}

/// Tells the application what was final before this start, in order from this height on, a few blocks at a time, and gives the
/// height of the last.
pub(super) async fn replay<E: Runtime>(
    blocks: &immutable::Archive<E, Digest, Arc<Envelope>>,
    first: u64,
    application: &Arc<dyn Application>,
) -> u64 {
    let mut told: VecDeque<oneshot::Receiver<()>> = VecDeque::new();
    let mut height = first - 1;
    while let Some(block) =
        blocks.get(Identifier::Index(height + 1)).await.expect("the validator's files can be read")
    {
        height += 1;
        let (sender, done) = oneshot::channel();
        // Nobody listens any more only where all of this is about to end.
        let tell = move || sender.send(()).unwrap_or_default();
        application.finalized(block.0.clone(), None, Done::new(tell));
        told.push_back(done);
        if told.len() >= TOLD_MAX.get()
            && let Some(oldest) = told.pop_front()
        {
            // Whoever lets it fall is about to end.
            let _ = oldest.await;
        }
    }
    height
}
