//! A bucket of an S3-compatible server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use object_store::aws::AmazonS3Builder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::config::S3;

/// How often a request is tried again, and until when: then the caller is told to come back.
const RETRIES: usize = 2;
const RETRY_FOR: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
/// Longest silence of the server. There is no limit for a whole answer: a large file goes out as
/// slowly as its reader takes it.
const SILENCE: Duration = Duration::from_secs(20);

/// Asks nothing of the server yet. Every request is signed with the hash of its body, so that
/// the server notices what was changed on the way.
pub fn open(s3: &S3) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_timeout_disabled()
        .with_read_timeout(SILENCE)
        .with_allow_http(s3.endpoint.starts_with("http://"));
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_access_key_id(s3.access_key.expose())
        .with_secret_access_key(s3.secret_key.expose())
        .with_virtual_hosted_style_request(!s3.path_style)
        .with_client_options(options)
        .with_retry(retry);
    if !s3.endpoint.is_empty() {
        builder = builder.with_endpoint(s3.endpoint.trim_end_matches('/'));
    }
    let bucket = builder.build().context("the settings [s3] cannot be used")?;
    Ok(Arc::new(bucket))
}

/// What a server said, and why, in one line and without what the caller knows already.
pub fn words(error: &object_store::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = deeper.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
