// Regular expressions in linear time, through RE2: C functions, because RE2 is C++ and Swift code should not
// see that.
#ifndef AVIARY_REGEX_H
#define AVIARY_REGEX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aviary_regex aviary_regex;

// A compiled pattern (UTF-8, RE2's syntax), or NULL with a message (always terminated) in `message`.
aviary_regex *aviary_regex_create(const char *pattern, size_t length, char *message, size_t capacity);

// 1 where the whole text matches, 0 where not. May be called by several threads at once.
int aviary_regex_full_match(const aviary_regex *regex, const char *text, size_t length);

void aviary_regex_destroy(aviary_regex *regex);

#ifdef __cplusplus
}
#endif

#endif
