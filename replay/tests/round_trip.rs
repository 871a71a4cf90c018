//! Records a client and replays the recording: the same answers, the first difference, and a trap.

use holdfast::border::told::Told;
use holdfast::border::{Around, Border, flag};
use holdfast_replay::recording::Recording;
use holdfast_replay::{Answer, Crossing, Replay, Start};

const START: Start = Start { wall: 1_790_000_000_000.0, running: 3.5, seed: 0.25 };
const HEARTBEAT: f64 = 45_000.0;

struct Browser;

impl Around for Browser {
    fn heartbeat(&self) -> f64 {
        HEARTBEAT
    }
}

/// A client whose crossings are recorded, as the inspector does.
struct Recorder {
    border: Border,
    now: f64,
    steps: Vec<Crossing>,
}

impl Recorder {
    fn new() -> Self {
        let border = Border::new(START.wall, START.running, START.seed);
        Self { border, now: 0.0, steps: Vec::new() }
    }

    fn tell(&mut self, told: Told, given: &[f64]) -> f64 {
        let mut numbers = [f64::NAN; 6];
        numbers[..given.len()].copy_from_slice(given);
        let (wall, running) = (START.wall + self.now, START.running + self.now);
        let answer = self.border.tell(&Browser, told, wall, running, numbers);
        let index = Told::ALL.iter().position(|&one| one == told).expect("`ALL` has it");
        let answer_of_step = Answer::Number(answer);
        self.steps.push(Crossing { told: index, wall, running, numbers, answer: answer_of_step });
        answer
    }

    fn drain(&mut self) {
        while self.tell(Told::Poll, &[]) > 0.0 {
            // The shell answers the order `look` with this fact.
            let is_look = self.steps.last().is_some_and(|step| step.answer == Answer::Number(16.0));
            if is_look {
                self.tell(Told::Looked, &[-1.0, 0.0, 0.0]);
            }
        }
    }
}

/// Connects, sends three messages, loses the link with two of them unanswered, and reconnects.
fn story() -> Vec<Crossing> {
    let mut client = Recorder::new();
    let settings = [
        10_000, 3, 1_000, 30_000, 50, 1_000_000, 1_000, 10_000_000, 1_000, 30_000, 0, 5_000,
        15_000, 20_000, 3_000, 0, 0, 0,
    ];
    for (index, setting) in settings.into_iter().enumerate() {
        client.tell(Told::Set, &[index as f64, f64::from(setting)]);
    }
    client.tell(Told::Configure, &[]);
    client.tell(Told::Open, &[0.0]);
    client.drain();
    client.now = 20.0;
    connect(&mut client, 1.0);
    let sent: Vec<f64> = [100.0, 200.0, 300.0]
        .map(|bytes| {
            client.tell(Told::Send, &[0.0, bytes, f64::from(flag::CARRIES_ID), 60_000.0, 0.0, 0.0])
        })
        .into();
    client.drain();
    client.now = 60.0;
    client.tell(Told::Acked, &[sent[0], 1.0, 0.0, 0.0, 0.0]);
    client.drain();
    client.now = 900.0;
    client.tell(Told::LinkDown, &[1.0, 0.0, 0.0]);
    client.drain();
    client.now = 20_000.0;
    client.tell(Told::Timeout, &[]);
    client.drain();
    connect(&mut client, 2.0);
    for message in &sent[1..] {
        client.now += 30.0;
        client.tell(Told::Acked, &[*message, 2.0, 0.0, 0.0, 0.0]);
        client.drain();
    }
    client.steps
}

fn connect(client: &mut Recorder, epoch: f64) {
    client.tell(Told::Granted, &[epoch, 0.0, 0.0]);
    client.drain();
    client.tell(Told::LinkUp, &[epoch, 0.0]);
    client.tell(Told::Over, &[epoch, 0.0, 1_000_000.0]);
    client.tell(Told::Greeted, &[epoch, 0.0]);
    client.drain();
}

