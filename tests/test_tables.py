#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of generator/data against libseccomp, the kernel and C headers, the running kernel.

A mismatch names file and line of the table. SYSCALL_INCLUDE_DIR: kernel headers to compare
with (default: /usr/include). The running kernel is asked through tracefs, which takes root.
"""

import concurrent.futures
import ctypes
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
DATA = TOP / "generator" / "data"
INCLUDE_DIR = Path(os.environ.get("SYSCALL_INCLUDE_DIR") or "/usr/include")
CC = os.environ.get("CC") or "cc"
TRACEFS = Path("/sys/kernel/tracing")
NEWEST_KERNEL = (6, 18)  # that the tables describe

sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP))
from generator import tables  # noqa: E402
from generator.number_sources import X32_BIT, headers, libseccomp  # noqa: E402

# The kernel's names of trace events, where they differ from the syscall's.
EVENTS = {
    "newfstat": "fstat",
    "newlstat": "lstat",
    "newstat": "stat",
    "newuname": "uname",
    "sendfile64": "sendfile",
    "umount": "umount2",
}
# Calls that no filter sees: they cannot be made harmless.
UNFILTERED = {"uretprobe", "uprobe"}
NUMBERS_END = 512

# The kernel's types (without const) as bits and sign.
KERNEL_TYPES = {
    (32, True): "int pid_t key_t key_serial_t clockid_t timer_t mqd_t rwf_t __s32",
    (32, False): "unsigned u32 __u32 uid_t gid_t qid_t",
    (64, True): "long off_t loff_t",
    (64, False): "size_t aio_context_t u64 __u64",
    (16, False): "umode_t",
}
TYPES = {
    "unsigned int": (32, False),
    "unsigned long": (64, False),
    **{name: form for form, names in KERNEL_TYPES.items() for name in names.split()},
}
TABLE_TYPES = {
    "int": (32, True),
    "uint": (32, False),
    "long": (64, True),
    "off": (64, True),
    "ulong": (64, False),
    "size": (64, False),
    "mode": (16, False),
}

# Headers with constants, each compiled alone ("+": with one before it): the C library's and the
# kernel's exclude each other.
HEADERS = """
fcntl.h sched.h signal.h time.h unistd.h netinet/in.h netinet/tcp.h sys/epoll.h sys/eventfd.h
sys/fanotify.h sys/file.h sys/inotify.h sys/ioctl.h sys/ipc.h sys/mman.h sys/mount.h sys/msg.h
sys/personality.h sys/random.h sys/resource.h sys/sem.h sys/shm.h sys/signalfd.h sys/socket.h
sys/stat.h sys/swap.h sys/time.h sys/timerfd.h sys/uio.h sys/wait.h sys/xattr.h asm/prctl.h
linux/bpf.h linux/capability.h linux/close_range.h linux/fadvise.h linux/falloc.h
linux/fcntl.h+linux/fs.h linux/fscrypt.h linux/fsverity.h linux/futex.h linux/hidraw.h
linux/if_tun.h linux/fcntl.h+linux/io_uring.h linux/ioprio.h linux/kcmp.h linux/kd.h linux/kexec.h
linux/keyctl.h linux/landlock.h linux/loop.h linux/membarrier.h linux/memfd.h linux/mempolicy.h
linux/module.h linux/fcntl.h+linux/mount.h linux/net.h linux/netlink.h linux/nsfs.h
linux/perf_event.h linux/personality.h linux/pidfd.h linux/prctl.h linux/ptrace.h linux/random.h
linux/reboot.h linux/rseq.h linux/rtc.h linux/seccomp.h linux/sockios.h linux/stat.h linux/udp.h
linux/userfaultfd.h linux/vt.h linux/wait.h linux/watchdog.h
""".split()
# What some macros of these headers need, and the headers do not include.
PRELUDE = """
stddef.h sys/types.h linux/types.h linux/ioctl.h linux/fiemap.h asm/termbits.h asm/ioctls.h
""".split()
# The C library's is 0 where off_t has 64 bits; the kernel's is not.
LIBC_DIFFERS = {"O_LARGEFILE"}
ABI_OPTIONS = {"x86_64": {"x86_64": "-m64", "i386": "-m32", "x32": "-mx32"}}


def place(file, line):
    return f"generator/data/{file}:{line}"


def host_abi():
    machine = platform.machine()
    if machine == "x86_64" and struct.calcsize("P") == 4:
        return "i386"
    return {"i686": "i386"}.get(machine, machine)


class Consistency(unittest.TestCase):
    def setUp(self):
        self.tables = tables.read_tables()

    def test_every_group_is_used(self):
        arguments = [a for call in self.tables.syscalls.values()
                     for listed in call.arguments.values() for a in listed]
        used = {a.group for a in arguments}
        # A group that others are like lends them its constants.
        used |= {constant.group for name in used - {None}
                 for constant in self.tables.groups[name].constants}
        for group in self.tables.groups.values():
            if group.kind != "values":
                self.assertIn(group.name, used, place("constants.txt", group.line))

    def test_constants_fit_in_32_bits(self):
        for constant in self.tables.constants.values():
            for value in constant.values.values():
                self.assertIn(value, range(-(1 << 31), 1 << 32),
                              place("constants.txt", constant.line))

    def test_tmpfile(self):
        """O_TMPFILE_BIT is our own name."""
        values = {name: self.tables.constants[name].values
                  for name in ("O_TMPFILE", "O_TMPFILE_BIT", "O_DIRECTORY")}
        for abi in tables.ABIS:
            self.assertEqual(values["O_TMPFILE"][abi],
                             values["O_TMPFILE_BIT"][abi] | values["O_DIRECTORY"][abi], abi)

    def test_families(self):
        numbers = tables.resolve_numbers(INCLUDE_DIR)
        for family in self.tables.families.values():
            where = place("families.txt", family.line)
            self.assertGreater(len({member.name for member in family.members}), 1, where)
            for member in family.members:
                if member.abi:
                    self.assertIn(member.name, numbers[member.abi],
                                  place("families.txt", member.line))

    def test_multiplexers(self):
        """Each value of the argument's group has a line, and a call that the ABI has, too."""
        numbers = tables.resolve_numbers(INCLUDE_DIR)
        lines = {}
        for call in self.tables.multiplexed:
            where = place("multiplexers.txt", call.line)
            abis = [abi for abi in tables.ABIS if call.multiplexer in numbers[abi]]
            self.assertEqual(abis, ["i386"], where)
            self.assertTrue(any(name in numbers["i386"] for name in call.direct), where)
            argument = self.tables.syscalls[call.multiplexer].arguments[None][0]
            self.assertEqual(argument.name, call.argument, where)
            lines.setdefault(argument.group, set()).add(call.constant)
        for name, constants in lines.items():
            group = {constant.name for constant in self.tables.groups[name].constants}
            self.assertEqual(constants, group, name)
        self.assertEqual(set(lines), {"SYS", "IPCOP"})

    def test_argument_lists_are_for_abis_that_have_the_call(self):
        numbers = tables.resolve_numbers(INCLUDE_DIR)
        for call in self.tables.syscalls.values():
            for abi in set(call.arguments) - {None}:
                self.assertIn(call.name, numbers[abi], place("syscalls.txt", call.line))

    def test_newest(self):
        newest = max(self.tables.syscalls.values(), key=lambda call: call.since)
        self.assertEqual(newest.since, NEWEST_KERNEL, place("syscalls.txt", newest.line))


