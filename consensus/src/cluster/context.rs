//! `Own`: the simulated runtime as one validator has it, with a clock and a disk of its own.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::{Future, pending, poll_fn};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use commonware_runtime::telemetry::metrics::{Metric, Registered};
use commonware_runtime::{
    BlobVersion, Clock, Error, Handle, Metrics, Name, Spawner, Storage, Supervisor, deterministic, signal,
};
use governor::clock::{Clock as Ticking, ReasonablyRealtime};
use rand::{TryCryptoRng, TryRng};

use super::disk::{Blob, Disk};

/// How a validator's clock differs from the true time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// What it shows at the beginning.
    pub from: Duration,
    /// How much it goes on in a true second, in microseconds.
    pub per_second_us: u32,
}

impl Pace {
    /// What it shows at this true time.
    pub fn shows(&self, time: Duration) -> Duration {
        self.from + scaled(time, u64::from(self.per_second_us), 1_000_000)
    }

    /// When it shows this; the beginning if that is past.
    fn time_of(&self, shown: Duration) -> Duration {
        // One nanosecond more, so that a sleeper who wakes then finds its time come.
        let time = scaled(shown.saturating_sub(self.from), 1_000_000, u64::from(self.per_second_us));
        time + Duration::from_nanos(1)
    }
}

/// Goes on with a task until it panics: where bits of the disk have changed, that is how a process says that it will not go on
/// with such files, and it ends. Otherwise it is a bug, and ends the run.
async fn halting<T>(disk: Disk, task: impl Future<Output = T>) -> T {
    let mut task = Box::pin(task);
    let ended = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(context)));
        polled.map_or_else(|panic| Poll::Ready(Err(panic)), |polled| polled.map(Ok))
    });
    match ended.await {
        Ok(ended) => ended,
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            if !disk.refuse(words.to_owned()) {
                resume_unwind(panic);
            }
            pending().await
        }
    }
}

fn scaled(time: Duration, by: u64, of: u64) -> Duration {
    let nanos = time.as_nanos() * u128::from(by) / u128::from(of);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// See the head of this file.
pub(super) struct Own {
    pub inner: deterministic::Context,
    pub disk: Disk,
    pub pace: Pace,
}

impl Own {
    fn with(&self, inner: deterministic::Context) -> Own {
        Own { inner, disk: self.disk.clone(), pace: self.pace }
    }
}

/// The true time.
pub(super) fn time(context: &deterministic::Context) -> Duration {
    context.current().duration_since(UNIX_EPOCH).expect("simulated time begins then")
}

impl Supervisor for Own {
    fn name(&self) -> Name {
        self.inner.name()
    }

    fn child(&self, label: &'static str) -> Own {
        self.with(self.inner.child(label))
    }

    fn with_attribute(self, key: &'static str, value: impl Display) -> Own {
        let Own { inner, disk, pace } = self;
        Own { inner: inner.with_attribute(key, value), disk, pace }
    }
}

impl Spawner for Own {
    fn shared(self, blocking: bool) -> Own {
        let Own { inner, disk, pace } = self;
        Own { inner: inner.shared(blocking), disk, pace }
    }

    fn dedicated(self) -> Own {
        let Own { inner, disk, pace } = self;
        Own { inner: inner.dedicated(), disk, pace }
    }

    fn spawn<F, Fut, T>(self, task: F) -> Handle<T>
    where
        F: FnOnce(Own) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Own { inner, disk, pace } = self;
        inner.spawn(move |inner| {
            let own = Own { inner, disk: disk.clone(), pace };
            halting(disk, async move { task(own).await })
        })
    }

    async fn stop(self, value: i32, timeout: Option<Duration>) -> Result<(), Error> {
        self.inner.stop(value, timeout).await
    }

    fn stopped(&self) -> signal::Signal {
        self.inner.stopped()
    }
}

impl Metrics for Own {
    fn register<N: Into<String>, H: Into<String>, M: Metric>(
        &self,
        name: N,
        help: H,
        metric: M,
    ) -> Registered<M> {
        self.inner.register(name, help, metric)
    }

    fn encode(&self) -> String {
        self.inner.encode()
    }
}

impl Ticking for Own {
    type Instant = SystemTime;

    fn now(&self) -> SystemTime {
        self.current()
    }
}

impl ReasonablyRealtime for Own {}

impl Clock for Own {
    fn current(&self) -> SystemTime {
        UNIX_EPOCH + self.pace.shows(time(&self.inner))
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.sleep_until(self.current() + duration)
    }

    fn sleep_until(&self, deadline: SystemTime) -> impl Future<Output = ()> + Send + 'static + use<> {
        let shown = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.inner.sleep_until(UNIX_EPOCH + self.pace.time_of(shown))
    }
}

impl TryRng for Own {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.inner.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.inner.try_next_u64()
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.inner.try_fill_bytes(into)
    }
}

impl TryCryptoRng for Own {}

impl Storage for Own {
    type Blob = Blob;

    async fn open_versioned(
        &self,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(Blob, u64, BlobVersion), Error> {
        self.disk.open(&self.inner, partition, name, versions)
    }

    async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.disk.remove(partition, name)
    }

    async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.disk.scan(partition)
    }
}
