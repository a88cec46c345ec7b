//! Giving a file back: as an attachment that no browser interprets.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ETag, EntityTag, ExtendedValue,
    Header, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::TryStreamExt;
use object_store::GetRange;

use super::name::ascii;
use super::{FILE_UNAVAILABLE, FileRow, Files};
use crate::error::{Code, Refused, Result};

static RANGE_REFUSED: Code = Code::new(
    416,
    "range_not_satisfiable",
    "Phạm vi yêu cầu nằm ngoài tệp",
    "The range lies outside the file",
);

/// Which bytes are wanted: first and last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: u64,
    last: u64,
}

impl Files {
    /// Answers with the file of a row that the caller may see: whole (200), a single range of it
    /// (206), or not at all because the caller has it (304). What a virus scanner has not found
    /// clean is refused. A file that is missing or has
    /// another size than its row says is 503 and an error in the log, never half an answer.
    pub async fn download(&self, row: &FileRow, request: &HttpRequest) -> Result<HttpResponse> {
        self.check_scan(row)?;
        if has_it_already(row, request) {
            return Ok(HttpResponse::NotModified().insert_header(etag(row)).finish());
        }
        let size = row.size.unsigned_abs();
        let span = wanted(row, request, size)?;
        let range = span.map(|span| GetRange::Bounded(span.first..span.last + 1));
        let object = self.store.get(&row.storage_key, range).await?;
        if object.meta.size != size {
            let found = object.meta.size;
            tracing::error!(file = %row.id, key = row.storage_key, size, found, "a stored file has another size");
            return Err(FILE_UNAVAILABLE.err());
        }
        let mut response = match span {
            None => HttpResponse::Ok(),
            Some(Span { first, last }) => {
                let mut partial = HttpResponse::build(StatusCode::PARTIAL_CONTENT);
                partial.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
                partial
            }
        };
        let length = object.range.end - object.range.start;
        protect(&mut response, row);
        Ok(response.no_chunking(length).streaming(object.into_stream().map_err(std::io::Error::from)))
    }
}

/// The headers that make the file an attachment, whatever it contains.
fn protect(response: &mut HttpResponseBuilder, row: &FileRow) {
    let plain = DispositionParam::Filename(ascii(&row.name));
    let full = DispositionParam::FilenameExt(ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: row.name.clone().into_bytes(),
    });
    let attachment =
        ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![plain, full] };
    response
        .insert_header((header::CONTENT_TYPE, row.media_type.as_str()))
        .insert_header(attachment)
        .insert_header(etag(row))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        // Compressed, it would lose its length and its ranges.
        .insert_header((header::CONTENT_ENCODING, "identity"));
}

fn entity_tag(row: &FileRow) -> EntityTag {
    EntityTag::new_strong(row.sha256.clone())
}

fn etag(row: &FileRow) -> ETag {
    ETag(entity_tag(row))
}

fn has_it_already(row: &FileRow, request: &HttpRequest) -> bool {
    if !request.headers().contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&entity_tag(row))),
        Err(_) => false,
    }
}

/// The range that is asked for; `None` = the whole file, as also for several ranges, for what
/// cannot be read as a range, and for a range of another content (`If-Range`).
fn wanted(row: &FileRow, request: &HttpRequest, size: u64) -> Result<Option<Span>> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|tag| tag != entity_tag(row).to_string()) {
        return Ok(None);
    }
    match text(header::RANGE).and_then(|range| span(range, size)) {
        None => Ok(None),
        Some(Some(span)) => Ok(Some(span)),
        Some(None) => Err(Refused::new(&RANGE_REFUSED).with("size", size).into()),
    }
}

/// Reads `bytes=first-last`, `bytes=first-` or `bytes=-count`: outer `None` = not a single
/// range, inner `None` = nothing of it lies in the file.
fn span(text: &str, size: u64) -> Option<Option<Span>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let end = size.checked_sub(1)?;
    if first.trim().is_empty() {
        let count = number(last)?;
        return Some((count > 0).then(|| Span { first: size.saturating_sub(count), last: end }));
    }
    let first = number(first)?;
    let last = if last.trim().is_empty() { end } else { number(last)? };
    if last < first && first <= end {
        return None;
    }
    Some((first <= end).then(|| Span { first, last: last.min(end) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_read_as_the_standard_says() {
        let span = |text| super::span(text, 10);
        let is = |first, last| Some(Some(Span { first, last }));
        assert_eq!(span("bytes=0-3"), is(0, 3));
        assert_eq!(span("bytes=4-"), is(4, 9));
        assert_eq!(span("bytes=-3"), is(7, 9));
        assert_eq!(span("bytes=-99"), is(0, 9));
        assert_eq!(span("bytes=8-99"), is(8, 9));
        assert_eq!(span("bytes=10-"), Some(None));
        assert_eq!(span("bytes=-0"), Some(None));
        for whole in ["bytes=0-1,3-4", "bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=", "bytes=-"] {
            assert_eq!(span(whole), None, "{whole}");
        }
    }
}
