#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write build.ninja, and install the Debian packages that the build needs.

  ./configure.py                     write build.ninja (it is committed: "ninja" does without)
  ./configure.py --install-deps      install missing packages first
  ./configure.py --sanitize=address,undefined --build build/asan
                                     a configuration of its own, in a folder of its own:
                                     ninja -f build/asan/build.ninja check

Always run ninja from the top of the checkout, for other configurations too (-f, not -C).

Targets: all (default: library, command, examples, man pages), tests (builds the tests), check
(builds and runs them), demo, bench, soak, install (DESTDIR, PREFIX (/usr/local) and LIBDIR (lib)
are read from the environment when it runs), style (C formatting and house rules), lint (style,
and man pages), coverage (after check, with --coverage).

SYSCALL_INCLUDE_DIR in the environment of configure.py: a folder of kernel headers to take syscall
numbers from. It is kept in the build folder (include_dir) until configure.py runs again.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys

VERSION = "0.1.0"
SONAME = "libstile.so.0"

# ---- What there is. A new file is added to its list here; then run ./configure.py and commit
# ---- build.ninja with it. tests/test_build.py compares these lists with the tree.

# The library: core/NAME.c
CORE = """
actions add_rule answer_text apply apply_supervised arena assemble assemble_labels assemble_line
audit_arch backend_libseccomp backend_own call_text compile condition context context_handlers
create disassemble disassemble_flow disassemble_names emit filter_paths find_call grant
grants_for_call graph graph_numbers graph_rules graph_search graph_split hash hide_vdso inject
interpreter kernel kernel_cost libseccomp_program load_compiled lookup masked_cover message
message_escape mnemonics number_parse number_set options overlap parse_call path_rules policy_build
policy_build_multiplexers policy_build_rules policy_combine policy_compare policy_decide
policy_edit policy_filter policy_from_filter policy_made policy_object policy_pairs policy_rules
policy_split policy_text policy_unreachable policy_view print prologue proof proof_boxes
proof_check proof_computed proof_flow proof_policy proof_seen proof_test proof_walk proof_witness
prove pseudo_code rule_index rule_terms ruleset sort spawn spawn_context spawn_hold spawn_image
spawn_listener spawn_proc spawn_trace spawn_tracer specification start_guard suggest
supervised_filters syscalls text tracees used_policy value_set witness_text word_piece
word_preimage word_set word_value word_widen
""".split()

# Supervisors, brokers and workers, which are in the library too: supervise/NAME.c
SUPERVISE = """
descriptor_passing listener target_descriptor target_memory address_text call call_format
call_memory quoted_text handlers supervise supervisor supervisor_answer supervisor_threads
supervisor_trace supervisor_wait supervise_self supervise_thread intercept_call judgement registers
registers_aarch64 registers_x86_64 thread_registers trace_attach trace_call trace_program
trace_stop traced_threads tracing channel not_dumpable phases worker worker_child worker_start
broker broker_address broker_apart broker_connect broker_fifo broker_judge broker_open broker_place
broker_request broker_rules broker_socket broker_target broker_walk doorbell judges trace_deferred
stand_in
""".split()

# Public headers: include/NAME (two more are generated, below)
HEADERS = """
stile.h stile/abi.h stile/apply.h stile/broker.h stile/compiled.h stile/context.h stile/error.h
stile/filter.h stile/intercept.h stile/notify.h stile/policy.h stile/ruleset.h stile/spawn.h
stile/supervise.h stile/table.h stile/worker.h
""".split()

# The command: cli/NAME.c. It is built against the public headers only.
CLI = """
abi_option action_option asm check combine compile compiled_text context_options convert diff
difference_text disasm explain explain_call explain_json explain_policy filter_context filter_file
find_program identifier input_file lint lint_fix lint_output main only_policy output_file
policy_file policy_file_options policy_output policy_source policy_verb policy_words
process_filters profile prove replaced_text rulesets run run_changes run_listener run_options
run_policy run_program run_report say simulate start_failure syscall_grants trace trace_calls
trace_choice trace_line trace_options trace_output trace_program trace_summary traced_path watch
""".split()

