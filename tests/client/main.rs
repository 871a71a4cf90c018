//! The client's rules, each told as a short story in virtual time.

mod disk;
mod generations;
mod health;
mod identity;
mod keeper;
mod receipts;
mod transport;
mod world;
mod young_links;
