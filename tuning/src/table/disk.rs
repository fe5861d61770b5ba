//! Rows about disks: the queue of each device under the data, the file system, and what a flush costs. What decides whether a
//! flush is a flush is looked at here and never written.

use crate::attribute::Format;
use crate::disk::{Disk, Kind};
use crate::parameter::{Look, Observation, Parameter, Paths, Place, Reach, Scope, Severity, Want};
use crate::profile::Profile;

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        severity: Severity::Warning,
        title: "who orders requests to the disk",
        reach: Reach::Write { paths: Paths::Disk("scheduler"), format: Format::Choice, want: scheduler },
        reason: "The engine decides itself what is written when; a scheduler on the way holds requests back, takes a lock on each \
                 and costs CPU.",
        risk: "programs that share the disk are no longer kept from each other",
        disturbs: &["disk.nr_requests", "disk.write_throttle"],
        ..Parameter::queue("disk.scheduler", "scheduler", scheduler)
    },
    Parameter {
        title: "looking for requests to merge",
        reason: "Writes leave in pieces of up to a MiB already; comparing them with what waits finds nothing.",
        risk: "buffered writes of other programs in small pieces are no longer joined",
        ..Parameter::queue("disk.nomerges", "nomerges", |_| Want::exactly(2))
    },
    Parameter {
        title: "on which CPU a request completes",
        reason: "With 2 it completes on the core that sent it, where its memory is warm.",
        risk: "an interrupt between CPUs for each request that arrives elsewhere",
        ..Parameter::queue("disk.rq_affinity", "rq_affinity", |_| Want::exactly(2))
    },
    Parameter {
        title: "requests the queue holds",
        reason: "Every core has commits, segment pieces and reads in flight at once; what does not fit waits for room.",
        ..Parameter::queue("disk.nr_requests", "nr_requests", |place| match scheduler(place) {
            Want::OneOf(_) => Want::AtLeast(vec![128]),
            _ => Want::leave("without a scheduler it is what the device can hold"),
        })
    },
    Parameter {
        title: "holding back buffered writes",
        reason: "It slows writes down so that reads stay quick; the engine gives background writes their share by itself.",
        risk: "programs that write through the page cache can slow reads down",
        ..Parameter::queue("disk.write_throttle", "wbt_lat_usec", |_| Want::exactly(0))
    },
    Parameter {
        title: "random numbers out of disk timings",
        reason: "It costs a little on each request, and the kernel has better sources.",
        risk: "on a machine without any other source random numbers come late after a start",
        ..Parameter::queue("disk.entropy", "add_random", |_| Want::exactly(0))
    },
    Parameter {
        title: "counts of what the disk does",
        reason: "iostat, exporters and the load generator take the disk's figures from them; without them it seems idle.",
        risk: "a look at the clock at both ends of each request",
        ..Parameter::queue("disk.iostats", "iostats", |_| Want::exactly(1))
    },
    Parameter {
        title: "how much is read ahead",
        reach: Reach::Write {
            paths: Paths::Mounted("read_ahead_kb"),
            format: Format::Word,
            want: |_| Want::AtMost(1024),
        },
        reason: "Consumers that are behind jump between partitions: what is read ahead of one push out what the next one needs.",
        risk: "programs that read large files from one end to the other read in smaller pieces",
        ..Parameter::queue("disk.read_ahead", "read_ahead_kb", |_| Want::AtMost(1024))
    },
    Parameter {
        title: "the largest request",
        reason: "A piece of a MiB that the kernel has to cut goes to the disk as several commands.",
        ..Parameter::queue("disk.request_size", "max_sectors_kb", request_size)
    },
    Parameter {
        title: "a volatile cache in the disk",
        reason: "With one, every acknowledged record waits for the disk to empty it; a disk with capacitors has none to empty. \
                 Nothing here ever switches it off or tells the kernel that it is not there: that is how records are lost.",
        source: "Documentation/block/writeback_cache_control.rst",
        by_hand: "use a disk with power-loss protection; never write `write through` for one that has none",
        undo: "none",
        scope: Scope::Disk,
        ..Parameter::observed("disk.write_cache", write_cache)
    },
    Parameter {
        scope: Scope::Disk,
        title: "power states of an NVMe disk",
        reason: "A disk that dozes between commands takes tens of microseconds to milliseconds to come back.",
        risk: "the disk stays warm",
        source: "Documentation/admin-guide/kernel-parameters.txt",
        by_hand: "add nvme_core.default_ps_max_latency_us=0 to the kernel's arguments",
        undo: "remove the argument",
        persist: crate::parameter::Persist::Boot,
        reboot: true,
        ..Parameter::observed("disk.nvme_sleep", nvme_sleep)
    },
    Parameter {
        scope: Scope::Disk,
        title: "waiting for the disk without interrupts",
        reason: "A core that looks at the disk until it has answered spares the interrupt. The engine waits for interrupts and \
                 does not ask for this: whoever tries it with another program sets queues aside first.",
        risk: "these queues are taken from those with interrupts, and who polls takes a CPU for it",
        source: "Documentation/ABI/stable/sysfs-block",
        by_hand: "add nvme.poll_queues=N, or virtio_blk.poll_queues=N, to the kernel's arguments",
        undo: "remove the argument",
        persist: crate::parameter::Persist::Boot,
        reboot: true,
        ..Parameter::observed("disk.io_poll", io_poll)
    },
    Parameter {
        scope: Scope::Disk,
        title: "queues of the disk",
        reason: "With a queue for each CPU a request leaves and completes on the core that made it. The kernel binds the \
                 interrupts of these queues to their CPUs itself, and lets nobody move them.",
        risk: "none known; queues set aside for polling or writing are taken from the same number",
        source: "Documentation/block/blk-mq.rst",
        by_hand: "num-queues=N of the virtio disk, at the hypervisor; the number an NVMe disk has is its own",
        undo: "put the old number back",
        ..Parameter::observed("disk.queues", queues)
    },
    Parameter {
        scope: Scope::Disk,
        title: "the disk's own block size",
        reason: "A disk that stores 4 KiB and speaks of 512 bytes reads before it writes whenever a write is not aligned; ours \
                 are, those of the file system's log may not be.",
        source: "nvme-format(1)",
        by_hand: "nvme format --lbaf=N with a 4096 byte format, which erases the disk",
        undo: "format it back, which erases it again",
        ..Parameter::observed("disk.block_size", block_size)
    },
    Parameter {
        scope: Scope::Disk,
        severity: Severity::Warning,
        title: "where the partition begins",
        reason: "In a partition that begins inside a block of the disk every aligned write touches two blocks.",
        source: "Documentation/ABI/stable/sysfs-block",
        by_hand: "make the partition anew, beginning at a multiple of 1 MiB, which loses what is in it",
        undo: "none",
        ..Parameter::observed("disk.alignment", alignment)
    },
    Parameter {
        scope: Scope::Disk,
        severity: Severity::Warning,
        title: "the file system of the data",
        reason: "xfs and ext4 write past the page cache in place, several writes of a file at once. Others copy on write, go over \
                 a network or forget.",
        source: "README.md of engine",
        by_hand: "put the data on xfs or ext4",
        undo: "move it back",
        ..Parameter::observed("disk.file_system", file_system)
    },
    Parameter {
        scope: Scope::Disk,
        severity: Severity::Error,
        title: "flushes reach the disk",
        reason: "Mounted without barriers, what was acknowledged is lost when the power fails.",
        source: "mount(8), ext4(5)",
        by_hand: "mount -o remount,barrier MOUNTPOINT, and the same in /etc/fstab",
        undo: "none",
        ..Parameter::observed("disk.barriers", barriers)
    },
    Parameter {
        scope: Scope::Disk,
        title: "writing down when a file was read",
        reason: "With strictatime every cold read of a segment becomes a write.",
        source: "mount(8)",
        by_hand: "mount -o remount,noatime MOUNTPOINT, and the same in /etc/fstab",
        undo: "mount -o remount,relatime MOUNTPOINT",
        ..Parameter::observed("disk.access_times", access_times)
    },
    Parameter {
        scope: Scope::Disk,
        title: "telling the disk of freed blocks at once",
        reason: "Mounted with discard, removing a segment sends commands to the disk that other requests wait behind.",
        source: "fstrim(8)",
        by_hand: "mount -o remount,nodiscard MOUNTPOINT, and systemctl enable --now fstrim.timer",
        undo: "mount -o remount,discard MOUNTPOINT",
        ..Parameter::observed("disk.discard", discard)
    },
    Parameter {
        scope: Scope::Disk,
        title: "telling the disk of freed blocks now and then",
        reason: "A disk that never hears which segments are gone copies them about for ever, and its writes become slower.",
        risk: "for seconds a week other requests wait behind it",
        source: "fstrim(8)",
        by_hand: "systemctl enable --now fstrim.timer",
        undo: "systemctl disable --now fstrim.timer",
        ..Parameter::observed("disk.trim", trim)
    },
    Parameter {
        scope: Scope::Disk,
        title: "the file system knows the stripes of the RAID",
        reason: "Where it does not, files begin anywhere in a stripe, and pieces that would be one write to one disk are two, with \
                 parity also two reads.",
        source: "xfs(5), ext4(5), md(4)",
        by_hand: "umount, then mount -o sunit=S,swidth=W, counted in 512 bytes (xfs); tune2fs -E stride=S,stripe_width=W, counted \
                  in blocks (ext4)",
        undo: "the same with the old numbers; xfs keeps what it was once told",
        ..Parameter::observed("disk.stripes", stripes)
    },
    Parameter {
        scope: Scope::Disk,
        title: "layers between file system and disks",
        reason: "Each layer passes every flush on, a RAID to all its members; encryption works through queues of its own unless \
                 told otherwise (no_read_workqueue, no_write_workqueue).",
        source: "cryptsetup-open(8), md(4)",
        by_hand: "cryptsetup refresh --perf-no_read_workqueue --perf-no_write_workqueue NAME, for dm-crypt",
        undo: "cryptsetup refresh NAME",
        ..Parameter::observed("disk.layers", layers)
    },
    Parameter {
        scope: Scope::Disk,
        title: "the disk is the broker's alone",
        reason: "Logs, swap and updates of the system wait for and delay the same flushes.",
        source: "README.md of engine",
        by_hand: "put the data on a disk of its own",
        undo: "move it back",
        ..Parameter::observed("disk.alone", alone)
    },
];

