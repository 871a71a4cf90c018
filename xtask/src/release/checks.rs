//! What a release has to fulfil. Each check answers what is wrong, in words for the terminal.

/// The licence of everything in this repository.
const LICENCE: &str = "MIT OR Apache-2.0";

/// `status` is what `git status --porcelain` prints.
pub fn clean_tree(status: &str) -> Option<String> {
    let first = status.lines().next()?;
    Some(format!(
        "the tree is not clean: {} files, the first is `{}`",
        status.lines().count(),
        first.trim()
    ))
}

/// Every file names the value, and it is the same one.
pub fn agree(what: &str, files: &[(&str, Option<String>)]) -> Option<String> {
    let first = files.first()?.1.as_ref();
    if first.is_some() && files.iter().all(|(_, value)| value.as_ref() == first) {
        return None;
    }
    let all: Vec<_> = files
        .iter()
        .map(|(file, value)| format!("{file} has {}", value.as_deref().unwrap_or("none")))
        .collect();
    Some(format!("the {what} is not the same everywhere: {}", all.join(", ")))
}

/// The changelog has `Unreleased` on top, and a section of the version with a date and an entry.
pub fn changelog(text: &str, version: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    if headings.first() != Some(&"Unreleased") {
        problems.push("the first section of CHANGELOG.md is not `## Unreleased`".to_owned());
    }
    let Some(heading) = headings.iter().find(|heading| version_of(heading) == Some(version)) else {
        problems.push(format!("CHANGELOG.md has no section `## {version} - YYYY-MM-DD`"));
        return problems;
    };
    let date = heading.split_once(" - ").map_or("", |(_, date)| date);
    if !is_date(date) {
        problems.push(format!("the section `## {heading}` of CHANGELOG.md has no date YYYY-MM-DD"));
    }
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    if !section.is_some_and(|section| section.contains("\n- ")) {
        problems.push(format!("the section `## {heading}` of CHANGELOG.md has no entry"));
    }
    problems
}

/// The version of the first section that has one.
pub fn newest_version(changelog: &str) -> Option<String> {
    let headings = changelog.lines().filter_map(|line| line.strip_prefix("## "));
    headings.filter_map(version_of).next().map(str::to_owned)
}

/// The manifest declares the licence: `license = "..."` or `"license": "..."`.
pub fn licence(file: &str, text: &str) -> Option<String> {
    let declares =
        text.lines().map(|line| line.trim().trim_end_matches(',').replace('"', "")).any(|line| {
            line == format!("license = {LICENCE}") || line == format!("license: {LICENCE}")
        });
    (!declares).then(|| format!("{file} does not declare the licence {LICENCE}"))
}

/// Two files are there, not empty, and equal. Each is its name and its text.
pub fn same_text(one: (&str, Option<&str>), other: (&str, Option<&str>)) -> Option<String> {
    for (file, text) in [one, other] {
        if text.is_none_or(|text| text.trim().is_empty()) {
            return Some(format!("{file} is missing or empty"));
        }
    }
    (one.1 != other.1).then(|| format!("{} and {} differ", one.0, other.0))
}

/// The built manifest has the version and the addresses.
pub fn package_agrees(manifest: &str, version: &str, repository: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (field, expected) in [
        ("version", version.to_owned()),
        ("url", format!("git+{repository}.git")),
        ("homepage", format!("{repository}#readme")),
        ("bugs", format!("{repository}/issues")),
    ] {
        let found = json_text(manifest, field);
        if found.as_deref() != Some(&expected) {
            problems.push(format!("`{field}` is {found:?} instead of `{expected}`"));
        }
    }
    problems
}

