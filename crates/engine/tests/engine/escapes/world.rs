//! Processes, the network, the kernel, and what a machine has to give.

use std::time::Duration;

use trireme_engine::sandbox::CommandLimits;

use super::attempt::{Attempt, BY_ABSENCE, BY_TRACE, Held, PLAIN, Proof, STOPPED, Who};

const SAYS: Attempt = Attempt { proof: Proof::Says, ..PLAIN };
const SIGNALS: [Held; 3] = [Held::Yes, Held::Landlock(6), Held::No];

/// Other processes.
pub(super) const PROCESSES: &[Attempt] = &[
    Attempt { name: "end a process", script: "kill -TERM $PID", proof: Proof::Kills, held: SIGNALS, ..PLAIN },
    Attempt {
        name: "kill a process",
        script: "kill -KILL $PID",
        proof: Proof::Kills,
        held: SIGNALS,
        ..PLAIN
    },
    Attempt {
        name: "kill a process by its handle",
        script: "python3 -c 'import os, signal; \
            signal.pidfd_send_signal(os.pidfd_open(int(os.environ[\"PID\"])), signal.SIGKILL)'",
        proof: Proof::Kills,
        held: SIGNALS,
        ..PLAIN
    },
    Attempt {
        name: "trace a process",
        script: "python3 -c \"$SYS
call($NR_ptrace, 0x4206, $PID, 0, 0)\"",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "trace whoever started us",
        script: "python3 -c \"$SYS
call($NR_ptrace, 0x4206, $PPID, 0, 0)\"",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "read a process's memory",
        script: "test -n \"$(dd if=/proc/$PID/mem bs=1 count=1 skip=$AT \
        iflag=skip_bytes 2> /dev/null)\" && echo ESCAPED",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "read a process's memory by a call",
        script: "python3 -c \"$SYS
class vec(ctypes.Structure): _fields_ = [('at', ctypes.c_void_p), ('len', ctypes.c_size_t)]
mine = ctypes.create_string_buffer(8)
here, there = vec(ctypes.addressof(mine), 8), vec($AT, 8)
call($NR_process_vm_readv, $PID, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)\"",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "take a process's open file",
        script: "python3 -c \"$SYS
call($NR_pidfd_getfd, os.pidfd_open($PID), 9, 0)\"",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "take a process's limits away",
        script: "python3 -c 'import os, resource as r; r.prlimit(int(os.environ[\"PID\"]), r.RLIMIT_CORE, (0, 0)); print(\"ESCAPED\")'",
        held: BY_ABSENCE,
        ..SAYS
    },
    Attempt {
        name: "slow a process down",
        script: "renice -n 5 -p $PID > /dev/null && echo ESCAPED",
        held: [Held::Yes, Held::OfRoot, Held::OfRoot],
        ..SAYS
    },
    Attempt {
        name: "let a process be killed first",
        script: "echo 900 > /proc/$PID/oom_score_adj && echo ESCAPED",
        ..SAYS
    },
    Attempt {
        name: "speak for whoever started us",
        script: ": > /proc/$PPID/fd/2 && echo ESCAPED",
        held: BY_TRACE,
        ..SAYS
    },
    Attempt {
        name: "stay in the Owner's session",
        script: "python3 -c 'import os; print(\"ESCAPED\" if str(os.getsid(0)) == os.environ[\"SESSION\"] else \"\")'",
        held: STOPPED,
        ..SAYS
    },
    Attempt {
        name: "have a capability",
        script: "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | grep -qv 0000000000000000 && echo ESCAPED",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "become root by a program",
        script: "test \"$($SETUID -u)\" = 0 && echo ESCAPED",
        held: STOPPED,
        who: Who::Ordinary,
        is_rare: true,
        ..SAYS
    },
];

const STAYS: Attempt = Attempt { proof: Proof::Survives, held: STOPPED, ..PLAIN };
/// Where only control groups are beyond a command's reach.
const OVERPOWERS: [Held; 3] = [Held::Yes, Held::Landlock(6), Held::Grouped];

