//! A look at the host before the broker starts: what works, but not well, and what a person should know.

use std::path::Path;

use thalweg_tuning::mount::Mount;
use thalweg_tuning::{Host, Root};

use crate::config::BrokerConfig;
use crate::config::problem::{Code, Problem, Problems};

/// Below this many descriptors a broker runs into the limit sooner than a person expects.
const OPEN_FILES_MIN: u64 = 4096;

/// Everything worth saying about the host for this configuration. `open_files` is the limit in force.
pub fn look(config: &BrokerConfig, open_files: Option<u64>, root: &Root, problems: &mut Problems) {
    if let Some(files) = open_files.filter(|files| *files < OPEN_FILES_MIN) {
        let message = format!("this process may open {files} files and sockets; connections will be refused early");
        let hint = "raise the limit: ulimit -n 1048576, or LimitNOFILE=1048576 in the systemd unit";
        problems.push(Problem::warning(Code::Host, message).hint(hint));
    }
    if !config.log_dir.as_os_str().is_empty()
        && let Some(mount) = std::path::absolute(&config.log_dir).ok().and_then(|dir| Mount::of(root, &dir))
    {
        look_at_mount(&config.log_dir, &mount, problems);
    }
    look_at_kernel(config.host(), problems);
}

fn look_at_mount(dir: &Path, mount: &Mount, problems: &mut Problems) {
    let dir = dir.display();
    if mount.is_volatile() {
        let message =
            format!("{dir} lies on {}, which lives in memory: everything is lost when this host restarts", mount.fs);
        problems.push(Problem::warning(Code::Host, message).hint("choose a directory on a disk"));
    }
    let over_the_network = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"];
    if over_the_network.contains(&mount.fs.as_str()) {
        let message = format!("{dir} lies on {}: what is flushed may be in another machine's memory", mount.fs);
        problems.push(Problem::warning(Code::Host, message).hint("choose a directory on a local disk"));
    }
    if mount.options.split(',').any(|option| option == "nobarrier" || option == "barrier=0") {
        let message = format!("{} is mounted without barriers: a power cut loses what was flushed", mount.at.display());
        problems.push(Problem::warning(Code::Host, message).hint("mount it without nobarrier"));
    }
}

fn look_at_kernel(host: &Host, problems: &mut Problems) {
    let old = host.kernel_version().filter(|version| *version < (6, 1));
    if let (Some(_), Some(release)) = (old, &host.kernel) {
        let message = format!("kernel {release} is older than 6.1, which the ring needs");
        problems.push(Problem::warning(Code::Host, message).hint("start a newer kernel"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::settings::Static;

    fn look_with(open_files: u64, mountinfo: &str, kernel: &str) -> String {
        let dir = std::env::temp_dir().join(format!("thalweg-preflight-{}-{open_files}", std::process::id()));
        std::fs::create_dir_all(dir.join("proc/self")).expect("a directory");
        std::fs::write(dir.join("proc/self/mountinfo"), mountinfo).expect("written");
        let root = Root::at(&dir);
        let mut host = Host::read(&root);
        host.kernel = Some(kernel.to_owned());
        let mut unheard = Problems::default();
        let mut config = BrokerConfig::resolve(Static::new(), Arc::new(host), &mut unheard);
        config.log_dir = "/data/broker".into();
        let mut problems = Problems::default();
        look(&config, Some(open_files), &root, &mut problems);
        std::fs::remove_dir_all(&dir).ok();
        problems.to_string()
    }

    #[test]
    fn a_good_host_is_passed_over_in_silence() {
        assert_eq!(look_with(1 << 20, "1 0 8:1 / / rw - xfs /dev/sda1 rw", "6.12.3"), "");
    }

    #[test]
    fn what_is_not_good_is_said_with_what_to_do() {
        let said = look_with(1024, "1 0 0:1 / / rw - tmpfs tmpfs rw", "5.15.0-generic");
        assert_eq!(
            said,
            "warning[thalweg-W0210] this process may open 1024 files and sockets; connections will be refused early\n  \
             hint: raise the limit: ulimit -n 1048576, or LimitNOFILE=1048576 in the systemd unit\n\
             warning[thalweg-W0210] /data/broker lies on tmpfs, which lives in memory: everything is lost when this host \
             restarts\n  hint: choose a directory on a disk\n\
             warning[thalweg-W0210] kernel 5.15.0-generic is older than 6.1, which the ring needs\n  \
             hint: start a newer kernel\n"
        );
        let said = look_with(9999, "1 0 8:1 / / rw,nobarrier - nfs4 host:/x rw", "6.1.0");
        assert!(said.contains("/data/broker lies on nfs4") && said.contains("without barriers"), "{said}");
    }
}
