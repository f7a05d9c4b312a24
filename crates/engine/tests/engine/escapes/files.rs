//! Reading and changing what is the Owner's, or another attempt's.

use super::attempt::{Attempt, BY_ABSENCE, BY_TRACE, PLAIN, Proof, STOPPED, Who};

const READS: Attempt = Attempt { proof: Proof::Leaks, ..PLAIN };

/// Changes of the Owner's folder.
pub(super) const CHANGES: &[Attempt] = &[
    Attempt { name: "write by ..", script: "echo x > ../outside/victim", ..PLAIN },
    Attempt { name: "write by a whole path", script: "echo x > $OUT/victim", ..PLAIN },
    Attempt {
        name: "write through many ..",
        script: "mkdir -p a/b; echo x > a/b/../../../outside/victim",
        ..PLAIN
    },
    Attempt { name: "append", script: "echo x >> $OUT/victim", ..PLAIN },
    Attempt { name: "make a file", script: "echo x > $OUT/new", ..PLAIN },
    Attempt { name: "empty a file", script: ": > $OUT/victim", ..PLAIN },
    Attempt {
        name: "cut a file without opening it",
        script: "python3 -c 'import os; os.truncate(os.environ[\"OUT\"] + \"/victim\", 1)'",
        ..PLAIN
    },
    Attempt { name: "write through a link to a file", script: "ln -s $OUT/victim l; echo x > l", ..PLAIN },
    Attempt { name: "write through a link to a folder", script: "ln -s $OUT l; echo x > l/victim", ..PLAIN },
    Attempt {
        name: "write through a link to a link",
        script: "ln -s $OUT a; ln -s a b; echo x > b/new",
        ..PLAIN
    },
    Attempt {
        name: "write through a link that is swapped meanwhile",
        script: "mkdir in; ln -s in l; \
            (while :; do ln -sfn $OUT l; ln -sfn in l; done) & \
            i=0; while [ $i -lt 2000 ] && [ ! -e $OUT/new ]; do echo x > l/new; i=$((i + 1)); done; kill $!",
        ..PLAIN
    },
    Attempt { name: "write through a new hard link", script: "ln $OUT/victim l; echo x > l", ..PLAIN },
    Attempt {
        name: "write through a hard link that was there before",
        before: "ln outside/victim work/shared",
        script: "echo x > shared",
        held: STOPPED,
        ..PLAIN
    },
    Attempt {
        name: "write through a hard link in a folder that was there before",
        before: "mkdir -p work/a/b; ln outside/victim work/a/b/shared",
        script: "chmod 777 a/b/shared; echo x >> a/b/shared",
        held: STOPPED,
        ..PLAIN
    },
    Attempt { name: "move a file out", script: "echo x > x; mv x $OUT/victim", ..PLAIN },
    Attempt { name: "move a file in", script: "mv $OUT/victim .", ..PLAIN },
    Attempt {
        name: "swap two files",
        script: "echo x > x; python3 -c \"$SYS
call($NR_renameat2, -100, b'x', -100, (OUT + '/victim').encode(), 2)\"",
        ..PLAIN
    },
    Attempt { name: "remove a file", script: "rm -f $OUT/victim", ..PLAIN },
    Attempt { name: "remove a folder", script: "rmdir $OUT/empty", ..PLAIN },
    Attempt { name: "remove everything", script: "rm -rf $OUT/sibling", ..PLAIN },
    Attempt { name: "make a folder", script: "mkdir $OUT/new", ..PLAIN },
    Attempt { name: "make a link", script: "ln -s /etc/passwd $OUT/new", ..PLAIN },
    Attempt { name: "make a pipe", script: "mkfifo $OUT/new", ..PLAIN },
    Attempt {
        name: "make a socket",
        script: "python3 -c 'import os, socket; socket.socket(socket.AF_UNIX).bind(os.environ[\"OUT\"] + \"/new\")'",
        ..PLAIN
    },
    Attempt { name: "change a mode", script: "chmod 777 $OUT/victim", held: BY_ABSENCE, ..PLAIN },
    Attempt { name: "change a time", script: "touch -c -d @1 $OUT/victim", held: BY_ABSENCE, ..PLAIN },
    Attempt {
        name: "change an attribute",
        script: "python3 -c 'import os; os.setxattr(os.environ[\"OUT\"] + \"/victim\", \"user.x\", b\"1\"); print(\"ESCAPED\")'",
        proof: Proof::Says,
        held: BY_ABSENCE,
        ..PLAIN
    },
    Attempt { name: "write by /proc/self/cwd", script: "echo x > /proc/self/cwd/../outside/victim", ..PLAIN },
    Attempt { name: "write by /proc/self/root", script: "echo x > /proc/self/root$OUT/victim", ..PLAIN },
    Attempt {
        name: "write by another's root",
        script: "echo x > /proc/$PID/root$OUT/victim",
        held: BY_TRACE,
        ..PLAIN
    },
    Attempt {
        name: "write by another's folder",
        script: "echo x > /proc/$PID/cwd/victim",
        held: BY_TRACE,
        ..PLAIN
    },
    Attempt {
        name: "write by another's open file",
        script: "echo x > /proc/$PID/fd/9",
        held: BY_TRACE,
        ..PLAIN
    },
    Attempt { name: "write another attempt's file", script: "echo x > $OUT/sibling/code", ..PLAIN },
    Attempt { name: "write another attempt's home", script: "echo x > $OUT/sibling.home/.profile", ..PLAIN },
    Attempt { name: "write the Owner's checkout", script: "echo x > $OUT/owner/code", ..PLAIN },
    Attempt { name: "write the journal", script: "echo x >> $OUT/journal.db", ..PLAIN },
    Attempt { name: "move one's own folder away", script: "mv ../work ../outside/dir/", ..PLAIN },
    Attempt {
        name: "a linker that writes what it does",
        script: "LD_DEBUG=files LD_DEBUG_OUTPUT=$OUT/new /bin/cat /dev/null",
        ..PLAIN
    },
];

