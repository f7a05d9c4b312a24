//! A corpus of secrets: drawn by a seed in the shapes that their issuers give them. No key in here was ever given out.

use crate::Prng;

const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const WORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const DIGIT: &[u8] = b"0123456789";

/// Kinds with the shapes of their keys: `{A36}` are 36 letters and digits, and so on.
pub const SHAPES: &[(&str, &str)] = &[
    ("private-key", "-----BEGIN RSA PRIVATE KEY-----\n{A64}\n{A64}\n{A20}==\n-----END RSA PRIVATE KEY-----"),
    ("private-key", "-----BEGIN PRIVATE KEY-----\\n{A64}\\n{A64}\\n-----END PRIVATE KEY-----"),
    ("private-key", "-----BEGIN OPENSSH PRIVATE KEY-----\n{A64}\n{A64}"),
    (
        "private-key",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{A64}\n=ab1C\n-----END PGP PRIVATE KEY BLOCK-----",
    ),
    ("age-key", "AGE-SECRET-KEY-1{U58}"),
    ("anthropic-key", "sk-ant-api03-{W93}AA"),
    ("openrouter-key", "sk-or-v1-{H64}"),
    ("openai-key", "sk-proj-{W74}"),
    ("openai-key", "sk-{A48}"),
    ("gcp-api-key", "AIza{W35}"),
    ("groq-key", "gsk_{A52}"),
    ("xai-key", "xai-{A80}"),
    ("huggingface-token", "hf_{A34}"),
    ("perplexity-key", "pplx-{A48}"),
    ("replicate-token", "r8_{A37}"),
    ("gateway-key", "trireme-{H48}"),
    ("aws-access-key", "AKIA{U16}"),
    ("aws-access-key", "ASIA{U16}"),
    ("google-oauth-secret", "GOCSPX-{W28}"),
    ("google-oauth-token", "ya29.{W64}"),
    ("azure-client-secret", "{A3}8Q~{A34}"),
    ("digitalocean-token", "dop_v1_{H64}"),
    ("databricks-token", "dapi{H32}"),
    ("heroku-key", "HRKU-{W40}"),
    ("vault-token", "hvs.{W90}"),
    ("terraform-token", "{A14}.atlasv1.{W66}"),
    ("doppler-token", "dp.pt.{A43}"),
    ("pulumi-token", "pul-{H40}"),
    ("planetscale-token", "pscale_tkn_{A43}"),
    ("github-token", "ghp_{A36}"),
    ("github-token", "gho_{A36}"),
    ("github-token", "ghs_{A36}"),
    ("github-token", "github_pat_{A22}_{A59}"),
    ("gitlab-token", "glpat-{W20}"),
    ("gitlab-token", "glrt-{W20}"),
    ("npm-token", "npm_{A36}"),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc{W70}"),
    ("crates-token", "cio{A32}"),
    ("rubygems-key", "rubygems_{H48}"),
    ("nuget-key", "oy2{L43}"),
    ("docker-token", "dckr_pat_{W27}"),
    ("atlassian-token", "ATATT3{W180}"),
    ("postman-key", "PMAK-{H24}-{H34}"),
    ("linear-key", "lin_api_{A40}"),
    ("notion-token", "ntn_{A46}"),
    ("sentry-token", "sntrys_{A60}"),
    ("grafana-token", "glsa_{A32}_{H8}"),
    ("newrelic-key", "NRAK-{U27}"),
    ("slack-token", "xoxb-{D12}-{D12}-{A24}"),
    ("slack-token", "xapp-1-A{U10}-{D13}-{H64}"),
    ("discord-webhook", "https://discord.com/api/webhooks/{D18}/{W68}"),
    ("slack-webhook", "https://hooks.slack.com/services/T{U8}/B{U10}/{A24}"),
    ("telegram-token", "{D9}:AA{W33}"),
    ("sendgrid-key", "SG.{W22}.{W43}"),
    ("mailgun-key", "key-{H32}"),
    ("stripe-key", "sk_live_{A24}"),
    ("stripe-key", "rk_test_{A99}"),
    ("stripe-webhook-secret", "whsec_{A32}"),
    ("shopify-token", "shpat_{H32}"),
    ("square-token", "sq0atp-{W22}"),
    ("jwt", "eyJ{A20}.eyJ{A80}.{W43}"),
];

