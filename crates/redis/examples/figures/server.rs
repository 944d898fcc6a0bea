//! The server of a run.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;

/// A server of its own, on a free port; ended with the example.
pub(crate) struct OwnServer {
    process: Child,
    pub(crate) url: String,
}

impl OwnServer {
    pub(crate) fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        Self {
            process,
            url: format!("redis://127.0.0.1:{port}"),
        }
    }

    /// A connection with the settings of those of the store, so that both are treated alike.
    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        let config = redis::AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(1024);
        let client = redis::Client::open(&*self.url).unwrap();
        for _ in 0..500 {
            let connected = client.get_multiplexed_async_connection_with_config(&config);
            if let Ok(connection) = connected.await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server does not answer");
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the server has computed, in seconds.
pub(crate) async fn cpu(mut connection: MultiplexedConnection) -> f64 {
    let mut info = redis::cmd("INFO");
    let info: String = info.arg("cpu").query_async(&mut connection).await.unwrap();
    let field = |name: &str| -> f64 {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().parse().unwrap()
    };
    field("used_cpu_sys:") + field("used_cpu_user:")
}
