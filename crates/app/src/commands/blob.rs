//! `blob`: a payload of a run, as it was.

use std::process::ExitCode;

use trireme_core::BlobRef;
use trireme_engine::Engine;

use crate::cli::BlobArgs;
use crate::failure::Failure;
use crate::out;

/// Prints the payload.
pub(crate) async fn blob(engine: &Engine, args: &BlobArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let digest = args.blob.parse().map_err(|_| {
        Failure::usage(format!("{:?} is no name of a payload", args.blob))
            .hint(format!("trireme log {run} --json   (payload_ref names them)"))
    })?;
    out::raw(&engine.past(&run).await?.bytes(BlobRef(digest)).await?)?;
    Ok(ExitCode::SUCCESS)
}
