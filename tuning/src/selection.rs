//! Which parameters a command is about.

use crate::parameter::Parameter;
use crate::table;

/// Parameters by id or scope: all, or only some, less others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// These; all where it is empty.
    pub only: Vec<String>,
    /// None of these.
    pub skip: Vec<String>,
}

impl Selection {
    /// Whether a parameter is meant.
    pub fn takes(&self, parameter: &Parameter) -> bool {
        let named = |name: &String| name == parameter.id || name == parameter.scope.name();
        (self.only.is_empty() || self.only.iter().any(named)) && !self.skip.iter().any(named)
    }

    /// The first name that is neither a parameter's nor a scope's.
    pub fn unknown(&self) -> Option<&str> {
        let known = |name: &&String| table::rows().any(|row| row.id == *name || row.scope.name() == *name);
        self.only.iter().chain(&self.skip).find(|name| !known(name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(only: &[&str], skip: &[&str], id: &str) -> bool {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Selection { only: names(only), skip: names(skip) }.takes(table::row(id).expect("a row"))
    }

    #[test]
    fn names_and_scopes_select() {
        assert!(takes(&[], &[], "disk.scheduler"));
        assert!(takes(&["disk"], &["disk.nomerges"], "disk.scheduler"));
        assert!(!takes(&["disk"], &["disk.nomerges"], "disk.nomerges"));
        assert!(!takes(&["mem.thp"], &[], "mem.thp_defrag"), "a name that merely begins alike is another");
        assert!(!takes(&[], &["net"], "net.somaxconn"));
    }

    #[test]
    fn a_name_nobody_has_is_found() {
        let selection = Selection { only: vec!["disk".to_owned()], skip: vec!["disk.schedular".to_owned()] };
        assert_eq!(selection.unknown(), Some("disk.schedular"));
        assert_eq!(Selection::default().unknown(), None);
    }
}
