//! The arithmetic of the CUDA kernels, compiled for this machine and compared with an oracle.
//!
//! The headers under `cuda/` are made of a dozen instructions that have a host form. A C++ compiler makes a program of
//! them that answers questions, see `cuda/host/main.cpp`; each test asks it many and knows the answers from elsewhere.

mod field;
mod host;
