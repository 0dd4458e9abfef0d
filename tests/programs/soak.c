/* SPDX-License-Identifier: MIT */
/*
 * soak [--calls NUMBER] [--seed NUMBER]: many handled calls of many targets (supervised.c, which is
 * beside this program) under several supervisors, while targets and supervisors are killed at
 * random. Prints what was done, and what a supervisor that lives to the end had at the beginning
 * and at the end. Exit status 0 if nothing hung, nothing was left over and nobody got free.
 *
 * The judge (this process) starts supervisors and kills them, but for the first; each has its
 * targets, kills them and starts others. A target whose supervisor was killed comes to the judge,
 * and must end by itself.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stile.h>
#include <stile/supervise.h>

#include "random.h"
#include "soak_report.h"

#define SUPERVISORS 4
#define TARGETS 25		/* of each */
#define CALLS_BETWEEN_KILLS 200 /* of targets, on average, by one supervisor */
#define CALLS_OF_A_SUPERVISOR 100000
#define STUCK_SECONDS 120

static struct soak_report *report;
static char program[4096];

/* ---- A supervisor ---- */

static struct random dice;

/* Threads of one supervisor share it: it is no worse a dice for that, but locked. */
static uint32_t roll(uint32_t sides)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	uint32_t side;

	(void)pthread_mutex_lock(&lock);
	side = random_below(&dice, sides);
	(void)pthread_mutex_unlock(&lock);
	return side;
}

static struct stile_answer answer(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	report->handled++;
	switch (roll(5000)) {
	case 0:
		return stile_answer_kill();
	case 1:
	case 2: /* slow: somebody else must take over */
		(void)poll(NULL, 0, (int)roll(12));
	}
	return stile_answer_fail(EACCES);
}

static pid_t start(struct stile_supervisor *supervisor)
{
	struct stile *s = stile_new_allowing();
	char text[32];
	char *argv[] = { program, (char *)"soak", text, NULL };
	pid_t pid = 0;

	(void)snprintf(text, sizeof(text), "%u", roll(SOAK_KINDS));
	if (stile_on(s, "getppid", answer, NULL) < 0 ||
	    stile_supervisor_spawn(supervisor, s, program, argv, NULL, NULL, &pid) < 0)
		errx(1, "start: %s", stile_message(s));
	stile_free(s);
	report->starts++;
	return pid;
}

static void kill_target(struct stile_supervisor *supervisor, pid_t pid)
{
	int status = 0;

	(void)kill(pid, SIGKILL);
	if (stile_supervisor_wait(supervisor, pid, &status) < 0)
		errx(1, "a target cannot be waited for");
	if (status != SIGKILL)
		errx(1, "a target ended with status 0x%x", status);
	report->targets_killed++;
}

static unsigned int entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned int count = 0;

	if (!folder)
		err(1, "%s", path);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count - 2; /* . and .. */
}

static unsigned long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long all = 0, pages = 0;

	if (!file || fscanf(file, "%lu %lu", &all, &pages) != 2)
		errx(1, "/proc/self/statm");
	(void)fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

/* Of a supervisor without targets. */
static struct soak_belongings look(void)
{
	return (struct soak_belongings){ entries("/proc/self/fd") - 1, entries("/proc/self/task"),
					 mallinfo2().uordblks, resident() };
}

/* Kills some target now and then until enough was handled; no target is left afterwards. */
static void supervise(struct stile_supervisor *supervisor, uint64_t calls)
{
	pid_t targets[TARGETS];
	uint64_t next = report->handled;
	const uint64_t last = next + calls;

	for (int i = 0; i < TARGETS; i++)
		targets[i] = start(supervisor);
	while (!report->stop && report->handled < last) {
		const uint32_t target = roll(TARGETS);

		next += roll(2 * CALLS_BETWEEN_KILLS / SUPERVISORS);
		while (!report->stop && report->handled < next)
			(void)poll(NULL, 0, 1);
		kill_target(supervisor, targets[target]);
		targets[target] = start(supervisor);
		if (next < report->handled)
			next = report->handled;
	}
	for (int i = 0; i < TARGETS; i++)
		kill_target(supervisor, targets[i]);
	if (stile_supervisor_wait_all(supervisor) < 0)
		errx(1, "targets cannot be waited for");
}

_Noreturn static void be_supervisor(bool is_first)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();
	char message[512];
	uint64_t faults;

	if (!supervisor)
		errx(1, "no supervisor");
	if (is_first) {
		supervise(supervisor, 10000);
		report->first = look();
	}
	supervise(supervisor, UINT64_MAX / 2);
	if (is_first)
		report->last = look();
	faults = stile_supervisor_message(supervisor, message, sizeof(message));
	if (faults)
		warnx("%lu faults, the last: %s", (unsigned long)faults, message);
	report->faults += faults;
	stile_supervisor_free(supervisor);
	if (waitpid(-1, NULL, __WALL | WNOHANG) >= 0 || errno != ECHILD)
		errx(1, "a supervisor has a child left");
	_exit(0);
}