/// Outliving one's command. What `stays` does is to wait for a word of us, and to answer.
pub(super) const DAEMONS: &[Attempt] = &[
    Attempt { name: "stay in the background", script: "sh stays &", ..STAYS },
    Attempt { name: "stay without a hang-up", script: "nohup sh stays > /dev/null &", ..STAYS },
    Attempt { name: "stay in a session of one's own", script: "setsid sh stays &", ..STAYS },
    Attempt { name: "stay after a double fork", script: "(setsid sh stays &) &", ..STAYS },
    Attempt {
        name: "stay after a double fork without a mark",
        script: "(env -i setsid sh stays &) &",
        ..STAYS
    },
    Attempt {
        name: "stay some generations on",
        script: "(env -i setsid sh -c '(setsid sh -c \"(setsid sh stays &) &\" &) &' &) &",
        ..STAYS
    },
    Attempt { name: "stay and hold the output", script: "(env -i setsid sh stays &) & wait", ..STAYS },
    Attempt {
        name: "stay by ignoring all that can be ignored",
        script: "trap '' TERM HUP INT QUIT; (trap '' TERM HUP; env -i setsid sh stays &); sleep 1",
        limits: |limits| CommandLimits { timeout: Duration::from_millis(500), ..limits },
        ..STAYS
    },
    Attempt {
        name: "kill whoever would kill us, and stay",
        script: "(env -i setsid sh stays &); kill -9 $PPID; sleep 0.2",
        held: OVERPOWERS,
        ..STAYS
    },
    Attempt {
        name: "stop whoever would kill us, and stay",
        script: "(env -i setsid sh stays &); kill -STOP $PPID; exit 0",
        limits: |limits| CommandLimits { timeout: Duration::from_secs(1), ..limits },
        held: OVERPOWERS,
        ..STAYS
    },
];

const REACHES: Attempt = Attempt { proof: Proof::Reaches, ..PLAIN };

/// The network, and who listens there.
pub(super) const NETWORK: &[Attempt] = &[
    Attempt { name: "TCP to loopback", script: "python3 -c \"$NET
tcp('127.0.0.1', $PORT)\"", ..REACHES },
    Attempt { name: "TCP to loopback of version 6", script: "python3 -c \"$NET
tcp('::1', $PORT)\"", ..REACHES },
    Attempt { name: "TCP to this machine's metadata", script: "python3 -c \"$NET
tcp('169.254.169.254', $PORT)\"", ..REACHES },
    Attempt { name: "a call of another Manager's gateway", script: "python3 -c \"$NET
tcp('127.0.0.1', $PORT, b'POST /v1/messages HTTP/1.1\\r\\nx-api-key: another\\r\\ncontent-length: 2\\r\\n\\r\\n{}')\"", ..REACHES },
    Attempt { name: "UDP to loopback", script: "python3 -c \"$NET
udp('127.0.0.1', $UDP, b'x')\"", ..REACHES },
    Attempt { name: "UDP to this machine's metadata", script: "python3 -c \"$NET
udp('169.254.169.254', $UDP, b'x')\"", ..REACHES },
    Attempt { name: "a secret in a question for a name", script: "python3 -c \"$NET
udp('127.0.0.1', $UDP, b'\\\\x12\\\\x34\\\\x01\\\\x00\\\\x00\\\\x01' + bytes(6) + b'\\\\x06secret\\\\x07example\\\\x00\\\\x00\\\\x10\\\\x00\\\\x01')\"",
        ..REACHES },
    Attempt { name: "a Unix socket by its path", script: "python3 -c \"$NET
unix(OUT + '/sock')\"", ..REACHES },
    Attempt { name: "a Unix socket by a link", script: "ln -s $OUT/sock s; python3 -c \"$NET
unix('s')\"", ..REACHES },
    Attempt { name: "a Unix socket by an abstract name", script: "python3 -c \"$NET
unix('\\\\0' + os.environ['ABSTRACT'])\"", ..REACHES },
    Attempt { name: "a raw socket", script: "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW); \
        print(\"ESCAPED\")'", held: STOPPED, who: Who::Root, ..SAYS },
    Attempt { name: "a socket to the host of a virtual machine", script: "python3 -c 'import socket; \
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); print(\"ESCAPED\")'", is_rare: true, ..SAYS },
    Attempt { name: "a socket for the kernel's ciphers", script: "python3 -c 'import socket; \
        socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET); print(\"ESCAPED\")'", is_rare: true, ..SAYS },
    Attempt { name: "talk with the kernel about its log", script: "python3 -c 'import socket; \
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9); print(\"ESCAPED\")'", is_rare: true, ..SAYS },
];

/// Being root in a namespace: whoever is root outside has to have a capability for that.
const BY_MAP: [Held; 3] = [Held::Yes, Held::Yes, Held::OfRoot];

