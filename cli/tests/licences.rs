//! What the program is linked with may be used by everybody for anything.

use std::process::Command;

/// Licences that ask for no more than to be named.
const PERMISSIVE: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression, also one with the old slash for OR, can be satisfied by permissive licences alone.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.trim();
    if PERMISSIVE.contains(&expression) {
        return true;
    }
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    if let Some(inner) = inner.filter(|inner| is_balanced(inner)) {
        return is_permissive(inner);
    }
    // AND binds tighter than OR.
    for (operator, all) in [(" OR ", false), ("/", false), (" AND ", true)] {
        let parts = split_outside(expression, operator);
        if parts.len() > 1 {
            return if all {
                parts.iter().all(|part| is_permissive(part))
            } else {
                parts.iter().any(|part| is_permissive(part))
            };
        }
    }
    false
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0;
    text.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    })
}

/// Parts between operators that stand in no brackets.
fn split_outside<'a>(text: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, _) in text.match_indices(operator) {
        let depth = text[..at].matches('(').count() as i32 - text[..at].matches(')').count() as i32;
        if depth == 0 {
            parts.push(&text[start..at]);
            start = at + operator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn expressions_are_read_as_spdx_says() {
    for fine in [
        "MIT",
        "MIT OR GPL-3.0",
        "Apache-2.0/MIT",
        "(MIT OR GPL-2.0) AND Unicode-3.0",
        "MIT AND ISC OR GPL-3.0",
    ] {
        assert!(is_permissive(fine), "{fine}");
    }
    for not in ["", "GPL-3.0", "MIT AND MPL-2.0", "(MIT OR ISC) AND LGPL-2.1", "GPL-2.0/LGPL-2.1"] {
        assert!(!is_permissive(not), "{not}");
    }
}

#[test]
fn all_that_is_linked_has_a_permissive_licence() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}"])
        .args(["--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs, as it runs this test");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).expect("names and licences are text");
    // A package that was listed before is marked.
    let unmarked = lines.lines().map(|line| line.trim_end_matches(" (*)"));
    let mut packages: Vec<&str> = unmarked.filter(|line| !line.is_empty()).collect();
    packages.sort_unstable();
    packages.dedup();
    assert!(packages.len() > 200, "only {} packages were listed", packages.len());
    let licence =
        |line: &str| line.rsplit_once('|').map(|(_, licence)| licence.to_owned()).unwrap_or_default();
    let refused: Vec<&&str> = packages.iter().filter(|line| !is_permissive(&licence(line))).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