class Numbers(unittest.TestCase):
    def test_every_number_of_the_sources_is_in_the_table(self):
        """Up to the newest call that the table knows; newer headers may know newer ones."""
        syscalls = tables.read_syscalls()
        newest = max(number.number for number in tables.read_numbers())
        sources = libseccomp() + headers(INCLUDE_DIR)
        if not sources:
            self.skipTest("neither libseccomp nor kernel headers are installed")
        for source in sources:
            for name, number in source.numbers.items():
                if name in ("arch_specific_syscall", "syscalls", "x32_syscalls"):
                    continue
                if number & ~X32_BIT <= newest or number & X32_BIT:
                    self.assertIn(name, syscalls, f"{source.name} has it on {source.abi}")

    def test_no_number_twice(self):
        for abi, numbers in tables.resolve_numbers(INCLUDE_DIR).items():
            seen = {}
            for name, number in numbers.items():
                self.assertNotIn(number, seen, f"{abi}: {name} and {seen.get(number)}")
                seen[number] = name

    def test_sources_agree(self):
        numbers = tables.resolve_numbers(INCLUDE_DIR)
        self.assertEqual((numbers["x86_64"]["openat2"], numbers["i386"]["socket"],
                          numbers["x32"]["ioctl"], numbers["aarch64"]["openat"],
                          numbers["riscv64"]["riscv_flush_icache"]),
                         (437, 359, X32_BIT | 514, 56, 259))
        self.assertNotIn("open", numbers["aarch64"])
        self.assertNotIn("renameat", numbers["riscv64"])

    def test_a_disagreement_names_both(self):
        with tempfile.TemporaryDirectory() as folder:
            asm = Path(folder) / "asm"
            asm.mkdir()
            (asm / "unistd_64.h").write_text("#define __NR_mseal 77\n")
            (asm / "unistd_x32.h").write_text("")
            with self.assertRaises(tables.TableError) as raised:
                tables.resolve_numbers(folder)
        self.assertRegex(str(raised.exception),
                         r"syscalls\.txt:\d+:1: mseal on x86_64: 77 in .*/asm/unistd_64\.h, "
                         r"462 in .*numbers\.txt:\d+$")

    def test_a_name_without_number(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "syscalls.txt").write_text("frobnicate 1.0 fd:int\n")
            Path(folder, "numbers.txt").write_text("")
            with self.assertRaisesRegex(tables.TableError,
                                        r"syscalls\.txt:1:1: frobnicate has a number in no source"):
                tables.resolve_numbers(INCLUDE_DIR, Path(folder))