fn disk_of<'a>(place: &Place<'a>) -> Option<&'a Disk> {
    place.look.facts.disks.iter().find(|disk| disk.name == place.device)
}

fn scheduler(place: &Place) -> Want {
    match disk_of(place) {
        Some(disk) if disk.seeks() && place.look.facts.hypervisor.is_none() => Want::OneOf(&["mq-deadline", "bfq"]),
        _ => Want::exactly("none"),
    }
}

/// As large as our pieces, where the hardware can.
fn request_size(place: &Place) -> Want {
    match place.beside("max_hw_sectors_kb").and_then(|kib| kib.parse::<u64>().ok()) {
        Some(most) => Want::AtLeast(vec![most.min(1024)]),
        None => Want::leave("what the hardware can is not known"),
    }
}

fn last(look: &Look) -> Vec<Disk> {
    look.facts.disks.iter().filter(|disk| disk.is_last()).cloned().collect()
}

/// What each of the last disks says of itself, or why nothing can be said.
fn of_each(look: &Look, attribute: &str) -> Result<Vec<(String, String)>, Observation> {
    let texts: Vec<(String, String)> = last(look)
        .into_iter()
        .filter_map(|disk| Some((look.root.text(format!("{}/queue/{attribute}", disk.dir()))?, disk.name)))
        .map(|(text, name)| (name, text))
        .collect();
    if texts.is_empty() { Err(Observation::Leave("the disk is not known".to_owned())) } else { Ok(texts) }
}

