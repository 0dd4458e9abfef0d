/* SPDX-License-Identifier: MIT */
/*
 * A program that may open only what is beneath a folder, and connect only to one port of this
 * machine. No filter can judge that, for paths and addresses are behind pointers. So another
 * process, a broker, copies them, judges its copies, and does the calls for the program with them.
 *
 *	broker FOLDER PORT TRY...	TRY: a path, which is opened, or a port
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stile.h>

/*
 * TCP sockets can be made, but nothing else than connect() connects them: the grants for clients
 * hold a connect() that nobody judges, beside which stile_use_broker() is an error.
 */
static struct stile_ruleset *new_sockets(void)
{
	struct stile_ruleset *sockets = stile_ruleset_new("sockets");

	STILE_ALLOW_IF(sockets, "socket", STILE_ARGUMENT_IS("family", AF_INET),
		       STILE_ARGUMENT_IS("type", SOCK_STREAM | SOCK_CLOEXEC),
		       STILE_ARGUMENT_IS("protocol", 0));
	return sockets; /* errors are in it, and stile_enable() returns them */
}

/*
 * A context that refuses: in one that allows there would be other ways to files and peers
 * (open_by_handle_at(), sendto() with an address, io_uring ...), which no broker answers.
 */
static void enter_sandbox(const char *folder, unsigned int port)
{
	struct stile_broker *broker = stile_broker_new();
	struct stile_ruleset *sockets = new_sockets();
	struct stile *s = stile_new();

	stile_broker_allow_path(broker, folder, STILE_BROKER_READ);
	stile_broker_allow_connect(broker, "127.0.0.1", port, port);
	stile_use_broker(s, broker); /* what was wrong with the broker, too, is said by s */
	stile_enable(s, sockets);
	stile_allow_system_io_read(s);
	stile_allow_system_io_close(s);
	stile_allow_system_io_stdout(s);
	stile_allow_system_io_stderr(s);
	/* The parent goes on as the broker, under no filter; we as its child, in the sandbox. */
	if (stile_supervise_self(s) < 0)
		errx(1, "cannot sandbox: %s", stile_message(s));
	stile_ruleset_free(sockets);
	stile_free(s);
	stile_broker_free(broker);
}

static void try_to_open(const char *path)
{
	char line[64];
	ssize_t length;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	length = read(fd, line, sizeof(line));
	printf("%s: opened, %zd bytes read\n", path, length);
	(void)close(fd);
}

static void try_to_connect(unsigned int port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		printf("port %u: connected\n", port);
	else
		printf("port %u: %s\n", port, strerror(errno));
	(void)close(fd);
}

/* 1 to 65535; 0: it is no port. */
static unsigned int to_port(const char *text)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	return *end == '\0' && value <= UINT16_MAX ? (unsigned int)value : 0;
}

int main(int argc, char **argv)
{
	const unsigned int only = argc > 2 ? to_port(argv[2]) : 0;

	if (only == 0)
		errx(2, "usage: broker FOLDER PORT TRY...");
	enter_sandbox(argv[1], only);
	for (int i = 3; i < argc; i++) {
		const unsigned int port = to_port(argv[i]);

		if (port)
			try_to_connect(port);
		else
			try_to_open(argv[i]);
	}
	return 0;
}