/// Calls to the kernel.
pub(super) const KERNEL: &[Attempt] = &[
    Attempt { name: "a user namespace", script: "unshare -U true && echo ESCAPED", ..SAYS },
    Attempt {
        name: "a bind mount in a namespace",
        script: "mkdir a b; unshare -Urm mount --bind a b && echo ESCAPED",
        held: BY_MAP,
        ..SAYS
    },
    Attempt {
        name: "a network in a namespace",
        script: "unshare -Urn true && echo ESCAPED",
        held: [Held::Yes, Held::Yes, Held::OfRoot],
        ..SAYS
    },
    Attempt {
        name: "a namespace by clone",
        script: "python3 -c \"$SYS
call($NR_clone, 0x10000000 | 17, 0, 0, 0, 0)\"",
        ..SAYS
    },
    Attempt {
        name: "a namespace by clone3",
        script: "python3 -c \"$SYS
args = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)
call($NR_clone3, args, 64)\"",
        ..SAYS
    },
    Attempt {
        name: "a mount",
        script: "mount -t tmpfs none $OUT/dir && echo ESCAPED",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a mount by the new calls",
        script: "python3 -c \"$SYS
call($NR_fsopen, b'tmpfs', 0)\"",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a copy of the tree of mounts",
        script: "python3 -c \"$SYS
call($NR_open_tree, -100, b'/', 0)\"",
        ..SAYS
    },
    Attempt {
        name: "another root",
        script: "python3 -c 'import os; os.chroot(\"/usr\"); print(\"ESCAPED\")'",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a process's namespace",
        script: "nsenter -t $PID -n true && echo ESCAPED",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a file by its handle",
        script: "python3 -c \"$SYS
handle, mount = ctypes.create_string_buffer(b'\\\\x80\\\\0\\\\0\\\\0', 136), ctypes.c_int()
if libc.syscall($NR_name_to_handle_at, -100, b'/usr', handle, ctypes.byref(mount), 0) == 0:
    call($NR_open_by_handle_at, os.open('/usr', os.O_RDONLY), handle, 0)\"",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a key in the kernel",
        script: "python3 -c \"$SYS
call($NR_add_key, b'user', b'evil', b'x', 1, -2)\"",
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "a program in the kernel",
        script: "python3 -c \"$SYS
attr = (ctypes.c_uint32 * 18)(2, 4, 4, 1)
call($NR_bpf, 0, attr, 72)\"",
        held: [Held::Yes, Held::Yes, Held::Unless("kernel/unprivileged_bpf_disabled", "0")],
        who: Who::Root,
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "faults handled by hand",
        script: "python3 -c \"$SYS
call($NR_userfaultfd, 1)\"",
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "a ring of calls",
        script: "python3 -c \"$SYS
call($NR_io_uring_setup, 1, ctypes.create_string_buffer(120))\"",
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "counters of the processor",
        script: "python3 -c \"$SYS
attr = (ctypes.c_uint32 * 32)(1, 128, 1, 0)
attr[10] = 0x60
call($NR_perf_event_open, attr, 0, -1, -1, 0)\"",
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "a letter in a terminal's input",
        script: "python3 -c 'import fcntl, os, pty; \
        fcntl.ioctl(pty.openpty()[1], 0x5412, b\"x\"); print(\"ESCAPED\")'",
        held: STOPPED,
        who: Who::Root,
        is_rare: true,
        ..SAYS
    },
    Attempt {
        name: "the name of the machine",
        script: "python3 -c 'import socket; socket.sethostname(socket.gethostname()); \
        print(\"ESCAPED\")'",
        held: STOPPED,
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "a setting of the kernel",
        script: "f=/proc/sys/kernel/core_pattern; \
        old=$(cat $f) && printf '%s' \"$old\" > $f && echo ESCAPED",
        who: Who::Root,
        ..SAYS
    },
    Attempt {
        name: "another control group",
        script: "for f in /sys/fs/cgroup/pids /sys/fs/cgroup; do \
        echo $$ > $f/cgroup.procs && echo ESCAPED && break; done",
        who: Who::Root,
        is_rare: true,
        ..SAYS
    },
];

const LASTS: Attempt = Attempt { proof: Proof::Lasts, held: STOPPED, ..PLAIN };