# Policy files of all kinds: formats/NAME.c. They use the public headers only.
FORMATS = """
alternatives answers bpf diagnostics document document_memory file_trust firecracker
firecracker_length firecracker_text firecracker_values firecracker_write formats include_file
json_document json_locator kafel kafel_bits kafel_decisions kafel_entry kafel_expression
kafel_lexer kafel_meaning kafel_parser kafel_resolve kafel_rules kafel_syscalls kafel_table
kafel_trial kafel_write kafel_write_condition kubernetes minijail minijail_calls minijail_condition
minijail_expression minijail_filter minijail_include minijail_policy minijail_read minijail_rules
minijail_tokens minijail_value minijail_write minijail_write_call oci oci_check oci_container
oci_cubes oci_default oci_entry oci_export oci_grants oci_group oci_length oci_libseccomp oci_lines
oci_members oci_merge oci_mixed oci_multiplexer oci_names oci_policy oci_profile oci_rules oci_text
oci_words oci_write plain_conditions shown systemd systemd_analyze systemd_groups systemd_names
systemd_policy systemd_settings systemd_text systemd_unit systemd_words systemd_write tiny_jail
tiny_jail_names toml_document toml_scanner toml_string toml_tree yaml_document yaml_scalar
""".split()
FORMATS_LIBS = "-ljson-c -lyaml"

# What stile lint finds in a policy: lint/NAME.c. It uses the public headers only.
LINT = """
abis alternatives answers calls danger danger_arguments findings lint mend names needs reach rules
widths
""".split()

# The generator: generator/NAME; its tables: generator/data/NAME; what it reads: rulesets/NAME.rules
GENERATOR = """
__init__.py __main__.py checker.py cli.py completions.py conditions.py constants_check.py
context_faults.py ctext.py expand.py faults.py functions.py lexer.py library.py lines.py
lint_tables.py loader.py manual.py multiplexer_table.py number_sources.py output.py overlaps.py
pairs.py parser.py rule.py ruleset_tables.py ruleset_tests.py source.py syntax.py syscall_tables.py
table_lines.py table_types.py tables.py tokens.py user.py values.py valueset.py verbs.py
verdicts.py world.py
""".split()
GENERATOR_DATA = """
constants.txt families.txt multiplexers.txt numbers.txt syscalls.txt
""".split()
RULESETS = """
basic bpf io_uring ipc kexec keyrings limits memory modules mounts networking obsolete perf pledge
power process_memory processes random raw_io sandbox signals start system_admin system_info
system_io threads time userfaultfd users
""".split()

# What the generator writes: build/gen/NAME. (A completion: NAME, the folder it is installed in,
# the name it has there.)
GENERATED_HEADERS = ["stile/syscalls.h", "stile/rulesets.h"]
GENERATED_CORE = ["syscall_table.c", "ruleset_table.c", "grants.c"]
GENERATED_LINT = ["lint_families.c"]
GENERATED_TESTS = ["constants_check.c", "ruleset_tests.c"]
GENERATED_MAN = ["stile-rulesets.7"]
COMPLETIONS = [
    ("completions/stile.bash", "share/bash-completion/completions", "stile"),
    ("completions/_stile", "share/zsh/site-functions", "_stile"),
]

# Man pages: docs/man/NAME.scd
MAN = """
stile.1 stile.3
""".split()

# Examples: program, its sources, its libraries. A source is examples/NAME or $gen/examples/NAME,
# which the generator makes of a ruleset of theirs: examples/rules/NAME.rules becomes NAME.h, NAME.c
# and, a program that makes the tests in it, NAME_test.c.
EXAMPLES = [
    ("broker", ["broker.c"], ""),
    ("change_calls", ["change_calls.c"], ""),
    ("compiled_filter", ["compiled_filter.c"], ""),
    ("custom_ruleset", ["custom_ruleset.c", "$gen/examples/mailbox.c"], ""),
    ("exec_sandbox", ["exec_sandbox.c"], ""),
    ("hardened_server", ["hardened_server.c", "open_beneath.c", "try_call.c"],
     "-lmicrohttpd"),
    ("mailbox_test", ["$gen/examples/mailbox_test.c", "$gen/examples/mailbox.c"], ""),
    ("privsep_ipc", ["privsep_ipc.c", "privsep_front_end.c", "privsep_message.c",
                     "privsep_worker.c", "try_call.c"], "-lmicrohttpd -lsqlite3"),
    ("refusals", ["refusals.c"], ""),
    ("several_handlers", ["several_handlers.c"], ""),
    ("threads_and_time", ["threads_and_time.c"], ""),
    ("trace_opens", ["trace_opens.c"], ""),
    ("zero_random", ["zero_random.c"], ""),
]
EXAMPLE_RULES = """
mailbox
""".split()

# Filters that examples include: $gen/examples/NAME.h, and the grants that it is compiled of.
EXAMPLE_FILTERS = [
    ("line_counter_filter", "--grant 'system_io.read_fd(0)' --grant system_io.stdout"),
]

# "ninja demo" and "ninja bench" run a script with --build FOLDER
DEMO = "examples/demo.py"
BENCH = "tests/bench/bench.py"
# "ninja soak" runs the program of tests/test_soak.py with a million calls
SOAK = "tests/programs/soak"

