/* SPDX-License-Identifier: MIT */
#include "identifier.h"

#include <stdio.h>
#include <string.h>

#define IDENTIFIER_MAX 63 /* what C tells apart (C11, 5.2.4.1) */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
static const char not_first[] = "_0123456789"; /* with an underscore it may be the compiler's */

/* Keywords of C and C++, and what compilers and headers make macros or functions of. */
static const char taken[] =
	" alignas alignof and and_eq asm auto bitand bitor bool break case catch "
	"char char16_t char32_t char8_t class co_await co_return co_yield compl "
	"concept const const_cast consteval constexpr constinit continue decltype "
	"default delete do double dynamic_cast else enum explicit export extern "
	"false float for friend goto if inline int long mutable namespace new "
	"noexcept not not_eq nullptr operator or or_eq private protected public "
	"register reinterpret_cast requires restrict return short signed sizeof "
	"static static_assert static_cast struct switch template this "
	"thread_local throw true try typedef typeid typename typeof typeof_unqual union "
	"unsigned using virtual void volatile wchar_t while xor xor_eq "
	"errno environ i386 linux main stderr stdin stdout unix ";

/* What this library's headers and the standard's have, or may have one day. */
static bool is_reserved(const char *name, size_t length)
{
	if (strncmp(name, "stile_", 6) == 0 && strcmp(name, "stile_filter") != 0)
		return true;
	if (length > 2 && strcmp(name + length - 2, "_t") == 0)
		return true;
	return !strpbrk(name, "abcdefghijklmnopqrstuvwxyz"); /* a macro: NULL, SIZE_MAX, E2BIG */
}

bool is_identifier(const char *name)
{
	const size_t length = strlen(name);
	char word[IDENTIFIER_MAX + 3];

	if (length == 0 || length > IDENTIFIER_MAX || strspn(name, letters) != length ||
	    strchr(not_first, *name) || is_reserved(name, length))
		return false;
	(void)snprintf(word, sizeof(word), " %s ", name);
	return !strstr(taken, word);
}
