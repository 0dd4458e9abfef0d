/* SPDX-License-Identifier: MIT */
/* stile_call_format(): a call in words, with what its pointers point to. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "address_text.h"
#include "call_memory.h"
#include "call_text.h"
#include "public.h"
#include "quoted_text.h"
#include "syscalls.h"
#include "text.h"

#define LIST_MAX 16 /* more of argv is not shown */

/* Pointers of these names are strings wherever a call has them. */
static const char *const strings[] = {
	"callout_info", "cmdline", "description",  "filename",	  "filesystemtype", "from_pathname",
	"fs_name",	"key",	   "library",	   "linkpath",	  "name",	    "new_root",
	"newpath",	"oldpath", "param_values", "path",	  "pathname",	    "put_old",
	"source",	"special", "target",	   "to_pathname", "type",
};

/* Arguments that are as many bytes as another says. */
static const struct sized_argument {
	const char *syscall, *bytes, *size;
} sized_arguments[] = {
	{ "add_key", "payload", "plen" },
	{ "fsetxattr", "value", "size" },
	{ "lsetxattr", "value", "size" },
	{ "mq_timedsend", "msg_ptr", "msg_len" },
	{ "mq_timedsend_time64", "msg_ptr", "msg_len" },
	{ "pwrite64", "buf", "count" },
	{ "sendto", "buf", "len" },
	{ "setdomainname", "name", "len" },
	{ "sethostname", "name", "len" },
	{ "setxattr", "value", "size" },
	{ "write", "buf", "count" },
};

/* What a call fills in, as much of it as it returns. */
static const struct filled_argument {
	const char *syscall, *name;
	enum filling { FILLED_BYTES, FILLED_STRING, FILLED_PAIR } filling;
} filled_arguments[] = {
	{ "fgetxattr", "value", FILLED_BYTES }, { "flistxattr", "list", FILLED_BYTES },
	{ "getcwd", "buf", FILLED_STRING },	{ "getrandom", "buf", FILLED_BYTES },
	{ "getxattr", "value", FILLED_BYTES },	{ "lgetxattr", "value", FILLED_BYTES },
	{ "listxattr", "list", FILLED_BYTES },	{ "llistxattr", "list", FILLED_BYTES },
	{ "pipe", "pipefd", FILLED_PAIR },	{ "pipe2", "pipefd", FILLED_PAIR },
	{ "pread64", "buf", FILLED_BYTES },	{ "read", "buf", FILLED_BYTES },
	{ "readlink", "buf", FILLED_BYTES },	{ "readlinkat", "buf", FILLED_BYTES },
	{ "recvfrom", "buf", FILLED_BYTES },	{ "socketpair", "sv", FILLED_PAIR },
};

static bool is_string(const char *name)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strcmp(strings[i], name) == 0)
			return true;
	return false;
}

static const struct sized_argument *find_sized(const char *syscall, const char *name)
{
	for (size_t i = 0; i < sizeof(sized_arguments) / sizeof(sized_arguments[0]); i++)
		if (strcmp(sized_arguments[i].syscall, syscall) == 0 &&
		    strcmp(sized_arguments[i].bytes, name) == 0)
			return &sized_arguments[i];
	return NULL;
}

/* All of these add nothing and return false if the memory cannot be read. */

static bool add_string(struct text *text, struct stile_call *call, uint64_t address)
{
	char bytes[QUOTED_BYTES + 1];
	ssize_t length = call_read_string_part(call, address, bytes, sizeof(bytes));

	if (length >= 0)
		quoted_text_add(text, bytes, (size_t)length, false);
	return length >= 0;
}

static bool add_bytes(struct text *text, struct stile_call *call, uint64_t address, uint64_t size)
{
	const bool is_cut = size > QUOTED_BYTES;
	char bytes[QUOTED_BYTES];

	if (is_cut)
		size = QUOTED_BYTES;
	if (stile_call_read(call, address, bytes, (size_t)size))
		return false;
	quoted_text_add(text, bytes, (size_t)size, is_cut);
	return true;
}

static bool read_pointer(struct stile_call *call, uint64_t address, uint64_t *pointer)
{
	uint32_t narrow;

	if (call->abi != STILE_ABI_I386 && call->abi != STILE_ABI_X32)
		return stile_call_read(call, address, pointer, sizeof(*pointer)) == 0;
	if (stile_call_read(call, address, &narrow, sizeof(narrow)))
		return false;
	*pointer = narrow;
	return true;
}

/* ["ls", "-l"] */
static bool add_list(struct text *text, struct stile_call *call, uint64_t address)
{
	const bool is_narrow = call->abi == STILE_ABI_I386 || call->abi == STILE_ABI_X32;
	uint64_t pointer;

	if (!read_pointer(call, address, &pointer))
		return false;
	text_add(text, "[");
	for (unsigned int i = 0; pointer != 0; i++) {
		if (i > 0)
			text_add(text, ", ");
		if (i == LIST_MAX) {
			text_add(text, "...");
			break;
		}
		if (!add_string(text, call, pointer))
			text_add(text, "0x%" PRIx64, pointer);
		address += is_narrow ? sizeof(uint32_t) : sizeof(uint64_t);
		if (!read_pointer(call, address, &pointer)) {
			text_add(text, ", ...");
			break;
		}
	}
	text_add(text, "]");
	return true;
}

static bool is_socket_address(const struct stile_call *call, const char *name)
{
	if (strcmp(call->name, "connect") == 0 || strcmp(call->name, "bind") == 0)
		return strcmp(name, "addr") == 0;
	return strcmp(call->name, "sendto") == 0 && strcmp(name, "dest_addr") == 0;
}