# Tests in C: tests/NAME.c, one program each, linked with libcheck, with TEST_SUPPORT and with
# libcore.a, so they may use what the library hides. The prefix is the kind: unit_, sim_, live_,
# cli_.
TESTS = """
live_abis live_actions live_apply live_apply_twice live_backend live_behaviours live_broker
live_broker_create live_broker_races live_broker_sockets live_broker_targets live_broker_unix
live_call live_compiled live_descriptor_passing live_filters live_intercept_signals
live_interpreter live_minus_one live_notify live_rulesets live_runc live_spawn live_spawn_context
live_spawn_hold live_spawn_hostile live_spawn_signals live_supervise_self
live_supervise_self_undumpable live_supervised_guard live_supervisor live_supervisor_apart
live_supervisor_life live_supervisor_listeners live_supervisor_manners live_supervisor_share
live_target_descriptor live_target_memory live_tracer live_tracer_kills live_tracer_programs
live_tracer_slow live_used_policy live_worker live_worker_deaths live_worker_hostile
live_worker_many live_worker_phases sim_abi_filters sim_abis sim_backend sim_backend_own
sim_defaults sim_interpreter sim_libseccomp sim_multiplexers sim_networking sim_oci sim_oci_lossy
sim_oci_write sim_open sim_policies sim_policy_filters sim_proof sim_proof_foreign
sim_proof_meetings sim_proof_seen sim_rulesets sim_split sim_start_guard sim_supervised_guard
sim_too_long unit_abis unit_assemble unit_broker unit_call unit_call_format unit_channel
unit_channel_descriptors unit_compile unit_condition unit_conflicts unit_context unit_diagnostics
unit_disassemble unit_firecracker unit_format_errors unit_graph unit_handlers unit_handlers_seccomp
unit_hash unit_include_file unit_json_document unit_judges unit_kafel unit_kafel_arguments
unit_kafel_conditions unit_kafel_errors unit_kafel_include unit_kafel_write unit_lint
unit_lint_findings unit_lint_mend unit_masked_cover unit_memory unit_message unit_minijail
unit_minijail_corpus unit_minijail_include unit_minijail_write unit_minus_one unit_null
unit_number_set unit_oci unit_overlap unit_parse_call unit_policy unit_registers unit_rule_index
unit_ruleset unit_small_stack unit_sort unit_spawn_hold unit_systemd unit_systemd_write
unit_text_memory unit_tiny_jail unit_toml_document unit_value_set unit_witness_text unit_word_set
unit_yaml_document
""".split()
TEST_SUPPORT = """
broker_support child corpus document_support drawn_policy notify_support oci_runtime policy_sample
policy_text random_program small_world socket_support spawn_support supervise_support test_support
tracer_support
""".split()
RULESET_TESTS = ["live_rulesets", "sim_abis", "sim_rulesets"]  # linked with GENERATED_TESTS
# NAME: more options for the link
TEST_LDFLAGS = {"unit_channel": "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc"}

# Tests in python: tests/NAME.py
PYTHON_TESTS = """
test_bench test_build test_cli test_cli_check test_cli_compile test_cli_convert test_cli_diff
test_cli_explain test_cli_filters test_cli_hostile test_cli_lint test_cli_listener test_cli_profile
test_cli_prove test_cli_run test_cli_run_policy test_cli_trace test_cli_trace_program test_compiled
test_corpus test_examples test_generator test_guide test_oci_schema test_pseudo_code test_recipes
test_rulesets test_run_program test_soak test_static_library test_supervise_self_terminal
test_supervision_examples test_table_reader test_tables
""".split()

# Programs that the tests run: tests/programs/NAME.c -> build/tests/programs/NAME
PROGRAMS = """
foreign_calls held_target hostile signal_teller spawn_target supervised traced_target
""".split()  # as a user has them: no sanitizer, without libstile
PROGRAMS_STATIC = """
contained spawn_static
""".split()  # the same, -static
PROGRAMS_I386 = """
spawn_i386
""".split()  # the same, -m32 -static; an empty file where the machine is not x86
PROGRAMS_STILE = """
run_filtered soak self_supervised
""".split()  # linked with libcore.a, built as the tests are

# Benchmarks: tests/bench/NAME.c -> build/tests/bench/NAME, each with what they share
BENCHES = """
build calls compiled intercept load memory policy_text profile supervise
""".split()
BENCH_SUPPORT = """
container_calls makers policy workers
""".split()

# Fuzz targets, built with --fuzz: tests/fuzz/NAME.c
FUZZERS = """
fuzz_bpf_policy fuzz_disassemble fuzz_firecracker fuzz_interpreter fuzz_json fuzz_kafel
fuzz_minijail fuzz_oci fuzz_parse_call fuzz_proof fuzz_systemd fuzz_toml fuzz_yaml
""".split()

