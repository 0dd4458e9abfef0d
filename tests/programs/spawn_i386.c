/* SPDX-License-Identifier: MIT */
/* A program for a foreign ABI: live_spawn expects that it is not started. */
#include <unistd.h>

int main(void)
{
	return write(1, "ran\n", 4) == 4 ? 0 : 1;
}