/// What a machine has to give. Outside, nothing ends them before they are done.
pub(super) const LIMITS: &[Attempt] = &[
    Attempt {
        name: "a fork bomb",
        script: "python3 -c '
import os
pids = []
try:
    while len(pids) < 150:
        pid = os.fork()
        if pid == 0:
            os.read(os.pipe()[0], 1)
        pids.append(pid)
    print(\"ESCAPED\")
finally:
    for pid in pids: os.kill(pid, 9)'",
        held: [Held::Counted, Held::Counted, Held::Counted],
        limits: |limits| CommandLimits { processes: 100, ..limits },
        ..SAYS
    },
    Attempt {
        name: "threads without end",
        script: "python3 -c '
import threading
stop = threading.Event()
threads = []
try:
    for _ in range(150):
        threads.append(threading.Thread(target=stop.wait)); threads[-1].start()
    print(\"ESCAPED\")
finally:
    stop.set()'",
        held: [Held::Counted, Held::Counted, Held::Counted],
        limits: |limits| CommandLimits { processes: 100, ..limits },
        ..SAYS
    },
    Attempt {
        name: "memory of one process",
        script: "python3 -c 'x = bytearray(300 << 20); print(\"ESCAPED\")'",
        held: STOPPED,
        limits: |limits| CommandLimits { memory_mb: Some(128), ..limits },
        ..SAYS
    },
    Attempt {
        name: "memory of many processes",
        script: "python3 -c '
import os
x = bytearray(50 << 20)
for _ in range(4):
    if os.fork() == 0:
        x[::4096] = bytes([1]) * len(x[::4096])
        os.read(os.pipe()[0], 1)
    x = bytearray(50 << 20)
print(\"ESCAPED\")
for line in open(\"/proc/self/task/%d/children\" % os.getpid()).read().split(): os.kill(int(line), 9)'",
        held: [Held::Grouped, Held::Grouped, Held::Grouped],
        limits: |limits| CommandLimits { memory_mb: Some(128), ..limits },
        ..SAYS
    },
    Attempt {
        name: "files in memory",
        script: "head -c 200000000 /dev/zero > /dev/shm/trireme-$PID && rm /dev/shm/trireme-$PID && echo ESCAPED; \
            rm -f /dev/shm/trireme-$PID",
        held: [Held::Yes, Held::Yes, Held::Grouped],
        limits: |limits| CommandLimits { memory_mb: Some(128), ..limits },
        ..SAYS
    },
    Attempt {
        name: "a large file",
        script: "head -c 30000000 /dev/zero > x; [ $(wc -c < x) = 30000000 ] && echo ESCAPED",
        held: STOPPED,
        limits: |limits| CommandLimits { disk_mb: 20, ..limits },
        ..SAYS
    },
    Attempt {
        name: "a disk full of files",
        script: "i=0; while [ $i -lt ${MANY:-10} ]; do head -c 4000000 /dev/zero > x$i; i=$((i + 1)); done; echo ESCAPED",
        held: STOPPED,
        limits: |limits| CommandLimits { disk_mb: 20, ..limits },
        ..SAYS
    },
    Attempt {
        name: "a disk full of files in the home",
        script: "i=0; while [ $i -lt ${MANY:-10} ]; do head -c 4000000 /dev/zero > $HOME/x$i; i=$((i + 1)); done; echo ESCAPED",
        held: STOPPED,
        limits: |limits| CommandLimits { disk_mb: 20, ..limits },
        ..SAYS
    },
    Attempt {
        name: "output without end",
        script: "yes | head -c 10000000",
        limits: |limits| CommandLimits { output_bytes: 1_000_000, ..limits },
        ..LASTS
    },
    Attempt {
        name: "time without end",
        script: "trap '' TERM; sleep 2",
        limits: |limits| CommandLimits { timeout: Duration::from_millis(300), ..limits },
        ..LASTS
    },
    Attempt {
        name: "silence without end",
        script: "trap '' TERM; echo; sleep 2",
        limits: |limits| CommandLimits { idle: Duration::from_millis(300), ..limits },
        ..LASTS
    },
    Attempt {
        name: "the processor without end",
        script: "python3 -c '
import time
while time.process_time() < 1.5: pass
print(\"ESCAPED\")'",
        held: STOPPED,
        limits: |limits| CommandLimits { cpu_s: 1, ..limits },
        ..SAYS
    },
    Attempt {
        name: "files open without end",
        script: "python3 -c 'x = [open(\"/dev/null\") for _ in range(300)]; print(\"ESCAPED\")'",
        held: STOPPED,
        limits: |limits| CommandLimits { open_files: 200, ..limits },
        ..SAYS
    },
    Attempt {
        name: "limits lifted",
        script: "python3 -c 'import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (500, 500)); print(\"ESCAPED\")'",
        held: STOPPED,
        limits: |limits| CommandLimits { open_files: 200, ..limits },
        ..SAYS
    },
];