# ---- Debian packages

PACKAGES = """
gcc binutils libc6-dev linux-libc-dev ninja-build pkg-config python3 scdoc libseccomp-dev
libmicrohttpd-dev libsqlite3-dev libjson-c-dev libyaml-dev
""".split()
TEST_PACKAGES = """
check clang libclang-rt-dev clang-format mandoc manpages-dev bubblewrap curl sqlite3 nginx
redis-server git tar findutils runc
""".split()
TEST_PACKAGES_X86 = ["gcc-multilib"]

CANNOT_INSTALL = 3  # exit status: packages are missing, and this user may not install them

# ---- Compiler options

WARNINGS = """-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
-Wundef -Wpointer-arith""".replace("\n", " ")
HARDENING = "-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
HARDENING_OTHERS = "-fstack-protector-strong"  # fortified calls would hide faults from sanitizers
LIBCHECK = "$$(pkg-config --libs check)"


class Ninja:
    """The text of a build.ninja."""

    def __init__(self):
        self.text = ""

    def comment(self, text):
        self.text += "\n" + "".join(f"# {line}\n" for line in text.strip().splitlines())

    def variable(self, name, value, indent=""):
        self.text += f"{indent}{name} = {value}".rstrip() + "\n"

    def rule(self, name, command, **variables):
        self.text += f"\nrule {name}\n"
        for key, value in {"command": command, **variables}.items():
            self.variable(key, value, "  ")

    def build(self, outputs, rule, inputs=(), implicit=(), order_only=(), **variables):
        """One build statement; outputs is a name or a list. Returns outputs."""
        names = [outputs] if isinstance(outputs, str) else outputs
        parts = [*names[:-1], f"{names[-1]}: {rule}", *inputs]
        for mark, group in ("|", implicit), ("||", order_only):
            if group:
                parts += [f"{mark} {group[0]}", *group[1:]]
        line = " ".join(parts)
        self.text += "build " + (line if len(line) < 95 else " $\n    ".join(parts)) + "\n"
        for key, value in variables.items():
            if value:
                self.variable(key, value, "  ")
        return outputs


def write_variables(n, options, build):
    n.text = """\
# Written by configure.py: change that, not this. The lists of sources are at its top.
# Paths are relative to the top of the checkout; run ninja there.
"""
    n.variable("ninja_required_version", "1.10")
    n.variable("builddir", build)
    n.variable("gen", f"{build}/gen")

    config = []
    if options.sanitize:
        config += [f"-fsanitize={options.sanitize}", "-fno-sanitize-recover=all",
                   "-fno-omit-frame-pointer"]
    if options.coverage:
        config += ["--coverage", "-fprofile-update=atomic"]
    if options.fuzz:
        config += ["-fsanitize=fuzzer-no-link"]
    n.comment("This configuration")
    n.variable("cc", options.cc or ("clang" if options.fuzz else "cc"))
    n.variable("python", "python3 -B")
    n.variable("version", VERSION)
    n.variable("config", " ".join(config))
    n.variable("optimise", "-O0 -g" if options.coverage else "-O2 -g")

    n.comment("Compiler options for all C")
    n.variable("language", "-std=c11 -D_GNU_SOURCE -pthread")
    n.variable("warnings", " ".join([WARNINGS] + ["-Werror"] * options.werror))
    n.variable("hardening", HARDENING if not config else HARDENING_OTHERS)
    n.variable("link_hardening", "-Wl,-z,relro,-z,now")
    n.variable("includes", "-Iinclude -I$gen")
    n.comment("... for the library; for its tests, which see what it hides;\n"
              "for the command and the examples, which see its public headers only")
    n.variable("core_flags", "$includes -Icore -Isupervise -fPIC -fvisibility=hidden")
    n.variable("test_flags", "$includes -Icore -Isupervise -Iformats -Ilint -Itests -fPIE")
    n.variable("cli_flags", "$includes -Iformats -Ilint -fPIE -DSTILE_VERSION='\"$version\"'")
    n.variable("example_flags", "$includes -fPIE -I$gen/examples")
    n.comment("The library leaves no symbol undefined (but a sanitizer's, which the program has)")
    n.variable("no_undefined", "" if options.sanitize or options.fuzz else "-Wl,-z,defs")
    n.comment("Where \"ninja install\" puts things, read from the environment when it runs")
    n.variable("prefix", '"$${PREFIX:-/usr/local}"')
    n.variable("libdir", '"$${LIBDIR:-lib}"')
    n.variable("root", '"$${DESTDIR:-}"$prefix')


