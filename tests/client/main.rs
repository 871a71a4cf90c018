//! The client's rules, each as a short scenario in virtual time.

mod arrivals;
mod clock;
mod deliveries;
mod disk;
mod feed;
mod following;
mod generations;
mod health;
mod identity;
mod keeper;
mod life;
mod page;
mod receipts;
mod resync;
mod sessions;
mod transport;
mod world;
mod young_links;
