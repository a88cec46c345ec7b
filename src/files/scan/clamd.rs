//! What clamd is told and what it says: its command `INSTREAM` (clamd(8)). The bytes go in
//! pieces, each behind its length of four bytes; a length of 0 ends them.

use anyhow::{Result, bail};
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Verdict;

/// Bytes of an answer that are read at most.
const LONGEST: u64 = 1024;

/// Asks about bytes on a connection of their own.
pub async fn ask<C>(mut connection: C, pieces: BoxStream<'_, Result<Bytes>>) -> Result<Verdict>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let sent = send(&mut connection, pieces).await;
    let mut answer = Vec::new();
    let read = connection.take(LONGEST).read_to_end(&mut answer).await;
    match (sent, verdict(&answer)) {
        // It says why, also when it hung up before it had heard everything.
        (Err(error), Err(said)) if answer.is_empty() => Err(error.context(said)),
        (Err(_), Err(said)) => Err(said),
        (Err(error), Ok(Verdict::Clean)) => Err(error.context("it has not heard everything")),
        (_, Ok(verdict)) => read.map(|_| verdict).map_err(Into::into),
        (Ok(()), Err(said)) => Err(said),
    }
}

async fn send<C>(connection: &mut C, mut pieces: BoxStream<'_, Result<Bytes>>) -> Result<()>
where
    C: AsyncWrite + Unpin,
{
    connection.write_all(b"zINSTREAM\0").await?;
    while let Some(piece) = pieces.try_next().await? {
        // An empty piece would be the end.
        if piece.is_empty() {
            continue;
        }
        connection.write_all(&u32::try_from(piece.len())?.to_be_bytes()).await?;
        connection.write_all(&piece).await?;
    }
    connection.write_all(&[0; 4]).await?;
    Ok(connection.flush().await?)
}

/// `stream: OK`, or `stream: NAME FOUND`; all else is no verdict. PURE.
fn verdict(answer: &[u8]) -> Result<Verdict> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_end_matches(['\0', '\n']);
    match text.strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(said) if said.ends_with(" FOUND") => {
            Ok(Verdict::Infected(said.trim_end_matches(" FOUND").escape_debug().to_string()))
        }
        _ => bail!("the scanner says: {:?}", text.chars().take(100).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_answers_are_verdicts() {
        assert_eq!(verdict(b"stream: OK\0").unwrap(), Verdict::Clean);
        assert_eq!(verdict(b"stream: Eicar FOUND\0").unwrap(), Verdict::Infected("Eicar".to_owned()));
        let others: [&[u8]; 7] = [
            b"",
            b"\0",
            b"OK",
            b"stream: OK and more",
            b"stream: ERROR\0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"HTTP/1.1 200 OK\r\n",
        ];
        for other in others {
            assert!(verdict(other).is_err(), "{other:?}");
        }
    }
}