def write_rules(n, options):
    n.comment("Rules")
    n.rule("configure", shlex.join(["./configure.py", "--regenerate", *options.words]),
           generator="1", description="CONFIGURE $out")
    n.rule("include_dir", "test -e $out || : >$out", restat="1", description="HEADERS $out")
    n.rule("generate", 'dir=$$(cat $builddir/include_dir) && $python -m generator --rulesets '
           '$rulesets --out $outdir $${dir:+--include-dir "$$dir"}', restat="1",
           description="GENERATE $outdir")
    n.rule("generate_user", 'dir=$$(cat $builddir/include_dir) && $python -m generator --user $in '
           '--tests --out $outdir $${dir:+--include-dir "$$dir"}', restat="1",
           description="GENERATE $in")
    n.rule("cc", "$cc $language $optimise $warnings $hardening $config $flags "
           "-MMD -MF $out.d -c $in -o $out", deps="gcc", depfile="$out.d", description="CC $out")
    n.rule("ar", "rm -f $out && ar rcsD $out $in", description="AR $out")
    n.rule("join", "ld -r -o $out $in && objcopy --localize-hidden $out", description="JOIN $out")
    n.rule("shared", f"$cc -shared -Wl,-soname,{SONAME} -Wl,--version-script=core/libstile.map "
           "$no_undefined $link_hardening $config -o $out $in -lseccomp",
           description="LINK $out")
    n.rule("symlink", "ln -sf $target $out", description="LN $out")
    n.rule("link", "$cc -pie -pthread $link_hardening $config -o $out $in $libs",
           description="LINK $out")
    n.rule("program", "$cc $language -O2 -g $warnings $flags -MMD -MF $out.d -o $out $in",
           deps="gcc", depfile="$out.d", description="CC $out")
    n.rule("program_i386", "case $$(uname -m) in x86_64|i?86) $cc -m32 -static $language -O2 -g "
           "$warnings -o $out $in ;; *) : >$out ;; esac", description="CC $out")
    n.rule("compile_filter", "$builddir/stile compile --format c --name $name $grants "
           "--output $out", description="FILTER $out")
    n.rule("man", "scdoc <$in >$out.tmp && mv $out.tmp $out", description="MAN $out")
    n.rule("script", "$python $script --build $builddir $in", pool="console",
           description="RUN $script")
    n.rule("run", "$in", pool="console", description="RUN $in")
    n.rule("style", "$python tests/check_style.py", pool="console", description="STYLE")
    # Every page of scdoc has that one warning.
    n.rule("mandoc", "command -v mandoc >/dev/null && ! mandoc -T lint -W warning $in | "
           "grep -v 'skipping paragraph macro: PP'", description="MANDOC $in")
    n.rule("gcov", "gcov --no-output --relative-only $in", pool="console", description="GCOV")
    n.rule("install", "install -D -m $mode -t $root/$dir $in", description="INSTALL $dir")
    n.rule("install_as", "install -D -m $mode $in $root/$dir/$name",
           description="INSTALL $dir/$name")
    n.rule("install_link", "mkdir -p $root/$dir && ln -sfn $target $root/$dir/$name",
           description="INSTALL $dir/$name")
    n.rule("install_pc", "mkdir -p $root/$dir && sed -e \"s:@PREFIX@:\"$prefix: "
           "-e \"s:@LIBDIR@:\"$libdir: -e s:@VERSION@:$version: $in >$root/$dir/$name",
           description="INSTALL $dir/$name")
    n.rule("install_cache", 'if test -z "$${DESTDIR:-}" && '
           'test "$$(id -u)" -eq 0 && ldconfig; then :; else echo "Programs find the library '
           'after ldconfig (as root), or with LD_LIBRARY_PATH="$prefix/$libdir; fi',
           description="LDCONFIG")


