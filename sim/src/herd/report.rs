//! The report of a comparison: tables to read, and the same as JSON.

use std::fmt::Write;

use super::{Comparison, Curve, Herd, Loss, Options, Overload, compare};

/// How long single users are without a connection after an outage, if the server accepts everybody at once.
pub(super) struct User {
    outage: u64,
    theirs: Curve,
    ours: Curve,
    /// A user who sent a message while the server was away.
    sending: Curve,
}

pub(super) fn users(seed: u64) -> Vec<User> {
    let options = Options {
        seed,
        clients: 4_000,
        capacity: 1_000_000_000,
        queue: 1_000_000_000,
        senders_permille: 0,
        ..Options::default()
    };
    let herds = BLIPS.map(|outage| Herd { outage, loss: Loss::Seen, overload: Overload::Refuses });
    let passive = compare(&herds, &options);
    let sending = compare(&herds, &Options { senders_permille: 1_000, ..options });
    passive
        .into_iter()
        .zip(sending)
        .map(|(passive, sending)| User {
            outage: passive.herd.outage,
            theirs: passive.theirs,
            ours: passive.ours,
            sending: sending.ours,
        })
        .collect()
}

pub(super) fn markdown(options: &Options, comparisons: &[Comparison], users: &[User]) -> String {
    let mut text = format!(
        "# The herd\n\n\
         {} clients lose one server at the same moment and reconnect. The server accepts {} connections a second and lets {} \
         wait for their turn. {} % of the clients send messages while it is away. The clients are real engines with the default \
         options, in virtual time. Beside them run as many clients with the algorithm and the defaults of socket.io-client 4.8. \
         Everything is drawn from seed {}: `cargo xtask sim herd`.\n\n\
         ![attempts per second since the server is back](herd.svg)\n\n\
         Attempts are counted from the moment the server is back. The peak is the highest number within any span of one second. \
         p99 is that of whole seconds, and the ratio in brackets is that of the peaks of whole seconds. Lateness is the time \
         at which 99 % of the clients were back, minus the {:.0} s that the server needs for all of them.\n",
        thousands(options.clients.into()),
        thousands(options.capacity),
        thousands(options.queue),
        options.senders_permille / 10,
        options.seed,
        seconds(options.least()),
    );
    let mut kind = None;
    for comparison in comparisons {
        let Comparison { herd, ours, theirs, .. } = comparison;
        if kind.replace((herd.loss, herd.overload)) != Some((herd.loss, herd.overload)) {
            write!(
                text,
                "\n## {}\n\n\
                 | outage | | peak | p99 | attempts per client | half are back after | 99 % | all | lateness | peak while away |\n\
                 | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
                herd.title(),
            )
            .expect(STRING);
        }
        for (name, curve, outage) in
            [("Holdfast", ours, herd.name()), ("socket.io-client", theirs, String::new())]
        {
            writeln!(
                text,
                "| {outage} | {name} | {} | {} | {:.1} | {} | {} | {} | {} | {} |",
                thousands(curve.peak().into()),
                thousands(curve.p99().into()),
                f64::from(curve.total()) / f64::from(options.clients),
                after(curve.back(50)),
                after(curve.back(99)),
                after(curve.back(100)),
                after(curve.back(99).map(|at| at.saturating_sub(options.least()))),
                thousands(curve.peak_before().into()),
            )
            .expect(STRING);
        }
        writeln!(
            text,
            "| | **ratio** | **{:.2}** ({:.2}) | | | | | | {} | |",
            comparison.ratio(),
            comparison.ratio_of_seconds(),
            match comparison.limits() {
                Some(limits) if limits.hold() => "within the limits",
                Some(_) => "**over a limit**",
                None => "",
            },
        )
        .expect(STRING);
    }
    text.push_str(&user_table(users));
    text
}

fn user_table(users: &[User]) -> String {
    let mut text = String::from(
        "\n## One user\n\n\
         How long one user is without a connection after a server is back that accepts everybody: the longest wait of half of the \
         users / of 90 % of them. A user who sends does so once in a minute. A page that is shown again or comes back \
         online tries within 2 s of its last attempt.\n\n\
         | outage | Holdfast | Holdfast, sending | socket.io-client |\n\
         | --- | ---: | ---: | ---: |\n",
    );
    for user in users {
        let of = |curve: &Curve| format!("{} / {}", after(curve.back(50)), after(curve.back(90)));
        let (ours, sending, theirs) = (of(&user.ours), of(&user.sending), of(&user.theirs));
        writeln!(text, "| {} | {ours} | {sending} | {theirs} |", span(user.outage)).expect(STRING);
    }
    text
}

