//! A store of objects in memory that fails as it is told.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use pelton_engine::archive::objects::{ObjectError, ObjectFault, Objects};

/// A store in memory that does as it is told.
#[derive(Clone, Default)]
pub struct Shop(Arc<Mutex<Inner>>);

#[derive(Default)]
pub struct Inner {
    pub objects: BTreeMap<String, Vec<u8>>,
    /// How it fails, and how often yet.
    fault: Option<(ObjectFault, u64)>,
    pub puts: u64,
}

impl Shop {
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics who has it")
    }

    pub fn fail(&self, fault: ObjectFault, times: u64) {
        self.lock().fault = Some((fault, times));
    }

    pub fn be_well(&self) {
        self.lock().fault = None;
    }

    /// How this call fails.
    fn fault(&self) -> Option<ObjectFault> {
        let mut inner = self.lock();
        let (fault, times) = inner.fault.as_mut()?;
        let fault = *fault;
        *times -= 1;
        if *times == 0 {
            inner.fault = None;
        }
        Some(fault)
    }

    /// Fails in all ways but by other bytes.
    fn call(&self) -> Result<bool, ObjectError> {
        match self.fault() {
            None => Ok(false),
            Some(ObjectFault::Corrupt) => Ok(true),
            Some(fault) => Err(ObjectError::new(fault, "it was told to")),
        }
    }
}

impl Objects for Shop {
    fn put(&self, name: &str, mut bytes: Vec<u8>) -> Result<(), ObjectError> {
        if self.call()? {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        let mut inner = self.lock();
        inner.puts += 1;
        inner.objects.insert(name.to_owned(), bytes);
        Ok(())
    }

    fn length(&self, name: &str) -> Result<u64, ObjectError> {
        let is_corrupt = self.call()?;
        let missing = || ObjectError::new(ObjectFault::Missing, "there is none");
        let length = self.lock().objects.get(name).ok_or_else(missing)?.len() as u64;
        Ok(length + u64::from(is_corrupt))
    }

    fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, ObjectError> {
        let is_corrupt = self.call()?;
        let missing = || ObjectError::new(ObjectFault::Missing, "there is none");
        let range = range.start as usize..range.end as usize;
        let mut bytes = self.lock().objects.get(name).ok_or_else(missing)?[range].to_vec();
        match bytes.len() % 3 {
            _ if !is_corrupt => {}
            0 => drop(bytes.pop()),
            1 => bytes.push(0),
            _ => bytes[0] ^= 0x80,
        }
        Ok(bytes)
    }
}