class Build:
    """The build statements. What they make is remembered for "all", "tests" and "install"."""

    def __init__(self, n, options, build):
        self.n, self.options, self.build = n, options, build
        self.all, self.tests, self.objects, self.installs = [], [], [], []
        self.compiled = set()
        self.headers = prefixed("$gen", GENERATED_HEADERS)
        self.archive, self.core = f"{build}/libstile.a", f"{build}/libcore.a"

    def compile(self, source, flags, headers=("headers",)):
        out = f"{self.build}/obj/{source.replace('$gen/', 'gen/').removesuffix('.c')}.o"
        if out in self.compiled:  # several programs share it
            return out
        self.compiled.add(out)
        return self.n.build(out, "cc", [source], order_only=headers, flags=flags)

    def program(self, name, sources, flags, libs="", headers=("headers",), archives=()):
        """A program linked with the static library; one of the tests' with all that is in it."""
        objects = [self.compile(source, flags, headers) for source in sources]
        library = self.core if name.startswith(("tests/", "fuzz/")) else self.archive
        return self.n.build(f"{self.build}/{name}", "link", [*objects, *archives, library],
                            libs=f"{libs} -lseccomp".strip())

    def generated(self):
        self.n.comment("""
The generator: rulesets and tables to C, man page, completions and tests. include_dir holds what
SYSCALL_INCLUDE_DIR was when configure.py ran last: a folder of kernel headers that is read
instead of the compiler's; empty: the compiler's.""")
        inputs = [self.n.build(f"{self.build}/include_dir", "include_dir"),
                  *prefixed("generator", GENERATOR),
                  *prefixed("generator/data", GENERATOR_DATA),
                  *prefixed("rulesets", RULESETS, ".rules")]
        outputs = [*self.headers, *prefixed("$gen", GENERATED_CORE + GENERATED_LINT),
                   *prefixed("$gen", GENERATED_TESTS),
                   *(f"$gen/{page}.scd" for page in GENERATED_MAN),
                   *(f"$gen/{name}" for name, _, _ in COMPLETIONS)]
        if outputs:
            self.n.build(outputs, "generate", implicit=inputs, rulesets="rulesets", outdir="$gen")
        headers = self.headers
        for name in EXAMPLE_RULES:
            made = prefixed("$gen/examples", [f"{name}.h", f"{name}.c", f"{name}_test.c"])
            self.n.build(made, "generate_user", [f"examples/rules/{name}.rules"], inputs,
                         outdir="$gen/examples")
            headers = [*headers, made[0]]
        self.n.build("headers", "phony", headers)

    def library(self):
        if not GENERATED_CORE:
            return
        self.n.comment("""
The library: the same objects in three forms. In libstile.a they are one, in which what is hidden
has become local, so that no name of it meets one of a user's program; but for that which loads
filters made before, and needs nothing of the others. libcore.a is for our own tests.""")
        self.objects = [self.compile(source, "$core_flags") for source in
                        prefixed("core", CORE, ".c") + prefixed("supervise", SUPERVISE, ".c") +
                        prefixed("$gen", GENERATED_CORE)]
        real = f"libstile.so.{VERSION}"
        alone = f"{self.build}/obj/core/load_compiled.o"
        joined = self.n.build(f"{self.build}/obj/stile.o", "join",
                              [name for name in self.objects if name != alone])
        self.n.build(self.core, "ar", self.objects)
        self.all += [self.n.build(self.archive, "ar", [joined, alone])]
        self.n.build(f"{self.build}/{real}", "shared", self.objects, ["core/libstile.map"])
        self.n.build(f"{self.build}/{SONAME}", "symlink", [], [f"{self.build}/{real}"],
                     target=real)
        self.all += [self.n.build(f"{self.build}/libstile.so", "symlink", [],
                                  [f"{self.build}/{SONAME}"], target=SONAME)]

    def programs(self):
        self.n.comment("Policy files, what lint finds in policies, the command, and the examples")
        self.formats = self.n.build(f"{self.build}/libformats.a", "ar", [
            self.compile(source, "$cli_flags") for source in prefixed("formats", FORMATS, ".c")])
        self.lint = self.n.build(f"{self.build}/liblint.a", "ar", [
            self.compile(source, "$cli_flags") for source in
            prefixed("lint", LINT, ".c") + prefixed("$gen", GENERATED_LINT)])
        if CLI and GENERATED_CORE:
            self.all += [self.program("stile", prefixed("cli", CLI, ".c"), "$cli_flags",
                                      FORMATS_LIBS, archives=[self.lint, self.formats])]
        filters = [self.n.build(f"$gen/examples/{name}.h", "compile_filter",
                                implicit=[f"{self.build}/stile"], name=name, grants=grants)
                   for name, grants in EXAMPLE_FILTERS]
        for name, sources, libs in EXAMPLES if GENERATED_CORE else ():
            self.all += [self.program(f"examples/{name}", prefixed("examples", sources),
                                      "$example_flags", libs, ["headers", *filters])]

    def man_pages(self):
        self.n.comment("Man pages")
        self.man = [self.n.build(f"{self.build}/man/{page}", "man", [f"{folder}/{page}.scd"])
                    for folder, pages in (("docs/man", MAN), ("$gen", GENERATED_MAN))
                    for page in pages]
        self.all += self.man

    def test_programs(self):
        self.n.comment("Tests, and the programs that they run")
        support = [self.compile(source, "$test_flags")
                   for source in prefixed("tests", TEST_SUPPORT, ".c")]
        lines = [self.compile(source, "$test_flags")
                 for source in prefixed("$gen", GENERATED_TESTS)]
        for name in TESTS:
            self.tests += [self.n.build(
                f"{self.build}/tests/{name}", "link",
                [self.compile(f"tests/{name}.c", "$test_flags"),
                 *(lines if name in RULESET_TESTS else []), *support, self.lint, self.formats,
                 self.core],
                libs=f"{TEST_LDFLAGS.get(name, '')} {LIBCHECK} {FORMATS_LIBS} -lseccomp".strip())]
        self.helpers = [
            self.n.build(f"{self.build}/tests/programs/{name}", rule,
                         [f"tests/programs/{name}.c"], flags=flags)
            for rule, flags, names in (("program", "", PROGRAMS),
                                       ("program", "-static", PROGRAMS_STATIC),
                                       ("program_i386", "", PROGRAMS_I386))
            for name in names]
        self.helpers += [self.program(f"tests/programs/{name}", [f"tests/programs/{name}.c"],
                                      "$test_flags") for name in PROGRAMS_STILE]
        self.benches = [self.program(
            f"tests/bench/{name}", prefixed("tests/bench", [name, *BENCH_SUPPORT], ".c"),
            "$includes -Iformats -Itests/bench -fPIE", FORMATS_LIBS, archives=[self.formats])
            for name in BENCHES]
        if self.options.fuzz:
            self.all += [self.program(f"fuzz/{name}", [f"tests/fuzz/{name}.c"], "$test_flags",
                                      f"-fsanitize=fuzzer {FORMATS_LIBS}",
                                      archives=[self.formats]) for name in FUZZERS]

    def install(self):
        self.n.comment("ninja install")

        def put(label, rule, folder, inputs, **variables):
            if inputs or "target" in variables:
                self.installs += [self.n.build(f"install-{label}", rule, inputs, dir=folder,
                                               **variables)]

        real = f"libstile.so.{VERSION}"
        if CLI and GENERATED_CORE:
            put("command", "install", "bin", [f"{self.build}/stile"], mode="755")
        if GENERATED_CORE:
            put("so", "install", "$libdir", [f"{self.build}/{real}"], mode="755")
            put("a", "install", "$libdir", [self.archive], mode="644")
            put("so-run", "install_link", "$libdir", [], name=SONAME, target=real)
            put("so-link", "install_link", "$libdir", [], name="libstile.so", target=SONAME)
            self.installs += [self.n.build("install-cache", "install_cache", order_only=[
                "install-so", "install-so-run", "install-so-link"])]
        put("pc", "install_pc", "$libdir/pkgconfig", ["stile.pc.in"], name="stile.pc")
        public = prefixed("include", HEADERS)
        put("header", "install", "include", [h for h in public if "/stile/" not in h], mode="644")
        put("headers", "install", "include/stile",
            [h for h in public if "/stile/" in h] + self.headers, mode="644")
        for section in sorted({page[-1] for page in MAN + GENERATED_MAN}):
            put(f"man{section}", "install", f"share/man/man{section}",
                [page for page in self.man if page.endswith(section)], mode="644")
        for name, folder, name_there in COMPLETIONS:
            put(name_there, "install_as", folder, [f"$gen/{name}"], name=name_there, mode="644")
        put("generate", "install", "bin", ["cli/stile-generate"], mode="755")
        put("generator", "install", "share/stile/generator", prefixed("generator", GENERATOR),
            mode="644")
        put("data", "install", "share/stile/generator/data",
            prefixed("generator/data", GENERATOR_DATA), mode="644")
        put("rulesets", "install", "share/stile/rulesets",
            prefixed("rulesets", RULESETS, ".rules"), mode="644")

    def targets(self, ninja_file):
        n = self.n
        n.comment("What one asks for")
        n.build("all", "phony", self.all)
        n.build("tests", "phony", self.tests + self.helpers + self.benches)
        n.build("check", "script", self.tests + prefixed("tests", PYTHON_TESTS, ".py"),
                ["all", "tests", "tests/run.py"], script="tests/run.py")
        n.build("demo", "script", [], ["all", DEMO], script=DEMO)
        if BENCH:
            n.build("bench", "script", [], ["all", *self.benches, BENCH], script=BENCH)
        n.build("soak", "run", [f"{self.build}/{SOAK}"],
                [f"{self.build}/tests/programs/supervised"])
        n.build("install", "phony", self.installs)
        n.build("style", "style")
        if self.man:
            n.build("mandoc", "mandoc", self.man)
        n.build("lint", "phony", ["style", "mandoc"] if self.man else ["style"])
        if self.options.coverage:
            n.build("coverage", "gcov", self.objects)
        n.text += "\n"
        n.build(ninja_file, "configure", ["configure.py"])
        n.text += "default all\n"


