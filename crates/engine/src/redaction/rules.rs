//! What secrets look like: shapes that their issuers gave them, and values that stand where a secret belongs.
//!
//! A rule looks at a line only where one of its words is in it. What it takes for a secret is its first group, or all of the
//! match where it has none; it never takes a mark, nor a bracket, a quote or a backslash, so that what is around it stays
//! whole. A rule that leans on the words around a value is `in_context`: those are not for the journal's own JSON, where
//! such words name fields.

use std::sync::OnceLock;

use regex::Regex;

use super::worth::{self, Worth};

/// One way to know a secret.
pub(super) struct Rule {
    /// What the mark in its place says.
    pub(super) kind: &'static str,
    /// One of these is in every text that holds one, in lower case.
    pub(super) words: &'static [&'static str],
    pattern: &'static str,
    /// Whether the value is worth hiding, given that the pattern fits.
    pub(super) worth: Worth,
    /// Whether it knows the value by the words around it.
    pub(super) in_context: bool,
    /// Whether what it knows is longer than a line.
    pub(super) over_lines: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Rule {
    /// The pattern, compiled when it is first wanted.
    pub(super) fn regex(&self) -> Option<&Regex> {
        // Boundaries of ASCII words: with those of Unicode, a letter of another script would make every look slow.
        let pattern = || self.pattern.replace(r"\b", r"(?-u:\b)");
        self.compiled.get_or_init(|| Regex::new(&pattern()).ok()).as_ref()
    }
}

/// A shape that is enough to know a secret by.
const fn shape(kind: &'static str, words: &'static [&'static str], pattern: &'static str) -> Rule {
    checked(kind, words, pattern, worth::always)
}

/// A shape of several lines.
const fn lines(kind: &'static str, words: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule {
        kind,
        words,
        pattern,
        worth: worth::always,
        in_context: false,
        over_lines: true,
        compiled: OnceLock::new(),
    }
}

/// A shape that harmless things have too.
const fn checked(
    kind: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    worth: Worth,
) -> Rule {
    Rule { kind, words, pattern, worth, in_context: false, over_lines: false, compiled: OnceLock::new() }
}

/// A value that is known by the words around it.
const fn value(
    kind: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    worth: Worth,
) -> Rule {
    Rule { kind, words, pattern, worth, in_context: true, over_lines: false, compiled: OnceLock::new() }
}

