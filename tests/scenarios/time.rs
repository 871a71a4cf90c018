//! Clocks that jump, and late timers.

use holdfast::engine::{Config, Engine, Moment, Verdict};

use crate::world::World;

#[test]
fn clock_that_runs_backwards_stands_still_inside() {
    let mut engine = Engine::new(Config::default(), 1, Moment(10_000));
    engine.open(Moment(10_000));
    engine.handle_timeout(Moment(3));
    assert_eq!(engine.poll_timeout(), Some(Moment(15_000)));
}

#[test]
fn same_inputs_give_the_same_orders() {
    let run = || {
        let mut world = World::ready();
        for round in 0..200_u32 {
            let seq = world.send(round % 7);
            match round % 5 {
                0 => world.ack(seq, 1, Verdict::TryAgain),
                1 => world.replace_link(),
                _ => world.run_to(world.now + 500),
            }
        }
        world.log
    };
    assert_eq!(run(), run());
}