def prefixed(folder, names, suffix=""):
    """Paths in a folder; what is generated has its own already."""
    return [name if name.startswith("$gen/") else f"{folder}/{name}{suffix}" for name in names]


def build_ninja(options):
    """The text of the build.ninja of these options."""
    n = Ninja()
    folder = options.build or "build"
    write_variables(n, options, folder)
    write_rules(n, options)
    build = Build(n, options, folder)
    build.generated()
    build.library()
    build.programs()
    build.man_pages()
    build.test_programs()
    build.install()
    build.targets(ninja_path(options))
    return n.text


def ninja_path(options):
    return f"{options.build}/build.ninja" if options.build else "build.ninja"


def write_file(path, text):
    """Replaces the file in one step: another ninja may be reading it."""
    with open(f"{path}.tmp", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(f"{path}.tmp", path)


def record_include_dir(folder):
    """For the generator: which kernel headers. Not in build.ninja, which is the same for all."""
    value = os.environ.get("SYSCALL_INCLUDE_DIR", "")
    value = os.path.abspath(value) if value else ""
    path = f"{folder}/include_dir"
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(path) or open(path, encoding="utf-8").read() != value:
        write_file(path, value)
    if value:
        print(f"configure.py: kernel headers from {value}")


def missing_packages():
    wanted = PACKAGES + TEST_PACKAGES
    if os.uname().machine == "x86_64":
        wanted = wanted + TEST_PACKAGES_X86
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                           check=False).stdout.splitlines()
    return [name for name in wanted if f"{name} installed" not in known]


