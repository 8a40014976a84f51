//! temp
use strowger::runtime::{ServeOptions, serve};
fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let site = std::env::args().nth(2).unwrap().into();
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Err(e) = rt.block_on(serve(ServeOptions { site, insecure: false, color: false })) {
        eprintln!("{e}");
        std::process::exit(2);
    }
}
