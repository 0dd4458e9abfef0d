# SPDX-License-Identifier: MIT
"""C that does not compile if a constant of the table differs from the C headers."""

from . import ctext
from .rule import ABIS
from .world import Constant, World

# Headers that have the constants. Those of the C library come first; of the kernel's only such
# that can stand beside them.
_HEADERS = """
errno.h fcntl.h poll.h sched.h signal.h stdio.h time.h unistd.h
net/if.h netinet/in.h netinet/ip.h netinet/ip6.h netinet/ip_icmp.h netinet/tcp.h netinet/udp.h
sys/epoll.h sys/eventfd.h sys/fanotify.h sys/file.h sys/inotify.h sys/ioctl.h sys/ipc.h
sys/klog.h sys/mman.h sys/mount.h sys/msg.h sys/personality.h sys/prctl.h sys/ptrace.h
sys/quota.h sys/random.h sys/reboot.h sys/resource.h sys/sem.h sys/shm.h sys/signalfd.h
sys/socket.h sys/stat.h sys/statfs.h sys/swap.h sys/syslog.h sys/time.h sys/timerfd.h
sys/timex.h sys/types.h sys/un.h sys/wait.h sys/xattr.h termios.h
asm/prctl.h linux/bpf.h linux/capability.h linux/close_range.h linux/fiemap.h linux/fs.h
linux/futex.h
linux/io_uring.h linux/ioprio.h linux/kcmp.h linux/kexec.h linux/keyctl.h linux/landlock.h
linux/membarrier.h linux/mempolicy.h linux/module.h linux/netlink.h linux/openat2.h
linux/perf_event.h linux/random.h linux/rseq.h linux/seccomp.h linux/sockios.h
linux/userfaultfd.h linux/vm_sockets.h
""".split()

# What the headers define otherwise, or not so that C could look at it, and why.
_DIFFERENT = {
    "O_LARGEFILE": "0 where off_t has 64 bits anyhow",
    "F_GETLK": "the 64-bit command under the old name",
    "F_SETLK": "the 64-bit command under the old name",
    "F_SETLKW": "the 64-bit command under the old name",
    "F_GETLK64": "the plain command where off_t has 64 bits",
    "F_SETLK64": "the plain command where off_t has 64 bits",
    "F_SETLKW64": "the plain command where off_t has 64 bits",
    "TCGETS2": "struct termios2 is in no header that can stand beside termios.h",
    "TCSETS2": "struct termios2",
    "TCSETSF2": "struct termios2",
    "TCSETSW2": "struct termios2",
}


def constants_check(world: World) -> str:
    """constants_check.c"""
    includes = "".join(
        f"#if __has_include(<{name}>)\n#include <{name}>\n#endif\n" for name in _HEADERS
    )
    checks = "".join(
        _check(constant)
        for name, constant in sorted(world.constants.items())
        if name not in _DIFFERENT
    )
    return (
        ctext.LICENCE
        + ctext.written_by("generator/data/constants.txt")
        + includes
        + "\n#include <stdint.h>\n\n#include <stile/abi.h>\n\n"
        + ctext.comment(
            [
                "The table's value and the headers' are the same bits; some headers have a "
                "signed int where the table has the unsigned value."
            ]
        )
        + "#define SAME(value, expected) \\\n"
        + "\t((uint64_t)(value) == (expected) || (uint32_t)(value) == (expected))\n\n"
        + checks
    )


def _check(constant: Constant) -> str:
    """The assertion for one constant that is a macro in the headers."""
    by_value: dict[int, list[str]] = {}
    for abi in ABIS:
        if abi in constant.values:
            by_value.setdefault(constant.values[abi], []).append(abi)
    if not by_value:
        return ""
    groups = sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0]))
    if len(groups) == 1 and len(groups[0][1]) == len(ABIS):
        expected = ctext.word(groups[0][0])
        condition = f"SAME({constant.name}, {expected})"
    else:
        condition = " || ".join(
            "((" + " || ".join(f"STILE_ABI_NATIVE == {ctext.abi_constant(abi)}" for abi in abis)
            + f") && SAME({constant.name}, {ctext.word(value)}))"
            for value, abis in groups
        )
        missing = [abi for abi in ABIS if abi not in constant.values]
        for abi in missing:  # headers may define it there for other uses
            condition += f" || STILE_ABI_NATIVE == {ctext.abi_constant(abi)}"
    return (
        f"#ifdef {constant.name}\n_Static_assert({condition}, "
        f"{ctext.string(constant.name)});\n#endif\n"
    )
