use std::collections::HashSet;
use std::fs;

use tempfile::TempDir;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::*;
use crate::vault::KeyPlace;

/// The blobs of the run in a folder, as a process sees them that has just started.
fn local(dir: &TempDir) -> Blobs {
    let vault = vault("an Owner's key that nobody knows", dir);
    if !Purpose::Data.file_in(dir.path()).exists() {
        vault.make_keys(dir.path()).unwrap();
    }
    Blobs::sealed(dir.path(), &vault, &Redactor::plain())
}

/// The same where the data key is gone.
fn local_without_key(dir: &TempDir) -> Blobs {
    Blobs::sealed(dir.path(), &vault("an Owner's key that nobody knows", dir), &Redactor::plain())
}

fn vault(text: &str, dir: &TempDir) -> Vault {
    let (name, text) = ("TRIREME_KEY".to_owned(), Zeroizing::new(text.replace(' ', "-")));
    Vault::new(KeyPlace::Variable { name, text }, dir.path())
}

#[tokio::test]
async fn what_was_put_is_read_by_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let blob = local(&dir).put("a prompt").await.unwrap();
    assert_eq!(local(&dir).get(blob).await.unwrap(), "a prompt");
    assert_eq!(
        file_of(dir.path(), blob),
        dir.path().join("blobs").join({
            let name = blob.to_string();
            format!("{}/{}", &name[..2], &name[2..])
        })
    );
}

#[tokio::test]
async fn empty_and_large_payloads_come_back_and_too_large_ones_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = local(&dir);
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    for bytes in [Vec::new(), large] {
        let blob = blobs.put_clean(bytes.clone()).await.unwrap();
        assert_eq!(local(&dir).get(blob).await.unwrap(), bytes);
    }
    let refused = blobs.put_clean(vec![0; limits::BLOB_BYTES + 1]).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { .. })));
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_even_by_many_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut puts = JoinSet::new();
    for process in 0..4 {
        let blobs = local(&dir);
        for _ in 0..16 {
            let blobs = blobs.clone();
            puts.spawn(async move { (process, blobs.put("the same").await.unwrap()) });
        }
    }
    let addresses: HashSet<_> = puts.join_all().await.into_iter().map(|(_, blob)| blob).collect();
    assert_eq!(addresses.len(), 1);
    let blob = addresses.into_iter().next().unwrap();
    let files = fs::read_dir(file_of(dir.path(), blob).parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "one file, and nothing unfinished beside it");
}

#[tokio::test]
async fn many_different_blobs_at_a_time_all_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = local(&dir);
    let mut puts = JoinSet::new();
    for n in 0..200 {
        let blobs = blobs.clone();
        puts.spawn(async move { (n, blobs.put(format!("payload {n}")).await.unwrap()) });
    }
    let fresh = local(&dir);
    for (n, blob) in puts.join_all().await {
        assert_eq!(fresh.get(blob).await.unwrap(), format!("payload {n}"));
    }
}

#[tokio::test]
async fn damage_is_found_named_and_made_good_by_the_next_put() {
    let dir = tempfile::tempdir().unwrap();
    let blob = local(&dir).put("evidence").await.unwrap();
    let path = file_of(dir.path(), blob);
    for damaged in ["Evidence", "evid", ""] {
        fs::write(&path, damaged).unwrap();
        let error = local(&dir).get(blob).await.unwrap_err();
        assert!(matches!(error, BlobError::Corrupt { .. }));
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    local(&dir).put("evidence").await.unwrap();
    assert_eq!(local(&dir).get(blob).await.unwrap(), "evidence");
}

#[tokio::test]
async fn a_missing_blob_says_where_it_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let blob = Blobs::memory().put("elsewhere").await.unwrap();
    let error = local(&dir).get(blob).await.unwrap_err();
    assert!(matches!(error, BlobError::Missing { path: Some(_), .. }), "{error}");
    assert!(matches!(Blobs::memory().get(blob).await, Err(BlobError::Missing { path: None, .. })));
    assert!(!dir.path().join("blobs").exists(), "reading makes no folders");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_an_error_and_not_a_stored_blob() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("blobs"), "a file in the way").unwrap();
    let blobs = local(&dir);
    let error = blobs.put("lost").await.unwrap_err();
    assert!(matches!(error, BlobError::File { .. }));
    fs::remove_file(dir.path().join("blobs")).unwrap();
    let blob = blobs.put("lost").await.unwrap();
    assert_eq!(local(&dir).get(blob).await.unwrap(), "lost");
}