fn write_cache(look: &Look) -> Observation {
    let caches = match of_each(look, "write_cache") {
        Ok(caches) => caches,
        Err(why) => return why,
    };
    let said: Vec<String> = caches
        .iter()
        .map(|(name, cache)| {
            let fua = look.root.text(format!("/sys/block/{name}/queue/fua")).as_deref() == Some("1");
            match (cache.as_str(), fua) {
                ("write through", _) => format!("{name} has none: a flush costs nothing"),
                (_, true) => format!("{name} has one, and can write through it"),
                (_, false) => format!("{name} has one, emptied by every flush"),
            }
        })
        .collect();
    Observation::Good(said.join("; "))
}

fn nvme_sleep(look: &Look) -> Observation {
    if !last(look).iter().any(|disk| disk.kind == Kind::Nvme) {
        return Observation::Leave("there is no NVMe disk under the data".to_owned());
    }
    match look.root.number::<u64>("/sys/module/nvme_core/parameters/default_ps_max_latency_us") {
        Some(0) => Observation::Good("off".to_owned()),
        Some(_) if look.profile == Profile::LaptopSafe => Observation::Leave("the profile saves power".to_owned()),
        Some(us) => Observation::Better(format!("up to {us} us to wake"), "0".to_owned()),
        None => Observation::Leave("the kernel does not tell".to_owned()),
    }
}