/// Looks at what is the Owner's.
pub(super) const LOOKS: &[Attempt] = &[
    Attempt { name: "read a file", script: "cat $OUT/secret", ..READS },
    Attempt { name: "read by ..", script: "cat ../outside/secret", ..READS },
    Attempt { name: "read a key", script: "cat $OUT/home/.ssh/id_ed25519", ..READS },
    Attempt { name: "read the journal", script: "cat $OUT/journal.db", ..READS },
    Attempt { name: "read another attempt's file", script: "cat $OUT/sibling/code", ..READS },
    Attempt { name: "read another attempt's home", script: "cat $OUT/sibling.home/.netrc", ..READS },
    Attempt { name: "read the Owner's checkout", script: "cat $OUT/owner/code", ..READS },
    Attempt { name: "read through a link", script: "ln -s $OUT/secret l; cat l", ..READS },
    Attempt {
        name: "read through a link that was there",
        before: "ln -s ../outside/secret work/l",
        script: "cat l",
        ..READS
    },
    Attempt { name: "read through a new hard link", script: "ln $OUT/secret l; cat l", ..READS },
    Attempt { name: "list a folder", script: "ls $OUT/dir", ..READS },
    Attempt { name: "find all files", script: "find .. -name '*hunter2*'", ..READS },
    Attempt {
        name: "see whether a file is there",
        script: "test -e $OUT/secret && echo ESCAPED",
        proof: Proof::Says,
        held: BY_ABSENCE,
        ..READS
    },
    Attempt {
        name: "be told of every change",
        script: "python3 -c \"$SYS
fd = libc.inotify_init()
print('ESCAPED' if libc.inotify_add_watch(fd, OUT.encode(), 0xfff) > 0 else 'no')\"",
        proof: Proof::Says,
        held: BY_ABSENCE,
        ..READS
    },
    Attempt { name: "start a program", script: "$OUT/tool", ..READS },
    Attempt { name: "start a program by its interpreter", script: "sh $OUT/tool", ..READS },
    Attempt {
        name: "read by another's root",
        script: "cat /proc/$PID/root$OUT/secret",
        held: BY_TRACE,
        ..READS
    },
    Attempt {
        name: "read by another's folder",
        script: "cat /proc/$PID/cwd/secret",
        held: BY_TRACE,
        ..READS
    },
    Attempt { name: "read an open file that was handed down", script: "cat <&9", held: STOPPED, ..READS },
    Attempt { name: "read one's own environment", script: "env", held: STOPPED, ..READS },
    Attempt { name: "read another's environment", script: "cat /proc/$PID/environ", held: BY_TRACE, ..READS },
    Attempt { name: "read another's arguments", script: "cat /proc/$PID/cmdline", held: BY_ABSENCE, ..READS },
    Attempt {
        name: "read the passwords of the machine",
        script: "head -c 1 /etc/shadow | grep -q . && echo ESCAPED",
        proof: Proof::Says,
        who: Who::Root,
        ..READS
    },
    Attempt {
        name: "read a file of somebody else by being root",
        before: "cp outside/secret outside/theirs; chown 65534 outside/theirs; chmod 600 outside/theirs",
        script: "cat $OUT/theirs",
        held: STOPPED,
        who: Who::Root,
        ..READS
    },
    Attempt { name: "read shared memory", script: "cat /dev/shm/trireme-$PID", ..READS },
    Attempt {
        name: "read shared memory of System V",
        script: "python3 -c \"$SYS
libc.shmat.restype = ctypes.c_void_p
at = libc.shmat(libc.shmget($PID, 0, 0), None, 0)
print(ctypes.string_at(at) if at < 2**63 else 'no')\"",
        held: BY_ABSENCE,
        ..READS
    },
];