class Kernel(unittest.TestCase):
    """The running kernel's own description of its calls."""

    @classmethod
    def setUpClass(cls):
        cls.syscalls = tables.read_syscalls()
        release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
        cls.is_newer = release > NEWEST_KERNEL

    def formats(self):
        """(event, its format) of every sys_enter event."""
        script = "cd {}/events/syscalls && grep -H . sys_enter_*/format"
        for command in (
            script.format(TRACEFS),
            f"mount -t tracefs tracefs {TRACEFS} && " + script.format(TRACEFS),
        ):
            unshare = ["unshare", "--mount"] if command.startswith("mount") else []
            if unshare and not shutil.which("unshare"):
                break
            done = subprocess.run([*unshare, "sh", "-c", command], check=False, text=True,
                                  capture_output=True)
            if done.returncode == 0:
                found = {}
                for line in done.stdout.splitlines():
                    event, _, text = line.partition("/format:")
                    found.setdefault(event.removeprefix("sys_enter_"), []).append(text)
                return found
        self.skipTest("tracefs cannot be read: " + done.stderr.strip().splitlines()[-1])
        return {}

    def test_arguments(self):
        for event, lines in self.formats().items():
            name = EVENTS.get(event, event)
            if name not in self.syscalls:
                self.assertTrue(self.is_newer, f"the kernel has {name}, syscalls.txt has not")
                continue
            call = self.syscalls[name]
            fields = [re.fullmatch(r"\s*field:(.*?)(\w+);.*", text) for text in lines]
            fields = [(f[1].strip(), f[2]) for f in fields if f]
            kernel = fields[[name for _, name in fields].index("__syscall_nr") + 1:]
            where = f"{place('syscalls.txt', call.line)}: {name}"
            ours = call.arguments_on(host_abi())
            self.assertEqual([a.kernel_name for a in ours], [field for _, field in kernel], where)
            for argument, (kind, _) in zip(ours, kernel, strict=True):
                self.check_type(argument, kind, f"{where}: {argument.name}: the kernel's is {kind}")

    def check_type(self, argument, kind, where):
        plain = re.sub(r"\bconst\b", "", kind).strip()
        if "*" in plain or plain.startswith("cap_user_"):
            self.assertTrue(argument.pointer, where)
        elif plain.startswith("enum "):
            self.assertEqual(argument.type, "uint", where)
        else:
            self.assertIn(plain, TYPES, where)
            self.assertEqual(TABLE_TYPES.get(argument.type), TYPES[plain], where)

    def test_numbers(self):
        """By which name does the kernel trace each number? A filter answers every call with the
        call's own number as errno, so none is made."""
        if host_abi() != "x86_64":
            self.skipTest("known to work on x86_64 only")
        numbers = tables.resolve_numbers(INCLUDE_DIR)["x86_64"]
        unfiltered = {numbers[name] for name in UNFILTERED}
        instance = TRACEFS / "instances" / f"stile_test_{os.getpid()}"
        try:
            instance.mkdir()
        except OSError as error:
            self.skipTest(f"no tracing instance can be made: {error.strerror}")
        try:
            traced = self.trace(instance, sorted(set(range(1, NUMBERS_END)) - unfiltered))
        finally:
            instance.rmdir()
        self.assertGreater(len(traced), 300)
        for number, event in traced.items():
            name = EVENTS.get(event, event)
            if name not in self.syscalls:
                self.assertTrue(self.is_newer, f"the kernel has {name}, syscalls.txt has not")
                continue
            where = place("syscalls.txt", self.syscalls[name].line)
            self.assertEqual(numbers.get(name), number, f"{where}: the kernel's {number} is {name}")

    def trace(self, instance, numbers):
        magic = 0x5711E  # in the sixth argument: the call is a probe
        wait, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(wait, 1)
            probe(numbers, magic)
            os._exit(0)
        os.close(wait)
        (instance / "buffer_size_kb").write_text("512")
        (instance / "set_event_pid").write_text(str(child))
        for event in (instance / "events" / "syscalls").glob("sys_exit_*"):
            (event / "enable").write_text("1")
        os.close(go)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        found = re.findall(r" sys_(\w+) -> 0x([0-9a-f]+)$", (instance / "trace").read_text(), re.M)
        answers = {(1 << 64) - int(value, 16): name for name, value in found}
        return {number: answers[number] for number in numbers if number in answers}


