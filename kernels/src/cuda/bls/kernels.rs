//! The kernels of `cuda/bls.cu`, loaded.

use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaModule};

use super::in_words;

/// By what they do, see there.
pub struct Kernels {
    pub decode: CudaFunction,
    pub hash: CudaFunction,
    pub sum_keys: CudaFunction,
    pub sum_signatures: CudaFunction,
    pub join_keys: CudaFunction,
    pub join_signatures: CudaFunction,
    pub check: CudaFunction,
    pub check_each: CudaFunction,
}

impl Kernels {
    pub fn of(module: &Arc<CudaModule>) -> Result<Kernels, String> {
        let kernel = |name: &str| module.load_function(&format!("pelton_bls_{name}")).map_err(in_words);
        Ok(Kernels {
            decode: kernel("decode")?,
            hash: kernel("hash")?,
            sum_keys: kernel("sum_keys")?,
            sum_signatures: kernel("sum_signatures")?,
            join_keys: kernel("join_keys")?,
            join_signatures: kernel("join_signatures")?,
            check: kernel("check")?,
            check_each: kernel("check_each")?,
        })
    }
}
