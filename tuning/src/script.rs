//! The changes as a shell script, for somebody who wants to read them first, or to run them where this program is not.

use std::fmt::Write;

use crate::apply::Change;
use crate::profile::Profile;

/// A script that makes the changes, and with `undo` takes them back. `THALWEG_ROOT` names a tree to work on instead of `/`.
pub fn script(profile: Profile, changes: &[Change]) -> String {
    let mut out = format!(
        "#!/bin/sh\n\
         # What differs on this host from profile {profile}. As root: sh FILE, or sh FILE undo.\n\
         failed=0\n\
         put() {{\n  \
           printf '%s\\n' \"$2\" > \"${{THALWEG_ROOT:-}}$1\" || failed=1\n\
         }}\n\
         case \"${{1:-apply}}\" in\n\
         apply)\n"
    );
    let mut id = "";
    for change in changes {
        if change.parameter.id != id {
            id = change.parameter.id;
            writeln!(out, "  # {id}: {}", change.parameter.title).ok();
        }
        writeln!(out, "  put {} {}", quoted(&change.path), quoted(&change.value)).ok();
    }
    out.push_str("  ;;\nundo)\n");
    for change in changes.iter().rev() {
        writeln!(out, "  put {} {}", quoted(&change.path), quoted(&change.before)).ok();
    }
    out.push_str("  ;;\n*)\n  echo \"usage: sh $0 [apply|undo]\" >&2\n  exit 2\n  ;;\nesac\nexit $failed\n");
    out
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_kept_from_the_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("a'b"), r"'a'\''b'");
    }
}