/// Only told: the engine has no use for either.
fn io_poll(look: &Look) -> Observation {
    let polls = match of_each(look, "io_poll") {
        Ok(polls) => polls,
        Err(_) if !look.facts.disks.is_empty() => {
            return Observation::Leave("this kernel does not have it".to_owned());
        }
        Err(why) => return why,
    };
    let said = |(name, poll): &(String, String)| match poll.as_str() {
        "0" => format!("{name} interrupts"),
        _ => format!("{name} can be polled"),
    };
    Observation::Good(polls.iter().map(said).collect::<Vec<_>>().join("; "))
}

fn queues(look: &Look) -> Observation {
    let count = |disk: Disk| (look.root.names(format!("{}/mq", disk.dir())).len(), disk);
    let counts: Vec<(usize, Disk)> = last(look).into_iter().map(count).filter(|(count, _)| *count > 0).collect();
    if counts.is_empty() {
        return Observation::Leave("the kernel does not tell".to_owned());
    }
    let cpus = look.facts.host.cpus.online.len();
    let said = counts.iter().map(|(count, disk)| format!("{} has {count}", disk.name)).collect::<Vec<_>>().join("; ");
    // The others have one by their nature.
    let few = |(count, disk): &(usize, Disk)| matches!(disk.kind, Kind::Nvme | Kind::Virtual) && *count < cpus;
    match counts.iter().any(few) {
        true => Observation::Better(said, format!("{cpus}, one for each CPU")),
        false => Observation::Good(said),
    }
}

fn block_size(look: &Look) -> Observation {
    let logical = match of_each(look, "logical_block_size") {
        Ok(sizes) => sizes,
        Err(why) => return why,
    };
    let finer = logical.iter().find_map(|(name, size)| {
        let physical = look.root.text(format!("/sys/block/{name}/queue/physical_block_size"))?;
        (*size != physical).then(|| format!("{name} stores {physical} and speaks of {size}"))
    });
    match finer {
        Some(text) => Observation::Better(text, "4096 for both".to_owned()),
        None => Observation::Good(logical.first().map(|(_, size)| size.clone()).unwrap_or_default()),
    }
}

fn alignment(look: &Look) -> Observation {
    let block = look.facts.mount.as_ref().and_then(|mount| mount.block.as_ref());
    let offset = block.and_then(|b| look.root.number::<i64>(format!("/sys/class/block/{}/alignment_offset", b.name)));
    match offset {
        Some(0) => Observation::Good("at a block of the disk".to_owned()),
        Some(bytes) => Observation::Better(format!("{bytes} bytes off a block of the disk"), "at a block".to_owned()),
        None => Observation::Leave("the kernel does not tell".to_owned()),
    }
}

fn mounted(look: &Look, judge: impl Fn(&crate::mount::Mount) -> Observation) -> Observation {
    match &look.facts.mount {
        Some(mount) => judge(mount),
        None => Observation::Leave("the mount is not known".to_owned()),
    }
}

fn file_system(look: &Look) -> Observation {
    mounted(look, |mount| match mount.fs.as_str() {
        "xfs" | "ext4" => Observation::Good(mount.fs.clone()),
        fs => Observation::Better(fs.to_owned(), "xfs or ext4".to_owned()),
    })
}

fn barriers(look: &Look) -> Observation {
    mounted(look, |mount| {
        let off = mount.options.split(',').find(|option| matches!(*option, "nobarrier" | "barrier=0"));
        match off {
            Some(option) => Observation::Better(option.to_owned(), "barrier".to_owned()),
            None => Observation::Good("yes".to_owned()),
        }
    })
}

fn access_times(look: &Look) -> Observation {
    mounted(look, |mount| {
        let option = mount.options.split(',').find(|option| matches!(*option, "noatime" | "relatime" | "strictatime"));
        match option {
            Some(option @ ("noatime" | "relatime")) => Observation::Good(option.to_owned()),
            _ => Observation::Better("strictatime".to_owned(), "noatime".to_owned()),
        }
    })
}

fn discard(look: &Look) -> Observation {
    mounted(look, |mount| match mount.options.split(',').any(|option| option == "discard") {
        true => Observation::Better("on".to_owned(), "fstrim.timer".to_owned()),
        false => Observation::Good("off".to_owned()),
    })
}