/// The same for secrets that are known by what stands around them: `<…>` is the secret.
pub const CONTEXTS: &[(&str, &str)] = &[
    ("aws-secret-key", "aws_secret_access_key = <{A40}>"),
    ("aws-secret-key", "AWS_SECRET_KEY: '<{A40}>'"),
    (
        "azure-storage-key",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=<{A86}==>;EndpointSuffix=core",
    ),
    ("azure-sas", "https://a.blob.core.windows.net/c/b?sv=2024-01-01&sig=<{A43}%3D>&se=2026"),
    ("npm-token", "//registry.npmjs.org/:_authToken=<{A36}>"),
    ("twilio-key", "twilio: <SK{H32}>"),
    ("url-password", "postgres://<app:{A16}>@db.internal:5432/app"),
    ("url-password", "https://<anna:{A12}>@proxy.example/v1"),
    ("url-password", "redis://<:{A20}>@cache:6379"),
    ("authorization", "Authorization: Bearer <{A40}>"),
    ("authorization", "curl -H \"X-Api-Key: <{A32}>\" https://x.example"),
    ("authorization", "proxy-authorization: Basic <{A24}==>"),
    ("basic-auth", "curl -u <anna:{A14}> https://x.example"),
    ("secret-variable", "DB_PASSWORD=<{A18}>"),
    ("secret-variable", "export GITHUB_TOKEN=<{A30}>"),
    ("secret-variable", "  12  SESSION_SECRET: x; APP_SECRET=<{A24}> ./run"),
    ("secret-variable", "+STRIPE_SECRET_KEY = \"<{A30}>\""),
    ("secret-value", "const client_secret = \"<{A24}>\";"),
    ("secret-value", "{\"api_key\": \"<{A32}>\"}"),
    ("secret-value", "password: '<{A14}>'"),
];

fn drawn(template: &str, prng: &mut Prng) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let form = after.split_once('}').filter(|(form, _)| {
            form.len() > 1 && form.is_char_boundary(1) && form[1..].bytes().all(|byte| byte.is_ascii_digit())
        });
        let Some((form, after)) = form else {
            text.push('{');
            rest = after;
            continue;
        };
        let from = match &form[..1] {
            "A" => ALNUM,
            "H" => HEX,
            "U" => UPPER,
            "W" => WORD,
            "L" => LOWER,
            _ => DIGIT,
        };
        // The first three show that letters and digits are among them, as in any key of some length.
        let count: usize = form[1..].parse().unwrap();
        for index in 0..count {
            let letter = match (index, from == ALNUM) {
                (0, true) => b'k',
                (1, true) => b'7',
                (2, true) => b'Q',
                _ => *prng.pick(from),
            };
            text.push(char::from(letter));
        }
        rest = after;
    }
    text + rest
}

/// Secrets with their kinds.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Those that are known wherever they stand.
    pub alone: Vec<(&'static str, String)>,
    /// Lines with a secret in them that is known by the line, and the secret.
    pub lines: Vec<(&'static str, String, String)>,
}

impl Corpus {
    /// What must be found nowhere: the secrets, and of those of several lines the last one that is not its end.
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let alone = self.alone.iter().map(|(_, secret)| telling(secret).to_owned());
        alone.chain(self.lines.iter().map(|(_, _, secret)| secret.clone())).collect()
    }

    /// All of them as a text that somebody printed.
    #[must_use]
    pub fn printed(&self) -> String {
        let alone = self.alone.iter().map(|(kind, secret)| format!("{kind}: {secret}\n"));
        alone.chain(self.lines.iter().map(|(_, line, _)| format!("{line}\n"))).collect()
    }
}

/// The part of a secret that nothing else has.
#[must_use]
pub fn telling(secret: &str) -> &str {
    let parts = secret.split(['\n', '/']).flat_map(|part| part.split("\\n"));
    parts.filter(|part| !part.starts_with("-----")).max_by_key(|part| part.len()).unwrap_or(secret)
}

/// Every secret of the corpus, drawn by a seed.
#[must_use]
pub fn corpus(seed: u64) -> Corpus {
    let mut prng = Prng::new(seed);
    let alone = SHAPES.iter().map(|(kind, shape)| (*kind, drawn(shape, &mut prng))).collect();
    let lines = CONTEXTS.iter().map(|(kind, line)| {
        let line = drawn(line, &mut prng);
        let secret = line.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
        (*kind, line.replace(['<', '>'], ""), secret)
    });
    Corpus { alone, lines: lines.collect() }
}

/// Where a secret may turn up: in a prompt, in what a tool printed, in a diff, in an error, in a URL.
pub const PLACES: [&str; 8] = [
    "Call the API with the key {} and tell me what it says.",
    "$ env\nHOME=/root\nKEY={}\nPATH=/usr/bin",
    "@@ -1,2 +1,2 @@\n-const KEY: &str = \"old\";\n+const KEY: &str = \"{}\";\n",
    "error: 401 Unauthorized: invalid credential '{}' for this endpoint",
    "GET https://api.example/v1/things?access_token={}&page=2 HTTP/1.1",
    "{\"role\":\"user\",\"content\":\"it is {}\"}",
    "{}",
    "first line\n{}\nlast line",
];
