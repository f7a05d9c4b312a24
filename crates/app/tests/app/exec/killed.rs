//! A gateway that is killed in the middle of 200 calls: after its restart the books know at least what the provider bills.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::*;

fn serve(stand: &Stand) -> (Child, String) {
    let mut command = stand.command(&["gateway", "--listen", "127.0.0.1:0"]);
    let mut gateway = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(gateway.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().to_owned();
    (gateway, address)
}

/// One call over a connection of its own. Whatever comes back, or nothing.
fn call(address: &str, key: &str, number: usize) {
    let streamed = number.is_multiple_of(2);
    let body = format!(
        "{{\"model\":\"claude-opus-5-5\",\"max_tokens\":2000,\"stream\":{streamed},\"messages\":[{{\"role\":\"user\",\"content\":\"Row.\"}}]}}"
    );
    let fault = ["", "", "", "500", "cut", "no-usage", "429"][number % 7];
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         x-play: wait={};use=full;fault={fault}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        number % 5 * 60,
        body.len(),
    );
    let Ok(mut socket) = TcpStream::connect(address) else { return };
    let _ = socket.write_all(format!("{head}{body}").as_bytes());
    let _ = socket.read_to_end(&mut Vec::new());
}

/// What a key has spent, and what is promised to its calls, in nanodollars.
fn spent(stand: &Stand, key: usize) -> (u64, u64) {
    let listed: serde_json::Value = serde_json::from_str(&stand.type_in(&["keys", "--json"]).out).unwrap();
    (listed[key]["spent"].as_u64().unwrap(), listed[key]["reserved"].as_u64().unwrap())
}

#[test]
fn a_gateway_that_is_killed_knows_at_least_the_bill_and_no_key_exceeds_its_dollar() {
    let stand = Stand::new();
    for round in 0..4 {
        let name = format!("dollar-{round}");
        let key = stand.type_in(&["keys", "make", &name, "--budget", "1"]).out.trim().to_owned();
        let before = stand.provider.ledger();
        let (mut gateway, address) = serve(&stand);
        let (key, address) = (key.as_str(), address.as_str());
        std::thread::scope(|scope| {
            for number in 0..200 {
                scope.spawn(move || call(address, key, number));
            }
            // In the middle: the provider has begun to bill for this round.
            let (enough, began) = (before.received + 1 + round as u64 * 6, Instant::now());
            while stand.provider.ledger().received < enough && began.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(1));
            }
            gateway.kill().unwrap();
            gateway.wait().unwrap();
        });
        let (gateway, _) = serve(&stand);
        let (spent, reserved) = spent(&stand, round);
        let billed = stand.provider.ledger().bill.as_nanos() - before.bill.as_nanos();
        println!("round {round}: the provider bills {billed}, the books know {spent}");
        assert_eq!(reserved, 0, "nothing is on its way");
        assert!(0 < billed && billed <= spent && spent <= 1_000_000_000, "billed {billed}, spent {spent}");
        stop(gateway);
    }
}

fn stop(mut gateway: Child) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(gateway.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    gateway.wait().unwrap();
}
