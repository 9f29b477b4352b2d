//! The arithmetic of the CUDA kernels, compiled for this machine and compared with an oracle.
//!
//! The headers under `cuda/` are made of a dozen instructions that have a host form. A C++ compiler makes a program of
//! them that answers questions, see `cuda/host/main.cpp`; each test asks it many and knows the answers from elsewhere.

#[path = "../common/agree.rs"]
mod agree;
#[path = "../common/case.rs"]
mod case;
mod ed25519;
mod field;
mod host;