def install_packages():
    """Installs what is missing; exits with CANNOT_INSTALL if that may not be."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        print("configure.py: this is not Debian; needed are the counterparts of\n  "
              + " ".join(PACKAGES + TEST_PACKAGES), file=sys.stderr)
        sys.exit(CANNOT_INSTALL)
    missing = missing_packages()
    if not missing:
        print("configure.py: no package is missing")
        return
    apt = "apt-get install -y --no-install-recommends " + " ".join(missing)
    if os.geteuid() == 0:
        become = []
    elif shutil.which("sudo") and (sys.stdin.isatty() or subprocess.run(
            ["sudo", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0):
        become = ["sudo"]
    else:
        print("configure.py: packages are missing, and only root may install them. Run\n"
              f"  {apt}\nas root, then ./configure.py again.", file=sys.stderr)
        sys.exit(CANNOT_INSTALL)

    # RUNLEVEL=1: no service is started by its package.
    become += ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    print(f"configure.py: {apt}", flush=True)
    lists = subprocess.run([*apt.split(), "--simulate"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False).returncode == 0
    if lists and subprocess.run([*become, *apt.split()], check=False).returncode == 0:
        return
    subprocess.run([*become, "apt-get", "update"], check=False)
    if subprocess.run([*become, *apt.split()], check=False).returncode != 0:
        print(f"configure.py: apt-get failed (above). By hand:\n  {apt}", file=sys.stderr)
        sys.exit(CANNOT_INSTALL)


def parse_options(words):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Exit status: 0; 2 for a wrong option; {CANNOT_INSTALL} if packages are missing "
        "and cannot be installed.")
    add = parser.add_argument
    add("--install-deps", action="store_true", help="install the Debian packages that are missing")
    add("--build", metavar="DIR", help="write DIR/build.ninja and build in DIR; DIR is relative "
        "to the checkout. Needed with each option below.")
    add("--sanitize", metavar="LIST", help="as for -fsanitize, e.g. address,undefined")
    add("--coverage", action="store_true", help="count the lines that tests run")
    add("--fuzz", action="store_true", help="build the fuzz targets (clang)")
    add("--cc", metavar="CC", help="the compiler (cc)")
    add("--werror", action="store_true", help="warnings are errors")
    add("--regenerate", action="store_true", help=argparse.SUPPRESS)  # by ninja: build.ninja only
    options = parser.parse_args(words)
    if options.build:
        options.build = os.path.normpath(options.build)
        if options.build in (".", "build"):
            parser.error(f"--build {options.build} is the folder of the default configuration; "
                         "use another, e.g. build/other")
    elif options.sanitize or options.coverage or options.fuzz or options.cc or options.werror:
        parser.error("this configuration needs a folder of its own, e.g. --build build/other")
    options.words = [word for word in words if word not in ("--install-deps", "--regenerate")]
    return options


def main():
    options = parse_options(sys.argv[1:])
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    if options.install_deps:
        install_packages()
    if not options.regenerate:
        record_include_dir(options.build or "build")
    path = ninja_path(options)
    write_file(path, build_ninja(options))
    if not options.regenerate:
        where = "" if path == "build.ninja" else f" -f {path}"
        print(f"configure.py: wrote {path}; next: ninja{where}, ninja{where} check")


if __name__ == "__main__":
    main()
