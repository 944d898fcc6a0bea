//! The service in Rust beside the Koa application: `cargo run -p koa-migration [REDIS_URL] [PORT]`.

#![expect(clippy::print_stdout, reason = "it says its port")]

#[tokio::main]
async fn main() -> Result<(), koa_migration::Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "redis://127.0.0.1".to_owned());
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let service = koa_migration::service(&url).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?.port());
    axum::serve(listener, service).await?;
    Ok(())
}
