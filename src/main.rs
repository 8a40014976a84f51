//! The `strowger` command. Everything it does is in the library's `cli`.

fn main() -> std::process::ExitCode {
    strowger::cli::main()
}