fn trim(look: &Look) -> Observation {
    let Some(top) = look.facts.disks.first() else {
        return Observation::Leave("the disk is not known".to_owned());
    };
    // Of a stack only the top tells whether it gets through to the bottom.
    match look.root.number::<u64>(format!("{}/queue/discard_max_bytes", top.dir())) {
        Some(0) => return Observation::Leave(format!("{} does not take it", top.name)),
        Some(_) => {}
        None => return Observation::Leave("the kernel does not tell".to_owned()),
    }
    let at_once = look.facts.mount.as_ref().is_some_and(|m| m.options.split(',').any(|option| option == "discard"));
    let is_enabled = || {
        let wants = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"].into_iter();
        wants.flat_map(|dir| look.root.names(format!("{dir}/timers.target.wants"))).any(|name| name == "fstrim.timer")
    };
    match () {
        () if at_once => Observation::Good("at once, as it is mounted".to_owned()),
        () if !look.root.exists("/run/systemd/system") => {
            Observation::Leave("without systemd it is not known who does it".to_owned())
        }
        () if is_enabled() => Observation::Good("fstrim.timer".to_owned()),
        () => Observation::Better("fstrim.timer is not enabled".to_owned(), "enabled".to_owned()),
    }
}

fn stripes(look: &Look) -> Observation {
    let raids = look.facts.disks.iter().filter(|disk| disk.kind == Kind::Raid);
    let chunk =
        |disk: &Disk| look.root.number::<u64>(format!("{}/md/chunk_size", disk.dir())).filter(|bytes| *bytes > 0);
    let Some((raid, bytes)) = raids.filter_map(|disk| Some((disk, chunk(disk)?))).next() else {
        return Observation::Leave("there is no RAID with stripes under the data".to_owned());
    };
    mounted(look, |mount| {
        let number = |name: &str| {
            let given = mount.options.split(',').filter_map(|option| option.split_once('='));
            given.filter(|(key, _)| *key == name).filter_map(|(_, value)| value.parse::<u64>().ok()).next()
        };
        let pieces = format!("{} pieces of {} KiB", raid.name, bytes / 1024);
        match (mount.fs.as_str(), number("sunit"), number("stripe")) {
            ("xfs", Some(unit), _) if unit > 0 && (unit * 512) % bytes == 0 => Observation::Good(pieces),
            // How many blocks that is for ext4 depends on the level and the number of disks.
            ("ext4", _, Some(blocks)) if blocks > 0 => Observation::Good(pieces),
            ("xfs", unit, _) => Observation::Better(format!("it reckons with {} KiB", unit.unwrap_or(0) / 2), pieces),
            ("ext4", ..) => Observation::Better("it reckons with none".to_owned(), pieces),
            (fs, ..) => Observation::Leave(format!("{fs} does not tell")),
        }
    })
}

fn layers(look: &Look) -> Observation {
    let upper = look.facts.disks.iter().filter(|disk| !disk.is_last());
    let names: Vec<String> = upper
        .map(|disk| {
            let what = match disk.kind {
                Kind::Raid => look.root.text(format!("{}/md/level", disk.dir())).unwrap_or_else(|| "raid".to_owned()),
                Kind::Crypt => "dm-crypt".to_owned(),
                _ => "mapped".to_owned(),
            };
            format!("{} ({what}) on {}", disk.name, disk.parts.join(" "))
        })
        .collect();
    match (names.is_empty(), look.facts.disks.is_empty()) {
        (_, true) => Observation::Leave("the disk is not known".to_owned()),
        (true, false) => Observation::Good("none".to_owned()),
        (false, false) => Observation::Good(names.join(", ")),
    }
}

fn alone(look: &Look) -> Observation {
    let system = crate::mount::Mount::of(look.root, std::path::Path::new("/"));
    let system = system.map(|mount| crate::disk::under(look.root, &mount)).unwrap_or_default();
    let shared: Vec<&str> = last(look)
        .iter()
        .filter(|disk| system.iter().any(|other| other.name == disk.name))
        .filter_map(|disk| system.iter().find(|other| other.name == disk.name))
        .map(|disk| disk.name.as_str())
        .collect();
    match (shared.is_empty(), look.facts.disks.is_empty()) {
        (_, true) => Observation::Leave("the disk is not known".to_owned()),
        (true, false) => Observation::Good("yes".to_owned()),
        (false, false) => {
            Observation::Better(format!("{} is also the system's", shared.join(" ")), "a disk of its own".to_owned())
        }
    }
}