static bool add_address(struct text *text, struct stile_call *call)
{
	struct sockaddr_storage address;
	socklen_t length;

	if (stile_call_address(call, &address, &length))
		return false;
	address_text_add(text, call->abi, &address, length);
	return true;
}

/* Two descriptors: [3, 4] */
static bool add_pair(struct text *text, struct stile_call *call, uint64_t address)
{
	int32_t pair[2];

	if (stile_call_read(call, address, pair, sizeof(pair)))
		return false;
	text_add(text, "[%" PRId32 ", %" PRId32 "]", pair[0], pair[1]);
	return true;
}

/* What a call that has succeeded has put there. */
static bool add_filled(struct text *text, struct stile_call *call, const char *name,
		       uint64_t address)
{
	for (size_t i = 0; i < sizeof(filled_arguments) / sizeof(filled_arguments[0]); i++) {
		const struct filled_argument *filled = &filled_arguments[i];

		if (strcmp(filled->name, name) != 0 || strcmp(filled->syscall, call->name) != 0)
			continue;
		switch (filled->filling) {
		case FILLED_BYTES:
			return add_bytes(text, call, address, (uint64_t)call->result);
		case FILLED_STRING:
			return add_string(text, call, address);
		case FILLED_PAIR:
			return add_pair(text, call, address);
		}
	}
	return false;
}

static bool add_pointed(struct text *text, struct stile_call *call,
			const struct syscall_argument *argument, uint64_t address)
{
	const struct sized_argument *sized = find_sized(call->name, argument->name);
	uint64_t size;

	if (address == 0)
		return false;
	if (call->is_exit && call->result >= 0 && add_filled(text, call, argument->name, address))
		return true;
	if (sized)
		return !stile_call_argument_by_name(call, sized->size, &size) &&
		       add_bytes(text, call, address, size);
	if (is_socket_address(call, argument->name))
		return add_address(text, call);
	if (strcmp(argument->name, "argv") == 0)
		return add_list(text, call, address);
	return is_string(argument->name) && add_string(text, call, address);
}

/* open(2) uses mode only to create a file. (Its flags have these values on every ABI.) */
static bool is_unused_mode(const struct stile_call *call, const char *name)
{
	uint64_t flags;

	return strcmp(name, "mode") == 0 &&
	       (strcmp(call->name, "open") == 0 || strcmp(call->name, "openat") == 0) &&
	       !stile_call_argument_by_name(call, "flags", &flags) &&
	       !(flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)));
}

/* Permissions, which people read in octal. */
static bool is_mode(const struct syscall_argument *argument)
{
	return argument->bits == 16 && strcmp(argument->name, "mode") == 0;
}

static void add_argument(struct text *text, struct stile_call *call,
			 const struct syscall_argument *arguments, unsigned int index)
{
	const struct syscall_argument *argument = &arguments[index];
	char value[ARGUMENT_TEXT_MAX];
	uint64_t words[6], address;

	if (argument->is_pointer && !call_pointer(call, argument->name, &address) &&
	    add_pointed(text, call, argument, address))
		return;
	if (is_mode(argument)) {
		text_add(text, "%#" PRIo64, (uint64_t)call->notification.data.args[index] & 0xffff);
		return;
	}
	for (unsigned int i = 0; i < 6; i++)
		words[i] = call->notification.data.args[i];
	argument_text(value, (uint16_t)call->syscall, call->abi, words, index);
	text_add(text, "%s", value);
}

/* A number that the table does not have: all registers. */
static void add_unknown(struct text *text, const struct stile_call *call)
{
	text_add(text, "syscall_%d(", call->notification.data.nr);
	for (unsigned int i = 0; i < 6; i++)
		text_add(text, "%s0x%" PRIx64, i ? ", " : "",
			 (uint64_t)call->notification.data.args[i]);
	text_add(text, ")");
}

/* The argument of the call with this index that the table knows; NULL: none. */
static const struct syscall_argument *find_argument(const struct stile_call *call,
						    unsigned int index)
{
	const struct syscall_argument *arguments;
	unsigned int count;

	if (call_or_nobody(call)->syscall < 0)
		return NULL;
	arguments = syscall_argument_list((uint16_t)call->syscall, call->abi, &count);
	return index < count ? &arguments[index] : NULL;
}

STILE_PUBLIC const char *stile_call_argument_name(const struct stile_call *call, unsigned int index)
{
	const struct syscall_argument *argument = find_argument(call, index);

	return argument ? argument->name : NULL;
}

STILE_PUBLIC char *stile_call_format_argument(struct stile_call *call, unsigned int index)
{
	const struct syscall_argument *argument = find_argument(call, index);
	struct text text = { 0 };

	if (!call)
		return NULL;
	if (argument && !is_unused_mode(call, argument->name))
		add_argument(&text, call, argument - index, index);
	else if (call->syscall < 0 && index < 6)
		text_add(&text, "0x%" PRIx64, (uint64_t)call->notification.data.args[index]);
	return text_take(&text);
}

STILE_PUBLIC char *stile_call_format(struct stile_call *call)
{
	const struct syscall_argument *arguments;
	struct text text = { 0 };
	unsigned int count;

	if (!call)
		return NULL;
	if (call->syscall < 0) {
		add_unknown(&text, call);
		return text_take(&text);
	}
	arguments = syscall_argument_list((uint16_t)call->syscall, call->abi, &count);
	text_add(&text, "%s(", call->name);
	for (unsigned int i = 0; i < count; i++) {
		if (is_unused_mode(call, arguments[i].name))
			continue;
		if (i > 0)
			text_add(&text, ", ");
		add_argument(&text, call, arguments, i);
	}
	text_add(&text, ")");
	return text_take(&text);
}
