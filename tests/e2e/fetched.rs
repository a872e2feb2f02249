//! An exported session at an address on the web, served over TLS by an authority of the test's own.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::program::{Ended, Home, run};

const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples/tls")
        .join(name)
}

/// A server over TLS, and what it was asked.
struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Serves what the path asks for until the test is over.
async fn serve(files: fn(&str, u16) -> Vec<u8>) -> Web {
    let key = PrivateKeyDer::from_pem_file(sample("localhost.key")).unwrap();
    let certificates = CertificateDer::pem_file_iter(sample("localhost.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
            tokio::spawn(async move {
                // Who does not trust us hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                noted.lock().unwrap().push(head);
                // A client that has read enough hangs up.
                let _ = stream.write_all(&files(&path, port)).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    Web { port, asked }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn session() -> String {
    let fact = format!(r#"{{"observed_at":"2026-11-26T12:00:00Z","kind":"stack_gone","stack_id":"{SHOP}"}}"#);
    format!(r#"{{"schema":"stacktrail.session/2","root":"{SHOP}","facts":[{fact}]}}"#)
}

fn files(path: &str, port: u16) -> Vec<u8> {
    let onward = |to: &str| answer("302 Found", &format!("Location: {to}\r\n"), b"");
    match path {
        "/shop.json" => answer("200 OK", "", session().as_bytes()),
        "/shop.json.gz" => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(session().as_bytes()).unwrap();
            answer("200 OK", "Content-Encoding: none\r\n", &packed.finish().unwrap())
        }
        "/onward" => onward("/relative/../shop.json?x"),
        "/relative/../shop.json?x" => onward(&format!("https://localhost:{port}/shop.json")),
        "/circle" => onward("/circle"),
        "/plain" => onward("http://localhost/shop.json"),
        "/page" => answer("200 OK", "", b"<html>Sign in</html>"),
        "/large" => answer("200 OK", "Content-Length: 9999999999\r\n", b"{"),
        "/cut" => answer("200 OK", "Content-Length: 500\r\n", b"{\"schema\""),
        "/denied" => answer("403 Forbidden", "", b"no\x1b[2J\x1b]0;owned\x07 way"),
        _ => answer("404 Not Found", "", b"no such file"),
    }
}

async fn open(web: &Web, path: &str, trusting: bool) -> Ended {
    let home = Home::new();
    let mut command = home.program();
    if trusting {
        command.env("SSL_CERT_FILE", sample("authority.pem"));
    }
    command.args(["open", &format!("https://localhost:{}{path}", web.port)]);
    run(command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_on_the_web_opens_in_place_and_nothing_says_who_asked() {
    let web = serve(files).await;
    for path in ["/shop.json", "/shop.json.gz", "/onward"] {
        let ended = open(&web, path, true).await;
        assert!(
            ended.text().contains("shop"),
            "{path}: {}; {}",
            ended.text(),
            ended.stderr
        );
        assert_eq!(ended.stderr, "", "{path}");
    }
    let asked = web.asked.lock().unwrap().join("\n").to_lowercase();
    assert!(asked.contains("get /shop.json"), "{asked}");
    for secret in ["authorization", "x-amz", "cookie", "credential", "test"] {
        assert!(!asked.contains(secret), "{secret} in {asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_wrong_with_an_address_is_a_sentence() {
    let web = serve(files).await;
    for (path, said) in [
        (
            "/gone.json",
            "it answers 404 (\"no such file\"); look whether the address is right",
        ),
        ("/denied", "it answers 403"),
        ("/circle", "sends us on more than 5 times"),
        ("/plain", "only addresses that begin with https:// are followed"),
        ("/page", "cannot be opened"),
        ("/large", "larger than 256 MiB"),
        ("/cut", "cannot be"),
    ] {
        let ended = open(&web, path, true).await;
        assert_ne!(ended.code, Some(0), "{path}: {}", ended.text());
        assert!(ended.stderr.contains(said), "{path}: {}", ended.stderr);
        assert!(
            !ended.stderr.contains('\x1b') && !ended.stderr.contains('\x07'),
            "{path}: {:?}",
            ended.stderr
        );
        assert!(ended.stderr.contains(path), "{path}: {}", ended.stderr);
    }
    let stranger = open(&web, "/shop.json", false).await;
    assert!(
        stranger.stderr.contains("cannot be reached"),
        "{}",
        stranger.stderr
    );
    let home = Home::new();
    for (address, said) in [
        ("http://localhost/shop.json", "write it as https://HOST/FILE"),
        (
            "https://me:secret@localhost/shop.json",
            "would be sent to whoever answers there",
        ),
    ] {
        let mut command = home.program();
        command.args(["open", address]);
        let ended = run(command).await;
        assert_ne!(ended.code, Some(0));
        assert!(ended.stderr.contains(said), "{address}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
}