pub(super) fn json(options: &Options, comparisons: &[Comparison], users: &[User]) -> String {
    let outage = |comparison: &Comparison| {
        object(
            4,
            &[
                ("outage_ms", comparison.herd.outage.to_string()),
                ("loss", format!("\"{:?}\"", comparison.herd.loss)),
                ("overload", format!("\"{:?}\"", comparison.herd.overload)),
                ("ratio", thousandths(comparison.ratio())),
                ("ratio_of_seconds", thousandths(comparison.ratio_of_seconds())),
                ("holdfast", curve_json(&comparison.ours)),
                ("socket_io_client", curve_json(&comparison.theirs)),
            ],
        )
    };
    let user = |user: &User| {
        let of =
            |curve: &Curve| format!("[{}, {}]", number(curve.back(50)), number(curve.back(90)));
        object(
            4,
            &[
                ("outage_ms", user.outage.to_string()),
                ("holdfast_ms", of(&user.ours)),
                ("holdfast_sending_ms", of(&user.sending)),
                ("socket_io_client_ms", of(&user.theirs)),
            ],
        )
    };
    let list = |items: Vec<String>| format!("[\n    {}\n  ]", items.join(",\n    "));
    let all = object(
        0,
        &[
            ("clients", options.clients.to_string()),
            ("capacity", options.capacity.to_string()),
            ("queue", options.queue.to_string()),
            ("senders_permille", options.senders_permille.to_string()),
            ("seed", options.seed.to_string()),
            ("outages", list(comparisons.iter().map(outage).collect())),
            ("one_user", list(users.iter().map(user).collect())),
        ],
    );
    format!("{all}\n")
}

fn curve_json(curve: &Curve) -> String {
    object(
        6,
        &[
            ("peak", curve.peak().to_string()),
            ("peak_of_seconds", curve.peak_of_seconds().to_string()),
            ("p99", curve.p99().to_string()),
            ("attempts", curve.total().to_string()),
            ("peak_while_away", curve.peak_before().to_string()),
            ("attempts_while_away", curve.total_before().to_string()),
            ("back_50_ms", number(curve.back(50))),
            ("back_99_ms", number(curve.back(99))),
            ("back_all_ms", number(curve.back(100))),
        ],
    )
}

/// Without trailing zeros, which the formatter removes.
fn thousandths(ratio: f64) -> String {
    ((ratio * 1_000.0).round() / 1_000.0).to_string()
}

/// With one value to a line and this indent, as the formatter writes it.
fn object(indent: usize, values: &[(&str, String)]) -> String {
    let values = values.iter().map(|(name, value)| format!("{:indent$}  \"{name}\": {value}", ""));
    format!("{{\n{}\n{:indent$}}}", values.collect::<Vec<_>>().join(",\n"), "")
}

impl Herd {
    pub(super) fn name(&self) -> String {
        span(self.outage)
    }

    fn title(&self) -> &'static str {
        match (self.loss, self.overload) {
            (Loss::Seen, Overload::Refuses) => {
                "Connections end; attempts are refused while the server is away, and while it is full"
            }
            (Loss::Seen, Overload::Hangs) => {
                "Connections end; attempts are refused while the server is away, and hang for 20 s while it is full"
            }
            (Loss::Silent, Overload::Refuses) => {
                "Connections go silent; attempts hang for 20 s while the server is away, and are refused while it is full"
            }
            (Loss::Silent, Overload::Hangs) => {
                "Connections go silent until heartbeats are missed; attempts hang for 20 s"
            }
        }
    }
}

fn span(millis: u64) -> String {
    match millis {
        3_600_000.. => format!("{} h", millis / 3_600_000),
        60_000.. => format!("{} min", millis / 60_000),
        _ => format!("{} s", seconds(millis)),
    }
}

fn after(millis: Option<u64>) -> String {
    millis.map_or("never".into(), |millis| format!("{:.1} s", seconds(millis)))
}

pub(super) fn thousands(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", number / 1_000, number % 1_000)
}

fn number(millis: Option<u64>) -> String {
    millis.map_or("null".into(), |millis| millis.to_string())
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// In milliseconds, mostly short.
const BLIPS: [u64; 9] = [200, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 60_000, 600_000];
const STRING: &str = "a String takes everything";