#[tokio::test]
async fn memory_keeps_everything() {
    let blobs = Blobs::memory();
    let blob = blobs.clone().put("kept").await.unwrap();
    assert_eq!(blobs.get(blob).await.unwrap(), "kept");
}

#[test]
fn the_cache_keeps_within_its_bytes_and_drops_the_oldest() {
    let mut cache = Cache::new(10);
    let name = |text: &str| BlobRef(Digest::of(text.as_bytes()));
    for text in ["aaaa", "bbbb", "bbbb", "cccc"] {
        cache.insert(name(text), Bytes::from(text.to_owned()));
    }
    assert_eq!((cache.get(name("aaaa")), cache.bytes), (None, 8));
    assert!(cache.get(name("bbbb")).is_some() && cache.get(name("cccc")).is_some());
    cache.insert(name("far too long"), Bytes::from("far too long"));
    assert_eq!((cache.kept.len(), cache.order.len(), cache.bytes), (0, 0, 0));
}

#[tokio::test]
async fn what_is_on_the_disk_is_no_payload_and_its_name_is_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let blob = local(&dir).put("Postgres, with an index on the age of sessions").await.unwrap();
    let stored = fs::read(file_of(dir.path(), blob)).unwrap();
    assert_eq!(BlobRef(Digest::of(&stored)), blob);
    assert!(!String::from_utf8_lossy(&stored).contains("Postgres"));
}

#[tokio::test]
async fn two_runs_have_no_names_in_common() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = [local(&dirs[0]).put("the same").await, local(&dirs[1]).put("the same").await];
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one, other);
    let (file, path) = (file_of(dirs[0].path(), one), file_of(dirs[1].path(), one));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(file, path).unwrap();
    let error = local(&dirs[1]).get(one).await.unwrap_err();
    assert!(matches!(error, BlobError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn another_owner_s_key_opens_nothing_and_a_shredded_run_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let blob = local(&dir).put("for the Owner").await.unwrap();
    let strangers =
        Blobs::sealed(dir.path(), &vault("another key that is long enough!", &dir), &Redactor::plain());
    let error = strangers.get(blob).await.unwrap_err();
    assert!(matches!(&error, BlobError::Vault(VaultError::Other { .. })), "{error}");
    let error = strangers.put("not even this").await.unwrap_err();
    assert!(matches!(&error, BlobError::Vault(VaultError::Other { .. })), "{error}");
    fs::remove_file(Purpose::Data.file_in(dir.path())).unwrap();
    let error = local_without_key(&dir).get(blob).await;
    assert!(matches!(error, Err(BlobError::Vault(VaultError::Gone { .. }))));
}

#[tokio::test]
async fn plain_blobs_stay_plain() {
    let dir = tempfile::tempdir().unwrap();
    let blob = Blobs::plain(dir.path(), &Redactor::plain()).put("an old prompt").await.unwrap();
    assert_eq!(blob, BlobRef(Digest::of(b"an old prompt")));
    assert_eq!(fs::read(file_of(dir.path(), blob)).unwrap(), b"an old prompt");
    assert_eq!(Blobs::plain(dir.path(), &Redactor::plain()).get(blob).await.unwrap(), "an old prompt");
}

#[tokio::test]
async fn no_secret_is_stored_and_the_process_may_still_work_on_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, key) = (local(&dir), format!("ghp_{}", "aB3".repeat(12)));
    let blob = blobs.put(format!("the token is {key}")).await.unwrap();
    assert_eq!(local(&dir).get(blob).await.unwrap(), "the token is [redacted:github-token]");
    let Lodged { body, blob } = blobs.lodge(vec![key.clone(), "plain".to_owned()]).await.unwrap();
    assert_eq!(body, ["[redacted:github-token]", "plain"]);
    assert_eq!(local(&dir).get(blob).await.unwrap(), "[\"[redacted:github-token]\",\"plain\"]");
    blobs.remember(blob, key.clone());
    assert_eq!(blobs.truth(blob).unwrap(), key);
    assert_eq!(local(&dir).truth(blob), None, "another process knows nothing of it");
    for entry in std::fs::read_dir(dir.path().join("blobs")).unwrap().flatten() {
        for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
            assert!(!String::from_utf8_lossy(&fs::read(file.path()).unwrap()).contains(&key));
        }
    }
}
