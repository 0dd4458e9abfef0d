/* SPDX-License-Identifier: MIT */
/*
 * The worker of privsep_ipc: it owns a SQLite database and can do nothing but read and write
 * the files that it has opened, and send and receive on its one channel. It cannot even open a
 * file: SQLite keeps its lock and its journal open (locking_mode, journal_mode below), so all
 * opening is done in the first of its two phases.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "privsep.h"
#include "try_call.h"

struct database {
	sqlite3 *connection;
	sqlite3_stmt *add, *get;
};

/* The last statement writes whenever it is run. So it opens the journal, now and for good. */
static const char setup[] = "PRAGMA locking_mode = EXCLUSIVE;"
			    "PRAGMA journal_mode = PERSIST;"
			    "PRAGMA temp_store = MEMORY;"
			    "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT);"
			    "PRAGMA user_version = 1;";

/* Opens files and finds out, as SQLite does, what they are. */
void worker_allow_start(struct stile *s)
{
	stile_allow_system_io_open_readonly(s); /* the folder, to sync it */
	stile_allow_system_io_create(s);	/* the database and its journal */
	stile_allow_system_io_metadata(s);
	stile_allow_system_io_locks(s);
	stile_allow_system_io_read(s);
	stile_allow_system_io_write(s);
	stile_allow_system_io_sync(s);
	stile_allow_system_io_close(s);
	stile_allow_networking_transfer(s);	 /* receives on its channel */
	stile_allow_networking_send_messages(s); /* sends there */
}

struct stile *worker_starting(void)
{
	struct stile *s = stile_new();

	worker_allow_start(s);
	return s;
}

struct stile *worker_serving(void)
{
	struct stile *s = stile_new();

	stile_allow_system_io_read(s);
	stile_allow_system_io_write(s);
	stile_allow_system_io_sync(s);
	stile_allow_networking_transfer(
		s); /* no receive_messages: nobody can give it descriptors */
	stile_allow_networking_send_messages(s);
	return s;
}

static void open_database(struct database *database, const char *path)
{
	if (sqlite3_open(path, &database->connection) != SQLITE_OK ||
	    sqlite3_exec(database->connection, setup, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(database->connection, "INSERT INTO rows (text) VALUES (?)", -1,
			       &database->add, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(database->connection, "SELECT text FROM rows WHERE id = ?", -1,
			       &database->get, NULL) != SQLITE_OK)
		errx(1, "worker: %s: %s", path, sqlite3_errmsg(database->connection));
}

/* Returns the kind of the answer, whose text and length are put into answer. */
static enum message_kind add_row(const struct database *database, const struct message *request,
				 struct message *answer)
{
	enum message_kind kind = MESSAGE_FAILED;

	if (sqlite3_bind_text(database->add, 1, request->text, (int)request->length,
			      SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(database->add) == SQLITE_DONE) {
		long long id = sqlite3_last_insert_rowid(database->connection);

		answer->length = (uint32_t)snprintf(answer->text, TEXT_MAX, "%lld\n", id);
		kind = MESSAGE_OK;
	}
	(void)sqlite3_reset(database->add);
	(void)sqlite3_clear_bindings(database->add);
	return kind;
}

static enum message_kind get_row(const struct database *database, const struct message *request,
				 struct message *answer)
{
	enum message_kind kind = MESSAGE_FAILED;
	char digits[20] = "";

	if (request->length == 0 || request->length >= sizeof(digits))
		return MESSAGE_REJECTED;
	memcpy(digits, request->text, request->length);
	if (strspn(digits, "0123456789") != request->length)
		return MESSAGE_REJECTED;
	if (sqlite3_bind_int64(database->get, 1, strtoll(digits, NULL, 10)) != SQLITE_OK)
		return MESSAGE_FAILED;
	switch (sqlite3_step(database->get)) {
	case SQLITE_ROW:
		answer->length = (uint32_t)sqlite3_column_bytes(database->get, 0);
		if (answer->length > TEXT_MAX)
			break;		/* somebody else has been writing to this database */
		if (answer->length > 0) /* else there is nothing to point to */
			memcpy(answer->text, sqlite3_column_blob(database->get, 0), answer->length);
		kind = MESSAGE_OK;
		break;
	case SQLITE_DONE:
		kind = MESSAGE_MISSING;
		break;
	}
	(void)sqlite3_reset(database->get);
	return kind;
}

/* The powers of the front end (sockets), of the supervisor (processes), and those that it had
 * itself until the sandbox was on (opening files). */
static enum message_kind self_test(struct message *answer)
{
	const struct try_call calls[] = {
		{ "socket(AF_INET, SOCK_STREAM, 0)", "socket", { AF_INET, SOCK_STREAM, 0 } },
		{ "accept4(-1, NULL, NULL, 0)", "accept4", { (unsigned long)-1 } },
		{ "recvmsg(-1, NULL, 0)", "recvmsg", { (unsigned long)-1 } },
		{ "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY)",
		  "openat",
		  { (unsigned long)AT_FDCWD, (unsigned long)"/etc/passwd", O_RDONLY } },
		{ "fork()", "clone", { SIGCHLD } },
		{ "execve(\"/bin/true\", NULL, NULL)", "execve", { (unsigned long)"/bin/true" } },
	};

	(void)try_calls("worker", calls, sizeof(calls) / sizeof(*calls), answer->text, TEXT_MAX);
	answer->length = (uint32_t)strlen(answer->text);
	return MESSAGE_OK;
}

static enum message_kind do_request(const struct database *database, const struct message *request,
				    struct message *answer)
{
	switch (request->kind) {
	case MESSAGE_ADD:
		return add_row(database, request, answer);
	case MESSAGE_GET:
		return get_row(database, request, answer);
	case MESSAGE_SELF_TEST:
		return self_test(answer);
	default:
		return MESSAGE_REJECTED;
	}
}

/* A signal from the terminal is for the supervisor; what was asked for is done first. */
static void leave_signals_to_the_supervisor(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		err(1, "worker: sigprocmask");
}

int worker_run(struct stile_worker *self, void *path)
{
	struct stile_channel *channel = stile_worker_channel(self);
	struct message request, answer = { .kind = MESSAGE_READY };
	struct database database;
	int error;

	leave_signals_to_the_supervisor();
	open_database(&database, path);
	if (stile_worker_next_phase(self) < 0)
		errx(1, "worker: cannot sandbox: %s", stile_worker_message(self));

	while (message_send(channel, answer.kind, answer.text, answer.length) == 0) {
		answer.length = 0;
		error = message_receive(channel, &request);
		if (error == 0)
			answer.kind = do_request(&database, &request, &answer);
		else if (error == -EBADMSG)
			answer.kind = MESSAGE_REJECTED;
		else
			break; /* the front end is gone, and with it this worker's work */
	}
	/* SQLite writes each row before it answers, so there is nothing left to do. */
	return 0;
}
