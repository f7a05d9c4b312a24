//! seccomp: calls to the kernel that no build and no test needs, and that have led out of sandboxes before.

use std::collections::BTreeMap;
use std::io;

use nix::libc::{self, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};
use trireme_core::SandboxLevel;

/// A call to the kernel, and the arguments with which it is refused; without any it always is.
type Refused = (c_long, Vec<SeccompRule>);

/// Namespaces and mounts, other namespaces by handles, keys, programs for the kernel, the clock, the machine itself.
const NEVER: &[c_long] = &[
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_fanotify_init,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
];

/// Namespaces that a new process could be in.
const NEW_NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Writing into the input of a terminal, and what the console does for its owner.
const TERMINAL: [u64; 2] = [0x5412, 0x541c];

/// Restricts this thread.
pub(super) fn restrict(level: SandboxLevel) -> io::Result<()> {
    let install = || -> Result<(), Box<dyn std::error::Error>> {
        let refused = filter(refused(level)?, libc::EPERM)?;
        // Its arguments lie in memory, where no filter sees them. Who is told that there is none uses `clone`.
        let unseen = filter(vec![(libc::SYS_clone3, Vec::new())], libc::ENOSYS)?;
        apply_filter(&unseen)?;
        #[cfg(target_arch = "x86_64")]
        apply_filter(&other_numbers())?;
        Ok(apply_filter(&refused)?)
    };
    install().map_err(|error| io::Error::other(format!("seccomp: {error}")))
}

fn filter(refused: Vec<Refused>, errno: i32) -> Result<BpfProgram, seccompiler::BackendError> {
    let rules: BTreeMap<_, _> = refused.into_iter().collect();
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    let machine = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, errno, machine)?.try_into()
}

fn refused(level: SandboxLevel) -> Result<Vec<Refused>, seccompiler::BackendError> {
    let mut refused: Vec<Refused> = NEVER.iter().map(|call| (*call, Vec::new())).collect();
    let clone = NEW_NAMESPACES.into_iter().map(|flag| {
        let flag = u64::from(flag.unsigned_abs());
        rule(&[(0, SeccompCmpOp::MaskedEq(flag), flag)])
    });
    refused.push((libc::SYS_clone, clone.collect::<Result<_, _>>()?));
    let terminal = TERMINAL.into_iter().map(|request| rule(&[(1, SeccompCmpOp::Eq, request)]));
    refused.push((libc::SYS_ioctl, terminal.collect::<Result<_, _>>()?));
    refused.push((libc::SYS_socket, if level == SandboxLevel::L3 { sockets()? } else { Vec::new() }));
    Ok(refused)
}

/// Where the network is one's own: sockets of other kinds than the usual, and other talk with the kernel than about that
/// network.
fn sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let usual = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let usual = usual.map(|family| (0, SeccompCmpOp::Ne, u64::from(family.unsigned_abs())));
    let netlink = u64::from(libc::AF_NETLINK.unsigned_abs());
    Ok(vec![rule(&usual)?, rule(&[(0, SeccompCmpOp::Eq, netlink), (2, SeccompCmpOp::Ne, 0)])?])
}

/// Holds where all of the conditions do: the number of an argument, how it compares, and with what.
fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = |(argument, compare, value): &(u8, SeccompCmpOp, u64)| {
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, compare.clone(), *value)
    };
    SeccompRule::new(conditions.iter().map(condition).collect::<Result<_, _>>()?)
}

/// The same calls have other numbers in the x32 way of calling, which no distribution uses: there is none.
#[cfg(target_arch = "x86_64")]
fn other_numbers() -> BpfProgram {
    use seccompiler::sock_filter;
    const LOAD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let say = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        say(LOAD, 0, 0, 0),
        say(JUMP_IF_AT_LEAST, 0, 1, 0x4000_0000),
        say(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs()),
        say(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
