/* SPDX-License-Identifier: MIT */
#include "message_escape.h"

#include <stdint.h>
#include <string.h>

static const char ellipsis[] = "\xe2\x80\xa6"; /* … */

/* Decodes the character at text. Its length; 0: not UTF-8 (RFC 3629, table in section 4). */
static size_t utf8_decode(const unsigned char *text, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;
	uint32_t c = text[0];

	if (c < 0x80)
		length = 1;
	else if (c >= 0xc2 && c < 0xe0)
		length = 2, c &= 0x1f;
	else if (c >= 0xe0 && c < 0xf0)
		length = 3, c &= 0x0f;
	else if (c >= 0xf0 && c < 0xf5)
		length = 4, c &= 0x07;
	else
		return 0;
	/* The NUL at the end is no continuation byte: this never reads beyond it. */
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return length;
}

static bool is_harmful(uint32_t c)
{
	static const struct {
		uint32_t low, high;
	} harmful[] = {
		{ 0x0000, 0x001f },   /* controls: ESC, newline, carriage return … */
		{ 0x007f, 0x009f },   /* DEL, C1 */
		{ 0x00ad, 0x00ad },   /* soft hyphen: invisible */
		{ 0x061c, 0x061c },   /* Arabic letter mark */
		{ 0x180e, 0x180e },   /* invisible */
		{ 0x200b, 0x200f },   /* zero width, direction marks */
		{ 0x2028, 0x202e },   /* line and paragraph ends, embeddings, overrides */
		{ 0x2060, 0x206f },   /* invisible, isolates */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xfff9, 0xfffb },   /* annotations */
		{ 0xe0000, 0xe007f }, /* tags */
	};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (c >= harmful[i].low && c <= harmful[i].high)
			return true;
	return false;
}

bool message_escape(char *to, size_t size, const char *text, bool missing)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = (const unsigned char *)text;
	const size_t room = size - 1;
	size_t used = 0, cut = 0; /* cut: where "…" still fits behind whole characters */
	char piece[4 * 4];

	while (*from) {
		uint32_t c = 0;
		size_t length = utf8_decode(from, &c), piece_length = 0;

		if (length && !is_harmful(c)) {
			memcpy(piece, from, length);
			piece_length = length;
		} else {
			if (!length)
				length = 1;
			for (size_t i = 0; i < length; i++) {
				piece[piece_length++] = '\\';
				piece[piece_length++] = 'x';
				piece[piece_length++] = digits[from[i] >> 4];
				piece[piece_length++] = digits[from[i] & 15];
			}
		}
		if (used + piece_length > room) {
			missing = true;
			break;
		}
		memcpy(to + used, piece, piece_length);
		used += piece_length;
		from += length;
		if (used + sizeof(ellipsis) - 1 <= room)
			cut = used;
	}
	if (missing) {
		memcpy(to + cut, ellipsis, sizeof(ellipsis) - 1);
		used = cut + sizeof(ellipsis) - 1;
	}
	to[used] = '\0';
	return !missing;
}
