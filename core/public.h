/* SPDX-License-Identifier: MIT */
#ifndef CORE_PUBLIC_H
#define CORE_PUBLIC_H

/* At the definition of each public function; everything else stays hidden
 * (-fvisibility=hidden, libstile.map; tests/exports.txt is the list). */
#define STILE_PUBLIC __attribute__((visibility("default")))

#endif