/* ---- The judge ---- */

static pid_t start_supervisor(int index, uint64_t seed)
{
	const pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* If the judge gives up they die, and their targets end by themselves. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		dice.state = seed;
		be_supervisor(index == 0);
	}
	return pid;
}

/* Takes in the ends of processes that wait for it; false: one ended as it must not. */
static bool reap(pid_t *supervisors, bool may_end, int flags)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, flags | __WALL)) > 0) {
		int index = 0;

		while (index < SUPERVISORS && supervisors[index] != pid)
			index++;
		if (index == SUPERVISORS) {
			/* A target that had lost its supervisor, or was about to be executed (127),
			 * and the process that was starting it (1). */
			if (status == SOAK_ORPHANED << 8 || status == SIGKILL || status == 0 ||
			    status == 127 << 8 || status == 1 << 8)
				continue;
			warnx("a target without a supervisor ended with status 0x%x", status);
			return false;
		}
		if (!may_end || status != 0) {
			warnx("supervisor %d ended with status 0x%x", index, status);
			return false;
		}
		supervisors[index] = 0;
	}
	return true;
}

/* Until enough calls were handled; a supervisor but the first is killed now and then. */
static bool judge(uint64_t calls, pid_t *supervisors)
{
	uint64_t next = CALLS_OF_A_SUPERVISOR / 2, seen = 0;
	time_t progress = time(NULL);

	while (report->handled < calls) {
		if (!reap(supervisors, false, WNOHANG))
			return false;
		if (report->handled >= next) {
			const int index = 1 + (int)roll(SUPERVISORS - 1);

			(void)kill(supervisors[index], SIGKILL);
			(void)waitpid(supervisors[index], NULL, 0);
			report->supervisors_killed++;
			supervisors[index] = start_supervisor(index, random_word(&dice));
			next = report->handled + roll(CALLS_OF_A_SUPERVISOR / SUPERVISORS);
		}
		if (report->handled != seen) {
			seen = report->handled;
			progress = time(NULL);
		} else if (time(NULL) - progress > STUCK_SECONDS) {
			warnx("no call was handled for %d seconds", STUCK_SECONDS);
			return false;
		}
		(void)poll(NULL, 0, 2);
	}
	report->stop = true;
	return reap(supervisors, true, 0);
}

static void print_belongings(const char *when, const struct soak_belongings *b)
{
	printf("%-12s %u descriptors, %u threads, %lu KiB malloced, %lu KiB resident\n", when,
	       b->descriptors, b->threads, b->malloced / 1024, b->resident / 1024);
}

static bool print_report(double seconds)
{
	const struct soak_belongings *first = &report->first, *last = &report->last;

	printf("calls        %lu handled, %lu refused, %lu failed without a supervisor, %lu "
	       "succeeded\n",
	       (unsigned long)report->handled, (unsigned long)report->refused,
	       (unsigned long)report->orphaned, (unsigned long)report->succeeded);
	printf("targets      %d at once, %lu started, %lu killed\n", SUPERVISORS * TARGETS,
	       (unsigned long)report->starts, (unsigned long)report->targets_killed);
	printf("supervisors  %d at once, %lu killed, %lu faults\n", SUPERVISORS,
	       (unsigned long)report->supervisors_killed, (unsigned long)report->faults);
	print_belongings("at first", first);
	print_belongings("at the end", last);
	printf("time         %.0f s\n", seconds);
	return report->succeeded == 0 && report->faults == 0 && first->descriptors > 0 &&
	       last->descriptors == first->descriptors &&
	       last->malloced <= first->malloced + (UINT64_C(256) << 10);
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 10);
	return otherwise;
}

static void find_program(void)
{
	const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 32);

	if (length < 0)
		err(1, "/proc/self/exe");
	program[length] = '\0';
	(void)strcpy(strrchr(program, '/') + 1, "supervised");
}

static void share_report(void)
{
	const int file = memfd_create("soak", 0);

	if (file < 0 || ftruncate(file, sizeof(*report)) < 0 ||
	    (file != SOAK_REPORT && (dup2(file, SOAK_REPORT) < 0 || close(file) < 0)))
		err(1, "memfd");
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED, SOAK_REPORT, 0);
	if (report == MAP_FAILED)
		err(1, "mmap");
}

int main(int argc, char **argv)
{
	const uint64_t calls = option(argc, argv, "--calls", 1000000);
	const uint64_t seed = option(argc, argv, "--seed", (uint64_t)time(NULL));
	const time_t begin = time(NULL);
	pid_t supervisors[SUPERVISORS];

	printf("soak --calls %lu --seed %lu\n", (unsigned long)calls, (unsigned long)seed);
	(void)fflush(stdout);
	find_program();
	share_report();
	dice.state = seed;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		err(1, "prctl");
	for (int i = 0; i < SUPERVISORS; i++)
		supervisors[i] = start_supervisor(i, random_word(&dice));
	if (!judge(calls, supervisors))
		return 1;
	return print_report((double)(time(NULL) - begin)) ? 0 : 1;
}