/// Writes a file as the inspector does.
fn write(steps: &[Crossing]) -> String {
    let rows: Vec<String> = steps
        .iter()
        .map(|step| {
            let answer = match step.answer {
                Answer::Number(number) => cell(number),
                Answer::Trap => "\"trap\"".to_owned(),
            };
            let numbers: Vec<_> = step.numbers.iter().map(|&number| cell(number)).collect();
            let (wall, running) = (cell(step.wall), cell(step.running));
            format!("[{},{wall},{running},{answer},{}]", step.told, numbers.join(","))
        })
        .collect();
    format!(
        r#"{{"format":"holdfast recording","version":1,"package":"0.0.0","module":"client","isWhole":true,
        "start":{{"wall":{},"running":{},"seed":{}}},"steps":[{}]}}"#,
        START.wall,
        START.running,
        START.seed,
        rows.join(",")
    )
}

fn cell(number: f64) -> String {
    if number.is_nan() {
        "null".to_owned()
    } else if number.is_infinite() {
        format!("\"{}inf\"", if number < 0.0 { "-" } else { "" })
    } else {
        number.to_string()
    }
}

#[test]
fn a_recording_is_replayed_to_the_same_answers() {
    let recording = Recording::parse(&write(&story())).expect("a recording");
    let mut replay = Replay::new(recording.start);
    for step in &recording.steps {
        assert!(replay.advance(step), "step {} differs", replay.steps() - 1);
    }
    let view = replay.view();
    assert_eq!((view.phase, view.queued, view.in_flight), ("ready", 0, 0));
    assert_eq!(view.differs_at, None);
    let attempts: Vec<_> = view.messages.iter().map(|message| message.attempts).collect();
    assert_eq!(attempts, [1, 2, 2]);
    assert!(view.messages.iter().all(|message| {
        message
            .result
            .as_ref()
            .is_some_and(|result| result.code == "SUCCESS" && result.by == Some("ack"))
    }));
}

#[test]
fn without_a_link_each_message_says_what_it_waits_for() {
    let steps = story();
    let down =
        steps.iter().position(|step| Told::ALL[step.told] == Told::LinkDown).expect("a lost link");
    let mut replay = Replay::new(START);
    for step in &steps[..=down] {
        replay.advance(step);
    }
    let view = replay.view();
    let waits: Vec<_> = view
        .messages
        .iter()
        .filter_map(|message| message.wait.as_ref())
        .map(|wait| wait.why)
        .collect();
    assert_eq!(waits, ["link", "link"]);
    assert_eq!(view.phase, "waiting");
}

#[test]
fn the_first_step_that_differs_is_named() {
    let mut steps = story();
    let poll = steps
        .iter()
        .rposition(|step| step.answer == Answer::Number(7.0))
        .expect("a settled message");
    steps[poll].answer = Answer::Number(6.0);
    let mut replay = Replay::new(START);
    let agreed = steps.iter().take_while(|step| replay.advance(step)).count();
    assert_eq!((agreed, replay.differs_at()), (poll, Some(poll)));
}

#[test]
fn a_recorded_trap_never_agrees() {
    let mut steps = story();
    steps.truncate(30);
    steps[29].answer = Answer::Trap;
    let mut replay = Replay::new(START);
    let agreed = steps.iter().take_while(|step| replay.advance(step)).count();
    assert_eq!(agreed, 29);
}

#[test]
fn each_step_has_a_sentence_that_names_its_message() {
    let mut replay = Replay::new(START);
    let says: Vec<_> = story().iter().map(|step| replay.step(step).says).collect();
    for expected in [
        "The app sends message 1 of 100 bytes.",
        "Emit message 2, attempt 1.",
        "The server acknowledges message 1 (attempt 1).",
        "Settle message 1: SUCCESS, by its acknowledgement.",
        "The connection is lost or could not be made.",
        "Emit message 3, attempt 2.",
    ] {
        assert!(says.iter().any(|text| text == expected), "`{expected}` is missing in {says:#?}");
    }
}

#[test]
fn an_invalid_file_is_refused_with_the_reason() {
    let refused = |text: &str| format!("{:#}", Recording::parse(text).expect_err("an error"));
    assert!(refused("{}").contains("not a recording"));
    let story = write(&story());
    assert!(refused(&story.replace("\"version\":1", "\"version\":9")).contains("version 9"));
    assert!(refused(&story.replacen("[4,", "[4,1,2,3,4,5,6,7,8,9,", 1)).contains("step 0"));
    assert!(refused(&story.replacen("null", "\"five\"", 1)).contains("`five` is not a number"));
}
