//! GPUs: whether there is one, and whether its driver is.

use pelton_kernels::cuda;

use crate::doctor::host::Host;
use crate::doctor::{Check, Loss};

/// NVIDIA, as PCI numbers vendors.
pub const VENDOR: &str = "0x10de";
/// Displays and accelerators, as PCI begins the numbers of their classes.
pub const CLASSES: [&str; 2] = ["0x03", "0x12"];

/// Whether a GPU that is there can be used.
pub fn driver(host: &Host) -> Check {
    let name = "GPU and driver";
    // Nothing is verified on what is found here.
    let found = cuda::devices([0; 32]);
    if let Some(card) = &found.name {
        return Check::good(name, format!("{card}, the first of {}", found.count));
    }
    let is_gpu = |slot: &String| {
        let of = |what: &str| host.read(&format!("sys/bus/pci/devices/{slot}/{what}")).unwrap_or_default();
        of("vendor") == VENDOR && CLASSES.iter().any(|class| of("class").starts_with(class))
    };
    let slots = host.names("sys/bus/pci/devices");
    let reason = found.missing.unwrap_or_else(|| "the driver lists none".to_owned());
    if slots.iter().any(is_gpu) {
        let change =
            "install NVIDIA's driver, 525 or newer; libcuda.so.1 must be found (ldconfig -p | grep libcuda)";
        return Check::costs(name, format!("there is a GPU, and {reason}"), Loss::expected(0.3, 0.9), change);
    }
    Check::unavailable(name, format!("no GPU in this machine: {reason}"))
}