/// The Owner's git.
pub(super) const GITS: &[Attempt] = &[
    Attempt { name: "plant a hook", script: "echo x > $OUT/owner/.git/hooks/post-checkout", ..PLAIN },
    Attempt {
        name: "plant a file-system monitor",
        script: "git -C $OUT/owner config core.fsmonitor /tmp/x",
        ..PLAIN
    },
    Attempt { name: "plant a pager", script: "git -C $OUT/owner config core.pager /tmp/x", ..PLAIN },
    Attempt {
        name: "plant an ssh command",
        script: "git -C $OUT/owner config core.sshCommand /tmp/x",
        ..PLAIN
    },
    Attempt {
        name: "plant a credential helper",
        script: "git -C $OUT/owner config credential.helper /tmp/x",
        ..PLAIN
    },
    Attempt { name: "plant a setting in the Owner's home", script: "echo x > $OUT/home/.gitconfig", ..PLAIN },
    Attempt {
        name: "set a branch by git's own variables",
        script: "GIT_DIR=$OUT/owner/.git git update-ref refs/heads/evil HEAD",
        ..PLAIN
    },
    Attempt {
        name: "commit by a .git file",
        script: "echo \"gitdir: $OUT/owner/.git\" > .git; \
            git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x",
        ..PLAIN
    },
    Attempt {
        name: "read the history of a repository above",
        script: "env -u GIT_CEILING_DIRECTORIES git -C ../outside/owner log",
        proof: Proof::Leaks,
        ..PLAIN
    },
    Attempt {
        name: "push into the Owner's repository",
        script: "git init -q . && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x && \
            git push -q $OUT/owner HEAD:refs/heads/evil",
        ..PLAIN
    },
    Attempt {
        name: "clone the Owner's repository",
        script: "git clone -q $OUT/owner c && git -C c log",
        proof: Proof::Leaks,
        ..PLAIN
    },
];
