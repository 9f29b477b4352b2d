//! What travels over links: something that holds transactions and knows when each of them came in.

use crate::clock::Nanos;

/// Something that holds transactions.
pub trait Load: Send + 'static {
    /// When each transaction in it came in, or should have; one entry for each, in their order.
    fn arrivals(&self) -> &[Nanos];

    /// How many transactions it holds.
    fn transactions(&self) -> u64 {
        self.arrivals().len() as u64
    }
}

/// Transactions in some state of processing, and their arrivals.
#[derive(Debug)]
pub struct Batch<T> {
    items: Vec<T>,
    arrivals: Vec<Nanos>,
}

impl<T> Batch<T> {
    /// An empty batch with room.
    pub fn with_capacity(capacity: usize) -> Batch<T> {
        Batch { items: Vec::with_capacity(capacity), arrivals: Vec::with_capacity(capacity) }
    }

    /// Adds a transaction that came in then.
    pub fn push(&mut self, item: T, arrival_ns: Nanos) {
        self.items.push(item);
        self.arrivals.push(arrival_ns);
    }

    /// The transactions.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Batch<T> {
        Batch::with_capacity(0)
    }
}

impl<T> IntoIterator for Batch<T> {
    type Item = (T, Nanos);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<T>, std::vec::IntoIter<Nanos>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter().zip(self.arrivals)
    }
}

impl<T> FromIterator<(T, Nanos)> for Batch<T> {
    fn from_iter<I: IntoIterator<Item = (T, Nanos)>>(iter: I) -> Batch<T> {
        let (items, arrivals) = iter.into_iter().unzip();
        Batch { items, arrivals }
    }
}

impl<T: Send + 'static> Load for Batch<T> {
    fn arrivals(&self) -> &[Nanos] {
        &self.arrivals
    }
}
