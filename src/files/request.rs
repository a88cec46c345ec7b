//! An upload as it comes over HTTP: the plain bytes, or a form with one file.

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use futures_util::TryStreamExt;
use serde::Deserialize;

use super::receive::{broken_off, in_time};
use super::{FILE_NAME_INVALID, Files, Received, UPLOAD_INCOMPLETE};
use crate::error::{INVALID, Result};
use crate::http::Key;

/// Room that the frame of a form may take beside the file, in bytes.
const FRAME: u64 = 16 * 1024;
/// Characters of a component's code.
const COMPONENT_LIMIT: usize = 100;

/// `?component=&name=` of an upload.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Code of the document component that the file satisfies; absent = another document.
    #[param(max_length = 100)]
    pub component: Option<String>,
    /// File name with extension; needed unless the file comes in a form that names it.
    #[param(min_length = 1, max_length = 400)]
    pub name: Option<String>,
}

impl UploadQuery {
    /// The component's code, empty for another document.
    pub fn component(&self) -> Result<&str> {
        let code = self.component.as_deref().unwrap_or_default();
        if code.chars().count() > COMPONENT_LIMIT || code.chars().any(char::is_control) {
            return Err(INVALID.at("component", "mã thành phần không đúng", "not a code of a component"));
        }
        Ok(code)
    }
}

impl Files {
    /// Receives the file of a request: the body itself, or, when it is `multipart/form-data`,
    /// the form's first part. A wrong `Idempotency-Key` or an announced size that is too large
    /// is refused before the first byte is read.
    pub async fn receive_request(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        query: &UploadQuery,
    ) -> Result<Received> {
        Key::of(request, &[])?;
        query.component()?;
        let announced = header(request, CONTENT_LENGTH).parse::<u64>().unwrap_or_default();
        if !header(request, CONTENT_TYPE).starts_with("multipart/form-data") {
            self.limits.check_size(announced)?;
            return self.receive(payload, query.name.as_deref().unwrap_or_default()).await;
        }
        self.limits.check_size(announced.saturating_sub(FRAME))?;
        let mut form = Multipart::new(request.headers(), payload);
        let first = in_time(self.limits.pace().wait(0, form.try_next()).await)?.map_err(broken_off)?;
        let part = first.ok_or_else(|| UPLOAD_INCOMPLETE.err())?;
        let named = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let name = query.name.as_deref().or(named).map(str::to_owned).ok_or_else(|| {
            FILE_NAME_INVALID.at(
                "name",
                "phần đầu tiên của biểu mẫu phải là tệp có tên",
                "the first part of the form must be a file with a name",
            )
        })?;
        self.receive(part, &name).await
    }
}

impl Received {
    /// The idempotency key of the upload: bound to the file's content and name, however the
    /// form was framed, and to the query, which says what the file is for.
    pub fn key(&self, request: &HttpRequest) -> Result<Key> {
        let query = request.query_string();
        Key::of(request, format!("{}\0{}\0{query}", self.sha256, self.name).as_bytes())
    }
}

fn header(request: &HttpRequest, name: actix_web::http::header::HeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
