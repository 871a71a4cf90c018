//! What a module without std has to bring itself.

use core::panic::PanicInfo;

/// Where std's allocator would be: 3 KB instead of 9.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// A panic is a bug of ours. It traps, and the JavaScript around it settles what waits and reports it;
/// a text would have to be formatted, which costs more code than the engine.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
