//! The one door to every command of the project.
fn main() {}
