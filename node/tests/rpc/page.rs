//! What a browser is given, and that it stands in nobody's way.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use serde_json::json;

use crate::client::{answer, connect, post, standard};

/// Head and body of what a request without a body is answered with.
fn ask(node: SocketAddr, method: &str, path: &str) -> (String, Vec<u8>) {
    let mut stream = connect(node);
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: node\r\n\r\n").expect("it reads");
    let mut bytes = Vec::new();
    // The end of the connection is the end of the answer.
    stream.read_to_end(&mut bytes).expect("it closes the connection");
    let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let body = bytes.split_off(head_end);
    (String::from_utf8(bytes).expect("a head is text").to_lowercase(), body)
}

#[test]
fn every_file_of_the_page_is_given_as_it_is_with_its_type_and_a_strict_policy() {
    let node = standard();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    for entry in std::fs::read_dir(folder).expect("the files are there") {
        let path = entry.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let kind = match path.extension().and_then(|end| end.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            other => panic!("a type for {other:?}"),
        };
        let asked = if name == "index.html" { "/".to_owned() } else { format!("/{name}") };
        let (head, body) = ask(node, "GET", &asked);
        let expected = std::fs::read(&path).expect("it can be read");
        assert!(head.starts_with("http/1.1 200 ok\r\n") && body == expected, "{name}: {head}");
        for line in [
            &format!("content-type: {kind}\r\n"),
            &format!("content-length: {}\r\n", expected.len()),
            "content-security-policy: default-src 'none'; script-src 'self';",
            "x-content-type-options: nosniff\r\n",
        ] {
            assert!(head.contains(line), "{name} without {line}: {head}");
        }
        assert!(!head.contains("unsafe-") && !head.contains("access-control"), "{name}: {head}");
        let (head, body) = ask(node, "HEAD", &asked);
        assert!(head.starts_with("http/1.1 200 ok\r\n") && body.is_empty(), "{name}: {head}");
    }
}

#[test]
fn nothing_but_the_files_is_given_and_all_else_is_for_json_rpc() {
    let node = standard();
    for path in ["/nothing", "/index.html", "/..", "/../Cargo.toml", "//", "/%2e%2e/etc/passwd", "/page.css/"]
    {
        let (head, body) = ask(node, "GET", path);
        assert!(head.starts_with("http/1.1 404") && body == b"404 Not Found\n", "{path}: {head}");
    }
    let (head, _) = ask(node, "GET", "/page.css?v=1");
    assert!(head.starts_with("http/1.1 200"), "what stands behind the path changes nothing: {head}");
    for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
        let mut stream = connect(node);
        write!(stream, "{method} / HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").expect("it reads");
        let (status, body) = answer(&mut stream);
        assert_eq!(status, 405, "{method}: {body}");
    }
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    assert!(post(node, &request.to_string()).1.contains("0x7a69"));
}