def probe(numbers, magic):
    """Loads the filter and makes the calls, which it all stops."""
    libc = ctypes.CDLL(None)
    filters = (  # code, jt, jf, k
        (0x20, 0, 0, 16 + 8 * 5),  # the sixth argument's low word
        (0x15, 0, 3, magic),
        (0x20, 0, 0, 0),  # the number
        (0x44, 0, 0, 0x00050000),  # | SECCOMP_RET_ERRNO
        (0x16, 0, 0, 0),
        (0x06, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *f) for f in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters),
                                                      ctypes.addressof(code)))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):
        os._exit(1)
    for number in numbers:
        libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, ctypes.c_long(magic))


class Constants(unittest.TestCase):
    maxDiff = None

    def test_headers_agree(self):
        _, constants = tables.read_constants()
        host = host_abi()
        options = ABI_OPTIONS.get(host, {host: None})
        jobs = [(abi, option, header) for abi, option in options.items() for header in HEADERS
                if option is None or self.compiles(option)]
        if not jobs:
            self.skipTest(f"{CC} does not compile here")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = list(pool.map(lambda job: self.check(constants, *job), jobs))
        self.assertGreater(len(set().union(*(names for names, _ in results))), 1000)
        self.assertEqual([fault for _, faults in results for fault in faults], [])

    def compiles(self, option):
        return self.cc("#include <unistd.h>\n", option, "-fsyntax-only").returncode == 0

    def cc(self, source, option, *more):
        command = [CC, "-xc", "-w", "-fmax-errors=0", *([option] if option else []), *more, "-"]
        return subprocess.run(command, input=source, check=False, text=True, capture_output=True,
                              env={**os.environ, "LC_ALL": "C"})

    def check(self, constants, abi, option, header):
        """The constants that a header has, and what differs."""
        source = "#define _GNU_SOURCE\n"
        source += "".join(f"#include <{name}>\n" for name in (*PRELUDE, *header.split("+")))
        text = self.cc(source, option, "-E", "-dD")
        if text.returncode:  # not installed
            return set(), []
        words = set(re.findall(r"\w+", text.stdout))
        checked = set()
        for constant in constants.values():
            name = constant.name
            if name not in words or abi not in constant.values:
                continue
            if name in LIBC_DIFFERS and not header.startswith("linux/"):
                continue
            checked.add(name)
            value = constant.values[abi] & 0xFFFFFFFF
            source += (f"_Static_assert((unsigned)({name}) == {value}u, "
                       f"\"{constant.line}: {name}\");\n")
        done = self.cc(source, option, "-fsyntax-only")
        wrong = re.findall(r'assertion failed.*"(\d+): (\w+)"', done.stderr)
        faults = [f"{place('constants.txt', line)}: {name} differs in <{header}> on {abi}"
                  for line, name in wrong]
        if done.returncode and not wrong:
            faults.append(f"<{header}> on {abi}: {done.stderr.splitlines()[0]}")
        return checked, faults


if __name__ == "__main__":
    unittest.main()
