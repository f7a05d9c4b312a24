//! What a caller is told whose request does not go through, in the words of its wire.
//!
//! A spent key is `402` with `x-should-retry: false`: the one answer that every measured client takes as final.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use trireme_core::Wire;
use trireme_core::gateway::Denied;

use super::books::NotAdmitted;
use super::request::BadRequest;
use crate::bus::governor::Shut;

/// A request that does not go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    kind: Kind,
    message: String,
    retry_after_s: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Budget,
    Key,
    Request,
    Missing,
    Upstream,
    Down,
}

impl Problem {
    /// The key is unknown.
    pub(super) fn key() -> Self {
        let message = "this is no key of the gateway: make one with `trireme keys make NAME --budget USD`";
        Self {
            status: StatusCode::UNAUTHORIZED,
            kind: Kind::Key,
            message: message.to_owned(),
            retry_after_s: None,
        }
    }

    /// The request is wrong.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: Kind::Request,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// There is no such thing here.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: Kind::Missing,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// The provider gave no answer that could be passed on.
    pub(super) fn upstream(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            kind: Kind::Upstream,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// The provider wants to be left alone for longer than a caller is kept waiting.
    pub(super) fn resting(shut: &Shut) -> Self {
        let retry_after_s = Some(shut.resumes_in_ms.div_ceil(1_000));
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, kind: Kind::Upstream, message: shut.to_string(), retry_after_s }
    }

    /// What it says.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The answer, in the words of a wire.
    pub(super) fn response(&self, wire: Wire) -> Response<Body> {
        let body = match wire {
            Wire::Anthropic => {
                json!({"type": "error", "error": {"type": self.anthropic(), "message": self.message}})
            }
            Wire::Responses | Wire::Chat | Wire::Gemini | Wire::Ollama => {
                let (kind, code) = self.openai();
                json!({"error": {"message": self.message, "type": kind, "code": code, "param": null}})
            }
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            "x-should-retry",
            HeaderValue::from_static(if self.may_pass() { "true" } else { "false" }),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    const fn may_pass(&self) -> bool {
        match self.kind {
            Kind::Budget | Kind::Key | Kind::Request | Kind::Missing | Kind::Down => false,
            Kind::Upstream => true,
        }
    }

    const fn anthropic(&self) -> &'static str {
        match self.kind {
            Kind::Budget => "billing_error",
            Kind::Key => "authentication_error",
            Kind::Request => "invalid_request_error",
            Kind::Missing => "not_found_error",
            Kind::Upstream | Kind::Down => "api_error",
        }
    }

    const fn openai(&self) -> (&'static str, Option<&'static str>) {
        match self.kind {
            Kind::Budget => ("insufficient_quota", Some("budget_exhausted")),
            Kind::Key => ("invalid_request_error", Some("invalid_api_key")),
            Kind::Request => ("invalid_request_error", None),
            Kind::Missing => ("invalid_request_error", Some("model_not_found")),
            Kind::Upstream | Kind::Down => ("server_error", None),
        }
    }
}

impl From<BadRequest> for Problem {
    fn from(bad: BadRequest) -> Self {
        Self::request(bad.to_string())
    }
}

impl From<NotAdmitted> for Problem {
    fn from(not: NotAdmitted) -> Self {
        let message = not.to_string();
        match not {
            NotAdmitted::Broken(_) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                kind: Kind::Down,
                message,
                retry_after_s: None,
            },
            NotAdmitted::Denied(Denied::Model { .. }) => {
                Self { status: StatusCode::FORBIDDEN, kind: Kind::Request, message, retry_after_s: None }
            }
            NotAdmitted::Denied(
                Denied::Closed(_) | Denied::Expired(_) | Denied::Spent { .. } | Denied::Busy,
            ) => Self {
                status: StatusCode::PAYMENT_REQUIRED,
                kind: Kind::Budget,
                message,
                retry_after_s: None,
            },
        }
    }
}