/// All of them; where two claim the same text, the one that begins first has it, and of those that of the earlier rule.
pub(super) static RULES: [Rule; 62] = [
    lines(
        "private-key",
        &["private key"],
        r"(?s)-----BEGIN[A-Z0-9 ]{0,40} ?PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END[A-Z0-9 ]{0,40} ?PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[rn])+[A-Za-z0-9+/=]{16,80})+)",
    ),
    shape("age-key", &["age-secret-key-"], r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
    // Models and their makers.
    shape("anthropic-key", &["sk-ant-"], r"\bsk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,}"),
    shape("openrouter-key", &["sk-or-"], r"\bsk-or-v1-[0-9a-f]{64}\b"),
    shape("openai-key", &["sk-"], r"\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,64}\b)"),
    shape("gcp-api-key", &["aiza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    shape("groq-key", &["gsk_"], r"\bgsk_[A-Za-z0-9]{40,60}\b"),
    shape("xai-key", &["xai-"], r"\bxai-[A-Za-z0-9]{70,90}\b"),
    shape("huggingface-token", &["hf_", "api_org_"], r"\b(?:hf_|api_org_)[A-Za-z0-9]{34,}\b"),
    shape("perplexity-key", &["pplx-"], r"\bpplx-[A-Za-z0-9]{40,60}\b"),
    shape("replicate-token", &["r8_"], r"\br8_[A-Za-z0-9]{37,40}\b"),
    shape("gateway-key", &["trireme-"], r"\btrireme-[0-9a-f]{48}\b"),
    // Clouds.
    checked(
        "aws-access-key",
        &["akia", "asia", "abia", "acca"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        worth::no_example,
    ),
    value(
        "aws-secret-key",
        &["aws", "secretaccesskey"],
        r#"(?i)(?:aws_?(?:secret_?)?(?:access_?)?key|secret_?access_?key)["']?\s{0,3}(?:=|:|=>|,)\s{0,3}["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        worth::no_example,
    ),
    shape("google-oauth-secret", &["gocspx-"], r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    shape("google-oauth-token", &["ya29."], r"\bya29\.[0-9A-Za-z_-]{20,}"),
    shape(
        "azure-storage-key",
        &["accountkey=", "sharedaccesskey="],
        r"(?i)(?:Account|SharedAccess)Key=([A-Za-z0-9+/]{40,88}={0,2})",
    ),
    shape("azure-sas", &["sig="], r"[?&;]sig=([A-Za-z0-9%+/]{40,70}(?:%3[dD]|=))"),
    shape("azure-client-secret", &["q~"], r"\b[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    shape("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    shape("databricks-token", &["dapi"], r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    shape("heroku-key", &["hrku-"], r"\bHRKU-[A-Za-z0-9_-]{36,}"),
    shape("vault-token", &["hvs.", "hvb."], r"\bhv[sb]\.[A-Za-z0-9_-]{24,}"),
    shape("terraform-token", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    shape("doppler-token", &["dp.pt.", "dp.st."], r"\bdp\.[ps]t\.[A-Za-z0-9._-]{40,}"),
    shape("pulumi-token", &["pul-"], r"\bpul-[a-f0-9]{40}\b"),
    shape("planetscale-token", &["pscale_"], r"\bpscale_(?:tkn|oauth|pw)_[A-Za-z0-9=._-]{32,64}"),
    // Code and packages.
    shape("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    shape("github-token", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{60,90}\b"),
    shape(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glsoat-", "glagent-"],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-[A-Za-z0-9_.-]{20,}",
    ),
    shape("npm-token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    shape(
        "npm-token",
        &["_authtoken", "_auth"],
        r#":_auth(?:Token)?\s{0,2}=\s{0,2}["']?([A-Za-z0-9._=+/-]{16,})"#,
    ),
    shape("pypi-token", &["pypi-ag"], r"\bpypi-Ag[A-Za-z0-9_-]{50,}"),
    shape("crates-token", &["cio"], r"\bcio[A-Za-z0-9]{32}\b"),
    shape("rubygems-key", &["rubygems_"], r"\brubygems_[a-f0-9]{48}\b"),
    shape("nuget-key", &["oy2"], r"\boy2[a-z0-9]{43}\b"),
    shape("docker-token", &["dckr_pat_", "dckr_oat_"], r"\bdckr_[po]at_[A-Za-z0-9_-]{27,}"),
    shape(
        "atlassian-token",
        &["atatt3", "atctt3", "atbb"],
        r"\b(?:AT[AC]TT3[A-Za-z0-9_=-]{60,}|ATBB[A-Za-z0-9_=-]{24,})",
    ),
    shape("postman-key", &["pmak-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    shape("linear-key", &["lin_api_", "lin_oauth_"], r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,64}\b"),
    shape("notion-token", &["ntn_", "secret_"], r"\b(?:ntn_[A-Za-z0-9]{40,50}|secret_[A-Za-z0-9]{43})\b"),
    shape("sentry-token", &["sntrys_", "sntryu_"], r"\bsntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    shape(
        "grafana-token",
        &["glc_", "glsa_"],
        r"\bgl(?:c_[A-Za-z0-9+/=]{32,}|sa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})",
    ),
    shape("newrelic-key", &["nrak-", "nrjs-", "nrii-"], r"\bNR(?:AK|JS|II)-[A-Za-z0-9_-]{19,32}"),
    // Talk, mail and money.
    shape(
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxe", "xoxr-", "xoxs-", "xoxo-"],
        r"\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}",
    ),
    shape("slack-token", &["xapp-"], r"\bxapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]+"),
    shape(
        "slack-webhook",
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{20,80})",
    ),
    shape(
        "discord-webhook",
        &["/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/\d+/([A-Za-z0-9_-]{60,80})",
    ),
    shape("telegram-token", &[":aa"], r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    shape("twilio-key", &["twilio"], r"\bSK[0-9a-f]{32}\b"),
    shape("sendgrid-key", &["sg."], r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    shape("mailgun-key", &["key-"], r"\bkey-[0-9a-f]{32}\b"),
    shape(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"],
        r"\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,120}\b",
    ),
    shape("stripe-webhook-secret", &["whsec_"], r"\bwhsec_[A-Za-z0-9+/=]{32,}"),
    shape(
        "shopify-token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}\b",
    ),
    shape(
        "square-token",
        &["sq0", "eaaa"],
        r"\b(?:sq0[a-z]{3}-[0-9A-Za-z_-]{22,43}|EAAA[A-Za-z0-9_-]{56,60})",
    ),
    // Forms that anybody gives out.
    shape("jwt", &["eyj"], r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    value(
        "url-password",
        &["://"],
        r#"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s:/@"'`\\\[\]<>{}]{0,80}:[^\s/@"'`\\\[\]<>{}]{3,200})@"#,
        worth::no_usual_login,
    ),
    value(
        "authorization",
        &["authorization", "x-api-key", "api-key"],
        r#"(?i)\b(?:(?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:basic|bearer|token)\s+|(?:x-)?api-key["']?\s{0,3}[:=]\s{0,3}["']?)([A-Za-z0-9+/_.=~-]{12,})"#,
        worth::looks_random,
    ),
    value(
        "basic-auth",
        &["curl", "wget", "--user"],
        r#"(?:\s-u|\s--user)[ =]["']?([^\s:"'`\\\[\]$]{1,80}:[^\s"'`\\\[\]$]{4,200})"#,
        worth::no_usual_login,
    ),
    // Values where a secret belongs.
    value(
        "secret-variable",
        &["secret", "token", "password", "passwd", "key", "credential"],
        r#"(?:^|[^A-Za-z0-9_])[A-Z][A-Z0-9_]{0,60}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|CREDENTIALS?)(?:_[A-Z0-9]{1,12})?\s{0,2}=\s{0,2}["']?([^\s"'`\\\[\]<>(){}$,;]{8,300})"#,
        worth::looks_secret,
    ),
    value(
        "secret-value",
        &[
            "secret",
            "token",
            "password",
            "passwd",
            "pwd",
            "api_key",
            "apikey",
            "api-key",
            "private_key",
            "credential",
        ],
        r#"(?i)(?:password|passwd|pwd|secret|secret[_-]?key|api[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|client[_-]?secret|private[_-]?key|credentials?)["']?\s{0,3}(?::|=|:=|=>)\s{0,3}["']([^\s"'`\\\[\]<>{}$]{8,300})["']"#,
        worth::looks_random,
    ),
];

/// Names of fields, in lower case and without marks between their words, whose values are secrets.
pub(super) const FIELDS: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "secretkey",
    "apikey",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "clientsecret",
    "privatekey",
    "authorization",
    "credential",
    "credentials",
];
