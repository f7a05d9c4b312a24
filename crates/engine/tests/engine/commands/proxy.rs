//! The way out of a command: through the proxy to the hosts of its scope, and to nobody else. All servers are on loopback.

use trireme_core::SandboxLevel;

use super::{Place, limits};
use crate::support::Echo;

/// What commands ask: a whole answer of the proxy to one request, and what comes after it.
const ASK: &str = r#"
import os, socket, sys
from urllib.parse import urlparse
proxy = urlparse(os.environ['HTTPS_PROXY'])
asked = socket.create_connection((proxy.hostname, proxy.port))
asked.sendall(sys.argv[1].encode().decode('unicode_escape').encode())
answer = asked.recv(9999).decode()
if answer.startswith('HTTP/1.1 200') and len(sys.argv) > 2:
    asked.sendall(sys.argv[2].encode())
    asked.shutdown(socket.SHUT_WR)
    while more := asked.recv(9999).decode(): answer += more
print(answer)
"#;

async fn place(name: &str, hosts: &[&str]) -> Place {
    let mut place = Place::new(name, Some(SandboxLevel::L3)).await;
    place.shell.hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
    std::fs::write(place.dir().join("ask.py"), ASK).unwrap();
    place
}

#[tokio::test]
async fn a_command_reaches_the_hosts_of_its_scope_and_no_others() {
    let (near, other) = (Echo::new().await, Echo::new().await);
    let place = place("out", &[&near.host()]).await;
    let (host, beyond) = (near.host(), other.host());

    let tunnel = place
        .run(&format!("/usr/bin/python3 ask.py 'CONNECT {host} HTTP/1.1\\r\\n\\r\\n' hello"), limits())
        .await;
    assert!(tunnel.output.contains("hello"), "{tunnel:?}");
    assert_eq!(tunnel.refused, Vec::<String>::new());

    let plain =
        format!("GET http://{host}/a?b HTTP/1.1\\r\\nHost: evil.org\\r\\nProxy-Authorization: x\\r\\n\\r\\n");
    let plain = place.run(&format!("/usr/bin/python3 ask.py '{plain}'"), limits()).await.output;
    assert!(
        plain.contains(
            &format!("GET /a?b HTTP/1.1\r\nhost: {host}\r\n\r\n")
                .to_lowercase()
                .replace("get /a?b http", "GET /a?b HTTP")
        ),
        "{plain}"
    );

    let refused = format!("/usr/bin/python3 ask.py 'CONNECT {beyond} HTTP/1.1\\r\\n\\r\\n' hello");
    let refused = place.run(&refused, limits()).await;
    assert!(
        refused.output.contains("HTTP/1.1 403") && refused.output.contains(&format!("it reaches: {host}")),
        "{refused:?}"
    );
    assert_eq!(refused.refused, [format!("host {beyond}")]);
    assert!(refused.said().contains(&format!("[beyond its scope: host {beyond}]")));
    let odd = [
        "CONNECT evil.org:443",
        "GET http://127.0.0.1/",
        "GET http://x@127.0.0.3/",
        "GET https://evil.org/",
        "GET /",
    ];
    for line in odd {
        let odd = place
            .run(
                &format!("/usr/bin/python3 ask.py '{line} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n'"),
                limits(),
            )
            .await;
        assert!(odd.output.contains("HTTP/1.1 40"), "{line}: {odd:?}");
    }
}

#[tokio::test]
async fn the_proxy_is_the_only_way_and_goes_with_the_command() {
    let near = Echo::new().await;
    let place = place("only", &[&near.host()]).await;
    let direct = format!("exec 3<>/dev/tcp/127.0.0.2/{}", near.port);
    let outside = std::net::TcpStream::connect(near.host());
    assert!(outside.is_ok(), "it is there");
    let inside = place.run(&format!("/bin/bash -c '{direct}' && echo out"), limits()).await;
    assert!(!inside.output.contains("out\n"), "{inside:?}");
    let left = std::fs::read_dir(place.above.path()).unwrap().flatten();
    assert!(left.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().ends_with(".proxy")));
}

/// Many at once, and more than there may be: each is answered or sent away, and the command ends.
#[tokio::test]
async fn a_crowd_of_connections_neither_hangs_nor_gets_out() {
    let near = Echo::new().await;
    let place = place("crowd", &[&near.host()]).await;
    let crowd = r#"
import os, socket
from urllib.parse import urlparse
proxy = urlparse(os.environ['HTTP_PROXY'])
many = [socket.create_connection((proxy.hostname, proxy.port)) for _ in range(200)]
print(len(many))
"#;
    std::fs::write(place.dir().join("crowd.py"), crowd).unwrap();
    let output = place.run("/usr/bin/python3 crowd.py", limits()).await;
    assert_eq!((output.exit, output.output.as_str()), (Some(0), "200\n"));
    assert!(place.is_left_alone().await);
}

#[tokio::test]
async fn without_hosts_there_is_no_proxy_and_no_word_of_one() {
    for level in [SandboxLevel::L3, SandboxLevel::L2] {
        let mut place = Place::new("none", Some(level)).await;
        if level == SandboxLevel::L2 {
            place.shell.hosts = ["a.org".parse().unwrap()].into();
        }
        let output = place.run("env | grep -ci proxy; ls -A / 2>/dev/null | grep -c proxy", limits()).await;
        assert_eq!(output.output, "0\n0\n", "{level}");
    }
}