/// Publishing is for CI alone, from the repository that the packages name, at the version's tag, and with the token for
/// provenance. `variable` reads the environment.
pub fn may_publish(
    variable: &dyn Fn(&str) -> Option<String>,
    version: &str,
    repository: &str,
) -> Vec<String> {
    let mut problems = Vec::new();
    if variable("GITHUB_ACTIONS").as_deref() != Some("true") {
        problems.push("only CI publishes: try `--dry-run` here".to_owned());
        return problems;
    }
    let address =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"].map(|name| variable(name).unwrap_or_default());
    let address = address.join("/");
    if address != repository {
        problems.push(format!("the packages name {repository}, and this runs for {address}"));
    }
    let tag = variable("GITHUB_REF_NAME").unwrap_or_default();
    if tag != format!("v{version}") {
        problems.push(format!("the tag is `{tag}` instead of `v{version}`"));
    }
    if variable("ACTIONS_ID_TOKEN_REQUEST_URL").is_none() {
        problems.push(
            "the job has no `id-token: write`, so npm cannot prove the package's origin".to_owned(),
        );
    }
    problems
}

/// The arguments of npm. Provenance needs a token that only CI has.
pub fn npm_publish(tarball: &str, has_token: bool) -> Vec<String> {
    let mut arguments = vec!["publish", tarball, "--access", "public"];
    if has_token {
        arguments.push("--provenance");
    }
    arguments.into_iter().map(str::to_owned).collect()
}

/// The address in `repository.url` of a package.json, without what npm wraps around it.
pub fn npm_repository(manifest: &str) -> Option<String> {
    let url = json_text(manifest, "url")?;
    Some(url.strip_prefix("git+")?.strip_suffix(".git")?.to_owned())
}

/// The text of a key in a table of a Cargo.toml.
pub fn toml_value(text: &str, table: &str, key: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| *line != format!("[{table}]")).skip(1);
    let line = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find(|line| line.split('=').next().is_some_and(|name| name.trim() == key))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// The text of the first member with this name, for a manifest with one member a line.
fn json_text(manifest: &str, name: &str) -> Option<String> {
    let start = format!("\"{name}\": \"");
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix(&start))?;
    line.split('"').next().map(str::to_owned)
}

