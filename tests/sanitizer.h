/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SANITIZER_H
#define TESTS_SANITIZER_H

/* The address sanitizer has a malloc of its own, and asks the kernel for more than libc does. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
#endif
#endif

/* The thread sanitizer has a thread of its own. */
#if defined(__SANITIZE_THREAD__)
#define HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#endif
#endif

#endif