/// `0.1.0` of the heading `0.1.0 - 2026-11-30`.
fn version_of(heading: &str) -> Option<&str> {
    let version = heading.split(" - ").next()?.trim();
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

fn is_date(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    text.len() == "2026-11-30".len()
        && matches!(numbers[..], [Some(2000..), Some(1..=12), Some(1..=31)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPOSITORY: &str = "https://example.com/us/it";
    const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-11-30\n\n### Added\n\n- It.\n\n## 1.1.0 - 2026-01-02\n\n- That.\n";

    #[test]
    fn a_tree_with_a_change_is_not_clean() {
        assert_eq!(clean_tree(""), None);
        assert!(clean_tree(" M README.md\n?? new.txt").unwrap().contains("2 files"));
    }

    #[test]
    fn a_value_that_differs_or_is_missing_is_named_with_its_files() {
        let one = || Some("1.2.0".to_owned());
        assert_eq!(agree("version", &[("a", one()), ("b", one())]), None);
        let problem = agree("version", &[("a", one()), ("b", Some("1.1.0".to_owned()))]).unwrap();
        assert!(problem.contains("a has 1.2.0, b has 1.1.0"), "{problem}");
        assert!(agree("version", &[("a", one()), ("b", None)]).unwrap().contains("b has none"));
        assert!(agree("version", &[("a", None), ("b", None)]).is_some());
    }

    #[test]
    fn a_changelog_needs_the_version_its_date_an_entry_and_unreleased_on_top() {
        assert_eq!(changelog(CHANGELOG, "1.2.0"), Vec::<String>::new());
        assert_eq!(newest_version(CHANGELOG).as_deref(), Some("1.2.0"));
        let problem = |text: &str, version| changelog(text, version).join("\n");
        assert!(problem(CHANGELOG, "1.3.0").contains("no section `## 1.3.0"));
        for date in ["", " - soon", " - 2026-13-01", " - 2026-11-32", " - 26-11-30"] {
            let text = CHANGELOG.replace(" - 2026-11-30", date);
            assert!(problem(&text, "1.2.0").contains("no date"), "{date}");
        }
        assert!(problem(&CHANGELOG.replace("- It.", ""), "1.2.0").contains("no entry"));
        assert!(problem(&CHANGELOG.replace("## Unreleased\n", ""), "1.2.0").contains("Unreleased"));
    }

    #[test]
    fn a_manifest_without_the_licence_is_named() {
        assert_eq!(licence("a", "license = \"MIT OR Apache-2.0\"\n"), None);
        assert_eq!(licence("a", "  \"license\": \"MIT OR Apache-2.0\",\n"), None);
        for text in ["license = \"MIT\"", "  \"license\": \"MIT\",", ""] {
            assert!(licence("a.toml", text).unwrap().contains("a.toml"), "{text}");
        }
    }

    #[test]
    fn a_licence_that_is_missing_empty_or_another_is_named() {
        assert_eq!(same_text(("a", Some("text")), ("b", Some("text"))), None);
        assert!(same_text(("a", None), ("b", Some("text"))).unwrap().contains("a is missing"));
        assert!(same_text(("a", Some("text")), ("b", Some(" "))).unwrap().contains("b is missing"));
        assert!(same_text(("a", Some("text")), ("b", Some("other"))).unwrap().contains("differ"));
    }

    #[test]
    fn a_built_manifest_has_the_version_and_every_address() {
        let manifest = format!(
            "{{\n  \"version\": \"1.2.0\",\n  \"repository\": {{\n    \"url\": \"git+{REPOSITORY}.git\"\n  }},\n  \
             \"homepage\": \"{REPOSITORY}#readme\",\n  \"bugs\": \"{REPOSITORY}/issues\"\n}}\n"
        );
        assert_eq!(package_agrees(&manifest, "1.2.0", REPOSITORY), Vec::<String>::new());
        assert_eq!(npm_repository(&manifest).as_deref(), Some(REPOSITORY));
        assert_eq!(package_agrees(&manifest, "1.3.0", REPOSITORY).len(), 1);
        assert_eq!(package_agrees(&manifest, "1.2.0", "https://example.com/them/it").len(), 3);
        assert_eq!(package_agrees("{}", "1.2.0", REPOSITORY).len(), 4);
    }

    #[test]
    fn only_ci_of_the_named_repository_publishes_and_only_a_tag_with_a_token() {
        let good = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://example.com"),
            ("GITHUB_REPOSITORY", "us/it"),
            ("GITHUB_REF_NAME", "v1.2.0"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://example.com/token"),
        ];
        let problems = |without: &str| {
            let variable = |name: &str| {
                let found = good.iter().find(|(known, _)| *known == name && name != without);
                found.map(|(_, value)| value.to_string())
            };
            may_publish(&variable, "1.2.0", REPOSITORY).join("\n")
        };
        assert_eq!(problems(""), "");
        assert!(problems("GITHUB_ACTIONS").contains("only CI"));
        assert!(problems("GITHUB_REPOSITORY").contains("the packages name"));
        assert!(problems("GITHUB_REF_NAME").contains("the tag"));
        assert!(problems("ACTIONS_ID_TOKEN_REQUEST_URL").contains("id-token"));
    }

    #[test]
    fn provenance_is_asked_for_where_there_is_a_token() {
        assert!(npm_publish("a.tgz", true).contains(&"--provenance".to_owned()));
        assert!(!npm_publish("a.tgz", false).contains(&"--provenance".to_owned()));
    }

    #[test]
    fn a_value_is_read_from_its_own_table() {
        let text = "[workspace.package]\nversion = \"1.2.0\"\n\n[package]\nname = \"a\"\nversion = \"9.9.9\"\n";
        assert_eq!(toml_value(text, "workspace.package", "version").as_deref(), Some("1.2.0"));
        assert_eq!(toml_value(text, "workspace.package", "name"), None);
        assert_eq!(toml_value(text, "package", "name").as_deref(), Some("a"));
    }
}
